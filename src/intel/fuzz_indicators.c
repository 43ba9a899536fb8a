/*
 * Input: a list, CSV or JSON, a line "====", then values, one a line: each is one field of an event, in turn as UTF-8 and as
 * UTF-16. The contract: nothing that is read breaks the set; the fast matcher and the naive one (which compares every
 * indicator with every value by other means) find the same.
 */
#include "intel/parts.h"

#include "base/err.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELDS 16u

static void add_value(struct event *e, struct str line, bool wide)
{
	char *units;

	if (!wide) {
		event_add_named(e, FIELD_DATA, STR("x"), VALUE_TEXT, line);
		return;
	}
	units = arena_bytes(e->arena, 2 * line.n + 1);
	for (size_t i = 0; i < line.n; i++) {
		units[2 * i] = line.p[i];
		units[2 * i + 1] = 0;
	}
	event_add_named(e, FIELD_DATA, STR("x"), VALUE_UTF16, str_n(units, 2 * line.n));
}

static void check_matches(struct intel_matcher *m, const struct event *e)
{
	struct intel_match kept[INTEL_MATCHES_MAX];
	const struct intel_match *fast, *naive;
	uint32_t n = intel_match(m, e, &fast), other;

	assert(n <= INTEL_MATCHES_MAX);
	if (n)
		memcpy(kept, fast, n * sizeof *kept);
	other = intel_match_naive(m, e, &naive);
	assert(n == other);
	for (uint32_t i = 0; i < n; i++) {
		assert(kept[i].id == naive[i].id && kept[i].field_count == naive[i].field_count);
		assert(!memcmp(kept[i].fields, naive[i].fields, kept[i].field_count * sizeof *kept[i].fields));
	}
}

static void check_values(const struct intel *set, struct str values)
{
	struct names *names = names_new(NULL);
	struct arena *a = arena_new(0);
	struct intel_matcher *m = intel_matcher_new(set);
	struct event e;

	event_init(&e, names, a);
	e.time = INT64_C(16000000000000000);
	for (unsigned i = 0; values.p && values.n && i < FIELDS; i++)
		add_value(&e, str_cut(&values, '\n'), i % 2);
	check_matches(m, &e);
	check_matches(m, &e);	/* values that were met before */
	intel_matcher_free(m);
	names_free(names);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n(data, size), values = STR_NONE;
	ptrdiff_t cut = str_find(text, STR("\n====\n"));
	struct diags *diags = diags_new();
	struct intel *set = intel_new(0, false, diags);
	int err;

	if (cut >= 0) {
		values = str_skip(text, (size_t)cut + 6);
		text = str_head(text, (size_t)cut);
	}
	err = intel_read(set, STR("list"), text);
	assert(!err || err == ERR_FORMAT || err == ERR_LIMIT);
	err = intel_allow(set, STR("allow"), str_head(values, 64));
	assert(!err || err == ERR_FORMAT);
	intel_freeze(set);
	if (values.p)
		check_values(set, values);
	intel_free(set);
	diags_free(diags);
	return 0;
}
