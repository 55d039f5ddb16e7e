/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_audit.h"

#include <apr_escape.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "mod_scim_db.h"

/* One line for many that are left out. */
#define LOG_EVERY (apr_time_from_sec(60))

/* A hundred years of rows, and more than a table holds. */
#define DAYS_MAX 36500
#define ROWS_MAX 2000000000

struct scim_audit_gate_t {
    apr_thread_mutex_t *mutex;
    apr_time_t second; /* which it is, */
    int known;         /* and how many were written in it */
    int strangers;
    unsigned left_out; /* since the last line in the log */
    apr_time_t logged;
};

/* ---- the gate ---- */

void scim_audit_child(apr_pool_t *pchild, server_rec *main_server)
{
    scim_audit_gate_t *gate = apr_pcalloc(pchild, sizeof(*gate));
    server_rec *s;

    if (apr_thread_mutex_create(&gate->mutex, APR_THREAD_MUTEX_DEFAULT, pchild) != APR_SUCCESS) {
        gate = NULL; /* then no refusal is written */
    }
    for (s = main_server; s; s = s->next) {
        scim_server_get(s)->audit = gate;
    }
}

/* Whether one more may be written now. @param left_out how many were not, to be logged; 0: none */
static int may_pass(unsigned *left_out, scim_audit_gate_t *gate, int stranger, apr_time_t now)
{
    int *used = stranger ? &gate->strangers : &gate->known;
    int pass;

    *left_out = 0;
    apr_thread_mutex_lock(gate->mutex);
    if (apr_time_sec(now) != gate->second) {
        gate->second = apr_time_sec(now);
        gate->known = 0;
        gate->strangers = 0;
    }
    pass = *used < (stranger ? SCIM_AUDIT_STRANGERS : SCIM_AUDIT_KNOWN);
    *used += pass;
    gate->left_out += !pass;
    if (gate->left_out && (!gate->logged || now - gate->logged >= LOG_EVERY)) {
        *left_out = gate->left_out;
        gate->left_out = 0;
        gate->logged = now;
    }
    apr_thread_mutex_unlock(gate->mutex);
    return pass;
}

static int passes(request_rec *r, int stranger)
{
    scim_audit_gate_t *gate = scim_server_get(r->server)->audit;
    unsigned left_out;
    int pass;

    if (!gate) {
        return 0;
    }
    pass = may_pass(&left_out, gate, stranger, apr_time_now());
    if (left_out) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "SCIM3300: there are more refused requests than a child puts into the audit "
                      "trail (%d a second, and %d of callers who are not let in); left out since "
                      "the last such line: %u",
                      SCIM_AUDIT_KNOWN, SCIM_AUDIT_STRANGERS, left_out);
    }
    return pass;
}

/* ---- whose ---- */

static const char *request_id(request_rec *r)
{
    const char *id = apr_table_get(r->subprocess_env, "UNIQUE_ID");
    unsigned char random[12];

    if (id) {
        return id;
    }
    if (!r->log_id) {
        ap_run_generate_log_id(r->connection, r, &r->log_id);
    }
    if (r->log_id) {
        return r->log_id;
    }
    apr_generate_random_bytes(random, sizeof(random));
    return apr_pescape_hex(r->pool, random, sizeof(random), 0);
}

static void set_request(scim_audit_who_t *who, request_rec *r)
{
    if (!who->request) {
        who->request = request_id(r);
        apr_table_setn(r->notes, "scim-request", who->request);
    }
}

void scim_audit_user(scim_audit_who_t *who, request_rec *r)
{
    set_request(who, r);
    who->actor = r->user;
    who->actor_id = NULL;
}

/* What a caller who is not let in says of itself proves nothing, and may be another tenant's. */
void scim_audit_who(scim_call_t *call, int admitted)
{
    const scim_caller_t *caller = &call->auth.caller;
    scim_audit_who_t *who = &call->who;
    request_rec *r = call->r;

    set_request(who, r);
    who->actor = NULL;
    who->actor_id = NULL;
    if (admitted) {
        who->actor = caller->title ? caller->title : caller->label;
        who->actor_id = caller->token;
    }
    call->request.who = who;
    if (who->actor) {
        apr_table_setn(r->notes, "scim-caller", who->actor);
    }
}

/* ---- refusals ---- */

/* A refusal that is to be written when its answer is out. */
struct scim_audit_refusal_t {
    scim_call_t call;
    const scim_error_t *err;
};

static int belongs(const scim_call_t *call, const scim_error_t *err)
{
    return !call->gone && scim_service_audits(&call->request, &call->reply, err, call->tenant) &&
           passes(call->r, !call->who.actor);
}

static void write_refusal(const scim_call_t *call, const scim_error_t *refusal, scim_dbd_t *db)
{
    apr_pool_t *p = call->r->pool;
    scim_store_t *store = scim_store_make(db, call->tenant, p);
    const scim_error_t *err =
        scim_service_audit_refused(&call->request, &call->reply, refusal, call->tenant, store, p);

    if (!err) {
        /* A tenant that gets nothing but refusals has no other call for it. */
        scim_audit_tend(call->r, call->tenant->name, store);
    } else {
        ap_log_rerror(APLOG_MARK, scim_db_log_level(err), 0, call->r,
                      "SCIM3301: a refused request of tenant %s could not be put into the audit "
                      "trail: %s: %s",
                      call->tenant->name, err->msgid ? err->msgid : "no id",
                      err->log ? err->log : err->detail);
    }
}

void scim_audit_operation(const scim_call_t *call, const scim_error_t *err)
{
    if (belongs(call, err)) {
        write_refusal(call, err, call->auth.db);
    }
}

void scim_audit_refused(const scim_call_t *call, const scim_error_t *err)
{
    scim_audit_refusal_t *refusal;

    if (belongs(call, err)) {
        refusal = apr_pcalloc(call->r->pool, sizeof(*refusal));
        refusal->call = *call;
        refusal->call.request.who = &refusal->call.who;
        refusal->err = err;
        scim_route_get(call->r)->refusal = refusal;
    }
}

void scim_audit_logged(request_rec *r)
{
    const scim_route_t *route = scim_route_get(r);
    const scim_audit_refusal_t *refusal = route ? route->refusal : NULL;
    const scim_dbd_source_t *source = refusal ? scim_db_source(r->server) : NULL;
    scim_dbd_t *db;

    if (source) {
        db = scim_dbd_make(source, r->pool);
        write_refusal(&refusal->call, refusal->err, db);
        scim_dbd_release(db, 1);
    }
}

void scim_audit_tend_failed(request_rec *r, const char *tenant, const scim_error_t *err)
{
    ap_log_rerror(
        APLOG_MARK, scim_db_log_level(err), 0, r,
        "SCIM3302: old rows of the audit trail of tenant %s could not be deleted, and stay "
        "until another request tries: %s: %s",
        tenant, err->msgid ? err->msgid : "no id", err->log ? err->log : err->detail);
}

void scim_audit_tend(request_rec *r, const char *tenant, scim_store_t *store)
{
    const scim_error_t *err = scim_service_audit_tend(store);

    if (err) {
        scim_audit_tend_failed(r, tenant, err);
    }
}

/* ---- directives ---- */

const char *scim_audit_set_keep(cmd_parms *cmd, void *config, const char *days, const char *rows)
{
    scim_dir_t *dir = config;
    const char *wrong = scim_config_context(cmd);

    if (!wrong) {
        wrong = scim_config_number(&dir->audit_days, days, cmd, 0, DAYS_MAX);
    }
    if (!wrong && rows) {
        wrong = scim_config_number(&dir->audit_rows, rows, cmd, 0, ROWS_MAX);
    }
    return wrong;
}
