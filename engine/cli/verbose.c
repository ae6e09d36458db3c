/* Bars and headings. */
#include <cli/verbose.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

void rbk_verbose_end_line(struct rbk_verbose *v, struct rbk_buf *out)
{
    if (v->in_line)
        rbk_buf_putc(out, '\n');
    v->in_line = false;
}

void rbk_verbose_begin(struct rbk_verbose *v, struct rbk_buf *out, const struct rbk_style *style,
                       const struct rbk_speaker *who)
{
    rbk_verbose_end_line(v, out);
    rbk_step_view_line(out, style, who->step, who->number);
    free(v->key);
    v->key = rbk_strdup(who->key);
}

void rbk_verbose_output(struct rbk_verbose *v, struct rbk_buf *out, const struct rbk_style *style,
                        const struct rbk_speaker *who, int stream, const char *data, size_t len)
{
    struct rbk_buf safe = {0};
    if (!v->key || strcmp(v->key, who->key) != 0)
        rbk_verbose_begin(v, out, style, who);
    if (stream != v->stream)
        rbk_verbose_end_line(v, out);
    v->stream = stream;
    rbk_escape_terminal(&safe, data, len);
    for (size_t i = 0; i < safe.len; i++) {
        if (!v->in_line)
            rbk_buf_puts(out, "          | ");
        rbk_buf_putc(out, safe.data[i]);
        v->in_line = safe.data[i] != '\n';
    }
    rbk_buf_fini(&safe);
}

void rbk_verbose_fini(struct rbk_verbose *v)
{
    free(v->key);
    *v = (struct rbk_verbose){0};
}
