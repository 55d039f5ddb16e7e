/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "counting.h"
#include "scim_json.h"
#include "scim_render.h"

#define BASE "https://scim.example.com/scim/v2"
#define DOC                                                                                        \
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"01\","                 \
    "\"userName\":\"b\xC3\xA4r \\\"x\\\"\",\"active\":true}"

static apr_pool_t *pool;
static const scim_resource_type_t *user;
static const scim_resource_type_t *group;

static void setup(void)
{
    counting_start();
    apr_initialize();
    apr_pool_create(&pool, NULL);
    user = scim_catalog_type(scim_catalog_default(), "User");
    group = scim_catalog_type(scim_catalog_default(), "Group");
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    ck_assert_int_eq(counting_live(), 0);
    apr_terminate();
}

static json_t *parse(const char *text)
{
    json_t *root = NULL;
    scim_error_t *err = scim_json_load(&root, text, strlen(text), NULL, pool);

    ck_assert_msg(!err, "%s: %s", text, err ? err->detail : "");
    return root;
}

static scim_row_t row_of(const char *doc)
{
    scim_row_t row;

    memset(&row, 0, sizeof(row));
    row.id = "01";
    row.version = 3;
    row.created = APR_INT64_C(1264222582000000);
    row.modified = APR_INT64_C(1305261754123000);
    row.doc = doc;
    row.doc_len = strlen(doc);
    return row;
}

static const char *splice(const scim_row_t *row, const scim_ref_t *refs, int nrefs,
                          const char *name, const scim_view_t *view)
{
    scim_buf_t *out = scim_buf_make(1, pool);
    int n = 0;
    int i;

    scim_render_begin(out, row);
    for (i = 0; i < nrefs; i++) {
        scim_render_ref(out, &n, name, &refs[i], view->base);
    }
    ck_assert_int_eq(n, nrefs);
    scim_render_end(out, n, row, view);
    return out->data;
}

#define META(type, endpoint, id)                                                                   \
    "\"meta\":{\"resourceType\":\"" type "\",\"created\":\"2010-01-23T04:56:22.000Z\","            \
    "\"lastModified\":\"2011-05-13T04:42:34.123Z\",\"location\":\"" BASE "/" endpoint "/" id       \
    "\",\"version\":\"W/\\\"3\\\"\"}"

START_TEST(render_splices_a_document)
{
    scim_view_t view = {BASE, user, NULL};
    scim_row_t row = row_of(DOC);

    ck_assert_str_eq(
        splice(&row, NULL, 0, "groups", &view),
        "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"id\":\"01\","
        "\"userName\":\"b\xC3\xA4r \\\"x\\\"\",\"active\":true," META("User", "Users", "01") "}");
}
END_TEST

START_TEST(render_splices_members_and_groups)
{
    scim_ref_t refs[] = {
        {"m1", "Babs \"J\"", user, 0}, {"m2", NULL, user, 0}, {"g1", "", group, 0}};
    scim_view_t view = {BASE, group, NULL};
    scim_row_t row = row_of("{\"id\":\"01\"}");

    ck_assert_str_eq(
        splice(&row, refs, 3, "members", &view),
        "{\"id\":\"01\",\"members\":["
        "{\"value\":\"m1\",\"$ref\":\"" BASE
        "/Users/m1\",\"type\":\"User\",\"display\":\"Babs \\\"J\\\"\"},"
        "{\"value\":\"m2\",\"$ref\":\"" BASE "/Users/m2\",\"type\":\"User\"},"
        "{\"value\":\"g1\",\"$ref\":\"" BASE
        "/Groups/g1\",\"type\":\"Group\",\"display\":\"\"}]," META("Group", "Groups", "01") "}");
    view.type = user;
    ck_assert_str_eq(
        splice(&row, refs + 2, 1, "groups", &view),
        "{\"id\":\"01\",\"groups\":[{\"value\":\"g1\",\"$ref\":\"" BASE
        "/Groups/g1\",\"type\":\"direct\",\"display\":\"\"}]," META("User", "Users", "01") "}");
}
END_TEST

/* Documents at the edge of what a database may hand back: the reply is JSON all the same. */
START_TEST(render_splices_odd_documents)
{
    static const char *const docs[] = {
        "{}", " { } \n", "", "}", "{", "{\"id\":\"01\"}", "{\"id\":\"01\" } \r\n\t", "{\n}"};
    scim_ref_t ref = {"m1", NULL, user, 0};
    scim_view_t view = {BASE, group, NULL};
    scim_row_t row = row_of(docs[_i]);
    int n;

    for (n = 0; n <= 1; n++) {
        const json_t *o = parse(splice(&row, &ref, n, "members", &view));

        ck_assert_str_eq(json_string_value(json_object_get(o, "id")), "01");
        ck_assert_uint_eq(json_array_size(json_object_get(o, "members")), n);
        ck_assert_ptr_nonnull(json_object_get(o, "meta"));
    }
}
END_TEST

/* The base holds the request's Host, and ids may come from anywhere. */
START_TEST(render_escapes_base_and_id)
{
    scim_view_t view = {"https://a\"b\\c/x", user, NULL};
    scim_ref_t ref = {"a/b ?#\"\xC3\xA4:1+2%", NULL, group, 0};
    scim_row_t row = row_of("{\"id\":\"x\"}");
    const json_t *o;
    const json_t *line;
    const char *url = "https://a\"b\\c/x/Groups/a%2Fb%20%3F%23%22%C3%A4:1%2B2%25";

    row.id = ref.id;
    o = parse(splice(&row, &ref, 1, "groups", &view));
    line = json_array_get(json_object_get(o, "groups"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(line, "value")), ref.id);
    ck_assert_str_eq(json_string_value(json_object_get(line, "$ref")), url);
    ck_assert_str_eq(scim_render_location(view.base, group, ref.id, pool), url);
    o = json_object_get(o, "meta");
    ck_assert_str_eq(json_string_value(json_object_get(o, "location")),
                     scim_render_location(view.base, user, ref.id, pool));
    ck_assert_str_eq(scim_render_location(BASE, user, "01-ab_c.~", pool), BASE "/Users/01-ab_c.~");
}
END_TEST

START_TEST(render_etag_is_weak)
{
    ck_assert_str_eq(scim_render_etag(1, pool), "W/\"1\"");
    ck_assert_str_eq(scim_render_etag(APR_INT64_C(9007199254740993), pool),
                     "W/\"9007199254740993\"");
}
END_TEST

/* The three ways to render a resource show the same. */
START_TEST(render_tree_projection_and_splice_agree)
{
    scim_ref_t refs[] = {{"m1", "Babs", user, 0}, {"m2", NULL, user, 0}, {"g1", "G", group, 0}};
    const scim_resource_type_t *type = _i / 4 ? user : group;
    const char *name = _i / 4 ? "groups" : "members";
    scim_view_t view = {BASE, type, NULL};
    scim_row_t row = row_of(DOC);
    scim_buf_t *out = scim_buf_make(0, pool);
    int n = _i % 4;
    const char *text = splice(&row, refs, n, name, &view);
    json_t *tree = NULL;

    ck_assert_ptr_null(scim_render_tree(&tree, &row, refs, n, &view, pool));
    ck_assert_str_eq(scim_json_dump(tree, NULL, pool), text);
    ck_assert_ptr_null(scim_render_projected(out, &row, refs, n, &view, pool));
    ck_assert_str_eq(out->data, text);
}
END_TEST

START_TEST(render_tree_of_an_empty_document_has_the_id)
{
    scim_view_t view = {BASE, user, NULL};
    scim_row_t row = row_of("{}");
    json_t *tree = NULL;

    ck_assert_ptr_null(scim_render_tree(&tree, &row, NULL, 0, &view, pool));
    ck_assert_str_eq(scim_json_dump(tree, NULL, pool), splice(&row, NULL, 0, "groups", &view));
}
END_TEST

START_TEST(render_projected_shows_the_selection)
{
    scim_ref_t ref = {"g1", "G", group, 0};
    scim_view_t view = {BASE, user, NULL};
    scim_row_t row = row_of(DOC);
    scim_buf_t *out = scim_buf_make(0, pool);

    ck_assert_ptr_null(scim_project_parse(&view.projection, "active,groups.display,meta.version",
                                          NULL, user, pool));
    scim_buf_puts(out, "[");
    ck_assert_ptr_null(scim_render_projected(out, &row, &ref, 1, &view, pool));
    ck_assert_str_eq(out->data, "[{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],"
                                "\"id\":\"01\",\"active\":true,\"groups\":[{\"display\":\"G\"}],"
                                "\"meta\":{\"version\":\"W/\\\"3\\\"\"}}");
}
END_TEST

START_TEST(render_refuses_a_broken_document)
{
    static const char *const docs[] = {"{\"id\":", "[]", "", "\"secret\"", "{\"id\":\"secret}"};
    scim_view_t view = {BASE, user, NULL};
    scim_row_t row = row_of(docs[_i]);
    json_t *tree = NULL;
    scim_buf_t *out = scim_buf_make(0, pool);
    scim_error_t *err = scim_render_tree(&tree, &row, NULL, 0, &view, pool);

    ck_assert_ptr_nonnull(err);
    ck_assert_ptr_null(tree);
    ck_assert_int_eq(err->status, 500);
    ck_assert_str_eq(err->msgid, "SCIM1001");
    ck_assert_ptr_null(strstr(err->detail, "secret"));
    ck_assert_ptr_null(strstr(err->log, "secret"));
    err = scim_render_projected(out, &row, NULL, 0, &view, pool);
    ck_assert_ptr_nonnull(err);
    ck_assert_uint_eq(out->len, 0);
}
END_TEST

START_TEST(render_lists_have_integers)
{
    scim_buf_t *out = scim_buf_make(0, pool);

    scim_render_list_begin(out, 0, 1, 0, NULL);
    scim_render_list_end(out);
    ck_assert_str_eq(out->data, "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"
                                "ListResponse\"],\"totalResults\":0,\"startIndex\":1,"
                                "\"itemsPerPage\":0,\"Resources\":[]}");
    out = scim_buf_make(0, pool);
    scim_render_list_begin(out, APR_INT64_C(5000000000), APR_INT64_C(4999999999), 2, NULL);
    scim_buf_puts(out, "{},{}");
    scim_render_list_end(out);
    const json_t *list = parse(out->data);
    ck_assert_int_eq(json_integer_value(json_object_get(list, "totalResults")),
                     APR_INT64_C(5000000000));
    ck_assert_int_eq(json_integer_value(json_object_get(list, "startIndex")),
                     APR_INT64_C(4999999999));
    ck_assert_int_eq(json_integer_value(json_object_get(list, "itemsPerPage")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(list, "Resources")), 2);
}
END_TEST

/* A line of a big group must leave nothing in the pool: only the buffer's own growth may. */
START_TEST(render_ref_leaves_nothing_in_the_pool)
{
    scim_ref_t ref = {"019aaf3b-2f1c-7a00-8000-000000000000", "Somebody", user, 0};
    scim_buf_t *out = scim_buf_make(8192, pool);
    char *before;
    char *after;
    int n = 0;
    int i;

    before = apr_palloc(pool, 8);
    for (i = 0; i < 20; i++) {
        scim_render_ref(out, &n, "members", &ref, BASE);
    }
    after = apr_palloc(pool, 8);
    ck_assert_int_eq(after - before, 8);
}
END_TEST

static Suite *render_suite(void)
{
    Suite *s = suite_create("render");
    TCase *tc = tcase_create("render");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, render_splices_a_document);
    tcase_add_test(tc, render_splices_members_and_groups);
    tcase_add_loop_test(tc, render_splices_odd_documents, 0, 8);
    tcase_add_test(tc, render_escapes_base_and_id);
    tcase_add_test(tc, render_etag_is_weak);
    tcase_add_loop_test(tc, render_tree_projection_and_splice_agree, 0, 8);
    tcase_add_test(tc, render_tree_of_an_empty_document_has_the_id);
    tcase_add_test(tc, render_projected_shows_the_selection);
    tcase_add_loop_test(tc, render_refuses_a_broken_document, 0, 5);
    tcase_add_test(tc, render_lists_have_integers);
    tcase_add_test(tc, render_ref_leaves_nothing_in_the_pool);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *sr = srunner_create(render_suite());
    int failed;

    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
