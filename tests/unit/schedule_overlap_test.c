/* Runs that take longer than their schedule: what is due meanwhile waits or is dropped, and what waits stays bounded.
 */
#include "schedule_fixture.h"

static void overlap_follows_the_policy(void **state)
{
    static const enum rbk_begin expected[] = {[RBK_OVERLAP_SKIP] = RBK_BEGIN_DROPPED,
                                              [RBK_OVERLAP_QUEUE] = RBK_BEGIN_LATER,
                                              [RBK_OVERLAP_REPLACE] = RBK_BEGIN_LATER,
                                              [RBK_OVERLAP_ALLOW] = RBK_BEGIN_NOW};
    (void)state;
    for (int policy = RBK_OVERLAP_SKIP; policy <= RBK_OVERLAP_ALLOW; policy++) {
        struct world w;
        struct rbk_lock *run = NULL;
        enum rbk_begin what;
        world_init(&w, "*/30 * * * *");
        w.entry.overlap = (enum rbk_overlap)policy;
        decide(&w, BEGIN + 10 * MINUTE);
        struct rbk_firing f = {.id = only_planned(&w), .runbook = "a/b", .start_ms = BEGIN + 10 * MINUTE};
        assert_int_equal(rbk_firing_consider(w.store, &w.entry, &f, false, BEGIN, &what, NULL), 0);
        assert_int_equal(what, RBK_BEGIN_LATER); /* not yet due */
        assert_int_equal(rbk_lock_try(w.store, RBK_LOCK_INSTANCE, "a/b", "run x", &run, NULL), 0);
        int64_t now = BEGIN + 10 * MINUTE;
        assert_int_equal(rbk_firing_consider(w.store, &w.entry, &f, false, now, &what, NULL), 0);
        assert_int_equal(what, expected[policy]);
        rbk_lock_release(run);
        if (policy != RBK_OVERLAP_SKIP) {
            assert_int_equal(rbk_firing_consider(w.store, &w.entry, &f, false, now, &what, NULL), 0);
            assert_int_equal(what, RBK_BEGIN_NOW);
        }
        world_fini(&w);
    }
}

/* Looks at all that is planned, in the order of its turns, as a scheduler does that starts nothing. */
struct look {
    struct {
        int64_t id, start_ms;
        bool late;
    } planned[20];
    size_t count;
};

static int note_planned(void *arg, const struct rbk_firing *f)
{
    struct look *l = arg;
    assert_in_range(l->count, 0, 19);
    l->planned[l->count].id = f->id;
    l->planned[l->count].late = f->late;
    l->planned[l->count++].start_ms = f->start_ms;
    return 0;
}

/* `busy`: a process was started that is not yet on record. */
static void look(struct world *w, int64_t now, bool busy)
{
    struct look l = {0};
    enum rbk_begin what;
    assert_int_equal(rbk_firings_planned(w->store, note_planned, &l, NULL), 0);
    for (size_t i = 0; i < l.count; i++) {
        struct rbk_firing f = {
            .id = l.planned[i].id, .runbook = "a/b", .start_ms = l.planned[i].start_ms, .late = l.planned[i].late};
        assert_int_equal(rbk_firing_consider(w->store, &w->entry, &f, busy, now, &what, NULL), 0);
    }
}

/* The run of the runbook goes on while `count` due times come, each on time. */
static void go_by(struct world *w, int count, bool recorded)
{
    struct rbk_lock *run = NULL;
    if (recorded)
        assert_int_equal(rbk_lock_try(w->store, RBK_LOCK_INSTANCE, "a/b", "run x", &run, NULL), 0);
    for (int i = 0; i < count; i++) {
        decide(w, BEGIN + (10 + 30 * i) * MINUTE);
        look(w, BEGIN + (10 + 30 * i) * MINUTE, !recorded);
    }
    rbk_lock_release(run);
}

static void a_queue_holds_so_many_and_no_more(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    w.entry.overlap = RBK_OVERLAP_QUEUE;
    go_by(&w, 4, true);
    assert_story(&w, "+10 -40..40/1 -70..70/1 -100..100/1");
    world_fini(&w);
    world_init(&w, "*/30 * * * *");
    w.entry.overlap = RBK_OVERLAP_QUEUE;
    w.entry.queue = 3;
    go_by(&w, 5, true);
    assert_story(&w, "+10 +40 +70 -100..100/1 -130..130/1");
    world_fini(&w);
}

/* The first one's process was started and has not taken it yet: it is not one of those that wait. */
static void the_one_that_begins_is_not_in_the_queue(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    w.entry.overlap = RBK_OVERLAP_QUEUE;
    go_by(&w, 3, false);
    assert_story(&w, "+10 +40 -70..70/1");
    world_fini(&w);
}

static void of_those_that_replace_only_the_latest_waits(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    w.entry.overlap = RBK_OVERLAP_REPLACE;
    go_by(&w, 3, true);
    assert_story(&w, "-10..10/1 -40..40/1 +70");
    world_fini(&w);
}

static void what_the_header_forbids_is_skipped(void **state)
{
    struct world w;
    (void)state;
    world_init(&w, "*/30 * * * *");
    w.entry.overlap = RBK_OVERLAP_ALLOW;
    w.entry.allow_refused = true;
    go_by(&w, 2, true);
    assert_story(&w, "-10..10/1 -40..40/1");
    world_fini(&w);
}

/* A run goes on over one outage after the other: what makes up for them does not pile up. */
static void outages_do_not_pile_up(void **state)
{
    static const char *const stories[] = {[RBK_MISSED_ONE] = "-10..100/4 late+130 -160..280/5 -310..310/1",
                                          [RBK_MISSED_ALL] = "-10..40/2 late+70 late+100 late+130 -160..220/3"
                                                             " -250..250/1 -280..280/1 -310..310/1"};
    (void)state;
    for (int policy = RBK_MISSED_ONE; policy <= RBK_MISSED_ALL; policy++) {
        struct world w;
        struct rbk_lock *run = NULL;
        world_init(&w, "*/30 * * * *");
        w.entry.missed = (enum rbk_missed)policy;
        assert_int_equal(rbk_lock_try(w.store, RBK_LOCK_INSTANCE, "a/b", "run x", &run, NULL), 0);
        for (int outage = 1; outage <= 2; outage++) {
            decide(&w, BEGIN + (180 * outage - 45) * MINUTE);
            look(&w, BEGIN + (180 * outage - 45) * MINUTE, false);
        }
        rbk_lock_release(run);
        assert_story(&w, stories[policy]);
        world_fini(&w);
    }
}

static void what_waits_says_for_what(void **state)
{
    struct world w;
    struct rbk_lock *run = NULL;
    struct rbk_firing_wait wait;
    (void)state;
    world_init(&w, "*/30 * * * *");
    w.entry.overlap = RBK_OVERLAP_QUEUE;
    decide(&w, BEGIN + 10 * MINUTE);
    struct rbk_firing f = {.id = only_planned(&w), .runbook = "a/b", .start_ms = BEGIN + 10 * MINUTE};
    assert_int_equal(rbk_firing_waits(w.store, &w.entry, &f, BEGIN, &wait, NULL), 0);
    assert_int_equal(wait.what, RBK_WAITS_FOR_START);
    assert_int_equal(rbk_lock_try(w.store, RBK_LOCK_INSTANCE, "a/b", "run x", &run, NULL), 0);
    assert_int_equal(rbk_firing_waits(w.store, &w.entry, &f, f.start_ms, &wait, NULL), 0);
    assert_int_equal(wait.what, RBK_WAITS_FOR_RUN);
    assert_string_equal(wait.run, ""); /* whoever holds it is not in the journal */
    rbk_lock_release(run);
    assert_int_equal(rbk_firing_waits(w.store, &w.entry, &f, f.start_ms, &wait, NULL), 0);
    assert_int_equal(wait.what, RBK_WAITS_FOR_SCHEDULER);
    world_fini(&w);
}

/* A firing that is carried out is the run that the next one waits for. */
static void what_waits_names_the_run(void **state)
{
    struct world w;
    struct rbk_lock *lock = NULL;
    struct rbk_firing first = {0};
    struct rbk_firing_wait wait;
    (void)state;
    world_init(&w, "*/30 * * * *");
    w.entry.overlap = RBK_OVERLAP_QUEUE;
    w.entry.queue = 2;
    decide(&w, BEGIN + 10 * MINUTE);
    int64_t id = only_planned(&w);
    assert_int_equal(rbk_firing_take(w.store, id, "01RUN", BEGIN + 11 * MINUTE, &first, &lock, NULL), 0);
    decide(&w, BEGIN + 40 * MINUTE);
    decide(&w, BEGIN + 70 * MINUTE);
    struct rbk_firing last = {.id = id + 2, .runbook = "a/b", .start_ms = BEGIN + 70 * MINUTE};
    assert_int_equal(rbk_firing_waits(w.store, &w.entry, &last, last.start_ms, &wait, NULL), 0);
    assert_int_equal(wait.what, RBK_WAITS_FOR_RUN);
    assert_string_equal(wait.run, "01RUN");
    assert_true(wait.since_ms == BEGIN + 11 * MINUTE);
    assert_int_equal(wait.ahead, 1);
    rbk_lock_release(lock);
    rbk_firing_fini(&first);
    world_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_follows_the_policy),
        cmocka_unit_test(a_queue_holds_so_many_and_no_more),
        cmocka_unit_test(the_one_that_begins_is_not_in_the_queue),
        cmocka_unit_test(of_those_that_replace_only_the_latest_waits),
        cmocka_unit_test(what_the_header_forbids_is_skipped),
        cmocka_unit_test(outages_do_not_pile_up),
        cmocka_unit_test(what_waits_says_for_what),
        cmocka_unit_test(what_waits_names_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
