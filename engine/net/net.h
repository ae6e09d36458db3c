/* Requests to other machines: HTTP and mail. The work is done by a module of its own (librunbook-net.so: libcurl, some
 * thirty shared libraries), which is loaded when the first request is made and never unloaded; a command that sends
 * nothing never pays for it. Everything happens on the loop; a callback is never called from inside the function that
 * registered it.
 *
 * What a request may reach is decided by a policy at the moment of the connection, on the address and not the name, so
 * a redirect or a name that changes its address gains nothing. Credentials never follow a redirect. TLS is checked. */
#ifndef RBK_NET_NET_H
#define RBK_NET_NET_H

#include <base/str.h>
#include <config/config.h>
#include <loop/loop.h>
#include <runbook/error.h>

struct rbk_net; /* one per process: the module's transfers on one loop */

/* From `net:` of runbook.yaml (deny, allow_http, proxy, ca_file, timeout). Loads nothing yet. `config` and `loop` are
 * borrowed. */
int rbk_net_new(struct rbk_loop *loop, const struct rbk_config *config, struct rbk_net **out, struct rbk_error *err);
void rbk_net_free(struct rbk_net *net); /* what is under way is cancelled without its callback; NULL is fine */

/* How far a request got: what it means for sending it again. */
enum rbk_net_failure {
    RBK_NET_REFUSED, /* never sent: no such name, no connection, refused by policy or TLS (see err) */
    RBK_NET_UNKNOWN, /* it may have arrived: reset, timed out or cut off after it was sent */
    RBK_NET_NEVER    /* trying again cannot help: denied by policy, http where https is asked, a malformed URL */
};

struct rbk_http_request {           /* strings are borrowed during the call */
    const char *method;             /* NULL = GET, or POST with a body */
    const char *url;                /* http or https; https only, unless the host is a loopback address or allow_http */
    const struct rbk_strv *headers; /* "Name: value", or NULL */
    const char *body;
    size_t body_len;
    int64_t connect_ms, total_ms; /* 0 = 10 s, 30 s */
    size_t response_max;          /* bytes of body kept; 0 = 1 MiB */
    int redirects; /* how many may be followed, GET and HEAD only, 0 = none; Authorization and Cookie are dropped at
                      another origin */
    bool allow_http;
    bool once; /* on a connection of its own: a kept one that turns out to be dead makes the client send again */
    const char *proxy; /* NULL = that of the configuration; the environment's proxies are not used unless configured */
};
struct rbk_http_response { /* borrowed during the callback */
    int status;
    const struct rbk_strv *headers; /* "name: value", names in lower case */
    const char *body;
    size_t body_len;
    bool truncated;
};
const char *rbk_http_header(const struct rbk_http_response *r, const char *name); /* its value or NULL */
/* How long the receiver asks to wait, by Retry-After; -1 = it does not say. */
int64_t rbk_http_retry_after_ms(const struct rbk_http_response *r, int64_t now_ms);

struct rbk_mail {                   /* one message; the module builds the MIME parts */
    const char *url;                /* smtp://host:port or smtps:// */
    const char *user, *password;    /* NULL = no authentication */
    const char *starttls;           /* "required" (default when a password is given), "opportunistic" (the
                                       default else; checks no certificate, takes no password), "never" */
    const char *from;               /* address, for the envelope */
    const struct rbk_strv *to;      /* addresses, for the envelope */
    const struct rbk_strv *headers; /* complete: From, To, Subject (encoded words where needed), Date, Message-ID, .. */
    const char *text, *html;        /* html NULL = text alone */
    const struct rbk_mail_part {
        const char *name, *type, *data;
        size_t len;
    } * attachments;
    size_t attachment_count;
    int64_t connect_ms, total_ms;
};

/* `failed` NULL = there is a response (of any status; for mail, the server has accepted it: 250). `failure` is valid
 * with `failed`. For mail a failed->code of RBK_EFAIL with status in `r->status` is the server's 4xx or 5xx. */
typedef void rbk_net_fn(void *arg, const struct rbk_http_response *r, enum rbk_net_failure failure,
                        const struct rbk_error *failed);
struct rbk_transfer;
/* Starts it. Negative: nothing was started, fn is not called (the module is missing: RBK_ENOENT with the package). */
int rbk_net_http(struct rbk_net *net, const struct rbk_http_request *request, rbk_net_fn *fn, void *arg,
                 struct rbk_transfer **out, struct rbk_error *err);
int rbk_net_mail(struct rbk_net *net, const struct rbk_mail *mail, rbk_net_fn *fn, void *arg, struct rbk_transfer **out,
                 struct rbk_error *err);
void rbk_transfer_cancel(struct rbk_transfer *t); /* fn is not called */

/* Loads the module and says what it is made of ("libcurl/7.88.1 GnuTLS/3.7.9 ..", borrowed): for `doctor`. */
int rbk_net_check(const char **version, struct rbk_error *err);

/* scheme://host:port of a URL, for people: what else is in it may be a secret. Heap, free(). */
char *rbk_net_place(const char *url);

/* HMAC-SHA256 (RFC 2104) of data as 64 lower-case hex digits and a NUL, by the TLS library. */
int rbk_net_hmac_sha256(struct rbk_net *net, const char *key, size_t key_len, const char *data, size_t len,
                        char out[65], struct rbk_error *err);

#endif
