/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_fetch.h"

#include <string.h>

#include <curl/curl.h>

#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_uri.h>

#include "scim_text.h"

#define URL_MAX 2048

struct scim_fetcher_t {
    apr_thread_mutex_t *mutex; /* NULL: of the parent, which keeps nothing */
    CURL *idle[SCIM_FETCH_IDLE];
    int n;
};

static apr_status_t global_cleanup(void *unused)
{
    (void)unused;
    curl_global_cleanup();
    return APR_SUCCESS;
}

scim_fetcher_t *scim_fetcher_make(apr_pool_t *pconf)
{
    scim_fetcher_t *fetcher = apr_pcalloc(pconf, sizeof(*fetcher));

    /* Counted by libcurl: other modules may do the same. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        apr_pool_cleanup_register(pconf, NULL, global_cleanup, apr_pool_cleanup_null);
    }
    return fetcher;
}

static apr_status_t drop_idle(void *data)
{
    scim_fetcher_t *fetcher = data;

    fetcher->mutex = NULL;
    while (fetcher->n > 0) {
        fetcher->n--;
        curl_easy_cleanup(fetcher->idle[fetcher->n]);
    }
    return APR_SUCCESS;
}

void scim_fetcher_child(scim_fetcher_t *fetcher, apr_pool_t *pchild)
{
    apr_thread_mutex_t *mutex;

    /* Before the mutex, which is destroyed after it. */
    if (apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, pchild) == APR_SUCCESS) {
        fetcher->mutex = mutex;
        apr_pool_pre_cleanup_register(pchild, fetcher, drop_idle);
    }
}

/* A handle with the connections of its last use, but none of its settings. */
static CURL *take(scim_fetcher_t *fetcher)
{
    CURL *curl = NULL;

    if (fetcher->mutex) {
        apr_thread_mutex_lock(fetcher->mutex);
        if (fetcher->n > 0) {
            fetcher->n--;
            curl = fetcher->idle[fetcher->n];
        }
        apr_thread_mutex_unlock(fetcher->mutex);
    }
    return curl ? curl : curl_easy_init();
}

static void give(scim_fetcher_t *fetcher, CURL *curl)
{
    int kept = 0;

    curl_easy_reset(curl); /* forgets the secret too */
    if (fetcher->mutex) {
        apr_thread_mutex_lock(fetcher->mutex);
        if (fetcher->n < SCIM_FETCH_IDLE) {
            fetcher->idle[fetcher->n] = curl;
            fetcher->n++;
            kept = 1;
        }
        apr_thread_mutex_unlock(fetcher->mutex);
    }
    if (!kept) {
        curl_easy_cleanup(curl);
    }
}

/* What comes back, up to its bound. */
typedef struct body_t {
    scim_buf_t *buf;
    apr_size_t max;
    int cut;
} body_t;

static size_t receive(char *data, size_t size, size_t n, void *baton)
{
    body_t *body = baton;
    size_t len = size * n;

    apr_size_t room = body->max - body->buf->len;

    if (len > room && !body->cut) {
        return 0; /* ends the transfer */
    }
    scim_buf_add(body->buf, data, len < room ? len : room);
    return len;
}

static int is_loopback(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 ||
           strcmp(host, "::1") == 0;
}

const char *scim_fetch_refuses(const char *url, apr_pool_t *p)
{
    apr_uri_t uri;

    if (strlen(url) > URL_MAX) {
        return "is too long";
    }
    if (apr_uri_parse(p, url, &uri) != APR_SUCCESS || !uri.scheme || !uri.hostname ||
        !*uri.hostname || uri.user || uri.password || uri.fragment) {
        return "is no URL of the form https://host/path";
    }
    if (strcmp(uri.scheme, "https") != 0 &&
        !(strcmp(uri.scheme, "http") == 0 && is_loopback(uri.hostname))) {
        return "must be https; plain http is for this host itself only (127.0.0.1, localhost)";
    }
    return NULL;
}

/* Asked about once a second while a transfer waits. */
static int is_stopped(void *stop, curl_off_t down, curl_off_t down_now, curl_off_t up,
                      curl_off_t up_now)
{
    (void)down;
    (void)down_now;
    (void)up;
    (void)up_now;
    return apr_atomic_read32(stop) != 0;
}

static void set_limits(CURL *curl, const scim_fetch_t *what)
{
    int plain = strncmp(what->url, "http:", 5) == 0;

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)what->timeout);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)what->timeout);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* One request at a time gains nothing by HTTP/2, and mod_http2 uses its library too. */
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (plain) {
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"); /* this host itself */
    }
    if (what->ca_file) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, what->ca_file);
    }
}

static void set_request(CURL *curl, const scim_fetch_t *what, const struct curl_slist *headers,
                        body_t *body)
{
    curl_easy_setopt(curl, CURLOPT_URL, what->url);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "mod_scim");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (what->form) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, what->form);
    }
    if (what->bearer) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, what->bearer);
    }
    if (what->stop) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_stopped);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)(intptr_t)what->stop);
    }
    if (what->user) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, what->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, what->password);
    }
}

/* NULL: no memory. */
static struct curl_slist *headers_of(const scim_fetch_t *what, apr_pool_t *p)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    struct curl_slist *more = headers;

    if (headers && what->form_type) {
        more = curl_slist_append(headers, apr_pstrcat(p, "Content-Type: ", what->form_type, NULL));
    }
    if (!more) {
        curl_slist_free_all(headers);
    }
    return more;
}

const char *scim_fetch(scim_fetched_t *out, scim_fetcher_t *fetcher, const scim_fetch_t *what,
                       apr_pool_t *p)
{
    char error[CURL_ERROR_SIZE] = "";
    body_t body = {scim_buf_make(0, p), what->max, what->cut};
    struct curl_slist *headers = headers_of(what, p);
    CURL *curl = take(fetcher);
    CURLcode code;
    long status = 0;

    if (!curl || !headers) {
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        return "libcurl has no memory";
    }
    set_limits(curl, what);
    set_request(curl, what, headers, &body);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    give(fetcher, curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK && !(what->cut && status >= 200)) {
        return code == CURLE_WRITE_ERROR
                   ? "the answer is too large"
                   : apr_pstrdup(p, *error ? error : curl_easy_strerror(code));
    }
    out->status = (int)status;
    out->body = body.buf->data;
    out->len = body.buf->len;
    return NULL;
}
