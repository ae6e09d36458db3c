/* Expressions from any bytes over any facts: what parses has valid names and an answer or an error with words, and what
 * is said never to be true never is. The first byte chooses which facts there are. */
#include <base/mem.h>
#include <run/expr_reach.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FACT_COUNT = 9 };

struct facts {
    uint64_t seed;
    rbk_value *values[FACT_COUNT];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void facts_init(struct facts *f, uint8_t seed)
{
    *f = (struct facts){seed,
                        {NULL, rbk_no_data_new(), rbk_bool_new(true), rbk_bool_new(false), rbk_int_new(4),
                         rbk_number_new(0.05, RBK_UNIT_RATIO), rbk_number_new(2, RBK_UNIT_SECONDS),
                         rbk_string_new("all"), rbk_list_new()}};
}

static void facts_fini(struct facts *f)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        rbk_value_free(f->values[i]);
}

/* The same name has the same value all through one input. */
static const rbk_value *fact(void *arg, const char *name)
{
    const struct facts *f = arg;
    return f->values[(rbk_hash(RBK_HASH_INIT, name, strlen(name)) + f->seed) % FACT_COUNT];
}

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void expect_names(const struct rbk_expr *e)
{
    struct rbk_strv names = {0};
    rbk_expr_names(e, &names);
    for (size_t i = 0; i < names.count; i++) {
        char *dot = strchr(names.items[i], '.');
        if (dot)
            *dot = '\0';
        expect(rbk_name_ok(names.items[i]) && (!dot || rbk_name_ok(dot + 1)));
    }
    rbk_strv_fini(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rbk_error err = {0};
    struct rbk_verdict verdict;
    struct rbk_expr *e = NULL;
    struct facts facts;
    if (size == 0)
        return 0;
    char *text = rbk_strndup((const char *)data + 1, size - 1);
    facts_init(&facts, data[0]);
    if (rbk_expr_parse(text, "fuzz", 1, &e, &err) != 0) {
        expect(err.message[0] && err.column >= 1);
    } else {
        expect(strcmp(rbk_expr_text(e), text) == 0);
        expect_names(e);
        if (rbk_expr_eval(e, fact, &facts, &verdict, &err) != 0)
            expect(err.message[0] != '\0');
        else
            expect(verdict.truth != RBK_TRUE || !expr_never(e));
    }
    rbk_expr_free(e);
    facts_fini(&facts);
    free(text);
    return 0;
}
