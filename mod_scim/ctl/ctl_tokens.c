/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ctl_call.h"
#include "ctl_config.h"
#include "ctl_life.h"
#include "ctl_print.h"
#include "ctl_tokens.h"
#include "scim_json.h"

static const ctl_column_t columns[] = {{"id", "ID"},
                                       {"label", "LABEL"},
                                       {"kind", "KIND"},
                                       {"state", "STATE"},
                                       {"ownerName", "OWNER"},
                                       {"created", "CREATED"},
                                       {"lastUsed", "LAST USED"},
                                       {"expires", "EXPIRES"},
                                       {"creator", "CREATOR"},
                                       {NULL, NULL}};

/* ---- what the configuration says ---- */

static int number(const json_t *object, const char *name)
{
    return (int)json_integer_value(json_object_get(object, name));
}

scim_token_rules_t ctl_token_rules(const ctl_t *c)
{
    scim_token_rules_t rules = scim_token_rules_default;
    const json_t *said = c->place ? json_object_get(c->place->json, "tokens") : NULL;

    if (said) {
        rules.limit = number(said, "limit");
        rules.min_life = number(said, "min_life");
        rules.max_life = number(said, "max_life");
        rules.default_life = number(said, "default_life");
        rules.owner_required = number(said, "owner_required");
    }
    return rules;
}

const char *ctl_token_creator(const ctl_t *c)
{
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *account;

    if (c->opt.creator) {
        return c->opt.creator;
    }
    if (sudo && *sudo) {
        return sudo;
    }
    account = getpwuid(getuid());
    return account ? apr_pstrdup(c->pool, account->pw_name) : NULL;
}

int ctl_token_life(int *life, ctl_t *c)
{
    *life = SCIM_TOKEN_LIFE_DEFAULT;
    if (c->opt.expires && !ctl_life_parse(life, c->opt.expires)) {
        return ctl_fail(c, CTL_USAGE,
                        "--expires is never, or a number with s, m, h, d, w or y "
                        "behind it, such as 90d");
    }
    return CTL_OK;
}

/* ---- create ---- */

static int find_owner(const char **id, ctl_t *c)
{
    apr_pool_t *p;
    scim_error_t *err;

    *id = NULL;
    if (!c->opt.owner) {
        return CTL_OK;
    }
    apr_pool_create(&p, c->pool);
    err = scim_token_owner(id, ctl_store(c, p), c->opt.owner, c->pool);
    if (err) {
        return ctl_error(c, err);
    }
    apr_pool_destroy(p);
    return *id ? CTL_OK
               : ctl_fail(c, CTL_NOT_FOUND, "the tenant %s has no active user \"%s\"",
                          c->tenant->name, c->opt.owner);
}

void ctl_token_show_secret(ctl_t *c, const char *name, const char *secret, json_t *about)
{
    if (c->opt.quiet) {
        printf("%s\n", secret);
        return;
    }
    json_object_set_new(about, name, json_string(secret));
    ctl_print_object(c, about);
    ctl_say(c, "The %s is shown this once: it is kept nowhere.", name);
}

static void warn_if_unused(ctl_t *c)
{
    const json_t *said = c->place ? json_object_get(c->place->json, "tokens") : NULL;

    if (said && !json_is_true(json_object_get(said, "store"))) {
        ctl_say(c, "Note: ScimTokenStore is Off in %s: httpd will not accept it before that is On.",
                c->place->at);
    }
}

int ctl_token_create(ctl_t *c)
{
    scim_token_rules_t rules = ctl_token_rules(c);
    scim_token_new_t wanted = {.label = c->opt.label, .creator = ctl_token_creator(c)};
    const char *secret;
    scim_token_row_t *row;
    json_t *about;
    scim_error_t *err;
    int rc = ctl_token_life(&wanted.life, c);

    wanted.who = ctl_call_who(c, c->pool);
    if (rc == CTL_OK && !c->opt.label) {
        return ctl_fail(c, CTL_USAGE, "token create needs --label TEXT: what is it for?");
    }
    rc = rc == CTL_OK ? find_owner(&wanted.owner, c) : rc;
    if (rc != CTL_OK) {
        return rc;
    }
    err = scim_token_create(&secret, &row, ctl_store(c, c->pool), &rules, &wanted, c->pool);
    if (err) {
        return ctl_error(c, err);
    }
    about = scim_json_own(json_object(), c->pool);
    json_object_set_new(about, "id", json_string(row->id));
    json_object_set_new(about, "tenant", json_string(c->tenant->name));
    json_object_set_new(about, "label", json_string(c->opt.label));
    json_object_set_new(about, "expires", ctl_out_time_new(row->expires, c->pool));
    ctl_token_show_secret(c, "token", secret, about);
    warn_if_unused(c);
    return CTL_OK;
}

/* ---- list ---- */

json_t *ctl_token_text_new(const char *text)
{
    return text ? json_string(text) : json_null();
}

static const char *state_of(const scim_token_row_t *row, apr_time_t now)
{
    if (row->revoked) {
        return "revoked";
    }
    return scim_token_is_live(row, now) ? "active" : "expired";
}

/* The userName of a token's owner; its id where there is no such user any more. */
static const char *owner_name(ctl_t *c, const char *id, apr_pool_t *p)
{
    ctl_call_t call = {.method = SCIM_GET, .query = "attributes=userName"};
    const scim_resource_type_t *type = scim_catalog_type(c->tenant->catalog, "User");
    const char *name;

    if (!id || !type) {
        return NULL;
    }
    call.path = ctl_call_path(type, id, p);
    if (ctl_call(c, &call, p)) {
        return id;
    }
    name = json_string_value(json_object_get(call.json, "userName"));
    return name ? name : id;
}

static void list_one(ctl_list_t *list, ctl_t *c, const scim_token_row_t *row, apr_time_t now)
{
    json_t *out;
    apr_pool_t *p;

    apr_pool_create(&p, c->pool);
    out = scim_json_own(json_object(), p);
    json_object_set_new(out, "id", json_string(row->id));
    json_object_set_new(out, "label", ctl_token_text_new(row->label));
    json_object_set_new(out, "kind", json_string(row->kind));
    json_object_set_new(out, "state", json_string(state_of(row, now)));
    json_object_set_new(out, "owner", ctl_token_text_new(row->owner));
    json_object_set_new(out, "ownerName", ctl_token_text_new(owner_name(c, row->owner, p)));
    json_object_set_new(out, "client", ctl_token_text_new(row->client));
    json_object_set_new(out, "creator", ctl_token_text_new(row->creator));
    json_object_set_new(out, "created", ctl_out_time_new(row->created, p));
    json_object_set_new(out, "expires", ctl_out_time_new(row->expires, p));
    json_object_set_new(out, "lastUsed", ctl_out_time_new(row->used, p));
    json_object_set_new(out, "revoked", ctl_out_time_new(row->revoked, p));
    ctl_list_add(list, out);
    apr_pool_destroy(p);
}

int ctl_token_list(ctl_t *c)
{
    const char *kind = c->opt.all ? NULL : SCIM_TOKEN_API;
    apr_time_t now = apr_time_now();
    apr_array_header_t *rows;
    ctl_list_t *list;
    scim_error_t *err;
    apr_pool_t *p;
    int i;

    apr_pool_create(&p, c->pool);
    err = scim_token_list(&rows, ctl_store(c, p), kind, c->pool);
    if (err) {
        return ctl_error(c, err);
    }
    apr_pool_destroy(p);
    list = ctl_list_begin(c, columns);
    for (i = 0; i < rows->nelts; i++) {
        const scim_token_row_t *row = &APR_ARRAY_IDX(rows, i, scim_token_row_t);
        if (c->opt.all || scim_token_is_live(row, now)) {
            list_one(list, c, row, now);
        }
    }
    ctl_list_end(list, "No active tokens. (--all shows revoked and expired ones.)");
    return CTL_OK;
}

/* ---- revoke ---- */

static int revoke_one(ctl_t *c, const char *id)
{
    scim_token_row_t *row = NULL;
    scim_error_t *err;
    apr_pool_t *p;
    int done = 0;
    int rc = CTL_OK;

    apr_pool_create(&p, c->pool);
    err = scim_token_end(&done, ctl_store(c, p), id, ctl_call_who(c, p));
    if (err) {
        return ctl_error(c, err);
    }
    apr_pool_clear(p);
    err = done ? NULL : scim_token_get(&row, ctl_store(c, p), id, p);
    if (err) {
        return ctl_error(c, err);
    }
    if (done) {
        ctl_say(c, "%s is revoked.", id);
    } else if (row) {
        ctl_say(c, "%s had been revoked before.", id);
    } else {
        rc = ctl_fail(c, CTL_NOT_FOUND, "the tenant %s has no token with the id %s",
                      c->tenant->name, id);
    }
    apr_pool_destroy(p);
    return rc;
}

int ctl_token_each(ctl_t *c, int (*revoke)(ctl_t *c, const char *id))
{
    int rc = CTL_OK;
    int i;

    for (i = 0; i < c->nargs && rc != CTL_AWAY; i++) {
        int one = revoke(c, c->args[i]);
        rc = one > rc ? one : rc;
    }
    return rc;
}

int ctl_token_revoke(ctl_t *c)
{
    return ctl_token_each(c, revoke_one);
}
