/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "mod_scim_events_impl.h"

/* Seconds for one attempt, and bytes of an answer that are looked at. */
#define TIMEOUT 10
#define ANSWER_MAX 4096

/* Longest error code of RFC 8935 section 2.4 that is believed. */
#define CODE_MAX 64

#define MEDIA_TYPE "application/secevent+jwt"

/* The answer's error code, if it is one; what else a receiver says is not for the log. */
static const char *code_of(const scim_fetched_t *got, apr_pool_t *p)
{
    json_t *body = NULL;
    const scim_error_t *err = scim_json_load(&body, got->body, got->len, NULL, p);
    const char *code = err ? NULL : json_string_value(json_object_get(body, "err"));

    if (!code || !*code || strlen(code) > CODE_MAX ||
        strspn(code, "abcdefghijklmnopqrstuvwxyz_") != strlen(code)) {
        return NULL;
    }
    return code;
}

/* What only says something about this event, and what about all of them. */
static scim_push_result_t judge(const char **why, const scim_fetched_t *got, apr_pool_t *p)
{
    int status = got->status;
    const char *code;

    if (status >= 200 && status < 300) {
        return SCIM_PUSH_DONE;
    }
    code = code_of(got, p);
    *why = apr_psprintf(p, "it answers %d%s%s", status, code ? " " : "", code ? code : "");
    return status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 &&
                   status != 429
               ? SCIM_PUSH_REFUSED
               : SCIM_PUSH_AWAY;
}

scim_push_result_t scim_events_push(const char **why, const scim_feed_t *feed,
                                    const scim_event_t *event, scim_events_all_t *all,
                                    apr_pool_t *p)
{
    const char *claims = scim_event_claims(event, feed->tenant->events, p);
    scim_fetch_t what = {.url = feed->tenant->events->url,
                         .ca_file = feed->ca_file,
                         .timeout = TIMEOUT,
                         .max = ANSWER_MAX,
                         .cut = 1,
                         .form_type = MEDIA_TYPE,
                         .bearer = feed->token,
                         .stop = &all->stop};
    scim_fetched_t got;

    what.form = claims ? scim_jose_sign(feed->signer, "secevent+jwt", claims, p) : NULL;
    if (!what.form) {
        *why = claims ? "it cannot be signed" : "its row in scim_event has no JSON for a subject";
        return SCIM_PUSH_REFUSED;
    }
    *why = scim_fetch(&got, all->fetcher, &what, p);
    return *why ? SCIM_PUSH_AWAY : judge(why, &got, p);
}
