/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_policy.h"

#include <string.h>

#include <apr_strings.h>

#include <util_cfgtree.h>

#include "scim_policy.h"

/* The directives of one section, and what was compiled of all that begin with it. */
typedef struct policies_t {
    apr_array_header_t *lines; /* of scim_policy_line_t */
    apr_hash_t *compiled;      /* key_of() -> scim_tenant_t */
} policies_t;

static policies_t *policies_of(scim_dir_t *dir, apr_pool_t *p)
{
    policies_t *policies;

    if (!dir->policies) {
        policies = apr_pcalloc(p, sizeof(*policies));
        policies->lines = apr_array_make(p, 8, sizeof(scim_policy_line_t));
        policies->compiled = apr_hash_make(p);
        dir->policies = apr_array_make(p, 1, sizeof(policies_t *));
        APR_ARRAY_PUSH(dir->policies, policies_t *) = policies;
    }
    return APR_ARRAY_IDX(dir->policies, 0, policies_t *);
}

/* Length of a word that is a path with a value filter, with blanks and quotes of its own; or 0. */
static apr_size_t filter_path(const char *word)
{
    apr_size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-_$.:");
    int quoted = 0;

    if (n == 0 || word[n] != '[') {
        return 0;
    }
    for (; word[n] && (quoted || word[n] != ']'); n++) {
        if (quoted && word[n] == '\\' && word[n + 1]) {
            n++;
        } else if (word[n] == '"') {
            quoted = !quoted;
        }
    }
    return word[n] ? n + strcspn(word + n, " \t") : 0;
}

/* The next word, by httpd's rules but for paths, so that they need no quotes around them. */
static const char *next_word(const char **args, apr_pool_t *p)
{
    const char *word = *args + strspn(*args, " \t");
    apr_size_t len = filter_path(word);

    if (len == 0) {
        return ap_getword_conf(p, args);
    }
    *args = word + len + strspn(word + len, " \t");
    return apr_pstrmemdup(p, word, len);
}

const char *scim_policies_set(cmd_parms *cmd, void *config, const char *args)
{
    apr_array_header_t *words = apr_array_make(cmd->pool, 8, sizeof(const char *));
    const char *wrong = scim_config_context(cmd);
    scim_policy_line_t line;

    while (!wrong && *args) {
        APR_ARRAY_PUSH(words, const char *) = next_word(&args, cmd->pool);
    }
    line.name = cmd->cmd->name;
    line.argc = words->nelts;
    line.argv = (const char *const *)(const void *)words->elts;
    line.at = scim_config_at(cmd);
    if (!wrong) {
        wrong = scim_policy_check_line(&line, cmd->pool);
        wrong = wrong ? apr_pstrcat(cmd->pool, line.name, ": ", wrong, NULL) : NULL;
    }
    if (!wrong) {
        APR_ARRAY_PUSH(policies_of(config, cmd->pool)->lines, scim_policy_line_t) = line;
    }
    return wrong;
}

/* ---- what holds where sections meet ---- */

apr_array_header_t *scim_policies_merge(apr_pool_t *p, apr_array_header_t *outer,
                                        apr_array_header_t *inner)
{
    if (outer && inner) {
        return apr_array_append(p, outer, inner);
    }
    return inner ? inner : outer;
}

static int has_name(const apr_array_header_t *lines, const char *name)
{
    int i;

    for (i = 0; i < lines->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(lines, i, scim_policy_line_t).name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

static int replaced_within(const scim_dir_t *dir, int section, const char *name)
{
    int i;

    for (i = section + 1; i < dir->policies->nelts; i++) {
        if (has_name(APR_ARRAY_IDX(dir->policies, i, policies_t *)->lines, name)) {
            return 1;
        }
    }
    return 0;
}

apr_array_header_t *scim_policies_lines(const scim_dir_t *dir, apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, 16, sizeof(scim_policy_line_t));
    int i;
    int j;

    for (i = 0; dir->policies && i < dir->policies->nelts; i++) {
        const policies_t *policies = APR_ARRAY_IDX(dir->policies, i, policies_t *);
        for (j = 0; j < policies->lines->nelts; j++) {
            const scim_policy_line_t *line = &APR_ARRAY_IDX(policies->lines, j, scim_policy_line_t);
            if (!replaced_within(dir, i, line->name)) {
                APR_ARRAY_PUSH(out, scim_policy_line_t) = *line;
            }
        }
    }
    return out;
}

/* Sections are merged anew for each request; what stays the same is which sections they were. */
static const void *key_of(apr_ssize_t *len, const scim_dir_t *dir, apr_pool_t *p)
{
    apr_array_header_t *key = apr_array_make(p, dir->policies->nelts + 2, sizeof(const void *));

    APR_ARRAY_PUSH(key, const void *) = dir->schemas;
    APR_ARRAY_PUSH(key, const void *) = dir->profile;
    apr_array_cat(key, dir->policies);
    *len = (apr_ssize_t)((apr_size_t)key->nelts * sizeof(const void *));
    return key->elts;
}

static apr_hash_t *compiled_of(const scim_dir_t *dir)
{
    return APR_ARRAY_IDX(dir->policies, 0, policies_t *)->compiled;
}

const scim_tenant_t *scim_policies_compiled(const scim_dir_t *dir, apr_pool_t *p)
{
    apr_ssize_t len;
    const void *key;

    if (!dir->policies) {
        return NULL;
    }
    key = key_of(&len, dir, p);
    return apr_hash_get(compiled_of(dir), key, len);
}

const char *scim_policies_compile(const scim_dir_t *dir, scim_tenant_t *base, apr_pool_t *p)
{
    apr_ssize_t len;
    const void *key;
    const char *wrong;

    if (!dir->policies || scim_policies_compiled(dir, p)) {
        return NULL;
    }
    wrong = scim_policy_compile(base, scim_policies_lines(dir, p), p);
    if (!wrong) {
        key = key_of(&len, dir, p);
        apr_hash_set(compiled_of(dir), key, len, base);
    }
    return wrong;
}

/* ---- one tenant in several places ---- */

/* How a tenant is kept, by the first place that was looked at. */
typedef struct kept_t {
    const char *how;
    const char *at;
} kept_t;

static int is_about_keeping(const scim_policy_line_t *line)
{
    return strncmp(line->name, "ScimMap", strlen("ScimMap")) == 0 ||
           strncmp(line->name, "ScimEvent", strlen("ScimEvent")) == 0 ||
           strcmp(line->name, "ScimDeprovision") == 0;
}

/* The lines, in a form that two places can be compared by. */
static const char *how_kept(const scim_dir_t *dir, apr_pool_t *p)
{
    apr_array_header_t *lines = scim_policies_lines(dir, p);
    apr_array_header_t *words = apr_array_make(p, 32, sizeof(const char *));
    int i;
    int j;

    for (i = 0; i < lines->nelts; i++) {
        const scim_policy_line_t *line = &APR_ARRAY_IDX(lines, i, scim_policy_line_t);
        for (j = -1; is_about_keeping(line) && j < line->argc; j++) {
            APR_ARRAY_PUSH(words, const char *) = j < 0 ? line->name : line->argv[j];
        }
    }
    return apr_array_pstrcat(p, words, '\n');
}

const char *scim_policies_agree(server_rec *main_server, const scim_dir_t *dir,
                                const char *database, apr_pool_t *pconf)
{
    scim_server_t *server = scim_server_get(main_server);
    const char *key;
    const char *how;
    kept_t *kept;

    if (!dir->tenant) {
        return NULL; /* whose tenants are many, and are none of another place's */
    }
    key = apr_pstrcat(pconf, dir->tenant, "\n", database, NULL);
    how = how_kept(dir, pconf);
    if (!server->kept) {
        server->kept = apr_hash_make(pconf);
    }
    kept = apr_hash_get(server->kept, key, APR_HASH_KEY_STRING);
    if (!kept) {
        kept = apr_pcalloc(pconf, sizeof(*kept));
        kept->how = how;
        kept->at = dir->enable_at;
        apr_hash_set(server->kept, key, APR_HASH_KEY_STRING, kept);
    }
    return strcmp(kept->how, how) == 0
               ? NULL
               : apr_psprintf(pconf,
                              "ScimTenant %s is also the tenant of ScimEnable in %s, on the same "
                              "database, with another mapping, ScimDeprovision or ScimEvent "
                              "directive; give both the same, or two names",
                              dir->tenant, kept->at);
}
