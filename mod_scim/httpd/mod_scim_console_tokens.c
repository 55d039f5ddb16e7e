/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_token.h"

#define PAGE 100
#define PAGE_MAX 500

static scim_error_t *no_store(const scim_console_call_t *call)
{
    return scim_console_refuse(call, HTTP_CONFLICT,
                               "Tokens cannot be made here: this server is set up to take them "
                               "from its configuration only.");
}

/* ---- a token as the page shows it ---- */

static const char *state_of(const scim_token_row_t *row)
{
    if (row->revoked) {
        return "revoked";
    }
    return scim_token_is_live(row, apr_time_now()) ? "active" : "expired";
}

/* In place of an id: the names cannot be read at the moment, which each would wait for anew. */
#define AWAY ""

const char *scim_console_owner(const scim_console_call_t *call, apr_hash_t *known, const char *id)
{
    const char *name = id ? apr_hash_get(known, id, APR_HASH_KEY_STRING) : NULL;
    apr_pool_t *p = call->r->pool;
    json_t *user = NULL;
    scim_error_t *err;

    if (!id || name) {
        return name;
    }
    if (apr_hash_get(known, AWAY, APR_HASH_KEY_STRING)) {
        return id;
    }
    err = scim_console_get(&user, call, apr_pstrcat(p, "/Users/", scim_form_encode(id, p), NULL),
                           "attributes=userName");
    name = err ? NULL : json_string_value(json_object_get(user, "userName"));
    name = name ? name : id;
    apr_hash_set(known, err && err->status >= 500 ? AWAY : id, APR_HASH_KEY_STRING, name);
    return name;
}

static json_t *token_new(const scim_console_call_t *call, const scim_token_row_t *row,
                         apr_hash_t *owners)
{
    json_t *out = json_object();

    json_object_set_new(out, "id", json_string(row->id));
    json_object_set_new(out, "label", scim_console_text_new(row->label));
    json_object_set_new(out, "creator", scim_console_text_new(row->creator));
    json_object_set_new(out, "owner",
                        scim_console_text_new(scim_console_owner(call, owners, row->owner)));
    json_object_set_new(out, "created", scim_console_time_new(row->created));
    json_object_set_new(out, "used", scim_console_time_new(row->used));
    json_object_set_new(out, "expires", scim_console_time_new(row->expires));
    json_object_set_new(out, "revoked", scim_console_time_new(row->revoked));
    json_object_set_new(out, "state", json_string(state_of(row)));
    return out;
}

/* ---- GET api/tokens ---- */

/* Where a page ended: "1700000000000.id" of its last token. */
static scim_error_t *read_cursor(scim_token_row_t *after, const scim_console_call_t *call,
                                 const char *text)
{
    apr_size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 15 || text[digits] != '.') {
        return scim_console_refuse(call, HTTP_BAD_REQUEST,
                                   "The cursor is not one of the console's.");
    }
    after->created = apr_time_from_msec(apr_atoi64(text));
    after->id = text + digits + 1;
    return NULL;
}

scim_error_t *scim_console_tokens(scim_console_call_t *call)
{
    scim_form_field_t fields[] = {{"cursor", NULL, NULL}, {"count", NULL, NULL}};
    apr_hash_t *owners = apr_hash_make(call->r->pool);
    scim_token_row_t after = {0};
    apr_array_header_t *rows;
    const char *next = NULL;
    json_t *tokens;
    json_t *out;
    int count = 0;
    int i;
    scim_error_t *err = scim_console_query(call, fields, 2);

    err = err ? err : scim_console_count(&count, call, &fields[1], PAGE, PAGE_MAX);
    if (!err && fields[0].value) {
        err = read_cursor(&after, call, fields[0].value);
    }
    if (!err) {
        err = scim_token_page(&rows, call->store, SCIM_TOKEN_API, after.id ? &after : NULL,
                              count + 1, call->r->pool);
    }
    if (err) {
        return err;
    }
    tokens = json_array();
    for (i = 0; i < rows->nelts && i < count; i++) {
        const scim_token_row_t *row = &APR_ARRAY_IDX(rows, i, scim_token_row_t);
        json_array_append_new(tokens, token_new(call, row, owners));
        if (i == count - 1 && rows->nelts > count) {
            next = apr_psprintf(call->r->pool, "%" APR_TIME_T_FMT ".%s",
                                apr_time_as_msec(row->created), row->id);
        }
    }
    out = json_object();
    json_object_set_new(out, "tokens", tokens);
    json_object_set_new(out, "next", scim_console_text_new(next));
    return scim_console_reply(call, HTTP_OK, out);
}

/* ---- POST api/tokens ---- */

/* Seconds, null for never; without it, what is usual. */
static scim_error_t *read_life(int *life, const scim_console_call_t *call)
{
    const json_t *value = json_object_get(call->body, "expires");

    *life = value ? SCIM_TOKEN_LIFE_NEVER : SCIM_TOKEN_LIFE_DEFAULT;
    if (!value || json_is_null(value)) {
        return NULL;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > SCIM_TOKEN_LIFE_MAX) {
        return scim_console_refuse(call, HTTP_BAD_REQUEST,
                                   "expires must be a whole number of seconds up to ten years, or "
                                   "null for never.");
    }
    *life = (int)json_integer_value(value);
    return NULL;
}

static scim_error_t *find_owner(const char **id, const scim_console_call_t *call, const char *name)
{
    scim_error_t *err = NULL;

    *id = NULL;
    if (name && *name) {
        err = scim_token_owner(id, call->store, name, call->r->pool);
        if (!err && !*id) {
            err = scim_console_refuse(call, HTTP_BAD_REQUEST,
                                      "There is no active user with the userName given as owner.");
        }
    }
    return err;
}

scim_error_t *scim_console_token_create(scim_console_call_t *call)
{
    const scim_token_rules_t rules = scim_config_token_rules(call->console->scim);
    scim_token_new_t wanted = {.creator = call->r->user, .who = &call->who};
    request_rec *r = call->r;
    scim_token_row_t *row;
    const char *owner = NULL;
    const char *secret;
    json_t *out;
    scim_error_t *err;

    if (call->console->scim->token_store != 1) {
        return no_store(call);
    }
    err = scim_console_text(&wanted.label, call, "label");
    err = err ? err : scim_console_text(&owner, call, "owner");
    err = err ? err : read_life(&wanted.life, call);
    err = err ? err : find_owner(&wanted.owner, call, owner);
    err = err ? err : scim_token_create(&secret, &row, call->store, &rules, &wanted, r->pool);
    if (err) {
        return err;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM3397: %s made token %s of tenant %s", r->user,
                  row->id, call->tenant->name);
    out = token_new(call, row, apr_hash_make(r->pool));
    json_object_set_new(out, "secret", json_string(secret));
    return scim_console_reply(call, HTTP_CREATED, out);
}

/* ---- POST api/tokens/ID/revoke ---- */

scim_error_t *scim_console_token_revoke(scim_console_call_t *call)
{
    request_rec *r = call->r;
    scim_token_row_t *row;
    int done = 0;
    scim_error_t *err = scim_token_get(&row, call->store, call->id, r->pool);

    if (!err && (!row || strcmp(row->kind, SCIM_TOKEN_API) != 0)) {
        return scim_console_refuse(call, HTTP_NOT_FOUND, "There is no token with this id.");
    }
    err = err ? err : scim_token_end(&done, call->store, call->id, &call->who);
    err = err ? err : scim_token_get(&row, call->store, call->id, r->pool);
    if (err) {
        return err;
    }
    if (!row) {
        return scim_console_refuse(call, HTTP_NOT_FOUND, "There is no token with this id.");
    }
    if (done) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "SCIM3398: %s revoked token %s of tenant %s",
                      r->user, row->id, call->tenant->name);
    }
    return scim_console_reply(call, HTTP_OK, token_new(call, row, apr_hash_make(r->pool)));
}
