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
 * What a handler for operators answers to other methods than GET and HEAD.
 * @return OK where the method is one of these, else what the handler returns
 */
int scim_metrics_method(request_rec *r);

#endif
