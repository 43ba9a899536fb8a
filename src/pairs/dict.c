#include <string.h>

#include "base/hash.h"
#include "pairs/parts.h"

static const struct { const char *name; enum pairs_role role; } roles[] = {
	{"date", PAIRS_DATE}, {"time", PAIRS_TIME}, {"tz", PAIRS_TZ}, {"eventtime", PAIRS_EVENTTIME},
	{"timestamp", PAIRS_TIMESTAMP}, {"type", PAIRS_TYPE}, {"subtype", PAIRS_SUBTYPE}, {"logid", PAIRS_LOGID},
	{"devid", PAIRS_DEVID}, {"url", PAIRS_URL}, {"rt", PAIRS_RT}, {"end", PAIRS_END}, {"start", PAIRS_START},
	{"deviceCustomDate1", PAIRS_CUSTOM_DATE}, {"devTime", PAIRS_DEVTIME}, {"devTimeFormat", PAIRS_DEVTIME_FORMAT},
};

enum pairs_role pairs_role_of(struct str name)
{
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (str_eq(str_c(roles[i].name), name))
			return roles[i].role;
	return name.n > 5 && str_ends(name, STR("Label")) ? PAIRS_LABEL : PAIRS_ROLE_NONE;
}

struct pairs *pairs_new(void)
{
	struct pairs *p = mem_alloc(sizeof *p);
	p->fortinet_cef.fortinet_cef = true;
	return p;
}

void pairs_free(struct pairs *p)
{
	if (!p)
		return;
	vec_free(&p->fortinet.entries);
	vec_free(&p->fortinet_cef.entries);
	vec_free(&p->plain.entries);
	vec_release(p);
}

void dict_begin(struct dict *d, struct names *names)
{
	if (d->names == names && d->epoch == names_epoch(names))
		return;
	vec_free(&d->entries);
	memset(d->slots, 0, sizeof d->slots);
	*vec_add(&d->entries) = (struct entry){.text = " ", .size = 1};	/* stands where no name does */
	d->names = names;
	d->epoch = names_epoch(names);
}

/* Of names up to 15 bytes: no more than two loads. The same for a name in a line and in the dictionary. */
static uint32_t hash(struct str s)
{
	char text[16] = {0};
	if (s.n < 16) {
		memcpy(text, s.p, s.n);
		return dict_hash_short(text, (unsigned)s.n);
	}
	return (uint32_t)hash_str(s) % ENTRY_SLOTS;
}

static void fill(struct dict *d, struct entry *en, struct str name, struct names *names)
{
	struct str field = d->fortinet_cef ? fortinet_cef_name(name) : name;
	*en = (struct entry){.size = (uint32_t)name.n + 1, .name = names_intern(names, field)};
	en->key = names_key(names, en->name);
	en->role = (uint8_t)pairs_role_of(field);
	if (d->fortinet_cef && str_eq(name, STR("cat")))
		en->role = PAIRS_CAT;
	else if (d->fortinet_cef && str_eq(name, STR("deviceDirection")))
		en->role = PAIRS_DIRECTION;
	en->is_id = en->role == PAIRS_LOGID || en->role == PAIRS_DEVID;
	if (name.n < ENTRY_TEXT_MAX) {
		memcpy(en->text, name.p, name.n);
		en->text[name.n] = '=';
	}
}

const struct entry *dict_find(struct pairs *p, struct dict *d, struct str name, struct names *names)
{
	uint32_t at = hash(name);
	if (name.n < ENTRY_TEXT_MAX) {
		for (; d->slots[at]; at = (at + 1) % ENTRY_SLOTS) {
			const struct entry *en = &d->entries.at[d->slots[at]];
			if (en->size == name.n + 1 && memcmp(en->text, name.p, name.n) == 0)
				return en;
		}
		if (d->entries.n < ENTRIES_MAX) {
			struct entry *en = vec_add(&d->entries);
			fill(d, en, name, names);
			d->slots[at] = (uint16_t)(en - d->entries.at);
			return en;
		}
	}
	fill(d, &p->spare, name, names);
	return &p->spare;
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

bool pairs_is_number(struct str s)
{
	size_t i = 0;
	while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
		i++;
	return s.n > 0 && i == s.n && (s.n == 1 || s.p[0] != '0') && s.n < 16;
}

size_t pairs_name_size(const char *p, const char *end)
{
	const char *q = p;
	if ((size_t)(end - p) > PAIRS_NAME_MAX)
		end = p + PAIRS_NAME_MAX;
	while (q < end && pairs_is_key_byte((unsigned char)*q))
		q++;
	return q > p && q < end && *q == '=' ? (size_t)(q - p) : 0;
}

const char *pairs_before_next(const char *p, const char *end, char parting)
{
	const char *from = p;
	while (from < end) {
		const char *equals = memchr(from, '=', (size_t)(end - from)), *q = equals;
		if (!equals)
			return end;
		while (q > p && pairs_is_key_byte((unsigned char)q[-1]) && equals - q < (ptrdiff_t)PAIRS_NAME_MAX)
			q--;
		if (q < equals && q > p && (q[-1] == ' ' || q[-1] == '\t' || q[-1] == parting))
			return q - 1;
		from = equals + 1;
	}
	return end;
}
