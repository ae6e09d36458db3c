/* See message.h. */
#include <results/message.h>

#include <base/mem.h>
#include <results/cases.h>

int message_get(struct rbk_store *s, int64_t test_run, const struct execution *e, char **out, struct rbk_error *err)
{
    *out = NULL;
    if (!e->message)
        return 0;
    struct rbk_stmt *q = rbk_stmt(s, "SELECT message FROM test_messages WHERE id ="
                                     " (SELECT first_message FROM test_runs WHERE id = ?) + ?");
    rbk_bind_int(q, 1, test_run);
    rbk_bind_int(q, 2, (int64_t)e->message - 1);
    int rc = rbk_stmt_step(q, err);
    if (rc == 1)
        *out = rbk_strdup(rbk_col_text(q, 0));
    rbk_stmt_end(q);
    return rc < 0 ? rc : 0;
}

struct last_message {
    uint32_t index;
    struct execution found;
};

static int note_message(void *arg, const struct execution *e)
{
    struct last_message *last = arg;
    if (e->index == last->index && e->message)
        last->found = *e;
    return 0;
}

int message_of_case(struct rbk_store *s, int64_t test_run, uint32_t index, char **out, struct rbk_error *err)
{
    struct last_message last = {.index = index};
    *out = NULL;
    int rc = executions_read(s, test_run, index / CASES_PER_CHUNK, note_message, &last, err);
    return rc ? rc : message_get(s, test_run, &last.found, out, err);
}
