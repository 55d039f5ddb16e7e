# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A private httpd with two tenants, each with a console and an authorization server, over TLS."""

import base64
import hashlib
import os
import urllib.parse

import conf
import database
from env import Env, modules_dir
from scim_http import Scim

MODULES = ("mpm_event", "authz_core", "authz_user", "authn_core", "authn_file", "auth_basic", "dbd",
           "filter", "headers", "ssl", "socache_shmcb")
TENANTS = ("acme", "globex")
EVIL = ("<script>window.hit = 1</script>", "<img src=x onerror='window.hit=1'>", "\"'><b>x</b>")

# Seats and rules so that the set-up page has something to say.
TENANT = """
<Location "/{name}/scim/v2">
    ScimEnable On
    ScimTenant {name}
    ScimTokenStore On
    ScimSeats 1000
    ScimSeats 5 userType=admin
    ScimAttribute User userName max=64
    ScimAttribute User userType values=admin,user,viewer
    ScimAttribute User externalId immutable
    ScimToken sha256:{token} e2e
</Location>
<Location "/{name}/oauth">
    ScimOAuth On
    ScimTenant {name}
    ScimOAuthGrants authorization_code refresh_token client_credentials
</Location>
<Location "/{name}/oauth/authorize">
    {sign_in}
</Location>
<Location "/{name}/console">
    ScimConsole On
    ScimConsoleFiles {top}/mod_scim/console
    ScimTenant {name}
    {sign_in}
</Location>
"""
SIGN_IN = """
    AuthType Basic
    AuthName {name}
    AuthBasicProvider file
    AuthUserFile {root}/conf/admins
    Require user {name}-admin
"""


def password(user):
    return "pw-" + hashlib.sha256(b"browser " + user.encode()).hexdigest()[:16]


def admins_file():
    return "".join("%s-admin:{SHA}%s\n" % (name, base64.b64encode(hashlib.sha1(
        password(name + "-admin").encode()).digest()).decode()) for name in TENANTS)


class Site(Env):
    """Like the end-to-end tests' server, with another configuration."""

    def start(self):
        self.db.create(self.user)
        self.write("conf/admins", admins_file())
        self._certificate()
        self.conf = os.path.join(self.root, "conf", "httpd.conf")
        self.write("conf/httpd.conf", self._text())
        self.log.mark()
        self.start_httpd()
        self.log.check()

    def _text(self):
        fields = {"root": self.root, "children": conf.CHILDREN, "driver": self.db.driver,
                  "params": self.db.params}
        text = "ServerRoot %s\n" % self.root
        text += "".join("LoadModule %s_module %s/mod_%s.so\n" % (name, modules_dir(), name)
                        for name in MODULES)
        text += "LoadModule scim_module %s\n" % self.module
        if self.user:
            text += "User %s\nGroup %s\n" % (self.user, self.user)
        text += "Listen %d\n" % self.ports["main"] + conf.BASE.format(**fields).replace(
            "scim:trace8 auth_openidc:crit", "scim:trace8")
        text += "SSLEngine on\nSSLCertificateFile conf/cert.pem\nSSLCertificateKeyFile conf/key.pem\n"
        for name in TENANTS:
            text += TENANT.format(
                name=name, top=conf.TOP, token=conf.token_hash(conf.token_of(name)),
                sign_in=SIGN_IN.format(name=name, root=self.root))
        return text

    # ---- what the tests go to ----

    def origin(self):
        return "https://localhost:%d" % self.ports["main"]

    def console(self, name="acme"):
        """The console's URL with its admin's name and password, as typed into a browser."""
        user = name + "-admin"
        return self.origin().replace("://", "://%s:%s@" % (user, password(user))) + (
            "/%s/console/" % name)

    def ca(self):
        return os.path.join(self.root, "conf", "cert.pem")

    def scim(self, name="acme", token=None):
        """An identity provider's client."""
        return Scim(self.origin() + "/%s/scim/v2" % name,
                    conf.token_of(name) if token is None else token, ca=self.ca())

    def consent(self, client, redirect, name="acme"):
        """The URL of an authorization request, with the admin's name and password."""
        user = name + "-admin"
        query = urllib.parse.urlencode({"response_type": "code", "client_id": client,
                                        "redirect_uri": redirect, "state": "st-1"})
        return self.origin().replace("://", "://%s:%s@" % (user, password(user))) + (
            "/%s/oauth/authorize?%s" % (name, query))


def open_place(browser, site, people, hash_):
    browser.open("about:blank")
    browser.open(site.console() + hash_.format(user=people["users"][0]["id"],
                                               group=people["group"]["id"]))
    browser.wait("the page", lambda: browser.all("h1") and not browser.all("[aria-busy=true]"))


PLACES = {"setup": "#/setup", "tokens": "#/tokens", "users": "#/users", "groups": "#/groups",
          "activity": "#/activity", "user": "#/users/{user}", "group": "#/groups/{group}"}
