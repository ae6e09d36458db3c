/* What to do next depends on the state alone, so that a run says the same while it ends and a week later. */
#include <cli/next_lines.h>

#include <base/mem.h>
#include <base/str.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 16, WHOLE = 65536 };

void rbk_next_label(struct rbk_buf *out, const char *label, const char *text)
{
    rbk_buf_puts(out, label);
    rbk_style_pad(out, strlen(label), LABEL);
    rbk_style_fit(out, text, WHOLE);
    rbk_buf_putc(out, '\n');
}

/* Each line's text is heap and freed here. */
static void put_next(struct rbk_buf *out, bool *first, char *text)
{
    rbk_next_label(out, *first ? "next" : "", text);
    *first = false;
    free(text);
}

static void put_failed(struct rbk_buf *out, bool *first, const struct rbk_next *n)
{
    put_next(out, first, rbk_asprintf("runbook logs %s%s%s", n->run, n->step ? " " : "", n->step ? n->step : ""));
    if (n->step)
        put_next(out, first, rbk_asprintf("runbook retry %s %s   # once it is mended", n->run, n->step));
}

void rbk_next_lines(struct rbk_buf *out, const struct rbk_next *n)
{
    bool first = true;
    if (n->failing_case) {
        struct rbk_buf quoted = {0};
        rbk_shell_quote(&quoted, n->failing_case);
        put_next(out, &first, rbk_asprintf("runbook tests show %s", quoted.data));
        rbk_buf_fini(&quoted);
    }
    switch (n->state) {
    case RBK_RUN_WAITING:
        put_next(out, &first, rbk_asprintf("runbook status %s", n->run));
        put_next(out, &first, rbk_asprintf("runbook approve %s && runbook resume %s", n->run, n->run));
        break;
    case RBK_RUN_FAILED:
    case RBK_RUN_TIMED_OUT:
        put_failed(out, &first, n);
        break;
    case RBK_RUN_INTERRUPTED:
    case RBK_RUN_CANCELLED:
        put_next(out, &first, rbk_asprintf("runbook resume %s", n->run));
        break;
    case RBK_RUN_RUNNING:
    case RBK_RUN_SUCCEEDED:
        break;
    }
}
