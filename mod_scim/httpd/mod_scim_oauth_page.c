/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_oauth_impl.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_general.h>
#include <apr_strings.h>

#include <http_protocol.h>

#define NONCE_BYTES 16

/*
 * No form-action: browsers hold it against the redirect that answers the form too, and that of the
 * application may go on to any host. Nothing in the page could change the form.
 */
#define POLICY "default-src 'none'; style-src 'nonce-%s'; frame-ancestors 'none'; base-uri 'none'"

#define STYLE                                                                                      \
    "body{font:1em/1.5 sans-serif;max-width:36em;margin:3em auto;padding:0 1em;color:#1a1a1a;"     \
    "background:#fff}h1{font-size:1.4em}dt{font-weight:bold}dd{margin:0 0 .5em;"                   \
    "overflow-wrap:anywhere}button{font:inherit;padding:.5em 1.5em;margin:1em 1em 0 0}"

static const char *nonce(apr_pool_t *p)
{
    unsigned char random[NONCE_BYTES];

    if (apr_generate_random_bytes(random, sizeof(random)) != APR_SUCCESS) {
        return "";
    }
    return apr_pencode_base64_binary(p, random, sizeof(random),
                                     APR_ENCODE_BASE64URL | APR_ENCODE_NOPADDING, NULL);
}

static void send_html(const scim_oauth_call_t *call, int status, const char *title,
                      const char *main)
{
    request_rec *r = call->r;
    const char *once = nonce(r->pool);
    const char *body = apr_pstrcat(
        r->pool,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
        title, "</title>\n<style nonce=\"", once, "\">" STYLE "</style>\n</head>\n<body>\n",
        "<main>\n", main, "</main>\n</body>\n</html>\n", NULL);

    r->status = status;
    apr_table_unset(r->headers_in, "Range");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "Content-Security-Policy", apr_psprintf(r->pool, POLICY, once));
    apr_table_setn(r->headers_out, "X-Frame-Options", "DENY");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_set_content_length(r, (apr_off_t)strlen(body));
    ap_rputs(body, r);
}

/* Without an action the form goes to the page's own URL, whose query is the client's request. */
void scim_oauth_send_page(const scim_oauth_call_t *call, const scim_oauth_page_t *page)
{
    apr_pool_t *p = call->r->pool;
    const char *application = ap_escape_html(p, page->application);

    send_html(
        call, HTTP_OK, "Allow access",
        apr_pstrcat(p, "<h1>Allow ", application, " to manage users and groups?</h1>\n<p>",
                    application,
                    " will be able to create, read, change and delete all users and groups of this "
                    "tenant, until you or another administrator ends it.</p>\n<dl>\n<dt>Tenant</dt>"
                    "<dd>",
                    ap_escape_html(p, page->tenant), "</dd>\n<dt>You are signed in as</dt><dd>",
                    ap_escape_html(p, page->user), "</dd>\n<dt>From here you go on to</dt><dd>",
                    ap_escape_html(p, page->host),
                    "</dd>\n</dl>\n<form method=\"post\">\n"
                    "<input type=\"hidden\" name=\"seal\" value=\"",
                    page->seal,
                    "\">\n"
                    "<button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>\n"
                    "<button type=\"submit\" name=\"decision\" value=\"deny\">Do not allow"
                    "</button>\n</form>\n",
                    NULL));
}

void scim_oauth_send_error_page(const scim_oauth_call_t *call, const scim_oauth_error_t *err)
{
    apr_pool_t *p = call->r->pool;

    send_html(call, err->status, "Access cannot be given",
              apr_pstrcat(p, "<h1>Access cannot be given</h1>\n<p>", ap_escape_html(p, err->detail),
                          "</p>\n", NULL));
}
