/* A receiver on loopback that accepts everything: stub_http PORT_FILE [KEEP_FILE]. One thread, connections that stay
 * open, "200 OK" to each request as soon as its body is there. Writes its port into PORT_FILE, each body as a line to
 * KEEP_FILE; lives until it is killed. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1024, ROOM = 1 << 20 };

struct client {
    char *data;
    size_t len;
};

static struct client clients[MOST];
static FILE *keep;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_anywhere(const char *port_file)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        die("listen");
    char name[4096];
    snprintf(name, sizeof name, "%s.new", port_file);
    FILE *file = fopen(name, "w");
    if (!file || fprintf(file, "%d\n", ntohs(at.sin_port)) < 0 || fclose(file) || rename(name, port_file))
        die(port_file);
    return fd;
}

/* The length of the first whole request in the buffer, 0 = it is not whole yet. */
static size_t whole_request(const struct client *c, size_t *head)
{
    const char *end = memmem(c->data, c->len, "\r\n\r\n", 4);
    size_t body = 0;
    if (!end)
        return 0;
    *head = (size_t)(end - c->data) + 4;
    for (const char *line = c->data; line < end; line = (const char *)memchr(line, '\n', *head) + 1)
        if (strncasecmp(line, "content-length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    return c->len >= *head + body ? *head + body : 0;
}

static int answer_all(int fd, struct client *c)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    size_t head = 0, len;
    while ((len = whole_request(c, &head))) {
        if (keep) {
            fwrite(c->data + head, 1, len - head, keep);
            fputc('\n', keep);
            fflush(keep);
        }
        memmove(c->data, c->data + len, c->len - len);
        c->len -= len;
        if (write(fd, ok, sizeof ok - 1) != (ssize_t)sizeof ok - 1)
            return -1;
    }
    return 0;
}

static void serve(int fd)
{
    struct client *c = &clients[fd];
    ssize_t n = c->len < ROOM ? read(fd, c->data + c->len, ROOM - c->len) : 0;
    if (n > 0) {
        c->len += (size_t)n;
        if (answer_all(fd, c) == 0)
            return;
    }
    close(fd);
    c->len = 0;
}

static void admit(int epoll, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd < 0)
        return;
    if (fd >= MOST) {
        close(fd);
        return;
    }
    if (!clients[fd].data && !(clients[fd].data = malloc(ROOM)))
        die("malloc");
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    keep = argc > 2 ? fopen(argv[2], "w") : NULL;
    int listener = listen_anywhere(argv[1]), epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[64];
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        die("epoll");
    for (;;) {
        int n = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                admit(epoll, listener);
            else
                serve(events[i].data.fd);
        }
    }
}
