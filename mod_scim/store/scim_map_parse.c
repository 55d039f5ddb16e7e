/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <string.h>

#include <apr_strings.h>

#include "scim_map_build.h"
#include "scim_text.h"

/* Longest name of a table or column that both databases take, and the longest constant. */
#define NAME_MAX_BYTES 64
#define VALUE_MAX_BYTES 1024

/* Words of one translate=. */
#define WORDS_MAX 256

scim_map_build_t *scim_map_build_make(apr_pool_t *p)
{
    scim_map_build_t *b = apr_pcalloc(p, sizeof(*b));

    b->tables = apr_array_make(p, 2, sizeof(scim_map_raw_table_t));
    b->columns = apr_array_make(p, 16, sizeof(scim_map_raw_column_t));
    b->constants = apr_array_make(p, 2, sizeof(scim_map_raw_constant_t));
    b->links = apr_array_make(p, 1, sizeof(scim_map_raw_link_t));
    b->events = apr_array_make(p, 2, sizeof(scim_map_raw_event_t));
    b->adopts = apr_array_make(p, 2, sizeof(scim_map_raw_adopt_t));
    return b;
}

/* ---- words ---- */

static int is_name(const char *s, apr_size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    apr_size_t i;

    if (len == 0 || len > NAME_MAX_BYTES || !strchr(letters, s[0])) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        if (!strchr(letters, s[i]) && !(s[i] >= '0' && s[i] <= '9')) {
            return 0;
        }
    }
    return 1;
}

static const char *check_column(const char *name, apr_pool_t *p)
{
    return is_name(name, strlen(name))
               ? NULL
               : apr_psprintf(p, "%.64s is no name of a column: letters, digits and _, at most 64",
                              name);
}

static const char *check_table(const char *name, apr_pool_t *p)
{
    const char *dot = strchr(name, '.');
    const char *table = dot ? dot + 1 : name;

    if ((dot && !is_name(name, (apr_size_t)(dot - name))) || !is_name(table, strlen(table))) {
        return apr_psprintf(p,
                            "%.64s is no name of a table: letters, digits and _, with or without "
                            "\"database.\" in front",
                            name);
    }
    return NULL;
}

/* The rest of a word behind "name=", or NULL. */
static const char *option(const char *word, const char *name)
{
    apr_size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static const char *unknown_word(const char *word, apr_pool_t *p)
{
    return apr_psprintf(p, "%.64s is not understood", word);
}

/* "column=value"; NULL without quotes of its own is SQL NULL. */
static const char *parse_pair(apr_array_header_t *pairs, const char *word, const char *at,
                              apr_pool_t *p)
{
    const char *sign = strchr(word, '=');
    scim_map_pair_t pair;
    const char *wrong;

    if (!sign) {
        return apr_psprintf(p, "%.64s is not of the form column=value", word);
    }
    pair.column = apr_pstrmemdup(p, word, (apr_size_t)(sign - word));
    pair.value = strcmp(sign + 1, "NULL") == 0 ? NULL : apr_pstrdup(p, sign + 1);
    pair.at = at;
    wrong = check_column(pair.column, p);
    if (!wrong && pair.value && strlen(pair.value) > VALUE_MAX_BYTES) {
        wrong = apr_psprintf(p, "the value of %s is too long", pair.column);
    }
    if (!wrong) {
        APR_ARRAY_PUSH(pairs, scim_map_pair_t) = pair;
    }
    return wrong;
}

static const char *parse_pairs(apr_array_header_t *pairs, int argc, const char *const *argv,
                               const char *at, apr_pool_t *p)
{
    const char *wrong = NULL;
    int i;

    for (i = 0; i < argc && !wrong; i++) {
        wrong = parse_pair(pairs, argv[i], at, p);
    }
    return wrong;
}

/* The next word up to one of the stops; a backslash takes away the meaning of what follows it. */
static const char *take_word(const char **text, const char *stops, apr_pool_t *p)
{
    char *out = apr_palloc(p, strlen(*text) + 1);
    apr_size_t n = 0;
    const char *s = *text;

    for (; *s && !strchr(stops, *s); s++) {
        s += *s == '\\' && s[1];
        out[n++] = *s;
    }
    out[n] = '\0';
    *text = s;
    return out;
}

/* "a:B,c:D" */
static const char *parse_words(apr_array_header_t **out, const char *text, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(scim_map_word_t));

    while (words->nelts < WORDS_MAX) {
        scim_map_word_t word;

        word.scim = take_word(&text, ":,", p);
        if (*text != ':' || !*word.scim) {
            return "translate= must be of the form value:column-value,value:column-value";
        }
        text++;
        word.column = take_word(&text, ":,", p);
        if (*text == ':') {
            return "translate= has two colons in one pair; write \\: for one in a value";
        }
        APR_ARRAY_PUSH(words, scim_map_word_t) = word;
        if (!*text) {
            *out = words;
            return NULL;
        }
        text++;
    }
    return "translate= has too many values";
}

/* ---- directives ---- */

const char *scim_map_add_table(scim_map_build_t *build, int argc, const char *const *argv,
                               const char *at, apr_pool_t *p)
{
    scim_map_raw_table_t raw = {.type = argv[0], .table = argv[1], .at = at};
    const char *wrong = check_table(raw.table, p);
    int i;

    for (i = 2; i < argc && !wrong; i++) {
        const char *key = option(argv[i], "key");
        const char *id = option(argv[i], "id");
        const char *match = option(argv[i], "match");

        if (!key && !id && !match) {
            return unknown_word(argv[i], p);
        }
        raw.key = key ? key : raw.key;
        raw.match = match ? match : raw.match;
        if (id) {
            raw.id = strcmp(id, "uuid") == 0 ? NULL : id;
        }
        wrong = check_column(key ? key : id ? id : match, p);
    }
    if (!wrong && !raw.key) {
        wrong = "it needs key=column, the column that tells the table's rows apart";
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->tables, scim_map_raw_table_t) = raw;
    }
    return wrong;
}

const char *scim_map_add_column(scim_map_build_t *build, int argc, const char *const *argv,
                                const char *at, apr_pool_t *p)
{
    scim_map_raw_column_t raw = {.type = argv[0], .path = argv[1], .column = argv[2], .at = at};
    const char *wrong = check_column(raw.column, p);
    int i;

    for (i = 3; i < argc && !wrong; i++) {
        const char *translate = option(argv[i], "translate");
        const char *yes = option(argv[i], "true");
        const char *no = option(argv[i], "false");

        if (translate) {
            wrong = parse_words(&raw.words, translate, p);
        } else if (yes) {
            raw.yes = yes;
        } else if (no) {
            raw.no = no;
        } else {
            wrong = unknown_word(argv[i], p);
        }
    }
    if (!wrong && !raw.yes != !raw.no) {
        wrong = "true= and false= must both be there, or none of them";
    }
    if (!wrong && raw.yes && strcmp(raw.yes, raw.no) == 0) {
        wrong = "true= and false= must be different";
    }
    if (!wrong && raw.words && raw.yes) {
        wrong = "translate= is for texts, true= and false= for Booleans";
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->columns, scim_map_raw_column_t) = raw;
    }
    return wrong;
}

const char *scim_map_add_constant(scim_map_build_t *build, int argc, const char *const *argv,
                                  const char *at, apr_pool_t *p)
{
    scim_map_raw_constant_t raw = {argv[0], {argv[1], argv[2], at}};
    const char *wrong = check_column(argv[1], p);

    (void)argc;
    if (!wrong && strlen(argv[2]) > VALUE_MAX_BYTES) {
        wrong = "the value is too long";
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->constants, scim_map_raw_constant_t) = raw;
    }
    return wrong;
}

const char *scim_map_add_members(scim_map_build_t *build, int argc, const char *const *argv,
                                 const char *at, apr_pool_t *p)
{
    scim_map_members_t *members = apr_pcalloc(p, sizeof(*members));
    apr_array_header_t *pairs = apr_array_make(p, 1, sizeof(scim_map_pair_t));
    const char *wrong = check_table(argv[0], p);

    members->table = argv[0];
    members->group = option(argv[1], "group");
    members->user = argc > 2 ? option(argv[2], "user") : NULL;
    members->pairs = pairs;
    members->at = at;
    if (!wrong && (!members->group || !members->user)) {
        wrong = "behind the table it needs group=column user=column, in this order";
    }
    if (!wrong) {
        wrong = check_column(members->group, p);
    }
    if (!wrong) {
        wrong = check_column(members->user, p);
    }
    if (!wrong) {
        wrong = parse_pairs(pairs, argc - 3, argv + 3, at, p);
    }
    if (!wrong && build->members) {
        wrong = "it is there twice";
    }
    if (!wrong) {
        build->members = members;
    }
    return wrong;
}

const char *scim_map_add_link(scim_map_build_t *build, int argc, const char *const *argv,
                              const char *at, apr_pool_t *p)
{
    apr_array_header_t *pairs = apr_array_make(p, 1, sizeof(scim_map_pair_t));
    scim_map_raw_link_t raw = {argv[0], {argv[1], option(argv[2], "account"), pairs, at}};
    const char *wrong = check_table(argv[1], p);

    if (!wrong && !raw.link.account) {
        wrong = "behind the table it needs account=column, the column with the shared row's key";
    }
    if (!wrong) {
        wrong = check_column(raw.link.account, p);
    }
    if (!wrong) {
        wrong = parse_pairs(pairs, argc - 3, argv + 3, at, p);
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->links, scim_map_raw_link_t) = raw;
    }
    return wrong;
}

/* "column=value,column=value" behind "set:" */
static const char *parse_sets(apr_array_header_t *sets, const char *text, const char *at,
                              apr_pool_t *p)
{
    const char *wrong = NULL;

    while (!wrong) {
        wrong = parse_pair(sets, take_word(&text, ",", p), at, p);
        if (!*text) {
            break;
        }
        text++;
    }
    return wrong;
}

static int when_of(const char *word)
{
    static const char *const names[] = {"deactivate", "activate", "delete"};
    int i;

    for (i = 0; i < SCIM_MAP_EVENTS && !scim_text_ieq(word, names[i]); i++) {
    }
    return i;
}

const char *scim_map_add_event(scim_map_build_t *build, int argc, const char *const *argv,
                               const char *at, apr_pool_t *p)
{
    apr_array_header_t *sets = apr_array_make(p, 1, sizeof(scim_map_pair_t));
    scim_map_raw_event_t raw = {
        argv[0], (scim_map_when_t)when_of(argv[1]), {SCIM_MAP_DEFAULT, sets, at}};
    const char *wrong = NULL;

    (void)argc;
    if (raw.when == SCIM_MAP_EVENTS) {
        return "the event must be activate, deactivate or delete";
    }
    if (scim_text_ieq(argv[2], "keep")) {
        raw.event.action = SCIM_MAP_KEEP;
    } else if (scim_text_ieq(argv[2], "delete")) {
        raw.event.action = SCIM_MAP_DELETE;
    } else if (scim_text_ieq(argv[2], "unlink")) {
        raw.event.action = SCIM_MAP_UNLINK;
    } else if (strncmp(argv[2], "set:", 4) == 0) {
        raw.event.action = SCIM_MAP_SET;
        wrong = parse_sets(sets, argv[2] + 4, at, p);
    } else {
        wrong = "what it does must be keep, delete, unlink or set:column=value";
    }
    if (!wrong && raw.when == SCIM_MAP_ACTIVATED && raw.event.action != SCIM_MAP_SET) {
        wrong = "for activate there is only set:column=value";
    }
    if (!wrong) {
        APR_ARRAY_PUSH(build->events, scim_map_raw_event_t) = raw;
    }
    return wrong;
}

const char *scim_map_add_adopt(scim_map_build_t *build, int argc, const char *const *argv,
                               const char *at, apr_pool_t *p)
{
    scim_map_raw_adopt_t raw = {argv[0], scim_text_ieq(argv[1], "On"), at};

    (void)argc;
    (void)p;
    if (!raw.on && !scim_text_ieq(argv[1], "Off")) {
        return "behind the type it must be On or Off";
    }
    APR_ARRAY_PUSH(build->adopts, scim_map_raw_adopt_t) = raw;
    return NULL;
}
