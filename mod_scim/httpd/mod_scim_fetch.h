/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_FETCH_H
#define MOD_SCIM_FETCH_H

#include <httpd.h>

/**
 * Requests that httpd itself sends: for key sets and to introspection endpoints. By libcurl, whose
 * defaults are not ours:
 * - it would wait for ever; here a request has a time limit in all;
 * - it speaks two dozen protocols; here https, and http to this host itself only;
 * - it takes as many bytes as come; here an answer has a bound, and is never unpacked;
 * - by default it ends a slow name look-up by a signal, which no thread may get (CURLOPT_NOSIGNAL);
 * - it follows no redirects, keeps no cookies, reads no .netrc, and verifies certificate and host
 *   name: these stay so, and what matters of it is set all the same.
 * As everywhere with libcurl, an outgoing proxy is what https_proxy says in httpd's environment.
 */

/** Idle connections that a process keeps, for servers that are asked often. */
#define SCIM_FETCH_IDLE 8

/** A process's means to send requests. */
typedef struct scim_fetcher_t scim_fetcher_t;

/** post_config: initialise libcurl, once and before there are threads. */
scim_fetcher_t *scim_fetcher_make(apr_pool_t *pconf);

/** child_init: from now on idle connections are kept; those of the parent are not shared. */
void scim_fetcher_child(scim_fetcher_t *fetcher, apr_pool_t *pchild);

/** A request. */
typedef struct scim_fetch_t {
    const char *url;
    const char *ca_file; /* certificates to trust, or NULL: the system's */
    int timeout;         /* seconds, for all of it */
    apr_size_t max;      /* bytes of an answer */
    int cut;             /* 1: its status is what counts: bytes beyond them are thrown away, and its
                            end need not come; 0: both are errors */
    const char *form;    /* body of a POST, or NULL: a GET */
    const char *form_type; /* its media type, or NULL: that of an HTML form */
    const char *user;    /* for Basic authentication, or NULL */
    const char *password;
    const char *bearer;                /* token for Bearer authentication, or NULL */
    const volatile apr_uint32_t *stop; /* once it is not 0 the request is given up; or NULL */
} scim_fetch_t;

typedef struct scim_fetched_t {
    int status;
    const char *body; /* NUL-terminated */
    apr_size_t len;
} scim_fetched_t;

/** NULL if a URL may be fetched: https with a host, or http to this host itself. Else why not. */
const char *scim_fetch_refuses(const char *url, apr_pool_t *p);

/**
 * Send a request and wait for the answer.
 * @return NULL: there is one, whatever its status; else what went wrong, for the log
 */
const char *scim_fetch(scim_fetched_t *out, scim_fetcher_t *fetcher, const scim_fetch_t *what,
                       apr_pool_t *p);

#endif
