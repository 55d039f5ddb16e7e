/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_escape.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "scim_list_impl.h"

/*
 * A tenant's random keys, in the database, so that what one host sealed any other can open. Each is
 * read once per connection.
 */

static scim_error_t *read_secret(const char **value, scim_store_t *store, const char *name)
{
    scim_sql_t *sql = scim_sql_make(store->pool);
    scim_store_text_t text = {NULL, store->pool};
    scim_error_t *err;

    scim_sql_addv(sql, "SELECT s.value FROM scim_secret s WHERE s.tenant = %s AND s.name = %s",
                  store->tenant->name, name, NULL);
    err = scim_store_select(store, sql, 1, 1, scim_store_read_text, &text);
    *value = text.value;
    return err;
}

/* Whoever comes first decides; all others read what there is. */
static scim_error_t *make_secret(scim_store_t *store, const char *name)
{
    unsigned char random[SCIM_STORE_KEY];
    scim_sql_t *sql = scim_sql_make(store->pool);

    apr_generate_random_bytes(random, sizeof(random));
    scim_sql_add(sql, scim_dbd_dialect(store->db)->insert_ignore);
    scim_sql_addv(sql, " INTO scim_secret (tenant, name, value) VALUES (%s, %s, %s)",
                  store->tenant->name, name,
                  apr_pescape_hex(store->pool, random, sizeof(random), 0), NULL);
    return scim_store_exec_alone(NULL, store, sql);
}

scim_error_t *scim_store_key(unsigned char key[SCIM_STORE_KEY], scim_store_t *store,
                             const char *name)
{
    const char *note = apr_pstrcat(store->pool, "secret:", name, ":", store->tenant->name, NULL);
    const char *value = scim_dbd_recall(store->db, note);
    apr_size_t n = 0;
    scim_error_t *err = NULL;

    if (!value) {
        err = read_secret(&value, store, name);
        if (!err && !value) {
            err = make_secret(store, name);
            err = err ? err : read_secret(&value, store, name);
        }
    }
    if (err) {
        return err;
    }
    if (!value || strlen(value) != 2 * SCIM_STORE_KEY ||
        apr_unescape_hex(key, value, APR_ESCAPE_STRING, 0, &n) != APR_SUCCESS) {
        return scim_error_internal(
            store->pool, 500, "SCIM2100",
            apr_pstrcat(store->pool, "scim_secret has no usable key \"", name, "\"", NULL),
            "A key of the service provider is not usable at the moment.");
    }
    scim_dbd_remember(store->db, note, value);
    return NULL;
}

scim_error_t *scim_store_cursor_key(unsigned char key[SCIM_CURSOR_KEY], scim_store_t *store)
{
    return scim_store_key(key, store, "cursor");
}
