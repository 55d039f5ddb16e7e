/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include "scim_json.h"
#include "scim_text.h"
#include "widget.h"

apr_pool_t *fuzz_pool(void)
{
    static int ready;
    apr_pool_t *p;

    if (!ready) {
        apr_initialize();
        ready = 1;
    }
    apr_pool_create(&p, NULL);
    return p;
}

void fuzz_require(int holds, const char *law)
{
    if (!holds) {
        fprintf(stderr, "%s: broken: %s\n", fuzz_name, law);
        abort();
    }
}

void fuzz_require_error(const scim_error_t *err)
{
    fuzz_require(err->status >= 400 && err->status <= 499, "an input's fault is a 4xx");
    fuzz_require(err->detail && err->detail[0], "an error has a detail");
    fuzz_require(strlen(err->detail) < 1024, "a detail is short");
    fuzz_require(scim_text_utf8(err->detail, strlen(err->detail)), "a detail is UTF-8");
    fuzz_require(err->msgid == NULL, "an input's fault is no message to the operator");
}

static const char *const names[FUZZ_TYPES] = {"User", "Group", "Widget"};

const scim_resource_type_t *fuzz_type(int i)
{
    return widget_type_named(names[i]);
}

static const char user[] =
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\","
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"],\"id\":\"u1\","
    "\"externalId\":\"00ujl29u0le5T6Aj10h7\",\"userName\":\"Test.User@okta.local\",\"name\":{"
    "\"formatted\":\"Test User\",\"familyName\":\"User\",\"givenName\":\"T\xC3\xA9st\"},"
    "\"displayName\":\"Test User\",\"title\":\"Stra\xC3\x9F"
    "e\",\"active\":true,\"emails\":[{"
    "\"value\":\"a@example.com\",\"type\":\"work\",\"primary\":true},{\"value\":\"b@example.com\","
    "\"type\":\"home\"}],\"addresses\":[{\"type\":\"work\",\"formatted\":\"1 Road\\nTown\"}],"
    "\"roles\":[{\"value\":\"admin\"}],\"x509Certificates\":[{\"value\":\"QUJD\"}],"
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":{\"department\":\"D\","
    "\"manager\":{\"value\":\"u2\"}},\"groups\":[{\"value\":\"g1\",\"display\":\"G\"}],"
    "\"meta\":{\"resourceType\":\"User\",\"created\":\"2011-05-13T04:42:34.000Z\","
    "\"lastModified\":\"2011-05-13T04:42:34.500Z\",\"version\":\"W/\\\"1\\\"\","
    "\"location\":\"https://localhost/Users/u1\"}}";

static const char group[] =
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],\"id\":\"g1\","
    "\"displayName\":\"Test SCIMv2\",\"members\":[{\"value\":\"u1\",\"display\":\"Test User\","
    "\"type\":\"User\"},{\"value\":\"g2\",\"type\":\"Group\"}],\"meta\":{\"resourceType\":"
    "\"Group\","
    "\"created\":\"2011-05-13T04:42:34.000Z\",\"lastModified\":\"2011-05-13T04:42:34.500Z\"}}";

static const char widget[] =
    "{\"schemas\":[\"urn:example:params:scim:schemas:Widget\"],\"id\":\"w1\",\"title\":\"a\","
    "\"serial\":\"A\",\"round\":false,\"count\":5,\"price\":1.5,"
    "\"sold\":\"2020-02-29T00:00:00.000Z\",\"image\":\"QUJD\",\"page\":\"https://x/\","
    "\"tags\":[\"red\",\"Blue\"],\"sizes\":[1,10],\"shape\":{\"form\":\"cube\",\"edges\":12},"
    "\"shapes\":[{\"form\":\"disc\"}],\"parts\":[{\"value\":\"p\",\"code\":\"C\",\"size\":3,"
    "\"weight\":0.5,\"made\":\"2011-05-13T04:42:34.000Z\",\"spare\":true}]}";

json_t *fuzz_resource(int i, apr_pool_t *p)
{
    static const char *const texts[FUZZ_TYPES] = {user, group, widget};
    json_t *resource = NULL;

    fuzz_require(scim_json_load(&resource, texts[i], strlen(texts[i]), NULL, p) == NULL,
                 "the target's own resource is JSON");
    return resource;
}

scim_tenant_t *fuzz_tenant(apr_pool_t *p)
{
    return scim_tenant_make("fuzz", p);
}
