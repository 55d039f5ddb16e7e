/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_OAUTH_IMPL_H
#define MOD_SCIM_OAUTH_IMPL_H

#include "mod_scim_oauth.h"
#include "mod_scim_oauth_config.h"
#include "scim_form.h"
#include "scim_oauth.h"

/** Private to mod_scim_oauth*.c. */

/** An error as RFC 6749 section 5.2 has them; the page for a browser shows its sentence. */
typedef struct scim_oauth_error_t {
    int status;
    const char *code;          /* error */
    const char *detail;        /* error_description, one plain sentence */
    const scim_error_t *cause; /* what failed, where an operator must see it; or NULL */
} scim_oauth_error_t;

/** One request. */
typedef struct scim_oauth_call_t {
    request_rec *r;
    const scim_dir_t *dir;
    const scim_oauth_conf_t *conf;
    const scim_tenant_t *tenant;
    scim_store_t *store;
    scim_dbd_t *db;
    const char *issuer;
    const scim_client_t *client; /* once it has proved who it is, or is asked for; else NULL */
    int page;                    /* 1: errors are shown by a page, not by JSON */
} scim_oauth_call_t;

/** An error of the client's. @param detail a constant */
scim_oauth_error_t *scim_oauth_fail(const scim_oauth_call_t *call, int status, const char *code,
                                    const char *detail);

/** An error of the layers below as one of OAuth's; NULL stays NULL. */
scim_oauth_error_t *scim_oauth_from(const scim_oauth_call_t *call, const scim_error_t *err);

/**
 * Read a body of application/x-www-form-urlencoded. 400 invalid_request for another type, for a
 * parameter that is given twice and for broken ones; 411 and 413 as for any body.
 */
scim_oauth_error_t *scim_oauth_form(scim_oauth_call_t *call, scim_form_field_t *fields, int n);

/** Send a JSON text that nobody may keep. */
void scim_oauth_send_json(const scim_oauth_call_t *call, int status, const char *body);

/** Redirect the browser. The URL is not shown in a page. */
void scim_oauth_send_redirect(const scim_oauth_call_t *call, const char *url);

/* mod_scim_oauth_page.c */

/** What the consent page says. */
typedef struct scim_oauth_page_t {
    const char *application;
    const char *tenant;
    const char *user;
    const char *host; /* where the browser goes from here */
    const char *seal; /* against forged consents */
} scim_oauth_page_t;

/** Send the consent page. */
void scim_oauth_send_page(const scim_oauth_call_t *call, const scim_oauth_page_t *page);

/** Send an error's page. */
void scim_oauth_send_error_page(const scim_oauth_call_t *call, const scim_oauth_error_t *err);

/* The endpoints. They answer themselves, unless they return an error. */

scim_oauth_error_t *scim_oauth_authorize(scim_oauth_call_t *call);
scim_oauth_error_t *scim_oauth_token(scim_oauth_call_t *call);
scim_oauth_error_t *scim_oauth_revoke(scim_oauth_call_t *call);

/* mod_scim_oauth_client.c */

/** What a client sent to prove who it is. */
typedef struct scim_oauth_proof_t {
    const char *id;
    const char *secret;
    const char *assertion_type;
    const char *assertion;
} scim_oauth_proof_t;

/**
 * Find out which client a request is from (RFC 6749 section 2.3, RFC 7523 section 2.2); sets
 * call->client.
 * @param proof what stands in the body
 * @return 401 invalid_client in one text, whatever was wrong; 400 for two kinds of proof at once
 */
scim_oauth_error_t *scim_oauth_client(scim_oauth_call_t *call, const scim_oauth_proof_t *proof);

/** Names of the signature algorithms that an assertion may have. */
const apr_array_header_t *scim_oauth_algorithms(apr_pool_t *p);

#endif
