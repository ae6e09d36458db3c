/* Days of the proleptic Gregorian calendar as numbers, 0 = 1970-01-01. The formulas are those of Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms" (https://howardhinnant.github.io/date_algorithms.html). */
#ifndef RBK_SCHEDULE_CIVIL_H
#define RBK_SCHEDULE_CIVIL_H

#include <runbook/schedule.h>

#define RBK_DAY_SECONDS 86400

int64_t rbk_day_of(int64_t year, int month, int day);
/* Year, month and day of a day; the time of day is left alone. */
void rbk_day_civil(int64_t day, struct rbk_civil *out);
int rbk_day_weekday(int64_t day); /* 0 = Sunday */
int rbk_month_days(int year, int month);
/* Rounds towards minus infinity, which `/` does not. */
int64_t rbk_floor_div(int64_t a, int64_t b);

#endif
