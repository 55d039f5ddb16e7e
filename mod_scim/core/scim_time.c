/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the mod_scim authors */
#include "scim_time.h"

#include <time.h>

#include <apr_strings.h>

#define DAY_SECONDS 86400

/* A date and time of day as written, without its zone. */
typedef struct civil_t {
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
} civil_t;

/* Exactly n digits; s moves past them. Returns -1 if there are fewer. */
static int digits(const char **s, int n)
{
    int value = 0;

    for (; n > 0; n--, (*s)++) {
        if (**s < '0' || **s > '9') {
            return -1;
        }
        value = value * 10 + (**s - '0');
    }
    return value;
}

static int expect(const char **s, char c)
{
    if (**s != c) {
        return 0;
    }
    (*s)++;
    return 1;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/*
 * Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that
 * the leap day is the last of its year; 400 years are 146097 days.
 */
static apr_int64_t days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int yoe = y - era * 400;
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return (apr_int64_t)era * 146097 + doe - 719468;
}

static void civil_from_days(civil_t *out, apr_int64_t days)
{
    apr_int64_t z = days + 719468;
    apr_int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = (int)(z - era * 146097);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;

    out->day = doy - (153 * mp + 2) / 5 + 1;
    out->month = mp < 10 ? mp + 3 : mp - 9;
    out->year = (int)(era * 400) + yoe + (out->month <= 2);
}

static int parse_date(civil_t *c, const char **s)
{
    c->year = digits(s, 4);
    if (c->year < 1 || !expect(s, '-')) {
        return 0;
    }
    c->month = digits(s, 2);
    if (c->month < 1 || c->month > 12 || !expect(s, '-')) {
        return 0;
    }
    c->day = digits(s, 2);
    return c->day >= 1 && c->day <= month_days(c->year, c->month);
}

static int parse_clock(civil_t *c, const char **s)
{
    c->hour = digits(s, 2);
    if (c->hour < 0 || c->hour > 24 || !expect(s, ':')) {
        return 0;
    }
    c->minute = digits(s, 2);
    if (c->minute < 0 || c->minute > 59 || !expect(s, ':')) {
        return 0;
    }
    c->second = digits(s, 2);
    if (c->second < 0 || c->second > 59) {
        return 0;
    }
    /* 24:00:00 is xsd's other name for the next midnight. */
    return c->hour < 24 || (c->minute == 0 && c->second == 0);
}

/* Any number of decimals; those below the microsecond are cut off. */
static int parse_fraction(int *usec, const char **s)
{
    int scale = 100000;

    *usec = 0;
    if (!expect(s, '.')) {
        return 1;
    }
    if (**s < '0' || **s > '9') {
        return 0;
    }
    for (; **s >= '0' && **s <= '9'; (*s)++) {
        *usec += (**s - '0') * scale;
        scale /= 10;
    }
    return 1;
}

static int parse_zone(int *offset, const char **s)
{
    int sign = **s == '-' ? -1 : 1;
    int hour;
    int minute;

    *offset = 0;
    if (**s == '\0' || expect(s, 'Z') || expect(s, 'z')) {
        return 1;
    }
    if (!expect(s, '+') && !expect(s, '-')) {
        return 0;
    }
    hour = digits(s, 2);
    if (hour < 0 || !expect(s, ':')) {
        return 0;
    }
    minute = digits(s, 2);
    if (minute < 0 || minute > 59 || hour * 60 + minute > 14 * 60) {
        return 0;
    }
    *offset = sign * (hour * 60 + minute) * 60;
    return 1;
}

int scim_time_parse(apr_time_t *out, const char *s)
{
    civil_t c;
    int usec;
    int offset;
    apr_int64_t seconds;

    if (!parse_date(&c, &s) || !(expect(&s, 'T') || expect(&s, 't')) || !parse_clock(&c, &s) ||
        !parse_fraction(&usec, &s) || !parse_zone(&offset, &s) || *s != '\0') {
        return 0;
    }
    if (c.hour == 24 && usec != 0) {
        return 0;
    }
    seconds = days_from_civil(c.year, c.month, c.day) * DAY_SECONDS + c.hour * 3600 +
              c.minute * 60 + c.second - offset;
    *out = seconds * APR_USEC_PER_SEC + usec;
    return 1;
}

/* Division that rounds down, for times before 1970 too. */
static apr_int64_t floor_div(apr_int64_t a, apr_int64_t b)
{
    return a / b - (a % b < 0);
}

const char *scim_time_format(apr_time_t t, apr_pool_t *p)
{
    apr_int64_t ms = floor_div(t, 1000);
    apr_int64_t seconds = floor_div(ms, 1000);
    apr_int64_t days = floor_div(seconds, DAY_SECONDS);
    int rest = (int)(seconds - days * DAY_SECONDS);
    civil_t c;

    civil_from_days(&c, days);
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day,
                        rest / 3600, rest / 60 % 60, rest % 60, (int)(ms - seconds * 1000));
}

apr_int64_t scim_time_steady(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) {
        return (apr_int64_t)apr_time_now() * 1000;
    }
    return (apr_int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
