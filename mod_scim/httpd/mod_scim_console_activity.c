/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_console_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_audit.h"
#include "scim_json.h"

/* The audit trail as the tenant's admin reads it, with what to do about what failed. */

#define PAGE 50
#define PAGE_MAX 200

#define OP_CHARS 32

/* ---- what to do ---- */

/* The first line that fits counts; no type: any, status 0: any. */
static const struct advice_t {
    int status;
    const char *type; /* scimType */
    const char *text;
} advices[] = {
    {409, "uniqueness",
     "Another user or group has this value already: find it here by its name, then correct one of "
     "the two at the identity provider."},
    {400, "uniqueness",
     "Another user or group has this value already: find it here by its name, then correct one of "
     "the two at the identity provider."},
    {400, "invalidValue",
     "Correct the attribute that the message names, in the profile or in the attribute mapping of "
     "the identity provider, and push again."},
    {400, "mutability",
     "The attribute that the message names cannot be changed: take it out of the attribute mapping "
     "of the identity provider, or give it the value that it has here."},
    {400, "invalidPath",
     "The identity provider names an attribute that is not offered here: compare its attribute "
     "mapping with the list under Set-up."},
    {400, "noTarget",
     "What was to be changed is not there: push the whole profile again from the identity "
     "provider."},
    {400, "invalidFilter",
     "The identity provider looks for users in a way that is not offered here: check the unique "
     "identifier field of its settings."},
    {400, "invalidSyntax",
     "The identity provider sent something that SCIM does not allow: give the message to its "
     "support."},
    {400, "tooMany",
     "The request asks for more than this server looks through: narrow it, or ask the server's "
     "operator."},
    {400, NULL, "Read the message, correct the settings of the identity provider, and push again."},
    {401, NULL,
     "The token is unknown, revoked or expired: make a new one under Tokens and enter it at the "
     "identity provider."},
    {403, NULL,
     "A rule of this tenant forbids it: do what the message says, or ask the server's operator "
     "to change the rule."},
    {404, NULL,
     "It is not here any more: unassign it at the identity provider and assign it again, so that "
     "it "
     "is made anew."},
    {409, NULL,
     "It contradicts what is here: push the whole profile again from the identity "
     "provider."},
    {412, NULL,
     "It was changed by someone else meanwhile; the next push of the identity provider "
     "puts it right."},
    {413, NULL,
     "It is larger than this server takes: split what is pushed, or ask the server's operator."},
    {429, NULL,
     "The identity provider sent more than is allowed in so short a time; it tries again by "
     "itself."},
    {503, NULL,
     "The server could not do it at that moment; the identity provider tries again by "
     "itself."},
};

static const char *advice_for(const scim_audit_row_t *row)
{
    apr_size_t i;

    if (row->status < 400) {
        return NULL;
    }
    for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        const struct advice_t *a = &advices[i];
        if (a->status == row->status &&
            (!a->type || (row->scim_type && strcmp(a->type, row->scim_type) == 0))) {
            return a->text;
        }
    }
    return row->status >= 500 ? "The server met an error; its operator finds more in the error log."
                              : "Read the message, correct it at the identity provider, and push "
                                "again.";
}

/* ---- rows ---- */

static json_t *words_new(const char *text, apr_pool_t *p)
{
    json_t *words = json_array();
    char *rest;
    char *word = text ? apr_strtok(apr_pstrdup(p, text), " ", &rest) : NULL;

    for (; word; word = apr_strtok(NULL, " ", &rest)) {
        json_array_append_new(words, json_string(word));
    }
    return words;
}

static json_t *row_new(const scim_audit_row_t *row, apr_pool_t *p)
{
    json_t *out = json_object();

    json_object_set_new(out, "seq", json_integer(row->seq));
    json_object_set_new(out, "at", scim_console_time_new(row->at));
    json_object_set_new(out, "request", scim_console_text_new(row->request));
    json_object_set_new(out, "actor", scim_console_text_new(row->actor));
    json_object_set_new(out, "op", scim_console_text_new(row->op));
    json_object_set_new(out, "type", scim_console_text_new(row->type));
    json_object_set_new(out, "id", scim_console_text_new(row->id));
    json_object_set_new(out, "name", scim_console_text_new(row->name));
    json_object_set_new(out, "attrs", words_new(row->attrs, p));
    json_object_set_new(out, "status", json_integer(row->status));
    json_object_set_new(out, "scimType", scim_console_text_new(row->scim_type));
    json_object_set_new(out, "detail", scim_console_text_new(row->detail));
    json_object_set_new(out, "advice", scim_console_text_new(advice_for(row)));
    return out;
}

scim_error_t *scim_console_trail(json_t **rows, apr_int64_t *next, const scim_console_call_t *call,
                                 const scim_audit_filter_t *filter)
{
    apr_pool_t *p = call->r->pool;
    scim_audit_filter_t more = *filter;
    apr_array_header_t *found;
    json_t *list;
    scim_error_t *err;
    int i;

    more.limit = filter->limit + 1;
    err = scim_audit_list(&found, call->store, &more, p);
    if (err) {
        return err;
    }
    list = json_array();
    *next = 0;
    for (i = 0; i < found->nelts && i < filter->limit; i++) {
        const scim_audit_row_t *row = &APR_ARRAY_IDX(found, i, scim_audit_row_t);
        json_array_append_new(list, row_new(row, p));
        if (i == filter->limit - 1 && found->nelts > filter->limit) {
            *next = row->seq;
        }
    }
    *rows = scim_json_own(list, p);
    return NULL;
}

/* ---- GET api/activity ---- */

static scim_error_t *read_filter(scim_audit_filter_t *filter, const scim_console_call_t *call)
{
    scim_form_field_t fields[] = {{"who", NULL, NULL},
                                  {"op", NULL, NULL},
                                  {"outcome", NULL, NULL},
                                  {"before", NULL, NULL},
                                  {"count", NULL, NULL}};
    const char *outcome;
    const char *before;
    scim_error_t *err = scim_console_query(call, fields, 5);

    if (err) {
        return err;
    }
    filter->who = fields[0].value;
    filter->op = fields[1].value;
    outcome = fields[2].value;
    before = fields[3].value;
    if ((filter->who && !scim_text_is_line(filter->who, SCIM_CONSOLE_QUERY_CHARS)) ||
        (filter->op && !scim_text_is_line(filter->op, OP_CHARS))) {
        return scim_console_refuse(call, HTTP_BAD_REQUEST,
                                   "What is looked for is too long, or has control characters.");
    }
    if (outcome && strcmp(outcome, "ok") != 0 && strcmp(outcome, "failed") != 0) {
        return scim_console_refuse(call, HTTP_BAD_REQUEST, "outcome is ok or failed.");
    }
    if (before && (strlen(before) > 18 || strspn(before, "0123456789") != strlen(before))) {
        return scim_console_refuse(call, HTTP_BAD_REQUEST, "before must be a whole number.");
    }
    filter->failed = outcome ? strcmp(outcome, "failed") == 0 : -1;
    filter->before = before ? apr_atoi64(before) : 0;
    return scim_console_count(&filter->limit, call, &fields[4], PAGE, PAGE_MAX);
}

scim_error_t *scim_console_activity(scim_console_call_t *call)
{
    scim_audit_filter_t filter = {0};
    apr_int64_t next = 0;
    json_t *rows;
    json_t *out;
    scim_error_t *err = read_filter(&filter, call);

    err = err ? err : scim_console_trail(&rows, &next, call, &filter);
    if (err) {
        return err;
    }
    out = json_object();
    json_object_set(out, "rows", rows);
    json_object_set_new(out, "next", next ? json_integer(next) : json_null());
    return scim_console_reply(call, HTTP_OK, out);
}
