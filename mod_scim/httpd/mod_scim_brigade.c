/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_brigade.h"

#include <httpd.h>
#include <http_protocol.h>

/*
 * APR's ring macros cast the volatile of their sentinel away. Whatever needs them is in this file,
 * so that the warning stays on everywhere else.
 */
#pragma GCC diagnostic ignored "-Wcast-qual"

int scim_brigade_ended(const apr_bucket_brigade *bb)
{
    return !APR_BRIGADE_EMPTY(bb) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb));
}

void scim_brigade_end(apr_bucket_brigade *bb, const char *data, apr_size_t len, apr_pool_t *p)
{
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_pool_create(data, len, p, bb->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(bb->bucket_alloc));
}

void scim_brigade_break(apr_bucket_brigade *bb, apr_pool_t *p)
{
    APR_BRIGADE_INSERT_TAIL(bb,
                            ap_bucket_error_create(HTTP_BAD_GATEWAY, NULL, p, bb->bucket_alloc));
}
