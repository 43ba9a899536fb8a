#ifndef HUNT_POOL_H
#define HUNT_POOL_H
/*
 * Inside of hunt: what the workers of one job share, and what each has of its own. findings.c keeps what is found, worker.c
 * takes inputs and blocks, hunt.c begins and ends the job.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "hunt/extras.h"
#include "hunt/hunt.h"
#include "hunt/indicators.h"
#include "hunt/scanning.h"
#include "hunt/spool.h"
#include "report/report.h"

/* What the workers share. */
struct pool {
	const struct hunt_options *options;
	struct files *files;
	struct spool *spool;
	struct report_rule *rules;	/* by index: the engine's, then those of indicators, then YARA's */
	uint32_t rule_count, first_indicator, first_yara;
	struct extras extras;		/* for what is found when all inputs are read */
	struct arena *texts;		/* theirs */
	uint32_t *ranks;		/* place of a rule among all, by id */
	uint8_t *keep;
	struct correlations *correlations;
	struct scanning *scanning;	/* or NULL: only events are looked at */
	struct stream_env env;		/* set env.tee before the workers start: it sees all bytes of each input (input/tee.h) */
	atomic_bool stop;
	atomic_uint_fast64_t bytes, events, findings;
	pthread_mutex_t lock;		/* guards all below */
	pthread_cond_t ended;		/* a worker has */
	pthread_cond_t opened;		/* there may be a source to help with, or there will be none */
	struct shared *open;		/* sources that others may help with */
	unsigned opening;		/* workers with an input, or waiting for one: they may yet add a source */
	unsigned running;
	char error[400];
};

/* A source with those who take blocks of it. */
struct shared {
	struct shared *next;
	struct source *source;
	unsigned users;
	bool done;			/* no block is left */
};

struct worker {
	struct pool *pool;
	pthread_t thread;
	struct decode_ctx ctx;
	struct decode_stats stats;
	struct places places;
	struct source_states states;
	struct engine_matcher *matcher;
	struct intel_matcher *intel;	/* NULL: there are no indicators */
	struct spool_writer *writer;
	struct matches *matches;	/* or NULL (correlations.h) */
	struct block block;
	struct buf body;
	struct extras extras;
	const struct source *source;	/* under way */
	int64_t first_event, last_event;	/* of those looked at; TICKS_NONE */
	uint64_t files, untimed, unknown_given, counted_events;
	uint64_t last_record, index;	/* several events of one record are told apart */
	uint64_t last_offset;
};

/* Ends the job early: what went wrong, and errno. The first one counts. */
void pool_fail(struct pool *p, const char *what, int errno_value);
/* The job is to end: an error, or a signal. */
bool pool_is_stopped(struct pool *p);

/* findings.c: decode_ctx.emit of a worker, whose user is the worker. */
void findings_on_event(void *user, struct event *e);
/* A finding about the event, without rule and fields; false where its host is not asked for. */
bool findings_begin(struct worker *w, struct event *e, struct report_finding *out);
/* Gives it its id, and keeps it. `rule` is the index of f->rule. */
void findings_keep(struct worker *w, struct report_finding *f, uint32_t rule);
/* The same for who is no worker: one thread at a time uses a keeper. `order` tells findings of one rule and record apart. */
struct finding_keeper { struct pool *pool; struct spool_writer *writer; struct buf *body; struct extras *extras; };
void findings_store(const struct finding_keeper *k, struct report_finding *f, uint32_t rule, uint64_t order);

/* worker.c: a worker's life as a thread. */
struct worker *worker_new(struct pool *p);
void worker_free(struct worker *w);
void *worker_run(void *worker);
#endif
