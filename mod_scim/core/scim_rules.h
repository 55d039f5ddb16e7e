/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#ifndef SCIM_RULES_H
#define SCIM_RULES_H

#include <apr_tables.h>

#include "scim_json.h"
#include "scim_schema.h"

/**
 * What a tenant asks of its resources beyond their schemas: attributes that are not offered, and
 * rules for the values of others. Made of directives, once: a catalog of its own, so that /Schemas,
 * filters and paths tell the same, and for each of its types a table that every write is held to.
 *
 * A rule is for an attribute path. With a value filter it is for the elements that match, and the
 * schema does not tell of it.
 */

#define SCIM_RULES_MAX 500          /* lines for one tenant */
#define SCIM_RULES_VALUES_MAX 2000  /* legal values of one rule */
#define SCIM_RULES_TEXT_MAX 500     /* bytes of a pattern or a legal value */
#define SCIM_RULES_ERROR_MAX 200    /* bytes of an error's text */
#define SCIM_RULES_FORBIDDEN_MAX 64 /* characters of one forbid= */

/* ---- directives ---- */

/** The lines as they are read. */
typedef struct scim_rules_build_t scim_rules_build_t;

scim_rules_build_t *scim_rules_build_make(apr_pool_t *p);

/**
 * ScimAttribute, ScimAttributeAllow and ScimOtherAttributes: take a line's words, as many as the
 * directive's least or more. They are copied by reference.
 * @param where the line, for messages: "ScimAttribute in file:line"
 * @return NULL, or what is wrong in one sentence, without `where`
 */
const char *scim_rules_attribute(scim_rules_build_t *build, const char *where, int argc,
                                 const char *const *argv);
const char *scim_rules_allow(scim_rules_build_t *build, const char *where, int argc,
                             const char *const *argv);
const char *scim_rules_other(scim_rules_build_t *build, const char *where, int argc,
                             const char *const *argv);

/**
 * What the lines mean together, for the types of a catalog.
 * @param out    `from` itself where no line changes it, else a catalog in the build's pool
 * @param strict 1: what is not offered is not defined for the tenant's clients, as a profile wants
 *               it; ScimOtherAttributes ignore is wrong then
 * @return NULL, or what is wrong, beginning with the line's `where`
 */
const char *scim_rules_catalog(const scim_catalog_t **out, scim_rules_build_t *build,
                               const scim_catalog_t *from, int strict);

/* ---- writes ---- */

typedef enum scim_write_t {
    SCIM_WRITE_CREATE,
    SCIM_WRITE_REPLACE, /* PUT: the body is all there is */
    SCIM_WRITE_PATCH
} scim_write_t;

/** One write on its way through the rules. */
typedef struct scim_ruling_t {
    const scim_resource_type_t *type;
    const json_t *old; /* the stored document; NULL for SCIM_WRITE_CREATE */
    scim_write_t write;
} scim_ruling_t;

/**
 * Before a decoded document is finished: bring values into the spelling that is kept (fold, the
 * spelling of a legal value), give readOnly attributes and, where a PUT does not give them,
 * immutable ones what is stored, and give defaults to what has no value.
 */
void scim_rules_shape(json_t *doc, const scim_ruling_t *ruling, apr_pool_t *p);

/**
 * Hold a finished document to the type's rules. A PATCH is not blamed for what was so before: a
 * stored value that it leaves, or something that was missing already.
 * @return 400 invalidValue naming attribute and rule, or 400 mutability, both with the rule's own
 *         text; no value is repeated
 */
scim_error_t *scim_rules_check(const json_t *doc, const scim_ruling_t *ruling,
                               apr_pool_t *p) SCIM_CHECKED;

/* ---- in words ---- */

/** What a rule asks of an attribute. */
typedef struct scim_rule_words_t {
    const char *urn;   /* of the extension; NULL: the main schema's, or a common attribute's */
    const char *attr;  /* name */
    const char *sub;   /* name, or NULL */
    const char *label; /* with its filter: `addresses[type eq "work"].country`; NULL: it has none */
    const char *words; /* "required; must be admin or user" */
} scim_rule_words_t;

/** A type's rules for people, in the order of the lines; array of scim_rule_words_t in p. */
apr_array_header_t *scim_rules_words(const scim_resource_type_t *type, apr_pool_t *p);

/* ---- what is not offered ---- */

/** What becomes of an attribute that is defined, but not offered. */
typedef enum scim_other_t {
    SCIM_OTHER_UNDEFINED, /* as any name that no schema has */
    SCIM_OTHER_IGNORE,
    SCIM_OTHER_REJECT
} scim_other_t;

scim_other_t scim_rules_other_of(const scim_resource_type_t *type);

/** The type with everything that its schemas define, offered or not. */
const scim_resource_type_t *scim_rules_whole(const scim_resource_type_t *type);

#endif
