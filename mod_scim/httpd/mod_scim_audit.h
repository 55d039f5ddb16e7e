/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef MOD_SCIM_AUDIT_H
#define MOD_SCIM_AUDIT_H

#include "mod_scim_http.h"

/**
 * What httpd adds to the audit trail (scim_audit.h): whose request it is, and refusals, which come
 * from every stage of a request. A child writes some of them a second and no more, so that whoever
 * has no token, or a wrong one, cannot fill the database.
 */
typedef struct scim_audit_gate_t scim_audit_gate_t;
typedef struct scim_audit_refusal_t scim_audit_refusal_t;

/** Refusals a second that a child writes: of those who were let in, and of all others. */
#define SCIM_AUDIT_KNOWN 50
#define SCIM_AUDIT_STRANGERS 1

/** In a child: give all servers their gate. */
void scim_audit_child(apr_pool_t *pchild, server_rec *main_server);

/**
 * Say whose request it is, as far as is known now: for the trail, for LogFormat's
 * %{scim-caller}n and %{scim-request}n. The id is mod_unique_id's (UNIQUE_ID), else that of %L.
 * @param admitted 1: the caller was let in
 */
void scim_audit_who(scim_call_t *call, int admitted);

/**
 * The same of what has no SCIM caller but a user whom httpd signed in (r->user).
 * @param who request is left as it is, unless it is NULL
 */
void scim_audit_user(scim_audit_who_t *who, request_rec *r);

/** Tell the trail of a refused operation of a Bulk request, if that belongs there, now. */
void scim_audit_operation(const scim_call_t *call, const scim_error_t *err);

/** The same of a refused request, when its answer is out: nobody waits for that. */
void scim_audit_refused(const scim_call_t *call, const scim_error_t *err);

/** Once a request is over: write what was refused. A failure to do so is only logged. */
void scim_audit_logged(request_rec *r);

/** Log that old rows of a tenant could not be deleted. */
void scim_audit_tend_failed(request_rec *r, const char *tenant, const scim_error_t *err);

/** scim_service_audit_tend(), a failure of which is only logged. */
void scim_audit_tend(request_rec *r, const char *tenant, scim_store_t *store);

/** ScimAuditKeep DAYS [ROWS]. */
const char *scim_audit_set_keep(cmd_parms *cmd, void *config, const char *days, const char *rows);

#endif
