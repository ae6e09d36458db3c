/* Numbers over time as text: a chart of some lines, or one line of it. Both fit a terminal of 80 columns. */
#ifndef RBK_CLI_CHART_H
#define RBK_CLI_CHART_H

#include <base/buf.h>
#include <runbook/units.h>
#include <stdint.h>

enum { RBK_CHART_LINES = 3 };

struct rbk_chart {
    const int64_t *at_ms; /* in order */
    const double *value;
    size_t count; /* at least 1 */
    enum rbk_unit unit;
    int columns;
    struct {
        const char *name; /* "target", NULL = no more */
        double value;
    } lines[RBK_CHART_LINES + 1];
};

void rbk_chart_put(struct rbk_buf *out, const struct rbk_chart *c);
/* One block a column, at most `columns`. */
void rbk_sparkline_put(struct rbk_buf *out, const double *value, size_t count, int columns);

#endif
