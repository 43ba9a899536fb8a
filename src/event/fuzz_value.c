/*
 * The contract of values and events: the text form stays within its bound, folding while rendering equals folding what was
 * rendered, an unquoted value is one JSON word, and an event of any names and values is one line of valid UTF-8.
 *
 * Input: fields, each a byte of kind, a byte of space and name, a byte of size, the bytes.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "event/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(const struct field *f, struct str text)
{
	struct buf out = {0};
	value_json(f, &out);
	struct str json = buf_get(&out);
	assert(utf8_is_valid(json) && str_find_byte(json, '\n') < 0);
	assert(json.n && (json.p[0] == '"') == !value_is_bare(f));
	assert(json.p[0] == '"' || f->kind == VALUE_NULL || str_eq(json, text));
	buf_free(&out);
}

static void check_value(const struct field *f, struct arena *a)
{
	size_t max = value_text_max(f);
	char *text = malloc(max + 1), *folded = malloc(max + 1), *want = malloc(UTF8_FOLD_MAX(max));
	assert(text && folded && want);
	struct str s = {text, value_render(f, text)};
	size_t n = value_render_folded(f, folded);
	assert(s.n <= max && n <= max);
	assert(n == utf8_fold(s, want) && memcmp(folded, want, n) == 0);
	assert(!memchr(folded, 0xff, n));
	assert(str_eq(value_text(f, a), s));
	double number;
	assert(value_number(f, &number) != 0 || isfinite(number));
	check_json(f, s);
	free(text);
	free(folded);
	free(want);
}

static void check_walk(const struct event *e)
{
	for (uint32_t i = 0; i < e->field_count; i++) {
		uint32_t key = e->fields[i].key, at = 0, met = 0;
		const struct field *f, *first = event_find(e, names_text(e->names, e->fields[i].name));
		assert(first);
		assert(key == KEY_NONE || event_first(e, key) == first);
		for (const struct field *last = NULL; (f = event_next(e, key, &at)); last = f, met++)
			assert(f->key == key && f->space == first->space && (!last || f > last));
		assert(key == KEY_NONE ? met == 0 : met > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const known[] = {"a", "A", "Channel", "EventID", "eventid", "b\n", "\xff\"", ""};
	struct keys *keys = keys_new();
	keys_add(keys, STR("a"));
	keys_add(keys, STR("EventID"));
	struct names *names = names_new(keys);
	struct arena *a = arena_new(0);
	struct event e;
	event_init(&e, names, a);
	for (size_t at = 0; size - at >= 3;) {
		size_t n = data[at + 2] <= size - at - 3 ? data[at + 2] : size - at - 3;
		uint8_t *bytes = malloc(n ? n : 1);	/* of its exact size, for the sanitizer */
		assert(bytes);
		memcpy(bytes, data + at + 3, n);
		struct field f = {.data = bytes, .size = (uint32_t)n, .kind = data[at] % VALUE_KINDS};
		check_value(&f, a);
		struct str kept = arena_str(a, (struct str){(const char *)bytes, n});
		event_add_named(&e, data[at + 1] & 8 ? FIELD_SYSTEM : FIELD_DATA, str_c(known[data[at + 1] & 7]), f.kind, kept);
		if (data[at + 1] & 16)
			e.event_id = 1;
		free(bytes);
		at += 3 + n;
	}
	check_walk(&e);
	struct buf line = {0};
	event_json(&e, &line);
	assert(utf8_is_valid(buf_get(&line)) && str_find_byte(buf_get(&line), '\n') < 0);
	buf_free(&line);
	arena_free(a);
	names_free(names);
	keys_free(keys);
	return 0;
}
