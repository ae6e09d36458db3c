/* Colour and width: decided once per stream, then every view asks here. */
#include <cli/style.h>

#include <base/str.h>
#include <cli/output.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void rbk_style_measure(struct rbk_style *s)
{
    struct winsize size;
    s->columns = 80;
    if (s->terminal && ioctl(s->fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        s->columns = size.ws_col;
}

static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return !term || !*term || strcmp(term, "dumb") == 0;
}

static bool color_wanted(const struct rbk_style *s, enum rbk_color_mode mode)
{
    if (mode != RBK_COLOR_AUTO)
        return mode == RBK_COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR");
    return s->cursor && !(no_color && *no_color);
}

void rbk_style_init(struct rbk_style *s, int fd, enum rbk_color_mode mode)
{
    s->fd = fd;
    s->terminal = isatty(fd);
    s->cursor = s->terminal && !is_dumb();
    s->color = color_wanted(s, mode);
    rbk_style_measure(s);
}

void rbk_style_put(const struct rbk_style *s, struct rbk_buf *out, enum rbk_tint tint, const char *text)
{
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[33m", "\033[34m"};
    bool tinted = s->color && tint != RBK_PLAIN;
    if (tinted)
        rbk_buf_puts(out, codes[tint]);
    rbk_buf_puts(out, text);
    if (tinted)
        rbk_buf_puts(out, "\033[0m");
}

size_t rbk_style_fit(struct rbk_buf *out, const char *text, size_t columns)
{
    struct rbk_buf safe = {0};
    rbk_escape_terminal(&safe, text, strlen(text));
    for (size_t i = 0; i < safe.len; i++)
        if (safe.data[i] == '\n' || safe.data[i] == '\t')
            safe.data[i] = ' '; /* it is one line, whatever a name holds */
    size_t width = rbk_display_width(safe.data, safe.len);
    if (width <= columns) {
        rbk_buf_append(out, safe.data, safe.len);
    } else {
        size_t room = columns > 3 ? columns - 3 : 0;
        size_t bytes = rbk_display_prefix(safe.data, safe.len, room);
        rbk_buf_append(out, safe.data, bytes);
        rbk_buf_puts(out, columns > 3 ? "..." : "");
        width = rbk_display_width(safe.data, bytes) + (columns > 3 ? 3 : 0);
    }
    rbk_buf_fini(&safe);
    return width;
}

void rbk_style_pad(struct rbk_buf *out, size_t used, size_t columns)
{
    do
        rbk_buf_putc(out, ' ');
    while (++used < columns);
}

void rbk_style_write(const struct rbk_style *s, struct rbk_buf *out)
{
    int number = out->len ? rbk_output_write(s->fd, out->data, out->len) : 0;
    if (number && s->lost)
        *s->lost = number;
    rbk_buf_clear(out);
}
