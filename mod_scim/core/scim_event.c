/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_event.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_life.h"
#include "scim_render.h"

typedef struct event_type_t {
    unsigned bit;
    const char *word;
    const char *uri;
} event_type_t;

static const event_type_t types[] = {
    {SCIM_EVENT_DEACTIVATE, "deactivate", "urn:ietf:params:scim:event:prov:deactivate"},
    {SCIM_EVENT_ACTIVATE, "activate", "urn:ietf:params:scim:event:prov:activate"},
    {SCIM_EVENT_DELETE, "delete", "urn:ietf:params:scim:event:prov:delete"},
    {SCIM_EVENT_SESSION, "session-revoked",
     "https://schemas.openid.net/secevent/caep/event-type/session-revoked"},
};

#define NTYPES (sizeof(types) / sizeof(types[0]))

unsigned scim_event_type(const char *word)
{
    for (apr_size_t i = 0; i < NTYPES; i++) {
        if (scim_text_ieq(types[i].word, word)) {
            return types[i].bit;
        }
    }
    return 0;
}

static const event_type_t *type_of(unsigned bit)
{
    for (apr_size_t i = 0; i < NTYPES; i++) {
        if (types[i].bit == bit) {
            return &types[i];
        }
    }
    return NULL;
}

const char *scim_event_word(unsigned type)
{
    const event_type_t *found = type_of(type);

    return found ? found->word : NULL;
}

const char *scim_event_uri(unsigned type)
{
    const event_type_t *found = type_of(type);

    return found ? found->uri : NULL;
}

unsigned scim_event_of(const json_t *old, const json_t *doc, const scim_resource_type_t *type)
{
    int turn;

    if (!scim_type_attr_at(type, SCIM_AT_ACTIVE)) {
        return 0;
    }
    if (!old || !doc) {
        return doc ? 0 : SCIM_EVENT_DELETE;
    }
    turn = scim_life_turn(old, doc, type);
    return turn < 0 ? SCIM_EVENT_DEACTIVATE : turn > 0 ? SCIM_EVENT_ACTIVATE : 0;
}

/* What ends a session. */
static int ends(unsigned type)
{
    return type == SCIM_EVENT_DEACTIVATE || type == SCIM_EVENT_DELETE;
}

int scim_event_wanted(const scim_events_t *events, unsigned type)
{
    return events &&
           ((events->types & type) || (ends(type) && (events->types & SCIM_EVENT_SESSION)));
}

/* ---- the token ---- */

static void put_attr(json_t *subject, const json_t *doc, const scim_resource_type_t *type,
                     scim_at_t at)
{
    const scim_attr_t *attr = scim_type_attr_at(type, at);
    const char *value = attr ? json_string_value(json_object_get(doc, attr->name)) : NULL;

    if (value) {
        json_object_set_new(subject, attr->name, json_string(value));
    }
}

const char *scim_event_subject(const json_t *doc, const char *id, const scim_resource_type_t *type,
                               apr_pool_t *p)
{
    json_t *subject = scim_json_own(json_object(), p);
    const char *bare;
    const char *full;
    apr_size_t len;

    json_object_set_new(subject, "format", json_string("scim"));
    json_object_set_new(subject, "uri", json_string(scim_render_location("", type, id, p)));
    bare = scim_json_dump(subject, NULL, p);
    put_attr(subject, doc, type, SCIM_AT_EXTERNAL);
    put_attr(subject, doc, type, SCIM_AT_UNIQUE);
    full = scim_json_dump(subject, &len, p);
    return len <= SCIM_EVENT_SUBJECT_MAX ? full : bare;
}

static json_t *caep_new(apr_int64_t seconds)
{
    json_t *event = json_object();

    json_object_set_new(event, "event_timestamp", json_integer(seconds));
    return event;
}

static json_t *happened_new(unsigned type, unsigned wanted, apr_int64_t seconds)
{
    json_t *happened = json_object();

    if (wanted & type) {
        json_object_set_new(happened, scim_event_uri(type), json_object());
    }
    if (ends(type) && (wanted & SCIM_EVENT_SESSION)) {
        json_object_set_new(happened, scim_event_uri(SCIM_EVENT_SESSION), caep_new(seconds));
    }
    return happened;
}

const char *scim_event_claims(const scim_event_t *event, const scim_events_t *events, apr_pool_t *p)
{
    json_t *claims = scim_json_own(json_object(), p);
    json_t *subject = json_loads(event->subject, 0, NULL);
    apr_int64_t seconds = apr_time_sec(event->at);

    if (!subject) {
        return NULL;
    }
    json_object_set_new(claims, "iss", json_string(events->issuer));
    json_object_set_new(claims, "aud", json_string(events->audience));
    json_object_set_new(claims, "iat", json_integer(seconds));
    json_object_set_new(claims, "jti", json_string(event->jti));
    if (event->txn) {
        json_object_set_new(claims, "txn", json_string(event->txn));
    }
    json_object_set_new(claims, "sub_id", subject);
    json_object_set_new(claims, "events",
                        happened_new(scim_event_type(event->kind), events->types, seconds));
    return scim_json_dump(claims, NULL, p);
}
