/* URLs. curl parses the text once, and the same parsed form is judged here and used for the transfer: there is no
 * second reading that could differ. */
#include <base/mem.h>
#include <net/module/session.h>
#include <stdlib.h>
#include <string.h>

static char *url_part(CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
        return NULL;
    char *copy = rbk_strdup(text);
    curl_free(text);
    return copy;
}

static bool is_clean(const char *url)
{
    for (const unsigned char *p = (const unsigned char *)url; *p; p++) {
        if (*p <= ' ' || *p == 0x7f || *p == '\\')
            return false;
    }
    return true;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (size_t i = 0; word && words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

/* A name that is not ASCII would be read once by whoever judges it and once more, in another form, by DNS. */
static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static int url_judge(struct net_transfer *t, const char *scheme, const char *host, struct rbk_error *err)
{
    const struct rbk_net_host *program = t->session->host;
    struct rbk_error why = {0};
    if (program->admit_host(program->policy, host, &why) < 0) {
        rbk_error_set(err, RBK_EINVAL, "%s: %s", t->place, why.message);
        return rbk_error_hint(err, "%s", why.hint);
    }
    t->loopback_only = false;
    if (strcmp(scheme, "http") != 0 || t->allow_http || program->policy->allow_http)
        return 0;
    t->loopback_only = program->is_loopback(host);
    if (t->loopback_only)
        return 0;
    rbk_error_set(err, RBK_EINVAL, "%s: http is not encrypted, and only allowed to this machine", t->place);
    return rbk_error_hint(err, "write https://, or set net.allow_http: true in runbook.yaml");
}

static int url_read(struct net_transfer *t, CURLU *url, const char *const *schemes, struct rbk_error *err)
{
    char *scheme = url_part(url, CURLUPART_SCHEME, 0), *host = url_part(url, CURLUPART_HOST, 0);
    char *port = url_part(url, CURLUPART_PORT, 0);
    int rc = 0;
    if (!host || !*host || !is_one_of(scheme, schemes)) {
        rbk_error_set(err, RBK_EINVAL, "this is no URL that can be used: %.32s://%.128s", scheme ? scheme : "?",
                      host ? host : "");
        rc = rbk_error_hint(err, "it begins with %s://", schemes[0]);
    } else if (!is_ascii(host)) {
        rbk_error_set(err, RBK_EINVAL, "the host of %.32s://%.128s is not written in ASCII", scheme, host);
        rc = rbk_error_hint(err, "write it as DNS has it: such a name begins with xn--");
    } else {
        free(t->place);
        t->place = rbk_asprintf("%s://%s%s%s", scheme, host, port ? ":" : "", port ? port : "");
        rc = url_judge(t, scheme, host, err);
    }
    free(scheme);
    free(host);
    free(port);
    return rc;
}

int net_url_use(struct net_transfer *t, const char *text, const char *const *schemes, struct rbk_error *err)
{
    CURLU *url = curl_url();
    int rc = 0;
    if (!text || !is_clean(text) || curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        rbk_error_set(err, RBK_EINVAL, "this is no URL");
        rc = rbk_error_hint(err, "write it like %s://host/path, without spaces", schemes[0]);
    } else {
        rc = url_read(t, url, schemes, err);
    }
    if (rc == 0) {
        curl_easy_setopt(t->easy, CURLOPT_CURLU, url);
        curl_url_cleanup(t->url);
        t->url = url;
        url = NULL;
    }
    curl_url_cleanup(url);
    return rc;
}
