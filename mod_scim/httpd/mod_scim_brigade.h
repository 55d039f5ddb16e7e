/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_BRIGADE_H
#define MOD_SCIM_BRIGADE_H

#include <apr_buckets.h>

/** 1 if a brigade ends with the end of its stream. */
int scim_brigade_ended(const apr_bucket_brigade *bb);

/** Append data, which must live as long as p, and the end of the stream. */
void scim_brigade_end(apr_bucket_brigade *bb, const char *data, apr_size_t len, apr_pool_t *p);

/** Append the mark that what was sent so far is broken off, as a proxy does whose backend died. */
void scim_brigade_break(apr_bucket_brigade *bb, apr_pool_t *p);

#endif
