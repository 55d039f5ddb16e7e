# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Places whose callers and tenants come from elsewhere than ScimToken and ScimTenant: tokens of the
database, users of other modules, tenants by path and by token, a second database."""

import base64
import hashlib
import os

import database

MODULES = ("auth_basic", "authn_file", "authz_user", "auth_openidc")
PORTS = ("tenants", "mtls", "second")
PASSWORDS = {"jane@example.com": "j4ne-Passw0rd", "other": "0ther-Passw0rd"}
SHARED_KEY = "e2e-shared-key-of-an-issuer-elsewhere"

# name: (how many, directives inside the Location), without a token of the configuration.
FLAVOURS = {
    "stored": (60, ("ScimTokenStore On",)),
    "stored_owner": (12, ("ScimTokenStore On", "ScimTokenOwner required")),
    "stored_limited": (2, ("ScimTokenStore On", "ScimRateLimit 5/86400 5")),
    "switched_off": (2, ("ScimTokenStore On", "ScimProvisioning Off")),
    "basic": (6, ("ScimTrustUser On", "AuthType Basic", "AuthName scim",
                  "AuthUserFile {root}/conf/passwords", "Require valid-user")),
    "basic_stored": (2, ("ScimTrustUser On", "ScimTokenStore On", "AuthType Basic",
                         "AuthName scim", "AuthUserFile {root}/conf/passwords",
                         "Require valid-user")),
    "basic_untrusted": (2, ("ScimTokenStore On", "AuthType Basic", "AuthName scim",
                            "AuthUserFile {root}/conf/passwords", "Require valid-user")),
    "trusting": (2, ("ScimTrustUser On",)),
    "oidc": (2, ("ScimTrustUser On", "AuthType oauth20", "Require valid-user")),
}

# A vhost of their own: what stands in the main server holds in every vhost, and there are tokens.
PLACES = """
Listen {ports[tenants]}
<VirtualHost *:{ports[tenants]}>
ServerName vhost-tenants.example
{locations}
OIDCOAuthVerifySharedKeys plain##{shared_key}
OIDCOAuthRemoteUserClaim sub
<Location "/v1/teams">
    ScimEnable On
    ScimBase /v1/teams/{{tenant}}/scim/v2
    ScimBaseAlias /v1/teams/{{tenant}}/scim/V2
    ScimTenantBy path
    ScimTokenStore On
    ScimToken sha256:{team_static} static tenant=team-static
    ScimToken sha256:{team_new} static-new tenant=team-new
</Location>
<Location "/v1/teams/team-quiet">
    ScimGroups Off
</Location>
<Location "/rated">
    ScimEnable On
    ScimBase /rated/{{tenant}}
    ScimTenantBy path
    ScimTokenStore On
    ScimRateLimit 5/86400 5
</Location>
<Location "/any/scim/v2">
    ScimEnable On
    ScimTenantBy token
    ScimTokenStore On
    ScimToken sha256:{any_static} static tenant=any-static
    ScimJWTIssuer https://idp.example
    ScimJWTAudience scim
    ScimJWTAlgorithms HS256
    ScimJWTTenant tenant
    ScimJWTSecretFile {root}/conf/jwt-secret
</Location>
<Location "/alias">
    ScimEnable On
    ScimBase /alias/api/V1
    ScimBaseAlias /alias/api/v1 /alias/SCIM
    ScimTenant alias
    ScimToken sha256:{alias}
</Location>
<Location "/dirs/one">
    ScimEnable On
    ScimTenant dir-one
    ScimTokenStore On
</Location>
<Location "/dirs/two">
    ScimEnable On
    ScimTenant dir-two
    ScimTokenStore On
</Location>
</VirtualHost>
Listen {ports[mtls]}
<VirtualHost *:{ports[mtls]}>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile {root}/conf/cert.pem
    SSLCertificateKeyFile {root}/conf/key.pem
    SSLCACertificateFile {root}/conf/client-ca.pem
    SSLVerifyClient optional
    SSLUserName SSL_CLIENT_S_DN_CN
    ScimEnable On
    ScimTenant vhost-mtls
    ScimTrustUser On
    ScimTokenStore On
    ScimJWTIssuer https://idp.example
    ScimJWTAudience scim
    ScimJWTAlgorithms HS256
    ScimJWTTenant tenant
    ScimJWTSecretFile {root}/conf/jwt-secret
</VirtualHost>
Listen {ports[second]}
<VirtualHost *:{ports[second]}>
    ServerName vhost-second.example
    DBDriver {driver}
    DBDParams "{second_params}"
    ScimEnable On
    ScimBase /dirs/one
    ScimTenant dir-one
    ScimTokenStore On
</VirtualHost>
"""


def places(root, ports, db, token, locations):
    """Their configuration. @param token the function that gives a tenant's token's hash
    @param locations those of the flavours"""
    names = ("team-static", "team-new", "any-static", "alias")
    return PLACES.format(root=root, ports=ports, driver=db.driver, second_params=db.second_params, locations=locations,
                         shared_key=SHARED_KEY,
                         **{name.replace("-", "_"): token(name) for name in names})


def files(root):
    """Passwords, and an authority with one client certificate."""
    conf = os.path.join(root, "conf")
    with open(os.path.join(conf, "passwords"), "w", encoding="ascii") as out:
        for name, password in PASSWORDS.items():
            digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
            out.write("%s:{SHA}%s\n" % (name, digest))
    openssl = database.need_program("openssl")
    database.run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                 "-subj", "/CN=e2e client authority", "-keyout", conf + "/client-ca.key",
                 "-out", conf + "/client-ca.pem")
    database.run(openssl, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=jane@example.com",
                 "-keyout", conf + "/client.key", "-out", conf + "/client.csr")
    database.run(openssl, "x509", "-req", "-in", conf + "/client.csr", "-days", "2",
                 "-CA", conf + "/client-ca.pem", "-CAkey", conf + "/client-ca.key",
                 "-CAcreateserial", "-out", conf + "/client.pem")
