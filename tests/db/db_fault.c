/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "db_fault.h"

#include <pthread.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

/*
 * Wrappers that the linker puts around apr_dbd's calls (-Wl,--wrap). They see every statement of
 * the store; those of the tests themselves run on a connection that is not watched.
 */

int __real_apr_dbd_query(const apr_dbd_driver_t *driver, apr_dbd_t *handle, int *nrows,
                         const char *statement);
int __wrap_apr_dbd_query(const apr_dbd_driver_t *driver, apr_dbd_t *handle, int *nrows,
                         const char *statement);
int __real_apr_dbd_prepare(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                           const char *query, const char *label, apr_dbd_prepared_t **statement);
int __wrap_apr_dbd_prepare(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                           const char *query, const char *label, apr_dbd_prepared_t **statement);
int __real_apr_dbd_pquery(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                          int *nrows, apr_dbd_prepared_t *statement, int nargs, const char **args);
int __wrap_apr_dbd_pquery(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                          int *nrows, apr_dbd_prepared_t *statement, int nargs, const char **args);
int __real_apr_dbd_pselect(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                           apr_dbd_results_t **res, apr_dbd_prepared_t *statement, int random,
                           int nargs, const char **args);
int __wrap_apr_dbd_pselect(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                           apr_dbd_results_t **res, apr_dbd_prepared_t *statement, int random,
                           int nargs, const char **args);

static __thread apr_dbd_t *watched;

/* Statements' texts by address; a test program is one process per test, so none is ever removed. */
static apr_hash_t *texts;
static apr_pool_t *texts_pool;
static pthread_mutex_t texts_mutex = PTHREAD_MUTEX_INITIALIZER;

static db_env_t *fault_env;
static db_fault_t fault;
static int left;
static int count;

void db_fault_watch(apr_dbd_t *handle)
{
    watched = handle;
}

void db_fault_clear(void)
{
    left = 0;
    count = 0;
    fault_env = NULL;
}

void db_fault(db_env_t *env, const db_fault_t *f)
{
    fault_env = env;
    fault = *f;
    left = f->times ? f->times : 1;
    count = 0;
}

int db_fault_count(const db_env_t *env)
{
    return env == fault_env ? count : 0;
}

/* @return 1: fail with fault.number instead of running; 2: run, then fail with it; 0: run */
static int strike(apr_dbd_t *handle, const char *text)
{
    if (!left || handle != watched || !strstr(text, fault.at)) {
        return 0;
    }
    left--;
    count++;
    switch (fault.kind) {
    case DB_FAULT_NUMBER:
        return 1;
    case DB_FAULT_LOSE_ANSWER:
        return 2;
    case DB_FAULT_KILL:
        db_kill_others(fault_env);
        return 0;
    case DB_FAULT_CALL:
        fault.hook(fault.baton);
        return 0;
    default:
        return 0;
    }
}

int __wrap_apr_dbd_query(const apr_dbd_driver_t *driver, apr_dbd_t *handle, int *nrows,
                         const char *statement)
{
    int how = strike(handle, statement);
    int rv = how == 1 ? 0 : __real_apr_dbd_query(driver, handle, nrows, statement);

    if (how == 2 && fault.hook) {
        fault.hook(fault.baton);
    }
    return how ? fault.number : rv;
}

static void remember(apr_dbd_prepared_t *statement, const char *text)
{
    pthread_mutex_lock(&texts_mutex);
    if (!texts_pool) {
        apr_pool_create(&texts_pool, NULL);
        texts = apr_hash_make(texts_pool);
    }
    apr_hash_set(texts, apr_pmemdup(texts_pool, &statement, sizeof(statement)), sizeof(statement),
                 apr_pstrdup(texts_pool, text));
    pthread_mutex_unlock(&texts_mutex);
}

int __wrap_apr_dbd_prepare(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                           const char *query, const char *label, apr_dbd_prepared_t **statement)
{
    int rv = __real_apr_dbd_prepare(driver, pool, handle, query, label, statement);

    if (handle == watched && rv == 0) {
        remember(*statement, query);
    }
    return rv;
}

static const char *text_of(apr_dbd_prepared_t *statement)
{
    const char *text;

    pthread_mutex_lock(&texts_mutex);
    text = texts ? apr_hash_get(texts, &statement, sizeof(statement)) : NULL;
    pthread_mutex_unlock(&texts_mutex);
    return text ? text : "";
}

int __wrap_apr_dbd_pquery(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                          int *nrows, apr_dbd_prepared_t *statement, int nargs, const char **args)
{
    int how = left ? strike(handle, text_of(statement)) : 0;
    int rv = how == 1 ? 0
                      : __real_apr_dbd_pquery(driver, pool, handle, nrows, statement, nargs, args);

    return how ? fault.number : rv;
}

int __wrap_apr_dbd_pselect(const apr_dbd_driver_t *driver, apr_pool_t *pool, apr_dbd_t *handle,
                           apr_dbd_results_t **res, apr_dbd_prepared_t *statement, int random,
                           int nargs, const char **args)
{
    int how = left ? strike(handle, text_of(statement)) : 0;
    int rv = how == 1 ? 0
                      : __real_apr_dbd_pselect(driver, pool, handle, res, statement, random, nargs,
                                               args);

    return how ? fault.number : rv;
}
