/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>

#include <jansson.h>

#include "scim_tenant.h"

/**
 * What the fuzz targets share. A target is one fuzz_<name>.c: it defines fuzz_name and
 * LLVMFuzzerTestOneInput(), and ends the process through fuzz_require() where a law is broken.
 * Linked with libFuzzer it searches, linked with standalone.c it replays its corpus.
 */

/** The target's name: its corpus is tests/fuzz/corpus/<name>. */
extern const char fuzz_name[];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A pool for one input; destroy it at the end. */
apr_pool_t *fuzz_pool(void);

/** End the process with a message unless the law holds. */
void fuzz_require(int holds, const char *law);

/** An error must be the client's, with a status from 400 to 499 and a detail in UTF-8. */
void fuzz_require_error(const scim_error_t *err);

/** User for 0, Group for 1, Widget (every attribute type) for 2. */
#define FUZZ_TYPES 3
const scim_resource_type_t *fuzz_type(int i);

/** A rich canonical resource of fuzz_type(i), complete with meta and members or groups, in p. */
json_t *fuzz_resource(int i, apr_pool_t *p);

/** A tenant with default limits. */
scim_tenant_t *fuzz_tenant(apr_pool_t *p);

#endif
