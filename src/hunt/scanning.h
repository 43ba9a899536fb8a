#ifndef HUNT_SCANNING_H
#define HUNT_SCANNING_H
/*
 * Files as a whole, beside the events in them: their hashes and names against the indicators, YARA rules against their bytes.
 * All inputs and members of archives pass by through a tee (input/tee.h), whether or not a decoder reads them. A finding's time
 * is when the file was last written, its record 0, its format "file".
 */
#include "hunt/engine.h"
#include "input/tee.h"
#include "scan/scan.h"

struct pool;
struct scanning;

struct scanning_counts {
	uint64_t files, bytes;		/* looked at to their end */
	uint64_t timed_out;		/* files of which some window took longer than SCAN_TIMEOUT_S */
	uint64_t failed;		/* files that libyara gave up on */
};

/* NULL where neither YARA rules nor hashes were asked for. Sets the pool's tee. */
struct scanning *scanning_new(struct pool *p);
void scanning_free(struct scanning *s);		/* when no worker runs any more */
struct scanning_counts scanning_counts(const struct scanning *s);
struct extras;
const struct extras *scanning_extras(const struct scanning *s);

/* A YARA rule as the filters and reports want it. */
struct sigma_rule_info scanning_rule(const struct scan_rules *rules, uint32_t rule);
#endif
