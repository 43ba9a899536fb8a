#include "intel/scan.h"

#include <string.h>

/* The first entry of the key is its head: entries that say nothing new stand behind it. */
void naive_look(struct intel_matcher *m, enum intel_type type, const char *key, size_t n, bool whole)
{
	const struct intel *set = m->set;
	char own[KEY_MAX];
	uint8_t bits;

	for (uint32_t i = 0; i < set->entries.n; i++) {
		const struct intel_entry *e = &set->entries.at[i];

		if (e->type != type)
			continue;
		if (str_eq(str_n(own, intel_key(type, str_n(e->text, e->n), own, &bits)), str_n(key, n))) {
			hits_add(m, i, whole);
			return;
		}
	}
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++) {
		if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1)
			return false;
	}
	return true;
}

static bool is_first(const struct intel *set, uint32_t i, const char *key, size_t n)
{
	char own[KEY_MAX];
	uint8_t bits;

	for (uint32_t k = 0; k < i; k++) {
		const struct intel_entry *e = &set->entries.at[k];

		if (e->type == set->entries.at[i].type && e->prefix == set->entries.at[i].prefix &&
		    str_eq(str_n(own, intel_key((enum intel_type)e->type, str_n(e->text, e->n), own, &bits)), str_n(key, n)))
			return false;
	}
	return true;
}

void naive_look_address(struct intel_matcher *m, const uint8_t *bytes, size_t n)
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	const struct intel *set = m->set;
	enum intel_type type = n == 4 ? INTEL_IPV4 : INTEL_IPV6;
	char own[KEY_MAX];
	uint8_t bits;

	for (uint32_t i = 0; i < set->entries.n; i++) {
		const struct intel_entry *e = &set->entries.at[i];

		if (e->type != type || intel_key(type, str_n(e->text, e->n), own, &bits) != n)
			continue;
		if (same_bits(bytes, (const uint8_t *)own, bits) && is_first(set, i, own, n))
			hits_add(m, i, true);
	}
	if (n == 16 && !memcmp(bytes, mapped, 12))
		naive_look_address(m, bytes + 12, 4);
}
