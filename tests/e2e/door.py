# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A second httpd of the fleet: it serves no SCIM, but lets in whom another httpd's tenant knows."""

import base64
import hashlib
import os

import requests

import conf
from env import ErrorLog, module_path, modules_dir
from own_httpd import PrivateHttpd

TOP = """
ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog {root}/error_log
LogLevel info
LogFormat "%U %u %>s %{{scim-authz}}n" door
CustomLog {root}/access_log door
DefaultRuntimeDir {root}
DocumentRoot {root}/htdocs
StartServers 2
MinSpareThreads 10
MaxSpareThreads 50
SSLSessionCache none
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
AuthType Basic
AuthName door
AuthBasicProvider file
AuthUserFile {root}/passwords
DBDriver {driver}
DBDParams "{params}"
DBDMax 10
"""


def text_of(root, port, db, tenant, sections):
    text = conf.load_modules(module_path(), modules_dir())
    text += "".join("LoadModule %s_module %s/mod_%s.so\n" % (name, modules_dir(), name)
                    for name in ("dir", "setenvif"))
    if os.geteuid() == 0:
        text += "User www-data\nGroup www-data\n"
    fields = {"root": root, "port": port, "driver": db.driver, "params": db.params}
    # Basic authentication is a directory's, and DocumentRoot is all there is.
    lines = TOP.format(**fields).split("\n")
    auth = [line for line in lines if line.startswith("Auth")]
    text += "\n".join(line for line in lines if line not in auth)
    text += "<Location \"/\">\n%s\nAuthzSendForbiddenOnFailure On\nScimAuthzTenant %s\n" \
        "</Location>\n" % ("\n".join(auth), tenant)
    return text + sections.format(**fields)


class DoorLog(ErrorLog):
    """Without what httpd says, with no id, of an expression that failed; SCIM3345 comes after it."""

    def lines(self):
        return [line for line in super().lines() if "Evaluation of expression from" not in line]


class Door(PrivateHttpd):
    """The httpd; whoever it is asked as has the password "pw"."""

    def __init__(self, db, tenant, sections, people, pages=()):
        super().__init__("door")
        secret = base64.b64encode(hashlib.sha1(b"pw").digest()).decode()
        self.write_file("passwords", "".join("%s:{SHA}%s\n" % (name, secret) for name in people))
        os.mkdir(self.root + "/htdocs")
        for page in pages:
            os.mkdir("%s/htdocs/%s" % (self.root, page))
            self.write_file("htdocs/%s/index.html" % page, "inside")
        self.write_file("httpd.conf", text_of(self.root, self.port, db, tenant, sections))
        self.log = DoorLog(self.root + "/error_log")

    def get(self, path, user=None, **more):
        auth = (user.encode("utf-8"), b"pw") if user else None
        return requests.get("http://127.0.0.1:%d%s" % (self.port, path), auth=auth, timeout=60,
                            allow_redirects=False, **more)

    def status(self, path, user=None):
        return self.get(path, user).status_code
