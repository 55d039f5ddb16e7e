/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <check.h>

#include "scim_schema.h"
#include "scim_text.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/*
 * The characteristics as RFC 7643 sections 3.1, 4.1 to 4.3 and 8.7.1 give them, in the RFC's order.
 * Letters: M multi-valued, R required, E case exact, ro/im/wo mutability other than readWrite,
 * A/N returned always/never, S uniqueness server.
 */
static const char *const common[] = {
    "schemas reference MRA (uri)",   "id string REroAS",
    "externalId string E",           "meta complex ro",
    "meta.resourceType string Ero",  "meta.created dateTime ro",
    "meta.lastModified dateTime ro", "meta.location reference Ero (uri)",
    "meta.version string Ero",       NULL,
};

static const char *const user[] = {
    "userName string RS",
    "name complex ",
    "name.formatted string ",
    "name.familyName string ",
    "name.givenName string ",
    "name.middleName string ",
    "name.honorificPrefix string ",
    "name.honorificSuffix string ",
    "displayName string ",
    "nickName string ",
    "profileUrl reference E (external)",
    "title string ",
    "userType string ",
    "preferredLanguage string ",
    "locale string ",
    "timezone string ",
    "active boolean ",
    "password string woN",
    "emails complex M",
    "emails.value string ",
    "emails.display string ",
    "emails.type string  [work home other]",
    "emails.primary boolean ",
    "phoneNumbers complex M",
    "phoneNumbers.value string ",
    "phoneNumbers.display string ",
    "phoneNumbers.type string  [work home mobile fax pager other]",
    "phoneNumbers.primary boolean ",
    "ims complex M",
    "ims.value string ",
    "ims.display string ",
    "ims.type string  [aim gtalk icq xmpp msn skype qq yahoo]",
    "ims.primary boolean ",
    "photos complex M",
    "photos.value reference E (external)",
    "photos.display string ",
    "photos.type string  [photo thumbnail]",
    "photos.primary boolean ",
    "addresses complex M",
    "addresses.formatted string ",
    "addresses.streetAddress string ",
    "addresses.locality string ",
    "addresses.region string ",
    "addresses.postalCode string ",
    "addresses.country string ",
    "addresses.type string  [work home other]",
    "addresses.primary boolean ",
    "groups complex Mro",
    "groups.value string Ero",
    "groups.$ref reference Ero (User Group)",
    "groups.display string ro",
    "groups.type string ro [direct indirect]",
    "entitlements complex M",
    "entitlements.value string ",
    "entitlements.display string ",
    "entitlements.type string ",
    "entitlements.primary boolean ",
    "roles complex M",
    "roles.value string ",
    "roles.display string ",
    "roles.type string ",
    "roles.primary boolean ",
    "x509Certificates complex M",
    "x509Certificates.value binary E",
    "x509Certificates.display string ",
    "x509Certificates.type string ",
    "x509Certificates.primary boolean ",
    NULL,
};

static const char *const enterprise[] = {
    "employeeNumber string ",
    "costCenter string ",
    "organization string ",
    "division string ",
    "department string ",
    "manager complex ",
    "manager.value string E",
    "manager.$ref reference E (User)",
    "manager.displayName string ro",
    NULL,
};

static const char *const group[] = {
    "displayName string RS",
    "members complex M",
    "members.value string Eim",
    "members.$ref reference Eim (User Group)",
    "members.display string ro",
    "members.type string im [User Group]",
    NULL,
};

static const char *list(const char *const *values, const char *open, const char *close)
{
    const char *text = "";

    for (int i = 0; values && values[i]; i++) {
        text = apr_pstrcat(pool, text, i ? " " : "", values[i], NULL);
    }
    return values ? apr_pstrcat(pool, " ", open, text, close, NULL) : "";
}

static const char *line(const scim_attr_t *attr, const scim_attr_t *parent)
{
    static const char *const types[] = {"string",   "boolean", "decimal",   "integer",
                                        "dateTime", "binary",  "reference", "complex"};
    static const char *const mutability[] = {"", "ro", "im", "wo"};
    static const char *const returned[] = {"", "A", "N", "Q"};
    static const char *const unique[] = {"", "S", "G"};

    return apr_pstrcat(pool, parent ? parent->name : "", parent ? "." : "", attr->name, " ",
                       types[attr->type], " ", attr->multi ? "M" : "", attr->required ? "R" : "",
                       attr->case_exact ? "E" : "", mutability[attr->mutability],
                       returned[attr->returned], unique[attr->uniqueness],
                       list(attr->canonical, "[", "]"), list(attr->ref_types, "(", ")"), NULL);
}

static void compare(const scim_attr_t *attrs, int nattrs, const char *const *expected)
{
    for (int i = 0; i < nattrs; i++) {
        ck_assert_ptr_nonnull(*expected);
        ck_assert_str_eq(line(&attrs[i], NULL), *expected++);
        for (int j = 0; j < attrs[i].nsubs; j++) {
            ck_assert_ptr_nonnull(*expected);
            ck_assert_str_eq(line(&attrs[i].subs[j], &attrs[i]), *expected++);
        }
    }
    ck_assert_ptr_null(*expected);
}

static const scim_resource_type_t *type_of(const char *name)
{
    const scim_resource_type_t *type = scim_catalog_type(scim_catalog_default(), name);

    ck_assert_ptr_nonnull(type);
    return type;
}

START_TEST(characteristics)
{
    int n;
    const scim_attr_t *attrs = scim_common_attrs(&n);
    const scim_schema_t *extension = type_of("User")->extensions[0].schema;

    compare(attrs, n, common);
    compare(type_of("User")->schema->attrs, type_of("User")->schema->nattrs, user);
    compare(extension->attrs, extension->nattrs, enterprise);
    compare(type_of("Group")->schema->attrs, type_of("Group")->schema->nattrs, group);
}
END_TEST

static void check_list(const scim_attr_t *attrs, int nattrs, int depth)
{
    for (int i = 0; i < nattrs; i++) {
        const scim_attr_t *attr = &attrs[i];
        size_t len = strlen(attr->description);

        ck_assert_msg(len > 8 && attr->description[len - 1] == '.', "%s: description", attr->name);
        ck_assert_msg((attr->type == SCIM_ATTR_COMPLEX) == (attr->nsubs > 0), "%s: subs",
                      attr->name);
        ck_assert_msg((attr->type == SCIM_ATTR_REFERENCE) == (attr->ref_types != NULL),
                      "%s: referenceTypes", attr->name);
        ck_assert_int_le(depth + (attr->nsubs > 0), 1);
        for (int j = 0; j < i; j++) {
            ck_assert_msg(!scim_text_ieq(attr->name, attrs[j].name), "%s twice", attr->name);
        }
        check_list(attr->subs, attr->nsubs, depth + 1);
    }
}

START_TEST(tables_are_sound)
{
    const scim_catalog_t *c = scim_catalog_default();
    int n;
    const scim_attr_t *attrs = scim_common_attrs(&n);

    check_list(attrs, n, 0);
    ck_assert_int_eq(c->ntypes, 2);
    for (int i = 0; i < c->ntypes; i++) {
        const scim_resource_type_t *type = c->types[i];

        check_list(type->schema->attrs, type->schema->nattrs, 0);
        for (int j = 0; j < n; j++) {
            ck_assert_ptr_null(scim_attr_find(type->schema->attrs, type->schema->nattrs,
                                              attrs[j].name, strlen(attrs[j].name)));
        }
        for (int j = 0; j < type->nextensions; j++) {
            check_list(type->extensions[j].schema->attrs, type->extensions[j].schema->nattrs, 0);
        }
    }
}
END_TEST

START_TEST(resource_types)
{
    const scim_catalog_t *c = scim_catalog_default();

    ck_assert_ptr_eq(scim_catalog_endpoint(c, "Users"), type_of("User"));
    ck_assert_ptr_eq(scim_catalog_endpoint(c, "Groups"), type_of("Group"));
    ck_assert_ptr_eq(scim_catalog_endpoint(c, "users"), type_of("User"));
    ck_assert_ptr_null(scim_catalog_endpoint(c, "Usersx"));
    ck_assert_ptr_null(scim_catalog_endpoint(c, "User"));
    ck_assert_ptr_null(scim_catalog_endpoint(c, ""));
    ck_assert_ptr_null(scim_catalog_type(c, "user"));
    ck_assert_str_eq(type_of("User")->schema->urn, SCIM_URN_USER);
    ck_assert_str_eq(type_of("Group")->schema->urn, SCIM_URN_GROUP);
    ck_assert_int_eq(type_of("User")->nextensions, 1);
    ck_assert_int_eq(type_of("User")->extensions[0].required, 0);
    ck_assert_int_eq(type_of("Group")->nextensions, 0);
}
END_TEST

START_TEST(schemas_by_urn)
{
    const scim_catalog_t *c = scim_catalog_default();
    const scim_resource_type_t *user_type = type_of("User");
    const char *longer = SCIM_URN_USER ":userName";

    ck_assert_ptr_eq(scim_catalog_schema(c, SCIM_URN_GROUP), type_of("Group")->schema);
    ck_assert_ptr_eq(scim_catalog_schema(c, SCIM_URN_ENTERPRISE), user_type->extensions[0].schema);
    ck_assert_ptr_eq(scim_catalog_schema(c, "URN:ietf:params:scim:schemas:core:2.0:user"),
                     user_type->schema);
    ck_assert_ptr_null(scim_catalog_schema(c, longer));
    ck_assert_ptr_null(scim_catalog_schema(c, ""));
    ck_assert_ptr_eq(scim_type_schema(user_type, longer, strlen(SCIM_URN_USER)), user_type->schema);
    ck_assert_ptr_null(scim_type_schema(user_type, longer, strlen(SCIM_URN_USER) - 1));
    ck_assert_ptr_null(
        scim_type_schema(type_of("Group"), SCIM_URN_ENTERPRISE, strlen(SCIM_URN_ENTERPRISE)));
}
END_TEST

START_TEST(attributes_by_name)
{
    const scim_resource_type_t *user_type = type_of("User");
    const scim_attr_t *name = scim_type_attr(user_type, "NAME", 4);

    ck_assert_str_eq(name->name, "name");
    ck_assert_str_eq(scim_type_attr(user_type, "username.x", 8)->name, "userName");
    ck_assert_str_eq(scim_type_attr(user_type, "EXTERNALID", 10)->name, "externalId");
    ck_assert_ptr_null(scim_type_attr(user_type, "userName", 7));
    ck_assert_ptr_null(scim_type_attr(user_type, "department", 10));
    ck_assert_ptr_null(scim_type_attr(user_type, "", 0));
    ck_assert_str_eq(scim_attr_sub(name, "familyname")->name, "familyName");
    ck_assert_ptr_null(scim_attr_sub(name, "family"));
    ck_assert_ptr_null(scim_attr_sub(scim_type_attr(user_type, "title", 5), "value"));
}
END_TEST

START_TEST(places)
{
    static const struct {
        const char *type;
        scim_at_t at;
        const char *name;
    } rows[] = {
        {"User", SCIM_AT_ID, "id"},
        {"User", SCIM_AT_UNIQUE, "userName"},
        {"Group", SCIM_AT_UNIQUE, "displayName"},
        {"User", SCIM_AT_EXTERNAL, "externalId"},
        {"Group", SCIM_AT_EXTERNAL, "externalId"},
        {"User", SCIM_AT_ACTIVE, "active"},
        {"Group", SCIM_AT_ACTIVE, NULL},
        {"User", SCIM_AT_CREATED, "created"},
        {"User", SCIM_AT_MODIFIED, "lastModified"},
        {"Group", SCIM_AT_MEMBERS, "members"},
        {"User", SCIM_AT_MEMBERS, NULL},
        {"User", SCIM_AT_GROUPS, "groups"},
        {"Group", SCIM_AT_GROUPS, NULL},
        {"User", SCIM_AT_META, "meta"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const scim_attr_t *attr = scim_type_attr_at(type_of(rows[i].type), rows[i].at);

        if (rows[i].name) {
            ck_assert_ptr_nonnull(attr);
            ck_assert_str_eq(attr->name, rows[i].name);
        } else {
            ck_assert_ptr_null(attr);
        }
    }
}
END_TEST

/* A filter on any part of members or groups must lead the store to the membership rows. */
START_TEST(places_of_membership)
{
    const scim_attr_t *members = scim_type_attr_at(type_of("Group"), SCIM_AT_MEMBERS);
    const scim_attr_t *groups = scim_type_attr_at(type_of("User"), SCIM_AT_GROUPS);

    for (int i = 0; i < members->nsubs; i++) {
        ck_assert_int_eq(members->subs[i].at, SCIM_AT_MEMBERS);
    }
    for (int i = 0; i < groups->nsubs; i++) {
        ck_assert_int_eq(groups->subs[i].at, SCIM_AT_GROUPS);
    }
}
END_TEST

START_TEST(places_in_the_value_index)
{
    static const char *const indexed[] = {"familyName",     "givenName",  "displayName", "value",
                                          "employeeNumber", "department", "value"};
    const scim_resource_type_t *type = type_of("User");
    size_t found = 0;

    for (int pass = 0; pass < 2; pass++) {
        const scim_schema_t *schema = pass ? type->extensions[0].schema : type->schema;

        for (int i = 0; i < schema->nattrs; i++) {
            const scim_attr_t *attr = &schema->attrs[i];

            for (int j = 0; j < attr->nsubs; j++) {
                if (attr->subs[j].at == SCIM_AT_VALUE) {
                    ck_assert_str_eq(attr->subs[j].name, indexed[found++]);
                }
            }
            if (attr->at == SCIM_AT_VALUE) {
                ck_assert_str_eq(attr->name, indexed[found++]);
            }
        }
    }
    ck_assert_uint_eq(found, sizeof(indexed) / sizeof(indexed[0]));
    ck_assert_uint_eq(scim_type_attr(type, "userName", 8)->max_chars, 255);
    ck_assert_uint_eq(scim_type_attr(type, "externalId", 10)->max_chars, 255);
    ck_assert_uint_eq(scim_type_attr(type_of("Group"), "displayName", 11)->max_chars, 255);
}
END_TEST

static Suite *schema_suite(void)
{
    Suite *s = suite_create("schema");
    TCase *tc = tcase_create("schema");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, characteristics);
    tcase_add_test(tc, tables_are_sound);
    tcase_add_test(tc, resource_types);
    tcase_add_test(tc, schemas_by_urn);
    tcase_add_test(tc, attributes_by_name);
    tcase_add_test(tc, places);
    tcase_add_test(tc, places_of_membership);
    tcase_add_test(tc, places_in_the_value_index);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner;
    int failed;

    apr_initialize();
    runner = srunner_create(schema_suite());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
