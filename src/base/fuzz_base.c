/*
 * Contract of base's readers of outside bytes: text conversions give valid UTF-8 within the room that their headers
 * name, the folding paths agree, JSON strings read as one line, times survive being written and read again.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fold(struct str s)
{
	char *once = mem_alloc(UTF8_FOLD_MAX(s.n)), *twice;
	size_t n = utf8_fold(s, once);
	assert(n <= UTF8_FOLD_MAX(s.n) && utf8_is_valid((struct str){once, n}));
	twice = mem_alloc(UTF8_FOLD_MAX(n));
	size_t m = utf8_fold((struct str){once, n}, twice);
	assert(m == n && memcmp(once, twice, n) == 0);
	vec_release(once);
	vec_release(twice);
}

static void check_utf16(const uint8_t *data, size_t size)
{
	size_t units = size / 2;
	char *plain = mem_alloc(UTF8_FROM_UTF16_MAX(units)), *folded = mem_alloc(UTF8_FROM_UTF16_MAX(units));
	size_t n = utf8_from_utf16(data, units, plain), m = utf8_fold_utf16(data, units, folded);
	assert(n <= UTF8_FROM_UTF16_MAX(units) && utf8_is_valid((struct str){plain, n}));
	char *again = mem_alloc(UTF8_FOLD_MAX(n));
	assert(utf8_fold((struct str){plain, n}, again) == m && memcmp(again, folded, m) == 0);
	vec_release(plain);
	vec_release(folded);
	vec_release(again);
}

static void check_json(struct str s)
{
	struct buf b = {0};
	json_string(&b, s);
	struct str out = buf_get(&b);
	assert(utf8_is_valid(out) && out.n >= 2 && out.p[0] == '"' && out.p[out.n - 1] == '"');
	for (size_t i = 0; i < out.n; i++)
		assert((unsigned char)out.p[i] >= 0x20 && out.p[i] != 0x7f);
	buf_free(&b);
}

static void check_time(struct str s)
{
	int64_t ticks, again;
	int offset;
	size_t used;
	char text[CLOCK_TEXT_MAX];
	if (clock_parse_rfc3339(s, &ticks, &offset, &used) < 0)
		return;
	assert(used <= s.n);
	struct str out = {text, clock_format(ticks, text)};
	/* An offset may carry a time of the year 0 or 9999 beyond four digits; only those do not read back. */
	if (out.n < 20 || out.p[0] == '-' || out.p[4] != '-')
		return;
	int err = clock_parse_rfc3339(out, &again, &offset, &used);
	assert(err == 0 && again == ticks && used == out.n && offset == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size};
	check_fold(s);
	check_utf16(data, size);
	check_json(s);
	check_time(s);
	return 0;
}
