/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_options.h"

#include <stddef.h>
#include <string.h>

#include <apr_getopt.h>
#include <apr_strings.h>

typedef enum kind_t { KIND_TEXT, KIND_FLAG, KIND_LIST } kind_t;

typedef struct option_t {
    const char *name;
    int letter; /* or a number above 255 */
    kind_t kind;
    apr_size_t offset; /* in ctl_options_t */
    int everywhere;    /* 1: any command takes it */
    const char *value; /* as the help shows it */
    const char *what;
} option_t;

#define AT(member) offsetof(ctl_options_t, member)

static const option_t options[] = {
    {"config", 'f', KIND_TEXT, AT(config), 1, "FILE", "httpd's configuration file"},
    {"server-root", 'd', KIND_TEXT, AT(server_root), 1, "DIR", "httpd's ServerRoot"},
    {"define", 'D', KIND_LIST, AT(defines), 1, "NAME", "define it, as httpd's -D does"},
    {"httpd", 300, KIND_TEXT, AT(httpd), 1, "PROGRAM", "httpd, or apachectl, to be asked"},
    {"driver", 301, KIND_TEXT, AT(driver), 1, "NAME", "mysql or sqlite3, without httpd"},
    {"params", 302, KIND_TEXT, AT(params), 1, "TEXT", "as DBDParams, without a password"},
    {"params-file", 303, KIND_TEXT, AT(params_file), 1, "FILE", "the same from a file, - is stdin"},
    {"db-user", 304, KIND_TEXT, AT(db_user), 1, "NAME", "another database account"},
    {"password-file", 305, KIND_TEXT, AT(password_file), 1, "FILE", "its password; else asked for"},
    {"tenant", 't', KIND_TEXT, AT(tenant), 1, "NAME", "the tenant"},
    {"server", 306, KIND_TEXT, AT(server), 1, "NAME", "the place by its ServerName"},
    {"base", 307, KIND_TEXT, AT(base), 1, "PATH", "the place by its base"},
    {"json", 'j', KIND_FLAG, AT(json), 1, NULL, "JSON, one object a line"},
    {"table", 308, KIND_FLAG, AT(table), 1, NULL, "tables, as on a terminal"},
    {"quiet", 'q', KIND_FLAG, AT(quiet), 1, NULL, "nothing but results and errors"},
    {"help", 'h', KIND_FLAG, AT(help), 1, NULL, "help, also behind a command"},
    {"version", 'V', KIND_FLAG, AT(version), 1, NULL, "version"},
    {"sql-dir", 309, KIND_TEXT, AT(sql_dir), 0, "DIR", "the folder with the migrations"},
    {"filter", 310, KIND_TEXT, AT(filter), 0, "FILTER", "a SCIM filter: 'title eq \"CEO\"'"},
    {"limit", 'n', KIND_TEXT, AT(limit), 0, "N", "at most so many"},
    {"type", 311, KIND_TEXT, AT(type), 0, "NAME", "only this resource type"},
    {"output", 'o', KIND_TEXT, AT(output), 0, "FILE", "into a file"},
    {"on-error", 312, KIND_TEXT, AT(on_error), 0, "stop|skip", "at a bad line (default: stop)"},
    {"update", 'u', KIND_FLAG, AT(update), 0, NULL, "write over what is there already"},
    {"dry-run", 313, KIND_FLAG, AT(dry_run), 0, NULL, "check only, write nothing"},
    {"apply", 314, KIND_FLAG, AT(apply), 0, NULL, "do it"},
    {"all", 'a', KIND_FLAG, AT(all), 0, NULL, "revoked and expired ones too"},
    {"label", 'l', KIND_TEXT, AT(label), 0, "TEXT", "what it is for"},
    {"creator", 315, KIND_TEXT, AT(creator), 0, "NAME", "who makes it (default: you)"},
    {"owner", 316, KIND_TEXT, AT(owner), 0, "USERNAME", "the user that it is bound to"},
    {"expires", 317, KIND_TEXT, AT(expires), 0, "TIME", "90d, 12h, 3600s, never"},
    {"note", 318, KIND_TEXT, AT(note), 0, "TEXT", "for those who read the list"},
    {"id", 319, KIND_TEXT, AT(id), 0, "ID", "its client_id (default: a new one)"},
    {"name", 320, KIND_TEXT, AT(name), 0, "TEXT", "what the consent page calls it"},
    {"redirect", 321, KIND_LIST, AT(redirects), 0, "URI",
     "where codes may go, exactly; repeatable"},
    {"jwks", 322, KIND_TEXT, AT(jwks), 0, "FILE", "its public keys, in place of a secret"},
    {"jwks-uri", 323, KIND_TEXT, AT(jwks_uri), 0, "URI", "where its public keys are"},
    {"every-tenant", 324, KIND_FLAG, AT(every_tenant), 0, NULL, "for every tenant, not just one"},
    {"subject", 325, KIND_TEXT, AT(subject), 0, "TEXT", "who it is for (claim sub)"},
    {"audience", 326, KIND_TEXT, AT(audience), 0, "TEXT", "claim aud (default: the place's first)"},
    /* audit */
    {"user", 330, KIND_TEXT, AT(user), 0, "NAME|ID", "of this user or group, or by whom"},
    {"op", 331, KIND_TEXT, AT(op), 0, "NAME", "create, replace, patch, delete, deactivate …"},
    {"failed", 332, KIND_FLAG, AT(failed), 0, NULL, "only what was refused"},
    {"since", 333, KIND_TEXT, AT(since), 0, "TIME", "a time, or how long ago: 12h, 90d"},
    {"follow", 334, KIND_FLAG, AT(follow), 0, NULL, "go on with what comes, until ended"},
};

#define NOPTIONS (sizeof(options) / sizeof(options[0]))

static const option_t *find_option(int letter)
{
    apr_size_t i;

    for (i = 0; i < NOPTIONS; i++) {
        if (options[i].letter == letter) {
            return &options[i];
        }
    }
    return NULL;
}

/* As apr_getopt_long() wants them. */
static apr_getopt_option_t *getopt_table(apr_pool_t *p)
{
    apr_getopt_option_t *table = apr_pcalloc(p, sizeof(*table) * (NOPTIONS + 1));
    apr_size_t i;

    for (i = 0; i < NOPTIONS; i++) {
        table[i].name = options[i].name;
        table[i].optch = options[i].letter;
        table[i].has_arg = options[i].kind != KIND_FLAG;
        table[i].description = options[i].what;
    }
    return table;
}

/* Keep a value. @return 0 if the option was given before */
static int set_option(ctl_options_t *opt, const option_t *o, const char *value, apr_pool_t *p)
{
    char *at = (char *)opt + o->offset;
    const char **text = (const char **)(void *)at;
    apr_array_header_t **list = (apr_array_header_t **)(void *)at;

    switch (o->kind) {
    case KIND_FLAG:
        *(int *)(void *)at = 1;
        return 1;
    case KIND_LIST:
        if (!*list) {
            *list = apr_array_make(p, 2, sizeof(const char *));
        }
        APR_ARRAY_PUSH(*list, const char *) = value;
        return 1;
    case KIND_TEXT:
    default:
        if (*text) {
            return 0;
        }
        *text = value;
        return 1;
    }
}

static int is_set(const ctl_options_t *opt, const option_t *o)
{
    const char *at = (const char *)opt + o->offset;

    return o->kind == KIND_FLAG ? *(const int *)(const void *)at
                                : *(const char *const *)(const void *)at != NULL;
}

/* A word among words with blanks between. */
static int has_word(const char *words, const char *word)
{
    apr_size_t len = strlen(word);
    const char *at = words;

    for (at = words ? strstr(at, word) : NULL; at; at = strstr(at + len, word)) {
        if ((at == words || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' ')) {
            return 1;
        }
    }
    return 0;
}

static const char *command_name(const ctl_command_t *command, apr_pool_t *p)
{
    return command->verb ? apr_pstrcat(p, command->noun, " ", command->verb, NULL) : command->noun;
}

/* ---- parsing ---- */

static void complain(void *arg, const char *fmt, ...)
{
    (void)arg;
    (void)fmt; /* said by our own words, below */
}

/* All options, wherever they stand; the other words into words. */
static int parse_options(ctl_t *c, apr_array_header_t *words, int argc, const char *const *argv)
{
    apr_getopt_option_t *table = getopt_table(c->pool);
    const char *value;
    apr_getopt_t *os;
    apr_status_t rv;
    int letter;

    apr_getopt_init(&os, c->pool, argc, argv);
    os->interleave = 1;
    os->errfn = complain;
    rv = apr_getopt_long(os, table, &letter, &value);
    while (rv == APR_SUCCESS) {
        const option_t *o = find_option(letter);
        if (!set_option(&c->opt, o, value, c->pool)) {
            return ctl_fail(c, CTL_USAGE, "--%s is given twice", o->name);
        }
        rv = apr_getopt_long(os, table, &letter, &value);
    }
    if (rv != APR_EOF) {
        int at = os->ind > 1 && (rv == APR_BADARG || os->ind >= argc) ? os->ind - 1 : os->ind;
        const char *word = os->argv[at < argc ? at : argc - 1];
        return ctl_fail(c, CTL_USAGE, "%s %s; scimctl --help lists the options", word,
                        rv != APR_BADARG    ? "is no option that scimctl knows"
                        : strchr(word, '=') ? "has a value, and takes none"
                                            : "needs a value");
    }
    for (; os->ind < argc; os->ind++) {
        APR_ARRAY_PUSH(words, const char *) = os->argv[os->ind];
    }
    return CTL_OK;
}

/* The command that the first words name; *used is how many of them. */
static const ctl_command_t *find_command(int *used, const apr_array_header_t *words)
{
    const char *noun = APR_ARRAY_IDX(words, 0, const char *);
    const char *verb = words->nelts > 1 ? APR_ARRAY_IDX(words, 1, const char *) : NULL;
    const ctl_command_t *command;

    for (command = ctl_commands; command->noun; command++) {
        if (strcmp(command->noun, noun) == 0 &&
            (!command->verb || (verb && strcmp(command->verb, verb) == 0))) {
            *used = command->verb ? 2 : 1;
            return command;
        }
    }
    return NULL;
}

static int unknown_command(ctl_t *c, const apr_array_header_t *words)
{
    const char *noun = APR_ARRAY_IDX(words, 0, const char *);
    const ctl_command_t *command;
    const char *verbs = NULL;

    for (command = ctl_commands; command->noun; command++) {
        if (command->verb && strcmp(command->noun, noun) == 0) {
            verbs = verbs ? apr_pstrcat(c->pool, verbs, ", ", command->verb, NULL) : command->verb;
        }
    }
    if (!verbs) {
        return ctl_fail(c, CTL_USAGE, "there is no command \"%s\"; scimctl --help lists them",
                        noun);
    }
    if (words->nelts > 1) {
        return ctl_fail(c, CTL_USAGE, "there is no command \"%s %s\"; with \"%s\" go: %s", noun,
                        APR_ARRAY_IDX(words, 1, const char *), noun, verbs);
    }
    return ctl_fail(c, CTL_USAGE, "\"%s\" needs one more word: %s", noun, verbs);
}

/* Whether the options and the number of arguments fit the command. */
static int check_command(ctl_t *c)
{
    const ctl_command_t *command = c->command;
    const char *name = command_name(command, c->pool);
    apr_size_t i;

    for (i = 0; i < NOPTIONS; i++) {
        if (is_set(&c->opt, &options[i]) && !options[i].everywhere &&
            !has_word(command->takes, options[i].name)) {
            return ctl_fail(c, CTL_USAGE, "%s takes no --%s", name, options[i].name);
        }
    }
    if (c->nargs < command->min) {
        return ctl_fail(c, CTL_USAGE, "%s needs: %s", name, command->args);
    }
    if (command->max >= 0 && c->nargs > command->max) {
        return ctl_fail(c, CTL_USAGE, "%s takes %s; \"%s\" is one word too many", name,
                        command->max ? command->args : "no arguments", c->args[command->max]);
    }
    if (c->opt.json && c->opt.table) {
        return ctl_fail(c, CTL_USAGE, "--json and --table contradict each other");
    }
    return CTL_OK;
}

int ctl_options_parse(ctl_t *c, int argc, const char *const *argv)
{
    apr_array_header_t *words = apr_array_make(c->pool, 8, sizeof(const char *));
    int used = 0;
    int rc = parse_options(c, words, argc, argv);

    if (rc != CTL_OK || c->opt.version) {
        return rc;
    }
    if (words->nelts == 0) {
        return c->opt.help ? CTL_OK
                           : ctl_fail(c, CTL_USAGE,
                                      "what shall be done? scimctl --help lists the commands");
    }
    c->command = find_command(&used, words);
    if (!c->command) {
        return unknown_command(c, words);
    }
    c->args = (const char *const *)(const void *)words->elts + used;
    c->nargs = words->nelts - used;
    return c->opt.help ? CTL_OK : check_command(c);
}

/* ---- help ---- */

static void help_options(FILE *out, const char *takes, int everywhere)
{
    apr_size_t i;

    for (i = 0; i < NOPTIONS; i++) {
        const option_t *o = &options[i];
        char letter[8] = "    ";
        char left[64];

        if (everywhere ? !o->everywhere : !has_word(takes, o->name)) {
            continue;
        }
        if (o->letter < 256) {
            apr_snprintf(letter, sizeof(letter), "-%c, ", o->letter);
        }
        apr_snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->value ? " " : "",
                     o->value ? o->value : "");
        fprintf(out, "  %-30s %s\n", left, o->what);
    }
}

static void help_commands(const ctl_t *c, FILE *out)
{
    const ctl_command_t *command;

    for (command = ctl_commands; command->noun; command++) {
        fprintf(out, "  %-30s %s\n",
                apr_pstrcat(c->pool, command_name(command, c->pool), command->args ? " " : "",
                            command->args ? command->args : "", NULL),
                command->what);
    }
}

void ctl_options_help(const ctl_t *c, FILE *out)
{
    if (c->command) {
        fprintf(out, "usage: scimctl [options] %s%s%s\n\n%s.\n", command_name(c->command, c->pool),
                c->command->args ? " " : "", c->command->args ? c->command->args : "",
                c->command->what);
        if (c->command->takes) {
            fputs("\nOptions of this command:\n", out);
            help_options(out, c->command->takes, 0);
        }
        fputs("\nscimctl --help lists the options of every command.\n", out);
        return;
    }
    fputs("usage: scimctl [options] command\n\nCommands:\n", out);
    help_commands(c, out);
    fputs("\nOptions of every command:\n", out);
    help_options(out, NULL, 1);
    fputs("\nExit codes: 0 done, 1 failed, 2 wrong command line, 3 not found, 4 database away.\n"
          "The manual page scimctl(8) has more.\n",
          out);
}
