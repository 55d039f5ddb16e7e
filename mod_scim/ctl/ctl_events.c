/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* scimctl event: security events that wait for being delivered (docs/events.md). */
#include "ctl_print.h"
#include "ctl_tokens.h"
#include "scim_json.h"
#include "scim_outbox.h"

/* Rows of one query. */
#define PAGE 500

#define MOST 2000000000

static const ctl_column_t columns[] = {{"at", "TIME (UTC)"}, {"event", "EVENT"},
                                       {"user", "USER"},     {"refused", "REFUSED"},
                                       {"due", "NEXT TRY"},  {NULL, NULL}};

/* ---- list ---- */

/* The names that are told of the user; it may have none. */
static void set_names(json_t *out, const ctl_t *c, const scim_event_t *event, apr_pool_t *p)
{
    json_t *subject = scim_json_own(json_loads(event->subject, 0, NULL), p);
    json_t *name = json_object_get(subject, "userName");

    json_object_set(out, "userName", name ? name : json_null());
    if (c->format == CTL_TABLE) {
        json_object_set_new(out, "user", name ? json_incref(name) : json_string(event->id));
    }
}

static void print_event(ctl_list_t *list, const ctl_t *c, const scim_event_t *event)
{
    json_t *out;
    apr_pool_t *p;

    apr_pool_create(&p, c->pool);
    out = scim_json_own(json_object(), p);
    json_object_set_new(out, "at", ctl_time_new(c, event->at, p));
    json_object_set_new(out, "event", json_string(event->kind));
    json_object_set_new(out, "id", json_string(event->id));
    set_names(out, c, event, p);
    json_object_set_new(out, "refused", json_integer(event->tries));
    json_object_set_new(out, "due", event->due ? ctl_time_new(c, event->due, p) : json_null());
    json_object_set_new(out, "jti", json_string(event->jti));
    json_object_set_new(out, "request", ctl_token_text_new(event->txn));
    ctl_list_add(list, out);
    apr_pool_destroy(p);
}

/* One page. @param n how many. @param after in, out: seq of the last one */
static scim_error_t *list_page(int *n, apr_int64_t *after, ctl_t *c, ctl_list_t *list, int limit)
{
    apr_array_header_t *events;
    apr_pool_t *p;
    scim_error_t *err;

    apr_pool_create(&p, c->pool);
    err = scim_outbox_list(&events, ctl_store(c, p), *after, limit, p);
    if (err) {
        return err; /* lives in p, which ends with the run */
    }
    for (*n = 0; *n < events->nelts; ++*n) {
        const scim_event_t *event = &APR_ARRAY_IDX(events, *n, scim_event_t);
        print_event(list, c, event);
        *after = event->seq;
    }
    apr_pool_destroy(p);
    return NULL;
}

int ctl_event_list(ctl_t *c)
{
    ctl_list_t *list;
    scim_error_t *err = NULL;
    apr_int64_t after = 0;
    int left = MOST;
    int limit, n;

    if (!ctl_number(c, &left, "limit", c->opt.limit, 1, MOST)) {
        return CTL_USAGE;
    }
    list = ctl_list_begin(c, columns);
    do {
        limit = left < PAGE ? left : PAGE;
        err = list_page(&n, &after, c, list, limit);
        left -= limit;
    } while (!err && n == limit && left > 0);
    ctl_list_end(list, err ? NULL : "None waits.");
    return err ? ctl_error(c, err) : CTL_OK;
}

/* ---- drop ---- */

int ctl_event_drop(ctl_t *c)
{
    scim_error_t *err;
    apr_pool_t *p;
    int dropped = 0;
    int n;

    apr_pool_create(&p, c->pool);
    do {
        apr_pool_clear(p);
        err = scim_outbox_expire(&n, ctl_store(c, p), APR_INT64_MAX);
        dropped += n;
    } while (!err && n == SCIM_OUTBOX_EXPIRE);
    if (err) {
        return ctl_error(c, err);
    }
    ctl_say(c, "%d event%s dropped.", dropped, dropped == 1 ? " is" : "s are");
    return CTL_OK;
}
