#ifndef CLI_TIMES_H
#define CLI_TIMES_H
/*
 * Options about time and threads that hunt and decode share. Each getter complains as cli_get_long does and returns
 * ERR_USAGE; without the option *out stays as it is.
 */
#include "cli/cli.h"
#include "hunt/source.h"

#define CLI_TIME_OPTIONS \
	{"year", 0, "YEAR", "Year of times that are written without one (default: from the file's date)", false, "Times"}, \
	{"tz", 0, "ZONE", "Zone of times that are written without one: +07:00, UTC or local (default: local)", false, "Times"}, \
	{"now", 0, "TIME", "Take this time for today", false, "Times"}

/* "2024-05-01", "2024-05-01T10:00", with or without seconds and zone (UTC without). */
int cli_get_time(const struct cli_args *a, const char *option, int64_t *out) __attribute__((warn_unused_result));
/* --year, --tz, --now. */
int cli_get_times(const struct cli_args *a, struct source_options *out) __attribute__((warn_unused_result));
/* --threads; without it as many as this process has processors. */
int cli_get_threads(const struct cli_args *a, unsigned max, unsigned *out) __attribute__((warn_unused_result));
#endif
