/* One case of the history, as `tests failing` and `tests show` both tell it. */
#include <cli/tests_commands.h>

#include <base/mem.h>
#include <stdlib.h>
#include <string.h>

rbk_value *rbk_tests_case_value(const struct rbk_case_row *c)
{
    rbk_value *v = rbk_map_new();
    rbk_map_set_string(v, "level", c->level);
    rbk_map_set_string(v, "suite", c->suite);
    rbk_map_set_string(v, "name", c->name);
    rbk_map_set_string(v, "file", c->file);
    rbk_map_set_int(v, "consecutive_failures", c->consecutive_failures);
    rbk_map_set_string(v, "message", c->message);
    return v;
}

void rbk_tests_put_message(struct rbk_buf *out, const struct rbk_style *style, const char *prefix, const char *message,
                           size_t lines)
{
    size_t room = style->terminal ? (size_t)style->columns - strlen(prefix) : 400;
    while (lines-- && message && *message) {
        size_t len = strcspn(message, "\n");
        char *line = rbk_strndup(message, len);
        rbk_buf_puts(out, prefix);
        rbk_style_fit(out, line, room);
        rbk_buf_putc(out, '\n');
        free(line);
        message += len + (message[len] == '\n');
    }
}
