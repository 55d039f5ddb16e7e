/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_rules_impl.h"

#include <string.h>

#include <unicode/ucal.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include <apr_strings.h>

#include "scim_text.h"
#include "scim_time.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* ---- languages and countries: ISO 639-1, ISO 3166-1 and ISO 15924, in any case ---- */

static int is_listed(const char *text, apr_size_t len, const char *const *list)
{
    for (; *list; list++) {
        if (scim_text_ieqn(text, len, *list)) {
            return 1;
        }
    }
    return 0;
}

static int is_language_code(const char *text, apr_size_t len)
{
    return len == 2 && is_listed(text, len, uloc_getISOLanguages());
}

static int is_country_code(const char *text, apr_size_t len)
{
    return len == 2 && is_listed(text, len, uloc_getISOCountries());
}

static int is_country(const char *text)
{
    return is_country_code(text, strlen(text));
}

static int is_language(const char *text)
{
    apr_size_t len = strlen(text);

    return is_language_code(text, len) ||
           (len == 5 && text[2] == '-' && is_language_code(text, 2) && is_country(text + 3));
}

/* A language, perhaps a script of four letters, perhaps a country: en, en_US, zh-Hans-CN. */
static int is_locale(const char *text)
{
    apr_size_t len = strcspn(text, "-_");

    if (!is_language_code(text, len)) {
        return 0;
    }
    text += len;
    if (*text && strspn(text + 1, LETTERS) == 4) {
        text += 5;
    }
    return !*text || ((*text == '-' || *text == '_') && is_country(text + 1));
}

/* ---- addresses ---- */

/* A label of a host name, of letters of any alphabet: 1 to 63 bytes, no hyphen at its ends. */
static int is_label(const char *text, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        if ((signed char)text[i] >= 0 && !strchr(LETTERS DIGITS "-", text[i])) {
            return 0;
        }
    }
    return len > 0 && len <= 63 && text[0] != '-' && text[len - 1] != '-';
}

static int is_domain(const char *text)
{
    for (;;) {
        apr_size_t len = strcspn(text, ".");

        if (!is_label(text, len)) {
            return 0;
        }
        if (!text[len]) {
            return 1;
        }
        text += len + 1;
    }
}

/* RFC 5322's dot-atom before the @ (RFC 6531: of any alphabet), a host name behind it. */
static int is_email(const char *text)
{
    const char *at = strrchr(text, '@');
    apr_size_t len = at ? (apr_size_t)(at - text) : 0;

    if (len == 0 || len > 64 || strlen(text) > 254 || text[0] == '.' || at[-1] == '.' ||
        strstr(text, "..")) {
        return 0;
    }
    for (apr_size_t i = 0; i < len; i++) {
        if ((signed char)text[i] >= 0 && !strchr(LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~.", text[i])) {
            return 0;
        }
    }
    return is_domain(at + 1);
}

/* An extension behind a number: "x12", "ext. 12", ";ext=12", or nothing. */
static int is_phone_tail(const char *text)
{
    text += strspn(text, " ;,");
    if (!*text) {
        return 1;
    }
    if (scim_text_ieqn(text, 3, "ext") || scim_text_ieqn(text, 1, "x")) {
        text += scim_text_ieqn(text, 1, "x") ? 1 : 3;
        text += strspn(text, ".:= ");
        return *text && strspn(text, DIGITS) == strlen(text);
    }
    return 0;
}

/* As people write them, or RFC 3966's tel: URI. Two to twenty digits, and what stands between. */
static int is_phone(const char *text)
{
    apr_size_t len;
    int digits = 0;

    if (strlen(text) > 4 && scim_text_ieqn(text, 4, "tel:")) {
        text += 4;
    }
    text += *text == '+';
    len = strspn(text, DIGITS " ().-/");
    for (apr_size_t i = 0; i < len; i++) {
        digits += strchr(DIGITS, text[i]) != NULL;
    }
    return digits >= 2 && digits <= 20 && strchr(DIGITS "(", text[0]) && is_phone_tail(text + len);
}

/* RFC 3986: a scheme, a colon, and characters that may stand in a URI (RFC 3987: or an IRI). */
static int is_uri(const char *text)
{
    apr_size_t len = strspn(text, LETTERS DIGITS "+-.");

    if (len == 0 || !strchr(LETTERS, text[0]) || text[len] != ':' || !text[len + 1]) {
        return 0;
    }
    for (text += len + 1; *text; text++) {
        if (*text == '%' && strspn(text + 1, DIGITS "ABCDEFabcdef") < 2) {
            return 0;
        }
        if ((signed char)*text >= 0 && !strchr(LETTERS DIGITS "-._~:/?#[]@!$&'()*+,;=%", *text)) {
            return 0;
        }
    }
    return 1;
}

/* ---- times ---- */

/* A name of the tz database as it is written there. */
static int is_timezone(const char *text)
{
    UErrorCode status = U_ZERO_ERROR;
    UBool known = 0;
    UChar name[64];
    UChar canonical[64];

    if (strlen(text) >= 64 || strspn(text, LETTERS DIGITS "/_+-") != strlen(text)) {
        return 0;
    }
    u_uastrcpy(name, text);
    ucal_getCanonicalTimeZoneID(name, -1, canonical, 64, &known, &status);
    return U_SUCCESS(status) && known;
}

static int is_date(const char *text)
{
    char time[sizeof("0000-00-00T00:00:00Z")];
    apr_time_t ignored;

    if (strlen(text) != 10) {
        return 0;
    }
    apr_snprintf(time, sizeof(time), "%sT00:00:00Z", text);
    return scim_time_parse(&ignored, time);
}

static const scim_format_t formats[] = {
    {"language", "a language code such as en or en-GB", is_language},
    {"locale", "a locale such as en-GB", is_locale},
    {"country", "a country code of two letters such as GB", is_country},
    {"email", "an e-mail address", is_email},
    {"phone", "a telephone number such as +44 20 7946 0958", is_phone},
    {"uri", "a URI such as https://example.com/jane", is_uri},
    {"timezone", "a time zone such as Europe/London", is_timezone},
    {"date", "a date such as 2026-01-31", is_date},
};

#define NFORMATS (sizeof(formats) / sizeof(formats[0]))

const scim_format_t *scim_format_find(const char *name)
{
    for (apr_size_t i = 0; i < NFORMATS; i++) {
        if (scim_text_ieq(name, formats[i].name)) {
            return &formats[i];
        }
    }
    return NULL;
}

const char *scim_format_names(apr_pool_t *p)
{
    const char *names = formats[0].name;

    for (apr_size_t i = 1; i < NFORMATS; i++) {
        names = apr_pstrcat(p, names, i + 1 < NFORMATS ? ", " : " and ", formats[i].name, NULL);
    }
    return names;
}
