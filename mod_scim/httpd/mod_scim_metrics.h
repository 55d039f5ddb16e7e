/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_METRICS_H
#define MOD_SCIM_METRICS_H

#include "mod_scim.h"

/** SetHandler scim-metrics: the numbers of mod_scim_stats.h as OpenMetrics text. */
int scim_metrics_run(request_rec *r);

/** The most important of them on mod_status's page, where that module is loaded. */
void scim_metrics_hooks(void);

/**
 * Whether a request is one of a handler's for operators, which takes GET and HEAD.
 * @param name as SetHandler has it
 * @return OK if it is, else what the handler returns
 */
int scim_metrics_takes(request_rec *r, const char *name);

#endif
