#ifndef HUNT_SAMPLES_H
#define HUNT_SAMPLES_H
/*
 * Small inputs: the events of one file, handed out one by one. For `truc rules explain` and for the samples that stand
 * beside rules; a hunt reads its inputs in another way. The format is told from the content, compressed files are
 * unpacked.
 */
#include "base/diag.h"
#include "decode/decode.h"

#define SAMPLE_BYTES_MAX (64u << 20)

struct sample_result {
	const char *format;	/* static; NULL where it is unknown */
	uint64_t events;
	uint64_t skipped;	/* bytes, lines or records that were no events */
};

/* Calls emit with each event; it is void after the call. ERR_NOENT ... as stream_open; ERR_LIMIT: larger than
 * SAMPLE_BYTES_MAX; ERR_UNSUPPORTED: no format that is read here. */
int samples_each(const char *path, const struct keys *keys, void (*emit)(void *user, struct event *e), void *user,
		 struct sample_result *out) __attribute__((warn_unused_result));

/*
 * Runs the samples beside the rules at or below `path`, a folder or one rule file (docs/sigma.md): NAME.match.EXT and
 * NAME.miss.EXT beside NAME.yml. Where the file holds correlations, the last of them is tested, over all events of a
 * sample together; rules that it names may stand in other files of its folder. Says in `out` what failed and, where `verbose`, what passed.
 */
struct samples_tally { uint32_t passed, failed, rules, without; };	/* sample files; rule files; those without samples */
struct ruleset_request;		/* ruleset.h: packs_dir and extra are taken */
int samples_test_request(const struct ruleset_request *request, const char *path, bool verbose, struct buf *out,
			 struct samples_tally *tally) __attribute__((warn_unused_result));
int samples_test(const char *path, const char *packs_dir, bool verbose, struct buf *out, struct samples_tally *tally)
	__attribute__((warn_unused_result));
#endif
