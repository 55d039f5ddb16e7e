/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_member_of.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_nesting.h"
#include "scim_store_groups.h"

/* Begins the name in the entry of a group that is in a group. In a name, \ is always escaped. */
#define INNER "\\+"

/* ---- entries ---- */

const char *scim_member_of_entry(const scim_row_t *group, apr_pool_t *p)
{
    const char *name = group->display ? group->display : "";
    scim_buf_t *b = scim_buf_make(strlen(group->id) + strlen(name) + 6, p);

    scim_buf_puts(b, "\n");
    scim_buf_puts(b, group->id);
    scim_buf_puts(b, " ");
    scim_buf_puts(b, scim_nesting_is_inner(group) ? INNER : "");
    for (; *name; name++) {
        switch (*name) {
        case '\n':
            scim_buf_puts(b, "\\n");
            break;
        case '\r':
            scim_buf_puts(b, "\\r");
            break;
        case '\\':
            scim_buf_puts(b, "\\\\");
            break;
        default:
            scim_buf_add(b, name, 1);
        }
    }
    scim_buf_puts(b, "\r");
    return b->data;
}

static const char *unescape(const char *s, apr_size_t len, apr_pool_t *p)
{
    char *out = apr_palloc(p, len + 1);
    apr_size_t n = 0;
    apr_size_t i;

    for (i = 0; i < len; i++) {
        char c = s[i];
        if (c == '\\' && i + 1 < len) {
            c = s[++i];
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return out;
}

static scim_error_t *unreadable(const scim_store_t *store, const scim_row_t *row)
{
    return scim_error_internal(
        store->pool, 500, "SCIM2018",
        apr_psprintf(store->pool, "the list of groups of resource %s cannot be read", row->id),
        "The groups of the resource could not be read.");
}

/* @param inner array to append the ids of groups to that are in groups */
static scim_error_t *parse_entries(apr_array_header_t *refs, apr_array_header_t *inner,
                                   const scim_store_t *store, const scim_row_t *row)
{
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_MEMBERS);
    const char *at = row->member_of;

    while (*at) {
        const char *space = strchr(at, ' ');
        const char *end = strchr(at, '\r');
        scim_ref_t *ref;
        int marked;

        if (*at != '\n' || !space || !end || end < space || !type) {
            return unreadable(store, row);
        }
        ref = apr_array_push(refs);
        marked = strncmp(space + 1, INNER, strlen(INNER)) == 0;
        space += marked ? strlen(INNER) : 0;
        ref->id = apr_pstrmemdup(refs->pool, at + 1, strcspn(at + 1, " "));
        ref->display = unescape(space + 1, (apr_size_t)(end - space - 1), refs->pool);
        ref->type = type;
        ref->indirect = 0;
        if (marked) {
            APR_ARRAY_PUSH(inner, const char *) = ref->id;
        }
        at = end + 1;
    }
    return NULL;
}

scim_error_t *scim_store_direct_groups(apr_array_header_t **refs, int *all,
                                       const scim_store_t *store, const scim_row_t *row,
                                       apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, row->member_of ? 8 : 1, sizeof(scim_ref_t));
    scim_error_t *err = NULL;

    *all = !row->member_of || strlen(row->member_of) == row->member_of_len;
    if (row->member_of && *all) {
        err = parse_entries(out, apr_array_make(p, 1, sizeof(const char *)), store, row);
    }
    if (!err) {
        *refs = out;
    }
    return err;
}

/* What a SELECT of groups fills. */
typedef struct selecting_t {
    apr_array_header_t *refs;
    apr_array_header_t *inner;
    const scim_resource_type_t *type;
} selecting_t;

static scim_error_t *read_group(void *baton, const char *const *cols)
{
    const selecting_t *s = baton;
    scim_ref_t *ref = apr_array_push(s->refs);

    ref->id = apr_pstrdup(s->refs->pool, cols[0]);
    ref->display = apr_pstrdup(s->refs->pool, cols[1]);
    ref->type = s->type;
    ref->indirect = 0;
    if (strcmp(cols[2], "0")) {
        APR_ARRAY_PUSH(s->inner, const char *) = ref->id;
    }
    return NULL;
}

static scim_error_t *select_groups(apr_array_header_t *refs, apr_array_header_t *inner,
                                   scim_store_t *store, const scim_row_t *row)
{
    selecting_t s = {refs, inner, scim_store_type_with(store, SCIM_AT_MEMBERS)};
    scim_sql_t *sql = scim_sql_make(refs->pool);

    if (!s.type) {
        return unreadable(store, row);
    }
    scim_sql_addv(sql,
                  "SELECT g.id, g.display, "
                  "CASE WHEN INSTR(COALESCE(g.member_of, ''), 'i') > 0 THEN 1 ELSE 0 END "
                  "FROM scim_member m JOIN scim_resource g "
                  "ON g.rid = m.group_rid WHERE m.tenant = %s AND g.tenant = %s "
                  "AND g.type = %s AND m.member_rid = %s ORDER BY m.group_rid",
                  store->tenant->name, store->tenant->name, s.type->name,
                  scim_store_int(row->rid, refs->pool), NULL);
    return scim_store_select(store, sql, 1, 3, read_group, &s);
}

/*
 * Behind the groups that a user is a direct member of, those that these are in: each once.
 * @param inner ids of those that are in any
 */
static scim_error_t *add_indirect(apr_array_header_t *refs, const apr_array_header_t *inner,
                                  scim_store_t *store)
{
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_MEMBERS);
    apr_hash_t *seen = apr_hash_make(refs->pool);
    apr_hash_t *above;
    scim_error_t *err = scim_nesting_above(&above, store, type, inner, refs->pool);
    int i;
    int k;

    for (i = 0; i < refs->nelts && !err; i++) {
        const char *id = APR_ARRAY_IDX(refs, i, scim_ref_t).id;
        apr_hash_set(seen, id, APR_HASH_KEY_STRING, id);
    }
    for (i = 0; i < inner->nelts && !err; i++) {
        const apr_array_header_t *some =
            apr_hash_get(above, APR_ARRAY_IDX(inner, i, const char *), APR_HASH_KEY_STRING);
        for (k = 0; k < some->nelts; k++) {
            const scim_ref_t *ref = &APR_ARRAY_IDX(some, k, scim_ref_t);
            if (!apr_hash_get(seen, ref->id, APR_HASH_KEY_STRING)) {
                apr_hash_set(seen, ref->id, APR_HASH_KEY_STRING, ref->id);
                APR_ARRAY_PUSH(refs, scim_ref_t) = *ref;
            }
        }
    }
    return err;
}

scim_error_t *scim_store_groups_of(apr_array_header_t **refs, scim_store_t *store,
                                   const scim_row_t *row, apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, row->member_of ? 8 : 1, sizeof(scim_ref_t));
    apr_array_header_t *inner = apr_array_make(p, 1, sizeof(const char *));
    scim_error_t *err = NULL;

    if (row->member_of && strlen(row->member_of) != row->member_of_len) {
        err = select_groups(out, inner, store, row);
    } else if (row->member_of) {
        err = parse_entries(out, inner, store, row);
    }
    if (!err && inner->nelts) {
        err = add_indirect(out, inner, store);
    }
    if (!err) {
        *refs = out;
    }
    return err;
}

/*
 * ---- rows ----
 *
 * Only what never changes in a row may be in WHERE, or what makes the write run again where it does
 * not hold. By READ COMMITTED, an UPDATE that walks through the table skips a row whose last
 * committed state it is not looking for, and does not wait for who is changing it: a user just
 * added to the group would keep what is removed from the others.
 *
 * The type is not in WHERE either, so that only one index serves. Where two changes lock the same
 * users by different ones, they deadlock.
 */

static scim_error_t *ignore_row(void *baton, const char *const *cols)
{
    (void)baton;
    (void)cols;
    return NULL;
}

static scim_error_t *lock_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    scim_store_t *store = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "SELECT r.rid FROM scim_resource r");
    scim_sql_add(sql, scim_dbd_dialect(store->db)->by_rid);
    scim_sql_addv(sql, " WHERE r.tenant = %s AND r.rid IN ", store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    scim_sql_add(sql, scim_dbd_dialect(store->db)->for_update);
    return scim_store_select(store, sql, 1, 1, ignore_row, NULL);
}

scim_error_t *scim_member_of_lock(scim_store_t *store, const apr_array_header_t *rids,
                                  apr_pool_t *p)
{
    if (scim_dbd_dialect(store->db)->one_writer) {
        return NULL;
    }
    return scim_store_each_rids(rids, lock_some, store, p);
}

/* "<the user's row has to change> THEN " */
static void add_when_changed(scim_sql_t *sql, const scim_member_of_change_t *c, const char *user,
                             apr_pool_t *p)
{
    if (c->add) {
        scim_sql_addv(sql, "type = %s AND COALESCE(INSTR(member_of, %s), 0) = 0 THEN ", user,
                      apr_psprintf(p, "\n%s ", c->group->id), NULL);
    } else {
        scim_sql_addv(sql, "INSTR(member_of, %s) > 0 THEN ", scim_member_of_entry(c->group, p),
                      NULL);
    }
}

static void add_member_of(scim_sql_t *sql, const scim_store_t *store,
                          const scim_member_of_change_t *c, const char *user, apr_pool_t *p)
{
    const char *entry = scim_member_of_entry(c->group, p);

    scim_sql_add(sql, ", member_of = CASE WHEN ");
    add_when_changed(sql, c, user, p);
    if (c->add) {
        scim_sql_addv(sql, scim_dbd_dialect(store->db)->member_of_append, entry, NULL);
    } else {
        scim_sql_addv(sql, "REPLACE(member_of, %s, '')", entry, NULL);
    }
    scim_sql_add(sql, " ELSE member_of END");
}

/* The rest of SET, and WHERE. Of the group it is checked that it shows the name it was read with,
 * and is nested as it was: its users' entries say so. Each in the other is =, and to the byte;
 * MySQL's = does not see spaces at the end. */
static void add_group(scim_sql_t *sql, const scim_store_t *store, const scim_member_of_change_t *c,
                      const char *rid, apr_pool_t *p)
{
    const char *now = scim_store_int(c->now / 1000, p);
    const char *name = c->group->display;

    scim_sql_addv(sql,
                  ", write_id = CASE WHEN rid = %s THEN %s ELSE write_id END, "
                  "members = CASE WHEN rid = %s THEN members + %s ELSE members END, "
                  "modified = CASE WHEN rid <> %s THEN modified WHEN modified < %s THEN %s "
                  "ELSE modified + %s END WHERE (rid <> %s OR (INSTR(display, %s) = 1 "
                  "AND INSTR(%s, display) = 1 AND COALESCE(member_of, '') = %s))",
                  rid, store->write_id, rid, scim_store_int(c->grown, p), rid, now, now,
                  c->new_version ? "1" : "0", rid, name, name,
                  c->group->member_of ? c->group->member_of : "", NULL);
}

static scim_error_t *changed_meanwhile(const scim_store_t *store)
{
    scim_error_t *err = scim_error_internal(store->pool, 503, "SCIM2019",
                                            "a group or a member changed during a write",
                                            "The group is being changed by others; try again.");

    err->cause = SCIM_CAUSE_RETRY;
    return err;
}

scim_error_t *scim_member_of_change(scim_store_t *store, const scim_member_of_change_t *change,
                                    const apr_array_header_t *rids, apr_pool_t *p)
{
    const scim_resource_type_t *type = scim_store_type_with(store, SCIM_AT_GROUPS);
    const char *user = type ? type->name : "";
    const char *rid = scim_store_int(change->group->rid, p);
    const char *list[SCIM_SQL_LIST];
    scim_sql_t *sql = scim_sql_make(p);
    scim_error_t *err;
    int rows = 0;
    int n = 0;

    for (; n < rids->nelts; n++) {
        list[n] = scim_store_int(APR_ARRAY_IDX(rids, n, apr_int64_t), p);
    }
    if (change->touch_group) {
        list[n++] = rid;
    }
    /* First in SET, before what it looks at has changed. */
    scim_sql_add(sql, "UPDATE scim_resource");
    scim_sql_add(sql, scim_dbd_dialect(store->db)->by_rid);
    scim_sql_addv(sql, " SET version = version + CASE WHEN rid = %s THEN %s WHEN ", rid,
                  change->new_version ? "1" : "0", NULL);
    add_when_changed(sql, change, user, p);
    scim_sql_add(sql, "1 ELSE 0 END");
    add_member_of(sql, store, change, user, p);
    add_group(sql, store, change, rid, p);
    scim_sql_addv(sql, " AND tenant = %s AND tombstone IS NULL AND rid IN ", store->tenant->name,
                  NULL);
    scim_sql_list(sql, list, n);
    err = scim_store_exec(&rows, store, sql);
    return !err && rows != n ? changed_meanwhile(store) : err;
}

typedef struct replacing_t {
    scim_store_t *store;
    const char *from;
    const char *to;
} replacing_t;

/* Of what is no user, member_of is NULL. */
static scim_error_t *replace_some(void *baton, const char *const *rids, int n, apr_pool_t *p)
{
    const replacing_t *r = baton;
    scim_sql_t *sql = scim_sql_make(p);

    scim_sql_add(sql, "UPDATE scim_resource");
    scim_sql_add(sql, scim_dbd_dialect(r->store->db)->by_rid);
    scim_sql_addv(sql,
                  " SET version = version + CASE WHEN INSTR(member_of, %s) > 0 THEN 1 ELSE 0 END, "
                  "member_of = REPLACE(member_of, %s, %s) WHERE tenant = %s AND rid IN ",
                  r->from, r->from, r->to, r->store->tenant->name, NULL);
    scim_sql_list(sql, rids, n);
    return scim_store_exec(NULL, r->store, sql);
}

scim_error_t *scim_member_of_replace_all(scim_store_t *store, const scim_row_t *group,
                                         const char *from, const char *to, apr_pool_t *p)
{
    replacing_t r = {store, from, to};
    apr_array_header_t *rids;
    scim_error_t *err = scim_store_member_rids(&rids, store, group->rid, p);

    return err ? err : scim_store_each_rids(rids, replace_some, &r, p);
}
