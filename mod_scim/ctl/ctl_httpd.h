/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_HTTPD_H
#define SCIM_CTL_HTTPD_H

#include "ctl.h"

/** What scimctl reads from outside: httpd's dump, small files, passwords. */

/**
 * Run httpd -t -D DUMP_SCIM and take what it prints. It is --httpd, or the apachectl or httpd that
 * the module was built for.
 * @return CTL_OK, or exit code: said, with httpd's own words
 */
int ctl_httpd_dump(const char **out, ctl_t *c);

/** A small file's whole content; "-" is standard input. */
int ctl_httpd_file(const char **out, ctl_t *c, const char *path);

/**
 * The password for an account: --password-file, else asked for on the terminal, where there is one.
 * @param out NULL: there is none
 */
int ctl_httpd_password(const char **out, ctl_t *c, const char *user);

#endif
