/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_path.h"
#include "scim_resource_value.h"

/*
 * Names in a body that lead nowhere: no schema has them, or the tenant does not offer what they
 * name.
 */

#define SHOWN_BYTES 128   /* of a client's own name, in a detail or a log line */
#define NOTED_NAMES 32    /* names that one list has */
#define REFUSED_BYTES 300 /* of names in one detail */

/* A client's name in bounded length, cut between characters. */
static const char *show_name(const char *parent, const char *name, apr_pool_t *p)
{
    apr_size_t len = strlen(name);

    if (len > SHOWN_BYTES) {
        len = SHOWN_BYTES;
        while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    name = apr_pstrmemdup(p, name, len);
    return parent ? apr_pstrcat(p, parent, ".", name, NULL) : name;
}

/* Puts a name on a list, once. */
static void note(scim_names_t *names, const char *shown, const char *between, apr_pool_t *p)
{
    if (!names->seen) {
        names->seen = apr_hash_make(p);
        names->list = scim_buf_make(0, p);
    }
    if (apr_hash_count(names->seen) >= NOTED_NAMES ||
        apr_hash_get(names->seen, shown, APR_HASH_KEY_STRING)) {
        return;
    }
    scim_buf_puts(names->list, apr_hash_count(names->seen) ? between : "");
    scim_buf_puts(names->list, shown);
    apr_hash_set(names->seen, shown, APR_HASH_KEY_STRING, shown);
}

static scim_error_t *take_undefined(scim_decode_t *d, const char *shown)
{
    if (d->tenant->reject_unknown_attrs) {
        return scim_error_make(d->pool, 400, SCIM_TYPE_INVALID_SYNTAX,
                               "The attribute %s is not defined.", shown);
    }
    note(&d->ignored, shown, ",", d->pool);
    return NULL;
}

/* @param value what is given for it; NULL: nothing */
static scim_error_t *take_other(scim_decode_t *d, const char *shown, const json_t *value)
{
    switch (d->type ? scim_rules_other_of(d->type) : SCIM_OTHER_UNDEFINED) {
    case SCIM_OTHER_REJECT:
        if (value && !scim_value_nothing(value)) {
            if (!d->refused.list || d->refused.list->len < REFUSED_BYTES) {
                note(&d->refused, shown, ", ", d->pool);
            }
            return NULL;
        }
        note(&d->ignored, shown, ",", d->pool);
        return NULL;
    case SCIM_OTHER_IGNORE:
        note(&d->ignored, shown, ",", d->pool);
        return NULL;
    case SCIM_OTHER_UNDEFINED:
    default:
        return take_undefined(d, shown);
    }
}

/* Whether one of a list of attributes has the name before the first dot or bracket, but is hidden.
 */
static int is_hidden(const scim_attr_t *attrs, int nattrs, const char *name)
{
    apr_size_t len = strcspn(name, ".[");

    for (int i = 0; i < nattrs; i++) {
        if (attrs[i].hidden && scim_text_ieqn(name, len, attrs[i].name)) {
            return 1;
        }
    }
    return 0;
}

/* Whether a name leads somewhere in the type as it was before a list of what is offered. */
static int is_other(const char *name, const scim_decode_t *d)
{
    const scim_resource_type_t *whole = d->type ? scim_rules_whole(d->type) : NULL;
    scim_path_t path;

    return whole && whole != d->type &&
           (scim_type_schema(whole, name, strlen(name)) ||
            !scim_path_parse(&path, name, whole, SCIM_TYPE_INVALID_PATH, 1, d->pool));
}

scim_error_t *scim_value_unknown(scim_decode_t *d, const char *name, const json_t *value)
{
    const char *shown = show_name(NULL, name, d->pool);

    return is_other(name, d) ? take_other(d, shown, value) : take_undefined(d, shown);
}

scim_error_t *scim_value_unknown_in(scim_decode_t *d, const scim_schema_t *schema, const char *name,
                                    const json_t *value)
{
    const char *shown = show_name(schema->name, name, d->pool);

    return is_hidden(schema->attrs, schema->nattrs, name) ? take_other(d, shown, value)
                                                          : take_undefined(d, shown);
}

scim_error_t *scim_value_unknown_sub(scim_decode_t *d, const scim_attr_t *attr, const char *name,
                                     const json_t *value)
{
    const char *shown = show_name(attr->name, name, d->pool);

    return is_hidden(attr->subs, attr->nsubs, name) ? take_other(d, shown, value)
                                                    : take_undefined(d, shown);
}

scim_error_t *scim_value_unknown_path(int *taken, scim_decode_t *d, const char *path,
                                      const json_t *value)
{
    *taken = is_other(path, d) && scim_rules_other_of(d->type) != SCIM_OTHER_UNDEFINED;
    return *taken ? take_other(d, show_name(NULL, path, d->pool), value) : NULL;
}

scim_error_t *scim_value_refused(const scim_decode_t *d)
{
    if (!d->refused.list) {
        return NULL;
    }
    return scim_error_make(d->pool, 400, SCIM_TYPE_INVALID_VALUE,
                           "Not accepted here: %s. Take it out of the attribute mappings.",
                           d->refused.list->data);
}

const char *scim_value_ignored(const scim_decode_t *d)
{
    return d->ignored.list ? d->ignored.list->data : NULL;
}
