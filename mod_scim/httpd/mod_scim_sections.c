/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "mod_scim_sections.h"

#include <stdlib.h>
#include <string.h>

#include <http_core.h>

struct scim_sections_t {
    scim_dir_t *own;            /* the server's */
    apr_array_header_t *sorted; /* of scim_section_t, by path, then by order */
};

static int by_path(const void *a, const void *b)
{
    const scim_section_t *one = a;
    const scim_section_t *two = b;
    int order = strcmp(one->path, two->path);

    return order ? order : one->order - two->order;
}

static int by_order(const void *a, const void *b)
{
    return ((const scim_section_t *)a)->order - ((const scim_section_t *)b)->order;
}

scim_sections_t *scim_sections_make(const server_rec *s, apr_pool_t *p)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    scim_sections_t *sections = apr_pcalloc(p, sizeof(*sections));
    int i;

    sections->own = ap_get_module_config(s->lookup_defaults, &scim_module);
    sections->sorted = apr_array_make(p, core->sec_url->nelts, sizeof(scim_section_t));
    for (i = 0; i < core->sec_url->nelts; i++) {
        ap_conf_vector_t *conf = APR_ARRAY_IDX(core->sec_url, i, ap_conf_vector_t *);
        const core_dir_config *dir = ap_get_core_module_config(conf);
        scim_section_t section = {dir->d, ap_get_module_config(conf, &scim_module), i};

        if (section.path && section.dir && !dir->r && !dir->d_is_fnmatch) {
            APR_ARRAY_PUSH(sections->sorted, scim_section_t) = section;
        }
    }
    qsort(sections->sorted->elts, (size_t)sections->sorted->nelts, sizeof(scim_section_t), by_path);
    return sections;
}

/* Place of the first section that is not before the first len bytes of a prefix. */
static int first_from(const scim_sections_t *sections, const char *prefix, apr_size_t len)
{
    int low = 0;
    int high = sections->sorted->nelts;

    while (low < high) {
        int middle = low + (high - low) / 2;
        const char *path = APR_ARRAY_IDX(sections->sorted, middle, scim_section_t).path;
        if (strncmp(path, prefix, len) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const scim_section_t *scim_sections_from(int *n, const scim_sections_t *sections,
                                         const char *prefix, apr_size_t len)
{
    int first = first_from(sections, prefix, len);
    int end = first;

    while (end < sections->sorted->nelts &&
           strncmp(APR_ARRAY_IDX(sections->sorted, end, scim_section_t).path, prefix, len) == 0) {
        end++;
    }
    *n = end - first;
    return *n ? &APR_ARRAY_IDX(sections->sorted, first, scim_section_t) : NULL;
}

/* Add the sections whose path is the first len bytes of a path. */
static void add_equal(apr_array_header_t *around, const scim_sections_t *sections, const char *path,
                      apr_size_t len)
{
    int i = first_from(sections, path, len);

    /* Of those that begin so, the shortest come first. */
    for (; i < sections->sorted->nelts; i++) {
        const scim_section_t *one = &APR_ARRAY_IDX(sections->sorted, i, scim_section_t);
        if (strncmp(one->path, path, len) != 0 || one->path[len]) {
            break;
        }
        APR_ARRAY_PUSH(around, scim_section_t) = *one;
    }
}

/* As core's location walk does it: a section holds for its path and for what is below. */
const scim_dir_t *scim_sections_merge(const scim_sections_t *sections, const char *path,
                                      apr_pool_t *p)
{
    apr_array_header_t *around = apr_array_make(p, 4, sizeof(scim_section_t));
    scim_dir_t *dir = sections->own;
    apr_size_t len;
    int i;

    for (len = 0; len == 0 || path[len - 1]; len++) {
        if (len == 0 || path[len - 1] == '/' || path[len] == '/' || path[len] == '\0') {
            add_equal(around, sections, path, len);
        }
    }
    qsort(around->elts, (size_t)around->nelts, sizeof(scim_section_t), by_order);
    for (i = 0; i < around->nelts; i++) {
        dir = scim_config_merge(p, dir, APR_ARRAY_IDX(around, i, scim_section_t).dir);
    }
    return dir;
}
