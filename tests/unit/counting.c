/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "counting.h"

#include <stdlib.h>

#include <jansson.h>

static long live;

static void *count_malloc(size_t size)
{
    void *block = malloc(size);

    live += block != NULL;
    return block;
}

static void count_free(void *block)
{
    live -= block != NULL;
    free(block);
}

void counting_start(void)
{
    json_set_alloc_funcs(count_malloc, count_free);
}

long counting_live(void)
{
    return live;
}
