#ifndef HUNT_HUNT_H
#define HUNT_HUNT_H
/*
 * hunt: a whole job without a daemon: evidence in, findings out. It reads inputs with bounded buffers, several workers
 * decode blocks and evaluate rules, findings are sorted through a spool (spool.h), and a report writes them. The same
 * input gives the same output whatever the number of workers; memory depends on neither the input's nor the output's size.
 *
 * The parts: files.h finds inputs, stream.h reads and unpacks them, cutter.h cuts blocks, source.h joins these, journal.h
 * reads systemd's journal, engine.h evaluates, filter.h leaves out, places.h keeps where something was passed over,
 * extras.h (compare.h, geoip.h) says what happens to each
 * finding, facts.h and figures.h tell what the job did, progress.h draws the bar.
 */
#include "hunt/compare.h"
#include "hunt/correlations.h"
#include "hunt/engine.h"
#include "hunt/filter.h"
#include "hunt/places.h"
#include "hunt/source.h"
#include "hunt/scanning.h"
#include "intel/intel.h"

#define HUNT_THREADS_MAX 256u

struct hunt_options {
	const char *const *paths;
	size_t path_count;
	struct engine engine;
	const struct intel *indicators;	/* frozen; or NULL */
	const struct scan_rules *yara;	/* or NULL */
	bool scan_files;		/* look at files as a whole without YARA rules too: hashes and names */
	struct filter filter;
	struct source_options source;
	unsigned threads;		/* 1 or more */
	uint64_t limit;			/* the first so many findings in order; 0: all */
	const char *spool_folder;	/* or NULL */
	size_t spool_bytes;		/* memory for findings of all workers; 0: HUNT_SPOOL_BYTES */
	struct compare *compare;	/* the older report; or NULL */
	const char *compare_name;	/* its path */
	const struct geoip *geoip;	/* or NULL */
	bool progress;			/* draw a bar on stderr */
	const struct report_format *format;
	struct report_style style;
	struct sink *sink;
};
#define HUNT_SPOOL_BYTES (32u << 20)

struct hunt_result {
	uint64_t files;			/* inputs that were opened and read */
	uint64_t bytes;			/* read from them as they lie */
	uint64_t findings;		/* found; of these: */
	uint64_t written;		/* in the output */
	uint64_t seen_before, undated;	/* findings that were not kept (extras.h) */
	uint64_t geo_damaged;		/* look-ups of addresses that met damaged data */
	struct compare_figures compared;
	const char *compare_name;	/* or NULL: nothing was compared */
	int64_t first_event, last_event;	/* times of the events looked at, from 1990 on; TICKS_NONE: none had one */
	uint64_t untimed;		/* events without a time that --since or --until left out */
	struct decode_stats stats;
	struct places places;
	uint32_t rules_kept;		/* by the filters */
	uint32_t indicator_rules_kept;	/* likewise, of pairs of type and level */
	struct intel_matcher_stats indicators;
	uint32_t yara_rules_kept;
	struct scanning_counts scanned;
	struct correlations_counts correlations;
	uint64_t unknown_given;		/* inputs in no known format that were named, not found by a walk */
	double detect_seconds, merge_seconds;
	bool interrupted;		/* by SIGINT or SIGTERM: the result is a part */
	char error[400];		/* what ended the job early, or "" */
};

/*
 * Runs the job. 0; ERR_IO where the findings could not be kept or written (error says why): then nothing is in the sink but
 * what was written before. A sink whose reader went away (EPIPE) is no error. Free *out with hunt_result_free.
 */
int hunt_run(const struct hunt_options *options, struct hunt_result *out) __attribute__((warn_unused_result));
void hunt_result_free(struct hunt_result *r);

/* SIGINT and SIGTERM end a job early from now on; a second one ends the program. */
void hunt_catch_signals(void);
bool hunt_interrupted(void);

/* What to add to a skip's place: EVTX counts bytes from its block for some causes. */
uint64_t hunt_place_offset(enum decode_cause cause, const struct decode_ctx *c);

/* True for causes by which something was lost, not only doubtful. */
bool hunt_is_loss(enum decode_cause cause);
/* Some input was unreadable, in part or as a whole. */
bool hunt_is_partial(const struct hunt_result *r);
#endif
