/* What the files of delivery share: lanes, each of which is what is under way to one channel, and the rows behind them.
 * One channel that hangs fills its own lane and no other. */
#ifndef RBK_NOTIFY_DELIVERY_H
#define RBK_NOTIFY_DELIVERY_H

#include <notify/outbox.h>
#include <store/lock.h>

enum {
    LANE_PARALLEL = 8,      /* messages under way in one lane, unless the channel says otherwise */
    LANE_CLAIMED = 256,     /* taken from the outbox ahead of time */
    DELIVERY_PARALLEL = 32, /* under way in all lanes together */
    RESULTS_MAX = 256,      /* written in one commit */
    RESULTS_MS = 50,        /* or after this time */
    POLL_MS = 250,          /* how soon a new message is seen */
    BREAK_AFTER = 8         /* failures in a row after which a channel is left alone for a while */
};

/* The second lock of a delivery that waits for what is due soon: it keeps nobody from delivering, but others need not
 * begin to. */
#define NOTIFY_LINGERING "lingering"

struct notify_lane {
    char *channel;
    bool local;
    bool refused; /* its options are not right: `error` */
    char *error;
    int parallel;
    int64_t interval_ms;      /* rate; 0 = none */
    int64_t hold_ms, sent_ms; /* as in notify_channels; wall clock */
    int failures;
    bool dirty; /* differs from its row */
    int under_way;
    struct notify_delivering *first, *last; /* claimed, not begun */
    int claimed;
};

/* One message on its way. */
struct notify_delivering {
    struct rbk_message m;
    struct rbk_delivery *delivery;
    struct notify_lane *lane;
    struct notify_delivering *next;
    bool under_way;
    enum rbk_sent sent;
    int64_t retry_after_ms;
    char *error;
    rbk_value *memory;
    int64_t set_ms, waited_ms; /* when its due time was set, and how long it had waited by then */
};
void notify_delivering_free(struct notify_delivering *one);

/* How long failures in a row keep a message or a channel waiting. */
struct notify_patience {
    int64_t base_ms, max_ms, dead_after_ms;
};
/* base * 2^(attempts - 1), at most max, of which the second half is left to chance. */
int64_t notify_backoff_ms(const struct notify_patience *p, int attempts);

struct notify_lanes {
    struct notify_lane **items;
    size_t count, cap;
};

struct rbk_delivery {
    struct rbk_delivery_options o;
    struct rbk_lock *lock, *lingering;
    struct notify_lanes lanes;
    struct notify_patience patience;
    struct notify_delivering *results, *sending; /* sending: under way, by `next` */
    int result_count, under_way;
    struct rbk_timer *timer, *bound;
    bool turn_due; /* a turn is deferred */
    bool begun;    /* there was a turn */
    bool closing;  /* the time is up */
    bool tried;    /* `only` was */
    bool mend;     /* the clock was set back under what is queued */
    bool over;
    struct rbk_delivery_report report;
};
/* delivery.c: at once, or in so many ms at the latest */
void notify_delivery_turn_now(struct rbk_delivery *d);
void notify_delivery_turn_within(struct rbk_delivery *d, int64_t ms);
bool notify_delivery_is_local(const struct rbk_delivery *d);
/* sending.c: begins what may be begun; counts the results that a turn has written, and forgets them */
void notify_delivery_launch(struct rbk_delivery *d);
void notify_delivery_forget_results(struct rbk_delivery *d);
/* resting.c: takes the lock that makes a delivery the only one, gives up all, ends it, or waits for what comes */
int notify_delivery_lock(struct rbk_delivery *d, struct rbk_error *err);
void notify_delivery_unlock(struct rbk_delivery *d);
void notify_delivery_finish(struct rbk_delivery *d, const struct rbk_error *failed);
void notify_delivery_rest(struct rbk_delivery *d, int64_t now_ms);

/* ---- claim.c: rows of the outbox; all but due inside a transaction */

/* After a delivery that died: what it was sending is queued again. `local`: only what local channels were sending a
 * minute ago; else only what is not local. */
int notify_claims_recover(struct rbk_store *s, bool local, int64_t now_ms, struct rbk_error *err);
/* Marks up to `max` messages of a lane that are due as being sent, oldest first, each the first of its group, and puts
 * them at the end of the lane. `key` NULL = any. */
int notify_claim(struct rbk_store *s, struct notify_lane *lane, const char *key, int64_t due_ms, int64_t now_ms,
                 int max, struct rbk_error *err);
/* Gives back one that was not begun. */
int notify_claim_undo(struct rbk_store *s, const struct rbk_message *m, struct rbk_error *err);
/* Writes what came of them; those that waited too long become RBK_SENT_DEAD. */
int notify_claims_settle(struct rbk_store *s, struct notify_delivering *results, const struct notify_patience *patience,
                         int64_t now_ms, struct rbk_error *err);

/* ---- due.c: when; all but looking inside a transaction */

enum { NOTIFY_CLOCK_SLACK_MS = 60 * 1000 }; /* clocks are corrected all the time */
#define NOTIFY_IS_LOCAL "(SELECT local FROM notify_channels c WHERE c.channel = notify_outbox.channel) IS 1"
/* Runs a statement whose ?1 is a time. */
int notify_run_at(struct rbk_store *s, const char *sql, int64_t now_ms, struct rbk_error *err);
/* Everything that is queued is due now. */
int notify_claims_hurry(struct rbk_store *s, int64_t now_ms, struct rbk_error *err);
/* What waits because of a clock that has been set back since is due now, or when the quiet hours end that it waits for;
 * its channel is free. */
int notify_claims_mend(struct rbk_store *s, const struct rbk_config *config, int64_t now_ms, struct rbk_error *err);
/* The names of channels with queued messages, after `after` in the alphabet ("" = the first): heap, NULL = no more. */
int notify_next_channel(struct rbk_store *s, const char *after, char **out, struct rbk_error *err);
/* When the first queued message for a channel that is not local is due, and recorded events with it; 0 = it, or its
 * channel, waits because of a clock that has been set back since; INT64_MAX = there is nothing. */
int notify_next_due(struct rbk_store *s, int64_t *due_ms, struct rbk_error *err);
/* Messages that are queued or being sent. */
int notify_count_left(struct rbk_store *s, int *left, struct rbk_error *err);

/* ---- lanes.c */

int notify_lane_save(struct rbk_store *s, struct notify_lane *lane, struct rbk_error *err); /* in a transaction */

/* The lane of a channel, made on first use. */
int notify_lane_get(struct notify_lanes *lanes, const struct rbk_delivery_options *o, const char *channel,
                    struct notify_lane **out, struct rbk_error *err);
void notify_lanes_free(struct notify_lanes *lanes);
/* As notify_claims_mend does with their rows. */
void notify_lanes_mend(struct notify_lanes *lanes, int64_t now_ms);
/* How many more messages should be claimed for it, and in how long it may begin the next one. */
int notify_lane_room(const struct notify_lane *lane, int64_t now_ms);
int64_t notify_lane_wait_ms(const struct notify_lane *lane, int64_t now_ms);
void notify_lane_push(struct notify_lane *lane, struct notify_delivering *one);
struct notify_delivering *notify_lane_pop(struct notify_lane *lane);
/* One is begun now: a rate counts from here. */
void notify_lane_begin(struct notify_lane *lane, int64_t now_ms);
/* Keeps what a result says about the channel. `patient`: many failures in a row close it for a while. */
void notify_lane_learn(struct notify_lane *lane, const struct notify_delivering *one,
                       const struct notify_patience *patience, bool patient, int64_t now_ms);

#endif
