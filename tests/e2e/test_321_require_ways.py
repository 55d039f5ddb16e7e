# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Require scim-user and its fellows behind other authentication than Basic, and in other places of a
configuration than <Location>."""

import os
import time

import pytest
import requests

import conf
import conf_tenants
import database
from door import Door
from env import module_path, modules_dir
from okta_wire import URN_USER
from own_httpd import PrivateHttpd
from test_201_trust import jwt

JANE = "jane@example.com"

# The examples of docs/authorization.md: no AuthType for certificates, a claim for mod_auth_openidc.
SECTIONS = """
LogLevel auth_openidc:crit
OIDCOAuthVerifySharedKeys plain##KEY
OIDCOAuthRemoteUserClaim email
<Directory "{root}/htdocs/htaccess">
    AllowOverride AuthConfig
</Directory>
<Location "/if">
    Require valid-user
    <If "%{{HTTP:X-Team}} == 'blue'">
        Require scim-group Blue
        ScimExportEnv SCIM_ID id
        Header set X-Id "expr=%{{reqenv:SCIM_ID}}"
    </If>
</Location>
<Location "/oidc">
    AuthType oauth20
    ScimAuthzMatch emails.value
    Require scim-user
</Location>
"""

CERTIFICATES = """
ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog {root}/error_log
DefaultRuntimeDir {root}
DocumentRoot {root}/htdocs
StartServers 1
DBDriver {driver}
DBDParams "{params}"
SSLSessionCache none
SSLEngine On
SSLCertificateFile {conf}/cert.pem
SSLCertificateKeyFile {conf}/key.pem
SSLCACertificateFile {root}/clients.pem
<Location "/api">
    SSLVerifyClient require
    SSLUserName SSL_CLIENT_SAN_Email_0
    ScimAuthzTenant {tenant}
    ScimAuthzMatch emails.value
    Require scim-attribute userType employee
</Location>
"""


@pytest.fixture(scope="module")
def world(env):
    tenant = env.take()
    door = Door(env.db, tenant.name, SECTIONS.replace("KEY", conf_tenants.SHARED_KEY),
                (JANE, "glass"), ("htaccess", "if", "oidc"))
    try:
        door.start()
        door.tenant_name = tenant.name
        door.scim = tenant.scim()
        door.jane = door.scim.post("/Users", {
            "schemas": [URN_USER], "userName": JANE, "userType": "employee",
            "emails": [{"value": JANE, "primary": True}]}).user(201)
        yield door
        door.log.tolerate("AH01873", "AH01631")
        door.log.check()
    finally:
        tenant.close()
        door.close()


@pytest.fixture
def off(world):
    """A function that deactivates Jane; she is active again afterwards."""
    def active(value):
        assert world.scim.patch("/Users/" + world.jane["id"], {
            "op": "replace", "value": {"active": value}}).status == 200
    yield lambda: active(False)
    active(True)


def test_321_01_htaccess_has_none_of_it(world):
    """What is resolved when httpd starts cannot be said later; it then lets nobody in."""
    for line in ("Require scim-user", "Require scim-group A", "Require scim-attribute title Boss",
                 "ScimAuthzMatch emails.value", "ScimExportEnv X title"):
        world.write_file("htdocs/htaccess/.htaccess", line + "\n")
        assert [world.status("/htaccess/", who) for who in (None, JANE, "glass")] == [500] * 3, line
        assert "/.htaccess: %s " % line.split()[0] in world.said().splitlines()[-1]
    world.log.mark()


def test_321_02_if(world, off):
    blue = {"X-Team": "blue"}
    assert world.status("/if/", JANE) == 200
    assert world.get("/if/", JANE, headers=blue).status_code == 403
    world.scim.add_group("Blue", [world.jane["id"]])
    got = world.get("/if/", JANE, headers=blue)
    assert (got.status_code, got.headers.get("X-Id")) == (200, world.jane["id"])
    assert "X-Id" not in world.get("/if/", JANE).headers
    off()
    assert world.get("/if/", JANE, headers=blue).status_code == 403


def test_321_03_openid_connect(world, off):
    def status(email):
        token = jwt({"sub": "248289761001", "email": email, "exp": int(time.time()) + 600})
        return world.get("/oidc/", headers={"Authorization": "Bearer " + token}).status_code
    assert world.status("/oidc/") == 401
    assert status("nobody@example.com") == 403
    assert status(JANE) == 200
    off()
    assert status(JANE) == 403


class Certificates(PrivateHttpd):
    """A httpd that asks for client certificates, as in the documentation: no AuthType."""

    def __init__(self, env, tenant):
        super().__init__("certificates")
        os.mkdir(self.root + "/htdocs")
        os.mkdir(self.root + "/htdocs/api")
        self.write_file("htdocs/api/index.html", "inside")
        names = {"jane": JANE, "eve": "eve@example.com"}
        for name, email in names.items():
            database.run(database.need_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                         "-addext", "subjectAltName=email:" + email,
                         "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem"))
        self.write_file("clients.pem", "".join(self.said(name + ".pem") for name in names))
        self.authority = os.path.join(env.root, "conf", "cert.pem")
        text = conf.load_modules(module_path(), modules_dir())
        text += "LoadModule dir_module %s/mod_dir.so\n" % modules_dir()
        if os.geteuid() == 0:
            text += "User www-data\nGroup www-data\n"
        self.write_file("httpd.conf", text + CERTIFICATES.format(
            root=self.root, port=self.port, driver=env.db.driver, params=env.db.params,
            tenant=tenant, conf=os.path.join(env.root, "conf")))

    def path(self, name):
        return os.path.join(self.root, name)

    def status(self, name):
        return requests.get("https://localhost:%d/api/" % self.port, verify=self.authority, timeout=60,
                            cert=(self.path(name + ".pem"), self.path(name + ".key"))).status_code


def test_321_04_client_certificates(world, env, off):
    server = Certificates(env, world.tenant_name)
    try:
        server.start()
        assert server.status("jane") == 200
        assert server.status("eve") == 403
        off()
        assert server.status("jane") == 403
    finally:
        server.close()
