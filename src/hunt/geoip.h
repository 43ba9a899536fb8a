#ifndef HUNT_GEOIP_H
#define HUNT_GEOIP_H
/*
 * Where addresses are: databases in MaxMind's format (cities, countries, autonomous systems) that the user gives. A database is
 * copied into memory before it is used, so a file that changes or shrinks under us does no harm.
 */
#include "base/diag.h"
#include "report/report.h"

#define GEOIP_DATABASES_MAX 8u
#define GEOIP_FILE_MAX (1u << 30)
#define GEOIP_PER_FINDING 8u		/* different addresses of one finding */
#define GEOIP_TEXT_BYTES 4096u		/* of a value are searched for addresses */

struct geoip;

/* ERR_NOENT, ERR_DENIED, ERR_IO, ERR_LIMIT or ERR_FORMAT (not such a database, or damaged: its search tree is walked
 * whole); error says which file and why. */
int geoip_open(const char *const *paths, size_t count, char error[400], struct geoip **out)
	__attribute__((warn_unused_result));
void geoip_free(struct geoip *g);

/* One thread's look-ups, with a cache of those done before. */
struct geoip_reader;
struct geoip_reader *geoip_reader_new(const struct geoip *g);
void geoip_reader_free(struct geoip_reader *r);
/*
 * The public addresses among the fields' texts, also within a longer text, of which a database knows something; in their
 * order, each once. Texts live as long as the reader's next call (`address`) and the databases (the rest).
 */
uint32_t geoip_find(struct geoip_reader *r, const struct report_field *fields, uint32_t count,
		    struct report_geo out[GEOIP_PER_FINDING]);
uint64_t geoip_damaged(const struct geoip_reader *r);	/* look-ups that met damaged data */
#endif
