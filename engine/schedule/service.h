/* What a service manager is told: the protocol of sd_notify(3), one datagram to the socket that NOTIFY_SOCKET names.
 * Without one, nothing is sent. */
#ifndef RBK_SCHEDULE_SERVICE_H
#define RBK_SCHEDULE_SERVICE_H

#include <stdint.h>

/* "READY=1\nSTATUS=.." */
void rbk_service_tell(const char *text);
/* How often WATCHDOG=1 is due, half of what the manager allows; 0 = it does not watch this process. */
int64_t rbk_service_watchdog_ms(void);

#endif
