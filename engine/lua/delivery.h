/* One message on its way through a channel's file, and what it would look like. Within channel*.c and delivery.c. */
#ifndef RBK_LUA_DELIVERY_H
#define RBK_LUA_DELIVERY_H

#include <lua/channel.h>
#include <lua/channel_spec.h>
#include <lua/state.h>

struct rbk_delivery_task;

struct rbk_channel {
    char *name;
    char *sending;                       /* "channel NAME: sending a message" */
    const struct rbk_channel_spec *spec; /* a userdata, kept by the anchor */
    int anchor, secrets;                 /* registry: the spec; the table of options with secrets, once looked up */
    rbk_value *options;                  /* typed; secrets stay what was written */
};

struct rbk_channels {
    struct rbk_lua *lua;
    struct rbk_loop *loop;
    struct rbk_net *net;
    struct rbk_redactor *redactor;
    struct rbk_channel **items;
    size_t count, cap;
    struct rbk_delivery_task *first; /* under way */
    bool secrets_known;              /* to the redactor, all that can be looked up */
};

int rbk_channel_find(struct rbk_channels *c, const char *name, struct rbk_channel **out, struct rbk_error *err);

/* Pushes the message as a channel's file sees it, without what the redactor knows: a copy. The redactor is borrowed as
 * long as scripts run. [-0, +1, m] */
void rbk_delivery_message_push(lua_State *L, const struct rbk_message *m, const struct rbk_redactor *redactor);

/* A copy without what the redactor knows, in its texts at any depth. */
rbk_value *rbk_delivery_redacted(const struct rbk_redactor *r, const rbk_value *v);

/* The events of a message, which are the text of an encoded list (NULL = none), as a list without what the redactor
 * knows; NULL with err when the text is damaged. */
rbk_value *rbk_delivery_events(const char *text, const struct rbk_redactor *r, struct rbk_error *err);
#define RBK_MESSAGE_SCHEMA "runbook.message/1"
/* The document of a message as JSON, without what the redactor knows in its events; its other texts are free of that.
 * Heap, NULL with err when the events are damaged. */
char *rbk_delivery_document(const struct rbk_message *m, const struct rbk_redactor *r, int indent,
                            struct rbk_error *err);

/* As in struct rbk_channel_ops. */
int rbk_delivery_send(struct rbk_channels *c, struct rbk_channel *channel, const struct rbk_message *m, rbk_sent_fn *fn,
                      void *arg, struct rbk_error *err);
int rbk_delivery_preview(struct rbk_channels *c, struct rbk_channel *channel, const struct rbk_message *m, char **out,
                         struct rbk_error *err);
void rbk_deliveries_drop(struct rbk_channels *c);

#endif
