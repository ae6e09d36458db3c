/* The document of a message: the same whether its events were taken over as text or read first, and never a secret in
 * it, however JSON spells that. */
#include "lua_fixture.h"

#include <base/mem.h>
#include <lua/delivery.h>
#include <stdlib.h>
#include <string.h>

static const struct rbk_message message = {.key = "k1",
                                           .channel = "hook",
                                           .group = "g",
                                           .priority = "high",
                                           .subject = "s",
                                           .count = 2,
                                           .attempts = 1,
                                           .created_ms = 1763800000000};

static char *document_of(const char *events, const struct rbk_redactor *r, int indent)
{
    struct rbk_error err = {0};
    struct rbk_message m = message;
    m.events = events;
    return rbk_delivery_document(&m, r, indent, &err);
}

static rbk_value *parsed(char *text)
{
    struct rbk_error err = {0};
    assert_non_null(text);
    rbk_value *v = rbk_value_from_json(text, strlen(text), &err);
    assert_non_null(v);
    free(text);
    return v;
}

static void both_ways_say_the_same(void **state)
{
    static const char *const events[] = {
        "[]",
        "[{\"title\":\"t\",\"time\":1763800001999}]",
        "[{\"time\":1763800001999,\"title\":\"a \\\"time\\\":1 [{\"},{\"title\":\"two\",\"facts\":{\"time\":\"7\"}}]",
        "[{\"title\":\"time\",\"text\":\"tab\\t, \\u001b and \xc3\xa9\",\"checks\":[{\"time\":3}]}]",
        "[{\"title\":\"t\",\"value\":{\"$q\":[5.0,\"seconds\",\"5s\"]},\"time\":1763800001999}]",
    };
    struct rbk_redactor *r = rbk_redactor_new();
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        rbk_value *one = parsed(document_of(events[i], r, 0)), *other = parsed(document_of(events[i], r, 2));
        assert_true(rbk_value_equal(one, other));
        assert_string_equal(rbk_map_get_string(one, "schema"), "runbook.message/1");
        assert_string_equal(rbk_map_get_string(one, "created"), "2025-11-22T08:26:40Z");
        assert_int_equal(rbk_value_int(rbk_map_get(one, "attempt")), 2);
        rbk_value_free(one);
        rbk_value_free(other);
    }
    rbk_value *v = parsed(document_of(events[1], r, 0));
    const rbk_value *event = rbk_list_at(rbk_map_get(v, "events"), 0);
    assert_string_equal(rbk_map_get_string(event, "time"), "2025-11-22T08:26:41Z");
    rbk_value_free(v);
    rbk_redactor_free(r);
}

static void a_secret_is_found_however_it_is_spelled(void **state)
{
    static const char secret[] = "can\"ary\\and\nmore\x01";
    struct rbk_redactor *r = rbk_redactor_new();
    (void)state;
    rbk_redactor_add(r, secret, strlen(secret));
    rbk_value *list = rbk_list_new(), *event = rbk_map_new();
    char *text = rbk_asprintf("before %s after", secret);
    rbk_map_set_string(event, "text", text);
    rbk_list_append(list, event);
    char *events = rbk_value_encode(list);
    rbk_value *v = parsed(document_of(events, r, 0));
    const char *told = rbk_map_get_string(rbk_list_at(rbk_map_get(v, "events"), 0), "text");
    assert_null(strstr(told, "ary"));
    assert_non_null(strstr(told, "before "));
    assert_non_null(strstr(told, " after"));
    rbk_value_free(v);
    free(events);
    free(text);
    rbk_value_free(list);
    rbk_redactor_free(r);
}

static void damaged_events_give_no_document(void **state)
{
    static const char *const events[] = {"", "[", "[{", "[{\"a", "[{\"a\\", "[]]", "[{\"time\":1", "[{\"time\":1]",
                                         "x"};
    struct rbk_redactor *r = rbk_redactor_new();
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        assert_null(document_of(events[i], r, 0));
    rbk_redactor_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_say_the_same),
        cmocka_unit_test(a_secret_is_found_however_it_is_spelled),
        cmocka_unit_test(damaged_events_give_no_document),
    };
    return cmocka_run_group_tests_name("documents of messages", tests, NULL, NULL);
}
