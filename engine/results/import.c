/* Importing reports: every case is found or added, its state updated, its execution written, in one transaction. A file
 * that turns out malformed in the middle has by then left its marks everywhere, so the transaction is rolled back, the
 * remaining files are looked through for others of its kind, and the good ones are imported from the start. */
#include <results/history.h>

#include <base/clock.h>
#include <base/mem.h>
#include <results/cases.h>
#include <results/executions.h>
#include <results/level.h>
#include <results/settle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import {
    struct rbk_store *store;
    const struct rbk_import *request;
    struct rbk_import_file *files;
    struct case_set cases;
    struct execution_writer writer;
    struct rbk_buf marks; /* two bits a case, of enum mark: in the file that is being read */
    int64_t test_run, first_message;
    bool any_message;
    struct rbk_report_totals totals; /* of the file that is being read */
    const char *source;              /* its file, where the report does not know */
    unsigned nameless;               /* cases without a name in it */
    int store_failed;                /* what the store answered while a report was read */
    struct rbk_error *err;
};

enum mark { MARK_SEEN = 1, MARK_FLAKY = 2, MARK_BITS = 2, MARKS_A_BYTE = 4 };

/* The marks of a case in this file, to be read and added to. */
static unsigned char *marks_of(struct import *im, uint32_t index, unsigned *shift)
{
    size_t byte = index / MARKS_A_BYTE;
    if (byte >= im->marks.len) {
        size_t more = byte + 1 - im->marks.len + 1024;
        memset(rbk_buf_reserve(&im->marks, more), 0, more);
        im->marks.len += more;
    }
    *shift = index % MARKS_A_BYTE * MARK_BITS;
    return (unsigned char *)im->marks.data + byte;
}

static void count(struct rbk_report_totals *t, int outcome, bool flaky, int by)
{
    t->cases += by;
    t->passed += outcome == RBK_PASSED ? by : 0;
    t->skipped += outcome == RBK_SKIPPED ? by : 0;
    t->failed += outcome == RBK_FAILED ? by : 0;
    t->errors += outcome == RBK_ERROR ? by : 0;
    t->flaky += flaky ? by : 0;
}

/* A failure that was run again is not another case; two passing cases of one name are two. Flaky is here what this file
 * alone shows: the history also looks at the other files of the run. */
static void count_case(struct import *im, uint32_t index, const struct case_state *before, const struct rbk_case *c)
{
    unsigned shift;
    unsigned char *marks = marks_of(im, index, &shift);
    bool again = *marks >> shift & MARK_SEEN, was_flaky = *marks >> shift & MARK_FLAKY;
    bool failed_before = again && outcome_is_failing(before->outcome);
    bool flaky = c->outcome == RBK_PASSED && (c->flaky || failed_before || was_flaky);
    if (failed_before || (again && outcome_is_failing(c->outcome))) {
        count(&im->totals, before->outcome, was_flaky, -1);
        was_flaky = false;
    }
    count(&im->totals, c->outcome, flaky && !was_flaky, 1);
    *marks = (unsigned char)((*marks & ~(MARK_FLAKY << shift)) | (MARK_SEEN | (flaky ? MARK_FLAKY : 0)) << shift);
}

static bool update_state(struct import *im, struct case_state *s, const struct rbk_case *c)
{
    bool first = s->last_run != (uint32_t)im->test_run;
    bool failing = outcome_is_failing(c->outcome), was = s->last_run && outcome_is_failing(s->outcome);
    if (was && c->outcome == RBK_SKIPPED && !im->request->complete)
        return false; /* a rerun that skips a failing case has not executed it: it fails as before */
    bool flaky = c->outcome == RBK_PASSED && (c->flaky || (!first && (was || s->flaky)));
    if (first)
        s->was_failing = was;
    if (failing)
        s->streak += s->streak < UINT16_MAX;
    else if (c->outcome == RBK_PASSED)
        s->streak = 0; /* a skipped execution says nothing */
    s->last_run = (uint32_t)im->test_run;
    s->outcome = (uint8_t)c->outcome;
    s->flaky = flaky;
    return flaky;
}

static int write_message(struct import *im, const char *message, uint64_t *id)
{
    struct rbk_stmt *q = rbk_stmt(im->store, "INSERT INTO test_messages(message) VALUES(?)");
    rbk_bind_text(q, 1, message);
    int rc = rbk_stmt_run(q, im->err);
    int64_t row = rbk_store_last_id(im->store);
    if (!im->any_message)
        im->first_message = row;
    im->any_message = true;
    *id = (uint64_t)(row - im->first_message) + 1;
    return rc;
}

/* Nothing says that two cases without a name are one: each is named by its place among them. */
static const char *name_of(struct import *im, const struct rbk_case *c, char room[32])
{
    if (*c->name)
        return c->name;
    snprintf(room, 32, "unnamed %u", ++im->nameless);
    return room;
}

static int import_case(struct import *im, const struct rbk_case *c)
{
    const char *file = !*c->file && im->source ? im->source : c->file;
    char room[32];
    uint32_t index;
    int rc = case_set_find(&im->cases, c->suite, file, name_of(im, c, room), &index, im->err);
    if (rc)
        return rc;
    struct case_state *state = case_set_touch(&im->cases, index), before = *state;
    bool flaky = update_state(im, state, c);
    count_case(im, index, &before, c);
    struct execution e = {.index = index, .outcome = c->outcome, .flaky = flaky, .time_us = c->time_us};
    if (*c->message && (rc = write_message(im, c->message, &e.message)))
        return rc;
    return execution_write(&im->writer, &e, im->err);
}

static int import_on_case(void *arg, const struct rbk_case *c)
{
    struct import *im = arg;
    im->store_failed = import_case(im, c);
    return im->store_failed;
}

static int add_test_run(struct import *im, int64_t level)
{
    const struct rbk_import *r = im->request;
    struct rbk_stmt *q = rbk_stmt(im->store, "INSERT INTO test_runs(level, run, variant, started_ms, duration_ms)"
                                             " VALUES(?, ?, ?, ?, ?)");
    rbk_bind_int(q, 1, level);
    rbk_bind_text(q, 2, r->run);
    rbk_bind_text(q, 3, r->variant);
    rbk_bind_int(q, 4, r->started_ms ? r->started_ms : rbk_clock_wall_ms());
    rbk_bind_int(q, 5, r->duration_ms);
    int rc = rbk_stmt_run(q, im->err);
    im->test_run = rbk_store_last_id(im->store);
    return rc;
}

/* What the run came to: each case once, by its last execution in it. */
static struct rbk_report_totals sum_cases(const struct import *im, int64_t *fixed)
{
    struct rbk_report_totals sum = {0};
    *fixed = 0;
    for (uint32_t i = 0; i < im->cases.count; i++) {
        const struct case_state *s = &im->cases.states[i];
        if (s->last_run != (uint32_t)im->test_run)
            continue;
        count(&sum, s->outcome, s->flaky, 1);
        *fixed += s->was_failing && s->outcome == RBK_PASSED;
    }
    return sum;
}

static int finish_test_run(struct import *im, bool complete)
{
    int64_t fixed;
    struct rbk_report_totals sum = sum_cases(im, &fixed);
    struct rbk_stmt *q =
        rbk_stmt(im->store, "UPDATE test_runs SET passed = ?, failed = ?, errors = ?, skipped = ?, flaky = ?,"
                            " fixed = ?, first_message = ?, complete = ? WHERE id = ?");
    complete = complete && sum.cases > 0;
    rbk_bind_int(q, 1, sum.passed);
    rbk_bind_int(q, 2, sum.failed);
    rbk_bind_int(q, 3, sum.errors);
    rbk_bind_int(q, 4, sum.skipped);
    rbk_bind_int(q, 5, sum.flaky);
    rbk_bind_int(q, 6, fixed);
    rbk_bind_int(q, 7, im->first_message);
    rbk_bind_int(q, 8, complete);
    rbk_bind_int(q, 9, im->test_run);
    int rc = rbk_stmt_run(q, im->err);
    if (rc || !complete)
        return rc;
    q = rbk_stmt(im->store, "UPDATE test_levels SET complete_run = ? WHERE id = ?");
    rbk_bind_int(q, 1, im->test_run);
    rbk_bind_int(q, 2, im->cases.level);
    return rbk_stmt_run(q, im->err);
}

/* Reads one file through `on_case`. A file that cannot be taken is marked and answered with RBK_EMALFORMED. */
static int read_file(struct import *im, size_t i, rbk_case_fn *on_case)
{
    struct rbk_import_file *f = &im->files[i];
    rbk_buf_clear(&im->marks);
    im->totals = (struct rbk_report_totals){0};
    im->nameless = 0;
    im->source = im->request->sources ? im->request->sources[i] : NULL;
    int rc = rbk_junit_read_file(f->path, on_case, im, NULL, &f->error);
    if (!rc) {
        f->totals = im->totals;
        return 0;
    }
    if (im->store_failed)
        return im->store_failed;
    f->malformed = true;
    f->totals = (struct rbk_report_totals){0};
    return RBK_EMALFORMED;
}

static size_t good_files(const struct import *im)
{
    size_t good = 0;
    for (size_t i = 0; i < im->request->file_count; i++)
        good += !im->files[i].malformed;
    return good;
}

static int import_begin(struct import *im)
{
    int64_t level;
    int rc = rbk_store_begin(im->store, im->err);
    if (rc)
        return rc;
    rc = level_ensure(im->store, im->request->level ? im->request->level : "imported", &level, im->err);
    if (!rc)
        rc = case_set_load(&im->cases, im->store, level, im->err);
    if (!rc)
        rc = add_test_run(im, level);
    execution_writer_init(&im->writer, im->store, im->test_run);
    return rc;
}

static int import_end(struct import *im)
{
    int rc = execution_flush(&im->writer, im->err);
    if (!rc)
        rc = case_set_save(&im->cases, im->err);
    if (!rc)
        rc = finish_test_run(im, im->request->complete && good_files(im) == im->request->file_count);
    return rc ? rc : rbk_store_commit(im->store, im->err);
}

static void import_reset(struct import *im)
{
    case_set_fini(&im->cases);
    execution_writer_fini(&im->writer);
    im->cases = (struct case_set){0};
    im->writer = (struct execution_writer){0};
    im->test_run = im->first_message = 0;
    im->any_message = false;
    im->store_failed = 0;
}

/* One attempt with the files that are good as far as is known. */
static int import_files(struct import *im)
{
    size_t i = 0, n = im->request->file_count;
    int rc = import_begin(im);
    for (; i < n && !rc; i++)
        if (!im->files[i].malformed)
            rc = read_file(im, i, import_on_case);
    if (!rc)
        rc = import_end(im);
    if (rc)
        rbk_store_rollback(im->store);
    for (; i < n && rc == RBK_EMALFORMED; i++) /* look through the rest, so that one more attempt is enough */
        read_file(im, i, NULL);
    return rc;
}

/* A malformed file may only have been read too early: those that were written to a moment ago get a second look, once
 * they have settled. Nothing is locked meanwhile. */
static void look_again(struct import *im)
{
    for (size_t i = 0; i < im->request->file_count; i++) {
        struct rbk_import_file *f = &im->files[i];
        if (!f->malformed || f->error.code != RBK_EMALFORMED || !report_settle(f->path))
            continue;
        f->malformed = false;
        f->error = (struct rbk_error){0};
        read_file(im, i, NULL);
    }
}

static void start_files(struct import *im)
{
    for (size_t i = 0; i < im->request->file_count; i++)
        im->files[i] = (struct rbk_import_file){.path = rbk_strdup(im->request->files[i]), .format = "junit"};
}

static int first_malformed(const struct import *im, struct rbk_error *err)
{
    for (size_t i = 0; i < im->request->file_count; i++) {
        if (!im->files[i].malformed)
            continue;
        if (err)
            *err = im->files[i].error;
        return RBK_EMALFORMED;
    }
    return 0;
}

static void free_files(struct import *im)
{
    for (size_t i = 0; i < im->request->file_count; i++)
        free(im->files[i].path);
    free(im->files);
}

int rbk_results_import(struct rbk_store *s, const struct rbk_import *request, struct rbk_import_file *files,
                       int64_t *test_run, struct rbk_error *err)
{
    struct rbk_error scratch;
    struct import im = {.store = s, .request = request, .files = files, .err = err ? err : &scratch};
    int rc = RBK_EMALFORMED;

    if (!files)
        im.files = rbk_alloc((request->file_count + 1) * sizeof *im.files);
    start_files(&im);
    for (bool again = true; rc == RBK_EMALFORMED && good_files(&im); again = false) {
        import_reset(&im);
        rc = import_files(&im);
        if (rc == RBK_EMALFORMED && again)
            look_again(&im);
    }
    if (test_run)
        *test_run = rc ? 0 : im.test_run;
    import_reset(&im);
    rbk_buf_fini(&im.marks);
    if (!request->file_count)
        rc = rbk_error_set(err, RBK_EINVAL, "no report was given");
    else if (!rc || rc == RBK_EMALFORMED)
        rc = first_malformed(&im, err);
    if (!files)
        free_files(&im);
    return rc;
}
