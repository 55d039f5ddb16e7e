/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "ctl_config.h"
#include "ctl_life.h"
#include "ctl_print.h"
#include "ctl_tokens.h"
#include "scim_file.h"
#include "scim_jose.h"
#include "scim_json.h"
#include "scim_jwt_revoked.h"

/* As httpd reads the file: one line end behind the secret is the editor's. */
#define SECRET_MAX 65536

/* What the place says of signed tokens; NULL: said. */
static const json_t *find_said(ctl_t *c)
{
    const json_t *said = c->place ? json_object_get(c->place->json, "jwt") : NULL;

    if (!json_is_object(said)) {
        ctl_fail(c, CTL_FAILED, "%s",
                 c->place ? "the place accepts no signed tokens: its directives "
                            "have no ScimJWTIssuer"
                          : "signing a token takes what httpd's configuration "
                            "says of it");
        return NULL;
    }
    return said;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static int read_secret(const char **secret, apr_size_t *len, ctl_t *c, const json_t *said)
{
    const char *path = text_of(said, "secretFile");
    const char *wrong;

    if (!path || !json_is_true(json_object_get(said, "hs256"))) {
        return ctl_fail(c, CTL_FAILED,
                        "the place has no ScimJWTSecretFile for HS256: its tokens "
                        "are signed elsewhere");
    }
    wrong = scim_file_read(secret, len, path, SECRET_MAX, c->pool, c->pool);
    if (wrong) {
        return ctl_fail(c, CTL_FAILED, "%s", wrong);
    }
    if (*len > 0 && (*secret)[*len - 1] == '\n') {
        (*len)--;
        *len -= *len > 0 && (*secret)[*len - 1] == '\r';
    }
    return CTL_OK;
}

/* ---- issue ---- */

/* --expires within the place's bounds; a signed token must expire. */
static int find_life(apr_int64_t *life, ctl_t *c)
{
    scim_token_rules_t rules = ctl_token_rules(c);
    int wanted;
    int rc = ctl_token_life(&wanted, c);

    if (rc != CTL_OK) {
        return rc;
    }
    wanted = wanted == SCIM_TOKEN_LIFE_DEFAULT ? rules.default_life : wanted;
    if (wanted == SCIM_TOKEN_LIFE_NEVER) {
        return ctl_fail(c, CTL_USAGE, "a signed token must expire: say --expires, such as 90d");
    }
    if (wanted < rules.min_life || (rules.max_life && wanted > rules.max_life)) {
        return ctl_fail(c, CTL_FAILED, "ScimTokenLifetime lets a token live for %d to %d seconds",
                        rules.min_life, rules.max_life ? rules.max_life : SCIM_JWT_LIFE_MAX);
    }
    *life = wanted;
    return CTL_OK;
}

static int find_owner(scim_jwt_issue_t *what, ctl_t *c, const json_t *said)
{
    const char *id = NULL;
    scim_error_t *err;
    apr_pool_t *p;

    what->owner_claim = text_of(said, "ownerClaim");
    what->owner = c->opt.owner;
    if (!what->owner_claim && !c->opt.owner) {
        return CTL_OK;
    }
    if (!what->owner_claim || !c->opt.owner) {
        return ctl_fail(c, CTL_USAGE,
                        what->owner_claim ? "the place's tokens have an owner (ScimJWTOwner): say "
                                            "--owner USERNAME"
                                          : "the place's tokens have no owner: ScimJWTOwner is not "
                                            "set");
    }
    apr_pool_create(&p, c->pool);
    err = scim_token_owner(&id, ctl_store(c, p), c->opt.owner, p);
    if (err) {
        return ctl_error(c, err);
    }
    apr_pool_destroy(p);
    return id ? CTL_OK
              : ctl_fail(c, CTL_NOT_FOUND, "the tenant %s has no active user \"%s\"",
                         c->tenant->name, c->opt.owner);
}

static int find_claims(scim_jwt_issue_t *what, ctl_t *c, const json_t *said)
{
    const char *first = json_string_value(json_array_get(json_object_get(said, "audiences"), 0));

    if (!c->opt.subject) {
        return ctl_fail(c, CTL_USAGE, "jwt issue needs --subject TEXT: who is it for?");
    }
    what->subject = c->opt.subject;
    what->issuer = text_of(said, "issuer");
    what->audience = c->opt.audience ? c->opt.audience : first;
    what->scope = text_of(said, "scope");
    what->tenant_claim = text_of(said, "tenantClaim");
    what->tenant = c->tenant->name;
    what->now = apr_time_now();
    return CTL_OK;
}

int ctl_jwt_issue(ctl_t *c)
{
    const json_t *said = find_said(c);
    scim_jwt_issue_t what = {0};
    scim_jwt_issued_t issued;
    const char *secret;
    const char *wrong;
    apr_size_t len;
    json_t *about;
    int rc;

    if (!said) {
        return CTL_FAILED;
    }
    rc = find_claims(&what, c, said);
    rc = rc == CTL_OK ? find_life(&what.life, c) : rc;
    rc = rc == CTL_OK ? read_secret(&secret, &len, c, said) : rc;
    rc = rc == CTL_OK ? find_owner(&what, c, said) : rc;
    if (rc != CTL_OK) {
        return rc;
    }
    wrong = scim_jwt_issue(&issued, &what, secret, len, c->pool);
    if (wrong) {
        return ctl_fail(c, CTL_FAILED, "%s", wrong);
    }
    about = scim_json_own(json_object(), c->pool);
    json_object_set_new(about, "id", json_string(issued.id));
    json_object_set_new(about, "tenant", json_string(c->tenant->name));
    json_object_set_new(about, "subject", json_string(what.subject));
    json_object_set_new(about, "expires",
                        ctl_out_time_new(apr_time_from_sec(issued.expires), c->pool));
    ctl_token_show_secret(c, "token", issued.token, about);
    return CTL_OK;
}

/* ---- revoke ---- */

static int revoke_one(ctl_t *c, const char *jti)
{
    apr_time_t expires = 0; /* for ever, unless it is known when the token ends by itself */
    scim_error_t *err;
    apr_pool_t *p;
    int done = 0;
    int life;

    if (c->opt.expires && ctl_life_parse(&life, c->opt.expires) && life) {
        expires = apr_time_now() + apr_time_from_sec(life);
    }
    apr_pool_create(&p, c->pool);
    err = scim_jwt_revoke(&done, ctl_store(c, p), jti, expires);
    if (err) {
        return ctl_error(c, err);
    }
    apr_pool_destroy(p);
    ctl_say(c, done ? "%s is revoked." : "%s had been revoked before.", jti);
    return CTL_OK;
}

int ctl_jwt_revoke(ctl_t *c)
{
    const json_t *said = c->place ? json_object_get(c->place->json, "jwt") : NULL;
    int life;
    int rc = ctl_token_life(&life, c);

    if (rc != CTL_OK) {
        return rc;
    }
    if (json_is_object(said) && !json_is_true(json_object_get(said, "revocation"))) {
        ctl_say(c, "Note: ScimJWTRevocation is Off in %s: httpd does not look at the list.",
                c->place->at);
    }
    return ctl_token_each(c, revoke_one);
}
