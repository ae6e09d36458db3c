/* Sockets are made here, with the address that curl is about to connect to in hand: the policy judges what is really
 * connected to, whatever the name was and however often it was looked up. */
#include <base/mem.h>
#include <net/module/session.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void net_socket_forget(struct rbk_session *s, int fd)
{
    struct net_socket *kept = net_socket_find(s, fd);
    if (!kept)
        return;
    net_watch_free(s, kept->resting);
    *kept = s->sockets[--s->socket_count];
}

static void sockets_add(struct rbk_session *s, int fd)
{
    net_socket_forget(s, fd); /* curl has closed that one by itself */
    RBK_GROW(s->sockets, s->socket_count, s->socket_cap);
    s->sockets[s->socket_count++] = (struct net_socket){.fd = fd, .is_new = true};
}

struct net_socket *net_socket_find(struct rbk_session *s, int fd)
{
    for (size_t i = 0; i < s->socket_count; i++)
        if (s->sockets[i].fd == fd)
            return &s->sockets[i];
    return NULL;
}

static curl_socket_t socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct net_transfer *t = arg;
    const struct rbk_net_host *host = t->session->host;
    struct rbk_error why;
    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (host->admit(host->policy, &address->addr, t->loopback_only, &why) < 0) {
        t->refused = why;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    sockets_add(t->session, fd);
    t->was_tried = true;
    return fd;
}

/* A connection outlives the transfer that made it, so this knows the session only. */
static int socket_close(void *arg, curl_socket_t fd)
{
    struct rbk_session *s = arg;
    net_socket_forget(s, fd);
    return close(fd);
}

void net_socket_options(struct net_transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, socket_close);
    curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, t->session);
}

/* curl says QUIT to a mail server and reads its answer before it closes the connection: now that answer is the end of
 * the stream. */
void net_sockets_hush(struct rbk_session *s)
{
    for (size_t i = 0; i < s->socket_count; i++)
        (void)shutdown(s->sockets[i].fd, SHUT_RD);
}
