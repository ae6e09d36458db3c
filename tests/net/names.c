/* A name server and a witness in one library to preload: the name `rebind.test` has another address at each look-up, as
 * NAMES says ("127.0.0.2,127.0.0.1": the last one stays; "127.0.0.2+127.0.0.1" are two at once), the look-up of
 * `hang.test` never ends, names below `invalid` have no address (RFC 6761) and nobody is asked for one, and every
 * address that anything tries to connect to is written to the file CONNECTS. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

typedef int lookup_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef int connect_fn(int, const struct sockaddr *, socklen_t);

SHOWN lookup_fn getaddrinfo;
SHOWN connect_fn connect;

static void *next_symbol(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static lookup_fn *real_lookup(void)
{
    union {
        void *object;
        lookup_fn *fn;
    } symbol = {.object = next_symbol("getaddrinfo")};
    return symbol.fn;
}

static connect_fn *real_connect(void)
{
    union {
        void *object;
        connect_fn *fn;
    } symbol = {.object = next_symbol("connect")};
    return symbol.fn;
}

/* The entry for this look-up, copied. */
static void next_entry(char *out, size_t size)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int calls;
    const char *names = getenv("NAMES"), *entry = names ? names : "";
    pthread_mutex_lock(&lock);
    for (int i = 0; i < calls && strchr(entry, ','); i++)
        entry = strchr(entry, ',') + 1;
    calls++;
    pthread_mutex_unlock(&lock);
    snprintf(out, size, "%.*s", (int)strcspn(entry, ","), entry);
}

static bool is_invalid(const char *node)
{
    static const char below[] = ".invalid";
    size_t len = strlen(node), end = sizeof below - 1;
    return len > end && strcmp(node + len - end, below) == 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    char entry[256];
    int rc = 0;
    while (node && strcmp(node, "hang.test") == 0)
        pause();
    if (node && is_invalid(node))
        return EAI_NONAME;
    if (!node || strcmp(node, "rebind.test") != 0)
        return real_lookup()(node, service, hints, out);
    next_entry(entry, sizeof entry);
    *out = NULL;
    char *rest = NULL;
    for (char *one = strtok_r(entry, "+", &rest); rc == 0 && one; one = strtok_r(NULL, "+", &rest)) {
        struct addrinfo **end = out;
        while (*end)
            end = &(*end)->ai_next;
        rc = real_lookup()(one, service, hints, end);
    }
    return rc;
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    char text[128];
    const char *path = getenv("CONNECTS");
    FILE *log = path ? fopen(path, "ae") : NULL;
    if (log && address->sa_family != AF_UNIX &&
        getnameinfo(address, len, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
        fprintf(log, "%s\n", text);
    if (log)
        fclose(log);
    return real_connect()(fd, address, len);
}
