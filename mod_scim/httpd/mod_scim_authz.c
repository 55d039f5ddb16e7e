/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_authz.h"

#include <string.h>

#include <apr_strings.h>

#include <http_request.h>
#include <mod_auth.h>

#include "mod_scim_authz_conf.h"
#include "mod_scim_authz_who.h"
#include "scim_authz.h"
#include "scim_match.h"
#include "scim_text.h"

/* The longest value of a variable; a program's environment has no room for more. */
#define VARIABLE_MAX 65536

/* ---- Require ---- */

/* AUTHZ_GRANTED where there is such a user, and who is set. What cannot be asked grants nothing,
 * and denies nothing either: a line in RequireNone would let the user in. */
static authz_status ask(const scim_authz_who_t **who, request_rec *r, unsigned wants)
{
    if (!r->user || !*r->user) {
        return AUTHZ_DENIED_NO_USER;
    }
    if (scim_authz_who(who, r, wants) != OK) {
        return AUTHZ_GENERAL_ERROR;
    }
    return (*who)->found.state == SCIM_WHO_ACTIVE ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

/*
 * The text of a value for this request, NULL where it comes to nothing. Returns 0 if the expression
 * failed: then nothing is known, as when the database is away.
 */
static int text_of(const char **out, request_rec *r, const scim_authz_value_t *value)
{
    const char *wrong = NULL;
    const char *text = value->text;

    if (value->expr) {
        text = ap_expr_str_exec(r, value->expr, &wrong);
    }
    if (wrong) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "SCIM3345: the expression %s of a Require line failed: %s", value->text,
                      wrong);
        return 0;
    }
    *out = text && *text && scim_text_utf8(text, strlen(text)) ? text : NULL;
    return 1;
}

/* A value as names compare. */
static int folded_of(const char **out, request_rec *r, const scim_authz_value_t *value)
{
    *out = value->folded;
    if (value->folded) {
        return 1;
    }
    if (!text_of(out, r, value)) {
        return 0;
    }
    *out = *out ? scim_text_fold(*out, r->pool) : NULL;
    return 1;
}

static int compares_exactly(request_rec *r)
{
    const scim_dir_t *dir = ap_get_module_config(r->per_dir_config, &scim_module);
    scim_path_t match = scim_authz_match(dir->authz);

    return (match.sub ? match.sub : match.attr)->case_exact;
}

/* Without names, every active user; with names, who of them is named as the user is here. */
static authz_status check_user(request_rec *r, const char *args, const void *parsed)
{
    const scim_authz_line_t *line = parsed;
    const scim_authz_who_t *who;
    authz_status status = ask(&who, r, 0);
    int exact;
    int i;

    (void)args;
    if (status != AUTHZ_GRANTED || line->values->nelts == 0) {
        return status;
    }
    exact = compares_exactly(r);
    for (i = 0; i < line->values->nelts; i++) {
        const scim_authz_value_t *value = &APR_ARRAY_IDX(line->values, i, scim_authz_value_t);
        const char *user = exact ? r->user : scim_text_fold(r->user, r->pool);
        const char *name;
        if (!(exact ? text_of(&name, r, value) : folded_of(&name, r, value))) {
            return AUTHZ_GENERAL_ERROR;
        }
        if (name && strcmp(name, user) == 0) {
            return AUTHZ_GRANTED;
        }
    }
    return AUTHZ_DENIED;
}

static int is_in(const scim_authz_who_t *who, const char *folded, apr_pool_t *p)
{
    int i;

    for (i = 0; i < who->found.groups->nelts; i++) {
        const char *name = APR_ARRAY_IDX(who->found.groups, i, scim_ref_t).display;
        if (name && strcmp(scim_text_fold(name, p), folded) == 0) {
            return 1;
        }
    }
    return 0;
}

static authz_status check_group(request_rec *r, const char *args, const void *parsed)
{
    const scim_authz_line_t *line = parsed;
    const scim_authz_who_t *who;
    authz_status status = ask(&who, r, SCIM_WHO_GROUPS);
    int i;

    (void)args;
    if (status != AUTHZ_GRANTED) {
        return status;
    }
    for (i = 0; i < line->values->nelts; i++) {
        const char *folded;
        if (!folded_of(&folded, r, &APR_ARRAY_IDX(line->values, i, scim_authz_value_t))) {
            return AUTHZ_GENERAL_ERROR;
        }
        if (folded && is_in(who, folded, r->pool)) {
            return AUTHZ_GRANTED;
        }
    }
    return AUTHZ_DENIED;
}

/* What a value of this request compares as; NULL: as nothing that the attribute can have. Returns 0
 * if the expression failed. */
static int test_of(const scim_filter_t **out, request_rec *r, const scim_authz_line_t *line,
                   const scim_authz_value_t *value)
{
    const char *text = NULL;

    *out = value->test;
    if (value->expr && !text_of(&text, r, value)) {
        return 0;
    }
    if (text && scim_authz_test(out, &line->path->path, text, line->path->type, r->pool)) {
        *out = NULL;
    }
    return 1;
}

static authz_status check_attribute(request_rec *r, const char *args, const void *parsed)
{
    const scim_authz_line_t *line = parsed;
    const scim_authz_who_t *who;
    authz_status status = ask(&who, r, scim_authz_wants(line->path));
    int i;

    (void)args;
    if (status != AUTHZ_GRANTED) {
        return status;
    }
    for (i = 0; i < line->values->nelts; i++) {
        const scim_filter_t *test;
        if (!test_of(&test, r, line, &APR_ARRAY_IDX(line->values, i, scim_authz_value_t))) {
            return AUTHZ_GENERAL_ERROR;
        }
        if (test && scim_match(test, who->tree, r->pool)) {
            return AUTHZ_GRANTED;
        }
    }
    return AUTHZ_DENIED;
}

/* ---- the database is away ---- */

static const scim_authz_conf_t *conf_of(const request_rec *r)
{
    const scim_dir_t *dir = ap_get_module_config(r->per_dir_config, &scim_module);

    return dir ? dir->authz : NULL;
}

/*
 * A provider can only say that something is wrong, which httpd answers with 500. So the other hooks
 * are run from here, and what they say is put right. Not asked beforehand, because another line may
 * let the user in without it.
 */
static int run_within(request_rec *r, int (*run)(request_rec *))
{
    const scim_authz_conf_t *conf = conf_of(r);
    scim_authz_state_t *state;
    const request_rec *before;
    int rc;

    if (!conf || !conf->requires) {
        return DECLINED;
    }
    state = scim_authz_state(r);
    if (state->inside == r) {
        return DECLINED;
    }
    before = state->inside;
    state->inside = r;
    state->failed = 0;
    rc = run(r);
    state->inside = before;
    return rc == HTTP_INTERNAL_SERVER_ERROR && state->failed ? state->failed : rc;
}

static int check_authz(request_rec *r)
{
    return run_within(r, ap_run_auth_checker);
}

/* Before anybody is authenticated there is something to ask only if a certificate named a user. */
static int check_access(request_rec *r)
{
    return r->user ? run_within(r, ap_run_access_checker_ex) : DECLINED;
}

/* ---- ScimExportEnv ---- */

/* The first of the paths that has a value. */
static const char *value_of(const scim_authz_export_t *one, const json_t *tree, apr_pool_t *p)
{
    const char *text = NULL;
    int i;

    for (i = 0; !text && i < one->paths->nelts; i++) {
        text = scim_authz_text(&APR_ARRAY_IDX(one->paths, i, const scim_authz_path_t *)->path, tree,
                               p);
    }
    return text;
}

static void export_one(request_rec *r, const scim_authz_export_t *one, const json_t *tree)
{
    const char *text = tree ? value_of(one, tree, r->pool) : NULL;

    /* Whatever it was, it was not said by us. */
    apr_table_unset(r->subprocess_env, one->name);
    if (text && strlen(text) > VARIABLE_MAX) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "SCIM3346: %s is not set: its value would have more than %d bytes", one->name,
                      VARIABLE_MAX);
    } else if (text) {
        apr_table_setn(r->subprocess_env, one->name, text);
    }
}

static int export_all(request_rec *r)
{
    const scim_authz_conf_t *conf = conf_of(r);
    const scim_authz_who_t *who;
    const json_t *tree = NULL;
    int i;

    if (!conf || !conf->exports) {
        return DECLINED;
    }
    if (r->user && *r->user) {
        int rc = scim_authz_who(&who, r, SCIM_WHO_DOC);
        if (rc != OK) {
            return rc;
        }
        tree = who->found.state == SCIM_WHO_ACTIVE ? who->tree : NULL;
    }
    for (i = 0; i < conf->exports->nelts; i++) {
        export_one(r, &APR_ARRAY_IDX(conf->exports, i, scim_authz_export_t), tree);
    }
    return DECLINED;
}

void scim_authz_hooks(apr_pool_t *p)
{
    static const authz_provider user = {check_user, scim_authz_parse_user};
    static const authz_provider group = {check_group, scim_authz_parse_group};
    static const authz_provider attribute = {check_attribute, scim_authz_parse_attribute};

    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "scim-user", AUTHZ_PROVIDER_VERSION, &user,
                              AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "scim-group", AUTHZ_PROVIDER_VERSION, &group,
                              AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "scim-attribute", AUTHZ_PROVIDER_VERSION,
                              &attribute, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(check_authz, NULL, NULL, APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access_ex(check_access, NULL, NULL, APR_HOOK_REALLY_FIRST,
                            AP_AUTH_INTERNAL_PER_CONF);
    /* Before mod_rewrite in a directory, and mod_headers, look at the environment. */
    ap_hook_fixups(export_all, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
