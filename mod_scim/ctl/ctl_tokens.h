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
 * @param about gets the secret as its member name
 */
void ctl_token_show_secret(ctl_t *c, const char *name, const char *secret, json_t *about);

/** A text or JSON null, as a new reference. */
json_t *ctl_token_text_new(const char *text);

/** The words after a command, each revoked in turn. @return the worst exit code */
int ctl_token_each(ctl_t *c, int (*revoke)(ctl_t *c, const char *id));

#endif
