/* See run_header.h. The name of the runbook and the id of the run are looked for: they come first and are never broken.
 * A title that would be squeezed beside a long name goes below it. */
#include <cli/run_header.h>

#include <stdlib.h>
#include <string.h>

enum { TITLE = 120, PARAMETER = 40, BELOW = 4 };

static void put_title(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_run_header *h)
{
    struct rbk_buf text = {0};
    size_t indent = strlen(h->runbook) + 2, columns = (size_t)style->columns;
    rbk_style_fit(&text, h->title ? h->title : "", TITLE);
    if (h->urgency)
        rbk_buf_printf(&text, "  %s", h->urgency);
    const char *line = text.data ? text.data : "";
    bool below = style->terminal && indent > columns / 2 && indent + strlen(line) > columns;
    rbk_style_put(style, out, RBK_BOLD, h->runbook);
    if (below)
        rbk_buf_printf(out, "\n%*s", BELOW, "");
    else
        rbk_buf_puts(out, "  ");
    rbk_style_wrap(style, out, line, below ? BELOW : indent);
    rbk_buf_putc(out, '\n');
    rbk_buf_fini(&text);
}

/* "  name=value name=value", each on one line and bounded. */
static void put_params(struct rbk_buf *out, const rbk_value *params)
{
    for (size_t i = 0; i < rbk_value_length(params); i++) {
        char *text = rbk_value_text(rbk_map_value_at(params, i));
        for (char *c = text; *c; c++)
            *c = *c == '\n' ? ',' : *c;
        rbk_buf_printf(out, "%s%s=", i ? " " : "  ", rbk_map_key_at(params, i));
        rbk_style_fit(out, text, PARAMETER);
        free(text);
    }
}

void rbk_run_header(struct rbk_buf *out, const struct rbk_style *style, const struct rbk_run_header *h)
{
    struct rbk_buf text = {0};
    put_title(out, style, h);
    rbk_buf_puts(&text, h->run);
    put_params(&text, h->params);
    rbk_buf_printf(&text, "  by %s on %s  %s", h->by ? h->by : "?", h->host ? h->host : "?", h->when);
    rbk_buf_puts(out, "run ");
    rbk_style_wrap(style, out, text.data, strlen("run "));
    rbk_buf_puts(out, "\n\n");
    rbk_buf_fini(&text);
}
