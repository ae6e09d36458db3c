/* A small array of running steps, redrawn five times a second while there is one. */
#include <cli/live.h>

#include <base/clock.h>
#include <base/mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDRAW_MS = 200, SHOWN_STEPS = 6, LAST_LINE = 240, LAST_LINES = 3, INDENT = 10 };

struct live_step {
    char *key, *number, *title;
    int64_t started_ms, usual_ms;
    char last[LAST_LINES][LAST_LINE]; /* oldest first; "" = none yet */
};

struct rbk_live {
    struct rbk_loop *loop;
    struct rbk_style *style;
    struct rbk_timer *timer;
    struct live_step *steps;
    size_t count, cap;
    size_t drawn[SHOWN_STEPS * (LAST_LINES + 1)]; /* widths of the lines on the screen now */
    size_t drawn_count;
    bool paused;
};

static void live_redraw(void *arg);

struct rbk_live *rbk_live_new(struct rbk_loop *loop, struct rbk_style *style)
{
    if (!style->cursor)
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

static void keep_line(struct live_step *s, const char *line, size_t len)
{
    if (!len)
        return;
    memmove(s->last[0], s->last[1], sizeof s->last[0] * (LAST_LINES - 1));
    char *last = s->last[LAST_LINES - 1];
    len = len < LAST_LINE - 1 ? len : LAST_LINE - 1;
    memcpy(last, line, len);
    last[len] = '\0';
}

/* Keeps the last lines that are not blank; what a carriage return wrote over is gone. */
void rbk_live_output(struct rbk_live *live, const char *key, const char *data, size_t len)
{
    struct live_step *s = live ? live_find(live, key) : NULL;
    size_t start = 0;
    for (size_t i = 0; s && i < len; i++) {
        if (data[i] == '\n')
            keep_line(s, data + start, i - start);
        if (data[i] == '\n' || (data[i] == '\r' && i + 1 < len && data[i + 1] != '\n'))
            start = i + 1;
    }
    if (s)
        keep_line(s, data + start, len - start);
}

/* A line that was drawn on a wider terminal takes several rows on a narrower one. */
static void erase(struct rbk_live *live, struct rbk_buf *out)
{
    size_t rows = 0, columns = (size_t)live->style->columns;
    for (size_t i = 0; i < live->drawn_count; i++)
        rows += live->drawn[i] > columns ? (live->drawn[i] + columns - 1) / columns : 1;
    if (rows)
        rbk_buf_printf(out, "\033[%zuA\r\033[J", rows);
    live->drawn_count = 0;
}

void rbk_live_hide(struct rbk_live *live)
{
    struct rbk_buf out = {0};
    if (!live)
        return;
    rbk_timer_cancel(&live->timer);
    rbk_style_measure(live->style);
    erase(live, &out);
    rbk_style_write(live->style, &out);
    rbk_buf_fini(&out);
}

static void end_line(struct rbk_live *live, struct rbk_buf *out, size_t width)
{
    rbk_buf_putc(out, '\n');
    live->drawn[live->drawn_count++] = width;
}

static void put_times(const struct live_step *s, char *out, size_t size)
{
    char took[RBK_TIME_SIZE], left[RBK_TIME_SIZE];
    int64_t ms = rbk_clock_mono_ms() - s->started_ms;
    rbk_duration_format(ms, took);
    if (s->usual_ms >= 1000 && s->usual_ms > ms) {
        rbk_duration_format(s->usual_ms - ms, left);
        snprintf(out, size, "%s, ~%s left", took, left);
    } else {
        snprintf(out, size, "%s", took);
    }
}

static void draw_title(struct rbk_live *live, struct rbk_buf *out, const struct live_step *s)
{
    char right[2 * RBK_TIME_SIZE + 8], number[16];
    size_t columns = (size_t)live->style->columns;
    put_times(s, right, sizeof right);
    size_t edge = columns > strlen(right) + 2 ? columns - strlen(right) - 2 : 1;
    int width = snprintf(number, sizeof number, "%2.12s  ", s->number);
    rbk_buf_puts(out, number);
    rbk_style_put(live->style, out, RBK_BLUE, "run  ");
    rbk_buf_putc(out, ' ');
    size_t used = (size_t)width + 6;
    used += rbk_style_fit(out, s->title, edge > used + 5 ? edge - used - 1 : 4);
    rbk_style_pad(out, used, edge);
    rbk_buf_puts(out, right);
    end_line(live, out, (used < edge ? edge : used + 1) + strlen(right));
}

static void draw_output(struct rbk_live *live, struct rbk_buf *out, const char *text)
{
    struct rbk_buf line = {0};
    size_t width = rbk_style_fit(&line, text, (size_t)live->style->columns - INDENT - 3);
    rbk_buf_printf(out, "%*s", INDENT, "");
    rbk_style_put(live->style, out, RBK_DIM, line.data ? line.data : "");
    end_line(live, out, INDENT + width);
    rbk_buf_fini(&line);
}

/* One step alone shows its last lines, several show one each. */
static void draw_step(struct rbk_live *live, struct rbk_buf *out, const struct live_step *s)
{
    draw_title(live, out, s);
    for (size_t i = live->count == 1 ? 0 : LAST_LINES - 1; i < LAST_LINES; i++)
        if (s->last[i][0])
            draw_output(live, out, s->last[i]);
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
    if (live && !live->timer && live->count && !live->paused)
        live->timer = rbk_timer_start(live->loop, REDRAW_MS, REDRAW_MS, live_redraw, live);
}

void rbk_live_pause(struct rbk_live *live, bool paused)
{
    if (!live)
        return;
    live->paused = paused;
    if (paused)
        rbk_live_hide(live);
    else
        rbk_live_show(live);
}
