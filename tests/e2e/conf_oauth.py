# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tenants with an authorization server beside them, in a vhost of their own."""

import base64
import hashlib

PORTS = ("oauth",)

# name: (how many, directives in the <Location> of ScimOAuth).
FLAVOURS = {
    "oauth": (200, ("ScimOAuthGrants authorization_code refresh_token client_credentials",)),
    "oauth_default": (6, ()),
    "oauth_owner": (4, ("ScimTokenOwner required",)),
    "oauth_basic": (3, ("ScimOAuthClientAuth basic",)),
    "oauth_body": (3, ("ScimOAuthClientAuth body",)),
    "oauth_grace": (3, ("ScimOAuthRefreshGrace 60",)),
    "oauth_code": (3, ("ScimOAuthGrants authorization_code", "ScimOAuthLifetime 600 never 30")),
    "oauth_client": (3, ("ScimOAuthGrants client_credentials",)),
    "oauth_jwt": (20, ("ScimOAuthGrants authorization_code refresh_token client_credentials",
                       "ScimOAuthClientAuth private_key_jwt body",
                       "ScimOAuthIssuer http://127.0.0.1:{ports[oauth]}/t/{name}/oauth")),
    "oauth_limited": (2, ("ScimOAuthGrants client_credentials", "ScimRateLimit 5/86400")),
    "oauth_off": (2, ("ScimProvisioning Off",)),
    "oauth_nobody": (2, ()),
}

# The admins who may give access; httpd knows them, the module does not.
ADMINS = ("admin", "second", "jane@example.com", "Tom <b>&amp;</b>")

# One tenant. "rate" is the same in both places, for they share one account.
TENANT = """
<Location "/t/{name}/scim/v2">
    ScimEnable On
    ScimTenant {name}
    ScimTokenStore On
    ScimToken sha256:{token} e2e
    {rate}
</Location>
<Location "/t/{name}/oauth">
    ScimOAuth On
    ScimTenant {name}
    {lines}
</Location>
"""

SIGN_IN = """
    AuthType Basic
    AuthName admins
    AuthBasicProvider file
    AuthUserFile {root}/conf/admins
    Require valid-user
"""

# Tenants that the path names; they must be in scim_tenant.
PATHS = """
<Location "/paths">
    ScimEnable On
    ScimBase /paths/{tenant}/scim/v2
    ScimTenantBy path
    ScimTokenStore On
    ScimOAuth On
    ScimOAuthBase /paths/{tenant}/oauth
    ScimOAuthGrants authorization_code refresh_token client_credentials
</Location>
"""


def admin_password(name):
    return "pw-" + hashlib.sha256(b"e2e admin " + name.encode()).hexdigest()[:16]


def admins_file():
    """What mod_authn_file reads: {SHA} takes no time to check."""
    return "".join("%s:{SHA}%s\n" % (name, base64.b64encode(hashlib.sha1(
        admin_password(name).encode()).digest()).decode()) for name in ADMINS)


def tenant(name, flavour, root, ports, token):
    lines = [line.format(name=name, ports=ports) for line in FLAVOURS[flavour][1]]
    rate = [line for line in lines if line.startswith("ScimRateLimit")]
    text = TENANT.format(name=name, token=token, lines="\n    ".join(lines), rate="".join(rate))
    if flavour == "oauth_nobody":
        return text
    return text + "<Location \"/t/%s/oauth/authorize\">%s</Location>\n" % (
        name, SIGN_IN.format(root=root))


def places(root, ports, tenants):
    """The vhost. @param tenants (name, flavour, hash of its first token) of each"""
    text = "Listen %d\n<VirtualHost *:%d>\nServerName vhost-oauth.example\n" % (
        ports["oauth"], ports["oauth"])
    text += "".join(tenant(name, flavour, root, ports, token) for name, flavour, token in tenants)
    text += PATHS + "<LocationMatch \"^/paths/[^/]+/oauth/authorize$\">%s</LocationMatch>\n" % (
        SIGN_IN.format(root=root))
    return text + "</VirtualHost>\n"
