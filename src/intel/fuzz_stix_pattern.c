/*
 * The contract: any bytes give a tree or an error with a place inside the text; a tree's texts lie in the input or the arena and
 * what is lowered from it is bounded; the same bytes give the same; a pattern in parentheses is a pattern too.
 */
#include "intel/lower.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct lower_list *l)
{
	assert(l->n > 0 && l->n <= LOWER_ALTERNATIVES_MAX);
	for (uint32_t i = 0; i < l->n; i++) {
		const struct lower_conj *c = &l->at[i];

		assert(c->why || (c->count > 0 && c->count <= LOWER_LEAVES_MAX));
		for (uint32_t k = 0; !c->why && k < c->count; k++) {
			assert(c->leaves[k].type < INTEL_TYPES && c->leaves[k].type != INTEL_PATTERN);
			assert(c->leaves[k].value.p);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	struct pattern_error error = {0}, again = {0};
	struct str text = str_n(data, size), wrapped;
	struct pattern_node *n = pattern_parse(text, a, &error);
	struct lower_list l;

	if (!n) {
		assert(error.message && error.at <= size);
		assert(!pattern_parse(text, a, &again) && again.at == error.at && again.message == error.message);
	} else {
		l = lower_pattern(n, a);
		check_list(&l);
		if (memchr(data, 0, size))
			goto out;
		wrapped = arena_printf(a, "(%.*s\n)", STR_ARGS(text));
		/* But for what it is near to: the bounds. */
		n = pattern_parse(wrapped, a, &again);
		assert(n || size > PATTERN_TEXT_MAX - 8 || strstr(again.message, "64 levels") || strstr(again.message, "4,096"));
		if (n)
			assert(lower_pattern(n, a).n == l.n);
	}
out:
	arena_free(a);
	return 0;
}
