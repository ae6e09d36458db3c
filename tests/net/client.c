/* The client of engine/net as a program for the tests beside this: `net_client CONFIG.yaml` reads requests as a JSON
 * list from stdin, starts all of them at once ("after": true waits for those before), and prints the results as a JSON
 * list in the same order. */
#include <base/fs.h>
#include <base/mem.h>
#include <net/net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct test_client {
    struct rbk_loop *loop;
    struct rbk_net *net;
    rbk_value *results;
    size_t under_way;
};
struct test_request {
    struct test_client *client;
    size_t number;
    struct rbk_transfer *transfer;
    struct rbk_timer *cancel;
};

static void fail(const char *what, const struct rbk_error *err)
{
    fprintf(stderr, "net_client: %s: %s\n%s\n", what, err->message, err->hint);
    exit(2);
}

static void client_ended(struct test_client *client)
{
    if (--client->under_way == 0)
        rbk_loop_stop(client->loop);
}

static void put_result(struct test_request *r, rbk_value *result)
{
    char key[24];
    snprintf(key, sizeof key, "%zu", r->number);
    rbk_map_set(r->client->results, key, result);
    client_ended(r->client);
}

static void on_answer(void *arg, const struct rbk_http_response *answer, enum rbk_net_failure failure,
                      const struct rbk_error *failed)
{
    static const char *const names[] = {"refused", "unknown", "never"};
    struct test_request *r = arg;
    rbk_timer_cancel(&r->cancel);
    rbk_value *result = rbk_map_new(), *headers = rbk_list_new();
    for (size_t i = 0; answer->headers && i < answer->headers->count; i++)
        rbk_list_append(headers, rbk_string_new(answer->headers->items[i]));
    rbk_map_set_int(result, "status", answer->status);
    rbk_map_set(result, "headers", headers);
    rbk_map_set(result, "body", rbk_string_new_len(answer->body ? answer->body : "", answer->body_len));
    rbk_map_set_bool(result, "truncated", answer->truncated);
    if (failed) {
        rbk_map_set_string(result, "failure", names[failure]);
        rbk_map_set_int(result, "code", failed->code);
        rbk_map_set_string(result, "error", failed->message);
        rbk_map_set_string(result, "hint", failed->hint);
    }
    put_result(r, result);
}

static void on_cancel(void *arg)
{
    struct test_request *r = arg;
    r->cancel = NULL;
    rbk_transfer_cancel(r->transfer);
    put_result(r, rbk_string_new("cancelled"));
}

static int64_t get_int(const rbk_value *map, const char *key)
{
    return rbk_value_int(rbk_map_get(map, key));
}

static struct rbk_strv get_list(const rbk_value *map, const char *key)
{
    struct rbk_strv out = {0};
    const rbk_value *list = rbk_map_get(map, key);
    for (size_t i = 0; i < rbk_value_length(list); i++)
        rbk_strv_add(&out, rbk_value_string(rbk_list_at(list, i)));
    return out;
}

static int start_http(struct test_request *r, const rbk_value *q, struct rbk_error *err)
{
    struct rbk_strv headers = get_list(q, "headers");
    struct rbk_http_request request = {
        .method = rbk_map_get_string(q, "method"),
        .url = rbk_map_get_string(q, "url"),
        .headers = &headers,
        .body = rbk_map_get_string(q, "body"),
        .body_len = rbk_value_length(rbk_map_get(q, "body")),
        .connect_ms = get_int(q, "connect_ms"),
        .total_ms = get_int(q, "total_ms"),
        .response_max = (size_t)get_int(q, "response_max"),
        .redirects = (int)get_int(q, "redirects"),
        .allow_http = rbk_value_bool(rbk_map_get(q, "allow_http")),
        .once = rbk_value_bool(rbk_map_get(q, "once")),
        .proxy = rbk_map_get_string(q, "proxy"),
    };
    int rc = rbk_net_http(r->client->net, &request, on_answer, r, &r->transfer, err);
    rbk_strv_fini(&headers);
    return rc;
}

static int start_mail(struct test_request *r, const rbk_value *q, struct rbk_error *err)
{
    struct rbk_strv headers = get_list(q, "headers"), to = get_list(q, "to");
    const rbk_value *attachment = rbk_map_get(q, "attachment");
    struct rbk_mail_part part = {.name = rbk_map_get_string(attachment, "name"),
                                 .type = rbk_map_get_string(attachment, "type"),
                                 .data = rbk_map_get_string(attachment, "data"),
                                 .len = rbk_value_length(rbk_map_get(attachment, "data"))};
    struct rbk_mail mail = {
        .url = rbk_map_get_string(q, "url"),
        .user = rbk_map_get_string(q, "user"),
        .password = rbk_map_get_string(q, "password"),
        .starttls = rbk_map_get_string(q, "starttls"),
        .from = rbk_map_get_string(q, "from"),
        .to = &to,
        .headers = &headers,
        .text = rbk_map_get_string(q, "text"),
        .html = rbk_map_get_string(q, "html"),
        .attachments = &part,
        .attachment_count = attachment ? 1 : 0,
        .connect_ms = get_int(q, "connect_ms"),
        .total_ms = get_int(q, "total_ms"),
    };
    int rc = rbk_net_mail(r->client->net, &mail, on_answer, r, &r->transfer, err);
    rbk_strv_fini(&headers);
    rbk_strv_fini(&to);
    return rc;
}

static void start(struct test_request *r, const rbk_value *q)
{
    struct rbk_error err;
    bool mail = rbk_map_get(q, "from") != NULL;
    r->client->under_way++;
    if ((mail ? start_mail(r, q, &err) : start_http(r, q, &err)) < 0)
        fail("not started", &err);
    int64_t cancel_ms = get_int(q, "cancel_ms");
    if (cancel_ms)
        r->cancel = rbk_timer_start(r->client->loop, cancel_ms, 0, on_cancel, r);
}

static void run(struct test_client *client)
{
    struct rbk_error err;
    if (client->under_way && rbk_loop_run(client->loop, &err) < 0)
        fail("loop", &err);
}

static void run_all(struct test_client *client, const rbk_value *list)
{
    size_t count = rbk_value_length(list);
    struct test_request *requests = rbk_alloc((count + 1) * sizeof *requests);
    for (size_t i = 0; i < count; i++) {
        const rbk_value *q = rbk_list_at(list, i);
        requests[i] = (struct test_request){.client = client, .number = i};
        if (rbk_value_bool(rbk_map_get(q, "after")))
            run(client);
        start(&requests[i], q);
    }
    run(client);
    rbk_net_free(client->net);
    free(requests);
}

static rbk_value *read_requests(void)
{
    struct rbk_buf text = {0};
    struct rbk_error err;
    ssize_t n;
    while ((n = read(STDIN_FILENO, rbk_buf_reserve(&text, 65536), 65536)) > 0)
        text.len += (size_t)n;
    rbk_value *list = rbk_value_from_json(text.data ? text.data : "", text.len, &err);
    if (!list)
        fail("stdin", &err);
    rbk_buf_fini(&text);
    return list;
}

int main(int argc, char **argv)
{
    struct test_client client = {.results = rbk_map_new()};
    struct rbk_config *config = NULL;
    struct rbk_buf text = {0};
    struct rbk_error err;
    if (argc != 2 || rbk_file_read(argv[1], 1 << 20, &text, &err) < 0)
        return 2;
    if (rbk_config_parse(argv[1], text.data ? text.data : "", text.len, &config, &err) < 0)
        fail("configuration", &err);
    if (rbk_loop_new(&client.loop, &err) < 0 || rbk_net_new(client.loop, config, &client.net, &err) < 0)
        fail("start", &err);
    rbk_value *requests = read_requests();
    run_all(&client, requests);
    size_t unclosed = rbk_loop_unclosed(client.loop);
    char *json = rbk_value_to_json(client.results, 1);
    puts(json);
    free(json);
    rbk_value_free(requests);
    rbk_value_free(client.results);
    rbk_loop_free(client.loop);
    rbk_config_free(config);
    rbk_buf_fini(&text);
    return unclosed == 0 ? 0 : 3;
}
