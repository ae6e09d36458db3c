/* See chart.h. A column is a stretch of time, and shows the mean of what was measured in it. */
#include <cli/chart.h>

#include <base/clock.h>
#include <base/mem.h>
#include <cli/metrics_commands.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 9, LABEL_WIDTH = 11, WIDTH_MAX = 120 };

struct scale {
    double low, high;
};

static struct scale scale_of(const struct rbk_chart *c)
{
    struct scale s = {c->value[0], c->value[0]};
    for (size_t i = 1; i < c->count; i++) {
        s.low = fmin(s.low, c->value[i]);
        s.high = fmax(s.high, c->value[i]);
    }
    for (int i = 0; i < RBK_CHART_LINES && c->lines[i].name; i++) {
        s.low = fmin(s.low, c->lines[i].value);
        s.high = fmax(s.high, c->lines[i].value);
    }
    if (s.high - s.low <= fabs(s.high) * 1e-9) { /* a flat line lies in the middle */
        double room = fabs(s.high) > 0 ? fabs(s.high) / 2 : 1;
        s.low -= room;
        s.high += room;
    }
    return s;
}

/* Row 0 is on top. */
static int row_of(struct scale s, double v)
{
    return (int)lround((s.high - v) / (s.high - s.low) * (ROWS - 1));
}

static size_t column_of(const struct rbk_chart *c, size_t i, size_t width)
{
    double span = (double)(c->at_ms[c->count - 1] - c->at_ms[0]);
    double share = span > 0 ? (double)(c->at_ms[i] - c->at_ms[0]) / span : 0;
    size_t column = (size_t)(share * (double)width);
    return column < width ? column : width - 1;
}

/* The mean of each column, NAN where nothing was measured. */
static void column_means(const struct rbk_chart *c, size_t width, double *means)
{
    size_t counts[WIDTH_MAX] = {0};
    for (size_t i = 0; i < width; i++)
        means[i] = 0;
    for (size_t i = 0; i < c->count; i++) {
        size_t at = column_of(c, i, width);
        means[at] += c->value[i];
        counts[at]++;
    }
    for (size_t i = 0; i < width; i++)
        means[i] = counts[i] ? means[i] / (double)counts[i] : NAN;
}

static void put_row(struct rbk_buf *out, const struct rbk_chart *c, struct scale s, const double *means, size_t width,
                    int row)
{
    char line[WIDTH_MAX + 1], label[64] = "";
    memset(line, ' ', width);
    line[width] = '\0';
    for (int i = 0; i < RBK_CHART_LINES && c->lines[i].name; i++) {
        if (row_of(s, c->lines[i].value) != row)
            continue;
        memset(line, '-', width);
        size_t len = strlen(c->lines[i].name);
        if (len + 2 < width)
            memcpy(line + 1, c->lines[i].name, len);
        rbk_metrics_value_text(c->lines[i].value, c->unit, label);
    }
    for (size_t i = 0; i < width; i++)
        if (!isnan(means[i]) && row_of(s, means[i]) == row)
            line[i] = '*';
    if (!*label && (row == 0 || row == ROWS - 1 || row == ROWS / 2))
        rbk_metrics_value_text(s.high - (s.high - s.low) * row / (ROWS - 1), c->unit, label);
    size_t end = width;
    while (end && line[end - 1] == ' ')
        end--;
    rbk_buf_printf(out, "%*.*s |%.*s\n", LABEL_WIDTH, LABEL_WIDTH, label, (int)end, line);
}

void rbk_chart_put(struct rbk_buf *out, const struct rbk_chart *c)
{
    double means[WIDTH_MAX];
    char from[RBK_TIME_SIZE], to[RBK_TIME_SIZE];
    int room = c->columns - LABEL_WIDTH - 3;
    size_t width = room > WIDTH_MAX ? WIDTH_MAX : room < 36 ? 36 : (size_t)room;
    struct scale s = scale_of(c);
    column_means(c, width, means);
    for (int row = 0; row < ROWS; row++)
        put_row(out, c, s, means, width, row);
    rbk_time_local(c->at_ms[0], from);
    rbk_time_local(c->at_ms[c->count - 1], to);
    rbk_buf_printf(out, "%*s +", LABEL_WIDTH, "");
    for (size_t i = 0; i < width; i++)
        rbk_buf_putc(out, '-');
    rbk_buf_printf(out, "\n%*s  %.16s%*.16s\n", LABEL_WIDTH, "", from, (int)width - 16, to);
}

void rbk_sparkline_put(struct rbk_buf *out, const double *value, size_t count, int columns)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t width = count < (size_t)columns ? count : (size_t)columns;
    double low = value[0], high = value[0];
    for (size_t i = 1; i < count; i++) {
        low = fmin(low, value[i]);
        high = fmax(high, value[i]);
    }
    for (size_t i = 0; i < width; i++) {
        size_t from = i * count / width, to = (i + 1) * count / width;
        double sum = 0;
        for (size_t k = from; k < to; k++)
            sum += value[k];
        double share = high > low ? (sum / (double)(to - from) - low) / (high - low) : 0.5;
        rbk_buf_puts(out, blocks[(int)(share * 7 + 0.5)]);
    }
}
