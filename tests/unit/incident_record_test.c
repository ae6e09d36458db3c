/* What is recorded of an incident: one open per key, what opening it again does, the budget of remediations, and that a
 * change that is rolled back was never there. */
#include "incident_fixture.h"

struct world {
    struct fixture f;
    struct rbk_store *store;
    struct rbk_config *config;
};

static int setup(void **state)
{
    struct world *w = rbk_alloc(sizeof *w);
    fixture_init(&w->f);
    w->store = incident_store(&w->f);
    w->config = incident_config("incidents: {remediation: {max: 2, window: 1h}}\n");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    rbk_store_close(w->store);
    rbk_config_free(w->config);
    fixture_fini(&w->f);
    free(w);
    return 0;
}

static void one_of_a_key_is_open(void **state)
{
    struct world *w = *state;
    struct rbk_incident_opening o = {.key = "db", .text = "down", .run = "r1", .now_ms = T0};
    struct rbk_incident i;
    struct rbk_strv runs = {0};
    int64_t id = incident_opened(w->store, w->config, &o);
    o.run = "r2";
    o.text = "down again";
    o.now_ms = T0 + MINUTE;
    assert_int_equal(incident_opened(w->store, w->config, &o), id);
    assert_int_equal(incident_opened(w->store, w->config, &o), id);
    assert_int_equal(rbk_incident_runs(w->store, id, &runs, NULL), 0);
    assert_int_equal(runs.count, 2);
    assert_int_equal(rbk_incident_find(w->store, "db", &i, NULL), 0);
    assert_string_equal(i.priority, "medium");
    assert_int_equal(i.due_ms, T0 + DAY); /* again is no reason to wait longer */
    rbk_incident_fini(&i);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_resolve, id, NULL, T0 + HOUR), 0);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_resolve, id, NULL, T0 + HOUR), RBK_EINVAL);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_ack, id, NULL, T0 + HOUR), RBK_EINVAL);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_note, id, "why", T0 + HOUR), 0);
    assert_true(incident_opened(w->store, w->config, &o) > id);
    assert_lines(w->store, id,
                 "0m opened down: nobody was told: QA team" UNTOLD
                 "1m again down again\n1m again down again\n60m resolved \n60m noted why\n");
    rbk_strv_fini(&runs);
}

static void a_more_urgent_priority_raises_it(void **state)
{
    struct world *w = *state;
    struct rbk_incident_opening o = {.key = "db", .priority = "low", .now_ms = T0};
    int64_t id = incident_opened(w->store, w->config, &o);
    o = (struct rbk_incident_opening){
        .key = "db", .priority = "high", .contact = "engineering-lead", .text = "worse", .now_ms = T0 + HOUR};
    incident_opened(w->store, w->config, &o);
    o = (struct rbk_incident_opening){.key = "db", .priority = "medium", .now_ms = T0 + 2 * HOUR};
    incident_opened(w->store, w->config, &o);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_ack, id, NULL, T0 + 2 * HOUR), 0);
    o = (struct rbk_incident_opening){.key = "db", .priority = "critical", .now_ms = T0 + 3 * HOUR};
    incident_opened(w->store, w->config, &o);
    assert_lines(w->store, id,
                 "0m opened nobody was told: Development team" UNTOLD
                 "60m raised worse, raised from low to high: nobody was told: engineering-lead" UNTOLD
                 "120m again \n120m acknowledged \n180m raised raised from high to critical\n");
}

static void what_is_rolled_back_was_never_there(void **state)
{
    struct world *w = *state;
    struct rbk_incident_opening o = {.key = "db", .now_ms = T0};
    struct rbk_incident i;
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    assert_int_equal(rbk_incident_open(w->store, w->config, &o, NULL, NULL), 0);
    rbk_store_rollback(w->store);
    assert_int_equal(rbk_incident_find_open(w->store, "db", &i, NULL), 0);
    int64_t next = -1;
    assert_int_equal(rbk_incident_tick(w->store, w->config, T0 + 99 * DAY, &next, NULL), 0);
    assert_int_equal(next, 0);
}

static int64_t messages(struct world *w)
{
    struct rbk_stmt *q = rbk_stmt(w->store, "SELECT COUNT(*) FROM notify_seen");
    assert_int_equal(rbk_stmt_step(q, NULL), 1);
    int64_t count = rbk_col_int(q, 0);
    rbk_stmt_end(q);
    return count;
}

/* A line without its event would be something that nobody hears of; an event without its line, a rumour. */
static void every_line_has_its_event(void **state)
{
    struct world *w = *state;
    struct rbk_incident_opening o = {.key = "db", .priority = "high", .now_ms = T0};
    rbk_config_free(w->config);
    w->config = incident_config("channels:\n  log: {type: file, path: log}\n"
                                "notify: {rules: [{on: [incident.*], to: [log]}]}\n");
    int64_t id = incident_opened(w->store, w->config, &o);
    assert_int_equal(messages(w), 1);
    incident_opened(w->store, w->config, &o);
    assert_int_equal(rbk_incident_tick(w->store, w->config, T0 + 3 * HOUR, NULL, NULL), 0);
    assert_int_equal(rbk_incident_tick(w->store, w->config, T0 + 3 * HOUR, NULL, NULL), 0);
    assert_int_equal(messages(w), 3);
    assert_int_equal(rbk_store_begin(w->store, NULL), 0);
    o.key = "never";
    assert_int_equal(rbk_incident_open(w->store, w->config, &o, NULL, NULL), 0);
    rbk_store_rollback(w->store);
    assert_int_equal(messages(w), 3);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_ack, id, NULL, T0 + 4 * HOUR), 0);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_note, id, "n", T0 + 4 * HOUR), 0);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_resolve, id, NULL, T0 + 4 * HOUR), 0);
    assert_int_equal(messages(w), 6);
}

static void keys_are_words(void **state)
{
    static const char *const good[] = {"db", "incident/test-failures", "a:b@c+d_e.f", "9lives"};
    static const char *const bad[] = {"", "12", "a b", "-x", "/x", "a\n", "\xc3\xa4"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(rbk_incident_key_ok(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rbk_incident_key_ok(bad[i]));
}

static int count_lines(struct world *w, int64_t id)
{
    char *lines = incident_lines(w->store, id);
    int count = 0;
    for (const char *c = lines; *c; c++)
        count += *c == '\n';
    free(lines);
    return count;
}

static int remedy(struct world *w, const char *key, int64_t now_ms)
{
    struct rbk_remediation r = {.key = key, .run = "r1", .step = "restart", .now_ms = now_ms};
    struct rbk_error err = {0};
    int rc = rbk_incident_remediate(w->store, w->config, &r, &err);
    if (rc == RBK_EBUSY)
        assert_string_equal(err.message, "not remedied again: for db 2 of 2 remediations within 1h are used up");
    return rc;
}

static void beyond_the_budget_a_person_is_called(void **state)
{
    struct world *w = *state;
    struct rbk_incident i;
    assert_int_equal(remedy(w, "db", T0), 0);
    assert_int_equal(remedy(w, "db", T0 + MINUTE), 0);
    assert_int_equal(remedy(w, "other", T0 + MINUTE), 0);
    assert_int_equal(remedy(w, "db", T0 + 2 * MINUTE), RBK_EBUSY);
    assert_int_equal(remedy(w, "db", T0 + 3 * MINUTE), RBK_EBUSY);
    assert_int_equal(rbk_incident_find(w->store, "db", &i, NULL), 0);
    assert_int_equal(i.level, 2);
    assert_lines(w->store, i.id,
                 "2m opened restart refused to remedy it once more: 2 of 2 remediations within 1h are used up: nobody "
                 "was told: QA"
                 " team" UNTOLD "3m escalated restart refused to remedy it once more: 2 of 2 remediations within 1h "
                 "are used up: nobody was told:"
                 " Engineering lead" UNTOLD);
    rbk_incident_fini(&i);
    assert_int_equal(remedy(w, "db", T0 + HOUR), 0); /* the first has left the window */
    assert_int_equal(remedy(w, "db", T0 + HOUR), RBK_EBUSY);
}

static void remedies_of_a_clock_that_was_set_back_are_not_counted(void **state)
{
    struct world *w = *state;
    assert_int_equal(remedy(w, "db", T0 + 300 * HOUR), 0);
    assert_int_equal(remedy(w, "db", T0 + 300 * HOUR), 0);
    assert_int_equal(remedy(w, "db", T0), 0);
    assert_int_equal(remedy(w, "db", T0), 0);
    assert_int_equal(remedy(w, "db", T0), RBK_EBUSY);
}

/* A runbook that is due every minute: one more is called in each window, whatever the level. */
static void a_flood_of_refusals_calls_once_in_a_window(void **state)
{
    struct world *w = *state;
    struct rbk_incident i;
    assert_int_equal(remedy(w, "db", T0), 0);
    assert_int_equal(remedy(w, "db", T0), 0);
    for (int minute = 1; minute < 60; minute++)
        assert_int_equal(remedy(w, "db", T0 + minute * MINUTE), RBK_EBUSY);
    assert_int_equal(rbk_incident_find(w->store, "db", &i, NULL), 0);
    assert_int_equal(i.level, 2);
    assert_int_equal(count_lines(w, i.id), 2);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_ack, i.id, NULL, T0 + HOUR), 0);
    assert_int_equal(remedy(w, "db", T0 + HOUR), 0);
    assert_int_equal(remedy(w, "db", T0 + HOUR), 0);
    for (int minute = 61; minute < 120; minute++)
        assert_int_equal(remedy(w, "db", T0 + minute * MINUTE), RBK_EBUSY);
    assert_int_equal(count_lines(w, i.id), 4); /* acknowledged, again */
    rbk_incident_fini(&i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_of_a_key_is_open, setup, teardown),
        cmocka_unit_test_setup_teardown(a_more_urgent_priority_raises_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_rolled_back_was_never_there, setup, teardown),
        cmocka_unit_test_setup_teardown(every_line_has_its_event, setup, teardown),
        cmocka_unit_test(keys_are_words),
        cmocka_unit_test_setup_teardown(beyond_the_budget_a_person_is_called, setup, teardown),
        cmocka_unit_test_setup_teardown(remedies_of_a_clock_that_was_set_back_are_not_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flood_of_refusals_calls_once_in_a_window, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
