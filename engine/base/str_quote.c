/* Quoting for a POSIX shell, so that every command that is shown can be pasted. */
#include <base/str.h>

#include <string.h>

static bool is_plain_word(const char *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    return *s && s[strspn(s, plain)] == '\0';
}

void rbk_shell_quote(struct rbk_buf *out, const char *s)
{
    if (is_plain_word(s)) {
        rbk_buf_puts(out, s);
        return;
    }
    rbk_buf_putc(out, '\'');
    for (; *s; s++) {
        if (*s == '\'')
            rbk_buf_puts(out, "'\\''");
        else
            rbk_buf_putc(out, *s);
    }
    rbk_buf_putc(out, '\'');
}

char *rbk_shell_join(char *const *argv)
{
    struct rbk_buf line = {0};
    for (size_t i = 0; argv[i]; i++) {
        if (i)
            rbk_buf_putc(&line, ' ');
        /* NAME=value in front would be an assignment, not a program. */
        if (i == 0 && strchr(argv[i], '=') && is_plain_word(argv[i]))
            rbk_buf_printf(&line, "'%s'", argv[i]);
        else
            rbk_shell_quote(&line, argv[i]);
    }
    return rbk_buf_take(&line);
}
