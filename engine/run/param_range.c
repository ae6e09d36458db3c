/* The range of a number that a person may give: `min` and `max`, both included. */
#include <run/param_parse.h>
#include <stdio.h>
#include <stdlib.h>

static void say_range(const struct rbk_param *p, char *out, size_t size)
{
    char *min = p->min ? rbk_value_text(p->min) : NULL, *max = p->max ? rbk_value_text(p->max) : NULL;
    if (min && max)
        snprintf(out, size, "from %s to %s", min, max);
    else
        snprintf(out, size, "%s or %s", min ? min : max, min ? "more" : "less");
    free(min);
    free(max);
}

int param_range_check(const struct rbk_param *p, const rbk_value *v, struct rbk_error *err)
{
    bool low = p->min && rbk_value_number(v) < rbk_value_number(p->min);
    bool high = p->max && rbk_value_number(v) > rbk_value_number(p->max);
    if (!low && !high)
        return 0;
    char range[160], *text = rbk_value_text(v);
    say_range(p, range, sizeof range);
    int rc = param_no_fit(p, text, range, err);
    free(text);
    return rc;
}
