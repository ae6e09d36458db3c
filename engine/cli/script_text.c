/* A script stands in its file between other things, indented as they are; to be read or pasted it stands alone. */
#include <cli/script_text.h>

#include <base/buf.h>
#include <stdint.h>
#include <string.h>

/* How far every line of a script is indented; lines of blanks do not count. */
static size_t common_indent(const char *text)
{
    size_t least = SIZE_MAX;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t blanks = strspn(line, " \t");
        if (line[blanks] && line[blanks] != '\n' && blanks < least)
            least = blanks;
    }
    return least == SIZE_MAX ? 0 : least;
}

char *rbk_script_text(const char *text)
{
    struct rbk_buf out = {0};
    size_t indent;
    while (text[strspn(text, " \t")] == '\n')
        text += strspn(text, " \t") + 1;
    indent = common_indent(text);
    while (*text) {
        size_t len = strcspn(text, "\n"), blanks = strspn(text, " \t");
        size_t skip = blanks < indent ? blanks : indent;
        rbk_buf_append(&out, text + skip, len - skip);
        rbk_buf_putc(&out, '\n');
        text += len + (text[len] == '\n');
    }
    while (out.len && strchr(" \t\n", out.data[out.len - 1]))
        out.len--;
    if (out.data)
        out.data[out.len] = '\0';
    return rbk_buf_take(&out);
}
