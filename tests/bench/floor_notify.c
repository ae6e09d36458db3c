/* The floor for delivering messages: floor_notify URL BODIES PARALLEL posts each line of the file BODIES with libcurl's
 * multi interface, so many at once, on connections that stay open, and remembers nothing. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *bodies;
static char **lines;

static size_t swallow(char *data, size_t size, size_t count, void *arg)
{
    (void)data, (void)arg;
    return size * count;
}

static int next_line(char **line)
{
    size_t cap = 0;
    free(*line);
    *line = NULL;
    ssize_t n = getline(line, &cap, bodies);
    if (n > 0 && (*line)[n - 1] == '\n')
        (*line)[--n] = '\0';
    return n > 0;
}

/* Gives the handle its next body; 0 when there is none. */
static int load(CURLM *multi, CURL *easy, long i)
{
    if (!next_line(&lines[i]))
        return 0;
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, lines[i]);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(lines[i]));
    return curl_multi_add_handle(multi, easy) == CURLM_OK;
}

static CURL *handle(const char *url, struct curl_slist *headers, long i)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)i);
    return easy;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    long parallel = atol(argv[3]), sent = 0, failed = 0;
    int running = 0;
    CURLMsg *done;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json; charset=utf-8");
    headers = curl_slist_append(headers, "Idempotency-Key: 01kd4f7c8m2xexample0000000");
    lines = calloc((size_t)parallel, sizeof *lines);
    bodies = fopen(argv[2], "r");
    if (!bodies)
        return 1;
    for (long i = 0; i < parallel && load(multi, handle(argv[1], headers, i), i); i++)
        running = 1;
    while (running) {
        curl_multi_perform(multi, &running);
        for (int left; (done = curl_multi_info_read(multi, &left));) {
            char *i;
            CURL *easy = done->easy_handle;
            failed += done->data.result != CURLE_OK;
            sent++;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &i);
            curl_multi_remove_handle(multi, easy);
            running += load(multi, easy, (long)i);
        }
        if (running)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    printf("%ld sent, %ld failed\n", sent, failed);
    return failed != 0 || sent == 0;
}
