/*
 * Contract of the wildcard matcher: it says what a table over all positions says (slow, but obviously right), for the
 * pattern that the loader makes of a value. Input: the value, a NUL, the text.
 */
#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "base/vec.h"
#include "sigma/naive.h"
#include "sigma/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX 600u

static bool is_dash(uint32_t c)
{
	return c == '-' || c == '/' || (c >= 0x2013 && c <= 0x2015);
}

/* One row of the table more: can[i] says whether the parts so far can end before text + i. */
static void step(const struct sigma_part *p, struct str text, const bool *can, bool *next)
{
	memset(next, 0, text.n + 1);
	for (size_t i = 0, size; i <= text.n; i++) {
		if (!can[i])
			continue;
		if (p->kind == SIGMA_PART_LITERAL) {
			if (text.n - i >= p->text.n && memcmp(text.p + i, p->text.p, p->text.n) == 0)
				next[i + p->text.n] = true;
		} else if (p->kind == SIGMA_PART_RUN) {
			for (size_t k = i; k <= text.n; k++)
				next[k] |= k == text.n || (text.p[k] & 0xC0) != 0x80;
		} else if (i < text.n) {
			uint32_t c = utf8_decode(text.p + i, text.n - i, &size);

			if (p->kind == SIGMA_PART_ONE || is_dash(c))
				next[i + size] = true;
		}
	}
}

static bool by_table(const struct sigma_part *parts, uint32_t count, struct str text)
{
	bool *can = mem_alloc(text.n + 1), *next = mem_alloc(text.n + 1), found;

	can[0] = true;
	for (uint32_t i = 0; i < count; i++) {
		bool *swap = can;

		step(&parts[i], text, can, next);
		can = next;
		next = swap;
	}
	found = can[text.n];
	vec_release(can);
	vec_release(next);
	return found;
}

static void check_pattern(struct sigma_pattern p)
{
	for (uint32_t i = 0; i < p.count; i++) {
		assert((p.parts[i].kind == SIGMA_PART_LITERAL) == (p.parts[i].text.n > 0));
		assert(!i || p.parts[i].kind != p.parts[i - 1].kind || p.parts[i].kind == SIGMA_PART_ONE ||
		       p.parts[i].kind == SIGMA_PART_DASH);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct str text = str_n(data, size < INPUT_MAX ? size : INPUT_MAX), value = str_cut(&text, '\0');
	struct sigma_pattern made[4];

	text = sigma_fold(a, text.p ? text : STR(""));
	made[0] = sigma_pattern_parse(a, value);
	made[1] = sigma_pattern_wrap(a, made[0], true, true);
	made[2] = sigma_pattern_windash(a, made[0]);
	made[3] = sigma_pattern_wrap(a, made[2], true, false);
	for (int i = 0; i < 4; i++) {
		struct sigma_pattern p = sigma_pattern_fold(a, made[i]);

		check_pattern(made[i]);
		assert(sigma_glob(p.parts, p.count, text) == by_table(p.parts, p.count, text));
	}
	arena_free(a);
	return 0;
}
