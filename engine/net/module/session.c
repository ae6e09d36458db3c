/* curl's multi interface on the program's loop: curl says which sockets and which deadline it waits for, the loop says
 * when they are there. */
#include <base/mem.h>
#include <net/module/session.h>
#include <stdlib.h>

enum { IDLE_CONNECTIONS = 64 };

struct net_watch { /* of one of curl's sockets */
    struct rbk_session *session;
    curl_socket_t fd;
    bool connected; /* it was watched for reading, which nobody does before */
    struct rbk_watch *watch;
};

/* A callback may start and cancel other transfers: the next message is asked for anew each time. */
static void session_collect(struct rbk_session *s)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(s->multi, &left))) {
        struct net_transfer *t = NULL;
        CURLcode code = message->data.result;
        if (message->msg == CURLMSG_DONE && curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t) == CURLE_OK)
            net_transfer_done(t, code);
    }
}

static void session_on_ready(void *arg, bool readable, bool writable)
{
    struct net_watch *watch = arg;
    struct rbk_session *s = watch->session;
    int running, what = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(s->multi, watch->fd, what, &running);
    session_collect(s);
}

static void session_on_timer(void *arg)
{
    struct rbk_session *s = arg;
    int running;
    s->timer = NULL;
    curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    session_collect(s);
}

void net_watch_free(struct rbk_session *s, struct net_watch *watch)
{
    if (!watch)
        return;
    s->host->watch_stop(&watch->watch);
    free(watch);
}

/* The watch of a connection that stays open stays with it: the next transfer on it is not far. At rest it watches
 * nothing and does not keep the loop running. A socket that was never connected is closed by curl itself, and nobody is
 * told: a watch must not outlive this. */
static void watch_end(struct rbk_session *s, curl_socket_t fd, struct net_watch *watch)
{
    struct net_socket *kept = net_socket_find(s, fd);
    if (!watch)
        return;
    curl_multi_assign(s->multi, fd, NULL);
    if (kept && watch->connected) {
        s->host->watch_change(watch->watch, false, false);
        kept->resting = watch;
        return;
    }
    net_socket_forget(s, fd);
    net_watch_free(s, watch);
}

static struct net_watch *watch_new(struct rbk_session *s, curl_socket_t fd, bool readable, bool writable)
{
    struct net_watch *watch = rbk_alloc(sizeof *watch);
    watch->session = s;
    watch->fd = fd;
    watch->watch = s->host->watch(s->host->loop, fd, readable, writable, session_on_ready, watch, NULL);
    if (watch->watch)
        return watch;
    free(watch);
    return NULL;
}

static int watch_begin(struct rbk_session *s, curl_socket_t fd, bool readable, bool writable)
{
    struct net_socket *kept = net_socket_find(s, fd);
    struct net_watch *watch = kept ? kept->resting : NULL;
    if (watch) {
        kept->resting = NULL;
        s->host->watch_change(watch->watch, readable, writable);
    } else {
        watch = watch_new(s, fd, readable, writable);
    }
    if (!watch)
        return -1;
    if (kept)
        kept->is_new = false;
    watch->connected = watch->connected || readable;
    curl_multi_assign(s->multi, fd, watch);
    return 0;
}

static int session_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
    struct rbk_session *s = arg;
    struct net_watch *watch = assigned;
    struct net_socket *kept = net_socket_find(s, fd);
    bool readable = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool writable = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    (void)easy;
    if (!readable && !writable) {
        watch_end(s, fd, watch);
        return 0;
    }
    if (watch && kept && kept->is_new) {
        net_watch_free(s, watch);
        watch = NULL;
    }
    if (!watch)
        return watch_begin(s, fd, readable, writable);
    watch->connected = watch->connected || readable;
    s->host->watch_change(watch->watch, readable, writable);
    return 0;
}

static int session_on_deadline(CURLM *multi, long timeout_ms, void *arg)
{
    struct rbk_session *s = arg;
    (void)multi;
    s->host->timer_cancel(&s->timer);
    if (timeout_ms >= 0)
        s->timer = s->host->timer_start(s->host->loop, timeout_ms, 0, session_on_timer, s);
    return 0;
}

int net_session_open(const struct rbk_net_host *host, struct rbk_session **out, struct rbk_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return rbk_error_set(err, RBK_ESTORE, "libcurl cannot be initialised");
    struct rbk_session *s = rbk_alloc(sizeof *s);
    s->host = host;
    s->multi = curl_multi_init();
    if (!s->multi) {
        free(s);
        return rbk_error_set(err, RBK_ESTORE, "libcurl cannot be initialised: no memory");
    }
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, session_on_socket);
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, session_on_deadline);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
    /* else four for each transfer under way: none is left where one batch has ended and the next has not begun */
    curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    *out = s;
    return 0;
}

/* Everything curl still closes politely, but nobody waits for an answer. */
void net_session_close(struct rbk_session *s)
{
    net_sockets_hush(s);
    net_transfers_forget(s);
    curl_multi_cleanup(s->multi);
    while (s->socket_count)
        net_socket_forget(s, s->sockets[0].fd);
    s->host->timer_cancel(&s->timer);
    free(s->sockets);
    free(s);
}
