/* Rows of commands: one per process that a step started. */
#include <store/journal.h>

#include <store/row.h>

#include <stdlib.h>
#include <string.h>

bool rbk_command_row_failed(const struct rbk_command_row *r)
{
    return r->exit_code != 0 || r->signal != 0 || (r->end && strcmp(r->end, "exit") != 0);
}

int rbk_journal_command_add(struct rbk_store *s, const char *run, const char *step, const struct rbk_command_row *r,
                            struct rbk_error *err)
{
    static const char sql[] =
        "INSERT INTO commands(run, n, step, argv, exit_code, signal, started_ms, duration_ms, cpu_ms,"
        " max_rss_kb, leftovers, how) VALUES(?1,(SELECT coalesce(max(n), 0) + 1 FROM commands WHERE run = "
        "?1),?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, run);
    rbk_bind_text(q, 2, step);
    rbk_bind_text(q, 3, r->argv);
    rbk_bind_int(q, 4, r->exit_code);
    rbk_bind_int(q, 5, r->signal);
    rbk_bind_int(q, 6, r->started_ms);
    rbk_bind_int(q, 7, r->duration_ms);
    rbk_bind_int(q, 8, r->cpu_ms);
    rbk_bind_int(q, 9, r->max_rss_kb);
    rbk_bind_int(q, 10, r->leftovers);
    rbk_bind_text(q, 11, r->end);
    return rbk_stmt_run(q, err);
}

static void read_command(struct rbk_stmt *q, struct rbk_command_row *r)
{
    r->argv = rbk_col_dup(q, 1);
    r->exit_code = (int)rbk_col_int(q, 2);
    r->signal = (int)rbk_col_int(q, 3);
    r->started_ms = rbk_col_int(q, 4);
    r->duration_ms = rbk_col_int(q, 5);
    r->cpu_ms = rbk_col_int(q, 6);
    r->max_rss_kb = rbk_col_int(q, 7);
    r->leftovers = (int)rbk_col_int(q, 8);
    r->end = rbk_col_dup(q, 9);
}

int rbk_journal_commands(struct rbk_store *s, const char *run, rbk_command_row_fn *fn, void *arg, struct rbk_error *err)
{
    static const char sql[] = "SELECT step, argv, exit_code, signal, started_ms, duration_ms, cpu_ms, max_rss_kb,"
                              " leftovers, how FROM commands WHERE run = ?1 ORDER BY n";
    struct rbk_stmt *q = rbk_stmt(s, sql);
    rbk_bind_text(q, 1, run);
    int rc;
    while ((rc = rbk_stmt_step(q, err)) == 1) {
        struct rbk_command_row row = {0};
        read_command(q, &row);
        rc = fn(arg, rbk_col_text(q, 0), &row);
        free(row.argv);
        free(row.end);
        if (rc)
            break;
    }
    rbk_stmt_end(q);
    return rc;
}
