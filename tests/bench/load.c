/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */

/*
 * Loads users and groups through the store's own code, many to a transaction.
 *   load SOCKET USERS GROUP_SIZE...
 * Prints one line per resource to standard output: "user <id> <userName> <rid>" for a sample of at
 * most 20,000 users spread over all, and "group <id> <size>" for each group.
 */
#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scim_id.h"
#include "scim_store.h"

#define BATCH 500
#define SAMPLE 20000

typedef struct load_t {
    scim_store_t *store;
    scim_tenant_t *tenant;
    apr_pool_t *pool;
    const scim_dbd_source_t *source;
    const char *params;
    const apr_dbd_driver_t *driver;
    long first;
    long count;
    long users;
    char (*ids)[40];
} load_t;

static int take(scim_dbd_conn_t *out, void *baton, apr_pool_t *p)
{
    load_t *ld = baton;

    (void)p;
    out->driver = ld->driver;
    out->pool = ld->pool;
    out->prepared = apr_hash_make(ld->pool);
    return apr_dbd_open(ld->driver, ld->pool, ld->params, &out->handle) == APR_SUCCESS;
}

static void give(scim_dbd_conn_t *conn, int healthy, void *baton)
{
    (void)healthy;
    (void)baton;
    apr_dbd_close(conn->driver, conn->handle);
}

static void stop(const scim_error_t *err)
{
    fprintf(stderr, "load: %s %s\n", err->detail, err->log ? err->log : "");
    exit(1);
}

/* About 1 kB, as a directory's users are: name, two e-mails, phone, address, enterprise part. */
static json_t *user_new(long n, const char *id)
{
    char name[32];

    snprintf(name, sizeof(name), "user%07ld", n);
    return json_pack(
        "{s:[ss],s:s,s:s,s:s,s:{s:s,s:s,s:s},s:s,s:s,s:s,s:s,s:b,"
        "s:[{s:s+,s:s,s:b},{s:s+,s:s}],s:[{s:s,s:s}],"
        "s:[{s:s,s:s,s:s,s:s,s:s,s:s}],s:{s:s,s:s,s:s}}",
        "schemas", SCIM_URN_USER, SCIM_URN_ENTERPRISE, "id", id, "externalId", name, "userName",
        name, "name", "formatted", name, "familyName", "Loaded", "givenName", name, "displayName",
        name, "title", "Engineer", "locale", "en-US", "timezone", "Europe/Berlin", "active", 1,
        "emails", "value", name, "@example.com", "type", "work", "primary", 1, "value", name,
        "@home.example.org", "type", "home", "phoneNumbers", "value", "+49-30-1234567", "type",
        "work", "addresses", "type", "work", "streetAddress", "1 Example Street", "locality",
        "Berlin", "region", "BE", "postalCode", "10115", "country", "DE", SCIM_URN_ENTERPRISE,
        "employeeNumber", name, "department", "Engineering", "organization", "Example");
}

static scim_error_t *write_users(void *baton, scim_store_t *store, apr_pool_t *p)
{
    load_t *ld = baton;
    const scim_resource_type_t *type = scim_catalog_type(ld->tenant->catalog, "User");
    scim_error_t *err = NULL;
    apr_pool_t *scratch;
    scim_row_t *row;
    long i;

    apr_pool_create(&scratch, p);
    for (i = ld->first; !err && i < ld->first + ld->count; i++) {
        const char *id = scim_id_make(scratch);
        apr_cpystrn(ld->ids[i], id, sizeof(ld->ids[i]));
        err =
            scim_store_insert(&row, store, type, scim_json_own(user_new(i, id), scratch), scratch);
        if (!err) {
            apr_pool_clear(scratch);
        }
    }
    return err;
}

static scim_error_t *write_group(void *baton, scim_store_t *store, apr_pool_t *p)
{
    load_t *ld = baton;
    const scim_resource_type_t *type = scim_catalog_type(ld->tenant->catalog, "Group");
    const char *id = scim_id_make(p);
    const char **ids = apr_palloc(p, sizeof(*ids) * (apr_size_t)(ld->count + 1));
    scim_member_step_t step = {SCIM_MEMBER_ADD, ids, (int)ld->count, NULL};
    scim_patch_t plan = {NULL, 0, &step, 1, NULL};
    scim_group_t group = {.access = SCIM_GROUP_NEW};
    scim_membership_t done;
    scim_error_t *err;
    json_t *doc;
    long i;

    for (i = 0; i < ld->count; i++) {
        ids[i] = ld->ids[i];
    }
    doc = json_pack("{s:[s],s:s,s:o}", "schemas", SCIM_URN_GROUP, "id", id, "displayName",
                    json_sprintf("Group of %ld", ld->count));
    err = scim_store_insert(&group.row, store, type, scim_json_own(doc, p), p);
    if (!err) {
        err = scim_store_members_apply(&done, store, &group, &plan, p);
    }
    if (!err) {
        printf("group %s %d\n", id, done.changed);
    }
    return err;
}

static void run(load_t *ld, scim_store_write_fn *fn)
{
    scim_dbd_t *db;
    apr_pool_t *p;
    scim_error_t *err;

    apr_pool_create(&p, NULL);
    apr_pool_clear(ld->pool);
    db = scim_dbd_make(ld->source, p);
    ld->store = scim_store_make(db, ld->tenant, p);
    err = scim_store_write(ld->store, fn, ld);
    if (err) {
        stop(err);
    }
    apr_pool_destroy(p);
}

int main(int argc, char **argv)
{
    scim_dbd_source_t source = {take, give, NULL, NULL, NULL, NULL};
    load_t ld = {0};
    apr_pool_t *root;
    long step;
    long i;

    apr_initialize();
    apr_pool_create(&root, NULL);
    apr_dbd_init(root);
    if (argc < 3 || apr_dbd_get_driver(root, "mysql", &ld.driver) != APR_SUCCESS) {
        fprintf(stderr, "usage: load SOCKET USERS [GROUP_SIZE...]\n");
        return 2;
    }
    ld.params = apr_psprintf(root,
                             "sock=%s,user=scim,pass=scim,dbname=scim,flags=CLIENT_FOUND_ROWS,"
                             "reconnect=0,fldsz=1048575",
                             argv[1]);
    ld.users = atol(argv[2]);
    ld.ids = calloc((size_t)ld.users + 1, sizeof(*ld.ids));
    ld.tenant = scim_tenant_make("bench", root);
    source.baton = &ld;
    ld.source = &source;
    apr_pool_create(&ld.pool, root);
    for (ld.first = 0; ld.first < ld.users; ld.first += BATCH) {
        ld.count = ld.users - ld.first < BATCH ? ld.users - ld.first : BATCH;
        run(&ld, write_users);
    }
    step = ld.users > SAMPLE ? ld.users / SAMPLE : 1;
    for (i = 0; i < ld.users; i += step) {
        printf("user %s user%07ld\n", ld.ids[i], i);
    }
    for (i = 3; i < argc; i++) {
        ld.count = atol(argv[i]) < ld.users ? atol(argv[i]) : ld.users;
        run(&ld, write_group);
    }
    return 0;
}
