/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_authz_conf.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <http_core.h>
#include <util_cfgtree.h>

#include "mod_scim_db.h"
#include "mod_scim_schema.h"
#include "scim_authz.h"
#include "scim_tenants.h"
#include "scim_text.h"
#include "scim_who.h"

/* The longest that what was known of a user may be believed. */
#define CACHE_MAX 3600

/* The longest name of a group that its members' rows have as it is: one less than they hold. */
#define NAME_MAX_CHARS 254

/* ---- what is to be resolved ---- */

typedef enum note_kind_t { NOTE_MATCH, NOTE_EXPORT, NOTE_LINE } note_kind_t;

/* A directive, or a Require line, of which something is left to be done. */
typedef struct note_t {
    note_kind_t kind;
    const char *name; /* of the directive */
    const char *at;   /* "file:line" */
    const server_rec *server;
    scim_authz_path_t *path;       /* or NULL */
    const scim_authz_line_t *line; /* of NOTE_LINE */
    const scim_dir_t *dir;         /* the section, for its tenant */
} note_t;

#define NOTES "scim-authz-notes"

/* They belong to this reading of the configuration, as its pool does. */
static apr_array_header_t *notes_of(apr_pool_t *pconf)
{
    void *notes = NULL;

    (void)apr_pool_userdata_get(&notes, NOTES, pconf);
    if (!notes) {
        notes = apr_array_make(pconf, 8, sizeof(note_t));
        (void)apr_pool_userdata_setn(notes, NOTES, NULL, pconf);
    }
    return notes;
}

static void note(const cmd_parms *cmd, note_kind_t kind, const scim_dir_t *dir,
                 scim_authz_path_t *path, const scim_authz_line_t *line)
{
    note_t *out = apr_array_push(notes_of(cmd->pool));

    out->kind = kind;
    out->name = cmd->directive->directive;
    out->at = scim_config_at(cmd);
    out->server = cmd->server;
    out->path = path;
    out->line = line;
    out->dir = dir;
}

static scim_authz_path_t *path_make(const char *text, apr_pool_t *p)
{
    scim_authz_path_t *path = apr_pcalloc(p, sizeof(*path));

    path->text = text;
    return path;
}

unsigned scim_authz_wants(const scim_authz_path_t *path)
{
    return path->path.attr && path->path.attr->at == SCIM_AT_GROUPS ? SCIM_WHO_DOC | SCIM_WHO_GROUPS
                                                                    : SCIM_WHO_DOC;
}

/* ---- sections ---- */

static scim_authz_conf_t *conf_of(scim_dir_t *dir, apr_pool_t *p)
{
    scim_authz_conf_t *conf = apr_pcalloc(p, sizeof(*conf));

    if (dir->authz) {
        *conf = *dir->authz;
    } else {
        conf->cache = SCIM_UNSET;
    }
    dir->authz = conf;
    return conf;
}

static int has_export(const apr_array_header_t *exports, const char *name)
{
    int i;

    for (i = 0; i < exports->nelts; i++) {
        /* httpd's environment knows no case: one would undo the other. */
        if (apr_cstr_casecmp(APR_ARRAY_IDX(exports, i, scim_authz_export_t).name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The inner section's, and those of the outer one that it does not set itself. */
static apr_array_header_t *merge_exports(apr_pool_t *p, apr_array_header_t *outer,
                                         apr_array_header_t *inner)
{
    apr_array_header_t *out;
    int i;

    if (!outer || !inner) {
        return inner ? inner : outer;
    }
    out = apr_array_copy(p, inner);
    for (i = 0; i < outer->nelts; i++) {
        const scim_authz_export_t *one = &APR_ARRAY_IDX(outer, i, scim_authz_export_t);
        if (!has_export(inner, one->name)) {
            APR_ARRAY_PUSH(out, scim_authz_export_t) = *one;
        }
    }
    return out;
}

const scim_authz_conf_t *scim_authz_merge(apr_pool_t *p, const scim_authz_conf_t *outer,
                                          const scim_authz_conf_t *inner)
{
    scim_authz_conf_t *conf;

    if (!outer || !inner) {
        return inner ? inner : outer;
    }
    conf = apr_palloc(p, sizeof(*conf));
    conf->tenant = inner->tenant ? inner->tenant : outer->tenant;
    conf->match = inner->match ? inner->match : outer->match;
    conf->cache = inner->cache == SCIM_UNSET ? outer->cache : inner->cache;
    conf->exports = merge_exports(p, outer->exports, inner->exports);
    conf->requires = inner->requires | outer->requires;
    conf->wants = inner->wants | outer->wants;
    return conf;
}

/* ---- directives ---- */

static const char *context(cmd_parms *cmd)
{
    return ap_check_cmd_context(cmd, NOT_IN_HTACCESS | NOT_IN_LIMIT);
}

const char *scim_authz_set_tenant(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = context(cmd);

    if (wrong) {
        return wrong;
    }
    if (!scim_tenants_is_name(value)) {
        return "ScimAuthzTenant must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";
    }
    conf_of(config, cmd->pool)->tenant = value;
    return NULL;
}

const char *scim_authz_set_match(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = context(cmd);
    scim_authz_path_t *path;

    if (!wrong) {
        path = path_make(value, cmd->pool);
        conf_of(config, cmd->pool)->match = path;
        note(cmd, NOTE_MATCH, config, path, NULL);
    }
    return wrong;
}

const char *scim_authz_set_cache(cmd_parms *cmd, void *config, const char *value)
{
    const char *wrong = context(cmd);
    int seconds = 0;

    wrong = wrong ? wrong : scim_config_number(&seconds, value, cmd, 0, CACHE_MAX);
    if (!wrong) {
        conf_of(config, cmd->pool)->cache = seconds;
    }
    return wrong;
}

static int is_variable(const char *name)
{
    const char *at;

    for (at = name; *at && (apr_isalnum(*at) || *at == '_'); at++) {
    }
    return at > name && *at == '\0' && !apr_isdigit(*name);
}

const char *scim_authz_set_export(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    const char *wrong = context(cmd);
    scim_authz_conf_t *conf;
    scim_authz_export_t one;
    int i;

    if (wrong) {
        return wrong;
    }
    if (argc < 2 || !is_variable(argv[0])) {
        return "ScimExportEnv needs the name of a variable (letters, digits and _) and the path of "
               "an attribute";
    }
    conf = conf_of(config, cmd->pool);
    if (conf->exports && has_export(conf->exports, argv[0])) {
        return apr_pstrcat(cmd->pool, "ScimExportEnv sets ", argv[0],
                           " in this section already; name all paths in one line", NULL);
    }
    one.name = argv[0];
    one.paths = apr_array_make(cmd->pool, argc - 1, sizeof(scim_authz_path_t *));
    for (i = 1; i < argc; i++) {
        scim_authz_path_t *path = path_make(argv[i], cmd->pool);
        APR_ARRAY_PUSH(one.paths, scim_authz_path_t *) = path;
        note(cmd, NOTE_EXPORT, config, path, NULL);
    }
    if (!conf->exports) {
        conf->exports = apr_array_make(cmd->pool, 4, sizeof(scim_authz_export_t));
    }
    APR_ARRAY_PUSH(conf->exports, scim_authz_export_t) = one;
    return NULL;
}

/* ---- Require lines ---- */

static const char *add_value(const scim_authz_line_t *line, cmd_parms *cmd, const char *word)
{
    scim_authz_value_t value = {word, NULL, NULL, NULL};
    const char *wrong = NULL;

    if (strstr(word, "%{")) {
        value.expr = ap_expr_parse_cmd(cmd, word, AP_EXPR_FLAG_STRING_RESULT, &wrong, NULL);
        if (wrong) {
            return apr_pstrcat(cmd->pool, "cannot parse the expression ", word, ": ", wrong, NULL);
        }
    } else if (!scim_text_utf8(word, strlen(word))) {
        return apr_pstrcat(cmd->pool, "not UTF-8: ", word, NULL);
    } else {
        value.folded = scim_text_fold(word, cmd->pool);
    }
    APR_ARRAY_PUSH(line->values, scim_authz_value_t) = value;
    return NULL;
}

/* So that what is needed of a user is read at once, whichever line comes first. */
static scim_dir_t *mark_section(const cmd_parms *cmd, unsigned wants)
{
    scim_dir_t *dir = ap_get_module_config(cmd->context, &scim_module);
    scim_authz_conf_t *conf;

    if (!dir) {
        dir = scim_config_create(cmd->pool, NULL);
        ap_set_module_config(cmd->context, &scim_module, dir);
    }
    conf = conf_of(dir, cmd->pool);
    conf->requires = 1;
    conf->wants |= wants;
    return dir;
}

static const char *parse_line(cmd_parms *cmd, const char *args, const void **parsed, unsigned wants,
                              int has_path)
{
    scim_authz_line_t *line = apr_pcalloc(cmd->pool, sizeof(*line));
    const char *wrong = ap_check_cmd_context(cmd, NOT_IN_HTACCESS);
    const char *word;

    line->values = apr_array_make(cmd->pool, 4, sizeof(scim_authz_value_t));
    if (!wrong && has_path) {
        word = ap_getword_conf(cmd->pool, &args);
        line->path = path_make(word, cmd->pool);
        wants |= scim_text_ieqn(word, strlen("groups"), "groups") ? SCIM_WHO_GROUPS : 0;
        wrong = *word ? NULL : "scim-attribute needs the path of an attribute, and values";
    }
    while (!wrong && *args) {
        word = ap_getword_conf(cmd->pool, &args);
        wrong = *word ? add_value(line, cmd, word) : "a value is empty";
    }
    if (!wrong) {
        note(cmd, NOTE_LINE, mark_section(cmd, wants), line->path, line);
        *parsed = line;
    }
    return wrong;
}

const char *scim_authz_parse_user(cmd_parms *cmd, const char *args, const void **parsed)
{
    return parse_line(cmd, args, parsed, 0, 0);
}

/* What a user's groups show of a longer name is cut, and so it would not be told from others. */
static const char *check_names(const scim_authz_line_t *line)
{
    int i;

    for (i = 0; i < line->values->nelts; i++) {
        const scim_authz_value_t *value = &APR_ARRAY_IDX(line->values, i, scim_authz_value_t);
        if (!value->expr && scim_text_chars(value->text) > NAME_MAX_CHARS) {
            return "scim-group compares names of at most 254 characters";
        }
    }
    return NULL;
}

const char *scim_authz_parse_group(cmd_parms *cmd, const char *args, const void **parsed)
{
    const char *wrong;

    if (args[strspn(args, " \t")] == '\0') {
        return "scim-group needs the names of groups";
    }
    wrong = parse_line(cmd, args, parsed, SCIM_WHO_GROUPS, 0);
    return wrong ? wrong : check_names(*parsed);
}

const char *scim_authz_parse_attribute(cmd_parms *cmd, const char *args, const void **parsed)
{
    const char *wrong = parse_line(cmd, args, parsed, SCIM_WHO_DOC, 1);

    if (!wrong && ((const scim_authz_line_t *)*parsed)->values->nelts == 0) {
        wrong = "scim-attribute needs a value behind the path";
    }
    return wrong;
}

/* ---- once all is read ---- */

static const scim_resource_type_t *user_type(const scim_catalog_t *catalog)
{
    return scim_catalog_type(catalog, "User");
}

static int resolve_by(scim_authz_path_t *path, const scim_catalog_t *catalog, apr_pool_t *p)
{
    const scim_resource_type_t *type = user_type(catalog);

    if (!path->path.attr && type && !scim_authz_path(&path->path, path->text, type, p)) {
        path->type = type;
    }
    return path->path.attr != NULL;
}

static int resolve_section(scim_authz_path_t *path, const scim_dir_t *dir, apr_pool_t *p)
{
    return dir && dir->schemas && resolve_by(path, scim_schemas_catalog(dir->schemas, NULL), p);
}

/* By the schemas of any section of a server. */
static int resolve_server(scim_authz_path_t *path, const server_rec *s, apr_pool_t *p)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    int done = resolve_section(path, ap_get_module_config(s->lookup_defaults, &scim_module), p);
    int i;

    for (i = 0; !done && i < core->sec_url->nelts; i++) {
        done = resolve_section(
            path,
            ap_get_module_config(APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *), &scim_module),
            p);
    }
    return done;
}

/* Its own server's schemas come first, then those of SCIM, then any server's. */
static const char *resolve(const note_t *n, const server_rec *main_server, apr_pool_t *p)
{
    const server_rec *s;
    scim_path_t unused;
    scim_error_t *err;

    if (resolve_server(n->path, n->server, p) || resolve_by(n->path, scim_catalog_default(), p)) {
        return NULL;
    }
    for (s = main_server; s; s = s->next) {
        if (resolve_server(n->path, s, p)) {
            return NULL;
        }
    }
    err = scim_authz_path(&unused, n->path->text, user_type(scim_catalog_default()), p);
    return err ? err->detail : "the path cannot be resolved";
}

static const char *make_tests(const note_t *n, apr_pool_t *p)
{
    int i;

    for (i = 0; n->line && n->path && i < n->line->values->nelts; i++) {
        scim_authz_value_t *value = &APR_ARRAY_IDX(n->line->values, i, scim_authz_value_t);
        scim_error_t *err = value->expr ? NULL
                                        : scim_authz_test(&value->test, &n->path->path, value->text,
                                                          n->path->type, p);
        if (err) {
            return err->detail;
        }
    }
    return NULL;
}

static int has_tenant(const scim_dir_t *dir)
{
    return dir && (dir->tenant || (dir->authz && dir->authz->tenant));
}

/* Whether a tenant may hold for a section: which sections meet is known only with a request. */
static int may_have_tenant(const note_t *n, const apr_array_header_t *notes)
{
    const core_server_config *core = ap_get_core_module_config(n->server->module_config);
    int found = has_tenant(n->dir) ||
                has_tenant(ap_get_module_config(n->server->lookup_defaults, &scim_module));
    int i;

    for (i = 0; !found && i < core->sec_url->nelts; i++) {
        found = has_tenant(ap_get_module_config(APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *),
                                                &scim_module));
    }
    for (i = 0; !found && i < core->sec_dir->nelts; i++) {
        found = has_tenant(ap_get_module_config(APR_ARRAY_IDX(core->sec_dir, i, ap_conf_vector_t *),
                                                &scim_module));
    }
    for (i = 0; !found && i < notes->nelts; i++) {
        found = has_tenant(APR_ARRAY_IDX(notes, i, note_t).dir);
    }
    return found;
}

/* Lines of the main server may be meant for any virtual host. */
static int has_database(const note_t *n, const server_rec *main_server)
{
    const server_rec *s;

    if (n->server->is_virtual) {
        return scim_server_get(n->server)->database;
    }
    for (s = main_server; s && !scim_server_get(s)->database; s = s->next) {
    }
    return s != NULL;
}

static const char *check_note(const note_t *n, const apr_array_header_t *notes,
                              const server_rec *main_server, apr_pool_t *p)
{
    const char *wrong = n->path ? resolve(n, main_server, p) : NULL;

    wrong = wrong ? wrong : make_tests(n, p);
    if (!wrong && n->kind == NOTE_MATCH && !scim_who_can_match(&n->path->path)) {
        wrong = "users cannot be looked up by this: it has no index, or a filter";
    }
    if (!wrong && !scim_db_available()) {
        wrong = "mod_dbd is not loaded; load it and set DBDriver and DBDParams";
    }
    if (!wrong && !has_database(n, main_server)) {
        wrong = "this server has no database that SCIM can use: set DBDriver (mysql or sqlite3) "
                "and DBDParams here or in the main server";
    }
    if (!wrong && n->kind == NOTE_LINE && !may_have_tenant(n, notes)) {
        wrong = "nothing says whose users these are: set ScimAuthzTenant";
    }
    return wrong;
}

int scim_authz_check(server_rec *main_server, apr_pool_t *pconf)
{
    const apr_array_header_t *notes = notes_of(pconf);
    server_rec *s;
    int i;

    for (i = 0; i < notes->nelts; i++) {
        const note_t *n = &APR_ARRAY_IDX(notes, i, note_t);
        const char *wrong = check_note(n, notes, main_server, pconf);
        if (wrong) {
            ap_log_error(APLOG_MARK, APLOG_ERR | APLOG_STARTUP, 0, n->server,
                         "SCIM3340: %s in %s: %s", n->name, n->at, wrong);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        scim_server_get(n->server)->authz_here = 1;
    }
    for (s = main_server; s && notes->nelts; s = s->next) {
        scim_server_get(s)->authz = scim_server_get(s)->database;
    }
    return OK;
}
