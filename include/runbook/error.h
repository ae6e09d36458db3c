/* Errors of librunbook. A function that can fail returns 0 or a negative enum rbk_code and fills a struct rbk_error
 * that the caller owns (NULL is accepted where the caller does not care). An error says what happened, where (file,
 * line, column when they are known), and in `hint` what to do next. Nothing in it needs to be freed. */
#ifndef RUNBOOK_ERROR_H
#define RUNBOOK_ERROR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RBK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define RBK_API               __attribute__((visibility("default")))
#else
#define RBK_PRINTF(fmt, args)
#define RBK_API
#endif

enum rbk_code {
    RBK_OK = 0,
    RBK_EFAIL = -1,      /* the operation was carried out and failed                    exit 1 */
    RBK_EINVAL = -2,     /* usage, configuration or runbook error: nothing was done     exit 2 */
    RBK_ENOENT = -3,     /* the named thing does not exist                              exit 2 */
    RBK_EMALFORMED = -4, /* input from outside is not what it claims to be              exit 2 */
    RBK_EWAITING = -5,   /* a person must act first                                     exit 3 */
    RBK_EDOUBT = -6,     /* a step may or may not have happened; a person decides       exit 4 */
    RBK_ESTORE = -7,     /* storage or another system resource failed                   exit 5 */
    RBK_EBUSY = -8,      /* somebody else holds it                                      exit 75 */
    RBK_ETIMEOUT = -9,   /* the time was up                                             exit 124 */
    RBK_ECANCELLED = -10 /* a person or the caller stopped it                           exit 130 */
};

struct rbk_error {
    int code;          /* enum rbk_code */
    int line, column;  /* 1-based; 0 = not known */
    char file[256];    /* "" = not about a file */
    char message[768]; /* one sentence or a few lines, no final newline */
    char hint[512];    /* what to do next, "" = nothing to add */
};

/* Sets code and message, clears place and hint. Returns `code`, so that `return rbk_error_set(err, ...)` reads well. */
RBK_API int rbk_error_set(struct rbk_error *err, int code, const char *fmt, ...) RBK_PRINTF(3, 4);
/* The same, followed by ": " and the text of errno. */
RBK_API int rbk_error_errno(struct rbk_error *err, int code, const char *fmt, ...) RBK_PRINTF(3, 4);
/* Adds the place. `file` NULL leaves it. Returns err->code; RBK_EFAIL when err is NULL, so an error never turns into
 * success. */
RBK_API int rbk_error_at(struct rbk_error *err, const char *file, int line, int column);
/* Adds the hint. Returns as rbk_error_at does. */
RBK_API int rbk_error_hint(struct rbk_error *err, const char *fmt, ...) RBK_PRINTF(2, 3);
/* Writes "file:line:column: message\n  hint" (parts that are missing are left out) into `out`, always terminated.
 * Returns the length that was needed, as snprintf does. */
RBK_API int rbk_error_format(const struct rbk_error *err, char *out, size_t size);
/* The process exit status that belongs to a code; see the table above. 0 for RBK_OK. */
RBK_API int rbk_exit_status(int code);

#ifdef __cplusplus
}
#endif
#endif
