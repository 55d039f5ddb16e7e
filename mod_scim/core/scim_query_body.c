/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <apr_strings.h>

#include "scim_json.h"
#include "scim_query_impl.h"
#include "scim_text.h"

/* A SearchRequest message (RFC 7644 section 3.4.3): the same parameters as a query string's. */

typedef enum kind_t { TEXT, NUMBER, LIST, URNS } kind_t;

static scim_error_t *wrong_type(const char *name, const char *wanted, apr_pool_t *p)
{
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "%s must be %s.", name, wanted);
}

/* Names as a query string has them, between commas. */
static scim_error_t *read_list(const char **out, const char *name, const json_t *value,
                               apr_pool_t *p)
{
    scim_buf_t *text;
    size_t i;

    if (json_is_string(value)) {
        *out = json_string_value(value);
        return NULL;
    }
    if (!json_is_array(value)) {
        return wrong_type(name, "an array of strings", p);
    }
    text = scim_buf_make(0, p);
    for (i = 0; i < json_array_size(value); i++) {
        const char *item = json_string_value(json_array_get(value, i));

        if (!item) {
            return wrong_type(name, "an array of strings", p);
        }
        scim_buf_puts(text, i ? "," : "");
        scim_buf_puts(text, item);
    }
    *out = text->data;
    return NULL;
}

static scim_error_t *check_schemas(const char **out, const json_t *value, apr_pool_t *p)
{
    size_t i;

    for (i = 0; i < json_array_size(value); i++) {
        const char *urn = json_string_value(json_array_get(value, i));

        if (urn && scim_text_ieq(urn, SCIM_URN_SEARCH)) {
            *out = urn;
            return NULL;
        }
    }
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                           "schemas must contain " SCIM_URN_SEARCH ".");
}

static scim_error_t *read_member(const char **out, kind_t kind, const char *name,
                                 const json_t *value, apr_pool_t *p)
{
    switch (kind) {
    case URNS:
        return check_schemas(out, value, p);
    case LIST:
        return read_list(out, name, value, p);
    case NUMBER:
        if (!json_is_integer(value)) {
            return wrong_type(name, "an integer", p);
        }
        *out = apr_psprintf(p, "%" APR_INT64_T_FMT, (apr_int64_t)json_integer_value(value));
        return NULL;
    default:
        *out = json_string_value(value);
        return *out ? NULL : wrong_type(name, "a string", p);
    }
}

scim_error_t *scim_query_body(scim_query_t *out, const json_t *body, const scim_tenant_t *tenant,
                              apr_pool_t *p)
{
    scim_query_raw_t raw = {0};
    const char *schemas = NULL;
    const struct {
        const char *name;
        kind_t kind;
        const char **slot;
    } members[] = {
        {"schemas", URNS, &schemas},
        {"attributes", LIST, &raw.attributes},
        {"excludedAttributes", LIST, &raw.excluded},
        {"filter", TEXT, &raw.filter},
        {"sortBy", TEXT, &raw.sort_by},
        {"sortOrder", TEXT, &raw.sort_order},
        {"startIndex", NUMBER, &raw.start_index},
        {"count", NUMBER, &raw.count},
        {"cursor", TEXT, &raw.cursor},
    };
    const char *key;
    json_t *value;
    size_t i;

    if (!json_is_object(body)) {
        return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "The body must be a JSON object.");
    }
    json_object_foreach(scim_json_walk(body), key, value)
    {
        for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
            scim_error_t *err;

            if (!scim_text_ieq(key, members[i].name) || json_is_null(value)) {
                continue;
            }
            if (*members[i].slot) {
                return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX,
                                       "%s is given more than once.", members[i].name);
            }
            err = read_member(members[i].slot, members[i].kind, members[i].name, value, p);
            if (err) {
                return err;
            }
        }
    }
    return schemas ? scim_query_finish(out, &raw, tenant, p) : check_schemas(&schemas, NULL, p);
}
