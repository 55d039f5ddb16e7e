/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "ctl_httpd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "scim_text.h"

#define DUMP_MAX ((apr_size_t)64 * 1024 * 1024)
#define FILE_MAX ((apr_size_t)1024 * 1024)

/* ---- finding httpd ---- */

static int can_run(const char *path)
{
    return access(path, X_OK) == 0;
}

/* apachectl first: it sets the variables that the configuration of Debian's httpd is full of. */
static const char *find_httpd(const ctl_t *c)
{
    static const char *const names[] = {"apache2ctl", "apachectl", "httpd", "apache2"};
    static const char *const folders[] = {SCIM_HTTPD_SBINDIR, "/usr/sbin", "/usr/local/sbin"};
    apr_size_t i;
    apr_size_t j;

    if (c->opt.httpd) {
        return c->opt.httpd;
    }
    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        for (j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
            const char *path = apr_pstrcat(c->pool, folders[i], "/", names[j], NULL);
            if (can_run(path)) {
                return path;
            }
        }
    }
    return NULL;
}

/* httpd looks for a relative name in its ServerRoot; who types one means a file that is here. */
static const char *config_file(const ctl_t *c)
{
    char *here;
    apr_finfo_t info;

    if (apr_filepath_merge(&here, NULL, c->opt.config, APR_FILEPATH_NATIVE, c->pool) ==
            APR_SUCCESS &&
        apr_stat(&info, here, APR_FINFO_TYPE, c->pool) == APR_SUCCESS) {
        return here;
    }
    return c->opt.config;
}

static const char *const *arguments(const ctl_t *c, const char *program)
{
    apr_array_header_t *args = apr_array_make(c->pool, 16, sizeof(const char *));
    int i;

    APR_ARRAY_PUSH(args, const char *) = program;
    APR_ARRAY_PUSH(args, const char *) = "-t";
    APR_ARRAY_PUSH(args, const char *) = "-D";
    APR_ARRAY_PUSH(args, const char *) = "DUMP_SCIM";
    for (i = 0; c->opt.defines && i < c->opt.defines->nelts; i++) {
        APR_ARRAY_PUSH(args, const char *) = "-D";
        APR_ARRAY_PUSH(args, const char *) = APR_ARRAY_IDX(c->opt.defines, i, const char *);
    }
    if (c->opt.server_root) {
        APR_ARRAY_PUSH(args, const char *) = "-d";
        APR_ARRAY_PUSH(args, const char *) = c->opt.server_root;
    }
    if (c->opt.config) {
        APR_ARRAY_PUSH(args, const char *) = "-f";
        APR_ARRAY_PUSH(args, const char *) = config_file(c);
    }
    APR_ARRAY_PUSH(args, const char *) = NULL;
    return (const char *const *)(const void *)args->elts;
}

/* ---- reading ---- */

/* Everything up to the end, at most max bytes. */
static apr_status_t read_all(const char **out, apr_file_t *file, apr_size_t max, apr_pool_t *p)
{
    scim_buf_t *buf = scim_buf_make(8192, p);
    char piece[8192];
    apr_size_t len = sizeof(piece);
    apr_status_t rv = apr_file_read(file, piece, &len);

    while (rv == APR_SUCCESS) {
        scim_buf_add(buf, piece, len);
        if (buf->len > max) {
            return APR_ENOSPC;
        }
        len = sizeof(piece);
        rv = apr_file_read(file, piece, &len);
    }
    *out = buf->len ? buf->data : "";
    return rv == APR_EOF ? APR_SUCCESS : rv;
}

int ctl_httpd_file(const char **out, ctl_t *c, const char *path)
{
    apr_file_t *file;
    apr_status_t rv;

    rv = strcmp(path, "-") == 0
             ? apr_file_open_stdin(&file, c->pool)
             : apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, c->pool);
    if (rv == APR_SUCCESS) {
        rv = read_all(out, file, FILE_MAX, c->pool);
    }
    if (rv != APR_SUCCESS) {
        return ctl_fail(c, CTL_FAILED, "cannot read %s: %s", path,
                        apr_psprintf(c->pool, "%pm", &rv));
    }
    return CTL_OK;
}

/* ---- running ---- */

/* Its input is empty: ours may be what is to be imported. Its errors go to a file. */
static apr_status_t start(apr_proc_t *proc, const char *program, apr_file_t *errors, ctl_t *c)
{
    apr_procattr_t *attr;
    apr_file_t *nothing;
    apr_status_t rv = apr_procattr_create(&attr, c->pool);

    if (rv == APR_SUCCESS) {
        rv = apr_procattr_io_set(attr, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_file_open(&nothing, "/dev/null", APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, c->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_child_in_set(attr, nothing, NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_child_err_set(attr, errors, NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_cmdtype_set(attr, APR_PROGRAM_PATH);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_error_check_set(attr, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_proc_create(proc, program, arguments(c, program), NULL, attr, c->pool);
    }
    return rv;
}

static apr_status_t errors_file(apr_file_t **file, apr_pool_t *p)
{
    const char *folder;
    apr_status_t rv = apr_temp_dir_get(&folder, p);

    return rv == APR_SUCCESS
               ? apr_file_mktemp(file, apr_pstrcat(p, folder, "/scimctl.XXXXXX", NULL), 0, p)
               : rv;
}

/* What httpd said. */
static const char *errors_text(apr_file_t *file, apr_pool_t *p)
{
    const char *text = "";
    apr_off_t start_of_file = 0;
    apr_size_t len;

    if (apr_file_seek(file, APR_SET, &start_of_file) != APR_SUCCESS ||
        read_all(&text, file, FILE_MAX, p) != APR_SUCCESS) {
        return "";
    }
    len = strlen(text);
    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    return apr_pstrmemdup(p, text, len);
}

int ctl_httpd_dump(const char **out, ctl_t *c)
{
    const char *program = find_httpd(c);
    apr_file_t *errors = NULL;
    apr_proc_t proc;
    apr_exit_why_e why;
    apr_status_t rv;
    int code = 0;

    if (!program) {
        return ctl_fail(c, CTL_FAILED,
                        "neither apachectl nor httpd was found; say --httpd "
                        "PROGRAM, or --driver, --params and --tenant");
    }
    rv = errors_file(&errors, c->pool);
    if (rv == APR_SUCCESS) {
        rv = start(&proc, program, errors, c);
    }
    if (rv != APR_SUCCESS) {
        return ctl_fail(c, CTL_FAILED, "cannot run %s: %s", program,
                        apr_psprintf(c->pool, "%pm", &rv));
    }
    rv = read_all(out, proc.out, DUMP_MAX, c->pool);
    apr_file_close(proc.out);
    apr_proc_wait(&proc, &code, &why, APR_WAIT);
    if (rv != APR_SUCCESS || code != 0 || why != APR_PROC_EXIT) {
        return ctl_fail(c, CTL_FAILED, "httpd does not accept its configuration (%s -t):\n%s",
                        program, errors_text(errors, c->pool));
    }
    return CTL_OK;
}

/* ---- passwords ---- */

/* Ask on the terminal itself, whatever the standard streams are. */
static int ask(const char **out, ctl_t *c, const char *user)
{
    struct termios before;
    struct termios quiet;
    char answer[256];
    ssize_t n;
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    *out = NULL;
    if (tty < 0 || tcgetattr(tty, &before) != 0) {
        return CTL_OK; /* nobody to ask */
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    dprintf(tty, "Database password of %s (empty: none): ", user);
    tcsetattr(tty, TCSAFLUSH, &quiet);
    n = read(tty, answer, sizeof(answer) - 1);
    tcsetattr(tty, TCSAFLUSH, &before);
    dprintf(tty, "\n");
    close(tty);
    if (n < 0) {
        return ctl_fail(c, CTL_FAILED, "cannot read from the terminal: %s", strerror(errno));
    }
    answer[n] = '\0';
    answer[strcspn(answer, "\r\n")] = '\0';
    *out = *answer ? apr_pstrdup(c->pool, answer) : NULL;
    return CTL_OK;
}

int ctl_httpd_password(const char **out, ctl_t *c, const char *user)
{
    const char *text;
    int rc;

    if (!c->opt.password_file) {
        return ask(out, c, user);
    }
    rc = ctl_httpd_file(&text, c, c->opt.password_file);
    if (rc == CTL_OK) {
        *out = apr_pstrmemdup(c->pool, text, strcspn(text, "\r\n"));
    }
    return rc;
}
