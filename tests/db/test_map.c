/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/* Mappings: what lands in the application's tables, what they refuse, what events do to them. */
#include "db_map.h"

#include <string.h>

#include <apr_strings.h>

#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/* Every kind of value. */
#define USERS                                                                                      \
    "ScimMapTable User app_user key=id\n"                                                          \
    "ScimMap User userName login\n"                                                                \
    "ScimMap User \"emails[type eq \\\"work\\\"].value\" mail\n"                                   \
    "ScimMap User name.givenName given\n"                                                          \
    "ScimMap User userType role translate=admin:ADMIN,user:CREATOR,view:SEAT\n"                    \
    "ScimMap User active active\n"                                                                 \
    "ScimMap User title rank\n"                                                                    \
    "ScimMap User " ENTERPRISE ":department dept\n"                                                \
    "ScimMapConstant User org {tenant}\n"

#define TEAMS                                                                                      \
    "ScimMapTable Group app_team key=id\n"                                                         \
    "ScimMap Group displayName name\n"                                                             \
    "ScimMapConstant Group org {tenant}\n"                                                         \
    "ScimMapMembers app_in_team group=team user=member source=scim\n"

static db_env_t *env;
static apr_pool_t *pool;

static void setup(void)
{
    env = db_env_open(NULL);
    pool = db_env_pool(env);
    db_app_create(env);
}

static void teardown(void)
{
    db_env_close(env);
}

static const char *path_of(const char *endpoint, const char *id)
{
    return apr_psprintf(pool, "/%s/%s", endpoint, id);
}

/* The columns of the one row of a login, joined by |. */
static const char *row_of(const char *login)
{
    return db_value(env, apr_psprintf(pool,
                                      db_env_is_mysql(env)
                                          ? "SELECT CONCAT_WS('|', COALESCE(mail,'-'), "
                                            "COALESCE(given,'-'), role, active, "
                                            "COALESCE(rank,'-'), COALESCE(dept,'-'), org) "
                                            "FROM app_user WHERE login = '%s'"
                                          : "SELECT COALESCE(mail,'-')||'|'||COALESCE(given,'-')"
                                            "||'|'||role||'|'||active||'|'||COALESCE(rank,'-')"
                                            "||'|'||COALESCE(dept,'-')||'|'||org "
                                            "FROM app_user WHERE login = '%s'",
                                      login));
}

static const char *expected(const char *front)
{
    return apr_pstrcat(pool, front, "|", db_env_tenant(env)->name, NULL);
}

#define row_is(login, front) ck_assert_str_eq(row_of(login), expected(front))

static apr_int64_t users(void)
{
    return db_int(env, "SELECT COUNT(*) FROM app_user");
}

static apr_int64_t links(void)
{
    return db_count(env, "SELECT COUNT(*) FROM scim_link WHERE tenant = %s");
}

static db_answer_t patch_user(const char *id, const char *op, const char *path, const char *value)
{
    return db_serve(env, SCIM_PATCH, path_of("Users", id), NULL, db_patch(env, op, path, value));
}

/* ---- rows ---- */

START_TEST(a_user_is_a_row)
{
    db_answer_t a;

    db_policy(env, USERS);
    a = db_post_user(env, "jane",
                     "\"name\":{\"givenName\":\"Jane\"},\"userType\":\"Admin\",\"title\":\"9\","
                     "\"emails\":[{\"value\":\"h@x\",\"type\":\"home\",\"primary\":true},"
                     "{\"value\":\"w@x\",\"type\":\"work\"}],\"" ENTERPRISE "\":{\"department\":"
                     "\"7\"}");
    ck_assert_int_eq(a.status, 201);
    row_is("jane", "w@x|Jane|ADMIN|1|9|7");
    ck_assert_int_eq(links(), 1);
    a = patch_user(a.id, "replace", "active", "false");
    ck_assert_int_eq(a.status, 200);
    row_is("jane", "w@x|Jane|ADMIN|0|9|7");
    a = patch_user(a.id, "remove", "emails[type eq \\\"work\\\"]", NULL);
    ck_assert_int_eq(a.status, 200);
    row_is("jane", "-|Jane|ADMIN|0|9|7");
    ck_assert_int_eq(db_serve(env, SCIM_DELETE, path_of("Users", a.id), NULL, NULL).status, 204);
    ck_assert_int_eq(users(), 0);
    ck_assert_int_eq(links(), 0);
}
END_TEST

START_TEST(an_absent_attribute_takes_the_default)
{
    db_policy(env, USERS);
    ck_assert_int_eq(db_post_user(env, "joe", NULL).status, 201);
    row_is("joe", "-|-|SEAT|1|-|-");
}
END_TEST

START_TEST(put_writes_over_what_the_application_changed)
{
    db_answer_t a;
    const char *body;

    db_policy(env, USERS);
    a = db_post_user(env, "jane", "\"name\":{\"givenName\":\"Jane\"}");
    db_sql(env, "UPDATE app_user SET given = 'Local', mail = 'local@x'");
    body = apr_psprintf(pool, "{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"jane\","
                              "\"name\":{\"givenName\":\"Jane\"}}");
    a = db_serve(env, SCIM_PUT, path_of("Users", a.id), NULL, body);
    ck_assert_int_eq(a.status, 200);
    /* What no client ever had a value for is the application's. */
    row_is("jane", "local@x|Jane|SEAT|1|-|-");
}
END_TEST

START_TEST(a_row_that_is_gone_is_made_anew)
{
    db_answer_t a;
    db_answer_t g;

    db_policy(env, USERS TEAMS);
    a = db_post_user(env, "jane", NULL);
    g = db_serve(env, SCIM_POST, "/Groups", NULL,
                 apr_psprintf(pool,
                              "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"T\","
                              "\"members\":[{\"value\":\"%s\"}]}",
                              a.id));
    ck_assert_int_eq(g.status, 201);
    db_sql(env, "DELETE FROM app_in_team");
    db_sql(env, "DELETE FROM app_user");
    db_sql(env, "INSERT INTO app_user (id, login) VALUES (900, 'other')");
    ck_assert_int_eq(patch_user(a.id, "replace", "title", "\"5\"").status, 200);
    row_is("jane", "-|-|SEAT|1|5|-");
    ck_assert_int_eq(links(), 2);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_in_team j JOIN app_user u "
                                 "ON u.id = j.member WHERE u.login = 'jane'"),
                     1);
}
END_TEST

START_TEST(a_resource_of_before_the_mapping_gets_a_row)
{
    db_answer_t a = db_post_user(env, "jane", NULL);

    db_policy(env, USERS);
    ck_assert_int_eq(users(), 0);
    ck_assert_int_eq(patch_user(a.id, "replace", "title", "\"3\"").status, 200);
    row_is("jane", "-|-|SEAT|1|3|-");
    ck_assert_int_eq(links(), 1);
}
END_TEST

START_TEST(the_key_can_be_the_id_or_the_name)
{
    db_answer_t a;

    db_policy(env, "ScimMapTable User app_account key=uid\nScimMap User id uid\n"
                   "ScimMap User userName email\n");
    a = db_post_user(env, "jane@x", NULL);
    ck_assert_str_eq(db_value(env, "SELECT uid FROM app_account"), a.id);
    db_sql(env, "DELETE FROM app_account");
    db_policy(env, "ScimMapTable User app_account key=uid\nScimMap User userName uid\n"
                   "ScimMap User name.givenName given\nScimMap User \"emails.value\" email\n");
    a = db_post_user(env, "joe", "\"emails\":[{\"value\":\"joe@x\"}]");
    ck_assert_int_eq(a.status, 201);
    ck_assert_int_eq(patch_user(a.id, "replace", "userName", "\"joseph\"").status, 200);
    ck_assert_str_eq(db_value(env, "SELECT uid FROM app_account"), "joseph");
    ck_assert_int_eq(patch_user(a.id, "replace", "name.givenName", "\"J\"").status, 200);
    ck_assert_str_eq(db_value(env, "SELECT given FROM app_account"), "J");
}
END_TEST

START_TEST(booleans_and_times_are_written_as_told)
{
    db_policy(env, "ScimMapTable User app_user key=id\nScimMap User userName login\n"
                   "ScimMap User active note true=yes false=no\n");
    ck_assert_int_eq(db_post_user(env, "a", "\"active\":false").status, 201);
    ck_assert_str_eq(db_value(env, "SELECT note FROM app_user WHERE login = 'a'"), "no");
    ck_assert_int_eq(db_post_user(env, "b", NULL).status, 201);
    ck_assert_str_eq(db_value(env, "SELECT note FROM app_user WHERE login = 'b'"), "yes");
}
END_TEST

/* ---- refusals ---- */

/* A POST that the application's table refuses: the status, and what the detail must name. */
static void refused(const char *name, const char *more, int status, const char *attribute,
                    const char *column)
{
    apr_int64_t before = users();
    db_answer_t a = db_post_user(env, name, more);

    ck_assert_msg(a.status == status, "%d %s", a.status, a.detail ? a.detail : "");
    ck_assert_msg(!attribute || strstr(a.detail, attribute), "%s", a.detail);
    ck_assert_msg(!column || strstr(a.detail, column), "%s", a.detail);
    ck_assert_ptr_null(strstr(a.detail, "secret"));
    ck_assert_int_eq(users(), before);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_link WHERE tenant = %s"), before);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), before);
}

#define WORK(mail) "[{\"type\":\"work\",\"value\":\"" mail "\"}]"
#define LONG_MAIL WORK("secret5678901234567890123456789012345678901")

START_TEST(what_a_column_refuses_names_the_attribute)
{
    db_policy(env, USERS);
    ck_assert_int_eq(db_post_user(env, "first", "\"emails\":" WORK("secret")).status, 201);
    refused("long", "\"emails\":" LONG_MAIL, 400, "emails", "mail");
    refused("word", "\"userType\":\"secret\"", 400, "userType", "admin, user, view");
    refused("big", "\"title\":\"100\"", 400, db_env_is_mysql(env) ? NULL : "title", "rank");
    refused("dept", "\"" ENTERPRISE "\":{\"department\":\"8\"}", 400,
            db_env_is_mysql(env) ? "department" : NULL, NULL);
    refused("twice", "\"emails\":" WORK("secret"), 409, "emails", "mail");
    if (db_env_is_mysql(env)) {
        refused("word", "\"title\":\"secret\"", 400, "title", "rank");
        refused("number", "\"title\":\"99999999999\"", 400, "title", "rank");
    }
}
END_TEST

START_TEST(a_column_that_needs_a_value_names_itself)
{
    db_policy(env, "ScimMapTable User app_account key=uid\nScimMap User userName uid\n"
                   "ScimMap User \"emails.value\" email\n");
    refused("jane", NULL, 400, db_env_is_mysql(env) ? NULL : "emails", "email");
}
END_TEST

START_TEST(a_change_that_is_refused_changes_nothing)
{
    db_answer_t a;
    db_answer_t b;

    db_policy(env, USERS);
    a = db_post_user(env, "jane", "\"title\":\"1\"");
    b = patch_user(a.id, "replace", "emails", LONG_MAIL);
    ck_assert_int_eq(b.status, 400);
    row_is("jane", "-|-|SEAT|1|1|-");
    b = db_serve(env, SCIM_GET, path_of("Users", a.id), NULL, NULL);
    ck_assert_ptr_null(json_object_get(b.body, "emails"));
}
END_TEST

START_TEST(a_row_that_others_need_stays)
{
    db_answer_t a;
    db_answer_t b;

    db_policy(env, "ScimMapTable User app_account key=uid\nScimMap User userName uid\n"
                   "ScimMap User \"emails.value\" email\n");
    a = db_post_user(env, "jane", "\"emails\":[{\"value\":\"j@x\"}]");
    db_sql(env, "INSERT INTO app_seat VALUES ('t', 'jane', 'user')");
    b = db_serve(env, SCIM_DELETE, path_of("Users", a.id), NULL, NULL);
    ck_assert_int_eq(b.status, 409);
    ck_assert_int_eq(db_serve(env, SCIM_GET, path_of("Users", a.id), NULL, NULL).status, 200);
}
END_TEST

START_TEST(a_column_dropped_later_fails_whole)
{
    db_answer_t a;

    db_policy(env, USERS);
    ck_assert_int_eq(db_post_user(env, "jane", NULL).status, 201);
    db_sql(env, "ALTER TABLE app_user DROP COLUMN given");
    a = db_post_user(env, "joe", "\"name\":{\"givenName\":\"Joe\"}");
    /* SQLite notices before the statement begins, and the tables are checked again. */
    ck_assert_int_eq(a.status, db_env_is_mysql(env) ? 500 : 503);
    ck_assert_str_eq(a.msgid, db_env_is_mysql(env) ? "SCIM2241" : "SCIM2240");
    ck_assert_ptr_nonnull(strstr(a.log, "app_user"));
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 1);
}
END_TEST

static void lock_table(void *baton)
{
    (void)baton;
    db_sql(env, db_env_is_mysql(env) ? "SELECT GET_LOCK('never', 0)" : "SELECT 1");
}

START_TEST(a_locked_table_is_503)
{
    db_fault_t busy = {DB_FAULT_NUMBER, "INSERT INTO `app_user`", 1205, 3, lock_table, NULL};
    db_answer_t a;

    db_policy(env, USERS);
    db_fault(env, &busy);
    a = db_post_user(env, "jane", NULL);
    ck_assert_int_eq(a.status, 503);
    ck_assert_int_eq(db_fault_count(env), 3);
    ck_assert_int_eq(db_count(env, "SELECT COUNT(*) FROM scim_resource WHERE tenant = %s"), 0);
    ck_assert_int_eq(db_post_user(env, "jane", NULL).status, 201);
}
END_TEST

/* ---- what is checked ---- */

static void misfit(const char *lines, const char *says)
{
    db_answer_t a;

    db_policy(env, lines);
    a = db_post_user(env, "jane", NULL);
    ck_assert_int_eq(a.status, 503);
    ck_assert_str_eq(a.msgid, "SCIM2240");
    ck_assert_msg(strstr(a.log, says) && strstr(a.log, "test.conf:"), "%s", a.log);
}

START_TEST(tables_are_checked_before_the_first_write)
{
    misfit("ScimMapTable User nowhere key=id\nScimMap User userName login\n", "no table nowhere");
    misfit("ScimMapTable User app_user key=number\nScimMap User userName login\n",
           "app_user has no column number");
    misfit("ScimMapTable User app_user key=id\nScimMap User userName nick\n",
           "app_user has no column nick");
    misfit("ScimMapTable User app_user key=org\nScimMap User userName login\n",
           "nothing gives new rows of app_user their key");
    misfit("ScimMapTable User app_user key=id\nScimMap User userName login\n"
           "ScimMapConstant User tenant x\n",
           "app_user has no column tenant");
    misfit("ScimMapTable User app_user key=id\nScimMap User userName login\n"
           "ScimMapLink User app_seat account=who\n",
           "app_seat has no column who");
    misfit(USERS "ScimMapTable Group app_team key=id\nScimMap Group displayName name\n"
                 "ScimMapMembers app_seat group=role user=team\n",
           "needs a unique key over role and team");
}
END_TEST

/* ---- events ---- */

START_TEST(deprovision_delete_deletes_the_row)
{
    db_answer_t a;

    db_policy(env, USERS);
    db_env_tenant(env)->deprovision = SCIM_DEPROVISION_DELETE;
    a = db_post_user(env, "jane", "\"title\":\"1\"");
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "false").status, 200);
    ck_assert_int_eq(users(), 0);
    ck_assert_int_eq(links(), 0);
    ck_assert_int_eq(patch_user(a.id, "replace", "title", "\"2\"").status, 200);
    ck_assert_int_eq(users(), 0);
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "true").status, 200);
    ck_assert_int_eq(users(), 1);
    ck_assert_int_eq(db_post_user(env, "never", "\"active\":false").status, 201);
    ck_assert_int_eq(users(), 1);
}
END_TEST

START_TEST(events_set_columns_or_keep_the_row)
{
    db_answer_t a;

    db_policy(env, USERS "ScimMapOn User deactivate set:note=left,role=SEAT\n"
                         "ScimMapOn User activate set:note=back\n"
                         "ScimMapOn User delete set:note=deleted\n");
    a = db_post_user(env, "jane", "\"userType\":\"admin\"");
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "false").status, 200);
    row_is("jane", "-|-|SEAT|0|-|-");
    ck_assert_str_eq(db_value(env, "SELECT note FROM app_user"), "left");
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "true").status, 200);
    row_is("jane", "-|-|ADMIN|1|-|-");
    ck_assert_str_eq(db_value(env, "SELECT note FROM app_user"), "back");
    ck_assert_int_eq(db_serve(env, SCIM_DELETE, path_of("Users", a.id), NULL, NULL).status, 204);
    ck_assert_str_eq(db_value(env, "SELECT note FROM app_user"), "deleted");
    ck_assert_int_eq(links(), 0);

    db_app_create(env);
    db_policy(env, USERS "ScimMapOn User deactivate keep\nScimMapOn User delete keep\n");
    a = db_post_user(env, "joe", "\"title\":\"1\"");
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "false").status, 200);
    row_is("joe", "-|-|SEAT|1|1|-");
    ck_assert_int_eq(db_serve(env, SCIM_DELETE, path_of("Users", a.id), NULL, NULL).status, 204);
    row_is("joe", "-|-|SEAT|1|1|-");
}
END_TEST

START_TEST(what_an_ended_account_leaves_stays)
{
    const char *id;
    db_answer_t a;

    db_policy(env, USERS TEAMS "ScimMapOn User deactivate set:note=left\n");
    db_env_tenant(env)->deprovision = SCIM_DEPROVISION_DELETE;
    id = db_post_user(env, "jane", "\"title\":\"1\"").id;
    a = db_serve(env, SCIM_POST, "/Groups", NULL,
                 apr_psprintf(pool,
                              "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"T\","
                              "\"members\":[{\"value\":\"%s\"}]}",
                              id));
    ck_assert_int_eq(a.status, 201);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_in_team"), 1);
    ck_assert_int_eq(patch_user(id, "replace", "active", "false").status, 200);
    row_is("jane", "-|-|SEAT|1|1|-");
    ck_assert_str_eq(db_value(env, "SELECT note FROM app_user"), "left");
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_in_team"), 0);
    ck_assert_int_eq(db_serve(env, SCIM_DELETE, path_of("Users", id), NULL, NULL).status, 204);
    row_is("jane", "-|-|SEAT|1|1|-");
}
END_TEST

/* ---- shared accounts ---- */

#define ACCOUNTS                                                                                   \
    "ScimMapTable User app_account key=uid\n"                                                      \
    "ScimMap User id uid\n"                                                                        \
    "ScimMap User userName email\n"                                                                \
    "ScimMap User name.givenName given\n"                                                          \
    "ScimMapLink User app_seat account=account team={tenant} role=user\n"

static apr_int64_t seats(void)
{
    return db_count(env, "SELECT COUNT(*) FROM app_seat WHERE team = %s");
}

START_TEST(an_account_of_other_tenants_is_linked)
{
    db_answer_t a;

    db_policy(env, ACCOUNTS);
    db_env_tenant(env)->deprovision = SCIM_DEPROVISION_UNLINK;
    db_sql(env, "INSERT INTO app_account VALUES ('g1', 'jane@x', 'Global')");
    db_sql(env, "INSERT INTO app_seat VALUES ('elsewhere', 'g1', 'admin')");
    a = db_post_user(env, "Jane@X", "\"name\":{\"givenName\":\"Jane\"}");
    ck_assert_int_eq(a.status, 201);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_account"), 1);
    ck_assert_str_eq(db_value(env, "SELECT given FROM app_account"), "Jane");
    ck_assert_int_eq(seats(), 1);
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "false").status, 200);
    ck_assert_int_eq(seats(), 0);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_seat"), 1);
    ck_assert_str_eq(db_value(env, "SELECT given FROM app_account"), "Jane");
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "true").status, 200);
    ck_assert_int_eq(seats(), 1);
    ck_assert_int_eq(db_serve(env, SCIM_DELETE, path_of("Users", a.id), NULL, NULL).status, 204);
    ck_assert_int_eq(seats(), 0);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_account"), 1);
    ck_assert_int_eq(links(), 0);
}
END_TEST

START_TEST(who_is_in_the_team_already_is_409)
{
    db_answer_t a;

    db_policy(env, ACCOUNTS);
    db_sql(env, "INSERT INTO app_account VALUES ('g1', 'jane@x', 'Global')");
    db_sql(env, apr_psprintf(pool, "INSERT INTO app_seat VALUES ('%s', 'g1', 'user')",
                             db_env_tenant(env)->name));
    a = db_post_user(env, "jane@x", NULL);
    ck_assert_int_eq(a.status, 409);
    ck_assert_ptr_nonnull(strstr(a.detail, "already exists in the database and in the team"));
    ck_assert_str_eq(db_value(env, "SELECT given FROM app_account"), "Global");
}
END_TEST

START_TEST(an_unlinked_account_can_be_taken_over_by_another_resource)
{
    db_answer_t a;

    db_policy(env, ACCOUNTS);
    db_env_tenant(env)->deprovision = SCIM_DEPROVISION_UNLINK;
    a = db_post_user(env, "jane@x", NULL);
    ck_assert_int_eq(patch_user(a.id, "replace", "userName", "\"gone@x\"").status, 200);
    ck_assert_int_eq(patch_user(a.id, "replace", "active", "false").status, 200);
    ck_assert_int_eq(patch_user(a.id, "replace", "userName", "\"tombstone\"").status, 200);
    ck_assert_int_eq(db_post_user(env, "gone@x", NULL).status, 201);
    ck_assert_int_eq(links(), 1);
    ck_assert_int_eq(seats(), 1);
}
END_TEST

/* ---- members ---- */

static apr_int64_t in_team(void)
{
    return db_int(env, "SELECT COUNT(*) FROM app_in_team");
}

static const char *members(const char *const *ids, int n)
{
    const char *out = "[";
    int i;

    for (i = 0; i < n; i++) {
        out = apr_pstrcat(pool, out, i ? "," : "", "{\"value\":\"", ids[i], "\"}", NULL);
    }
    return apr_pstrcat(pool, out, "]", NULL);
}

START_TEST(members_are_rows_of_the_join_table)
{
    const char *ids[3];
    db_answer_t g;
    const char *path;
    int i;

    db_policy(env, USERS TEAMS);
    for (i = 0; i < 3; i++) {
        ids[i] = db_post_user(env, apr_psprintf(pool, "u%d", i), NULL).id;
    }
    g = db_serve(env, SCIM_POST, "/Groups", NULL,
                 apr_psprintf(pool,
                              "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"T\","
                              "\"members\":%s}",
                              members(ids, 2)));
    ck_assert_int_eq(g.status, 201);
    ck_assert_int_eq(in_team(), 2);
    ck_assert_str_eq(db_value(env, "SELECT source FROM app_in_team"), "scim");
    path = path_of("Groups", g.id);
    db_serve(env, SCIM_PATCH, path, NULL, db_patch(env, "add", "members", members(ids, 3)));
    ck_assert_int_eq(in_team(), 3);
    db_serve(
        env, SCIM_PATCH, path, NULL,
        db_patch(env, "remove", apr_psprintf(pool, "members[value eq \\\"%s\\\"]", ids[0]), NULL));
    ck_assert_int_eq(in_team(), 2);
    db_serve(env, SCIM_PATCH, path, NULL, db_patch(env, "replace", "members", members(ids, 1)));
    ck_assert_int_eq(in_team(), 1);
    db_serve(env, SCIM_DELETE, path_of("Users", ids[0]), NULL, NULL);
    ck_assert_int_eq(in_team(), 0);
    db_serve(env, SCIM_PATCH, path, NULL, db_patch(env, "add", "members", members(ids + 1, 2)));
    ck_assert_int_eq(in_team(), 2);
    db_serve(env, SCIM_DELETE, path, NULL, NULL);
    ck_assert_int_eq(in_team(), 0);
    ck_assert_int_eq(db_int(env, "SELECT COUNT(*) FROM app_team"), 0);
}
END_TEST

START_TEST(a_membership_costs_two_statements_more)
{
    const char *id;
    db_answer_t g;
    unsigned without;
    unsigned with;

    id = db_post_user(env, "u", NULL).id;
    g = db_serve(env, SCIM_POST, "/Groups", NULL,
                 "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"T\"}");
    without = db_serve(env, SCIM_PATCH, path_of("Groups", g.id), NULL,
                       db_patch(env, "add", "members", members(&id, 1)))
                  .statements;
    db_policy(env, USERS TEAMS);
    id = db_post_user(env, "v", NULL).id;
    g = db_serve(env, SCIM_POST, "/Groups", NULL,
                 "{\"schemas\":[\"" SCIM_URN_GROUP "\"],\"displayName\":\"W\"}");
    with = db_serve(env, SCIM_PATCH, path_of("Groups", g.id), NULL,
                    db_patch(env, "add", "members", members(&id, 1)))
               .statements;
    ck_assert_uint_eq(with, without + 2);
    ck_assert_int_eq(in_team(), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("map");
    TCase *tc = tcase_create("map");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_user_is_a_row);
    tcase_add_test(tc, an_absent_attribute_takes_the_default);
    tcase_add_test(tc, put_writes_over_what_the_application_changed);
    tcase_add_test(tc, a_row_that_is_gone_is_made_anew);
    tcase_add_test(tc, a_resource_of_before_the_mapping_gets_a_row);
    tcase_add_test(tc, the_key_can_be_the_id_or_the_name);
    tcase_add_test(tc, booleans_and_times_are_written_as_told);
    tcase_add_test(tc, what_a_column_refuses_names_the_attribute);
    tcase_add_test(tc, a_column_that_needs_a_value_names_itself);
    tcase_add_test(tc, a_change_that_is_refused_changes_nothing);
    tcase_add_test(tc, a_row_that_others_need_stays);
    tcase_add_test(tc, a_column_dropped_later_fails_whole);
    if (db_is_mariadb()) {
        tcase_add_test(tc, a_locked_table_is_503);
    }
    tcase_add_test(tc, tables_are_checked_before_the_first_write);
    tcase_add_test(tc, deprovision_delete_deletes_the_row);
    tcase_add_test(tc, events_set_columns_or_keep_the_row);
    tcase_add_test(tc, what_an_ended_account_leaves_stays);
    tcase_add_test(tc, an_account_of_other_tenants_is_linked);
    tcase_add_test(tc, who_is_in_the_team_already_is_409);
    tcase_add_test(tc, an_unlinked_account_can_be_taken_over_by_another_resource);
    tcase_add_test(tc, members_are_rows_of_the_join_table);
    tcase_add_test(tc, a_membership_costs_two_statements_more);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return db_main(suite());
}
