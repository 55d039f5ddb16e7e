/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "fuzz.h"
#include "scim_cursor.h"

const char fuzz_name[] = "cursor";

/*
 * The input is tried as a cursor, which it never is, and as the value that a cursor carries, which
 * must come back.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char key[SCIM_CURSOR_KEY] = "fuzz";
    apr_pool_t *p = fuzz_pool();
    const char *text = apr_pstrmemdup(p, (const char *)data, size);
    scim_position_t position = {1, {SCIM_KEY_STRING, text, 0, 0}, 0, 2, 3};
    scim_position_t got;
    scim_error_t *err = scim_cursor_decode(&got, text, key, "query", 0, 10, p);
    const char *cursor;

    fuzz_require(err != NULL, "what we did not seal is refused");
    fuzz_require_error(err);
    cursor = scim_cursor_encode(&position, key, text, 0, p);
    fuzz_require(strlen(cursor) <= SCIM_CURSOR_MAX, "a cursor has a bound");
    err = scim_cursor_decode(&got, cursor, key, text, 0, 10, p);
    fuzz_require(err == NULL, "what we sealed is accepted");
    fuzz_require(got.rid == 2 && got.total == 3 && got.part == 1, "the place comes back");
    fuzz_require(strncmp(got.key.string, text, SCIM_CURSOR_STRING) == 0, "the value comes back");
    fuzz_require(got.cut == (strlen(text) > SCIM_CURSOR_STRING), "a cut value says so");
    apr_pool_destroy(p);
    return 0;
}
