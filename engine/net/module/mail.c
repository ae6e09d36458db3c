/* Mail over SMTP. curl speaks the protocol and writes the MIME parts: text and HTML as alternatives, then attachments.
 */
#include <base/mem.h>
#include <net/module/mail.h>
#include <net/module/session.h>
#include <stdlib.h>
#include <string.h>

static const char *const mail_schemes[] = {"smtp", "smtps", NULL};

static int address_check(const char *address, struct rbk_error *err)
{
    const char *at = address ? strrchr(address, '@') : NULL;
    bool plain = at && at != address && at[1] && strlen(address) <= 320;
    for (const unsigned char *p = (const unsigned char *)address; plain && *p; p++)
        plain = *p > ' ' && *p != 0x7f && !strchr("<>,;\"", *p);
    if (plain)
        return 0;
    return rbk_error_set(err, RBK_EINVAL, "\"%.64s\" is no mail address", address ? address : "");
}

static int mail_check(const struct rbk_mail *m, struct rbk_error *err)
{
    int rc = address_check(m->from, err);
    for (size_t i = 0; rc == 0 && m->to && i < m->to->count; i++)
        rc = address_check(m->to->items[i], err);
    if (rc == 0 && (!m->to || m->to->count == 0))
        rc = rbk_error_set(err, RBK_EINVAL, "the mail has nobody to go to");
    for (size_t i = 0; rc == 0 && m->headers && i < m->headers->count; i++) {
        if (!net_header_ok(m->headers->items[i]))
            rc = rbk_error_set(err, RBK_EINVAL, "a header of the mail is no \"Name: value\" on one line");
    }
    return rc;
}

/* Given, or within the URL. */
static bool has_password(const struct net_transfer *t, const struct rbk_mail *m)
{
    char *text = NULL;
    if (m->password)
        return true;
    bool found = curl_url_get(t->url, CURLUPART_PASSWORD, &text, 0) == CURLUE_OK;
    curl_free(text);
    return found;
}

/* curl keeps connections of SMTP apart by server and user, not by how they are encrypted: those kept are all of the
 * kind of the session's first mail, another kind has a connection for itself. */
static void mail_connection(struct net_transfer *t, long ssl)
{
    struct rbk_session *s = t->session;
    if (!s->has_mail) {
        s->has_mail = true;
        s->mail_ssl = ssl;
    }
    curl_easy_setopt(t->easy, CURLOPT_USE_SSL, ssl);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, s->mail_ssl != ssl ? 1L : 0L);
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, s->mail_ssl != ssl ? 1L : 0L);
}

/* Encryption that anybody on the way can switch off checks no certificate either; a password needs the real thing, or
 * somebody who says in so many words that it does not. */
static int mail_encryption(struct net_transfer *t, const struct rbk_mail *m, struct rbk_error *err)
{
    bool password = has_password(t, m), smtps = strncmp(t->place, "smtps:", 6) == 0;
    const char *how = m->starttls ? m->starttls : password ? "required" : "opportunistic";
    if (smtps || strcmp(how, "required") == 0) {
        mail_connection(t, CURLUSESSL_ALL);
    } else if (strcmp(how, "never") == 0) {
        mail_connection(t, CURLUSESSL_NONE);
    } else if (strcmp(how, "opportunistic") != 0) {
        return rbk_error_set(err, RBK_EINVAL, "starttls is required, opportunistic or never, not \"%.32s\"", how);
    } else if (password) {
        rbk_error_set(err, RBK_EINVAL, "%s: a password is not sent where encryption is optional", t->place);
        return rbk_error_hint(err, "set starttls to required, or to never when the way there is safe");
    } else {
        mail_connection(t, CURLUSESSL_TRY);
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return 0;
}

static void mail_envelope(struct net_transfer *t, const struct rbk_mail *m)
{
    curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, m->from);
    for (size_t i = 0; i < m->to->count; i++)
        t->recipients = curl_slist_append(t->recipients, m->to->items[i]);
    curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->recipients);
    if (m->user)
        curl_easy_setopt(t->easy, CURLOPT_USERNAME, m->user);
    if (m->password)
        curl_easy_setopt(t->easy, CURLOPT_PASSWORD, m->password);
}

/* Lines of mail end in CR LF. */
static void part_text(curl_mime *mime, const char *text, const char *type)
{
    struct rbk_buf lines = {0};
    curl_mimepart *part = curl_mime_addpart(mime);
    for (const char *p = text; *p; p++) {
        if (*p == '\n' && (p == text || p[-1] != '\r'))
            rbk_buf_putc(&lines, '\r');
        rbk_buf_putc(&lines, *p);
    }
    curl_mime_data(part, lines.data ? lines.data : "", lines.len);
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
    rbk_buf_fini(&lines);
}

static void part_attachment(curl_mime *mime, const struct rbk_mail_part *attachment)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    char *disposition = net_mail_disposition(attachment->name);
    curl_mime_data(part, attachment->data ? attachment->data : "", attachment->len);
    curl_mime_type(part, attachment->type && !strpbrk(attachment->type, "\r\n") ? attachment->type
                                                                                : "application/octet-stream");
    curl_mime_encoder(part, "base64");
    curl_mime_headers(part, curl_slist_append(NULL, disposition), 1);
    free(disposition);
}

static void mail_parts(struct net_transfer *t, const struct rbk_mail *m)
{
    t->mime = curl_mime_init(t->easy);
    curl_mime *body = t->mime;
    if (m->html) {
        curl_mimepart *both = curl_mime_addpart(t->mime);
        body = curl_mime_init(t->easy);
        curl_mime_subparts(both, body);
        curl_mime_type(both, "multipart/alternative");
    }
    part_text(body, m->text ? m->text : "", "text/plain; charset=utf-8");
    if (m->html)
        part_text(body, m->html, "text/html; charset=utf-8");
    for (size_t i = 0; i < m->attachment_count; i++)
        part_attachment(t->mime, &m->attachments[i]);
    curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->mime);
}

static void mail_headers(struct net_transfer *t, const struct rbk_mail *m)
{
    for (size_t i = 0; m->headers && i < m->headers->count; i++) {
        char *line = net_mail_header(m->headers->items[i]);
        t->list = curl_slist_append(t->list, line);
        free(line);
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->list);
}

static int mail_prepare(struct net_transfer *t, const struct rbk_mail *m, struct rbk_error *err)
{
    int rc = mail_check(m, err);
    if (rc == 0)
        rc = net_url_use(t, m->url, mail_schemes, err);
    if (rc == 0)
        rc = mail_encryption(t, m, err);
    if (rc < 0)
        return rc;
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    mail_envelope(t, m);
    mail_headers(t, m);
    mail_parts(t, m);
    return 0;
}

struct rbk_transfer *net_mail_start(struct rbk_session *s, const struct rbk_mail *m, rbk_net_fn *fn, void *arg)
{
    struct net_transfer *t = net_transfer_new(s, fn, arg);
    t->is_mail = true;
    if (t->easy) {
        net_transfer_times(t, m->connect_ms, m->total_ms);
        if (mail_prepare(t, m, &t->refused) < 0) {
            net_transfer_refuse(t);
            return &t->base;
        }
    }
    net_transfer_start(t);
    return &t->base;
}
