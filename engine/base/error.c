/* Errors are filled in where they are found and read by a person: a code for the machine, a sentence, a place, a hint.
 */
#include <runbook/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void error_vprint(char *out, size_t size, const char *fmt, va_list args) RBK_PRINTF(3, 0);

/* A text that does not fit ends in "..." so that nobody takes it for the whole. */
static void error_vprint(char *out, size_t size, const char *fmt, va_list args)
{
    int needed = vsnprintf(out, size, fmt, args);
    if (needed >= 0 && (size_t)needed >= size) {
        size_t end = size - 4;
        while (end > 0 && ((unsigned char)out[end] & 0xc0) == 0x80)
            end--;
        memcpy(out + end, "...", 4);
    }
}

static void error_start(struct rbk_error *err, int code)
{
    err->code = code;
    err->line = err->column = 0;
    err->file[0] = err->hint[0] = '\0';
}

int rbk_error_set(struct rbk_error *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;
    /* The arguments may point into err itself, so the new message is made aside. */
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    error_vprint(message, sizeof message, fmt, args);
    va_end(args);
    error_start(err, code);
    memcpy(err->message, message, sizeof message);
    return code;
}

int rbk_error_errno(struct rbk_error *err, int code, const char *fmt, ...)
{
    int saved = errno;
    if (!err)
        return code;
    char message[sizeof err->message];
    va_list args;
    va_start(args, fmt);
    error_vprint(message, sizeof message, fmt, args);
    va_end(args);
    char reason_buf[128];
    const char *reason = strerror_r(saved, reason_buf, sizeof reason_buf);
    size_t room = sizeof err->message - strlen(reason) - 3;
    error_start(err, code);
    snprintf(err->message, sizeof err->message, "%.*s: %s", (int)room, message, reason);
    errno = saved;
    return code;
}

int rbk_error_at(struct rbk_error *err, const char *file, int line, int column)
{
    if (!err)
        return RBK_EFAIL;
    if (file && file != err->file)
        snprintf(err->file, sizeof err->file, "%s", file);
    err->line = line;
    err->column = column;
    return err->code;
}

int rbk_error_hint(struct rbk_error *err, const char *fmt, ...)
{
    if (!err)
        return RBK_EFAIL;
    char hint[sizeof err->hint];
    va_list args;
    va_start(args, fmt);
    error_vprint(hint, sizeof hint, fmt, args);
    va_end(args);
    memcpy(err->hint, hint, sizeof hint);
    return err->code;
}

int rbk_error_format(const struct rbk_error *err, char *out, size_t size)
{
    char place[sizeof err->file + 32] = "";
    if (err->file[0] && err->line > 0 && err->column > 0)
        snprintf(place, sizeof place, "%s:%d:%d: ", err->file, err->line, err->column);
    else if (err->file[0] && err->line > 0)
        snprintf(place, sizeof place, "%s:%d: ", err->file, err->line);
    else if (err->file[0])
        snprintf(place, sizeof place, "%s: ", err->file);
    else if (err->line > 0)
        snprintf(place, sizeof place, "line %d: ", err->line);
    bool hinted = err->hint[0] != '\0';
    return snprintf(out, size, "%s%s%s%s", place, err->message, hinted ? "\n  " : "", err->hint);
}

int rbk_exit_status(int code)
{
    switch ((enum rbk_code)code) {
    case RBK_OK:
        return 0;
    case RBK_EFAIL:
        return 1;
    case RBK_EINVAL:
    case RBK_ENOENT:
    case RBK_EMALFORMED:
        return 2;
    case RBK_EWAITING:
        return 3;
    case RBK_EDOUBT:
        return 4;
    case RBK_ESTORE:
        return 5;
    case RBK_EBUSY:
        return 75;
    case RBK_ETIMEOUT:
        return 124;
    case RBK_ECANCELLED:
        return 130;
    }
    return 5;
}
