/* engine/net with nothing in it: linked instead of the room, it makes the program without requests that start-up is
 * compared with. */
#include <net/net.h>

int rbk_net_new(struct rbk_loop *loop, const struct rbk_config *config, struct rbk_net **out, struct rbk_error *err)
{
    (void)loop, (void)config, (void)out;
    return rbk_error_set(err, RBK_ENOENT, "this program sends nothing");
}

void rbk_net_free(struct rbk_net *net)
{
    (void)net;
}

int rbk_net_http(struct rbk_net *net, const struct rbk_http_request *request, rbk_net_fn *fn, void *arg,
                 struct rbk_transfer **out, struct rbk_error *err)
{
    (void)net, (void)request, (void)fn, (void)arg, (void)out;
    return rbk_error_set(err, RBK_ENOENT, "this program sends nothing");
}

int rbk_net_mail(struct rbk_net *net, const struct rbk_mail *mail, rbk_net_fn *fn, void *arg, struct rbk_transfer **out,
                 struct rbk_error *err)
{
    (void)net, (void)mail, (void)fn, (void)arg, (void)out;
    return rbk_error_set(err, RBK_ENOENT, "this program sends nothing");
}

void rbk_transfer_cancel(struct rbk_transfer *t)
{
    (void)t;
}

int rbk_net_hmac_sha256(struct rbk_net *net, const char *key, size_t key_len, const char *data, size_t len,
                        char out[65], struct rbk_error *err)
{
    (void)net, (void)key, (void)key_len, (void)data, (void)len, (void)out;
    return rbk_error_set(err, RBK_ENOENT, "this program sends nothing");
}

int rbk_net_check(const char **version, struct rbk_error *err)
{
    (void)version;
    return rbk_error_set(err, RBK_ENOENT, "this program sends nothing");
}

const char *rbk_http_header(const struct rbk_http_response *r, const char *name)
{
    (void)r, (void)name;
    return NULL;
}

char *rbk_net_place(const char *url)
{
    (void)url;
    return NULL;
}
