/* A small array of running steps, redrawn five times a second while there is one. */
#include <cli/live.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDRAW_MS = 200, SHOWN_STEPS = 6, LAST_LINE = 240 };

struct live_step {
    char *key, *number, *title;
    int64_t started_ms, usual_ms;
    char last[LAST_LINE];
};

struct rbk_live {
    struct rbk_loop *loop;
    struct rbk_style *style;
    struct rbk_timer *timer;
    struct live_step *steps;
    size_t count, cap;
    int drawn; /* lines on the screen now */
};

static void live_redraw(void *arg);

struct rbk_live *rbk_live_new(struct rbk_loop *loop, struct rbk_style *style)
{
    if (!style->terminal)
        return NULL;
    struct rbk_live *live = rbk_alloc(sizeof *live);
    live->loop = loop;
    live->style = style;
    return live;
}

static void live_step_fini(struct live_step *s)
{
    free(s->key);
    free(s->number);
    free(s->title);
}

void rbk_live_free(struct rbk_live *live)
{
    if (!live)
        return;
    rbk_live_hide(live);
    for (size_t i = 0; i < live->count; i++)
        live_step_fini(&live->steps[i]);
    free(live->steps);
    free(live);
}

static struct live_step *live_find(struct rbk_live *live, const char *key)
{
    for (size_t i = 0; i < live->count; i++)
        if (strcmp(live->steps[i].key, key) == 0)
            return &live->steps[i];
    return NULL;
}

void rbk_live_set(struct rbk_live *live, const char *key, const char *number, const char *title, int64_t usual_ms)
{
    if (!live || live_find(live, key))
        return;
    RBK_GROW(live->steps, live->count, live->cap);
    live->steps[live->count++] = (struct live_step){.key = rbk_strdup(key),
                                                    .number = rbk_strdup(number),
                                                    .title = rbk_strdup(title),
                                                    .started_ms = rbk_clock_mono_ms(),
                                                    .usual_ms = usual_ms};
    rbk_live_show(live);
}

void rbk_live_remove(struct rbk_live *live, const char *key)
{
    struct live_step *s = live ? live_find(live, key) : NULL;
    if (!s)
        return;
    rbk_live_hide(live);
    live_step_fini(s);
    memmove(s, s + 1, (size_t)(live->steps + live->count - (s + 1)) * sizeof *s);
    live->count--;
}

/* Keeps the last line that is not blank. */
void rbk_live_output(struct rbk_live *live, const char *key, const char *data, size_t len)
{
    struct live_step *s = live ? live_find(live, key) : NULL;
    while (s && len && (data[len - 1] == '\n' || data[len - 1] == '\r'))
        len--;
    if (!s || !len)
        return;
    size_t start = len;
    while (start > 0 && data[start - 1] != '\n' && data[start - 1] != '\r')
        start--;
    size_t n = len - start < LAST_LINE - 1 ? len - start : LAST_LINE - 1;
    memcpy(s->last, data + start, n);
    s->last[n] = '\0';
}

static void erase(struct rbk_live *live, struct rbk_buf *out)
{
    if (live->drawn)
        rbk_buf_printf(out, "\033[%dA\r\033[J", live->drawn);
    live->drawn = 0;
}

void rbk_live_hide(struct rbk_live *live)
{
    struct rbk_buf out = {0};
    if (!live)
        return;
    rbk_timer_cancel(&live->timer);
    erase(live, &out);
    rbk_style_write(live->style, &out);
    rbk_buf_fini(&out);
}

static void draw_step(struct rbk_live *live, struct rbk_buf *out, const struct live_step *s)
{
    char took[RBK_TIME_SIZE], usual[RBK_TIME_SIZE], right[2 * RBK_TIME_SIZE + 8];
    int64_t ms = rbk_clock_mono_ms() - s->started_ms;
    size_t columns = (size_t)live->style->columns;
    rbk_duration_format(ms, took);
    if (s->usual_ms >= 1000 && s->usual_ms > ms) {
        rbk_duration_format(s->usual_ms - ms, usual);
        snprintf(right, sizeof right, "%s, ~%s left", took, usual);
    } else {
        snprintf(right, sizeof right, "%s", took);
    }
    size_t edge = strlen(right) + 2;
    rbk_buf_printf(out, "%2s  ", s->number);
    rbk_style_put(live->style, out, RBK_BLUE, "run  ");
    rbk_buf_putc(out, ' ');
    size_t used = 10 + rbk_style_fit(out, s->title, columns > edge + 14 ? columns - edge - 11 : 4);
    rbk_style_pad(out, used, columns > edge ? columns - edge : used + 1);
    rbk_buf_puts(out, right);
    rbk_buf_putc(out, '\n');
    live->drawn++;
    if (!s->last[0])
        return;
    struct rbk_buf line = {0};
    rbk_style_fit(&line, s->last, columns - 13);
    rbk_buf_puts(out, "          ");
    rbk_style_put(live->style, out, RBK_DIM, line.data ? line.data : "");
    rbk_buf_putc(out, '\n');
    rbk_buf_fini(&line);
    live->drawn++;
}

static void live_redraw(void *arg)
{
    struct rbk_live *live = arg;
    struct rbk_buf out = {0};
    rbk_style_measure(live->style);
    erase(live, &out);
    for (size_t i = 0; i < live->count && i < SHOWN_STEPS; i++)
        draw_step(live, &out, &live->steps[i]);
    rbk_style_write(live->style, &out);
    rbk_buf_fini(&out);
}

void rbk_live_show(struct rbk_live *live)
{
    if (live && !live->timer && live->count)
        live->timer = rbk_timer_start(live->loop, REDRAW_MS, REDRAW_MS, live_redraw, live);
}
