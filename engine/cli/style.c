/* Colour and width: decided once per stream, then every view asks here. */
#include <cli/style.h>

#include <base/str.h>
#include <cli/output.h>
#include <stdint.h>
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

/* It is one line, whatever a name holds. */
static void put_one_line(struct rbk_buf *out, const char *text)
{
    size_t from = out->len;
    rbk_escape_terminal(out, text, strlen(text));
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] == '\n' || out->data[i] == '\t')
            out->data[i] = ' ';
}

size_t rbk_style_fit(struct rbk_buf *out, const char *text, size_t columns)
{
    struct rbk_buf safe = {0};
    put_one_line(&safe, text);
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

/* How many bytes of a text go into a line of `room` columns: up to a space. A longer word stays whole, it may be a path
 * to paste; a script that writes no spaces breaks between characters. */
static size_t line_length(const char *text, size_t len, size_t room)
{
    size_t fits = rbk_display_prefix(text, len, room);
    if (fits == len)
        return len;
    for (size_t i = fits; i > 0; i--)
        if (text[i] == ' ')
            return i;
    if (fits > 0 && (unsigned char)text[fits] >= 0x80)
        return fits;
    return fits + strcspn(text + fits, " ");
}

void rbk_style_wrap(const struct rbk_style *s, struct rbk_buf *out, const char *text, size_t indent)
{
    enum { LEAST = 16 };
    struct rbk_buf safe = {0};
    size_t columns = (size_t)s->columns, done = 0;
    size_t room = s->terminal && columns >= indent + LEAST ? columns - indent : SIZE_MAX;
    put_one_line(&safe, text);
    while (done < safe.len) {
        size_t n = line_length(safe.data + done, safe.len - done, room);
        rbk_buf_append(out, safe.data + done, n);
        done += n;
        while (done < safe.len && safe.data[done] == ' ')
            done++;
        if (done < safe.len)
            rbk_buf_printf(out, "\n%*s", (int)indent, "");
    }
    rbk_buf_fini(&safe);
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
