/* See host.h. */
#include <base/host.h>

#include <unistd.h>

const char *rbk_host_name(char out[RBK_HOST_SIZE])
{
    if (gethostname(out, RBK_HOST_SIZE) < 0)
        out[0] = '\0';
    out[RBK_HOST_SIZE - 1] = '\0'; /* a name that is cut may have no end (gethostname(2)) */
    return out;
}
