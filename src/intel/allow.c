#include "intel/allow.h"

#include "base/err.h"
#include "base/map.h"
#include "base/utf8.h"
#include "intel/pull.h"
#include "regex/regex.h"

#include <stdlib.h>
#include <string.h>

struct allow {
	struct arena *texts;
	struct map *strings, *hosts;	/* folded */
	struct map *networks;		/* by network_key */
	bool v4_bits[33], v6_bits[129];
	VEC(struct str) substrings;	/* folded */
	VEC(struct regex *) regexes;
	struct regex_cache *cache;
};

struct allow *allow_new(void)
{
	struct allow *a = mem_alloc(sizeof *a);

	a->texts = arena_new(0);
	a->strings = map_new(0);
	a->hosts = map_new(0);
	a->networks = map_new(0);
	a->cache = regex_cache_new();
	return a;
}

void allow_free(struct allow *a)
{
	if (!a)
		return;
	map_free(a->strings);
	map_free(a->hosts);
	map_free(a->networks);
	vec_free(&a->substrings);
	for (size_t i = 0; i < a->regexes.n; i++)
		free(a->regexes.at[i]);
	vec_free(&a->regexes);
	regex_cache_free(a->cache);
	arena_free(a->texts);
	free(a);
}

/* --- adding --- */

static struct str folded(struct allow *a, struct str s)
{
	char *out = arena_bytes(a->texts, UTF8_FOLD_MAX(s.n));
	size_t n = utf8_fold(s, out);

	arena_trim(a->texts, out, UTF8_FOLD_MAX(s.n), n);
	return str_n(out, n);
}

#define NETWORK_KEY_MAX 18u

static struct str network_key(const uint8_t *bytes, size_t n, unsigned bits, char out[NETWORK_KEY_MAX])
{
	out[0] = (char)n;
	out[1] = (char)bits;
	memcpy(out + 2, bytes, n);
	for (size_t i = 0; i < n; i++) {
		unsigned keep = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * (unsigned)i : 0;

		out[2 + i] = (char)((unsigned char)out[2 + i] & (0xFF00u >> keep));
	}
	return str_n(out, n + 2);
}

static bool add_network(struct allow *a, struct str value)
{
	char key[KEY_MAX], network[NETWORK_KEY_MAX];
	uint8_t bits;
	size_t n = intel_key(INTEL_IPV4, value, key, &bits);

	if (!n)
		n = intel_key(INTEL_IPV6, value, key, &bits);
	if (!n)
		return false;
	map_put(a->networks, arena_str(a->texts, network_key((uint8_t *)key, n, bits, network)), 0);
	(n == 4 ? a->v4_bits : a->v6_bits)[bits] = true;
	return true;
}

/* "/expression/" with flags behind it, or the expression alone. */
static bool add_regex(struct allow *a, struct intel_context *c, struct str value)
{
	struct regex_flags flags = {0};
	struct buf block = {0}, why = {0};
	struct regex *copy;
	size_t at;
	bool good;

	if (value.n > 1 && value.p[0] == '/') {
		size_t end = value.n - 1;

		while (end && value.p[end] != '/')
			flags.nocase |= value.p[end--] == 'i';
		if (end)
			value = str_n(value.p + 1, end - 1);
	}
	good = !regex_compile(value, flags, &block, &why, &at);
	if (good) {
		copy = mem_alloc(block.n);
		memcpy(copy, block.p, block.n);
		*vec_add(&a->regexes) = copy;
	} else {
		intel_refuse(c, "bad-regex", "not an expression that can be used", value);
	}
	buf_free(&block);
	buf_free(&why);
	return good;
}

static void add_host(struct allow *a, struct str value)
{
	while (value.n && value.p[0] == '.')
		value = str_skip(value, 1);
	map_put(a->hosts, folded(a, value), 0);
}

static void add_value(struct allow *a, struct intel_context *c, struct str type, struct str value)
{
	value = str_trim(value);
	if (!value.n || value.n > INTEL_VALUE_MAX) {
		intel_refuse(c, "bad-value", "an allow-list's value that is empty or too long", value);
		return;
	}
	if (str_eq(type, STR("cidr"))) {
		if (!add_network(a, value)) {
			intel_refuse(c, "bad-value", "no address or network", value);
			return;
		}
	} else if (str_eq(type, STR("hostname"))) {
		add_host(a, value);
	} else if (str_eq(type, STR("substring"))) {
		*vec_add(&a->substrings) = folded(a, value);
	} else if (str_eq(type, STR("regex"))) {
		if (!add_regex(a, c, value))
			return;
	} else {
		map_put(a->strings, folded(a, value), 0);
	}
	c->set->counts.allow_entries++;
}

int allow_read_lines(struct allow *a, struct intel_context *c, struct str text)
{
	while (text.p && text.n) {
		struct str line = str_trim(str_cut(&text, '\n'));
		enum intel_type type;

		c->line++;
		if (!line.n || line.p[0] == '#' || line.p[0] == ';')
			continue;
		type = intel_guess(line);
		add_value(a, c, type == INTEL_DOMAIN ? STR("hostname") : type <= INTEL_IPV6 ? STR("cidr") : STR("string"), line);
	}
	return 0;
}

/* The list may stand in front of its type: it is read twice. */
static bool read_members(struct pull *p, struct arena *scratch, struct str *out_type, const char **out_list)
{
	struct str key;
	bool first = true;

	if (pull_peek(p) != PULL_OBJECT || !pull_enter(p))
		return false;
	while (pull_member(p, &first, &key)) {
		if (str_eq(key, STR("type")) && pull_peek(p) == PULL_TEXT) {
			if (!pull_text(p, scratch, out_type))
				return false;
			continue;
		}
		if (str_eq(key, STR("list")) && pull_peek(p) == PULL_ARRAY)
			*out_list = p->at;
		pull_skip(p);
	}
	return pull_end(p);
}

static bool is_list_type(struct str type)
{
	return str_eq(type, STR("string")) || str_eq(type, STR("hostname")) || str_eq(type, STR("substring")) ||
	       str_eq(type, STR("cidr")) || str_eq(type, STR("regex"));
}

static void read_list(struct allow *a, struct intel_context *c, struct pull *p, struct str type)
{
	struct arena *scratch = arena_new(0);
	bool first = true;
	struct str value;

	if (pull_enter(p)) {
		while (pull_element(p, &first)) {
			if (pull_peek(p) != PULL_TEXT) {
				pull_skip(p);
				continue;
			}
			c->line = pull_line(p);
			if (pull_text(p, scratch, &value))
				add_value(a, c, type, value);
			arena_reset(scratch);
		}
	}
	arena_free(scratch);
}

int allow_read_json(struct allow *a, struct intel_context *c, struct str text)
{
	struct arena *scratch = arena_new(0);
	struct str type = STR_NONE;
	const char *list = NULL;
	struct pull p;
	int err = 0;

	pull_begin(&p, text);
	if (!read_members(&p, scratch, &type, &list)) {
		c->line = pull_line(&p);
		err = intel_not_understood(c, p.error ? p.error : "no allow-list: it is not an object");
	} else if (!list || !is_list_type(type)) {
		err = intel_not_understood(c, "no allow-list: it needs a type of string, hostname, substring, cidr or regex, and a list");
	} else {
		pull_begin(&p, text);
		p.at = list;
		read_list(a, c, &p, type);
	}
	arena_free(scratch);
	return err;
}

/* --- asking --- */

static bool has_host(const struct allow *a, struct str host)
{
	while (host.n) {
		if (map_get(a->hosts, host) != MAP_NONE)
			return true;
		str_cut(&host, '.');
	}
	return false;
}

/* A network of the list that holds all of this one. */
static bool has_network(const struct allow *a, const uint8_t *bytes, size_t n, unsigned bits)
{
	const bool *present = n == 4 ? a->v4_bits : a->v6_bits;
	char key[NETWORK_KEY_MAX];

	for (unsigned b = 0; b <= bits; b++) {
		if (present[b] && map_get(a->networks, network_key(bytes, n, b, key)) != MAP_NONE)
			return true;
	}
	return false;
}

static bool covers_host(const struct allow *a, struct str host)
{
	uint8_t bytes[16];

	if (intel_parse_v4(host, bytes))
		return has_network(a, bytes, 4, 32);
	return has_host(a, host);
}

static bool covers_text(const struct allow *a, struct str text, struct str fold)
{
	if (map_get(a->strings, fold) != MAP_NONE)
		return true;
	for (size_t i = 0; i < a->substrings.n; i++) {
		if (str_find(fold, a->substrings.at[i]) >= 0)
			return true;
	}
	for (size_t i = 0; i < a->regexes.n; i++) {
		if (regex_search(a->regexes.at[i], a->cache, text))
			return true;
	}
	return false;
}

bool allow_covers(const struct allow *a, const struct intel_entry *e)
{
	char key[KEY_MAX], fold[KEY_MAX];
	struct str text = str_n(e->text, e->n), k;
	uint8_t bits;

	if (covers_text(a, text, str_n(fold, utf8_fold(text, fold))))
		return true;
	k = str_n(key, intel_key((enum intel_type)e->type, text, key, &bits));
	switch ((enum intel_type)e->type) {
	case INTEL_IPV4: case INTEL_IPV6:
		return has_network(a, (const uint8_t *)key, k.n, bits);
	case INTEL_DOMAIN:
		return has_host(a, k) || map_get(a->strings, k) != MAP_NONE;
	case INTEL_URL:
		return covers_host(a, intel_url_host(k));
	case INTEL_EMAIL:
		return has_host(a, str_skip(k, (size_t)str_find_byte(k, '@') + 1));
	default:
		return false;
	}
}
