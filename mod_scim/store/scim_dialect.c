/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dialect.h"

#include <string.h>

const scim_dialect_t *scim_dialect_find(const char *driver)
{
    static const scim_dialect_t *const all[] = {&scim_dialect_mysql, &scim_dialect_sqlite};
    size_t i;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (driver && strcmp(driver, all[i]->name) == 0) {
            return all[i];
        }
    }
    return NULL;
}
