/* Memory: allocation that cannot fail. Running out of memory in the core ends the process with one line and exit 5;
 * the run is then resumed like after any crash (DESIGN: crash and resume is the designed path). Free with free(). */
#ifndef RBK_BASE_MEM_H
#define RBK_BASE_MEM_H

#include <runbook/error.h>
#include <stddef.h>

void *rbk_alloc(size_t size);                          /* zeroed */
void *rbk_realloc(void *p, size_t count, size_t size); /* checks count * size for overflow; new space is not zeroed */
char *rbk_strdup(const char *s);                       /* NULL gives NULL */
char *rbk_strndup(const char *s, size_t len);          /* exactly len bytes, terminated */
char *rbk_asprintf(const char *fmt, ...) RBK_PRINTF(1, 2);

/* Grows an array held as (pointer, count, capacity) so that one more element fits: RBK_GROW(p, n, cap). */
#define RBK_GROW(p, n, cap)                             \
    do {                                                \
        if ((n) == (cap)) {                             \
            (cap) = (cap) ? (cap)*2 : 8;                \
            (p) = rbk_realloc((p), (cap), sizeof *(p)); \
        }                                               \
    } while (0)

#endif
