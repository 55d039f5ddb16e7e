/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "scim_bulk_impl.h"

/* Takes out of a body what can only be added when another resource is there. */
typedef struct split_t {
    scim_bulk_plan_t *plan;
    apr_hash_t *late; /* set of json_t *: strings that must wait */
} split_t;

static int is_other(void *baton, json_t *string)
{
    const split_t *s = baton;

    return apr_hash_get(s->late, &string, sizeof(string)) == NULL;
}

static int must_wait(split_t *s, json_t *value)
{
    return !scim_bulk_each_string(s->plan, value, is_other, s);
}

/* The elements that must wait, which leave the array. Returns a new reference. */
static json_t *elements_new(split_t *s, json_t *array, json_t *kept)
{
    json_t *rest = json_array();
    json_t *element;
    size_t i;

    json_array_foreach(array, i, element)
    {
        json_array_append(must_wait(s, element) ? rest : kept, element);
    }
    return rest;
}

/* Of a multi-valued attribute only some elements must wait, any other waits as a whole. */
static void move_attr(split_t *s, json_t *from, json_t *to, const char *key, json_t *value)
{
    json_t *kept;

    if (!json_is_array(value)) {
        json_object_set(to, key, value);
        json_object_del(from, key);
        return;
    }
    kept = json_array();
    json_object_set_new(to, key, elements_new(s, value, kept));
    if (json_array_size(kept) > 0) {
        json_object_set_new(from, key, kept);
    } else {
        json_decref(kept);
        json_object_del(from, key);
    }
}

static void split_attrs(split_t *s, json_t *from, json_t *to)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(from, next, key, value)
    {
        if (must_wait(s, value)) {
            move_attr(s, from, to, key, value);
        }
    }
}

/* An extension's object is split like the resource's own; a complex attribute's name has no URN. */
static void split_data(split_t *s, json_t *from, json_t *to)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(from, next, key, value)
    {
        if (!must_wait(s, value)) {
            continue;
        }
        if (json_is_object(value) && scim_text_ieqn(key, 4, "urn:")) {
            json_t *inner = json_object();

            json_object_set_new(to, key, inner);
            split_attrs(s, value, inner);
        } else {
            move_attr(s, from, to, key, value);
        }
    }
}

void scim_bulk_split(scim_bulk_plan_t *plan, int op)
{
    split_t s = {plan, NULL};

    for (int i = plan->first[op]; i < plan->first[op + 1]; i++) {
        const scim_bulk_ref_t *ref = &APR_ARRAY_IDX(plan->refs, i, scim_bulk_ref_t);

        if (ref->rest) {
            s.late = s.late ? s.late : apr_hash_make(plan->pool);
            apr_hash_set(s.late, &ref->at, sizeof(ref->at), ref);
        }
    }
    if (s.late) {
        plan->ops[op].rest = scim_json_own(json_object(), plan->pool);
        split_data(&s, plan->ops[op].data, plan->ops[op].rest);
    }
}
