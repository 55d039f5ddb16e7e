# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tenants with a console beside them, in a vhost of their own."""

import os

import conf_oauth
import conf_together

PORTS = ("console", "console_tls")

# name: (how many, directives of the tenant's SCIM base, of the console, of its place of OAuth).
FLAVOURS = {
    "console": (40, ("ScimTokenStore On",), (), ()),
    "console_oauth": (16, ("ScimTokenStore On",), (), ()),
    "console_bounded": (4, ("ScimTokenStore On", "ScimTokenLifetime 3600 86400",
                            "ScimTokenLimit 2"), (), ()),
    "console_owner": (3, ("ScimTokenStore On", "ScimTokenOwner required"), (), ()),
    "console_static": (2, (), (), ()),
    "console_mapped": (4, ("ScimTokenStore On",) + conf_together.MAPPED + conf_together.ADOPT,
                       (), ()),
    "console_rules": (5, ("ScimTokenStore On", "ScimSeats 3", "ScimSeats 1 userType=admin",
                          "ScimAttribute User userType required values=admin,user",
                          "ScimAttribute User title max=20",
                          "ScimAttributeAllow User name.givenName",
                          "ScimGroups Off"), (), ()),
    "console_jwt": (3, ("ScimTokenStore On",), (), (
        "ScimOAuthClientAuth private_key_jwt",
        "ScimOAuthIssuer http://127.0.0.1:{ports[console]}/t/{name}/oauth")),
    "console_quiet": (4, ("ScimTokenStore On", "ScimAudit Off"), (), ()),
    "console_nobody": (1, ("ScimTokenStore On",), (), ()),
}

# Flavours with an authorization server.
WITH_OAUTH = ("console_oauth", "console_jwt")

TENANT = """
<Location "/t/{name}/scim/v2">
    ScimEnable On
    ScimTenant {name}
    {token}
    {scim}
</Location>
<Location "/t/{name}/console">
    ScimConsole On
    ScimTenant {name}
    {console}
    {sign_in}
</Location>
"""

OAUTH = """
<Location "/t/{name}/oauth">
    ScimOAuth On
    ScimTenant {name}
    {oauth}
</Location>
<Location "/t/{name}/oauth/authorize">
    {sign_in}
</Location>
"""

# What a console shows where path or token name the tenant, and a place of the tenant's own.
OTHERS = """
<Location "/console-paths">
    ScimEnable On
    ScimBase /console-paths/{tenant}/scim/v2
    ScimTenantBy path
    ScimTokenStore On
    ScimOAuth On
    ScimOAuthBase /console-paths/{tenant}/oauth
</Location>
<Location "/console-any/scim/v2">
    ScimEnable On
    ScimTenantBy token
    ScimTokenStore On
</Location>
<Location "/of-path">
    ScimConsole On
    ScimTenant console-team
    SIGN_IN
</Location>
<Location "/of-path/api">
    Header set X-Inner yes
</Location>
"""

TLS = """
Listen {ports[console_tls]}
<VirtualHost *:{ports[console_tls]}>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile {root}/conf/cert.pem
    SSLCertificateKeyFile {root}/conf/key.pem
    ScimEnable On
    ScimTenant console-tls
    ScimTokenStore On
    ScimConsoleFiles {root}/conf/console
    <Location "/console">
        ScimConsole On
        {sign_in}
    </Location>
    <Location "/other">
        ScimConsole On
        {sign_in}
    </Location>
</VirtualHost>
"""

FILES = {
    "index.html": "<!DOCTYPE html>\n<html lang=\"en\"><title>Console</title>"
                  "<script type=\"module\" src=\"console.js\"></script></html>\n",
    "console.js": "fetch('api/session');\n",
    "console.css": "body { color: black }\n",
    "dot.svg": "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n",
    "secret.txt": "not a part of the page\n",
    ".hidden.html": "not a part of the page\n",
    "Upper.html": "not a part of the page\n",
}


def files(root):
    """The page's files, and some beside them that are not its own."""
    folder = os.path.join(root, "conf", "console")
    os.makedirs(os.path.join(folder, "sub"))
    for name, text in FILES.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(text)


def tenant(name, flavour, root, ports, token):
    _, scim, console, oauth = FLAVOURS[flavour]
    sign_in = conf_oauth.SIGN_IN.format(root=root) if flavour != "console_nobody" else "Require all granted"
    fields = {"name": name, "root": root, "ports": ports}
    owned = flavour == "console_owner"
    text = TENANT.format(
        name=name, sign_in=sign_in,
        token="" if owned else "ScimToken sha256:%s e2e" % token,
        scim="\n    ".join(line.format(**fields) for line in scim),
        console="\n    ".join(line.format(**fields) for line in console))
    if flavour in WITH_OAUTH:
        text += OAUTH.format(name=name, sign_in=sign_in,
                             oauth="\n    ".join(line.format(**fields) for line in oauth))
    return text


def places(root, ports, tenants):
    """The vhosts. @param tenants (name, flavour, hash of its first token) of each"""
    sign_in = conf_oauth.SIGN_IN.format(root=root)
    text = "Listen %d\n<VirtualHost *:%d>\nServerName vhost-console.example\n" % (
        ports["console"], ports["console"])
    text += "ScimConsoleFiles %s/conf/console\n" % root
    text += "".join(tenant(name, flavour, root, ports, token) for name, flavour, token in tenants)
    text += OTHERS.replace("SIGN_IN", sign_in) + "</VirtualHost>\n"
    return text + TLS.format(root=root, ports=ports, sign_in=sign_in)
