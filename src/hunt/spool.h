#ifndef HUNT_SPOOL_H
#define HUNT_SPOOL_H
/*
 * Sorting more rows than fit in memory. Each worker has a writer with a bounded buffer; a full buffer is sorted and
 * appended as a run to one temporary file, which has no name and mode 0600. spool_merge gives all rows back in order,
 * merging at most `fan_in` runs at a time, so memory does not grow with the number of rows.
 *
 * The order is (time, path, record, rank, order, body), the texts as bytes. It is total but for rows that are equal
 * in every byte, so it does not depend on which worker met a row first.
 */
#include "base/str.h"

struct spool_row {
	int64_t time;		/* TICKS_NONE comes first */
	struct str path;
	uint64_t record;
	uint32_t rank;		/* of the rule among all rules */
	uint32_t rule;		/* carried along, not compared */
	uint64_t order;		/* between rows that are equal so far */
	struct str body;
};

struct spool_options {
	size_t buffer_bytes;	/* of one writer; 0: SPOOL_BUFFER_BYTES */
	const char *folder;	/* for the temporary file; NULL: $TMPDIR, else /var/tmp, else /tmp */
	unsigned fan_in;	/* 0: SPOOL_FAN_IN */
};
#define SPOOL_BUFFER_BYTES (16u << 20)
#define SPOOL_FAN_IN 64u
#define SPOOL_PATH_MAX 65536u		/* bytes of a row's path */
#define SPOOL_BODY_MAX (512u << 20)	/* bytes of a row's body; spool_add gives ERR_LIMIT for more */

struct spool;
struct spool_writer;

struct spool *spool_new(const struct spool_options *options);
void spool_free(struct spool *s);	/* with its writers and the temporary file */

/* Belongs to the spool. One thread at a time uses a writer; several writers run side by side. */
struct spool_writer *spool_writer_new(struct spool *s);
/* Copies the row. ERR_IO: the temporary file could not be made or written, errno says why (ENOSPC: disk full). */
int spool_add(struct spool_writer *w, const struct spool_row *row) __attribute__((warn_unused_result));

/*
 * Every row in order to `row`, whose texts live until it returns; what it returns other than 0 ends the merge and is
 * returned. Call it once, when no writer is in use any more. ERR_IO as above.
 */
typedef int spool_row_fn(void *user, const struct spool_row *row);
int spool_merge(struct spool *s, spool_row_fn *row, void *user) __attribute__((warn_unused_result));

uint64_t spool_rows(const struct spool *s);	/* all rows added; valid when no writer is in use */
uint64_t spool_disk_bytes(const struct spool *s);	/* written to the temporary file */
#endif
