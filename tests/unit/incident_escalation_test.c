/* Escalation by time, with simulated time: who is called when nobody acknowledges, and that nobody is called twice. */
#include "incident_fixture.h"

struct world {
    struct fixture f;
    struct rbk_store *store;
    struct rbk_config *config;
};

static struct world *world_new(const char *yaml)
{
    struct world *w = rbk_alloc(sizeof *w);
    fixture_init(&w->f);
    w->store = incident_store(&w->f);
    w->config = incident_config(yaml);
    return w;
}

static void world_free(struct world *w)
{
    rbk_store_close(w->store);
    rbk_config_free(w->config);
    fixture_fini(&w->f);
    free(w);
}

/* Ticks as the scheduler does: at each time that the last tick named, until `until`. Returns how many there were. */
static int tick_until(struct world *w, int64_t from, int64_t until)
{
    int64_t at = from, next = 0;
    int ticks = 0;
    for (; at && at < until && ticks < 10000; at = next, ticks++) {
        assert_int_equal(rbk_incident_tick(w->store, w->config, at, &next, NULL), 0);
        assert_true(next == 0 || next > at);
    }
    return ticks;
}

static void a_week_without_an_answer(void **state)
{
    struct world *w = world_new("incidents: {repeat: 2d}\n");
    struct rbk_incident_opening o = {.key = "checkout", .priority = "high", .text = "payments fail", .now_ms = T0};
    (void)state;
    int64_t id = incident_opened(w->store, w->config, &o);
    tick_until(w, T0, T0 + 7 * DAY);
    assert_lines(w->store, id,
                 "0m opened payments fail: nobody was told: Engineering lead" UNTOLD
                 "120m escalated not acknowledged for 2h 00m: nobody was told: On-call engineer" UNTOLD
                 "3000m escalated not acknowledged for 2d 02h, again: nobody was told: On-call engineer" UNTOLD
                 "5880m escalated not acknowledged for 4d 02h, again: nobody was told: On-call engineer" UNTOLD
                 "8760m escalated not acknowledged for 6d 02h, again: nobody was told: On-call engineer" UNTOLD);
    world_free(w);
}

static void each_priority_has_its_chain(void **state)
{
    static const struct {
        const char *priority, *first, *chain;
        int64_t wait_ms;
    } cases[] = {
        {"critical", NULL, "On-call engineer > Engineering lead", 5 * MINUTE},
        {"high", NULL, "Engineering lead > On-call engineer", 2 * HOUR},
        {"medium", NULL, "QA team > Engineering lead > On-call engineer", DAY},
        {"low", NULL, "Development team > QA team > Engineering lead > On-call engineer", 7 * DAY},
        {"high", "engineering-lead", "engineering-lead > On-call engineer", 2 * HOUR},
        {"high", "The boss", "The boss > On-call engineer", 2 * HOUR},
        {"urgent", NULL, "Ann > Ben > Cid", 10 * MINUTE},
        {"gone", NULL, "the owner", 5 * MINUTE},
    };
    struct rbk_config *c =
        incident_config("escalation:\n  urgent: {response: 10m, contact: Ann, then: [Ben, ann, Cid]}\n"
                        "  medium: {then: [Engineering lead, On-call engineer]}\n"
                        "  low: {then: [QA team, Engineering lead, On-call engineer]}\n"
                        "  high: {then: [On-call engineer]}\n  critical: {then: Engineering lead}\n");
    struct rbk_config *plain = incident_config("project: t\n");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int with = i < 6 ? 0 : 1; with < 2; with++) {
            struct rbk_chain chain;
            struct rbk_buf text = {0};
            rbk_chain_of(with ? c : plain, cases[i].priority, cases[i].first, &chain);
            for (size_t n = 0; n < chain.contacts.count; n++)
                rbk_buf_printf(&text, "%s%s", n ? " > " : "", chain.contacts.items[n]);
            assert_string_equal(text.data, cases[i].chain);
            assert_int_equal(rbk_chain_wait(&chain, 0), cases[i].wait_ms);
            rbk_buf_fini(&text);
            rbk_chain_fini(&chain);
        }
    }
    rbk_config_free(plain);
    rbk_config_free(c);
}

static void immediate_has_a_little_time(void **state)
{
    struct world *w = world_new("project: t\n");
    struct rbk_incident_opening o = {.key = "db", .priority = "critical", .now_ms = T0};
    (void)state;
    int64_t id = incident_opened(w->store, w->config, &o);
    tick_until(w, T0, T0 + 90 * MINUTE);
    assert_lines(w->store, id,
                 "0m opened nobody was told: On-call engineer" UNTOLD
                 "5m escalated not acknowledged for 5m 00s: nobody was told: Engineering lead" UNTOLD
                 "35m escalated not acknowledged for 35m 00s, again: nobody was told: Engineering lead" UNTOLD
                 "65m escalated not acknowledged for 1h 05m, again: nobody was told: Engineering lead" UNTOLD);
    world_free(w);
}

static void an_answer_stops_it(void **state)
{
    struct world *w = world_new("project: t\n");
    struct rbk_incident_opening o = {.key = "db", .priority = "high", .now_ms = T0};
    (void)state;
    int64_t id = incident_opened(w->store, w->config, &o);
    tick_until(w, T0, T0 + 3 * HOUR);
    assert_int_equal(incident_changed(w->store, w->config, rbk_incident_ack, id, "on it", T0 + 3 * HOUR), 0);
    assert_int_equal(tick_until(w, T0 + 3 * HOUR, T0 + 30 * DAY), 1);
    assert_lines(w->store, id,
                 "0m opened nobody was told: Engineering lead" UNTOLD
                 "120m escalated not acknowledged for 2h 00m: nobody was told: On-call engineer" UNTOLD
                 "180m acknowledged on it\n");
    world_free(w);
}

/* A machine that slept calls one, not all that it missed; and that one has the whole time. */
static void a_late_tick_calls_once(void **state)
{
    struct world *w = world_new("project: t\n");
    struct rbk_incident_opening o = {.key = "db", .priority = "medium", .now_ms = T0};
    int64_t next = 0;
    (void)state;
    int64_t id = incident_opened(w->store, w->config, &o);
    assert_int_equal(rbk_incident_tick(w->store, w->config, T0 + 20 * DAY, &next, NULL), 0);
    assert_int_equal(next, T0 + 21 * DAY);
    assert_lines(w->store, id,
                 "0m opened nobody was told: QA team" UNTOLD
                 "28800m escalated not acknowledged for 20d 00h: nobody was told: Engineering lead" UNTOLD);
    world_free(w);
}

/* Who has the turn when the call is made is called. */
static void the_rota_says_who(void **state)
{
    struct world *w = world_new("channels:\n  chat: {type: file, path: chat}\n  bob-mail: {type: file, path: bob}\n"
                                "contacts:\n  on-call-engineer: {oncall: primary, channels: chat}\n"
                                "  bob: {address: 12-34, channels: [chat, bob-mail]}\n"
                                "oncall:\n  primary: {members: [alice, bob], start: 2025-12-22 10:00, every: 1d,\n"
                                "            timezone: UTC}\n"
                                "incidents: {repeat: 1d}\n"
                                "escalation: {critical: {then: []}}\n");
    struct rbk_incident_opening o = {.key = "db", .priority = "critical", .now_ms = T0 + HOUR};
    struct rbk_contact contact;
    (void)state;
    int64_t id = incident_opened(w->store, w->config, &o);
    tick_until(w, T0 + HOUR, T0 + 3 * DAY);
    assert_lines(w->store, id,
                 "60m opened told alice (On-call engineer) through chat\n"
                 "1500m escalated not acknowledged for 24h 00m, again: told bob (On-call engineer), 12-34 through "
                 "chat, bob-mail\n"
                 "2940m escalated not acknowledged for 2d 00h, again: told alice (On-call engineer) through chat\n");
    rbk_contact_resolve(w->config, "On-call engineer", T0 + DAY, NULL, &contact);
    assert_string_equal(contact.person, "bob");
    assert_int_equal(rbk_value_length(contact.channels), 2);
    rbk_contact_fini(&contact);
    world_free(w);
}

static void a_command_says_who_or_the_matrix_does(void **state)
{
    struct world *w = world_new("oncall:\n  on-call-engineer: {command: [sh, -c, 'echo; echo \" carol \"; echo x']}\n"
                                "  engineering-lead: {command: [sh, -c, 'exit 3']}\n");
    struct rbk_incident_opening o = {.key = "db", .priority = "medium", .now_ms = T0};
    (void)state;
    int64_t id = incident_opened(w->store, w->config, &o);
    tick_until(w, T0, T0 + 3 * DAY);
    assert_lines(
        w->store, id,
        "0m opened nobody was told: QA team" UNTOLD
        "1440m escalated not acknowledged for 24h 00m: nobody was told: Engineering lead has no channel, and no rule"
        " is about it (who that is just now is not known: the command of the rota engineering-lead failed, exit 3)\n"
        "2880m escalated not acknowledged for 2d 00h: nobody was told: carol (On-call engineer)" UNTOLD);
    world_free(w);
}

static void tick_at_once(struct world *w, int processes, int64_t now_ms)
{
    for (int p = 0; p < processes; p++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct rbk_store *s = incident_store(&w->f);
            int rc = rbk_incident_tick(s, w->config, now_ms, NULL, NULL);
            rbk_store_close(s);
            _exit(rc == 0 ? 0 : 1);
        }
    }
    for (int p = 0; p < processes; p++) {
        int status = 0;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* Opened while the clock was a year ahead: it is called when its chain says, not in a year. */
static void a_clock_that_is_set_back_delays_no_call(void **state)
{
    struct world *w = world_new("project: t\n");
    struct rbk_incident_opening o = {.key = "db", .priority = "critical", .now_ms = T0 + 365 * DAY};
    int64_t next = 0;
    (void)state;
    incident_opened(w->store, w->config, &o);
    assert_int_equal(rbk_incident_tick(w->store, w->config, T0, &next, NULL), 0);
    assert_int_equal(next, T0 + 30 * MINUTE);
    assert_int_equal(rbk_incident_tick(w->store, w->config, T0 + MINUTE, &next, NULL), 0);
    assert_int_equal(next, T0 + 30 * MINUTE);
    world_free(w);
}

/* Processes that tick at the same moment, over and over. Each line says its time: two of one time would be two calls.
 */
static void two_at_once_never_call_twice(void **state)
{
    enum { PROCESSES = 4, TICKS = 12 };
    struct world *w = world_new("project: t\n");
    struct rbk_incident_opening o = {.key = "db", .priority = "critical", .now_ms = T0};
    (void)state;
    int64_t id = incident_opened(w->store, w->config, &o);
    rbk_store_close(w->store);
    for (int n = 1; n <= TICKS; n++)
        tick_at_once(w, PROCESSES, T0 + n * 30 * MINUTE);
    w->store = incident_store(&w->f);
    char *lines = incident_lines(w->store, id);
    long long at, before = -1;
    int count = 0;
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"), count++) {
        assert_int_equal(sscanf(line, "%lldm", &at), 1);
        assert_true(at > before);
        before = at;
    }
    assert_int_equal(count, 1 + TICKS);
    free(lines);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_week_without_an_answer),
        cmocka_unit_test(each_priority_has_its_chain),
        cmocka_unit_test(immediate_has_a_little_time),
        cmocka_unit_test(an_answer_stops_it),
        cmocka_unit_test(a_late_tick_calls_once),
        cmocka_unit_test(the_rota_says_who),
        cmocka_unit_test(a_command_says_who_or_the_matrix_does),
        cmocka_unit_test(a_clock_that_is_set_back_delays_no_call),
        cmocka_unit_test(two_at_once_never_call_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
