/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_EVENT_H
#define SCIM_EVENT_H

#include <apr_time.h>
#include <jansson.h>

#include "scim_tenant.h"

/**
 * Security events: that a user's account ended, or begins anew, told to an application as a
 * Security Event Token (RFC 8417) of SCIM's profile (RFC 9967). Here is what is told, of which
 * change, in which words; scim_outbox.h keeps it until it is delivered.
 */

/** Kinds of events, as bits. */
#define SCIM_EVENT_DEACTIVATE 1u
#define SCIM_EVENT_ACTIVATE 2u
#define SCIM_EVENT_DELETE 4u
#define SCIM_EVENT_SESSION 8u /* CAEP's session-revoked, beside or instead of the first and third */

/** What a tenant tells, and to whom (ScimEventURL and its fellows). */
typedef struct scim_events_t {
    unsigned types;       /* set of SCIM_EVENT_… */
    const char *url;      /* whom it is told */
    const char *key_file; /* what it is signed with */
    const char *kid;      /* the key's name; or NULL */
    const char *issuer;   /* claim iss */
    const char *audience; /* claim aud */
    const char *token_file; /* what the receiver asks for; or NULL */
    const char *ca_file;    /* whom to trust; or NULL: the system's */
    int days;               /* that an event is tried to be delivered */
} scim_events_t;

/** One event. Strings are NULL where nothing is known. */
typedef struct scim_event_t {
    apr_int64_t seq;     /* in the outbox: the order of the events of each user */
    const char *jti;     /* its name for the receiver; the same at every try */
    const char *kind;    /* word of a SCIM_EVENT_… */
    const char *id;      /* of the user */
    apr_time_t at;       /* whole milliseconds: when the change was made */
    const char *txn;     /* id of the request that made it; or NULL */
    const char *subject; /* claim sub_id, as JSON */
    int tries;           /* how often it was refused */
    apr_time_t due;      /* whole milliseconds: not to be tried before; 0: it was not refused */
} scim_event_t;

/** Longest subject, in bytes; names that make it longer are left out. */
#define SCIM_EVENT_SUBJECT_MAX 2000

/** The bit of a word of ScimEventTypes, in any case; 0: there is none. */
unsigned scim_event_type(const char *word);

/** The word of a bit. */
const char *scim_event_word(unsigned type);

/** The URI of a bit by which the event is known (RFC 9967 section 2.4; CAEP 1.0). */
const char *scim_event_uri(unsigned type);

/**
 * Which event a change of a resource is.
 * @param old the document before; NULL: it is created, or, without doc, not looked at
 * @param doc the document now; NULL: it is deleted
 * @return one of SCIM_EVENT_…; 0: none
 */
unsigned scim_event_of(const json_t *old, const json_t *doc, const scim_resource_type_t *type);

/** Whether a tenant tells an event of this kind. @param events or NULL: it tells nothing */
int scim_event_wanted(const scim_events_t *events, unsigned type);

/**
 * Who it is about (RFC 9967 section 2.1): the path of the resource, its externalId and userName.
 * @param doc its document; or NULL
 * @return JSON in p, at most SCIM_EVENT_SUBJECT_MAX bytes
 */
const char *scim_event_subject(const json_t *doc, const char *id, const scim_resource_type_t *type,
                               apr_pool_t *p);

/**
 * The claims of an event's token (RFC 8417 section 2.2): the same at every try, so that a receiver
 * may know it again.
 * @return JSON in p; NULL: the subject is no JSON
 */
const char *scim_event_claims(const scim_event_t *event, const scim_events_t *events,
                              apr_pool_t *p);

#endif
