/* What is known between runs, for triggers: test results, metrics, and the facts of recent runs (the words of
 * run/trigger_words.h). Each is looked up when it is first asked for. */
#ifndef RBK_CLI_KNOWN_FACTS_H
#define RBK_CLI_KNOWN_FACTS_H

#include <cli/context.h>

struct rbk_known_facts {
    struct rbk_store *store; /* NULL: nothing was ever recorded */
    int64_t now_ms;
    rbk_value *found;     /* name -> {value, at, source}, or null for what is not known */
    struct rbk_error err; /* the first one that is no lack of data */
};
void rbk_known_facts_init(struct rbk_known_facts *k, struct rbk_store *store, int64_t now_ms);
void rbk_known_facts_fini(struct rbk_known_facts *k);
/* A rbk_lookup_fn; the argument is the struct. NULL: not known. */
const rbk_value *rbk_known_fact(void *known, const char *name);
/* When it was measured, 0 = not known; and where it is from ("test results", "metric tests_passed", "run 01kd.."). */
int64_t rbk_known_fact_at(const struct rbk_known_facts *k, const char *name);
const char *rbk_known_fact_source(const struct rbk_known_facts *k, const char *name);

#endif
