/* Allocation that cannot fail. The last line is written with write(2): nothing here may need memory to say that there
 * is none. */
#include <base/mem.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void mem_exhausted(void)
{
    static const char line[] = "runbook: out of memory; resume the run with `runbook resume`\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    _exit(rbk_exit_status(RBK_ESTORE));
}

void *rbk_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        mem_exhausted();
    return p;
}

void *rbk_realloc(void *p, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        mem_exhausted();
    size_t bytes = count * size;
    void *moved = realloc(p, bytes ? bytes : 1);
    if (!moved)
        mem_exhausted();
    return moved;
}

char *rbk_strdup(const char *s)
{
    return s ? rbk_strndup(s, strlen(s)) : NULL;
}

char *rbk_strndup(const char *s, size_t len)
{
    if (len == SIZE_MAX)
        mem_exhausted();
    char *copy = rbk_realloc(NULL, len + 1, 1);
    if (len)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *rbk_asprintf(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        mem_exhausted();
    return text;
}
