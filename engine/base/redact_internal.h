/* The set of secrets as the matcher sees it; only the redact*.c files see it. */
#ifndef RBK_BASE_REDACT_INTERNAL_H
#define RBK_BASE_REDACT_INTERNAL_H

#include <base/redact.h>
#include <stdint.h>

enum { REDACT_GRAM = 4, REDACT_FILTER_BITS = 16 };

struct redact_pattern {
    char *bytes;
    size_t len; /* at least REDACT_GRAM */
    bool wraps; /* line ends may stand between its bytes, as base64 and xxd write them */
};

struct rbk_redactor {
    struct redact_pattern *patterns; /* sorted by bytes, no two the same */
    size_t count, cap;
    uint64_t filter[(1 << REDACT_FILTER_BITS) / 64]; /* hashes of the first REDACT_GRAM bytes of each pattern */
};

/* Adds every form of one secret to `forms` (redact_forms.c); some may be repeated, some too short to be used. */
struct redact_forms {
    struct redact_pattern *items;
    size_t count, cap;
};
void redact_forms_add(struct redact_forms *forms, const char *secret, size_t len);
void redact_forms_fini(struct redact_forms *forms);

#endif
