/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_policy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scim_policy.h"

#define THREADS_MAX 64

db_env_t *env;
apr_pool_t *pool;

static pthread_barrier_t barrier;

void policy_setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
}

void policy_teardown(void)
{
    db_env_close(env);
}

/* ---- directives ---- */

static scim_policy_line_t make_line(char *text)
{
    apr_array_header_t *words = apr_array_make(pool, 8, sizeof(const char *));
    scim_policy_line_t line;
    char *state;
    char *word;

    for (word = apr_strtok(text, " ", &state); word; word = apr_strtok(NULL, " ", &state)) {
        char *c;
        for (c = word; *c; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        APR_ARRAY_PUSH(words, const char *) = word;
    }
    line.argv = (const char *const *)(const void *)words->elts + 1;
    line.argc = words->nelts - 1;
    line.name = APR_ARRAY_IDX(words, 0, const char *);
    line.at = "test:1";
    return line;
}

void policy_use(const char *text)
{
    apr_array_header_t *lines = apr_array_make(pool, 8, sizeof(scim_policy_line_t));
    scim_tenant_t *tenant = db_env_tenant(env);
    const char *name = tenant->name;
    char *copy = apr_pstrdup(pool, text);
    const char *wrong;
    char *state;
    char *line;

    for (line = apr_strtok(copy, "\n", &state); line; line = apr_strtok(NULL, "\n", &state)) {
        APR_ARRAY_PUSH(lines, scim_policy_line_t) = make_line(line);
    }
    *tenant = *scim_tenant_make(name, pool);
    tenant->audit = 0;
    wrong = scim_policy_compile(tenant, lines, pool);
    ck_assert_msg(!wrong, "%s", wrong);
}

/* ---- requests ---- */

policy_answer_t policy_send(scim_method_t method, const char *path, const char *body, apr_pool_t *p)
{
    scim_request_t request = {.method = method,
                              .base = "https://host/scim/v2",
                              .path = path,
                              .body = body,
                              .body_len = body ? strlen(body) : 0};
    policy_answer_t answer = {0, "", 0};
    db_request_t r = db_request(env);
    unsigned takes;
    scim_reply_t reply;
    scim_error_t *err =
        scim_service_handle(&reply, &request, db_env_tenant(env), r.store, NULL, r.pool);

    answer.status = err ? err->status : reply.status;
    if (err) {
        answer.text =
            apr_psprintf(p, "%s%s%s", err->detail, err->log ? " | " : "", err->log ? err->log : "");
    } else if (reply.body) {
        answer.text = apr_pstrmemdup(p, reply.body->data, reply.body->len);
    }
    scim_dbd_counts(r.db, &answer.statements, &takes);
    db_request_end(&r);
    return answer;
}

int policy_status(scim_method_t method, const char *path, const char *body)
{
    return policy_send(method, path, body, pool).status;
}

const char *policy_user(const char *name, const char *more, apr_pool_t *p)
{
    return apr_psprintf(p, "{\"schemas\":[\"%s\"],\"userName\":\"%s\"%s%s}", SCIM_URN_USER, name,
                        *more ? "," : "", more);
}

static const char *add(const char *path, const char *body)
{
    policy_answer_t answer = policy_send(SCIM_POST, path, body, pool);
    json_t *root;

    ck_assert_msg(answer.status == 201, "%s: %d %s", body, answer.status, answer.text);
    db_ok(scim_json_load(&root, answer.text, strlen(answer.text), NULL, pool));
    return json_string_value(json_object_get(root, "id"));
}

const char *policy_add_user(const char *name, const char *more)
{
    return add("/Users", policy_user(name, more, pool));
}

const char *policy_add_group(const char *name)
{
    return add("/Groups", apr_psprintf(pool, "{\"schemas\":[\"%s\"],\"displayName\":\"%s\"}",
                                       SCIM_URN_GROUP, name));
}

int policy_patch_by(const char *type, const char *id, const char *operation, apr_pool_t *p)
{
    return policy_send(SCIM_PATCH, apr_pstrcat(p, "/", type, "/", id, NULL),
                       apr_psprintf(p, "{\"schemas\":[\"%s\"],\"Operations\":[%s]}", SCIM_URN_PATCH,
                                    operation),
                       p)
        .status;
}

int policy_patch(const char *type, const char *id, const char *operation)
{
    return policy_patch_by(type, id, operation, pool);
}

const char *policy_add_member(const char *id, apr_pool_t *p)
{
    return apr_psprintf(p, "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"%s\"}]}",
                        id);
}

const char *policy_drop_member(const char *id, apr_pool_t *p)
{
    return apr_psprintf(p, "{\"op\":\"remove\",\"path\":\"members[value eq \\\"%s\\\"]\"}", id);
}

/* ---- members ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *policy_groups_of(const char *user)
{
    apr_array_header_t *names = apr_array_make(pool, 4, sizeof(const char *));
    db_request_t r = db_request(env);
    apr_array_header_t *refs;
    const char *out;
    scim_row_t *row;
    int i;

    db_ok(scim_store_get(&row, r.store, db_type("User"), user, r.pool));
    ck_assert_ptr_nonnull(row);
    db_ok(scim_store_groups_of(&refs, r.store, row, r.pool));
    for (i = 0; i < refs->nelts; i++) {
        APR_ARRAY_PUSH(names, const char *) =
            apr_pstrdup(pool, APR_ARRAY_IDX(refs, i, scim_ref_t).display);
    }
    db_request_end(&r);
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), compare_names);
    out = apr_array_pstrcat(pool, names, ',');
    return out;
}

void policy_check_members(void)
{
    /* Each group's own count, */
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource g WHERE g.tenant = %s "
                                   "AND g.type = 'Group' AND g.members <> (SELECT COUNT(*) "
                                   "FROM scim_member m WHERE m.group_rid = g.rid)"),
                     0);
    /* and each member's own row: one entry for each of its groups, and no more. */
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_member m JOIN scim_resource u "
                                   "ON u.rid = m.member_rid JOIN scim_resource g "
                                   "ON g.rid = m.group_rid WHERE m.tenant = %s "
                                   "AND u.type = 'User' "
                                   "AND COALESCE(INSTR(u.member_of, g.id), 0) = 0"),
                     0);
    ck_assert_int_eq(
        db_count(env, "SELECT COALESCE(SUM(LENGTH(u.member_of) - LENGTH(REPLACE(u.member_of, '\r', "
                      "''))), 0) FROM scim_resource u WHERE u.type = 'User' AND u.tenant = %s"),
        db_count(env, "SELECT COUNT(*) FROM scim_member m JOIN scim_resource u "
                      "ON u.rid = m.member_rid WHERE u.type = 'User' AND m.tenant = %s"));
}

/* ---- threads ---- */

void policy_wait(void)
{
    pthread_barrier_wait(&barrier);
}

void policy_run(int n, void *(*fn)(void *))
{
    static int numbers[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    int i;

    ck_assert_int_le(n, THREADS_MAX);
    pthread_barrier_init(&barrier, NULL, (unsigned)n);
    for (i = 0; i < n; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fn, &numbers[i]), 0);
    }
    for (i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}
