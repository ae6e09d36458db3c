/* What requests of this project may reach and how, from `net:` of runbook.yaml. */
#ifndef RBK_NET_POLICY_H
#define RBK_NET_POLICY_H

#include <base/address.h>
#include <config/config.h>

struct rbk_policy {
    struct rbk_ranges deny;     /* the configuration's; always wins */
    struct rbk_ranges unwanted; /* what nobody wants unless `net.allow` says so */
    struct rbk_ranges allow;
    bool allow_http;
    char *proxy, *ca_file; /* NULL = none, the system's */
    int64_t connect_ms, total_ms;
};
int rbk_policy_init(struct rbk_policy *policy, const struct rbk_config *config, struct rbk_error *err);
void rbk_policy_fini(struct rbk_policy *policy);

/* Whether a connection to this address may be made. RBK_EINVAL with the reason. `loopback_only`: the request was let
 * through unencrypted because it stays on this machine. */
int rbk_policy_admit(const struct rbk_policy *policy, const struct sockaddr *sa, bool loopback_only,
                     struct rbk_error *err);
/* The same for the host of a URL when it is an address; a name is admitted, its addresses are looked at later. */
int rbk_policy_admit_host(const struct rbk_policy *policy, const char *host, struct rbk_error *err);

#endif
