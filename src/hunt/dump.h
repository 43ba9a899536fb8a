#ifndef HUNT_DUMP_H
#define HUNT_DUMP_H
/*
 * `truc decode`: every event of some inputs, in their order, as text. One thread, flat memory.
 */
#include "hunt/hunt.h"

struct dump_options {
	const char *const *paths;
	size_t path_count;
	struct source_options source;
	bool text;			/* one readable line an event; else NDJSON */
	struct sink *sink;
};

/*
 * NDJSON: event_json's object with one member in front, "source": {"file", "format", "record", "time"}. Text: time, host,
 * source and the fields as name=value, or the raw line. Fills stats, places, files, bytes, interrupted and unknown_given of
 * *out. 0, or the sink's error (errno), EPIPE included.
 */
int dump_run(const struct dump_options *options, struct hunt_result *out) __attribute__((warn_unused_result));
#endif
