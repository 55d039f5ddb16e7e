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

/* mod_scim/console/look.css: the console's look. */
static const char style[] =
#include "mod_scim_look.inc"
    ;

/* The console's mark; the words beside it say what it is. */
#define MARK                                                                                       \
    "<span class=\"mark\" aria-hidden=\"true\"><svg viewBox=\"0 0 32 32\" fill=\"none\" "          \
    "stroke=\"currentColor\" stroke-width=\"2.6\" stroke-linecap=\"round\" "                       \
    "stroke-linejoin=\"round\"><circle cx=\"12\" cy=\"12\" r=\"4\"/><path d=\"M5 24c0-4 3-6.500 "  \
    "7-6.500s7 2.500 7 6.500M22 9h5M24.500 6.500L27 9l-2.500 2.500\"/></svg></span>\n"

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
    const char *body =
        apr_pstrcat(r->pool,
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
                    title, "</title>\n<style nonce=\"", once, "\">\n", style,
                    "</style>\n</head>\n<body class=\"alone\">\n<main class=\"card\">\n" MARK, main,
                    "</main>\n</body>\n</html>\n", NULL);

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
        apr_pstrcat(
            p, "<h1>Allow ", application, " to manage users and groups?</h1>\n<p class=\"quiet\">",
            application,
            " will be able to create, read, change and delete all users and groups of this "
            "tenant, until you or another administrator ends it.</p>\n<dl>\n"
            "<div><dt>Tenant</dt><dd>",
            ap_escape_html(p, page->tenant), "</dd></div>\n<div><dt>You are signed in as</dt><dd>",
            ap_escape_html(p, page->user), "</dd></div>\n<div><dt>From here you go on to</dt><dd>",
            ap_escape_html(p, page->host),
            "</dd></div>\n</dl>\n<form method=\"post\">\n"
            "<input type=\"hidden\" name=\"seal\" value=\"",
            page->seal,
            "\">\n"
            "<button type=\"submit\" class=\"main\" name=\"decision\" value=\"allow\">"
            "Allow</button>\n"
            "<button type=\"submit\" name=\"decision\" value=\"deny\">Do not allow"
            "</button>\n</form>\n",
            NULL));
}

void scim_oauth_send_error_page(const scim_oauth_call_t *call, const scim_oauth_error_t *err)
{
    apr_pool_t *p = call->r->pool;

    send_html(call, err->status, "Access cannot be given",
              apr_pstrcat(p, "<h1>Access cannot be given</h1>\n<p class=\"quiet\">",
                          ap_escape_html(p, err->detail), "</p>\n", NULL));
}
