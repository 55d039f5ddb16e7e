/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_H
#define MOD_SCIM_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

/** The module record, the only symbol the shared object exports. */
extern module __attribute__((visibility("default"))) AP_MODULE_DECLARE_DATA scim_module;

/* `LogLevel scim:debug` and the module's name in the error log. */
APLOG_USE_MODULE(scim);

#endif
