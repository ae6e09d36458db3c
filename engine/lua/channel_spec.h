/* What a channel's file declares: its options, read once into C. Within channel*.c. */
#ifndef RBK_LUA_CHANNEL_SPEC_H
#define RBK_LUA_CHANNEL_SPEC_H

#include <base/redact.h>
#include <config/config.h>
#include <lua.h>
#include <run/param.h>

enum rbk_channel_option_kind {
    RBK_CHANNEL_PARAM,  /* typed as a parameter of a runbook is */
    RBK_CHANNEL_SECRET, /* env:NAME or file:PATH */
    RBK_CHANNEL_URL,    /* the same, or scheme://.. */
    RBK_CHANNEL_MAP     /* names and texts */
};

struct rbk_channel_option {
    struct rbk_param param;
    enum rbk_channel_option_kind kind;
    bool private; /* its value gives access: a secret even where it is an address */
};

/* A userdata; its user value 1 is the table of the channel's file. */
struct rbk_channel_spec {
    char *type;
    struct rbk_channel_option *options;
    size_t count;
    bool local;
};

/* The spec of a type, from its file; raises for a type that is not there. [-0, +1, v] */
const struct rbk_channel_spec *rbk_channel_spec_push(lua_State *L, const char *type);
/* Types the options of the channel of that name: *out is a new map; secrets stay what was written. */
int rbk_channel_options(const struct rbk_channel_spec *spec, const char *name, const rbk_value *given, rbk_value **out,
                        struct rbk_error *err);
/* Whether a text says where a secret is: env:NAME, file:PATH. */
bool rbk_channel_is_reference(const char *text);
/* Whether a header of that name carries a secret: Authorization, X-Api-Key. */
bool rbk_channel_names_secret(const char *header);
/* The same map with every secret looked up and told to the redactor. */
int rbk_channel_secrets(const struct rbk_channel_spec *spec, const char *name, const rbk_value *options,
                        const struct rbk_config *config, struct rbk_redactor *redactor, rbk_value **out,
                        struct rbk_error *err);

/* Tells the redactor those of the configuration's `secrets` that are a variable or a file and are there. */
void rbk_channel_hide_secrets(const struct rbk_config *config, struct rbk_redactor *redactor);

#endif
