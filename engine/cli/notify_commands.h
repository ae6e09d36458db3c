/* The words behind `runbook notify`: one function each, in notify_*.c. */
#ifndef RBK_CLI_NOTIFY_COMMANDS_H
#define RBK_CLI_NOTIFY_COMMANDS_H

#include <cli/args.h>
#include <notify/notify.h>

int rbk_notify_word_list(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_send(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_test(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_retry(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_drop(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_flush(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_preview(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_explain(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_silence(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_unsilence(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);
int rbk_notify_word_silences(struct rbk_cli *cli, const struct rbk_args *args, struct rbk_error *err);

/* notify_event.c: an event from `EVENT member=value ...`, rest[first] on: title and key are filled in. A new value. */
int rbk_notify_event_read(const struct rbk_args *args, size_t first, rbk_value **out, struct rbk_error *err);

#endif
