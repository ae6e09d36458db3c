/* What becomes of due times: under every policy, over random down-times, set clocks and processes that die, each due
 * time fires at most once and is never lost without a record. */
#include "schedule_fixture.h"

#include <fcntl.h>
#include <signal.h>

static void what_is_on_time_fires_once(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    assert_int_equal(decide(&w, BEGIN), BEGIN + 10 * MINUTE);
    assert_story(&w, "");
    decide(&w, BEGIN + 10 * MINUTE);
    decide(&w, BEGIN + 10 * MINUTE);
    decide(&w, BEGIN + 10 * MINUTE + 30000);
    assert_story(&w, "+10");
    world_fini(&w);
}

static void missed_times_follow_the_policy(void **state)
{
    static const char *const stories[] = {[RBK_MISSED_SKIP] = "-10..130/5",
                                          [RBK_MISSED_ONE] = "-10..100/4 late+130",
                                          [RBK_MISSED_ALL] = "-10..40/2 late+70 late+100 late+130"};
    (void)state;
    for (int policy = RBK_MISSED_SKIP; policy <= RBK_MISSED_ALL; policy++) {
        struct world w;
        world_init(&w, "*/30 * * * *");
        w.entry.missed = (enum rbk_missed)policy;
        decide(&w, BEGIN + 135 * MINUTE);
        assert_story(&w, stories[policy]);
        world_fini(&w);
    }
}

static void a_missed_time_before_one_on_time_is_skipped_alone(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    w.entry.missed = RBK_MISSED_SKIP;
    decide(&w, BEGIN + 70 * MINUTE + 500);
    assert_story(&w, "-10..40/2 +70");
    world_fini(&w);
}

static void what_is_paused_is_recorded(void **state)
{
    (void)state;
    for (int policy = RBK_MISSED_SKIP; policy <= RBK_MISSED_ALL; policy++) {
        struct world w;
        world_init(&w, "*/30 * * * *");
        w.entry.missed = (enum rbk_missed)policy;
        w.entry.paused = true;
        decide(&w, BEGIN + 10 * MINUTE);
        decide(&w, BEGIN + 135 * MINUTE);
        assert_story(&w, "-10..10/1 -40..130/4");
        w.entry.paused = false;
        decide(&w, BEGIN + 160 * MINUTE);
        assert_story(&w, "-10..10/1 -40..130/4 +160");
        world_fini(&w);
    }
}

static void what_is_off_is_not_due(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    decide(&w, BEGIN + 10 * MINUTE);
    assert_int_equal(rbk_schedule_set(w.store, "a/b", false, "you", BEGIN + 11 * MINUTE, NULL), 0);
    assert_true(decide(&w, BEGIN + 10 * HOUR) == INT64_MAX);
    assert_story(&w, "-10..10/1"); /* planned, and then switched off */
    assert_int_equal(rbk_schedule_set(w.store, "a/b", true, "you", BEGIN + 11 * HOUR, NULL), 0);
    decide(&w, BEGIN + 11 * HOUR);
    assert_story(&w, "-10..10/1"); /* the time between is not made up for */
    world_fini(&w);
}

static void an_edited_schedule_has_no_past(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "0 0 1 1 *");
    decide(&w, BEGIN);
    rbk_calendar_free(w.entry.calendar);
    w.entry.text = "* * * * *";
    assert_int_equal(rbk_calendar_parse(w.entry.text, &w.entry.calendar, NULL), 0);
    decide(&w, BEGIN + 30 * 24 * HOUR);
    assert_story(&w, "");
    world_fini(&w);
}

static void a_clock_that_was_ahead_loses_and_repeats_nothing(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "0 * * * *"); /* at 40, 100, 160, .. */
    decide(&w, BEGIN + 40 * MINUTE);
    decide(&w, BEGIN + 5 * 365 * 24 * HOUR); /* years ahead: one fires, the others are skipped */
    decide(&w, BEGIN + 50 * MINUTE);         /* and back */
    assert_int_equal(decide(&w, BEGIN + 50 * MINUTE), BEGIN + 100 * MINUTE);
    decide(&w, BEGIN + 40 * MINUTE); /* back over a due time that has fired */
    decide(&w, BEGIN + 100 * MINUTE);
    assert_story(&w, "+40 +100 late+2627980");
    world_fini(&w);
}

static void a_range_is_recorded_though_its_last_one_has_fired(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "0 * * * *");
    decide(&w, BEGIN + 160 * MINUTE); /* ahead: 160 fires, on time */
    decide(&w, BEGIN + 30 * MINUTE);  /* back, and then nothing ran for hours */
    w.entry.missed = RBK_MISSED_SKIP;
    decide(&w, BEGIN + 170 * MINUTE);
    assert_story(&w, "-40..100/2 +160");
    world_fini(&w);
}

static void jitter_is_the_same_for_everybody(void **state)
{
    struct rbk_entry e = {.runbook = "a/b", .jitter_ms = 5 * MINUTE};
    bool differs = false;
    (void)state;
    for (int i = 0; i < 50; i++) {
        int64_t due = BEGIN + i * HOUR, start = rbk_entry_start(&e, due);
        assert_true(start >= due && start < due + 5 * MINUTE);
        assert_int_equal(start, rbk_entry_start(&e, due));
        differs = differs || start - due != rbk_entry_start(&e, BEGIN) - BEGIN;
    }
    assert_true(differs);
}

/* ---- taking ---- */

static void a_firing_is_taken_once(void **state)
{
    struct world w;
    struct rbk_firing f = {0}, other = {0};
    struct rbk_lock *lock = NULL, *second = NULL;
    struct rbk_error err;
    (void)state;
    world_init(&w, "*/30 * * * *");
    decide(&w, BEGIN + 10 * MINUTE);
    int64_t id = only_planned(&w);
    assert_int_equal(rbk_firing_take(w.store, id, "run", BEGIN, &f, &lock, NULL), 0);
    assert_string_equal(f.runbook, "a/b");
    assert_int_equal(rbk_firing_take(w.store, id, "run", BEGIN, &other, &second, &err), RBK_EBUSY);
    assert_null(second);
    assert_int_equal(rbk_firings_settle(w.store, BEGIN, NULL), 0); /* it lives */
    assert_int_equal(rbk_firing_end(w.store, id, "run", 0, BEGIN, NULL), 0);
    rbk_lock_release(lock);
    assert_int_equal(rbk_firing_take(w.store, id, "run", BEGIN, &other, &second, &err), RBK_EBUSY);
    rbk_firing_fini(&f);
    world_fini(&w);
}

static void old_records_go_and_open_ones_stay(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    for (int i = 0; i < 6; i++)
        decide(&w, BEGIN + (10 + 30 * i) * MINUTE);
    for (int64_t id = 2; id <= 6; id++)
        assert_int_equal(rbk_firing_skip(w.store, id, "test", BEGIN, NULL), 0);
    assert_int_equal(rbk_firings_prune(w.store, 6, NULL), 0);
    assert_story(&w, "+10 -40..40/1 -70..70/1 -100..100/1 -130..130/1 -160..160/1");
    assert_int_equal(rbk_firings_prune(w.store, 2, NULL), 0);
    assert_story(&w, "+10 -130..130/1 -160..160/1");
    world_fini(&w);
}

static void a_firing_that_is_given_back_can_be_taken_again(void **state)
{
    struct world w;
    struct rbk_firing f = {0};
    struct rbk_lock *lock = NULL;
    (void)state;
    world_init(&w, "*/30 * * * *");
    decide(&w, BEGIN + 10 * MINUTE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rbk_firing_take(w.store, only_planned(&w), "run", BEGIN, &f, &lock, NULL), 0);
        assert_int_equal(rbk_firing_return(w.store, f.id, NULL), 0);
        rbk_lock_release(lock);
        rbk_firing_fini(&f);
    }
    assert_story(&w, "+10");
    world_fini(&w);
}

/* ---- random lives of two daemons ---- */

enum { DUE_MAX = 60000 };

struct tally {
    int fired[DUE_MAX], recorded[DUE_MAX];
};

static int count_firing(void *arg, const struct rbk_firing *f)
{
    struct tally *t = arg;
    for (int64_t due = f->first_ms; due <= f->due_ms; due += 10 * MINUTE) {
        int i = (int)((due - BEGIN) / (10 * MINUTE));
        assert_in_range(i, 0, DUE_MAX - 1);
        t->recorded[i]++;
        t->fired[i] += f->state == RBK_FIRING_RUNNING || f->state == RBK_FIRING_ENDED || f->state == RBK_FIRING_LOST;
    }
    return 0;
}

/* A child does what a daemon and its processes do, and dies of SIGKILL somewhere in it. */
static void live_and_die(struct world *w, int64_t now, unsigned seed)
{
    srand(seed);
    struct rbk_store *s = open_store(&w->f);
    int step = rand() % 6;
    int64_t next;
    if (step == 0)
        raise(SIGKILL);
    if (rbk_store_begin(s, NULL) == 0 && rbk_schedule_decide(s, &w->entry, now, &next, NULL) == 0) {
        if (step == 1)
            raise(SIGKILL);
        rbk_store_commit(s, NULL);
    }
    if (step == 2)
        raise(SIGKILL);
    rbk_firings_settle(s, now, NULL);
    struct rbk_stmt *q = rbk_stmt(s, "SELECT id FROM schedule_firings WHERE state = 'planned' ORDER BY id LIMIT 1");
    int64_t id = rbk_stmt_step(q, NULL) == 1 ? rbk_col_int(q, 0) : 0;
    rbk_stmt_end(q);
    struct rbk_firing f = {0};
    struct rbk_lock *lock = NULL;
    if (id && rbk_firing_take(s, id, "run", now, &f, &lock, NULL) == 0) {
        char line[40], path[120];
        snprintf(path, sizeof path, "%s/effects", w->f.root);
        int effects = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        int n = snprintf(line, sizeof line, "%lld\n", (long long)f.due_ms);
        if (step == 3)
            raise(SIGKILL);
        if (write(effects, line, (size_t)n) != n)
            abort();
        if (step == 4)
            raise(SIGKILL);
        rbk_firing_end(s, id, NULL, 0, now, NULL);
        close(effects);
    }
    _exit(0);
}

static void assert_effects_are_single(struct world *w, int seen[DUE_MAX])
{
    char path[120], line[40];
    snprintf(path, sizeof path, "%s/effects", w->f.root);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        int i = (int)((strtoll(line, NULL, 10) - BEGIN) / (10 * MINUTE));
        assert_in_range(i, 0, DUE_MAX - 1);
        if (++seen[i] > 1)
            fail_msg("due time %d had its effect twice", i);
    }
    if (f)
        fclose(f);
}

static void nothing_fires_twice_and_nothing_is_lost(void **state)
{
    static struct tally t;
    static int effects[DUE_MAX];
    const char *wanted = getenv("RUNBOOK_SCHEDULE_ROUNDS"); /* two processes each; most of them are killed */
    int rounds = wanted ? atoi(wanted) : 120;
    struct world w;
    int64_t now = BEGIN;
    (void)state;
    for (int policy = RBK_MISSED_SKIP; policy <= RBK_MISSED_ALL; policy++) {
        memset(&t, 0, sizeof t);
        memset(effects, 0, sizeof effects);
        now = BEGIN;
        world_init(&w, "*/10 * * * *");
        w.entry.missed = (enum rbk_missed)policy;
        srand((unsigned)policy + 7);
        for (int round = 0; round < rounds; round++) {
            now += rand() % 3 ? rand() % (12 * MINUTE) : rand() % (3 * HOUR); /* down for a while */
            pid_t a = fork();
            if (a == 0)
                live_and_die(&w, now, (unsigned)(round * 2 + policy));
            pid_t b = fork();
            if (b == 0)
                live_and_die(&w, now, (unsigned)(round * 2 + 1 + policy));
            fixture_wait(a);
            fixture_wait(b);
        }
        decide(&w, now);
        assert_int_equal(rbk_firings_of(w.store, "a/b", 100000, count_firing, &t, NULL), 0);
        assert_effects_are_single(&w, effects);
        for (int i = 1; BEGIN + i * 10 * MINUTE <= now; i++) {
            if (t.recorded[i] != 1)
                fail_msg("policy %d: due time %d is recorded %d times", policy, i, t.recorded[i]);
            assert_true(effects[i] <= t.fired[i]);
        }
        world_fini(&w);
    }
}

/* ---- a year ---- */

/* The handbook's three entries: 8:00, 18:00, every four hours. */
static bool handbook_due(int which, const struct rbk_civil *c)
{
    return c->minute == 0 && (which == 0 ? c->hour == 8 : which == 1 ? c->hour == 18 : c->hour % 4 == 0);
}

static int count_one(void *arg, const struct rbk_firing *f)
{
    assert_int_equal(f->state, RBK_FIRING_PLANNED);
    assert_false(f->late);
    ++*(int *)arg;
    return 0;
}

/* Minute by minute through 2027, as the daemon goes: asleep until the time that it was told. */
static void a_year_of_the_handbook_is_as_the_model_has_it(void **state)
{
    static const char *const entries[] = {"0 8 * * *", "0 18 * * *", "0 */4 * * *"};
    const int64_t begin = INT64_C(1798758000000), end = begin + 365 * 24 * HOUR; /* 2027-01-01 in Berlin */
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct world w;
        int due = 0, fired = 0;
        world_init(&w, entries[which]);
        if (rbk_zones_get(w.zones, "Europe/Berlin", &w.entry.zone, NULL) != 0) {
            world_fini(&w);
            print_message("no zone Europe/Berlin here: not checked\n");
            skip();
        }
        assert_int_equal(rbk_schedule_set(w.store, "a/b", false, "you", begin, NULL), 0);
        assert_int_equal(rbk_schedule_set(w.store, "a/b", true, "you", begin - 1, NULL), 0);
        int64_t next = decide(&w, begin - 1);
        for (int64_t now = begin; now < end; now += MINUTE) {
            struct rbk_civil c;
            rbk_zone_civil(w.entry.zone, now / 1000, &c);
            if (handbook_due(which, &c) != (next == now))
                fail_msg("%s at %lld", entries[which], (long long)now);
            due += next == now;
            if (next == now)
                next = decide(&w, now);
        }
        assert_int_equal(rbk_firings_of(w.store, "a/b", 100000, count_one, &fired, NULL), 0);
        assert_int_equal(fired, due);
        world_fini(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_on_time_fires_once),
        cmocka_unit_test(missed_times_follow_the_policy),
        cmocka_unit_test(a_missed_time_before_one_on_time_is_skipped_alone),
        cmocka_unit_test(what_is_paused_is_recorded),
        cmocka_unit_test(what_is_off_is_not_due),
        cmocka_unit_test(an_edited_schedule_has_no_past),
        cmocka_unit_test(a_clock_that_was_ahead_loses_and_repeats_nothing),
        cmocka_unit_test(a_range_is_recorded_though_its_last_one_has_fired),
        cmocka_unit_test(jitter_is_the_same_for_everybody),
        cmocka_unit_test(a_firing_is_taken_once),
        cmocka_unit_test(old_records_go_and_open_ones_stay),
        cmocka_unit_test(a_firing_that_is_given_back_can_be_taken_again),
        cmocka_unit_test(a_year_of_the_handbook_is_as_the_model_has_it),
        cmocka_unit_test(nothing_fires_twice_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
