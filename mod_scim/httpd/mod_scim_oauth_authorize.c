/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_oauth_impl.h"

#include <string.h>

#include <apr_strings.h>

#include "mod_scim_audit.h"
#include "mod_scim_seal.h"
#include "scim_form.h"
#include "scim_text.h"

/* The authorization endpoint (RFC 6749 section 3.1) and the page on which its user agrees. */

/* So long, in seconds, a page may stay open. */
#define PAGE_LIFE 900

#define KEY_NAME "consent"
#define USER_CHARS_MAX 255

/* Parameters, in the order of names[]. */
enum { RESPONSE_TYPE, CLIENT_ID, REDIRECT_URI, STATE, SCOPE, CHALLENGE, METHOD, PARAMETERS };

/* A request, as far as it is known to be good. */
typedef struct asking_t {
    scim_oauth_call_t *call;
    scim_form_field_t fields[PARAMETERS];
    const char *redirect; /* where the answer goes; one of the client's */
} asking_t;

static scim_oauth_error_t *refuse(const asking_t *asking, const char *detail)
{
    return scim_oauth_fail(asking->call, HTTP_BAD_REQUEST, "invalid_request", detail);
}

/* ---- who and for whom: until that is certain nobody is sent anywhere ---- */

static scim_oauth_error_t *check_user(const scim_oauth_call_t *call)
{
    const char *user = call->r->user;

    if (!user || !*user) {
        return scim_oauth_from(
            call,
            scim_error_internal(call->r->pool, HTTP_INTERNAL_SERVER_ERROR, "SCIM3263",
                                "nobody is signed in: set AuthType and Require for the path of "
                                "ScimOAuth with /authorize behind it",
                                "This page needs a sign-in, which is not set up here."));
    }
    if (!scim_text_utf8(user, strlen(user)) || scim_text_chars(user) > USER_CHARS_MAX) {
        return scim_oauth_fail(call, HTTP_FORBIDDEN, "access_denied",
                               "Your user name cannot be used here.");
    }
    return NULL;
}

/* Exactly one of the client's (RFC 9700 section 2.1); of a single one it need not be said. */
static const char *find_redirect(const scim_client_t *client, const char *asked)
{
    int i;

    if (!asked) {
        return client->nredirects == 1 ? client->redirects[0] : NULL;
    }
    for (i = 0; i < client->nredirects; i++) {
        if (strcmp(client->redirects[i], asked) == 0) {
            return client->redirects[i];
        }
    }
    return NULL;
}

static scim_oauth_error_t *read_request(asking_t *asking)
{
    static const char *const names[] = {
        "response_type", "client_id",      "redirect_uri",         "state",
        "scope",         "code_challenge", "code_challenge_method"};
    scim_oauth_call_t *call = asking->call;
    const char *args = call->r->args ? call->r->args : "";
    scim_error_t *err;
    int i;

    for (i = 0; i < PARAMETERS; i++) {
        asking->fields[i].name = names[i];
    }
    err = scim_form_read(asking->fields, PARAMETERS, args, strlen(args), call->r->pool);
    return scim_oauth_from(call, err);
}

static scim_oauth_error_t *find_client(asking_t *asking)
{
    scim_oauth_call_t *call = asking->call;
    const char *id = asking->fields[CLIENT_ID].value;
    scim_client_t *client = NULL;
    scim_error_t *err;

    if (!(scim_oauth_grants(call->conf) & SCIM_OAUTH_GRANT_CODE)) {
        return refuse(asking, "Access is not given by this page here.");
    }
    if (!id) {
        return refuse(asking, "The request does not say which application it is from (client_id).");
    }
    err = scim_client_find(&client, call->store, id, call->r->pool);
    if (err) {
        return scim_oauth_from(call, err);
    }
    if (!client) {
        return refuse(asking, "No application with this client_id is registered here.");
    }
    asking->redirect = find_redirect(client, asking->fields[REDIRECT_URI].value);
    if (!asking->redirect) {
        return refuse(asking, "The redirect_uri is not one that is registered for this "
                              "application.");
    }
    call->client = client;
    return NULL;
}

/* ---- what is asked: from here on the application gets to know what is wrong ---- */

static scim_oauth_error_t *check_request(const asking_t *asking)
{
    const char *type = asking->fields[RESPONSE_TYPE].value;
    const char *challenge = asking->fields[CHALLENGE].value;
    const char *method = asking->fields[METHOD].value;

    if (!type) {
        return refuse(asking, "The parameter response_type is missing.");
    }
    if (strcmp(type, "code") != 0) {
        return scim_oauth_fail(asking->call, HTTP_BAD_REQUEST, "unsupported_response_type",
                               "The response_type must be code.");
    }
    if (!scim_oauth_scope_ok(asking->fields[SCOPE].value)) {
        return scim_oauth_fail(asking->call, HTTP_BAD_REQUEST, "invalid_scope",
                               "The only scope here is " SCIM_OAUTH_SCOPE ".");
    }
    if ((challenge || method) && (!challenge || !method || strcmp(method, "S256") != 0)) {
        return refuse(asking, "A code_challenge needs the code_challenge_method S256.");
    }
    if (challenge && !scim_oauth_is_challenge(challenge)) {
        return refuse(asking, "The code_challenge is not one of S256.");
    }
    return NULL;
}

static scim_oauth_error_t *answer(const asking_t *asking, scim_oauth_answer_t *answer)
{
    answer->state = asking->fields[STATE].raw;
    scim_oauth_send_redirect(asking->call,
                             scim_oauth_redirect(asking->redirect, answer, asking->call->r->pool));
    return NULL;
}

static scim_oauth_error_t *answer_error(const asking_t *asking, const char *code,
                                        const char *detail)
{
    scim_oauth_answer_t said = {NULL, code, detail, NULL};

    return answer(asking, &said);
}

/* ---- the seal: a consent counts only from the page that was shown to this user ---- */

/* Over everything that a consent is about. */
static scim_oauth_error_t *make_seal(const char **seal, const asking_t *asking, apr_int64_t until)
{
    const scim_oauth_call_t *call = asking->call;
    const request_rec *r = call->r;
    unsigned char key[SCIM_STORE_KEY];
    scim_error_t *err = scim_store_key(key, call->store, KEY_NAME);

    if (err) {
        return scim_oauth_from(call, err);
    }
    /* The user's name comes last, for it may hold anything, even a line's end. */
    *seal = scim_seal_make(key, until,
                           apr_psprintf(r->pool, "%s\n%s\n%s\n%s", call->tenant->name,
                                        scim_oauth_base(call->conf), r->args, r->user),
                           r->pool);
    return *seal ? NULL
                 : scim_oauth_from(call, scim_error_internal(r->pool, 500, "SCIM3264",
                                                             "libcrypto makes no HMAC",
                                                             "The page cannot be made."));
}

static scim_oauth_error_t *check_seal(const asking_t *asking, const char *seal)
{
    const char *real = NULL;
    scim_oauth_error_t *err = make_seal(&real, asking, scim_seal_until(seal));

    if (err) {
        return err;
    }
    if (!scim_seal_holds(seal, real)) {
        return scim_oauth_fail(asking->call, HTTP_FORBIDDEN, "access_denied",
                               "This page is too old or was not made for you. Go back to the "
                               "application and begin again.");
    }
    return NULL;
}

/* ---- the page, and what follows from it ---- */

/* What a redirect URI says of where it leads: scheme, host and port. */
static const char *host_of(const char *uri, apr_pool_t *p)
{
    const char *host = strstr(uri, "://") + 3;

    return apr_pstrmemdup(p, uri, (apr_size_t)(host - uri) + strcspn(host, "/?"));
}

static scim_oauth_error_t *show_page(const asking_t *asking)
{
    const scim_oauth_call_t *call = asking->call;
    scim_oauth_page_t page = {0};
    scim_oauth_error_t *err =
        make_seal(&page.seal, asking, apr_time_sec(apr_time_now()) + PAGE_LIFE);

    if (err) {
        return err;
    }
    page.application = call->client->name;
    page.tenant = call->tenant->name;
    page.user = call->r->user;
    page.host = host_of(asking->redirect, call->r->pool);
    scim_oauth_send_page(call, &page);
    return NULL;
}

static scim_oauth_error_t *agree(const asking_t *asking)
{
    const scim_oauth_call_t *call = asking->call;
    const scim_grant_rules_t rules = scim_oauth_rules(call->dir);
    scim_oauth_answer_t said = {NULL, NULL, NULL, NULL};
    scim_consent_t consent = {0};
    scim_audit_who_t who = {NULL, NULL, NULL};
    scim_error_t *err;

    consent.client = call->client->id;
    consent.user = call->r->user;
    consent.redirect = asking->fields[REDIRECT_URI].value;
    consent.challenge = asking->fields[CHALLENGE].value;
    consent.scope = SCIM_OAUTH_SCOPE;
    scim_audit_user(&who, call->r);
    consent.who = &who;
    err = scim_grant_code(&said.code, call->store, &rules, &consent, call->r->pool);
    if (err) {
        return scim_oauth_from(call, err);
    }
    scim_audit_tend(call->r, call->tenant->name, call->store);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, call->r,
                  "SCIM3253: %s gave client %s access to tenant %s", call->r->user,
                  call->client->id, call->tenant->name);
    return answer(asking, &said);
}

static scim_oauth_error_t *decide(const asking_t *asking)
{
    scim_form_field_t form[] = {{"seal", NULL, NULL}, {"decision", NULL, NULL}};
    scim_oauth_error_t *err = scim_oauth_form(asking->call, form, 2);

    if (!err) {
        err = check_seal(asking, form[0].value);
    }
    if (err) {
        return err;
    }
    if (form[1].value && strcmp(form[1].value, "allow") == 0) {
        return agree(asking);
    }
    if (form[1].value && strcmp(form[1].value, "deny") == 0) {
        return answer_error(asking, "access_denied", "The administrator did not allow it.");
    }
    return refuse(asking, "The page was sent without a decision.");
}

scim_oauth_error_t *scim_oauth_authorize(scim_oauth_call_t *call)
{
    asking_t asking = {call, {{NULL, NULL, NULL}}, NULL};
    scim_oauth_error_t *err = check_user(call);
    scim_oauth_error_t *wrong;

    if (!err) {
        err = read_request(&asking);
    }
    if (!err) {
        err = find_client(&asking);
    }
    if (err) {
        return err;
    }
    wrong = check_request(&asking);
    if (wrong) {
        return answer_error(&asking, wrong->code, wrong->detail);
    }
    return call->r->method_number == M_POST ? decide(&asking) : show_page(&asking);
}
