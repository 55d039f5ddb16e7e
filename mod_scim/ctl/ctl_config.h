/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_CTL_CONFIG_H
#define SCIM_CTL_CONFIG_H

#include "ctl.h"

/** A place where httpd serves SCIM, as it printed it (mod_scim_dump.h). */
struct ctl_place_t {
    const char *server; /* "name:port", or without a port, or "" */
    const char *base;
    const char *at;     /* "file:line" */
    const char *tenant; /* "": it comes from the path or from the token */
    const char *driver;
    const char *params;
    const json_t *json; /* all of it */
};

/**
 * Read the configuration: c->places. Asks httpd itself, so that Include, Define and conditions
 * mean what they mean there. Not with --driver and --params and without a configuration's name:
 * c->places stays NULL.
 * @return CTL_OK, or exit code: said
 */
int ctl_config_read(ctl_t *c);

/**
 * Choose a place by --tenant, --server and --base: c->place and c->driver, c->params. Several that
 * differ in nothing but where they are reached are one.
 */
int ctl_config_choose(ctl_t *c);

/**
 * Choose a database: c->driver and c->params, and c->place as one of those that use it. Any number
 * of places may, as long as they all use the same.
 */
int ctl_config_choose_database(ctl_t *c);

/** The places that --tenant, --server and --base leave: array of const ctl_place_t *. */
apr_array_header_t *ctl_config_matching(const ctl_t *c);

/** A place's tenant as httpd makes it, without a name. @return NULL, or what is wrong */
const char *ctl_config_compile(scim_tenant_t **out, const ctl_place_t *place, apr_pool_t *p);

/** Make c->tenant as the chosen place configures it. */
int ctl_config_tenant(ctl_t *c);

/** "https://scim.example.com/scim/v2": what replies of the place would begin links with. */
const char *ctl_config_base(const ctl_t *c);

#endif
