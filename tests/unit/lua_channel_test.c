/* The host of channels: options are held to what a type declares, secrets are looked up late and told to the redactor,
 * and a message ends as what its channel's file says, told from the loop. What each type sends to its receiver is
 * proved in tests/e2e against servers. */
#include "lua_fixture.h"

#include <base/mem.h>
#include <lua/channel.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct channels {
    struct rbk_config config;
    struct rbk_lua *lua;
    struct rbk_loop *loop;
    struct rbk_redactor *redactor;
    struct rbk_channels *host;
    char dir[32];
    int told;
    enum rbk_sent sent;
    char error[512];
};

static const struct rbk_channel_ops *const ops = &rbk_lua_channel_ops;

static bool stress; /* the collector runs at every allocation */

/* `channels:` as JSON. */
static void open_channels(struct channels *t, const char *json)
{
    static const char *const no_dirs[] = {NULL};
    struct rbk_error err = {0};
    *t = (struct channels){.dir = "/tmp/rbk-channel-XXXXXX"};
    assert_non_null(mkdtemp(t->dir));
    t->config.root = t->dir;
    t->config.file = "runbook.yaml";
    t->config.tree = rbk_map_new();
    rbk_value *channels = rbk_value_from_json(json, strlen(json), &err);
    assert_non_null(channels);
    rbk_map_set(t->config.tree, "channels", channels);
    struct rbk_lua_options options = {.config = &t->config, .runbook_dirs = no_dirs, .stress_gc = stress};
    assert_int_equal(rbk_lua_new(&options, &t->lua, &err), 0);
    assert_int_equal(rbk_loop_new(&t->loop, &err), 0);
    t->redactor = rbk_redactor_new();
    t->host = rbk_channels_new(t->lua, t->loop, NULL, t->redactor);
}

static void close_channels(struct channels *t)
{
    char command[64];
    rbk_channels_free(t->host);
    rbk_lua_free(t->lua);
    rbk_loop_free(t->loop);
    rbk_redactor_free(t->redactor);
    rbk_value_free(t->config.tree);
    snprintf(command, sizeof command, "rm -rf %s", t->dir);
    assert_int_equal(system(command), 0);
}

static void assert_refused(const char *json, const char *channel, const char *expected)
{
    struct channels t;
    struct rbk_error err = {0};
    char text[sizeof err];
    open_channels(&t, json);
    assert_true(ops->check(t.host, channel, &err) < 0);
    rbk_error_format(&err, text, sizeof text);
    assert_string_equal(text, expected);
    close_channels(&t);
}

static void options_are_held_to_what_the_type_declares(void **state)
{
    (void)state;
    assert_refused("{\"chat\":{\"type\":\"slak\"}}", "chat",
                   "runbook.yaml: there is no type of channel \"slak\"\n  did you mean slack?");
    assert_refused("{\"chat\":{\"type\":\"slack\",\"webhok\":\"env:A\"}}", "chat",
                   "runbook.yaml: channels.chat: slack has no option `webhok`\n  did you mean `webhook`?");
    assert_refused("{\"log\":{\"type\":\"file\"}}", "log",
                   "runbook.yaml: channels.log lacks `path`\n  the file, from the project's folder");
    assert_refused("{\"log\":{\"type\":\"file\",\"path\":{\"a\":\"b\"}}}", "log",
                   "runbook.yaml: channels.log.path: \"{\"a\":\"b\"}\" is not a path (a string)");
    assert_refused("{\"log\":{\"path\":\"a\"}}", "log",
                   "runbook.yaml: channels.log has no `type`\n  write it like type: slack");
    assert_refused("{\"log\":{\"type\":\"file\",\"path\":\"a\"}}", "lok",
                   "there is no channel \"lok\"\n  did you mean log?");
    assert_refused("{\"chat\":{\"type\":\"slack\"}}", "chat",
                   "runbook.yaml: channels.chat needs `webhook`, or `token` and `channel`");
}

/* The message does not repeat what may be the secret itself. */
static void a_secret_in_the_file_is_refused(void **state)
{
    (void)state;
    assert_refused("{\"hook\":{\"type\":\"webhook\",\"url\":\"https://a.example\",\"secret\":\"hunter2\"}}", "hook",
                   "runbook.yaml: channels.hook.secret is a secret\n  write env:NAME or file:PATH; the value itself "
                   "never stands in this file");
}

/* ---- sending -------------------------------------------------------------------------------------------------------
 */

static void on_sent(void *arg, struct rbk_sent_result *result)
{
    struct channels *t = arg;
    t->told++;
    t->sent = result->sent;
    snprintf(t->error, sizeof t->error, "%s", result->error ? result->error : "");
    rbk_value_free(result->memory);
}

static char *one_event(const char *title)
{
    rbk_value *list = rbk_list_new(), *event = rbk_map_new();
    rbk_map_set_string(event, "event", "run.failed");
    rbk_map_set_string(event, "key", "run:daily/check");
    rbk_map_set_string(event, "status", "firing");
    rbk_map_set_string(event, "priority", "high");
    rbk_map_set_string(event, "title", title);
    rbk_list_append(list, event);
    char *text = rbk_value_encode(list);
    rbk_value_free(list);
    return text;
}

static void send_one(struct channels *t, const char *channel, const char *title)
{
    struct rbk_error err = {0};
    char *events = one_event(title);
    struct rbk_message m = {.key = "k1",
                            .channel = channel,
                            .group = "g",
                            .priority = "high",
                            .subject = title,
                            .events = events,
                            .count = 1};
    t->told = 0;
    assert_int_equal(ops->send(t->host, &m, on_sent, t, &err), 0);
    free(events);
    assert_int_equal(t->told, 0);
    assert_int_equal(rbk_loop_run(t->loop, &err), 0);
    assert_int_equal(t->told, 1);
}

static void read_file(const struct channels *t, const char *name, struct rbk_buf *out)
{
    char *path = rbk_path_join(t->dir, name);
    assert_int_equal(rbk_file_read(path, 1 << 20, out, NULL), 0);
    free(path);
}

static void a_file_grows_by_one_line_that_is_private(void **state)
{
    (void)state;
    struct channels t;
    struct rbk_buf text = {0};
    struct stat st;
    open_channels(&t, "{\"log\":{\"type\":\"file\",\"path\":\"events.jsonl\"}}");
    send_one(&t, "log", "One");
    send_one(&t, "log", "Two\nlines");
    assert_int_equal(t.sent, RBK_SENT_ACCEPTED);
    read_file(&t, "events.jsonl", &text);
    char *second = strchr(text.data, '\n') + 1;
    assert_string_equal(strchr(second, '\n'), "\n");
    rbk_value *v = rbk_value_from_json(second, strlen(second), NULL);
    assert_string_equal(rbk_map_get_string(v, "key"), "k1");
    assert_string_equal(rbk_map_get_string(v, "subject"), "Two\nlines");
    char *path = rbk_path_join(t.dir, "events.jsonl");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    free(path);
    rbk_value_free(v);
    rbk_buf_fini(&text);
    close_channels(&t);
}

static void a_file_that_cannot_be_written_is_tried_again(void **state)
{
    (void)state;
    struct channels t;
    open_channels(&t, "{\"log\":{\"type\":\"file\",\"path\":\"no/such/folder\"}}");
    send_one(&t, "log", "One");
    assert_int_equal(t.sent, RBK_SENT_RETRY);
    assert_non_null(strstr(t.error, "no/such/folder"));
    close_channels(&t);
}

static void a_command_has_the_message_on_its_input(void **state)
{
    (void)state;
    struct channels t;
    struct rbk_buf text = {0};
    open_channels(&t, "{\"cmd\":{\"type\":\"command\",\"command\":[\"sh\",\"-c\",\"cat > told\"]},"
                      "\"bad\":{\"type\":\"command\",\"command\":[\"sh\",\"-c\",\"echo no room >&2; exit 3\"]},"
                      "\"none\":{\"type\":\"command\",\"command\":[\"/no/such/program\"]}}");
    send_one(&t, "cmd", "One");
    assert_int_equal(t.sent, RBK_SENT_ACCEPTED);
    read_file(&t, "told", &text);
    assert_non_null(strstr(text.data, "\"subject\":\"One\""));
    send_one(&t, "bad", "One");
    assert_int_equal(t.sent, RBK_SENT_RETRY);
    assert_string_equal(t.error, "exit code 3: no room");
    send_one(&t, "none", "One");
    assert_int_equal(t.sent, RBK_SENT_RETRY);
    rbk_buf_fini(&text);
    close_channels(&t);
}

static void a_message_given_up_is_not_told(void **state)
{
    (void)state;
    struct channels t;
    struct rbk_error err = {0};
    open_channels(&t, "{\"cmd\":{\"type\":\"command\",\"command\":[\"sleep\",\"3600\"]}}");
    struct rbk_message m = {.key = "k", .channel = "cmd", .group = "g", .priority = "low", .subject = "s", .count = 1};
    assert_int_equal(ops->send(t.host, &m, on_sent, &t, &err), 0);
    rbk_channels_free(t.host);
    t.host = NULL;
    assert_int_equal(rbk_loop_run(t.loop, &err), 0);
    assert_int_equal(t.told, 0);
    close_channels(&t);
}

/* ---- secrets -------------------------------------------------------------------------------------------------------
 */

static void a_missing_secret_is_tried_again_and_looked_up_again(void **state)
{
    (void)state;
    struct channels t;
    open_channels(&t, "{\"cmd\":{\"type\":\"webhook\",\"url\":\"env:RBK_TEST_URL\"}}");
    assert_int_equal(ops->check(t.host, "cmd", NULL), 0);
    unsetenv("RBK_TEST_URL");
    send_one(&t, "cmd", "One");
    assert_int_equal(t.sent, RBK_SENT_RETRY);
    assert_string_equal(t.error, "channels.cmd.url: the environment variable RBK_TEST_URL is not set");
    close_channels(&t);
}

static void a_preview_shows_where_a_secret_is_and_not_what(void **state)
{
    (void)state;
    struct channels t;
    struct rbk_error err = {0};
    char *text = NULL;
    setenv("RBK_TEST_URL", "https://canary.example/secret-canary", 1);
    open_channels(&t, "{\"chat\":{\"type\":\"slack\",\"webhook\":\"env:RBK_TEST_URL\"}}");
    char *events = one_event("A <!channel> & more");
    struct rbk_message m = {
        .key = "k1", .channel = "chat", .group = "g", .priority = "high", .subject = "s", .events = events, .count = 1};
    assert_int_equal(ops->preview(t.host, &m, &text, &err), 0);
    assert_non_null(strstr(text, "POST env:RBK_TEST_URL\n"));
    assert_non_null(strstr(text, "[high] A &lt;!channel&gt; &amp; more"));
    assert_null(strstr(text, "canary"));
    assert_true(rbk_redactor_empty(t.redactor));
    free(text);
    free(events);
    close_channels(&t);
}

/* A terminal's bell belongs to the process that caused it. */
static void types_say_whether_they_are_local(void **state)
{
    (void)state;
    struct channels t;
    open_channels(&t, "{\"log\":{\"type\":\"file\",\"path\":\"a\"},\"bell\":{\"type\":\"bell\"}}");
    assert_false(ops->local(t.host, "log"));
    assert_false(ops->local(t.host, "none"));
    assert_true(ops->local(t.host, "bell"));
    close_channels(&t);
}

static void the_collector_takes_nothing_that_is_needed(void **state)
{
    stress = true;
    a_file_grows_by_one_line_that_is_private(state);
    a_command_has_the_message_on_its_input(state);
    a_message_given_up_is_not_told(state);
    a_preview_shows_where_a_secret_is_and_not_what(state);
    stress = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_held_to_what_the_type_declares),
        cmocka_unit_test(a_secret_in_the_file_is_refused),
        cmocka_unit_test(a_file_grows_by_one_line_that_is_private),
        cmocka_unit_test(a_file_that_cannot_be_written_is_tried_again),
        cmocka_unit_test(a_command_has_the_message_on_its_input),
        cmocka_unit_test(a_message_given_up_is_not_told),
        cmocka_unit_test(a_missing_secret_is_tried_again_and_looked_up_again),
        cmocka_unit_test(a_preview_shows_where_a_secret_is_and_not_what),
        cmocka_unit_test(the_collector_takes_nothing_that_is_needed),
        cmocka_unit_test(types_say_whether_they_are_local),
    };
    return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
