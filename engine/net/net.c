/* The front of the room: the policy is read at once, the module loaded with the first request. */
#include <base/address.h>
#include <base/mem.h>
#include <net/load.h>
#include <net/net.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct rbk_net {
    struct rbk_policy policy;
    struct rbk_net_host host;
    const struct rbk_net_module *module; /* NULL until something is sent */
    struct rbk_session *session;
};

int rbk_net_new(struct rbk_loop *loop, const struct rbk_config *config, struct rbk_net **out, struct rbk_error *err)
{
    struct rbk_net *net = rbk_alloc(sizeof *net);
    int rc = rbk_policy_init(&net->policy, config, err);
    if (rc < 0) {
        rbk_net_free(net);
        return rc;
    }
    net->host = (struct rbk_net_host){.abi = RBK_NET_ABI,
                                      .version = RUNBOOK_VERSION,
                                      .loop = loop,
                                      .policy = &net->policy,
                                      .admit = rbk_policy_admit,
                                      .admit_host = rbk_policy_admit_host,
                                      .is_loopback = rbk_host_is_loopback,
                                      .timer_start = rbk_timer_start,
                                      .timer_cancel = rbk_timer_cancel,
                                      .watch = rbk_watch_both,
                                      .watch_change = rbk_watch_change,
                                      .watch_stop = rbk_watch_stop};
    *out = net;
    return 0;
}

void rbk_net_free(struct rbk_net *net)
{
    if (!net)
        return;
    if (net->session)
        net->module->close(net->session);
    rbk_policy_fini(&net->policy);
    free(net);
}

static int net_need_module(struct rbk_net *net, struct rbk_error *err)
{
    return net->module ? 0 : rbk_net_load(&net->module, err);
}

static int net_need_session(struct rbk_net *net, struct rbk_error *err)
{
    int rc = net_need_module(net, err);
    return rc < 0 || net->session ? rc : net->module->open(&net->host, &net->session, err);
}

int rbk_net_http(struct rbk_net *net, const struct rbk_http_request *request, rbk_net_fn *fn, void *arg,
                 struct rbk_transfer **out, struct rbk_error *err)
{
    int rc = net_need_session(net, err);
    if (rc == 0)
        *out = net->module->http(net->session, request, fn, arg);
    return rc;
}

int rbk_net_mail(struct rbk_net *net, const struct rbk_mail *mail, rbk_net_fn *fn, void *arg, struct rbk_transfer **out,
                 struct rbk_error *err)
{
    int rc = net_need_session(net, err);
    if (rc == 0)
        *out = net->module->mail(net->session, mail, fn, arg);
    return rc;
}

void rbk_transfer_cancel(struct rbk_transfer *t)
{
    if (t)
        t->cancel(t);
}

int rbk_net_hmac_sha256(struct rbk_net *net, const char *key, size_t key_len, const char *data, size_t len,
                        char out[65], struct rbk_error *err)
{
    int rc = net_need_module(net, err);
    return rc < 0 ? rc : net->module->hmac_sha256(key, key_len, data, len, out, err);
}

int rbk_net_check(const char **version, struct rbk_error *err)
{
    const struct rbk_net_module *module = NULL;
    int rc = rbk_net_load(&module, err);
    if (rc == 0)
        *version = module->version();
    return rc;
}

const char *rbk_http_header(const struct rbk_http_response *r, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; r->headers && i < r->headers->count; i++) {
        const char *line = r->headers->items[i];
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " \t");
    }
    return NULL;
}

/* The part of a URL that holds no secret: tokens are in userinfo, paths (webhooks) and queries. */
char *rbk_net_place(const char *url)
{
    const char *rest = strstr(url, "://");
    if (!rest)
        return rbk_strdup("(no URL)");
    const char *host = rest + 3, *end = host + strcspn(host, "/?#\\");
    for (const char *at = host; at < end; at++) {
        if (*at == '@')
            host = at + 1;
    }
    return rbk_asprintf("%.*s%.*s", (int)(rest + 3 - url), url, (int)(end - host), host);
}
