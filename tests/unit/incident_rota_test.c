/* Rotas: whose turn it is, across changes of the clocks, overrides and the edges of turns. */
#include "incident_fixture.h"

#include <base/clock.h>

static int64_t at(const char *utc)
{
    int64_t ms = 0;
    assert_int_equal(rbk_time_parse(utc, 0, &ms, NULL), 0);
    return ms;
}

static void assert_turn(const struct rbk_config *c, const char *utc, const char *who, const char *from,
                        const char *until, const char *next)
{
    struct rbk_turn turn;
    struct rbk_error err = {0};
    char text[RBK_TIME_SIZE];
    if (rbk_rota_at(c, "primary", at(utc), &turn, &err) != 0)
        fail_msg("%s: %s", utc, err.message);
    print_message("%s\n", utc);
    assert_string_equal(turn.who, who);
    assert_string_equal(turn.from, from);
    if (until) {
        rbk_time_rfc3339(turn.until_ms, text);
        assert_string_equal(text, until);
        assert_string_equal(turn.next, next);
    } else {
        assert_int_equal(turn.until_ms, 0);
        assert_null(turn.next);
    }
    rbk_turn_fini(&turn);
}

/* Berlin: UTC+2 until 2026-10-25 01:00 UTC, then UTC+1. The handover is at 09:00 there, before and after. */
static void a_handover_keeps_its_hour_when_the_clocks_change(void **state)
{
    struct rbk_config *c = incident_config("oncall:\n  primary:\n    members: [alice, bob, carol]\n"
                                           "    start: 2026-10-12 09:00\n    timezone: Europe/Berlin\n");
    (void)state;
    assert_turn(c, "2026-10-12T07:00:00Z", "alice", "rotation", "2026-10-19T07:00:00.000Z", "bob");
    assert_turn(c, "2026-10-19T06:59:59Z", "alice", "rotation", "2026-10-19T07:00:00.000Z", "bob");
    assert_turn(c, "2026-10-19T07:00:00Z", "bob", "rotation", "2026-10-26T08:00:00.000Z", "carol");
    assert_turn(c, "2026-10-26T07:30:00Z", "bob", "rotation", "2026-10-26T08:00:00.000Z", "carol");
    assert_turn(c, "2026-10-26T08:00:00Z", "carol", "rotation", "2026-11-02T08:00:00.000Z", "alice");
    assert_turn(c, "2026-11-02T08:00:00Z", "alice", "rotation", "2026-11-09T08:00:00.000Z", "bob");
    assert_turn(c, "2020-01-01T00:00:00Z", "alice", "rotation", "2026-10-19T07:00:00.000Z", "bob");
    rbk_config_free(c);
}

static void overrides_stand_in(void **state)
{
    struct rbk_config *c = incident_config("timezone: UTC\noncall:\n  primary:\n    members: [alice, bob]\n"
                                           "    start: 2026-11-02\n    overrides:\n"
                                           "      - {from: 2026-11-04, to: 2026-11-06, who: bob}\n"
                                           "      - {from: 2026-11-05 08:00, to: 2026-11-05 20:00, who: carol}\n"
                                           "      - {from: 2026-11-12, to: 2026-11-13, who: bob}\n");
    (void)state;
    assert_turn(c, "2026-11-03T00:00:00Z", "alice", "rotation", "2026-11-04T00:00:00.000Z", "bob");
    assert_turn(c, "2026-11-04T00:00:00Z", "bob", "override", "2026-11-05T08:00:00.000Z", "carol");
    assert_turn(c, "2026-11-05T12:00:00Z", "carol", "override", "2026-11-05T20:00:00.000Z", "bob");
    assert_turn(c, "2026-11-06T00:00:00Z", "alice", "rotation", "2026-11-09T00:00:00.000Z", "bob");
    /* standing in for oneself changes nothing */
    assert_turn(c, "2026-11-10T00:00:00Z", "bob", "rotation", "2026-11-16T00:00:00.000Z", "alice");
    rbk_config_free(c);
}

static void one_alone_is_always_on_call(void **state)
{
    struct rbk_config *c =
        incident_config("timezone: UTC\noncall: {primary: {members: alice, start: 2026-11-02, every: 1d}}\n");
    (void)state;
    assert_turn(c, "2026-12-03T00:00:00Z", "alice", "rotation", NULL, NULL);
    rbk_config_free(c);
}

static void what_cannot_be_known_is_said(void **state)
{
    struct rbk_config *c = incident_config("oncall:\n  primary: {members: alice, start: 2026-11-02,"
                                           " timezone: Europe/Berlim}\n");
    struct rbk_turn turn;
    struct rbk_error err = {0};
    struct rbk_contact contact;
    (void)state;
    assert_int_equal(rbk_rota_at(c, "primary", T0, &turn, &err), RBK_EINVAL);
    assert_non_null(strstr(err.message, "Europe/Berlim"));
    assert_int_equal(rbk_rota_at(c, "second", T0, &turn, &err), RBK_ENOENT);
    rbk_contact_resolve(c, "Primary", T0, NULL, &contact);
    assert_null(contact.person);
    assert_non_null(strstr(contact.problem, "Europe/Berlim"));
    rbk_contact_fini(&contact);
    rbk_config_free(c);
}

static void a_command_has_its_time(void **state)
{
    struct rbk_config *c = incident_config("oncall:\n  slow: {command: sleep 60, timeout: 100ms}\n"
                                           "  mute: {command: 'true'}\n  gone: {command: /nonexistent/who}\n");
    struct rbk_error err = {0};
    char *who = NULL;
    (void)state;
    assert_true(rbk_rota_ask(c, "slow", &who, &err) < 0);
    assert_non_null(strstr(err.message, "did not end in time"));
    assert_true(rbk_rota_ask(c, "mute", &who, &err) < 0);
    assert_non_null(strstr(err.message, "printed nothing"));
    assert_true(rbk_rota_ask(c, "gone", &who, &err) < 0);
    assert_null(who);
    rbk_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handover_keeps_its_hour_when_the_clocks_change),
        cmocka_unit_test(overrides_stand_in),
        cmocka_unit_test(one_alone_is_always_on_call),
        cmocka_unit_test(what_cannot_be_known_is_said),
        cmocka_unit_test(a_command_has_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
