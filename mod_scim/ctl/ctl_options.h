/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_OPTIONS_H
#define SCIM_CTL_OPTIONS_H

#include "ctl.h"

/**
 * Read the command line: c->opt, c->command, c->args. Options may stand anywhere before "--".
 * @return CTL_OK, or CTL_USAGE: said
 */
int ctl_options_parse(ctl_t *c, int argc, const char *const *argv);

/** The help: of c->command, or of all where that is NULL. */
void ctl_options_help(const ctl_t *c, FILE *out);

#endif
