/* What the files of the module share: one session, its transfers, and how they end. */
#ifndef RBK_NET_MODULE_SESSION_H
#define RBK_NET_MODULE_SESSION_H

#include <base/buf.h>
#include <base/str.h>
#include <curl/curl.h>
#include <net/module.h>

struct net_watch;
struct net_socket {
    int fd;
    bool is_new;               /* no watch is its own yet: one that curl has assigned was of another with this number */
    struct net_watch *resting; /* its watch, while curl does not wait for it */
};

enum { IDLE_HANDLES = 32 };

struct rbk_session {
    const struct rbk_net_host *host;
    CURLM *multi;
    struct rbk_timer *timer; /* curl's next deadline */
    struct net_transfer *transfers;
    struct net_socket *sockets; /* that are open, those of idle connections too */
    size_t socket_count, socket_cap;
    struct net_transfer *idle[IDLE_HANDLES]; /* HTTP requests that have ended, for others to the same place */
    int idle_count;
    bool closing;
    bool has_mail; /* there was one, and mail_ssl is how it was encrypted */
    long mail_ssl;
};

struct net_transfer {
    struct rbk_transfer base; /* first: see rbk_transfer_cancel */
    struct rbk_session *session;
    struct net_transfer *prev, *next;
    rbk_net_fn *fn;
    void *arg;
    CURL *easy;
    CURLU *url;
    struct curl_slist *list; /* request headers */
    struct curl_slist *recipients;
    curl_mime *mime;         /* mail */
    char *asked, *method;    /* HTTP: what another request must say to be sent with this handle as it is; NULL */
    struct rbk_strv headers; /* HTTP: of the request, for another one after a redirect */
    char *proxy;
    int redirects;              /* that may still be followed */
    int64_t total_ms, spent_ms; /* for all of them; on those that were followed */
    bool allow_http, loopback_only, is_mail;
    bool was_tried;            /* some address of the name is allowed */
    char *place;               /* scheme://host:port, for messages */
    struct rbk_timer *refusal; /* while it waits to tell what `refused` says */
    struct rbk_error refused;  /* by the policy, code 0 = not */
    char detail[CURL_ERROR_SIZE];
    /* the answer */
    struct rbk_strv answer_headers;
    struct rbk_buf body;
    size_t body_max, header_bytes;
    bool truncated;
};

/* session.c */
void net_watch_free(struct rbk_session *s, struct net_watch *watch);
int net_session_open(const struct rbk_net_host *host, struct rbk_session **out, struct rbk_error *err);
void net_session_close(struct rbk_session *s);

/* transfer.c: a transfer with the options that HTTP and mail share; then it is started, or refused. */
struct net_transfer *net_transfer_new(struct rbk_session *s, rbk_net_fn *fn, void *arg);
/* One that rests, by its place in `idle`, with all that was set but what is of one request alone. */
struct net_transfer *net_transfer_again(struct rbk_session *s, int i, rbk_net_fn *fn, void *arg);
void net_transfer_times(struct net_transfer *t, int64_t connect_ms, int64_t total_ms);
void net_transfer_start(struct net_transfer *t);
void net_transfer_refuse(struct net_transfer *t); /* fn is called from the loop with t->refused */
void net_transfer_done(struct net_transfer *t, CURLcode code);
void net_transfer_free(struct net_transfer *t);
void net_transfers_forget(struct rbk_session *s); /* all of them, at its end */

/* socket.c: connections are opened here, after the policy was asked. */
void net_socket_options(struct net_transfer *t);
struct net_socket *net_socket_find(struct rbk_session *s, int fd); /* NULL: it is one of curl's own */
void net_socket_forget(struct rbk_session *s, int fd);
void net_sockets_hush(struct rbk_session *s); /* nothing waits for an answer on an idle connection any more */

/* url.c: the one parsing of a URL: what is judged is what curl then uses. Sets t->place. `schemes` is "http https". */
int net_url_use(struct net_transfer *t, const char *url, const char *const *schemes, struct rbk_error *err);

/* http.c */
struct rbk_transfer *net_http_start(struct rbk_session *s, const struct rbk_http_request *request, rbk_net_fn *fn,
                                    void *arg);
bool net_http_redirect(struct net_transfer *t); /* true: it goes on elsewhere, or was refused */
/* header.c */
bool net_header_ok(const char *line); /* a name and a value on one line */
bool net_header_is(const char *line, const char *name);
bool net_token_ok(const char *s, size_t len);
bool net_header_travels(const char *line); /* may go to another origin */
size_t net_header_receive(char *data, size_t size, size_t count, void *transfer);
size_t net_body_receive(char *data, size_t size, size_t count, void *transfer);

/* mail.c, hmac.c */
struct rbk_transfer *net_mail_start(struct rbk_session *s, const struct rbk_mail *mail, rbk_net_fn *fn, void *arg);
int net_hmac_sha256(const char *key, size_t key_len, const char *data, size_t len, char out[65], struct rbk_error *err);

/* explain.c: what a result of curl means for a person, and for sending it again. */
enum rbk_net_failure net_explain(struct net_transfer *t, CURLcode code, struct rbk_error *err);

#endif
