/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_form.h"
#include "scim_json.h"
#include "scim_oauth.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

/* ---- forms ---- */

static scim_form_field_t fields[] = {{"a", NULL, NULL}, {"state", NULL, NULL}};

static const scim_error_t *form(const char *text)
{
    return scim_form_read(fields, 2, text, strlen(text), pool);
}

static void check_form(const char *text, const char *a, const char *state, const char *raw)
{
    ck_assert_msg(form(text) == NULL, "%s", text);
    ck_assert_pstr_eq(fields[0].value, a);
    ck_assert_pstr_eq(fields[1].value, state);
    ck_assert_pstr_eq(fields[1].raw, raw);
}

START_TEST(form_finds_its_fields)
{
    check_form("", NULL, NULL, NULL);
    check_form("a=1&state=2", "1", "2", "2");
    check_form("state=%2f+x&&b=1&b=2&=&a=", NULL, "/ x", "%2f+x");
    check_form("A=1&state", NULL, NULL, NULL);
    check_form("%61=1&state==&", "1", "=", "=");
    ck_assert_ptr_null(scim_form_read(fields, 2, NULL, 0, pool));
}
END_TEST

START_TEST(form_refuses)
{
    static const char *const texts[] = {"a=1&a=1", "a=&a=",    "a&%61=2",    "x=%",
                                        "x=%4",    "%zz=1",    "x=%00",      "x=%ff",
                                        "%00",     "a=%c0%80", "x=%ED%A0%80"};
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const scim_error_t *err = form(texts[i]);

        ck_assert_msg(err && err->status == 400, "%s", texts[i]);
    }
    ck_assert_ptr_nonnull(scim_form_read(fields, 2, "a=\0b", 4, pool));
}
END_TEST

START_TEST(form_has_a_bound)
{
    char *text = apr_pcalloc(pool, 2 * (SCIM_FORM_MAX + 1) + 1);
    int i;

    for (i = 0; i < SCIM_FORM_MAX; i++) {
        strcat(text, "&x");
    }
    ck_assert_ptr_null(form(text));
    strcat(text, "&x");
    ck_assert_ptr_nonnull(form(text));
}
END_TEST

START_TEST(encoding_comes_back)
{
    const char *text = "a b&c=d+e%f/\xE2\x82\xAC~._-\n\"";
    const char *encoded = scim_form_encode(text, pool);
    const char *why;

    ck_assert_str_eq(encoded, "a%20b%26c%3Dd%2Be%25f%2F%E2%82%AC~._-%0A%22");
    ck_assert_str_eq(scim_form_decode(encoded, strlen(encoded), 1, &why, pool), text);
}
END_TEST

/* ---- names ---- */

START_TEST(names)
{
    ck_assert_uint_eq(scim_oauth_grant("authorization_code"), SCIM_OAUTH_GRANT_CODE);
    ck_assert_uint_eq(scim_oauth_grant("refresh_token"), SCIM_OAUTH_GRANT_REFRESH);
    ck_assert_uint_eq(scim_oauth_grant("client_credentials"), SCIM_OAUTH_GRANT_CLIENT);
    ck_assert_uint_eq(scim_oauth_grant("password"), 0);
    ck_assert_uint_eq(scim_oauth_grant("Refresh_Token"), 0);
    ck_assert_uint_eq(scim_oauth_auth("basic"), SCIM_OAUTH_AUTH_BASIC);
    ck_assert_uint_eq(scim_oauth_auth("body"), SCIM_OAUTH_AUTH_BODY);
    ck_assert_uint_eq(scim_oauth_auth("private_key_jwt"), SCIM_OAUTH_AUTH_JWT);
    ck_assert_uint_eq(scim_oauth_auth("none"), 0);
}
END_TEST

START_TEST(scopes)
{
    static const char *const good[] = {"scim", "offline_access", " scim  offline_access ", "",
                                       "scim scim"};
    static const char *const bad[] = {"SCIM",  "scim2", "sci", "scim admin", "scim,offline_access",
                                      "openid"};
    apr_size_t i;

    ck_assert(scim_oauth_scope_ok(NULL));
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(scim_oauth_scope_ok(good[i]), "%s", good[i]);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!scim_oauth_scope_ok(bad[i]), "%s", bad[i]);
    }
}
END_TEST

START_TEST(proof_keys)
{
    static const char challenge[] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    char *longest = apr_pcalloc(pool, 130);

    ck_assert(scim_oauth_is_challenge(challenge));
    ck_assert(!scim_oauth_is_challenge(challenge + 1));
    ck_assert(!scim_oauth_is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"));
    ck_assert(!scim_oauth_is_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="));
    ck_assert(scim_oauth_is_verifier(challenge));
    ck_assert(!scim_oauth_is_verifier(challenge + 1));
    memset(longest, '~', 128);
    ck_assert(scim_oauth_is_verifier(longest));
    longest[128] = '~';
    ck_assert(!scim_oauth_is_verifier(longest));
    longest[128] = '\0';
    longest[7] = '+';
    ck_assert(!scim_oauth_is_verifier(longest));
}
END_TEST

/* ---- what is sent ---- */

START_TEST(redirects)
{
    static const struct {
        const char *uri;
        const char *state;
        const char *url;
    } cases[] = {
        {"https://a/cb", NULL, "https://a/cb?code=x"},
        {"https://a/cb", "s", "https://a/cb?code=x&state=s"},
        {"https://a/cb?q=1", "%2f+%41", "https://a/cb?q=1&code=x&state=%2f+%41"},
        {"https://a/cb?", "a=b", "https://a/cb?code=x&state=a=b"},
        {"https://a", "a b\"<>\n\xE2#&", "https://a?code=x&state=a%20b%22%3C%3E%0A%E2%23&"},
    };
    scim_oauth_answer_t answer = {"x", NULL, NULL, NULL};
    apr_size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        answer.state = cases[i].state;
        ck_assert_str_eq(scim_oauth_redirect(cases[i].uri, &answer, pool), cases[i].url);
    }
}
END_TEST

START_TEST(redirects_with_an_error)
{
    const scim_oauth_answer_t answer = {NULL, "access_denied", "No, thanks.", "s"};

    ck_assert_str_eq(scim_oauth_redirect("https://a/", &answer, pool),
                     "https://a/?error=access_denied&error_description=No%2C%20thanks.&state=s");
}
END_TEST

START_TEST(tokens)
{
    ck_assert_str_eq(scim_oauth_tokens("a", 60, NULL, "scim", pool),
                     "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":60,"
                     "\"scope\":\"scim\"}");
    ck_assert_str_eq(scim_oauth_tokens("a", 60, "r", "scim", pool),
                     "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":60,"
                     "\"refresh_token\":\"r\",\"scope\":\"scim\"}");
}
END_TEST

START_TEST(errors_have_only_what_they_may)
{
    ck_assert_str_eq(scim_oauth_error("invalid_grant", "A \"b\" \\ \xC3\xA4.", pool),
                     "{\"error\":\"invalid_grant\","
                     "\"error_description\":\"A 'b' ' ??.\"}");
}
END_TEST

static json_t *metadata(unsigned grants, unsigned auths)
{
    apr_array_header_t *algs = apr_array_make(pool, 2, sizeof(const char *));
    scim_oauth_meta_t meta = {"https://a/oauth", grants, auths, algs};
    const char *text;
    json_t *out = NULL;

    APR_ARRAY_PUSH(algs, const char *) = "ES256";
    text = scim_oauth_metadata(&meta, pool);
    ck_assert_ptr_null(scim_json_load(&out, text, strlen(text), NULL, pool));
    return out;
}

static void check_member(const json_t *meta, const char *name, const char *text)
{
    const json_t *value = json_object_get(meta, name);

    ck_assert_msg(!text == !value, "%s", name);
    if (text) {
        ck_assert_str_eq(scim_json_dump(value, NULL, pool), text);
    }
}

START_TEST(metadata_of_all)
{
    const json_t *meta = metadata(7, 7);

    check_member(meta, "issuer", "\"https://a/oauth\"");
    check_member(meta, "authorization_endpoint", "\"https://a/oauth/authorize\"");
    check_member(meta, "token_endpoint", "\"https://a/oauth/token\"");
    check_member(meta, "revocation_endpoint", "\"https://a/oauth/revoke\"");
    check_member(meta, "response_types_supported", "[\"code\"]");
    check_member(meta, "response_modes_supported", "[\"query\"]");
    check_member(meta, "code_challenge_methods_supported", "[\"S256\"]");
    check_member(meta, "scopes_supported", "[\"scim\"]");
    check_member(meta, "grant_types_supported",
                 "[\"authorization_code\",\"refresh_token\",\"client_credentials\"]");
    check_member(meta, "token_endpoint_auth_methods_supported",
                 "[\"client_secret_basic\",\"client_secret_post\",\"private_key_jwt\"]");
    check_member(meta, "token_endpoint_auth_signing_alg_values_supported", "[\"ES256\"]");
    check_member(meta, "revocation_endpoint_auth_signing_alg_values_supported", "[\"ES256\"]");
}
END_TEST

START_TEST(metadata_without_browsers)
{
    const json_t *meta = metadata(SCIM_OAUTH_GRANT_CLIENT, SCIM_OAUTH_AUTH_BASIC);

    check_member(meta, "authorization_endpoint", NULL);
    check_member(meta, "response_types_supported", "[]");
    check_member(meta, "code_challenge_methods_supported", NULL);
    check_member(meta, "grant_types_supported", "[\"client_credentials\"]");
    check_member(meta, "token_endpoint_auth_methods_supported", "[\"client_secret_basic\"]");
    check_member(meta, "token_endpoint_auth_signing_alg_values_supported", NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oauth");
    TCase *tc = tcase_create("wire");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, form_finds_its_fields);
    tcase_add_test(tc, form_refuses);
    tcase_add_test(tc, form_has_a_bound);
    tcase_add_test(tc, encoding_comes_back);
    tcase_add_test(tc, names);
    tcase_add_test(tc, scopes);
    tcase_add_test(tc, proof_keys);
    tcase_add_test(tc, redirects);
    tcase_add_test(tc, redirects_with_an_error);
    tcase_add_test(tc, tokens);
    tcase_add_test(tc, errors_have_only_what_they_may);
    tcase_add_test(tc, metadata_of_all);
    tcase_add_test(tc, metadata_without_browsers);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
