/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_LIFE_H
#define SCIM_CTL_LIFE_H

/**
 * How long something lives: "90d", "12h", "30m", "3600s" or "3600", "52w", "10y", "never".
 * @param seconds 0 for never
 * @return 1, or 0 for anything else
 */
int ctl_life_parse(int *seconds, const char *text);

#endif
