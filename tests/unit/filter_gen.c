/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "filter_gen.h"

#include <string.h>

#include <apr_strings.h>

#include "scim_json.h"
#include "scim_text.h"

/* What folds, what must not, and what databases and quoting stumble over. */
/* clang-format off */
static const char *const words[] = {
    "alice", "Alice", "ALICE", "bob", "b", "work", "Work", "home", "HOME", "other",
    "stra\xC3\x9F" "e", "STRASSE", "STRA\xE1\xBA\x9E" "E", "\xC3\x89lodie", "\xC3\xA9lodie",
    "e\xCC\x81lodie", "elodie", "\xCE\xA3\xCE\xAF\xCF\x83\xCF\x85\xCF\x86\xCE\xBF\xCF\x82",
    "\xCF\x83\xCE\xAF\xCF\x83\xCF\x85\xCF\x86\xCE\xBF\xCF\x83", "\xC4\xB0zmir", "izmir",
    "\xC4\xB1zmir", "\xE2\x84\xAA" "elvin", "kelvin", "\xC5\xBFun", "sun", "\xC8\xBA" "b",
    "\xE2\xB1\xA5" "b", "\xE6\x97\xA5\xE6\x9C\xAC", "\xF0\x9F\x98\x80", "\xF0\x90\x90\x80x",
    "\xF0\x90\x90\xA8x", "\xEF\xBF\xBFz", "100%", "100%x", "a_c", "abc", "a\\c", "a\"c", "a'c",
    "a*c", "a?c", "a|c", "a c", " a", "a ", "a", "A", "a  ", "~z", "null", "true", "0", "00",
    "10", "9", "-1", "x@example.com", "X@Example.COM", "[a]", "(a)", "a/b", "urn:x:y", "a.b",
    "QUJD", "qujd"};
/* clang-format on */

static const char *const instants[] = {
    "2011-05-13T04:42:34Z",     "2011-05-13T04:42:34.000Z", "2011-05-13T06:42:34+02:00",
    "2011-05-13T04:42:34.001Z", "2020-02-29T00:00:00Z",     "2020-02-28T23:00:00-01:00",
    "1969-12-31T23:59:59.999Z", "2026-11-23T01:02:03.456Z", "2026-11-23T01:02:03"};

static const char *const default_ids[] = {"0a", "0A", "0b", "gen-1", "gen-2", "gen-3"};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_DEPTH 4

void filter_gen_init(filter_gen_t *g, apr_uint64_t seed, const scim_resource_type_t *type)
{
    g->state = seed;
    g->type = type;
    g->ids = default_ids;
    g->nids = (int)COUNT(default_ids);
}

/* splitmix64: every seed is good, and it needs no table. */
unsigned filter_gen_below(filter_gen_t *g, unsigned n)
{
    apr_uint64_t z = (g->state += 0x9E3779B97F4A7C15ULL);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return (unsigned)((z ^ (z >> 31)) % n);
}

static int chance(filter_gen_t *g, unsigned percent)
{
    return filter_gen_below(g, 100) < percent;
}

/* The text with each ASCII letter's case turned or kept at random. */
static const char *vary_case(filter_gen_t *g, const char *text, apr_pool_t *p)
{
    char *out = apr_pstrdup(p, text);
    char *c;

    for (c = out; *c; c++) {
        if (((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')) && chance(g, 40)) {
            *c = (char)(*c ^ 0x20);
        }
    }
    return out;
}

static int boundary(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* Some characters of the text, from any place in it. */
static const char *cut(filter_gen_t *g, const char *text, apr_pool_t *p)
{
    size_t n = strlen(text);
    size_t from = filter_gen_below(g, (unsigned)n + 1);
    size_t to = from + filter_gen_below(g, (unsigned)(n - from) + 1);

    while (!boundary(text[from])) {
        from--;
    }
    while (!boundary(text[to])) {
        to++;
    }
    return apr_pstrmemdup(p, text + from, to - from);
}

const char *filter_gen_string(filter_gen_t *g, apr_pool_t *p)
{
    const char *word = words[filter_gen_below(g, COUNT(words))];

    switch (filter_gen_below(g, 10)) {
    case 0:
        return vary_case(g, word, p);
    case 1:
        return apr_psprintf(p, "%s-%u", word, filter_gen_below(g, 10));
    case 2:
        return apr_pstrcat(p, word, words[filter_gen_below(g, COUNT(words))], NULL);
    default:
        return word;
    }
}

static const char *random_id(filter_gen_t *g)
{
    return g->ids[filter_gen_below(g, (unsigned)g->nids)];
}

/* ---- filters ----
 * One random choice per statement: the order in which C evaluates arguments is the compiler's.
 */

static const char *string_literal(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p)
{
    const char *s = filter_gen_string(g, p);

    if (attr->canonical && chance(g, 50)) {
        s = vary_case(g, attr->canonical[0], p);
    }
    if (attr->case_exact && chance(g, 50)) {
        s = random_id(g);
    }
    if (chance(g, 30)) {
        s = cut(g, s, p);
    }
    return scim_json_quote(s, p);
}

static const char *literal(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p)
{
    static const char *const booleans[] = {"true", "false", "True", "\"FALSE\"", "\"true\""};
    static const char *const reals[] = {"0", "1", "-2.5", "1e2", "0.1", "1E-2", "100", "-0.0"};

    switch (attr->type) {
    case SCIM_ATTR_BOOLEAN:
        return booleans[filter_gen_below(g, COUNT(booleans))];
    case SCIM_ATTR_INTEGER:
        return apr_psprintf(p, "%d", (int)filter_gen_below(g, 9) - 4);
    case SCIM_ATTR_DECIMAL:
        return reals[filter_gen_below(g, COUNT(reals))];
    case SCIM_ATTR_DATETIME:
        return apr_psprintf(p, "\"%s\"", instants[filter_gen_below(g, COUNT(instants))]);
    default:
        return string_literal(g, attr, p);
    }
}

/* How many of eq ne gt ge lt le co sw ew, in this order, the attribute type has. */
static unsigned operators(scim_attr_type_t type)
{
    switch (type) {
    case SCIM_ATTR_BOOLEAN:
    case SCIM_ATTR_BINARY:
        return 2;
    case SCIM_ATTR_INTEGER:
    case SCIM_ATTR_DECIMAL:
    case SCIM_ATTR_DATETIME:
        return 6;
    default:
        return 9;
    }
}

/* "eq value" for an attribute, which is not complex or has a `value`. */
static const char *tail(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p)
{
    static const char *const ops[] = {"eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "ew"};
    const scim_attr_t *value = attr;
    const char *op;

    if (attr->type == SCIM_ATTR_COMPLEX) {
        value = scim_attr_sub(attr, "value");
    }
    if (!value || chance(g, 20)) {
        return chance(g, 60) ? vary_case(g, "pr", p) : chance(g, 50) ? "eq null" : "NE null";
    }
    op = vary_case(g, ops[filter_gen_below(g, operators(value->type))], p);
    return apr_psprintf(p, "%s %s", op, literal(g, value, p));
}

static const scim_attr_t *pick(filter_gen_t *g, const scim_attr_t *attrs, int n)
{
    const scim_attr_t *attr;

    do {
        attr = &attrs[filter_gen_below(g, (unsigned)n)];
    } while (attr->returned == SCIM_RETURNED_NEVER);
    return attr;
}

static const scim_attr_t *pick_top(filter_gen_t *g, const char **prefix, apr_pool_t *p)
{
    const scim_schema_t *schema = g->type->schema;
    const scim_attr_t *attrs;
    int n;

    *prefix = "";
    if (chance(g, 15)) {
        attrs = scim_common_attrs(&n);
        return pick(g, attrs, n);
    }
    if (g->type->nextensions && chance(g, 20)) {
        schema = g->type->extensions[0].schema;
        *prefix = apr_pstrcat(p, vary_case(g, schema->urn, p), ":", NULL);
    } else if (chance(g, 5)) {
        *prefix = apr_pstrcat(p, schema->urn, ":", NULL);
    }
    return pick(g, schema->attrs, schema->nattrs);
}

/* attr is the one whose brackets this is in, or NULL outside. */
static const char *random_or(filter_gen_t *g, const scim_attr_t *attr, int depth, apr_pool_t *p);

static const char *random_comparison(filter_gen_t *g, const scim_attr_t *element, int depth,
                                     apr_pool_t *p)
{
    const char *prefix = "";
    const scim_attr_t *attr;
    const scim_attr_t *sub;
    const char *name;

    attr = element ? pick(g, element->subs, element->nsubs) : pick_top(g, &prefix, p);
    name = apr_pstrcat(p, prefix, vary_case(g, attr->name, p), NULL);
    if (attr->type != SCIM_ATTR_COMPLEX || chance(g, 20)) {
        return apr_psprintf(p, "%s %s", name, tail(g, attr, p));
    }
    sub = pick(g, attr->subs, attr->nsubs);
    if (chance(g, 50)) {
        name = apr_pstrcat(p, name, ".", vary_case(g, sub->name, p), NULL);
        return apr_psprintf(p, "%s %s", name, tail(g, sub, p));
    }
    name = apr_psprintf(p, "%s[%s]", name, random_or(g, attr, depth - 1, p));
    return chance(g, 25) ? apr_psprintf(p, "%s.%s %s", name, sub->name, tail(g, sub, p)) : name;
}

static const char *random_operand(filter_gen_t *g, const scim_attr_t *attr, int depth,
                                  apr_pool_t *p)
{
    if (depth > 0 && chance(g, 15)) {
        return apr_psprintf(p, "(%s)", random_or(g, attr, depth - 1, p));
    }
    if (depth > 0 && chance(g, 15)) {
        const char *word = vary_case(g, "not", p);
        return apr_psprintf(p, "%s (%s)", word, random_or(g, attr, depth - 1, p));
    }
    return random_comparison(g, attr, depth, p);
}

static const char *random_or(filter_gen_t *g, const scim_attr_t *attr, int depth, apr_pool_t *p)
{
    const char *text = random_operand(g, attr, depth, p);

    while (depth > 0 && chance(g, 25)) {
        const char *word = vary_case(g, chance(g, 50) ? "and" : "or", p);
        text = apr_psprintf(p, "%s %s %s", text, word, random_operand(g, attr, depth, p));
    }
    return text;
}

const char *filter_gen_filter(filter_gen_t *g, apr_pool_t *p)
{
    return random_or(g, NULL, (int)filter_gen_below(g, MAX_DEPTH), p);
}

const char *filter_gen_value_filter(filter_gen_t *g, const scim_attr_t *attr, apr_pool_t *p)
{
    return random_or(g, attr, (int)filter_gen_below(g, MAX_DEPTH), p);
}
