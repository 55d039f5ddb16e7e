/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_seal.h"

/* Who is there, and that what changes something comes from a page that was shown to them. */

/* So long, in seconds, a page may stay open. It can have a new seal at any time. */
#define SEAL_LIFE 43200

#define KEY_NAME "console"
#define SEAL_HEADER "X-SCIM-Console"

/* ---- the seal ---- */

/* Over everything that a page is about. */
static scim_error_t *make_seal(const char **seal, const scim_console_call_t *call,
                               apr_int64_t until)
{
    const request_rec *r = call->r;
    unsigned char key[SCIM_STORE_KEY];
    scim_error_t *err = scim_store_key(key, call->store, KEY_NAME);

    if (err) {
        return err;
    }
    /* The user's name comes last, for it may hold anything. */
    *seal = scim_seal_make(
        key, until,
        apr_pstrcat(r->pool, call->tenant->name, "\n", call->console->path, "\n", r->user, NULL),
        r->pool);
    return *seal ? NULL
                 : scim_error_internal(r->pool, 500, "SCIM3396", "libcrypto makes no HMAC",
                                       "The page cannot be made.");
}

scim_error_t *scim_console_seal(const char **seal, const scim_console_call_t *call)
{
    return make_seal(seal, call, apr_time_sec(apr_time_now()) + SEAL_LIFE);
}

/* ---- where a request comes from ---- */

/*
 * What the browser says of that, where it does. A proxy in front may have changed the Host header,
 * so Origin counts only where there is nothing better.
 */
static int is_foreign(const request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");
    const char *host = apr_table_get(r->headers_in, "Host");
    const char *from = origin ? strstr(origin, "://") : NULL;

    if (site) {
        return strcmp(site, "same-origin") != 0;
    }
    return origin && (!from || !host || ap_cstr_casecmp(from + 3, host) != 0);
}

scim_error_t *scim_console_check_seal(const scim_console_call_t *call)
{
    const char *seal = apr_table_get(call->r->headers_in, SEAL_HEADER);
    const char *real = NULL;
    scim_error_t *err;

    if (is_foreign(call->r)) {
        return scim_console_refuse(call, HTTP_FORBIDDEN, "Another site sent this request.");
    }
    if (!seal) {
        return scim_console_refuse(call, HTTP_FORBIDDEN,
                                   "The request lacks the header " SEAL_HEADER
                                   ", so it is not the console's.");
    }
    err = make_seal(&real, call, scim_seal_until(seal));
    if (err) {
        return err;
    }
    if (!scim_seal_holds(seal, real)) {
        return scim_console_refuse(call, HTTP_FORBIDDEN,
                                   "This page is too old or was not made for you; load it again.");
    }
    return NULL;
}

/* ---- GET api/session ---- */

static json_t *limits_new(const scim_token_rules_t *rules)
{
    json_t *life = json_object();
    json_t *limits = json_object();

    json_object_set_new(life, "min", json_integer(rules->min_life));
    json_object_set_new(life, "max", rules->max_life ? json_integer(rules->max_life) : json_null());
    json_object_set_new(life, "default",
                        rules->default_life ? json_integer(rules->default_life) : json_null());
    json_object_set_new(life, "never", json_boolean(!rules->max_life));
    json_object_set_new(limits, "tokenLifetime", life);
    json_object_set_new(limits, "tokens", rules->limit ? json_integer(rules->limit) : json_null());
    json_object_set_new(limits, "tokenOwner", json_boolean(rules->owner_required));
    return limits;
}

scim_error_t *scim_console_session(scim_console_call_t *call)
{
    const scim_console_t *console = call->console;
    const scim_token_rules_t rules = scim_config_token_rules(console->scim);
    const char *seal;
    scim_error_t *err = scim_console_seal(&seal, call);
    json_t *can;
    json_t *out;

    if (err) {
        return err;
    }
    can = json_object();
    json_object_set_new(can, "tokens", json_boolean(console->scim->token_store == 1));
    json_object_set_new(can, "oauth", json_boolean(console->oauth != NULL));
    json_object_set_new(can, "audit", json_boolean(call->tenant->audit));
    json_object_set_new(can, "seats", json_boolean(call->tenant->quota != NULL));
    json_object_set_new(can, "groups", json_boolean(!call->tenant->groups_off));
    out = json_object();
    json_object_set_new(out, "tenant", json_string(call->tenant->name));
    json_object_set_new(out, "user", json_string(call->r->user));
    json_object_set_new(out, "token", json_string(seal));
    json_object_set_new(out, "base", json_string(call->base));
    json_object_set_new(out, "now", scim_console_time_new(apr_time_now()));
    json_object_set_new(out, "can", can);
    json_object_set_new(out, "limits", limits_new(&rules));
    return scim_console_reply(call, HTTP_OK, out);
}
