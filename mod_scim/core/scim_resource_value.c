/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

#include "scim_resource_value.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_time.h"

int scim_value_nothing(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        return 1;
    case JSON_STRING:
        return json_string_length(value) == 0;
    case JSON_ARRAY:
        return json_array_size(value) == 0;
    case JSON_OBJECT:
        return json_object_size(value) == 0;
    default:
        return 0;
    }
}

void scim_value_put(json_t *to, const char *key, json_t *fresh, apr_pool_t *p)
{
    int failed = key ? json_object_set_new(to, key, fresh) : json_array_append_new(to, fresh);

    if (failed) {
        /* Keys and values are valid, so memory has ended: what owning nothing stands for. */
        scim_json_own(NULL, p);
    }
}

void scim_value_compact(json_t *array)
{
    apr_size_t kept = 0;

    for (apr_size_t i = 0; i < json_array_size(array); i++) {
        json_t *element = json_array_get(array, i);

        if (!scim_value_nothing(element)) {
            if (kept != i) {
                json_array_set(array, kept, element);
            }
            kept++;
        }
    }
    while (json_array_size(array) > kept) {
        json_array_remove(array, json_array_size(array) - 1);
    }
}

const char *scim_value_label(const scim_attr_t *attr, const scim_attr_t *parent, apr_pool_t *p)
{
    return parent ? apr_pstrcat(p, parent->name, ".", attr->name, NULL) : attr->name;
}

scim_error_t *scim_value_twice(const scim_attr_t *attr, const scim_attr_t *parent, apr_pool_t *p)
{
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_SYNTAX, "%s is given more than once.",
                           scim_value_label(attr, parent, p));
}

static scim_error_t *type_error(const scim_place_t *place, scim_decode_t *d)
{
    static const char *const what[] = {
        [SCIM_ATTR_STRING] = "a string",
        [SCIM_ATTR_BOOLEAN] = "true or false",
        [SCIM_ATTR_DECIMAL] = "a number",
        [SCIM_ATTR_INTEGER] = "an integer",
        [SCIM_ATTR_DATETIME] = "a date and time such as 2026-01-31T12:00:00Z",
        [SCIM_ATTR_BINARY] = "a string in base64",
        [SCIM_ATTR_REFERENCE] = "a string with a URI",
        [SCIM_ATTR_COMPLEX] = "an object",
    };

    return scim_error_make(d->pool, 400, SCIM_TYPE_INVALID_VALUE, "%s must be %s.",
                           scim_value_label(place->attr, place->parent, d->pool),
                           what[place->attr->type]);
}

/* RFC 4648 section 4; RFC 7643 section 2.3.6 lets the padding be left out. */
static int is_base64(const char *s)
{
    apr_size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    apr_size_t pad = strspn(s + n, "=");

    if (s[n + pad] || n % 4 == 1) {
        return 0;
    }
    return pad == 0 || (pad <= 2 && (n + pad) % 4 == 0);
}

static json_t *boolean_new(const json_t *value)
{
    const char *text = json_string_value(value);

    if (json_is_boolean(value)) {
        return json_boolean(json_is_true(value));
    }
    if (text && (scim_text_ieq(text, "true") || scim_text_ieq(text, "false"))) {
        return json_boolean(scim_text_ieq(text, "true"));
    }
    return NULL;
}

/* A number, or a string that holds one: JSON's own grammar decides, no locale. */
static const json_t *read_number(const json_t *value, scim_decode_t *d)
{
    const char *text = json_string_value(value);
    json_t *parsed;

    if (!text || text[strspn(text, "0123456789+-.eE")] ||
        scim_json_load(&parsed, text, json_string_length(value), NULL, d->pool)) {
        return value;
    }
    return parsed;
}

static json_t *number_new(const json_t *value, scim_attr_type_t type, scim_decode_t *d)
{
    const json_t *number = read_number(value, d);

    if (json_is_integer(number) || (type == SCIM_ATTR_DECIMAL && json_is_real(number))) {
        return json_deep_copy(number);
    }
    return NULL;
}

static json_t *text_new(const json_t *value, scim_attr_type_t type)
{
    const char *text = json_string_value(value);
    apr_time_t ignored;

    if (!text) {
        return NULL;
    }
    if (type == SCIM_ATTR_DATETIME && !scim_time_parse(&ignored, text)) {
        return NULL;
    }
    if (type == SCIM_ATTR_BINARY && !is_base64(text)) {
        return NULL;
    }
    return json_deep_copy(value);
}

static int is_canonical(const scim_attr_t *attr, const json_t *value)
{
    const char *text = json_string_value(value);

    for (const char *const *one = attr->canonical; text && *one; one++) {
        if (attr->case_exact ? strcmp(text, *one) == 0 : scim_text_ieq(text, *one)) {
            return 1;
        }
    }
    return 0;
}

scim_error_t *scim_value_canonical(const json_t *value, const scim_attr_t *attr,
                                   const scim_attr_t *parent, apr_pool_t *p)
{
    scim_buf_t *names;

    if (!attr->canonical || !json_is_string(value) || is_canonical(attr, value)) {
        return NULL;
    }
    names = scim_buf_make(0, p);
    for (const char *const *one = attr->canonical; *one; one++) {
        scim_buf_puts(names, one == attr->canonical ? "" : one[1] ? ", " : " or ");
        scim_buf_puts(names, *one);
    }
    return scim_error_make(p, 400, SCIM_TYPE_INVALID_VALUE, "%s must be %s.",
                           scim_value_label(attr, parent, p), names->data);
}

static scim_error_t *decode_simple(const scim_place_t *place, const json_t *value, scim_decode_t *d)
{
    const scim_attr_t *attr = place->attr;
    json_t *fresh;

    switch (attr->type) {
    case SCIM_ATTR_BOOLEAN:
        fresh = boolean_new(value);
        break;
    case SCIM_ATTR_DECIMAL:
    case SCIM_ATTR_INTEGER:
        fresh = number_new(value, attr->type, d);
        break;
    default:
        fresh = text_new(value, attr->type);
        break;
    }
    if (!fresh) {
        return type_error(place, d);
    }
    scim_value_put(place->to, json_is_object(place->to) ? attr->name : NULL, fresh, d->pool);
    if (attr->max_chars && json_is_string(fresh) &&
        scim_text_chars(json_string_value(fresh)) > attr->max_chars) {
        return scim_error_make(d->pool, 400, SCIM_TYPE_INVALID_VALUE,
                               "%s must not be longer than %" APR_SIZE_T_FMT " characters.",
                               scim_value_label(attr, place->parent, d->pool), attr->max_chars);
    }
    return d->tenant->reject_other_values && !(attr->ruled & SCIM_RULED_VALUES)
               ? scim_value_canonical(fresh, attr, place->parent, d->pool)
               : NULL;
}

/* Puts an empty container into its place. */
static json_t *open_container(const scim_place_t *place, json_t *fresh, scim_decode_t *d)
{
    scim_value_put(place->to, json_is_object(place->to) ? place->attr->name : NULL, fresh, d->pool);
    return fresh;
}

/* Takes a container that was put last away again if it is still empty. */
static void close_container(const scim_place_t *place, const json_t *container)
{
    if (!scim_value_nothing(container)) {
        return;
    }
    if (json_is_object(place->to)) {
        json_object_del(place->to, place->attr->name);
    } else {
        json_array_remove(place->to, json_array_size(place->to) - 1);
    }
}

/* Finds each sub-attribute's value, by its index in the schema. */
static scim_error_t *find_subs(json_t **found, const json_t *object, const scim_attr_t *attr,
                               scim_decode_t *d)
{
    json_t *walk = scim_json_walk(object);
    scim_error_t *err;
    const char *key;
    json_t *value;

    json_object_foreach(walk, key, value)
    {
        const scim_attr_t *sub = scim_attr_sub(attr, key);

        if (!sub) {
            err = scim_value_unknown_sub(d, attr, key, value);
            if (err) {
                return err;
            }
        } else if (found[sub - attr->subs]) {
            return scim_value_twice(sub, attr, d->pool);
        } else {
            found[sub - attr->subs] = value;
        }
    }
    return NULL;
}

static scim_error_t *decode_subs(json_t *to, const json_t *object, const scim_attr_t *attr,
                                 scim_decode_t *d)
{
    json_t **found = apr_pcalloc(d->pool, sizeof(*found) * (apr_size_t)attr->nsubs);
    scim_error_t *err = find_subs(found, object, attr, d);

    for (int i = 0; !err && i < attr->nsubs; i++) {
        scim_place_t place = {to, &attr->subs[i], attr};
        scim_mutability_t mutability = place.attr->mutability;

        if (found[i] && mutability != SCIM_READ_ONLY && mutability != SCIM_WRITE_ONLY) {
            err = scim_value_decode(&place, found[i], 1, d);
        }
    }
    return err;
}

/* Entra sends a manager as an array of one; a bare string stands for {"value": string}. */
static scim_error_t *decode_complex(const scim_place_t *place, const json_t *value,
                                    scim_decode_t *d)
{
    const scim_attr_t *attr = place->attr;
    const scim_attr_t *main_sub = scim_attr_sub(attr, "value");
    scim_error_t *err;
    json_t *object;

    if (json_is_array(value) && json_array_size(value) == 1 && !attr->multi) {
        value = json_array_get(value, 0);
    }
    if (!json_is_object(value) && !(json_is_string(value) && main_sub)) {
        return type_error(place, d);
    }
    object = open_container(place, json_object(), d);
    if (json_is_object(value)) {
        err = decode_subs(object, value, attr, d);
    } else {
        scim_place_t inner = {object, main_sub, attr};

        err = scim_value_decode(&inner, value, 0, d);
    }
    if (err) {
        return err;
    }
    if (attr->at == SCIM_AT_MEMBERS && !json_object_get(object, main_sub->name)) {
        return scim_error_make(d->pool, 400, SCIM_TYPE_INVALID_VALUE, "%s is required.",
                               scim_value_label(main_sub, attr, d->pool));
    }
    close_container(place, object);
    return NULL;
}

static scim_error_t *decode_one(const scim_place_t *place, const json_t *value, scim_decode_t *d)
{
    if (scim_value_nothing(value)) {
        return NULL;
    }
    if (place->attr->type == SCIM_ATTR_COMPLEX) {
        return decode_complex(place, value, d);
    }
    return decode_simple(place, value, d);
}

static scim_error_t *decode_array(const scim_place_t *place, const json_t *value, scim_decode_t *d)
{
    scim_place_t inner = {NULL, place->attr, place->parent};
    scim_error_t *err = NULL;

    inner.to = open_container(place, json_array(), d);
    if (!json_is_array(value)) {
        err = decode_one(&inner, value, d);
    }
    for (apr_size_t i = 0; !err && i < json_array_size(value); i++) {
        err = decode_one(&inner, json_array_get(value, i), d);
    }
    if (!err) {
        close_container(place, inner.to);
    }
    return err;
}

scim_error_t *scim_value_decode(const scim_place_t *place, const json_t *value, int multi_ok,
                                scim_decode_t *d)
{
    if (scim_value_nothing(value)) {
        return NULL;
    }
    if (place->attr->multi && multi_ok) {
        return decode_array(place, value, d);
    }
    return decode_one(place, value, d);
}

scim_error_t *scim_resource_value_new(json_t **out, const json_t *value, const scim_attr_t *attr,
                                      int multi_ok, const scim_tenant_t *tenant, apr_pool_t *p)
{
    scim_decode_t d = {.tenant = tenant, .pool = p};
    scim_place_t place = {scim_json_own(json_array(), p), attr, NULL};
    scim_error_t *err = scim_value_decode(&place, value, multi_ok, &d);

    if (err) {
        return err;
    }
    *out = json_incref(json_array_get(place.to, 0));
    return NULL;
}
