/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_dbd_own.h"

#include <apr_strings.h>

struct scim_dbd_own_t {
    apr_pool_t *pool;
    const char *driver_name;
    const char *params;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle; /* NULL: not connected */
    apr_pool_t *conn;  /* of the connection */
    apr_pool_t *users; /* below conn: the statements, which must go before the connection does */
    apr_hash_t *prepared;
    int lent; /* 1: there is only one, and one use of it at a time */
    const char *error;
    scim_dbd_source_t source;
};

static void drop(scim_dbd_own_t *own)
{
    if (own->handle) {
        apr_pool_destroy(own->users);
        apr_dbd_close(own->driver, own->handle);
        apr_pool_destroy(own->conn);
        own->handle = NULL;
    }
}

static apr_status_t drop_cleanup(void *data)
{
    drop(data);
    return APR_SUCCESS;
}

static int find_driver(scim_dbd_own_t *own)
{
    apr_status_t rv;

    if (own->driver) {
        return 1;
    }
    rv = apr_dbd_get_driver(own->pool, own->driver_name, &own->driver);
    if (rv != APR_SUCCESS) {
        own->error = apr_psprintf(own->pool,
                                  "the driver %s of apr-util cannot be loaded: is the package with "
                                  "apr_dbd_%s.so installed? (Debian: libaprutil1-dbd-%s)",
                                  own->driver_name, own->driver_name, own->driver_name);
        own->driver = NULL;
        return 0;
    }
    return 1;
}

static int connect_now(scim_dbd_own_t *own)
{
    const char *error = NULL;
    apr_status_t rv;

    if (!find_driver(own)) {
        return 0;
    }
    apr_pool_create(&own->conn, own->pool);
    rv = apr_dbd_open_ex(own->driver, own->conn, own->params, &own->handle, &error);
    if (rv != APR_SUCCESS) {
        own->error =
            error && *error ? apr_pstrdup(own->pool, error) : apr_psprintf(own->pool, "%pm", &rv);
        own->handle = NULL;
        apr_pool_destroy(own->conn);
        return 0;
    }
    apr_pool_create(&own->users, own->conn);
    own->prepared = apr_hash_make(own->users);
    own->error = NULL;
    return 1;
}

static int take(scim_dbd_conn_t *out, void *baton, apr_pool_t *p)
{
    scim_dbd_own_t *own = baton;

    (void)p;
    if (own->lent) {
        own->error = "the one connection is in use";
        return 0;
    }
    if (!own->handle && !connect_now(own)) {
        return 0;
    }
    own->lent = 1;
    out->driver = own->driver;
    out->handle = own->handle;
    out->pool = own->users;
    out->prepared = own->prepared;
    out->owner = own;
    return 1;
}

static void give(scim_dbd_conn_t *conn, int healthy, void *baton)
{
    scim_dbd_own_t *own = conn->owner;

    (void)baton;
    own->lent = 0;
    if (!healthy) {
        drop(own);
    }
}

apr_status_t scim_dbd_own_start(apr_pool_t *p)
{
    return apr_dbd_init(p);
}

scim_dbd_own_t *scim_dbd_own_make(const char *driver, const char *params, apr_pool_t *p)
{
    scim_dbd_own_t *own = apr_pcalloc(p, sizeof(*own));

    own->pool = p;
    own->driver_name = apr_pstrdup(p, driver);
    own->params = apr_pstrdup(p, params);
    own->source.take = take;
    own->source.give = give;
    own->source.baton = own;
    /* Before the pools below p are destroyed: they are those of the connection. */
    apr_pool_pre_cleanup_register(p, own, drop_cleanup);
    return own;
}

const scim_dbd_source_t *scim_dbd_own_source(scim_dbd_own_t *own)
{
    return &own->source;
}

const char *scim_dbd_own_error(const scim_dbd_own_t *own)
{
    return own->error;
}
