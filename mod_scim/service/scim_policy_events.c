/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_policy_events.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_event.h"

#define TEXT_MAX 1024
#define KID_MAX 255
#define DAYS_DEFAULT 7
#define DAYS_MAX 365

static scim_events_t *events_of(scim_policy_build_t *build, apr_pool_t *p)
{
    if (!build->events) {
        build->events = apr_pcalloc(p, sizeof(*build->events));
        build->events->types = SCIM_EVENT_DEACTIVATE | SCIM_EVENT_ACTIVATE | SCIM_EVENT_DELETE;
        build->events->days = DAYS_DEFAULT;
    }
    return build->events;
}

/* Keep a value of one line. */
static const char *keep(const char **out, const char *value)
{
    *out = value;
    return scim_text_is_line(value, TEXT_MAX)
               ? NULL
               : "the value must be one line of 1 to 1024 characters in UTF-8";
}

const char *scim_policy_add_event_url(scim_policy_build_t *build, int argc, const char *const *argv,
                                      apr_pool_t *p)
{
    (void)argc;
    build->events_off = scim_text_ieq(argv[0], "Off");
    if (build->events_off) {
        return NULL;
    }
    return keep(&events_of(build, p)->url, argv[0]);
}

const char *scim_policy_add_event_key(scim_policy_build_t *build, int argc, const char *const *argv,
                                      apr_pool_t *p)
{
    scim_events_t *events = events_of(build, p);

    events->kid = argc > 1 ? argv[1] : NULL;
    if (events->kid && !scim_text_is_line(events->kid, KID_MAX)) {
        return "a key's name must have 1 to 255 characters in UTF-8";
    }
    return keep(&events->key_file, argv[0]);
}

const char *scim_policy_add_event_issuer(scim_policy_build_t *build, int argc,
                                         const char *const *argv, apr_pool_t *p)
{
    (void)argc;
    return keep(&events_of(build, p)->issuer, argv[0]);
}

const char *scim_policy_add_event_audience(scim_policy_build_t *build, int argc,
                                           const char *const *argv, apr_pool_t *p)
{
    (void)argc;
    return keep(&events_of(build, p)->audience, argv[0]);
}

const char *scim_policy_add_event_types(scim_policy_build_t *build, int argc,
                                        const char *const *argv, apr_pool_t *p)
{
    scim_events_t *events = events_of(build, p);
    unsigned types = 0;
    int i;

    for (i = 0; i < argc; i++) {
        unsigned type = scim_event_type(argv[i]);
        if (!type) {
            return "each word must be deactivate, activate, delete or session-revoked";
        }
        types |= type;
    }
    events->types = types;
    return NULL;
}

const char *scim_policy_add_event_token(scim_policy_build_t *build, int argc,
                                        const char *const *argv, apr_pool_t *p)
{
    (void)argc;
    return keep(&events_of(build, p)->token_file, argv[0]);
}

const char *scim_policy_add_event_ca(scim_policy_build_t *build, int argc, const char *const *argv,
                                     apr_pool_t *p)
{
    (void)argc;
    return keep(&events_of(build, p)->ca_file, argv[0]);
}

const char *scim_policy_add_event_keep(scim_policy_build_t *build, int argc,
                                       const char *const *argv, apr_pool_t *p)
{
    apr_size_t len = strspn(argv[0], "0123456789");
    apr_int64_t days = len && len <= 3 && !argv[0][len] ? apr_atoi64(argv[0]) : 0;

    (void)argc;
    events_of(build, p)->days = (int)days;
    return days < 1 || days > DAYS_MAX ? "it must be a whole number of days from 1 to 365" : NULL;
}

const char *scim_policy_finish_events(scim_policy_build_t *build)
{
    scim_events_t *events = build->events;

    if (!events || build->events_off) {
        return NULL;
    }
    if (!events->url) {
        return "ScimEventURL is missing, so the other ScimEvent directives mean nothing; where "
               "that is meant, set ScimEventURL Off";
    }
    if (!events->key_file) {
        return "ScimEventKeyFile is missing: a receiver must be able to tell whose an event is";
    }
    if (!events->issuer) {
        return "ScimEventIssuer is missing: events must say who tells them";
    }
    events->audience = events->audience ? events->audience : events->url;
    build->tenant->events = events;
    return NULL;
}
