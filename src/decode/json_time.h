#ifndef DECODE_JSON_TIME_H
#define DECODE_JSON_TIME_H
/*
 * Times as JSON members hold them: RFC 3339 (zone optional), PowerShell's /Date(ms)/, or a number since 1970 (bare or
 * quoted): from 10^8 on; below 10^11 seconds (with a fraction perhaps), below 10^14 milliseconds, below 10^17 microseconds, else
 * nanoseconds.
 */
#include "decode/decode.h"

/* False where the value is no time, or where a zone is asked for and it has none. Times without a zone are taken in
 * `options`' (UTC where it is NULL). The outputs are set on true only. */
bool json_time(const struct field *f, const struct decode_options *options, bool with_zone, int64_t *out_ticks,
	       int *out_offset_min);
#endif
