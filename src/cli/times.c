#include "cli/times.h"

#include "base/err.h"

#include <sched.h>
#include <stdio.h>

static int parse_time(struct str s, int64_t *out)
{
	int offset_min;
	size_t used;
	char text[32];

	if (s.n == 10) {
		snprintf(text, sizeof text, "%.*sT00:00:00Z", STR_ARGS(s));
		s = str_c(text);
	}
	if (clock_parse_rfc3339(s, out, &offset_min, &used) || used != s.n)
		return ERR_FORMAT;
	return 0;
}

int cli_get_time(const struct cli_args *a, const char *option, int64_t *out)
{
	const char *text = cli_get(a, option);

	if (!text || parse_time(str_c(text), out) == 0)
		return 0;
	cli_usage(a, "--%s '%s' is no time like 2024-05-01 or 2024-05-01T10:00:00+07:00", option, text);
	return ERR_USAGE;
}

/* "+07:00", "-0330", "+7". */
static int parse_offset(struct str s, int *out)
{
	uint64_t hours, minutes = 0;
	bool negative = s.n && s.p[0] == '-';
	struct str rest;

	if (s.n < 2 || (s.p[0] != '+' && !negative))
		return ERR_FORMAT;
	s = str_skip(s, 1);
	rest = str_skip(s, s.n > 2 ? s.n - 2 : s.n);
	if (rest.n && str_to_u64(rest, &minutes))
		return ERR_FORMAT;
	s = str_head(s, s.n - rest.n);
	if (s.n == 3 && s.p[2] == ':')
		s.n = 2;
	if (s.n > 2 || str_to_u64(s, &hours) || hours > 14 || minutes > 59)
		return ERR_FORMAT;
	*out = (int)(hours * 60 + minutes) * (negative ? -1 : 1);
	return 0;
}

static int get_zone(const struct cli_args *a, struct source_options *out)
{
	struct str zone = str_c(cli_get(a, "tz"));

	out->zone_local = !zone.p || str_eq_nocase(zone, STR("local"));
	out->zone_min = 0;
	if (out->zone_local || str_eq_nocase(zone, STR("utc")) || str_eq_nocase(zone, STR("z")))
		return 0;
	if (parse_offset(zone, &out->zone_min) == 0)
		return 0;
	cli_usage(a, "--tz '%s' is no zone like +07:00, UTC or local", zone.p);
	return ERR_USAGE;
}

int cli_get_times(const struct cli_args *a, struct source_options *out)
{
	long year = 0;

	*out = (struct source_options){.now = clock_now()};
	if (cli_get_long(a, "year", 1601, 9999, &year) || cli_get_time(a, "now", &out->now))
		return ERR_USAGE;
	out->year = (int)year;
	return get_zone(a, out);
}

int cli_get_threads(const struct cli_args *a, unsigned max, unsigned *out)
{
	cpu_set_t set;
	long n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	if (n > (long)max)
		n = (long)max;
	if (cli_get_long(a, "threads", 1, (long)max, &n))
		return ERR_USAGE;
	*out = (unsigned)n;
	return 0;
}
