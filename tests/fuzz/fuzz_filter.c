/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "filter_tree.h"
#include "fuzz.h"
#include "scim_match.h"

const char fuzz_name[] = "filter";

/* Printing may add quotes, brackets and parentheses; it must not be what refuses a filter. */
static const scim_filter_limits_t wide = {16 << 20, 100000, 10000};

static void check_answers(const scim_filter_t *f, const scim_filter_t *again, int type,
                          apr_pool_t *p)
{
    json_t *resource = fuzz_resource(type, p);
    const char *text = apr_psprintf(p, "not (%s)", scim_filter_print(f, p));
    const scim_filter_t *opposite = NULL;
    int answer = scim_match(f, resource, p);

    fuzz_require(scim_match(again, resource, p) == answer, "printing keeps the meaning");
    fuzz_require(!scim_filter_parse(&opposite, text, fuzz_type(type), &wide, p), "not (f) parses");
    fuzz_require(scim_match(opposite, resource, p) == !answer, "not (f) is the opposite of f");
}

static void check_filter(const char *text, int type, apr_pool_t *p)
{
    const scim_filter_t *f = NULL;
    const scim_filter_t *again = NULL;
    scim_error_t *err = scim_filter_parse(&f, text, fuzz_type(type), NULL, p);
    const char *printed;

    if (err) {
        fuzz_require_error(err);
        fuzz_require(err->type == SCIM_TYPE_INVALID_FILTER ||
                         (err->type == SCIM_TYPE_SENSITIVE &&
                          strstr(err->detail, "never returned")),
                     "a refused filter is invalidFilter, or one on a secret sensitive");
        return;
    }
    printed = scim_filter_print(f, p);
    fuzz_require(!scim_filter_parse(&again, printed, fuzz_type(type), &wide, p),
                 "a printed filter parses");
    fuzz_require(filter_tree_equal(f, again), "printing keeps the tree");
    fuzz_require(strcmp(scim_filter_print(again, p), printed) == 0, "printing is stable");
    scim_filter_uses(f, SCIM_AT_GROUPS);
    check_answers(f, again, type, p);
}

static void check_value_filter(const char *text, size_t size, apr_pool_t *p)
{
    const scim_attr_t *emails = scim_type_attr(fuzz_type(0), "emails", 6);
    const json_t *element = json_array_get(json_object_get(fuzz_resource(0, p), "emails"), 0);
    const scim_filter_t *f = NULL;
    scim_error_t *err =
        scim_filter_parse_value(&f, text, size, emails, NULL, SCIM_TYPE_INVALID_PATH, p);

    if (err) {
        fuzz_require_error(err);
        fuzz_require(err->type == SCIM_TYPE_INVALID_PATH, "the caller's type of error");
        return;
    }
    scim_match_element(f, element, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    const char *text = apr_pstrmemdup(p, (const char *)data, size);
    int type;

    for (type = 0; type < FUZZ_TYPES; type++) {
        check_filter(text, type, p);
    }
    /* Not the copy: this one ends where it is told, without a NUL. */
    check_value_filter((const char *)data, size, p);
    apr_pool_destroy(p);
    return 0;
}
