/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_HANDLER_H
#define MOD_SCIM_HANDLER_H

#include "mod_scim.h"

/** The content handler of every request below a base. */
int scim_handler_run(request_rec *r);

/** The log_transaction hook: when the reply is out, note that its token was used. */
int scim_handler_logged(request_rec *r);

#endif
