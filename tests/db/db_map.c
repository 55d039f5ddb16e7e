/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_map.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_policy.h"

/* ---- the application ---- */

static const char *const mysql_tables[] = {
    "CREATE TABLE app_user (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, "
    "login VARCHAR(60) NOT NULL, mail VARCHAR(40) NULL, given VARCHAR(60) NULL, "
    "role ENUM('ADMIN','CREATOR','SEAT','OWNER') NOT NULL DEFAULT 'SEAT', "
    "active TINYINT NOT NULL DEFAULT 1, rank INT NULL CHECK (rank < 100), "
    "dept INT NULL, org VARCHAR(60) NOT NULL DEFAULT '', hired DATETIME NULL, "
    "note TEXT NULL, UNIQUE KEY one_login (org, login), UNIQUE KEY one_mail (mail), "
    "CONSTRAINT of_dept FOREIGN KEY (dept) REFERENCES app_dept (id)) ENGINE=InnoDB",
    "CREATE TABLE app_team (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, "
    "name VARCHAR(60) NOT NULL UNIQUE, org VARCHAR(60) NOT NULL DEFAULT '') ENGINE=InnoDB",
    "CREATE TABLE app_in_team (team INT NOT NULL, member INT NOT NULL, "
    "source VARCHAR(10) NOT NULL DEFAULT 'local', PRIMARY KEY (team, member), KEY (member)) "
    "ENGINE=InnoDB",
    "CREATE TABLE app_account (uid VARCHAR(60) NOT NULL PRIMARY KEY, "
    "email VARCHAR(60) NOT NULL UNIQUE, given VARCHAR(60) NULL) ENGINE=InnoDB",
    "CREATE TABLE app_seat (team VARCHAR(64) NOT NULL, account VARCHAR(60) NOT NULL, "
    "role VARCHAR(10) NOT NULL, PRIMARY KEY (team, account), KEY (account), "
    "FOREIGN KEY (account) REFERENCES app_account (uid)) ENGINE=InnoDB",
    NULL};

static const char *const sqlite_tables[] = {
    "CREATE TABLE app_user (id INTEGER PRIMARY KEY, "
    "login TEXT NOT NULL CHECK (LENGTH(login) <= 60), mail TEXT NULL CHECK (LENGTH(mail) <= 40), "
    "given TEXT NULL, role TEXT NOT NULL DEFAULT 'SEAT' "
    "CHECK (role IN ('ADMIN','CREATOR','SEAT','OWNER')), "
    "active INTEGER NOT NULL DEFAULT 1, rank INTEGER NULL CHECK (rank < 100), "
    "dept INTEGER NULL REFERENCES app_dept (id), org TEXT NOT NULL DEFAULT '', hired TEXT NULL, "
    "note TEXT NULL, UNIQUE (org, login), UNIQUE (mail))",
    "CREATE TABLE app_team (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "org TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE app_in_team (team INTEGER NOT NULL, member INTEGER NOT NULL, "
    "source TEXT NOT NULL DEFAULT 'local', PRIMARY KEY (team, member))",
    "CREATE TABLE app_account (uid TEXT NOT NULL PRIMARY KEY, email TEXT NOT NULL UNIQUE, "
    "given TEXT NULL)",
    "CREATE TABLE app_seat (team TEXT NOT NULL, "
    "account TEXT NOT NULL REFERENCES app_account (uid), role TEXT NOT NULL, PRIMARY KEY (team, "
    "account))",
    NULL};

void db_app_create(db_env_t *env)
{
    static const char *const names[] = {"app_in_team", "app_team",    "app_user",
                                        "app_seat",    "app_account", "app_dept"};
    const char *const *sql = db_env_is_mysql(env) ? mysql_tables : sqlite_tables;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        db_sql(env, apr_pstrcat(db_env_pool(env), "DROP TABLE IF EXISTS ", names[i], NULL));
    }
    db_sql(env, "CREATE TABLE app_dept (id INT NOT NULL PRIMARY KEY)");
    db_sql(env, "INSERT INTO app_dept VALUES (7)");
    for (; *sql; sql++) {
        db_sql(env, *sql);
    }
}

/* ---- directives ---- */

static void add_line(apr_array_header_t *lines, char *text, int number, apr_pool_t *p)
{
    scim_policy_line_t *line;
    char **words;
    int n = 0;

    ck_assert_int_eq(apr_tokenize_to_argv(text, &words, p), APR_SUCCESS);
    while (words[n]) {
        n++;
    }
    if (n == 0) {
        return;
    }
    line = apr_array_push(lines);
    line->name = words[0];
    line->argc = n - 1;
    line->argv = (const char *const *)(words + 1);
    line->at = apr_psprintf(p, "test.conf:%d", number);
}

const char *db_policy_wrong(db_env_t *env, const char *text)
{
    apr_pool_t *p = db_env_pool(env);
    apr_array_header_t *lines = apr_array_make(p, 16, sizeof(scim_policy_line_t));
    char *copy = apr_pstrdup(p, text);
    char *state;
    char *line;
    int number = 1;

    for (line = apr_strtok(copy, "\n", &state); line; line = apr_strtok(NULL, "\n", &state)) {
        add_line(lines, line, number++, p);
    }
    return scim_policy_compile(db_env_tenant(env), lines, p);
}

void db_policy(db_env_t *env, const char *text)
{
    const char *wrong = db_policy_wrong(env, text);

    ck_assert_msg(!wrong, "%s", wrong ? wrong : "");
}

/* ---- requests ---- */

static scim_error_t *take_piece(void *baton, const char *data, apr_size_t len)
{
    scim_buf_add(baton, data, len);
    return NULL;
}

static const json_t *parsed(const scim_buf_t *text, apr_pool_t *p)
{
    json_t *root;

    if (text->len == 0) {
        return NULL;
    }
    db_ok(scim_json_load(&root, text->data, text->len, NULL, p));
    return root;
}

db_answer_t db_serve(db_env_t *env, scim_method_t method, const char *path, const char *query,
                     const char *body)
{
    db_request_t r = db_request(env);
    scim_buf_t *text = scim_buf_make(0, r.pool);
    scim_sink_t sink = {take_piece, text};
    scim_request_t request = {.method = method,
                              .base = "https://host/scim/v2",
                              .path = path,
                              .query = query,
                              .body = body,
                              .body_len = body ? strlen(body) : 0};
    db_answer_t answer = {0};
    scim_reply_t reply;
    scim_error_t *err =
        scim_service_handle(&reply, &request, db_env_tenant(env), r.store, &sink, r.pool);
    unsigned takes;

    scim_dbd_counts(r.db, &answer.statements, &takes);
    answer.status = err ? err->status : reply.status;
    if (err) {
        answer.detail = err->detail;
        answer.msgid = err->msgid;
        answer.log = err->log;
    } else if (reply.body) {
        scim_buf_add(text, reply.body->data, reply.body->len);
        answer.body = parsed(text, r.pool);
        answer.id = json_string_value(json_object_get(answer.body, "id"));
    }
    scim_dbd_release(r.db, 1); /* the answer lives in the request's pool until the test's end */
    return answer;
}

db_answer_t db_post_user(db_env_t *env, const char *name, const char *more)
{
    return db_serve(env, SCIM_POST, "/Users", NULL,
                    apr_psprintf(db_env_pool(env),
                                 "{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"%s\"%s%s}",
                                 name, more ? "," : "", more ? more : ""));
}

const char *db_patch(db_env_t *env, const char *op, const char *path, const char *value)
{
    return apr_psprintf(db_env_pool(env),
                        "{\"schemas\":[\"" SCIM_URN_PATCH "\"],\"Operations\":[{\"op\":\"%s\","
                        "\"path\":\"%s\"%s%s}]}",
                        op, path, value ? ",\"value\":" : "", value ? value : "");
}

const char *db_eq(db_env_t *env, const char *attr, const char *value)
{
    return apr_psprintf(db_env_pool(env), "filter=%s%%20eq%%20%%22%s%%22", attr, value);
}
