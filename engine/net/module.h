/* The contract between the program and its module librunbook-net.so: each side gives the other a table of functions, so
 * that neither needs the other's symbols. Both are built from the same sources; `abi` notices when they were not. */
#ifndef RBK_NET_MODULE_H
#define RBK_NET_MODULE_H

#include <net/net.h>
#include <net/policy.h>

#define RBK_NET_ABI    1
#define RBK_NET_SYMBOL "rbk_net_module"

/* What the module is given. Everything outlives the session. */
struct rbk_net_host {
    unsigned abi;
    const char *version; /* of the program, for User-Agent */
    struct rbk_loop *loop;
    const struct rbk_policy *policy;
    int (*admit)(const struct rbk_policy *policy, const struct sockaddr *sa, bool loopback_only, struct rbk_error *err);
    int (*admit_host)(const struct rbk_policy *policy, const char *host, struct rbk_error *err);
    bool (*is_loopback)(const char *host);
    struct rbk_timer *(*timer_start)(struct rbk_loop *loop, int64_t after_ms, int64_t repeat_ms, rbk_loop_fn *fn,
                                     void *arg);
    void (*timer_cancel)(struct rbk_timer **timer);
    struct rbk_watch *(*watch)(struct rbk_loop *loop, int fd, bool readable, bool writable, rbk_watch_fn *fn, void *arg,
                               struct rbk_error *err);
    void (*watch_change)(struct rbk_watch *watch, bool readable, bool writable);
    void (*watch_stop)(struct rbk_watch **watch);
};

struct rbk_session; /* the module's transfers on one loop */

/* What a transfer begins with: how to cancel it without knowing the module. */
struct rbk_transfer {
    void (*cancel)(struct rbk_transfer *t);
};

/* What the module gives. */
struct rbk_net_module {
    unsigned abi;
    const char *(*version)(void); /* of what it is made of */
    int (*open)(const struct rbk_net_host *host, struct rbk_session **out, struct rbk_error *err);
    void (*close)(struct rbk_session *s);
    struct rbk_transfer *(*http)(struct rbk_session *s, const struct rbk_http_request *request, rbk_net_fn *fn,
                                 void *arg);
    struct rbk_transfer *(*mail)(struct rbk_session *s, const struct rbk_mail *mail, rbk_net_fn *fn, void *arg);
    int (*hmac_sha256)(const char *key, size_t key_len, const char *data, size_t len, char out[65],
                       struct rbk_error *err);
};
typedef const struct rbk_net_module *rbk_net_module_fn(void);

#endif
