/* Channels: how a message is carried to its receiver. Each type of channel is one file, stdlib/channels/<type>.lua,
 * which declares its options and has a `send` function (docs/adding.md); this is their host. A message on its way is a
 * coroutine; many are under way at once in one Lua state.
 *
 * Secrets (`env:NAME`, `file:PATH` in an option) are looked up when the first message is sent, never before, and are
 * told to the redactor. What a channel's file raises is an attempt that is tried again: a slip in it loses no message.
 */
#ifndef RBK_LUA_CHANNEL_H
#define RBK_LUA_CHANNEL_H

#include <base/redact.h>
#include <lua/host.h>
#include <net/net.h>
#include <notify/notify.h>

struct rbk_channels;

/* Loads nothing yet. All are borrowed; the channels are those of the configuration that `lua` has. */
struct rbk_channels *rbk_channels_new(struct rbk_lua *lua, struct rbk_loop *loop, struct rbk_net *net,
                                      struct rbk_redactor *redactor);
/* Before any of what it borrows. What is under way is given up without its callback. NULL is fine. */
void rbk_channels_free(struct rbk_channels *c);

/* What is worth a warning in the options of a channel that are right otherwise: secrets that stand in the file itself.
 * `path` is for rbk_config_place. */
typedef void rbk_channel_doubt_fn(void *arg, const char *const *path, const struct rbk_error *doubt);
void rbk_channel_doubts(struct rbk_channels *c, const char *name, rbk_channel_doubt_fn *fn, void *arg);

/* The host is a struct rbk_channels. */
extern const struct rbk_channel_ops rbk_lua_channel_ops;

#endif
