# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""ScimTrustUser: the user whom another module has authenticated, by password, certificate, token."""

import base64
import hashlib
import hmac
import json
import os
import time

import pytest

import conf_tenants
from env import Tenant, wait_until
from issuer import sign_secret
from okta_wire import URN_USER
from scim_http import Scim
from tokens import Stored, now

JANE = "jane@example.com"


def basic(name, password=None):
    text = "%s:%s" % (name, password or conf_tenants.PASSWORDS[name])
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_201_01_a_name_and_a_password(take, log):
    tenant = take("basic")
    scim = tenant.scim(token="")
    user = scim.post("/Users", {"schemas": [URN_USER], "userName": JANE},
                     headers=basic(JANE)).user(201)
    assert scim.get("/Users/" + user["id"], headers=basic(JANE)).user() == user
    assert scim.get("/Users", headers=basic("other")).list()["totalResults"] == 1
    by = "SCIM3030: POST create by %s in tenant %s" % (JANE, tenant.name)
    wait_until("the change in the log", lambda: any(by in line for line in log.lines()))


def test_201_02_me_is_the_user(take):
    tenant = take("basic")
    scim = tenant.scim(token="")
    user = scim.post("/Users", {"schemas": [URN_USER], "userName": "JANE@example.com"},
                     headers=basic(JANE)).user(201)
    assert scim.get("/Me", headers=basic(JANE)).user() == user
    scim.get("/Me", headers=basic("other")).error(404)


def test_201_03_a_wrong_password_is_httpds_401(take, log):
    tenant = take("basic")
    scim = tenant.scim(token="")
    log.expect("AH01617", "AH01614")
    answer = scim.get("/Users", headers=basic(JANE, "wrong"))
    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Basic")
    assert scim.get("/Users").status == 401
    assert scim.get("/Users", headers={"Authorization": "Bearer wrong"}).status == 401


def test_201_04_nobody_authenticated_nobody_trusted(take):
    """Where no other module asks for anything, there is no user to be trusted."""
    tenant = take("trusting")
    scim = tenant.scim(token="")
    for headers in ({}, basic(JANE), {"Authorization": "Bearer " + JANE},
                    {"Authorization": JANE}, {"Remote-User": JANE, "X-Remote-User": JANE}):
        answer = scim.get("/Users", headers=headers)
        assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_201_05_off_a_user_is_not_enough(env, take):
    tenant = take("basic_untrusted")
    scim = tenant.scim(token="")
    scim.get("/Users", headers=basic(JANE)).error(401)
    scim.get("/Users/nobody", headers=basic(JANE)).error(401)


def test_201_06_beside_tokens_of_the_database(env, take, log):
    """Both are there; what httpd asks for comes first, as always."""
    log.expect("AH01614")
    tenant = take("basic_stored")
    scim = tenant.scim(token="")
    assert scim.get("/Users", headers=basic(JANE)).status == 200
    assert scim.get("/Users/nobody", headers=basic(JANE)).status == 404
    token = Stored(env, tenant.name)
    assert scim.get("/Users", headers={"Authorization": "Bearer " + token.secret}).status == 401


@pytest.fixture
def mtls(env):
    """The vhost that asks for a client certificate."""
    conf = os.path.join(env.root, "conf")

    def client(certificate=None):
        scim = Scim(env.base("mtls", host="localhost", scheme="https"), "",
                    ca=os.path.join(conf, "cert.pem"))
        if certificate:
            scim.session.cert = (os.path.join(conf, certificate),
                                 os.path.join(conf, "client.key"))
        return scim
    return client


def test_201_07_a_client_certificate(env, mtls, log):
    log.expect("AH02227")  # mod_ssl's, for who has no certificate
    scim = mtls("client.pem")
    user = scim.post("/Users", {"schemas": [URN_USER], "userName": JANE}).user(201)
    assert scim.get("/Users/" + user["id"]).user() == user
    assert scim.get("/Me").user() == user
    by = "by %s in tenant vhost-mtls" % JANE
    wait_until("the change in the log", lambda: any(by in line for line in log.lines()))
    mtls().get("/Users").error(401)
    mtls().get("/Users", headers={"Authorization": "Bearer x"}).error(401)
    scim.delete("/Users/" + user["id"])


def test_201_10_a_certificate_beside_a_token_that_is_none(env, mtls, log):
    """Whatever is wrong with the token, the user whom httpd knows gets what a good one would."""
    log.tolerate("AH02227")
    jane = mtls("client.pem")
    user = jane.post("/Users", {"schemas": [URN_USER], "userName": JANE}).user(201)
    claims = {"iss": "https://idp.example", "aud": "scim", "sub": "x", "exp": int(time.time()) + 600}
    tokens = ["nobody-has-this-token",
              Stored(env, "vhost-mtls", revoked=now()).secret,
              Stored(env, "another-tenant").secret,
              sign_secret({**claims, "tenant": "another-tenant"}),
              sign_secret({**claims, "tenant": "vhost-mtls"}, "another secret of thirty-two bytes")]
    for token in tokens:
        headers = {"Authorization": "Bearer " + token}
        assert jane.get("/Users/" + user["id"], headers=headers).user() == user
        assert jane.get("/Users", headers=headers).list()["totalResults"] == 1
        assert jane.get("/Me", headers=headers).user() == user
        mtls().get("/Users/" + user["id"], headers=headers).error(401)
    jane.delete("/Users/" + user["id"])


def jwt(claims, key=conf_tenants.SHARED_KEY):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    text = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + b"." + \
        part(json.dumps(claims).encode())
    mac = hmac.new(key.encode(), text, hashlib.sha256).digest()
    return (text + b"." + part(mac)).decode()


def test_201_08_a_token_that_mod_auth_openidc_checks(take):
    tenant = take("oidc")
    good = {"sub": JANE, "exp": int(time.time()) + 600}
    scim = tenant.scim(token=jwt(good))
    user = scim.post("/Users", {"schemas": [URN_USER], "userName": JANE}).user(201)
    assert scim.get("/Me").user() == user
    assert scim.get("/Users/" + user["id"]).user() == user


def test_201_09_and_one_that_it_refuses(take):
    tenant = take("oidc")
    wrong = tenant.scim(token=jwt({"sub": JANE, "exp": int(time.time()) + 600}, "another key"))
    assert wrong.get("/Users").status == 401
    old = tenant.scim(token=jwt({"sub": JANE, "exp": int(time.time()) - 600}))
    assert old.get("/Users").status == 401
