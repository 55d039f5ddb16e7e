# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The private httpd's configuration: one server, a row of fresh tenants, some vhosts.

A test takes a tenant that nobody has used; reloading httpd per test would cost seconds. Tenants
that need other directives come in flavours, prepared here.
"""

import hashlib
import pathlib

import conf_console
import conf_oauth
import conf_tenants
import conf_together

TOP = pathlib.Path(__file__).resolve().parents[2]

# name: (how many, directives inside the Location)
FLAVOURS = {
    "plain": (1500, ()),
    "small_pages": (4, ("ScimPageSize 3 7",)),
    "small_body": (4, ("ScimMaxBody 20000",)),
    "limit_body": (2, ("LimitRequestBody 20000",)),
    "small_document": (2, ("ScimMaxDocument 4096",)),
    "few_operations": (2, ("ScimMaxOperations 5",)),
    "small_bulk": (3, ("ScimBulkMaxOperations 5", "ScimBulkMaxPayload 4096")),
    "few_terms": (2, ("ScimMaxFilterTerms 5",)),
    "short_cursors": (4, ("ScimCursorTimeout 3",)),
    "short_scan": (4, ("ScimMaxScan 5",)),
    "small_groups": (6, ("ScimGroupReplyMembers 3",)),
    "reject_members": (2, ("ScimUnknownMembers reject",)),
    "reject_manager": (2, ("ScimUnknownManager reject",)),
    "reject_attributes": (2, ("ScimUnknownAttributes reject",)),
    "replace_creates": (2, ("ScimPatchReplaceCreates On",)),
    "tls_only": (1, ("ScimRequireTLS On",)),
    "plain_ok": (1, ("ScimRequireTLS Off",)),
    "deflate": (3, ("SetOutputFilter DEFLATE",)),
    "off": (1, ("ScimEnable Off",)),
    # the audit trail
    "unaudited": (2, ("ScimAudit Off",)),
    "audit_short": (4, ("ScimAuditKeep 30",)),
    "denied": (5, ("Require all denied",)),
    "token_file": (3, ("ScimTokenFile {root}/conf/tokens",)),
    "entitlements": (4, ("ScimSchemaFile {top}/conf/examples/okta-role.json "
                         "{top}/conf/examples/okta-entitlement.json",)),
    "badges": (6, ("ScimSchemaFile {top}/conf/examples/user-extension.json",
                   "ScimIndex User title urn:example:scim:schemas:extension:badge:1.0:User:number",
                   "ScimMaxScan 5")),
    "gadgets": (60, ("ScimSchemaFile {top}/tests/e2e/schemas/gadget.json",
                     "ScimIndex Gadget label code place.room parts.value owner",
                     "ScimIndex Gadget "
                     "urn:example:scim:schemas:extension:warranty:1.0:Gadget:dealer",
                     "ScimMaxScan 5")),
    "many_tokens": (1, ("ScimToken sha256:{second} second", "ScimToken sha256:{third}")),
    "interop": (60, ("ScimProfile interop",)),
    "interop_tls": (1, ("ScimProfile interop", "ScimRequireTLS On")),
    "ipsie": (25, ("ScimProfile ipsie",)),
    "ipsie_slow": (1, ("ScimProfile ipsie", "ScimRateLimit 25/1 1")),
    "limited": (6, ("ScimRateLimit 40/86400",)),
    "no_groups": (20, ("ScimGroups Off",)),
    "life_delete": (40, ("ScimDeprovision delete",)),
    "life_unlink": (40, ("ScimDeprovision unlink",)),
    "life_hide": (16, ("ScimDeprovision delete", "ScimTombstone forever hide")),
    "life_short": (12, ("ScimDeprovision unlink", "ScimTombstone 3600")),
    "life_restore": (8, ("ScimRehire restore",)),
    "life_new_restore": (8, ("ScimDeprovision delete", "ScimRehire restore")),
    "life_keep": (6, ("ScimDelete deactivate",)),
    "life_keep_little": (4, ("ScimDeprovision delete", "ScimDelete deactivate")),
    "ruled": (120, (
        "ScimAttribute User userType required values=admin,user,view \"error=Ask for a seat (400.9)\"",
        "ScimAttribute User name.givenName required max=20",
        "ScimAttribute User name.familyName required min=2 \"forbid=_#%\"",
        "ScimAttribute User emails[primary eq true].value required format=email",
        "ScimAttribute User externalId required immutable",
        "ScimAttribute User preferredLanguage format=language",
        "ScimAttribute User addresses[type eq \"work\"].country format=country fold=upper",
        "ScimAttribute User nickName returned=never",
        "ScimAttribute User title returned=request immutable",
        "ScimAttribute User "
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"
        " pattern=[0-9]{{6}}",
        "ScimAttribute User timezone format=timezone default=Europe/London",
        "ScimAttribute User roles readonly",
        "ScimAttribute Group displayName max=40",
        "ScimAttribute Group externalId immutable",
        "ScimAttribute Group members returned=request")),
    "offered": (20, ("ScimAttributeAllow User name.givenName emails userType",
                     "ScimAttribute User title max=10")),
    "offered_only": (20, ("ScimAttributeAllow User name.givenName emails userType",
                          "ScimOtherAttributes User reject")),
    "jwt_pem": (4, ("{jwt}", "ScimJWTAlgorithms RS256 RS384 PS256",
                    "ScimJWTKeyFile {root}/conf/jwt-rsa.pem")),
    "jwt_set": (8, ("{jwt}", "ScimJWTAlgorithms RS256 ES256",
                    "ScimJWKSFile {root}/conf/jwks.json")),
    "jwt_secret": (40, ("{jwt}", "ScimJWTAlgorithms HS256",
                        "ScimJWTSecretFile {root}/conf/jwt-secret")),
    "jwt_owner": (4, ("{jwt}", "ScimJWTAlgorithms HS256", "ScimJWTOwner email",
                      "ScimJWTSecretFile {root}/conf/jwt-secret")),
    "jwt_scope": (2, ("{jwt}", "ScimJWTAlgorithms HS256", "ScimJWTScope scim.write",
                      "ScimJWTLeeway 0", "ScimJWTSecretFile {root}/conf/jwt-secret")),
    "jwt_claim": (4, ("ScimJWTIssuer https://idp.example", "ScimJWTAudience scim",
                      "ScimJWTAlgorithms HS256", "ScimJWTTenant tenant",
                      "ScimJWTSecretFile {root}/conf/jwt-secret")),
    "jwt_unrevoked": (2, ("{jwt}", "ScimJWTAlgorithms HS256", "ScimJWTRevocation Off",
                          "ScimJWTSecretFile {root}/conf/jwt-secret")),
    "jwt_turning": (6, ("{jwt}", "ScimJWTAlgorithms ES256", "ScimHTTPCAFile {root}/conf/cert.pem",
                        "ScimJWKSURI https://localhost:{ports[issuer_tls]}/turning wait=1")),
    "jwt_fixed": (3, ("{jwt}", "ScimJWTAlgorithms ES256",
                      "ScimJWKSURI http://127.0.0.1:{ports[issuer]}/fixed wait=3600")),
    "jwt_broken": (2, ("{jwt}", "ScimJWTAlgorithms ES256",
                       "ScimJWKSURI http://127.0.0.1:{ports[issuer]}/broken wait=1")),
    "jwt_untrusted": (2, ("{jwt}", "ScimJWTAlgorithms ES256",
                          "ScimJWKSURI https://localhost:{ports[issuer_tls]}/broken?tls wait=1")),
    "asks": (20, ("ScimJWTIssuer https://idp.example", "ScimJWTAudience {name}",
                  "ScimHTTPCAFile {root}/conf/cert.pem",
                  "ScimIntrospection https://localhost:{ports[issuer_tls]}/introspect "
                  "scim:server {root}/conf/client-secret")),
    "asks_little": (6, ("ScimIntrospectionCache 3600", "ScimTokenStore On",
                        "ScimIntrospection http://127.0.0.1:{ports[issuer]}/introspect-cache "
                        "scim:server {root}/conf/client-secret")),
    "asks_in_vain": (4, ("ScimHTTPTimeout 1",
                         "ScimIntrospection http://127.0.0.1:{ports[issuer]}/introspect-broken "
                         "scim:server {root}/conf/client-secret")),
    "seats": (10, ("ScimSeats 10", "ScimSeats 2 userType=admin")),
    "guarded": (6, ("ScimKeepOne userType admin", "ScimKeepOne groups Administrators")),
    "one_group": (6, ("ScimOneGroupPerUser On",)),
    "group_from": (8, (
        'ScimGroupFrom "addresses[type eq \\"work\\"].country" existing exact '
        '"error=Group does not exist (400.76)."',
        'ScimGroupFrom "addresses[type eq \\"work\\"].locality" create',
        'ScimGroupFrom "addresses[type eq \\"work\\"].region" create')),
    "group_from_hidden": (3, ("ScimGroups Off", "ScimGroupFrom userType create ignore")),
    "no_nesting": (3, ("ScimNestedGroups reject",)),
    "described": (2, ("ScimSchemaFile {top}/conf/examples/group-description.json",)),
    "mapped": (40, conf_together.MAPPED),
    "adopting": (40, conf_together.MAPPED + conf_together.ADOPT),
    "own_ids": (4, ("ScimMapTable User accounts key=uid id=uid", "ScimMap User id uid",
                    "ScimMap User userName email", "ScimMap User name.givenName given",
                    "ScimAdopt User On")),
    "accounts": (12, ("ScimMapTable User accounts key=uid", "ScimMap User id uid",
                      "ScimMap User userName email", "ScimMap User name.givenName given",
                      "ScimMapLink User memberships account=account org={{tenant}} role=user",
                      "ScimMapOn User deactivate unlink", "ScimAdopt User On")),
    "changing": (2, ("ScimMapTable User changing key=id", "ScimMap User userName login",
                     "ScimMap User name.givenName given")),
    "owners": (16, ("ScimToken sha256:{second} owner=Jane@Example.com",
                    "ScimToken sha256:{third} third \"owner=Jörg Müller\"")),
    **conf_together.FLAVOURS,
}

# One tenant in three places: two share its limit, and nothing is counted in the third.
SHARED = """
<Location "/t/shared-a/scim/v2">
    ScimEnable On
    ScimTenant shared
    ScimRateLimit 60/86400
    ScimToken sha256:{shared} e2e
</Location>
<Location "/t/shared-b/scim/v2">
    ScimEnable On
    ScimTenant shared
    ScimRateLimit 60/86400
    ScimToken sha256:{shared} e2e
</Location>
<Location "/t/shared-c/scim/v2">
    ScimEnable On
    ScimTenant shared
    ScimToken sha256:{shared} e2e
</Location>
"""

# One tenant before it had rules, and with them: an inner section's replace those of outer ones.
LATE = """
<Location "/t/late">
    ScimAttribute User title values=never
</Location>
<Location "/t/late/a/scim/v2">
    ScimEnable On
    ScimTenant late
    ScimAttribute User title max=100
    ScimToken sha256:{late} e2e
</Location>
<Location "/t/late/b/scim/v2">
    ScimEnable On
    ScimTenant late
    ScimAttribute User userType required values=admin,user
    ScimToken sha256:{late} e2e
</Location>
<Location "/t/late/c/scim/v2">
    ScimEnable On
    ScimTenant late
    ScimAttributeAllow User title
    ScimAttribute User title max=50
    ScimToken sha256:{late} e2e
</Location>
"""

# One tenant before it had a limit, and with it.
SEATS_LATER = """
<Location "/t/seats-before/scim/v2">
    ScimEnable On
    ScimTenant seats-later
    ScimToken sha256:{seats_later} e2e
</Location>
<Location "/t/seats-after/scim/v2">
    ScimEnable On
    ScimTenant seats-later
    ScimSeats 4
    ScimToken sha256:{seats_later} e2e
</Location>
"""

# What an operator may have set for the whole server; SCIM's own answers must win over all of it.
OPERATOR = """
ErrorDocument 400 "<h1>operator 400</h1>"
ErrorDocument 401 "<h1>operator 401</h1>"
ErrorDocument 403 "<h1>operator 403</h1>"
ErrorDocument 404 "<h1>operator 404</h1>"
ErrorDocument 405 "<h1>operator 405</h1>"
ErrorDocument 409 "<h1>operator 409</h1>"
ErrorDocument 411 "<h1>operator 411</h1>"
ErrorDocument 413 "<h1>operator 413</h1>"
ErrorDocument 414 "<h1>operator 414</h1>"
ErrorDocument 415 "<h1>operator 415</h1>"
ErrorDocument 500 "<h1>operator 500</h1>"
ErrorDocument 503 "<h1>operator 503</h1>"
"""

CHILDREN = 4

MODULES = ("mpm_event", "authz_core", "authn_core", "dbd", "deflate", "filter", "headers", "ssl",
           "socache_shmcb", "reqtimeout") + conf_tenants.MODULES

BASE = """
ServerName localhost
PidFile {root}/run/httpd.pid
DefaultRuntimeDir {root}/run
DocumentRoot {root}/htdocs
ErrorLog {root}/logs/error_log
LogLevel info scim:trace8 auth_openidc:crit
LogFormat "%t %a \\"%r\\" %>s %B" plain
CustomLog {root}/logs/access_log plain
LogFormat "%{{scim-tenant}}n|%{{scim-op}}n|%{{scim-caller}}n|%{{scim-request}}n|%{{scim-attrs}}n" audit
CustomLog {root}/logs/audit_log audit
StartServers {children}
ServerLimit 10
ThreadsPerChild 25
MaxRequestWorkers 250
MinSpareThreads 75
MaxSpareThreads 250
GracefulShutdownTimeout 20
KeepAliveTimeout 30
MaxKeepAliveRequests 0
Timeout 30
TraceEnable off
ListenBacklog 511
SSLSessionCache shmcb:{root}/run/ssl_cache(65536)
DBDriver {driver}
DBDParams "{params}"
DBDMin 1
DBDKeep 4
DBDMax 25
"""

VHOSTS = """
Listen {ports[vhost]}
<VirtualHost *:{ports[vhost]}>
    ServerName vhost-a.example
    ScimEnable On
    ScimTenant vhost-a
    ScimToken sha256:{vhost_a}
</VirtualHost>
Listen {ports[other]}
<VirtualHost *:{ports[other]}>
    ServerName vhost-b.example
    ScimEnable On
    ScimBase /api/scim
    ScimTenant vhost-b
    ScimToken sha256:{vhost_b} the-other-one
</VirtualHost>
Listen {ports[tls]}
<VirtualHost *:{ports[tls]}>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile {root}/conf/cert.pem
    SSLCertificateKeyFile {root}/conf/key.pem
    ScimEnable On
    ScimTenant vhost-tls
    ScimToken sha256:{vhost_tls}
</VirtualHost>
Listen {ports[slow]}
<VirtualHost *:{ports[slow]}>
    ServerName vhost-slow.example
    RequestReadTimeout body=2
    DBDKeep 1
    DBDMax 1
    ScimEnable On
    ScimTenant vhost-slow
    ScimToken sha256:{vhost_slow}
</VirtualHost>
Listen {ports[cut]}
<VirtualHost *:{ports[cut]}>
    ServerName vhost-cut.example
    DBDriver {driver}
    DBDParams "{cut_params}"
    ScimEnable On
    ScimTenant vhost-cut
    ScimToken sha256:{vhost_cut}
</VirtualHost>
Listen {ports[once]}
<VirtualHost *:{ports[once]}>
    ServerName vhost-once.example
    DBDPersist Off
    ScimEnable On
    ScimTenant vhost-once
    ScimToken sha256:{vhost_once}
</VirtualHost>
"""

PORTS = (("main", "vhost", "other", "tls", "slow", "cut", "once") + conf_tenants.PORTS
         + conf_oauth.PORTS + conf_console.PORTS)


def token_of(tenant):
    """The tenant's first token; the same in every run, so that a failed one can be looked into."""
    return "tok-%s-%s" % (tenant, hashlib.sha256(b"e2e " + tenant.encode()).hexdigest()[:32])


def token_hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


def tenant_names():
    """Every prepared tenant: (name, flavour)."""
    every = {**FLAVOURS, **conf_tenants.FLAVOURS, **conf_oauth.FLAVOURS, **conf_console.FLAVOURS}
    return [("%s-%03d" % (flavour.replace("_", "-"), i), flavour)
            for flavour, (count, *_) in every.items()
            for i in range(count)]


def location(name, flavour, root, ports):
    fields = {"root": root, "top": TOP, "name": name, "ports": ports,
              "jwt": "ScimJWTIssuer https://idp.example\n    ScimJWTAudience " + name,
              "second": token_hash(token_of(name + "-second")),
              "third": token_hash(token_of(name + "-third"))}
    lines = ["ScimEnable On", "ScimTenant " + name]
    if flavour in FLAVOURS:
        lines.append("ScimToken sha256:%s e2e" % token_hash(token_of(name)))
    more = FLAVOURS[flavour] if flavour in FLAVOURS else conf_tenants.FLAVOURS[flavour]
    lines += [line.format(**fields) for line in more[1]]
    return "<Location \"/t/%s/scim/v2\">\n    %s\n</Location>\n" % (name, "\n    ".join(lines))


def token_file():
    """Tokens of the flavour "token_file": comments, labels and empty lines as allowed."""
    return ("# tokens of a test\n\nsha256:%s from-the-file\n  sha256:%s\n"
            "sha256:%s owned owner=jane@example.com\n" % tuple(
                token_hash(token_of("in-file-" + name)) for name in ("1", "2", "owned")))


def load_modules(module, modules_dir):
    lines = ["LoadModule %s_module %s/mod_%s.so" % (m, modules_dir, m) for m in MODULES]
    return "\n".join(lines + ["LoadModule scim_module " + module]) + "\n"


def server_conf(root, ports, module, modules_dir, database, user):
    """The whole file. @param user name to run as, or None; @param database has driver, params"""
    fields = {"root": root, "children": CHILDREN, "driver": database.driver, "params": database.params, "ports": ports,
              "cut_params": database.cut_params}
    for name in ("vhost-a", "vhost-b", "vhost-tls", "vhost-slow", "vhost-cut",
                 "vhost-once"):
        fields[name.replace("-", "_")] = token_hash(token_of(name))
    text = "ServerRoot %s\n" % root + load_modules(module, modules_dir)
    if user:
        text += "User %s\nGroup %s\n" % (user, user)
    text += "Listen %d\n" % ports["main"] + BASE.format(**fields) + OPERATOR
    text += "".join(location(name, flavour, root, ports) for name, flavour in tenant_names()
                    if flavour in FLAVOURS)
    text += SHARED.format(shared=token_hash(token_of("shared")))
    text += LATE.format(late=token_hash(token_of("late")))
    text += conf_tenants.places(
        root, ports, database, lambda name: token_hash(token_of(name)),
        "".join(location(name, flavour, root, ports) for name, flavour in tenant_names()
                if flavour in conf_tenants.FLAVOURS))
    text += conf_together.ENDED_LATER.format(ended_later=token_hash(token_of("ended-later")))
    text += SEATS_LATER.format(seats_later=token_hash(token_of("seats-later")))
    text += conf_oauth.places(root, ports, [
        (name, flavour, token_hash(token_of(name))) for name, flavour in tenant_names()
        if flavour in conf_oauth.FLAVOURS])
    text += conf_console.places(root, ports, [
        (name, flavour, token_hash(token_of(name))) for name, flavour in tenant_names()
        if flavour in conf_console.FLAVOURS])
    return text + VHOSTS.format(**fields)
