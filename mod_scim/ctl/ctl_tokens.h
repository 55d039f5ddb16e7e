/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_TOKENS_H
#define SCIM_CTL_TOKENS_H

#include "ctl.h"
#include "scim_token.h"

/** What the commands that make secrets share. */

/** What the chosen place's directives say of new tokens; the defaults without a place. */
scim_token_rules_t ctl_token_rules(const ctl_t *c);

/** Who makes it: --creator, else the account behind sudo, else that of the process; or NULL. */
const char *ctl_token_creator(const ctl_t *c);

/** --expires as a token's life; SCIM_TOKEN_LIFE_DEFAULT without it. @return CTL_OK, or said */
int ctl_token_life(int *life, ctl_t *c);

/**
 * Show a secret, this once: on standard output, with what is known about it; with --quiet alone.
 * @param about gets the secret as its member "token"
 */
void ctl_token_show_secret(ctl_t *c, const char *secret, json_t *about);

#endif
