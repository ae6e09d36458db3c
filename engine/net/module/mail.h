/* The texts of mail headers. */
#ifndef RBK_NET_MODULE_MAIL_H
#define RBK_NET_MODULE_MAIL_H

/* "Subject: täglich" as it is sent: what is not ASCII becomes encoded words (RFC 2047), long lines are folded. Words
 * with an address in them stay as they are. Heap, free(). */
char *net_mail_header(const char *line);
/* The Content-Disposition of an attachment; a name that is not ASCII by RFC 2231. Heap, free(). */
char *net_mail_disposition(const char *name);

#endif
