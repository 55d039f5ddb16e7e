/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_schema_load_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_json.h"

/* Characters that the column of the unique key surely holds. */
#define UNIQUE_CHARS 255

/* One attribute being read. */
typedef struct reading_t {
    scim_schema_set_t *set;
    const json_t *object;
    const char *where; /* "urn:…: attribute name.familyName", for messages */
    int sub;           /* it is a sub-attribute */
} reading_t;

static const char *const type_names[] = {
    [SCIM_ATTR_STRING] = "string",       [SCIM_ATTR_BOOLEAN] = "boolean",
    [SCIM_ATTR_DECIMAL] = "decimal",     [SCIM_ATTR_INTEGER] = "integer",
    [SCIM_ATTR_DATETIME] = "dateTime",   [SCIM_ATTR_BINARY] = "binary",
    [SCIM_ATTR_REFERENCE] = "reference", [SCIM_ATTR_COMPLEX] = "complex",
    [SCIM_ATTR_COMPLEX + 1] = NULL};

static const char *const mutability_names[] = {[SCIM_READ_WRITE] = "readWrite",
                                               [SCIM_READ_ONLY] = "readOnly",
                                               [SCIM_IMMUTABLE] = "immutable",
                                               [SCIM_WRITE_ONLY] = "writeOnly",
                                               [SCIM_WRITE_ONLY + 1] = NULL};

static const char *const returned_names[] = {[SCIM_RETURNED_DEFAULT] = "default",
                                             [SCIM_RETURNED_ALWAYS] = "always",
                                             [SCIM_RETURNED_NEVER] = "never",
                                             [SCIM_RETURNED_REQUEST] = "request",
                                             [SCIM_RETURNED_REQUEST + 1] = NULL};

static const char *const uniqueness_names[] = {[SCIM_UNIQUE_NONE] = "none",
                                               [SCIM_UNIQUE_SERVER] = "server",
                                               [SCIM_UNIQUE_GLOBAL] = "global",
                                               [SCIM_UNIQUE_GLOBAL + 1] = NULL};

/* A member that is one of a few words; the first one where it is not given. */
static scim_error_t *read_word(int *out, const reading_t *r, const char *member,
                               const char *const *words)
{
    apr_pool_t *p = r->set->pool;
    const char *all = words[0];
    const char *text;
    int i;
    scim_error_t *err = scim_schema_string(&text, r->set, r->object, member, r->where);

    *out = 0;
    if (err || !text) {
        return err;
    }
    for (i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return NULL;
        }
    }
    for (i = 1; words[i]; i++) {
        all = apr_pstrcat(p, all, ", ", words[i], NULL);
    }
    return scim_schema_wrong(r->set, r->where, "%s must be one of %s", member, all);
}

/* A member that is an array of strings: NULL-terminated, or NULL where there are none. */
static scim_error_t *read_strings(const char *const **out, const reading_t *r, const char *member)
{
    const json_t *array = scim_json_get_ci(r->object, member, NULL);
    apr_size_t n = json_array_size(array);
    const char **strings;
    apr_size_t i;

    *out = NULL;
    if (!array || json_is_null(array) || (json_is_array(array) && n == 0)) {
        return NULL;
    }
    if (!json_is_array(array)) {
        return scim_schema_wrong(r->set, r->where, "%s must be an array of strings", member);
    }
    strings = apr_pcalloc(r->set->pool, (n + 1) * sizeof(*strings));
    for (i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_string(item) || json_string_length(item) == 0 ||
            json_string_length(item) > SCIM_SCHEMA_TEXT_MAX) {
            return scim_schema_wrong(r->set, r->where, "%s must be an array of strings", member);
        }
        strings[i] = apr_pstrdup(r->set->pool, json_string_value(item));
    }
    *out = strings;
    return NULL;
}

/* RFC 7643 section 2.1, and $ref of section 2.4. */
static int is_name(const char *s, int sub)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-_$";
    apr_size_t len = strlen(s);

    if (sub && strcmp(s, "$ref") == 0) {
        return 1;
    }
    return strspn(s, letters) > 0 && strspn(s, others) == len && len <= SCIM_SCHEMA_NAME_MAX;
}

static int is_common(const char *name)
{
    int n;
    const scim_attr_t *common = scim_common_attrs(&n);

    return scim_attr_find(common, n, name, strlen(name)) != NULL;
}

/* @param where of the schema or the attribute around it; set to that of the attribute itself */
static scim_error_t *read_name(scim_attr_t *attr, reading_t *r, apr_size_t at)
{
    scim_schema_set_t *set = r->set;
    const char *outer = r->where;
    scim_error_t *err;

    r->where = apr_psprintf(set->pool, "%s: %s[%" APR_SIZE_T_FMT "]", outer,
                            r->sub ? "subAttributes" : "attributes", at);
    if (!json_is_object(r->object)) {
        return scim_schema_wrong(set, r->where, "an object is expected");
    }
    err = scim_schema_string(&attr->name, set, r->object, "name", r->where);
    if (err) {
        return err;
    }
    if (!attr->name) {
        return scim_schema_wrong(set, r->where, "name is missing");
    }
    if (!is_name(attr->name, r->sub)) {
        return scim_schema_wrong(set, r->where,
                                 "name \"%s\" must begin with a letter and be at most %d of the "
                                 "characters A-Z a-z 0-9 - _ $",
                                 scim_schema_shown(set, attr->name), SCIM_SCHEMA_NAME_MAX);
    }
    r->where = apr_psprintf(set->pool, "%s%s%s", outer, r->sub ? "." : ": attribute ", attr->name);
    if (scim_text_ieq(attr->name, "not")) {
        return scim_schema_wrong(set, r->where, "the name is an operator of filters");
    }
    if (!r->sub && is_common(attr->name)) {
        return scim_schema_wrong(set, r->where,
                                 "every resource has this attribute by itself (RFC 7643 section "
                                 "3.1); leave it out");
    }
    return NULL;
}

static scim_error_t *read_characteristics(scim_attr_t *attr, const reading_t *r)
{
    int type;
    int mutability = 0;
    int returned = 0;
    int uniqueness = 0;
    scim_error_t *err = read_word(&type, r, "type", type_names);

    if (!err) {
        err = read_word(&mutability, r, "mutability", mutability_names);
    }
    if (!err) {
        err = read_word(&returned, r, "returned", returned_names);
    }
    if (!err) {
        err = read_word(&uniqueness, r, "uniqueness", uniqueness_names);
    }
    if (err) {
        return err;
    }
    attr->type = (scim_attr_type_t)type;
    attr->mutability = (scim_mutability_t)mutability;
    attr->returned = (scim_returned_t)returned;
    attr->uniqueness = (scim_uniqueness_t)uniqueness;
    err = scim_schema_boolean(&attr->multi, r->set, r->object, "multiValued", r->where);
    if (!err) {
        err = scim_schema_boolean(&attr->required, r->set, r->object, "required", r->where);
    }
    if (!err) {
        err = scim_schema_boolean(&attr->case_exact, r->set, r->object, "caseExact", r->where);
    }
    if (!err) {
        err = scim_schema_string(&attr->description, r->set, r->object, "description", r->where);
    }
    if (!err) {
        err = read_strings(&attr->canonical, r, "canonicalValues");
    }
    if (!err) {
        err = read_strings(&attr->ref_types, r, "referenceTypes");
    }
    return err;
}

/* Which of mutability, required and returned contradict each other; NULL: none. */
static const char *check_mutability(const scim_attr_t *attr)
{
    int secret = attr->mutability == SCIM_WRITE_ONLY;

    if (attr->mutability == SCIM_READ_ONLY && attr->required) {
        return "what is readOnly cannot be required: no client could give it";
    }
    if (secret && attr->returned != SCIM_RETURNED_NEVER) {
        return "what is writeOnly must be returned never";
    }
    if (!secret && attr->returned == SCIM_RETURNED_NEVER) {
        return "what is returned never must be writeOnly";
    }
    if (secret && attr->required) {
        return "what is writeOnly cannot be required: it is accepted and not kept";
    }
    return NULL;
}

/* What can be held to be unique; which attribute may be so, see scim_schema_link.c. */
static const char *check_uniqueness(const scim_attr_t *attr, int sub)
{
    int text = attr->type == SCIM_ATTR_STRING || attr->type == SCIM_ATTR_REFERENCE;

    if (attr->uniqueness == SCIM_UNIQUE_NONE) {
        return NULL;
    }
    if (sub || attr->multi || !text) {
        return "only a single-valued string or reference that is no sub-attribute can be unique; "
               "uniqueness must be none";
    }
    return attr->required ? NULL : "what is unique must be required too";
}

static scim_error_t *check_combination(const scim_attr_t *attr, const reading_t *r)
{
    const char *wrong = check_mutability(attr);

    if (!wrong) {
        wrong = check_uniqueness(attr, r->sub);
    }
    if (!wrong && attr->ref_types && attr->type != SCIM_ATTR_REFERENCE) {
        wrong = "referenceTypes belong to the type reference only";
    }
    return wrong ? scim_schema_wrong(r->set, r->where, "%s", wrong) : NULL;
}

static scim_error_t *read_attrs(const scim_attr_t **out, int *n, scim_schema_set_t *set,
                                const json_t *array, const char *where, int sub);

static scim_error_t *read_subs(scim_attr_t *attr, const reading_t *r)
{
    const json_t *subs = scim_json_get_ci(r->object, "subAttributes", NULL);
    int any = subs && !json_is_null(subs) && !(json_is_array(subs) && json_array_size(subs) == 0);

    if (attr->type != SCIM_ATTR_COMPLEX) {
        return any ? scim_schema_wrong(r->set, r->where, "only the type complex has subAttributes")
                   : NULL;
    }
    if (r->sub) {
        return scim_schema_wrong(r->set, r->where,
                                 "a sub-attribute cannot be complex (RFC 7643 section 2.3.8)");
    }
    if (!any) {
        return scim_schema_wrong(r->set, r->where, "the type complex needs subAttributes");
    }
    return read_attrs(&attr->subs, &attr->nsubs, r->set, subs, r->where, 1);
}

static scim_error_t *read_attr(scim_attr_t *attr, reading_t *r, apr_size_t at)
{
    scim_error_t *err = read_name(attr, r, at);

    if (!err) {
        err = read_characteristics(attr, r);
    }
    if (!err) {
        err = check_combination(attr, r);
    }
    if (!err) {
        err = read_subs(attr, r);
    }
    if (attr->uniqueness != SCIM_UNIQUE_NONE) {
        attr->at = SCIM_AT_UNIQUE;
        attr->max_chars = UNIQUE_CHARS;
    }
    return err;
}

static scim_error_t *read_attrs(const scim_attr_t **out, int *n, scim_schema_set_t *set,
                                const json_t *array, const char *where, int sub)
{
    const char *member = sub ? "subAttributes" : "attributes";
    apr_size_t max = sub ? SCIM_SCHEMA_SUBS_MAX : SCIM_SCHEMA_ATTRS_MAX;
    apr_size_t size = json_array_size(array);
    apr_hash_t *seen = apr_hash_make(set->pool);
    scim_error_t *err = NULL;
    scim_attr_t *attrs;
    apr_size_t i;

    if (!json_is_array(array) || size == 0) {
        return scim_schema_wrong(set, where, "%s must be an array of objects", member);
    }
    set->total += (int)(size > max ? 0 : size);
    if (size > max || set->total > SCIM_SCHEMA_TOTAL_MAX) {
        return scim_schema_wrong(set, where,
                                 "there are too many %s: at most %" APR_SIZE_T_FMT
                                 " are allowed here, and %d in all schemas",
                                 member, max, SCIM_SCHEMA_TOTAL_MAX);
    }
    attrs = apr_pcalloc(set->pool, size * sizeof(*attrs));
    for (i = 0; i < size && !err; i++) {
        reading_t r = {set, json_array_get(array, i), where, sub};
        const char *key;
        err = read_attr(&attrs[i], &r, i);
        key = err ? NULL : scim_schema_lower(set, attrs[i].name);
        if (key && apr_hash_get(seen, key, APR_HASH_KEY_STRING)) {
            err = scim_schema_wrong(set, r.where,
                                    "the name is given twice (names are compared "
                                    "without case)");
        } else if (key) {
            apr_hash_set(seen, key, APR_HASH_KEY_STRING, key);
        }
    }
    if (!err) {
        *out = attrs;
        *n = (int)size;
    }
    return err;
}

scim_error_t *scim_schema_attrs(const scim_attr_t **out, int *n, scim_schema_set_t *set,
                                const json_t *array, const char *where)
{
    return read_attrs(out, n, set, array, where, 0);
}
