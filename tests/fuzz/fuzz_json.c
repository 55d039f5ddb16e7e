/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include "fuzz.h"

const char fuzz_name[] = "json";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p = fuzz_pool();
    json_t *value = NULL;
    json_t *again = NULL;
    scim_error_t *err = scim_json_load(&value, (const char *)data, size, NULL, p);

    if (err) {
        fuzz_require_error(err);
    } else {
        apr_size_t len;
        const char *text = scim_json_dump(value, &len, p);

        fuzz_require(strlen(text) == len, "no NUL in dumped JSON");
        fuzz_require(!scim_json_load(&again, text, len, NULL, p), "dumped JSON loads");
        fuzz_require(json_equal(value, again), "dumping keeps the value");
    }
    apr_pool_destroy(p);
    return 0;
}
