/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "fuzz.h"
#include "scim_form.h"
#include "scim_oauth.h"
#include "scim_text.h"

const char fuzz_name[] = "form";

#define FIELDS 4

static int is_url_text(const char *s)
{
    for (; *s; s++) {
        if (*s <= ' ' || *s > '~' || strchr("\"<>\\^`{|}#", *s)) {
            return 0;
        }
    }
    return 1;
}

/* What came in a parameter goes back in a redirect, as it was. */
static void check_state(const scim_form_field_t *field, apr_pool_t *p)
{
    const scim_oauth_answer_t answer = {"code", NULL, NULL, field->raw};
    const char *url = scim_oauth_redirect("https://example.com/cb", &answer, p);
    const char *at = strstr(url, "&state=");
    const char *why;
    const char *back;

    fuzz_require(is_url_text(url), "a redirect is a URL");
    fuzz_require(at != NULL, "a redirect has the state");
    at += strlen("&state=");
    back = scim_form_decode(at, strlen(at), 1, &why, p);
    fuzz_require(back && strcmp(back, field->value) == 0, "the state comes back");
}

static void check_text(const char *text, apr_pool_t *p)
{
    const char *why;
    const char *encoded = scim_form_encode(text, p);
    const char *back = scim_form_decode(encoded, strlen(encoded), 1, &why, p);

    fuzz_require(back && strcmp(back, text) == 0, "an encoded text comes back");
    scim_oauth_scope_ok(text);
    fuzz_require(!scim_oauth_is_challenge(text) || scim_oauth_is_verifier(text),
                 "a challenge has no character that a verifier has not");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scim_form_field_t fields[FIELDS] = {
        {"state", NULL, NULL}, {"code", NULL, NULL}, {"scope", NULL, NULL}, {"a", NULL, NULL}};
    apr_pool_t *p = fuzz_pool();
    scim_error_t *err = scim_form_read(fields, FIELDS, (const char *)data, size, p);
    int i;

    if (err) {
        fuzz_require_error(err);
    }
    for (i = 0; i < FIELDS && !err; i++) {
        fuzz_require(!fields[i].value == !fields[i].raw, "a value has its raw text");
        if (fields[i].value) {
            fuzz_require(*fields[i].value != '\0', "an empty value is none");
            fuzz_require(scim_text_utf8(fields[i].value, strlen(fields[i].value)),
                         "a value is UTF-8");
            check_state(&fields[i], p);
            check_text(fields[i].value, p);
        }
    }
    apr_pool_destroy(p);
    return 0;
}
