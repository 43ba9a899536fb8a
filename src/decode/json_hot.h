/*
 * The parser of json_parse.h, made for one vector width: the including source defines JSON_PARSE (the function's name),
 * JSON_TARGET (its attribute), JSON_WIDTH, and vec_load, vec_store, vec_special, key_bits.
 */
#include <string.h>

#define HOT static JSON_TARGET
#define HOT_INLINE static inline JSON_TARGET __attribute__((always_inline))

HOT_INLINE bool put_field(struct json_parse *j, uint32_t entry, enum value_kind kind, const char *p, size_t n)
{
	struct json_state *s = j->state;
	const struct json_entry *en = &s->entries.at[entry];
	struct event *e = j->e;
	struct field *f;

	if (__builtin_expect(e->field_count >= e->field_cap || e->field_count >= s->of_field_cap, 0))
		if (!json_grow_fields(j, p))
			return false;
	f = &e->fields[e->field_count];
	f->data = p;
	f->size = (uint32_t)n;
	f->name = en->name;
	f->key = en->key;
	f->kind = (uint8_t)kind;
	f->space = FIELD_DATA;
	f->flags = 0;
	s->of_field[e->field_count] = entry;
	/* Role 0 is none: its bit and slot are never looked at. */
	j->seen.roles |= UINT64_C(1) << en->role;
	j->seen.at[en->role] = e->field_count;
	e->field_count++;
	return true;
}

/*
 * Text with escapes: all of it goes to j->out. A vector is loaded at p and stored; what stands behind each escape in it is
 * stored again, where it belongs. So the places of a vector's escapes are found at once, not one after another.
 */
HOT const char *take_escaped(struct json_parse *j, uint32_t entry, const char *first, const char *p)
{
	char *out = j->out, *from = out;

	memcpy(out, first, (size_t)(p - first));
	out += p - first;
	for (;;) {
		vec v = vec_load(p);
		uint32_t special = vec_special(v), done = 0;

		vec_store(out, v);
		while (special) {
			uint32_t at = (uint32_t)__builtin_ctz(special);
			char plain;

			out += at - done;
			done = at;
			if (p[at] != '\\')
				goto end;
			plain = json_escapes[(unsigned char)p[at + 1]];
			if (__builtin_expect(!plain, 0))
				break;
			*out++ = plain;
			done = at + 2;
			special &= ~(UINT32_C(3) << at);
			vec_store(out, vec_load(p + done));
		}
		if (__builtin_expect(special != 0, 0)) {
			p = json_unescape(j, p + done, &out);
			if (!p)
				return NULL;
			continue;
		}
		out += done < JSON_WIDTH ? JSON_WIDTH - done : 0;
		p += done < JSON_WIDTH ? JSON_WIDTH : done;
		continue;
end:
		p += done;
		break;
	}
	if (*p != '"')
		return json_fail(j, p, "a control character in a text");
	j->out = out;
	return put_field(j, entry, VALUE_TEXT, from, (size_t)(out - from)) ? p + 1 : NULL;
}

/* p is behind the opening quote. */
HOT_INLINE const char *take_text(struct json_parse *j, uint32_t entry, const char *p)
{
	const char *first = p;
	uint32_t special;

	while (!(special = vec_special(vec_load(p))))
		p += JSON_WIDTH;
	p += __builtin_ctz(special);
	if (*p != '"')
		return take_escaped(j, entry, first, p);
	return put_field(j, entry, VALUE_TEXT, first, (size_t)(p - first)) ? p + 1 : NULL;
}

HOT_INLINE const char *space(const struct json_parse *j, const char *p)
{
	return __builtin_expect((unsigned char)*p <= ' ', 0) ? json_skip_space(j, p) : p;
}

HOT_INLINE const char *take_word(struct json_parse *j, uint32_t entry, const char *p, struct str word,
				 enum value_kind kind)
{
	if (memcmp(p, word.p, word.n))
		return json_fail(j, p, "no value");
	return put_field(j, entry, kind, p, word.n) ? p + word.n : NULL;
}

HOT const char *take_members(struct json_parse *j, const char *p, uint32_t parent, uint64_t path, unsigned depth);

HOT const char *take_value(struct json_parse *j, const char *p, uint32_t entry, uint64_t path, unsigned depth);

/* p is behind '['. */
HOT const char *take_elements(struct json_parse *j, const char *p, uint32_t entry, uint64_t path, unsigned depth)
{
	p = space(j, p);
	if (*p == ']')
		return p + 1;
	for (;;) {
		p = take_value(j, p, entry, path, depth);
		if (!p)
			return NULL;
		p = space(j, p);
		if (*p == ']')
			return p + 1;
		if (*p != ',')
			return json_fail(j, p, "no ',' or ']' behind an element");
		p = space(j, p + 1);
	}
}

HOT const char *take_value(struct json_parse *j, const char *p, uint32_t entry, uint64_t path, unsigned depth)
{
	const char *end;

	switch (*p) {
	case '"':
		return take_text(j, entry, p + 1);
	case '{':
	case '[':
		if (depth >= JSON_DEPTH_MAX)
			return json_fail_limit(j, p, "nested too deep");
		return *p == '{' ? take_members(j, p + 1, entry, ~path, depth + 1) :
			take_elements(j, p + 1, entry, path, depth + 1);
	case 't':
		return take_word(j, entry, p, STR("true"), VALUE_TRUE);
	case 'f':
		return take_word(j, entry, p, STR("false"), VALUE_FALSE);
	case 'n':
		return take_word(j, entry, p, STR("null"), VALUE_NULL);
	case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		end = json_number(j, p);
		return end && put_field(j, entry, VALUE_NUMBER, p, (size_t)(end - p)) ? end : NULL;
	default:
		return json_fail(j, p, "no value");
	}
}

/* The name at p, behind its quote. *path tells of the names before it, and moves on. */
HOT_INLINE const char *take_name(struct json_parse *j, const char *p, uint32_t parent, uint64_t *path,
				 uint32_t *out_entry)
{
	struct json_state *s = j->state;
	uint32_t *predicted = &s->predict[*path >> (64 - JSON_PREDICT_BITS)];
	const struct json_entry *en = &s->entries.at[*predicted];

	if (__builtin_expect(en->parent == parent && (key_bits(p, en->quoted) & en->mask) == en->mask, 1)) {
		*out_entry = *predicted;
		p += en->size + 1;
	} else {
		p = json_find_name(j, p, parent, out_entry);
		if (!p)
			return NULL;
		if (!s->no_prediction)
			*predicted = *out_entry;
	}
	*path = (*path + *out_entry) * UINT64_C(0x9E3779B97F4A7C15);
	return p;
}

/* A name at depth 2 and more is longer flattened than it is in the input. */
HOT_INLINE bool count_name(struct json_parse *j, const char *p, uint32_t entry)
{
	j->names_bytes += j->state->entries.at[entry].path_size;
	if (__builtin_expect(j->names_bytes <= JSON_NAMES_SLACK + JSON_NAMES_FACTOR * (uint64_t)(p - j->first), 1))
		return true;
	return json_fail_limit(j, p, "names too long together");
}

/* p is behind '{'. */
HOT const char *take_members(struct json_parse *j, const char *p, uint32_t parent, uint64_t path, unsigned depth)
{
	uint32_t entry;

	p = space(j, p);
	if (*p == '}')
		return p + 1;
	for (;;) {
		if (*p != '"')
			return json_fail(j, p, "no name");
		if (++j->members > EVENT_FIELDS_MAX)
			return json_fail_limit(j, p, "too many members");
		p = take_name(j, p + 1, parent, &path, &entry);
		if (!p || (depth > 1 && !count_name(j, p, entry)))
			return NULL;
		p = space(j, p);
		if (*p != ':')
			return json_fail(j, p, "no ':' behind a name");
		p = space(j, p + 1);
		p = *p == '"' ? take_text(j, entry, p + 1) : take_value(j, p, entry, path, depth);
		if (!p)
			return NULL;
		p = space(j, p);
		if (*p == '}')
			return p + 1;
		if (*p != ',')
			return json_fail(j, p, "no ',' or '}' behind a member");
		p = space(j, p + 1);
	}
}

JSON_TARGET const char *JSON_PARSE(struct json_parse *j, const char *p)
{
	j->first = p;
	return *p == '{' ? take_members(j, p + 1, JSON_ROOT, 0, 1) : take_value(j, p, JSON_ROOT, 0, 0);
}
