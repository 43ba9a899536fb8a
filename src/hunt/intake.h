#ifndef HUNT_INTAKE_H
#define HUNT_INTAKE_H
/*
 * One input with all that is in it: the file itself as a source, or, where it is an archive, each of its members, and so on
 * (input/members.h). The order is the archive's own. One thread at a time uses an intake; it must outlive its sources' streams,
 * so a source is sealed before the next one is asked for.
 */
#include "hunt/source.h"

struct intake;

/* Opens nothing yet. The item and the options outlive it. */
struct intake *intake_open(const struct file_item *item, const struct source_options *options, const struct stream_env *env);
void intake_free(struct intake *in);
/* The next source, the caller's; NULL: there are no more. What cannot be read, or is in no known format, is counted through c;
 * intake_path then says what it was. */
struct source *intake_next(struct intake *in, struct decode_ctx *c);
const char *intake_path(const struct intake *in);

struct intake_counts {
	uint64_t files;		/* files and members that were opened, but for archives */
	uint64_t unknown_given;	/* 1: the input was named, not found by a walk, and is in no known format */
};
struct intake_counts intake_counts(const struct intake *in);

/* The cause that a stream's error is counted under. */
enum decode_cause intake_cause(enum stream_fault fault);
#endif
