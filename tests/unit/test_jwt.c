/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* What a JSON Web Token says, and whether that is good enough; no signature is looked at here. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "scim_json.h"
#include "scim_jwt.h"

#define NOW ((apr_int64_t)2000000000)

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static const char *encode(const char *text)
{
    return apr_pencode_base64(pool, text, APR_ENCODE_STRING, APR_ENCODE_BASE64URL, NULL);
}

/* A token with a signature of n bytes that nobody made. */
static const char *token_of(const char *header, const char *claims, apr_size_t n)
{
    char *zeros = apr_pcalloc(pool, n + 1);
    const char *signature =
        apr_pencode_base64(pool, zeros, (apr_ssize_t)n, APR_ENCODE_BASE64URL, NULL);

    return apr_pstrcat(pool, encode(header), ".", encode(claims), ".", signature, NULL);
}

static unsigned bits(const char *one, const char *two)
{
    return scim_jwt_alg_find(one)->bit | (two ? scim_jwt_alg_find(two)->bit : 0);
}

static const char *parse(scim_jwt_t *out, const char *token)
{
    return scim_jwt_parse(out, token, strlen(token), bits("HS256", "ES384"), pool);
}

START_TEST(a_token_is_taken_apart)
{
    const char *token = token_of("{\"alg\":\"HS256\",\"kid\":\"one\",\"typ\":\"jwt\"}",
                                 "{\"iss\":\"me\",\"n\":1}", 32);
    scim_jwt_t jwt;

    ck_assert_ptr_null(parse(&jwt, token));
    ck_assert_str_eq(jwt.alg->name, "HS256");
    ck_assert_str_eq(jwt.kid, "one");
    ck_assert_str_eq(json_string_value(json_object_get(jwt.claims, "iss")), "me");
    ck_assert_uint_eq(jwt.signed_len, (apr_size_t)(strrchr(token, '.') - token));
    ck_assert_uint_eq(jwt.signature_len, 32);
    ck_assert_ptr_null(parse(&jwt, token_of("{\"alg\":\"HS256\"}", "{}", 32)));
    ck_assert_ptr_null(jwt.kid);
}
END_TEST

/* Headers that are fine but for one thing. */
static const char *const bad_headers[] = {
    "{\"alg\":\"none\"}",
    "{\"alg\":\"None\"}",
    "{\"alg\":\"\"}",
    "{\"alg\":\"hs256\"}",
    "{\"alg\":\"HS256 \"}",
    "{\"alg\":\"RS256\"}", /* not among the accepted */
    "{\"alg\":\"HS512\"}", /* neither */
    "{\"alg\":[\"HS256\"]}",
    "{\"alg\":null}",
    "{}",
    "{\"alg\":\"none\",\"alg\":\"HS256\"}",
    "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
    "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
    "{\"alg\":\"HS256\",\"crit\":[]}",
    "{\"alg\":\"HS256\",\"b64\":false}",
    "{\"alg\":\"HS256\",\"b64\":true}",
    "{\"alg\":\"HS256\",\"zip\":\"DEF\"}",
    "{\"alg\":\"HS256\",\"enc\":\"A128GCM\"}",
    "{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}",
    "{\"alg\":\"HS256\",\"typ\":7}",
    "{\"alg\":\"HS256\",\"kid\":7}",
    "{\"alg\":\"HS256\",\"kid\":null}",
    "{\"alg\":\"HS256\",\"kid\":{\"a\":1}}",
    "{\"alg\":\"HS256\",\"kid\":\"a\\u0000b\"}",
    "[\"alg\",\"HS256\"]",
    "\"HS256\"",
    "{\"alg\":\"HS256\"",
    "{\"alg\":\"HS256\"}{}",
    "{\"alg\":\"HS256\",\"x\":[[[[[[[[[1]]]]]]]]]}",
    "not json",
};

START_TEST(a_wrong_header_is_refused)
{
    scim_jwt_t jwt;

    ck_assert_ptr_nonnull(parse(&jwt, token_of(bad_headers[_i], "{}", 32)));
}
END_TEST

START_TEST(types_of_tokens)
{
    static const char *const good[] = {
        "JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "application/at+jwt"};
    scim_jwt_t jwt;
    apr_size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const char *header = apr_psprintf(pool, "{\"alg\":\"HS256\",\"typ\":\"%s\"}", good[i]);
        ck_assert_msg(!parse(&jwt, token_of(header, "{}", 32)), "%s", good[i]);
    }
}
END_TEST

/* Keys that come with the token, or that it points to, change nothing. */
START_TEST(keys_in_the_header_are_ignored)
{
    scim_jwt_t jwt;

    ck_assert_ptr_null(parse(&jwt, token_of("{\"alg\":\"HS256\",\"jku\":\"https://evil.example\","
                                            "\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"},"
                                            "\"x5u\":\"https://evil.example\",\"x5c\":[\"AA\"]}",
                                            "{}", 32)));
    ck_assert_ptr_null(jwt.kid);
}
END_TEST

START_TEST(a_kid_has_a_bound)
{
    scim_jwt_t jwt;
    char *kid = apr_pcalloc(pool, SCIM_JWT_ID_MAX + 2);

    memset(kid, 'k', SCIM_JWT_ID_MAX);
    ck_assert_ptr_null(parse(
        &jwt, token_of(apr_psprintf(pool, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid), "{}", 32)));
    kid[SCIM_JWT_ID_MAX] = 'k';
    ck_assert_ptr_nonnull(parse(
        &jwt, token_of(apr_psprintf(pool, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid), "{}", 32)));
}
END_TEST

/* # stands for a good part. The last columns: which of them has the form of a token. */
static const struct {
    const char *text;
    int shape;
} forms[] = {
    {"#.#.#", 1},
    {"#.#", 0},
    {"#", 0},
    {"", 0},
    {"..", 0},
    {".#.#", 0},
    {"#..#", 0},
    {"#.#.", 0},
    {"#.#.#.#", 0},
    {"#.#.#=", 0},
    {"#=.#.#", 0},
    {"#.#.# ", 0},
    {" #.#.#", 0},
    {"#.#.#\n", 0},
    {"#.#+.#", 0},
    {"#.#/.#", 0},
    {"#.#.#.", 0},
    {"#.#.#..", 0},
    {"#.#.#.#.#", 0},
    {"#.#.a", 0},
    {"a.#.#", 0},
    {"#.abcde.#", 0},
    {"#.#\xc3\xa9.#", 0},
};

START_TEST(the_form_of_a_token)
{
    const char *part = encode("{\"a\":1}"); /* 7 bytes: 10 characters */
    const char *token = "";
    const char *at;
    scim_jwt_t jwt;

    for (at = forms[_i].text; *at; at++) {
        token = apr_pstrcat(pool, token, *at == '#' ? part : apr_pstrmemdup(pool, at, 1), NULL);
    }

    ck_assert_int_eq(scim_jwt_shape(token, strlen(token)), forms[_i].shape);
    ck_assert_ptr_nonnull(parse(&jwt, token)); /* not one has a good header */
}
END_TEST

START_TEST(a_token_has_a_bound)
{
    const char *header = encode("{\"alg\":\"HS256\"}");
    apr_size_t room = SCIM_JWT_BYTES_MAX - strlen(header) - 2 - 43;
    char *claims = apr_pcalloc(pool, room + 9);
    const char *signature = strrchr(token_of("{}", "{}", 32), '.') + 1;
    const char *token;

    ck_assert_uint_eq(strlen(signature), 43);
    memset(claims, 'A', room - room % 4);
    token = apr_pstrcat(pool, header, ".", claims, ".", signature, NULL);
    ck_assert_int_eq(scim_jwt_shape(token, strlen(token)), 1);
    memset(claims, 'A', room + 4 - room % 4);
    token = apr_pstrcat(pool, header, ".", claims, ".", signature, NULL);
    ck_assert_int_eq(scim_jwt_shape(token, strlen(token)), 0);
}
END_TEST

START_TEST(a_signature_has_its_algorithms_length)
{
    static const apr_size_t bad[] = {1, 16, 31, 33, 64, 96, 256};
    scim_jwt_t jwt;
    apr_size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_ptr_nonnull(parse(&jwt, token_of("{\"alg\":\"HS256\"}", "{}", bad[i])));
    }
    ck_assert_ptr_null(parse(&jwt, token_of("{\"alg\":\"ES384\"}", "{}", 96)));
    ck_assert_ptr_nonnull(parse(&jwt, token_of("{\"alg\":\"ES384\"}", "{}", 64)));
}
END_TEST

START_TEST(claims_are_one_object_without_doubles)
{
    static const char *const bad[] = {"[]",
                                      "7",
                                      "{\"iss\":\"a\",\"iss\":\"b\"}",
                                      "{\"a\":{\"b\":1,\"b\":2}}",
                                      "{\"exp\":99999999999999999999999}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":1",
                                      "{\"a\":[[[[[[[[[[1]]]]]]]]]]}"};
    scim_jwt_t jwt;
    apr_size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(parse(&jwt, token_of("{\"alg\":\"HS256\"}", bad[i], 32)) != NULL, "%s",
                      bad[i]);
    }
}
END_TEST

/* ---- claims ---- */

static const json_t *json_of(const char *text)
{
    json_t *root = NULL;

    ck_assert_ptr_null(scim_json_load(&root, text, strlen(text), NULL, pool));
    return root;
}

/* A policy that asks for everything; leeway 60 s. */
static scim_jwt_policy_t strict(void)
{
    scim_jwt_policy_t policy = {0};
    apr_array_header_t *audiences = apr_array_make(pool, 2, sizeof(const char *));

    APR_ARRAY_PUSH(audiences, const char *) = "scim";
    APR_ARRAY_PUSH(audiences, const char *) = "https://scim.example/";
    policy.issuer = "https://idp.example";
    policy.audiences = audiences;
    policy.leeway = 60;
    policy.expires = 1;
    policy.scope = "scim.write";
    policy.owner_claim = "email";
    policy.tenant_claim = "org";
    return policy;
}

#define ISS "\"iss\":\"https://idp.example\","
#define AUD "\"aud\":\"scim\","
#define EXP "\"exp\":2000000100,"
#define SCOPE "\"scope\":\"openid scim.write\","
#define OWNER "\"email\":\"Jane@Example.com\","
#define ORG "\"org\":\"acme\""

/* Claims and whether they pass. */
static const struct {
    const char *claims;
    int good;
} cases[] = {
    {"{" ISS AUD EXP SCOPE OWNER ORG "}", 1},
    {"{" AUD EXP SCOPE OWNER ORG "}", 0},
    {"{\"iss\":\"https://idp.example/\"," AUD EXP SCOPE OWNER ORG "}", 0},
    {"{\"iss\":\"https://IDP.example\"," AUD EXP SCOPE OWNER ORG "}", 0},
    {"{\"iss\":[\"https://idp.example\"]," AUD EXP SCOPE OWNER ORG "}", 0},
    {"{\"ISS\":\"https://idp.example\"," AUD EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS "\"aud\":\"other\"," EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS "\"aud\":\"\"," EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS "\"aud\":[]," EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS "\"aud\":null," EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS "\"aud\":{\"scim\":\"scim\"}," EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS "\"aud\":[\"other\",\"scim\"]," EXP SCOPE OWNER ORG "}", 1},
    {"{" ISS "\"aud\":[7,null,\"https://scim.example/\"]," EXP SCOPE OWNER ORG "}", 1},
    {"{" ISS "\"aud\":[[\"scim\"]]," EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD "\"exp\":\"2000000100\"," SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD "\"exp\":null," SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD "\"exp\":1e300," SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD "\"exp\":0," SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD "\"exp\":-1," SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD "\"exp\":1999999941," SCOPE OWNER ORG "}", 1}, /* within the leeway */
    {"{" ISS AUD "\"exp\":1999999940," SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD "\"exp\":1999999940.5," SCOPE OWNER ORG "}", 1},
    {"{" ISS AUD "\"exp\":9000000000000," SCOPE OWNER ORG "}", 1},
    {"{" ISS AUD "\"exp\":9000000000001," SCOPE OWNER ORG "}", 0}, /* no microseconds of it */
    {"{" ISS AUD "\"exp\":9007199254740993," SCOPE OWNER ORG "}", 0}, /* no time of this world */
    {"{\"nbf\":2000000060," ISS AUD EXP SCOPE OWNER ORG "}", 1},
    {"{\"nbf\":2000000061," ISS AUD EXP SCOPE OWNER ORG "}", 0},
    {"{\"nbf\":\"1\"," ISS AUD EXP SCOPE OWNER ORG "}", 0},
    {"{\"nbf\":-1e300," ISS AUD EXP SCOPE OWNER ORG "}", 0},
    {"{" ISS AUD EXP OWNER ORG "}", 0},
    {"{" ISS AUD EXP "\"scope\":\"scim.writer\"," OWNER ORG "}", 0},
    {"{" ISS AUD EXP "\"scope\":\"xscim.write\"," OWNER ORG "}", 0},
    {"{" ISS AUD EXP "\"scope\":\"\"," OWNER ORG "}", 0},
    {"{" ISS AUD EXP "\"scope\":\"a  scim.write  b\"," OWNER ORG "}", 1},
    {"{" ISS AUD EXP "\"scope\":7,\"scp\":[\"a\",\"scim.write\"]," OWNER ORG "}", 1},
    {"{" ISS AUD EXP "\"scp\":\"scim.write\"," OWNER ORG "}", 1},
    {"{" ISS AUD EXP "\"scp\":[\"a scim.write\"]," OWNER ORG "}", 0},
    {"{" ISS AUD EXP SCOPE ORG "}", 0},
    {"{" ISS AUD EXP SCOPE "\"email\":\"\"," ORG "}", 0},
    {"{" ISS AUD EXP SCOPE "\"email\":[\"Jane@Example.com\"]," ORG "}", 0},
    {"{" ISS AUD EXP SCOPE "\"email\":\"a\\nb\"," ORG "}", 0},
    {"{" ISS AUD EXP SCOPE OWNER "\"org\":7}", 0},
    {"{\"jti\":\"x\"," ISS AUD EXP SCOPE OWNER ORG "}", 1},
    {"{\"jti\":\"\"," ISS AUD EXP SCOPE OWNER ORG "}", 0},
    {"{\"jti\":7," ISS AUD EXP SCOPE OWNER ORG "}", 0},
};

START_TEST(every_claim_is_held_to_the_policy)
{
    const scim_jwt_policy_t policy = strict();
    scim_jwt_identity_t who;
    const char *reason =
        scim_jwt_claims(&who, json_of(cases[_i].claims), &policy, apr_time_from_sec(NOW), pool);

    ck_assert_msg((reason == NULL) == cases[_i].good, "%s: %s", cases[_i].claims, reason);
    if (!reason) {
        ck_assert_str_eq(who.owner, "Jane@Example.com");
        ck_assert_str_eq(who.tenant, "acme");
    }
}
END_TEST

/* An introspection's answer may have no end, and no policy asks for more. */
START_TEST(a_policy_asks_for_nothing_by_itself)
{
    const scim_jwt_policy_t policy = {0};
    scim_jwt_identity_t who;

    ck_assert_ptr_null(
        scim_jwt_claims(&who, json_of("{\"active\":true}"), &policy, apr_time_from_sec(NOW), pool));
    ck_assert_int_eq(who.expires, 0);
    ck_assert_ptr_null(who.owner);
    ck_assert_ptr_null(who.tenant);
    ck_assert_ptr_null(who.id);
    ck_assert_str_eq(who.subject, "unnamed");
    ck_assert_ptr_nonnull(
        scim_jwt_claims(&who, json_of("{\"exp\":1}"), &policy, apr_time_from_sec(NOW), pool));
}
END_TEST

START_TEST(the_subject_is_fit_for_a_log)
{
    const scim_jwt_policy_t policy = {0};
    scim_jwt_identity_t who;
    char *longest = apr_pcalloc(pool, 301);

    ck_assert_ptr_null(scim_jwt_claims(
        &who, json_of("{\"sub\":\"auth0|7 \\n\\u00e9\",\"client_id\":\"\"}"), &policy, 0, pool));
    ck_assert_str_eq(who.subject, "auth0_7____");
    ck_assert_ptr_null(
        scim_jwt_claims(&who, json_of("{\"sub\":\"u\",\"azp\":\"app\"}"), &policy, 0, pool));
    ck_assert_str_eq(who.subject, "app");
    memset(longest, 'x', 300);
    ck_assert_ptr_null(scim_jwt_claims(
        &who, json_of(apr_psprintf(pool, "{\"sub\":\"%s\"}", longest)), &policy, 0, pool));
    ck_assert_uint_eq(strlen(who.subject), 64);
}
END_TEST

START_TEST(algorithms_are_listed_once)
{
    unsigned seen = 0;
    int i;

    for (i = 0; scim_jwt_alg_at(i); i++) {
        ck_assert_uint_eq(seen & scim_jwt_alg_at(i)->bit, 0);
        seen |= scim_jwt_alg_at(i)->bit;
        ck_assert_ptr_eq(scim_jwt_alg_find(scim_jwt_alg_at(i)->name), scim_jwt_alg_at(i));
    }
    ck_assert_int_eq(i, 12);
    ck_assert_ptr_null(scim_jwt_alg_find("none"));
    ck_assert_ptr_null(scim_jwt_alg_find(""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jwt");
    TCase *tc = tcase_create("jwt");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_token_is_taken_apart);
    tcase_add_loop_test(tc, a_wrong_header_is_refused, 0,
                        (int)(sizeof(bad_headers) / sizeof(bad_headers[0])));
    tcase_add_test(tc, types_of_tokens);
    tcase_add_test(tc, keys_in_the_header_are_ignored);
    tcase_add_test(tc, a_kid_has_a_bound);
    tcase_add_loop_test(tc, the_form_of_a_token, 0, (int)(sizeof(forms) / sizeof(forms[0])));
    tcase_add_test(tc, a_token_has_a_bound);
    tcase_add_test(tc, a_signature_has_its_algorithms_length);
    tcase_add_test(tc, claims_are_one_object_without_doubles);
    tcase_add_loop_test(tc, every_claim_is_held_to_the_policy, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tc, a_policy_asks_for_nothing_by_itself);
    tcase_add_test(tc, the_subject_is_fit_for_a_log);
    tcase_add_test(tc, algorithms_are_listed_once);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
