/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_ERROR_H
#define MOD_SCIM_ERROR_H

#include "mod_scim.h"
#include "scim_error.h"

/** Headers that every SCIM error has, for its status. */
void scim_error_headers(request_rec *r, int status);

/** Hook the filter that turns httpd's own error pages under SCIM paths into SCIM errors. */
void scim_error_hooks(void);

#endif
