/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_CONSOLE_H
#define MOD_SCIM_CONSOLE_H

#include "mod_scim_console_config.h"

/**
 * The console of a tenant's admin: a static page and the JSON API that it speaks (docs/console.md).
 * Who may see it, httpd decides; the module has no passwords. It keeps nothing but what is in the
 * database, so any host may answer.
 */

/** The console that a request is for, or NULL. Its URL path has been normalised. */
const scim_console_t *scim_console_find(request_rec *r);

/** The content handler of the page and of the API. */
int scim_console_run(request_rec *r);

#endif
