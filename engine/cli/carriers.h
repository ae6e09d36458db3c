/* Who carries which message of a delivery: telemetry goes its own way, everything else by the channels of the Lua host.
 */
#ifndef RBK_CLI_CARRIERS_H
#define RBK_CLI_CARRIERS_H

#include <lua/channel.h>
#include <otlp/push.h>

struct rbk_carriers { /* borrowed */
    struct rbk_channels *channels;
    struct rbk_otlp_pusher *telemetry;
};

/* The host is a struct rbk_carriers. */
extern const struct rbk_channel_ops rbk_carriers_ops;

#endif
