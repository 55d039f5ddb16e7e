/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "scim_life.h"
#include "scim_policy.h"
#include "scim_profile.h"

static apr_pool_t *pool;
static scim_tenant_t *tenant;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tenant = scim_tenant_make("test", pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* Compile lines such as "ScimTombstone 60 hide|ScimRehire restore". */
static const char *compile(const char *text)
{
    apr_array_header_t *lines = apr_array_make(pool, 4, sizeof(scim_policy_line_t));
    char *rest = apr_pstrdup(pool, text);
    char *state;
    char *one;

    for (one = apr_strtok(rest, "|", &state); one; one = apr_strtok(NULL, "|", &state)) {
        scim_policy_line_t *line = apr_array_push(lines);
        char **words;

        apr_tokenize_to_argv(one, &words, pool);
        line->name = words[0];
        line->argv = (const char *const *)words + 1;
        line->at = "file:1";
        line->argc = 0;
        while (line->argv[line->argc]) {
            line->argc++;
        }
    }
    return scim_policy_compile(tenant, lines, pool);
}

static void right(const char *text)
{
    const char *wrong = compile(text);

    ck_assert_msg(!wrong, "%s: %s", text, wrong);
}

START_TEST(defaults)
{
    const scim_life_t *life;

    right("");
    life = scim_life_of(tenant);
    ck_assert_int_eq(tenant->deprovision, SCIM_DEPROVISION_DISABLE);
    ck_assert_int_eq(life->seconds, 0);
    ck_assert_int_eq(life->hide, 0);
    ck_assert_int_eq(life->restore, 0);
    ck_assert_int_eq(life->delete_deactivates, 0);
}
END_TEST

START_TEST(settings)
{
    right("ScimDeprovision Delete|ScimTombstone 60|ScimRehire Restore|ScimDelete Deactivate");
    ck_assert_int_eq(tenant->deprovision, SCIM_DEPROVISION_DELETE);
    ck_assert_int_eq(scim_life_of(tenant)->seconds, 60);
    ck_assert_int_eq(scim_life_of(tenant)->hide, 0);
    ck_assert_int_eq(scim_life_of(tenant)->restore, 1);
    ck_assert_int_eq(scim_life_of(tenant)->delete_deactivates, 1);
    right("ScimDeprovision unlink|ScimTombstone 3155760000 hide|ScimRehire conflict");
    ck_assert_int_eq(tenant->deprovision, SCIM_DEPROVISION_UNLINK);
    ck_assert_int_eq(scim_life_of(tenant)->seconds, SCIM_LIFE_SECONDS_MAX);
    ck_assert_int_eq(scim_life_of(tenant)->hide, 1);
    right("ScimTombstone 60 hide|ScimTombstone Forever|ScimDeprovision disable");
    ck_assert_int_eq(tenant->deprovision, SCIM_DEPROVISION_DISABLE);
    ck_assert_int_eq(scim_life_of(tenant)->seconds, 0);
    ck_assert_int_eq(scim_life_of(tenant)->hide, 0);
    right("ScimTombstone forever show|ScimDelete remove");
}
END_TEST

START_TEST(mistakes)
{
    static const char *const cases[][2] = {
        {"ScimDeprovision remove", "disable, delete or unlink"},
        {"ScimDeprovision delete unlink", "too many words"},
        {"ScimDeprovision", "too few"},
        {"ScimTombstone never", "whole number of seconds from 1 to 3155760000"},
        {"ScimTombstone 0", "whole number"},
        {"ScimTombstone -1", "whole number"},
        {"ScimTombstone 1h", "whole number"},
        {"ScimTombstone 3155760001", "whole number"},
        {"ScimTombstone 99999999999999999999", "whole number"},
        {"ScimTombstone 60 show hide", "too many words"},
        {"ScimTombstone 60 perhaps", "show or hide"},
        {"ScimTombstone hide", "whole number"},
        {"ScimRehire always", "restore or conflict"},
        {"ScimDelete never", "remove or deactivate"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong = compile(cases[i][0]);
        ck_assert_msg(wrong && strstr(wrong, cases[i][1]) && strstr(wrong, "file:1"), "%s: %s",
                      cases[i][0], wrong);
    }
}
END_TEST

/* What a profile promises to clients. */
START_TEST(profiles)
{
    scim_profile_apply(tenant, scim_profile_find("interop"));
    right("ScimDeprovision disable|ScimTombstone 60 hide|ScimRehire conflict|ScimDelete remove");
    ck_assert_ptr_nonnull(strstr(compile("ScimDeprovision delete"), "contradicts"));
    ck_assert_ptr_nonnull(strstr(compile("ScimDeprovision unlink"), "contradicts"));
    ck_assert_ptr_nonnull(strstr(compile("ScimRehire restore"), "contradicts"));
    ck_assert_ptr_nonnull(strstr(compile("ScimDelete deactivate"), "contradicts"));
    tenant = scim_tenant_make("test", pool);
    scim_profile_apply(tenant, scim_profile_find("tolerant"));
    right("ScimDeprovision delete|ScimDelete deactivate");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy life");
    TCase *tc = tcase_create("life");
    SRunner *runner;
    int failed;

    apr_initialize();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, defaults);
    tcase_add_test(tc, settings);
    tcase_add_test(tc, mistakes);
    tcase_add_test(tc, profiles);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
