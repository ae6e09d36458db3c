/* The policy of requests. Addresses are judged when a connection is about to be made, so a name that changes its
 * address between two look-ups, and a redirect, gain nothing. */
#include <base/fs.h>
#include <base/mem.h>
#include <math.h>
#include <net/policy.h>
#include <stdlib.h>
#include <string.h>

/* Nobody wants a request to end there by accident, and attackers do: credentials of the machine, neighbours. */
static const char *const policy_unwanted[] = {"metadata", "link-local", "multicast", "unspecified", "reserved"};

static int policy_ranges(struct rbk_ranges *out, const struct rbk_config *config, const char *key,
                         struct rbk_error *err)
{
    const rbk_value *list = rbk_config_get(config, key);
    for (size_t i = 0; i < rbk_value_length(list); i++) {
        int rc = rbk_ranges_add(out, rbk_value_string(rbk_list_at(list, i)), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static const char *policy_text(const struct rbk_config *config, const char *key)
{
    const char *text = rbk_value_string(rbk_config_get(config, key));
    return text && *text ? text : NULL;
}

static int64_t policy_ms(const struct rbk_config *config, const char *key, int64_t otherwise)
{
    double seconds = rbk_value_number(rbk_config_get(config, key));
    return seconds > 0 ? llround(seconds * 1000) : otherwise;
}

int rbk_policy_init(struct rbk_policy *policy, const struct rbk_config *config, struct rbk_error *err)
{
    const char *http = policy_text(config, "net.allow_http"), *ca = policy_text(config, "net.ca_file");
    for (size_t i = 0; i < sizeof policy_unwanted / sizeof policy_unwanted[0]; i++)
        (void)rbk_ranges_add(&policy->unwanted, policy_unwanted[i], NULL);
    policy->allow_http = http && strcmp(http, "true") == 0;
    policy->proxy = rbk_strdup(policy_text(config, "net.proxy"));
    policy->ca_file = ca ? rbk_path_join(config->root, ca) : NULL;
    policy->connect_ms = policy_ms(config, "net.connect_timeout", 10000);
    policy->total_ms = policy_ms(config, "net.timeout", 30000);
    int rc = policy_ranges(&policy->deny, config, "net.deny", err);
    return rc < 0 ? rc : policy_ranges(&policy->allow, config, "net.allow", err);
}

void rbk_policy_fini(struct rbk_policy *policy)
{
    rbk_ranges_fini(&policy->deny);
    rbk_ranges_fini(&policy->unwanted);
    rbk_ranges_fini(&policy->allow);
    free(policy->proxy);
    free(policy->ca_file);
}

static int policy_refuse(const struct rbk_address *address, const struct rbk_range *range, bool configured,
                         struct rbk_error *err)
{
    char text[64];
    rbk_address_format(address, text);
    const char *word = *range->word ? range->word : "listed";
    if (configured) {
        rbk_error_set(err, RBK_EINVAL, "the address %s is denied (net.deny: %s)", text, word);
        return rbk_error_hint(err, "net.deny in runbook.yaml says what may not be reached");
    }
    rbk_error_set(err, RBK_EINVAL, "the address %s is denied: it is %s", text, word);
    return rbk_error_hint(err, "when it is wanted, name it in net.allow of runbook.yaml");
}

/* By a range no wider than the one that refuses: who wants link-local addresses has not asked for the metadata of the
 * cloud that is among them. */
static bool policy_allows(const struct rbk_policy *policy, const struct rbk_range *denied,
                          const struct rbk_address *address)
{
    for (size_t i = 0; i < policy->allow.count; i++) {
        const struct rbk_ranges one = {.items = &policy->allow.items[i], .count = 1};
        if (one.items->bits >= denied->bits && rbk_ranges_find(&one, address))
            return true;
    }
    return false;
}

static int policy_judge_form(const struct rbk_policy *policy, const struct rbk_address *address, struct rbk_error *err)
{
    const struct rbk_range *denied = rbk_ranges_find(&policy->deny, address);
    if (denied)
        return policy_refuse(address, denied, true, err);
    denied = rbk_ranges_find(&policy->unwanted, address);
    if (denied && !policy_allows(policy, denied, address))
        return policy_refuse(address, denied, false, err);
    return 0;
}

/* Each form by itself: that one of them is allowed does not excuse another. */
static int policy_judge(const struct rbk_policy *policy, const struct rbk_address *address, struct rbk_error *err)
{
    struct rbk_address forms[RBK_ADDRESS_FORMS];
    size_t count = rbk_address_forms(address, forms);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = policy_judge_form(policy, &forms[i], err);
    return rc;
}

int rbk_policy_admit(const struct rbk_policy *policy, const struct sockaddr *sa, bool loopback_only,
                     struct rbk_error *err)
{
    struct rbk_address address;
    if (!rbk_address_from(sa, &address))
        return rbk_error_set(err, RBK_EINVAL, "this is no internet address");
    if (loopback_only && !rbk_address_is_loopback(&address)) {
        rbk_error_set(err, RBK_EINVAL, "http is for this machine only, and the name leads elsewhere");
        return rbk_error_hint(err, "use https");
    }
    return policy_judge(policy, &address, err);
}

int rbk_policy_admit_host(const struct rbk_policy *policy, const char *host, struct rbk_error *err)
{
    struct rbk_address address;
    return rbk_address_parse(host, &address) ? policy_judge(policy, &address, err) : 0;
}
