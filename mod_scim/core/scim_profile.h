/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_PROFILE_H
#define SCIM_PROFILE_H

#include "scim_rate.h"
#include "scim_tenant.h"

/**
 * What a tenant promises beyond RFC 7643 and RFC 7644: the SCIM 2.0 Interoperability Profile
 * (draft-zollner-scim-interop-profile-02) and the IPSIE AL SCIM 2.0 Profile (draft 00). Data only:
 * a profile is the settings it makes and the bounds it puts on an operator's own. docs/profiles.md
 * goes through them row by row.
 */
typedef struct scim_profile_t {
    const char *name;
    int interop;        /* 1: every setting of the interoperability profile */
    int no_credentials; /* 1: no password in the schemas, and none accepted */
    int min_page_size;  /* of a page by default; 0: any */
    int min_operations; /* that one PATCH may have; 0: any */
    int min_per_second; /* that a rate limit lets pass, and there must be one; 0: any or none */
    scim_rate_t rate;   /* where no directive says otherwise; requests 0: no limit */
} scim_profile_t;

/** The profile of a name (tolerant, interop, ipsie; without case), or NULL. Static storage. */
const scim_profile_t *scim_profile_find(const char *name);

/** The profiles one by one, from 0; NULL after the last. */
const scim_profile_t *scim_profile_at(int i);

/** Every name, for a message: "tolerant, interop or ipsie". */
const char *scim_profile_names(void);

/** Give a tenant a profile's settings; directives come after it. */
void scim_profile_apply(scim_tenant_t *tenant, const scim_profile_t *profile);

/**
 * A catalog as a profile wants it: without credentials (attributes that are writeOnly), and with
 * canonicalValues for the `type` of every multi-valued attribute.
 * @param from not changed; the result shares with it what stays as it is
 * @return from itself where the profile changes nothing, else a new catalog in p
 */
const scim_catalog_t *scim_profile_catalog(const scim_profile_t *profile,
                                           const scim_catalog_t *from, apr_pool_t *p);

/**
 * The schema of ServiceProviderConfig (RFC 7643 sections 5 and 8.7.2, RFC 9865, RFC 9967) with the
 * interoperability profile's attribute. Static storage.
 */
const scim_schema_t *scim_profile_config_schema(void);

#endif
