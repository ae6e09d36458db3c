/* The one symbol that the module shows. */
#include <net/module/session.h>

RBK_API const struct rbk_net_module *rbk_net_module(void);

static const char *module_version(void)
{
    return curl_version();
}

static const struct rbk_net_module module_table = {.abi = RBK_NET_ABI,
                                                   .version = module_version,
                                                   .open = net_session_open,
                                                   .close = net_session_close,
                                                   .http = net_http_start,
                                                   .mail = net_mail_start,
                                                   .hmac_sha256 = net_hmac_sha256};

const struct rbk_net_module *rbk_net_module(void)
{
    return &module_table;
}
