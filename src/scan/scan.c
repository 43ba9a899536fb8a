#include "scan/rules.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

enum { HASHES = 3 };

static const gnutls_digest_algorithm_t algorithms[HASHES] = {GNUTLS_DIG_MD5, GNUTLS_DIG_SHA1, GNUTLS_DIG_SHA256};

struct scan_file {
	const struct scan_rules *rules;
	char *path;
	gnutls_hash_hd_t hashes[HASHES];
	struct buf window;
	uint64_t window_at;		/* its place in the file */
	struct arena *texts;
	VEC(struct scan_match) matches;
	struct scan_result result;
};

struct scan_file *scan_begin(const struct scan_rules *rules, unsigned hashes, const char *path)
{
	struct scan_file *f = mem_alloc(sizeof *f);

	f->rules = rules;
	f->path = strdup(path);
	f->texts = arena_new(4096);
	for (unsigned i = 0; i < HASHES; i++) {
		int err = hashes >> i & 1 ? gnutls_hash_init(&f->hashes[i], algorithms[i]) : 0;

		assert(err == 0);
	}
	return f;
}

void scan_free(struct scan_file *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < HASHES; i++) {
		if (f->hashes[i])
			gnutls_hash_deinit(f->hashes[i], NULL);
	}
	free(f->path);
	buf_free(&f->window);
	arena_free(f->texts);
	vec_free(&f->matches);
	free(f);
}

/* --- YARA --- */

static struct str excerpt_of(struct scan_file *f, const uint8_t *data, size_t n)
{
	struct buf b = {0};
	struct str out;

	if (n > SCAN_EXCERPT_MAX)
		n = SCAN_EXCERPT_MAX;
	for (size_t i = 0; i < n; i++) {
		if (data[i] >= ' ' && data[i] < 0x7f && data[i] != '\\')
			buf_byte(&b, (char)data[i]);
		else
			buf_printf(&b, "\\x%02x", data[i]);
	}
	out = arena_str(f->texts, buf_get(&b));
	buf_free(&b);
	return out;
}

/* libyara does not align its matches. */
__attribute__((no_sanitize("alignment")))
static void add_match(struct scan_file *f, YR_SCAN_CONTEXT *context, YR_RULE *rule)
{
	uint32_t index = rules_index(f->rules, rule);
	struct scan_match *m;
	YR_STRING *string;
	YR_MATCH *match;

	for (size_t i = 0; i < f->matches.n; i++) {
		if (f->matches.at[i].rule == index)
			return;
	}
	m = vec_add(&f->matches);
	m->rule = index;
	yr_rule_strings_foreach(rule, string)
	{
		yr_string_matches_foreach(context, string, match)
		{
			if (m->string_count == SCAN_STRINGS_MAX)
				return;
			m->strings[m->string_count++] = (struct scan_string){
				arena_str(f->texts, str_c(string->identifier)),
				f->window_at + (uint64_t)(match->base + match->offset),
				excerpt_of(f, match->data, (size_t)match->data_length),
			};
		}
	}
}

static int on_yara(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
	if (message == CALLBACK_MSG_RULE_MATCHING)
		add_match(user, context, data);
	return CALLBACK_CONTINUE;
}

static void define(YR_SCANNER *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');

	yr_scanner_define_string_variable(s, "filename", name);
	yr_scanner_define_string_variable(s, "filepath", path);
	yr_scanner_define_string_variable(s, "extension", dot ? dot : "");
}

static void scan_window(struct scan_file *f)
{
	YR_SCANNER *s = NULL;
	int err;

	if (yr_scanner_create(f->rules->compiled, &s) != ERROR_SUCCESS) {
		f->result.failed = true;
		return;
	}
	define(s, f->path);
	yr_scanner_set_callback(s, on_yara, f);
	yr_scanner_set_timeout(s, SCAN_TIMEOUT_S);
	yr_scanner_set_flags(s, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
	err = yr_scanner_scan_mem(s, (const uint8_t *)(f->window.p ? f->window.p : ""), f->window.n);
	f->result.timed_out |= err == ERROR_SCAN_TIMEOUT;
	f->result.failed |= err != ERROR_SUCCESS && err != ERROR_SCAN_TIMEOUT;
	yr_scanner_destroy(s);
}

static void push_window(struct scan_file *f, struct str bytes)
{
	while (bytes.n) {
		size_t room = SCAN_WINDOW_MAX - f->window.n, n = bytes.n < room ? bytes.n : room;

		if (!room) {
			scan_window(f);
			memmove(f->window.p, f->window.p + SCAN_WINDOW_MAX - SCAN_OVERLAP, SCAN_OVERLAP);
			f->window.n = SCAN_OVERLAP;
			f->window_at += SCAN_WINDOW_MAX - SCAN_OVERLAP;
			continue;
		}
		buf_put(&f->window, bytes.p, n);
		bytes = str_skip(bytes, n);
	}
}

void scan_bytes(struct scan_file *f, struct str bytes)
{
	f->result.bytes += bytes.n;
	for (unsigned i = 0; i < HASHES && bytes.n; i++) {
		if (f->hashes[i])
			gnutls_hash(f->hashes[i], bytes.p, bytes.n);
	}
	if (f->rules)
		push_window(f, bytes);
}

static void put_hash(struct scan_file *f, unsigned i, size_t n, char *out)
{
	uint8_t digest[32];

	if (!f->hashes[i])
		return;
	gnutls_hash_deinit(f->hashes[i], digest);
	f->hashes[i] = NULL;
	for (size_t k = 0; k < n; k++) {
		out[2 * k] = "0123456789abcdef"[digest[k] >> 4];
		out[2 * k + 1] = "0123456789abcdef"[digest[k] & 15];
	}
}

const struct scan_result *scan_end(struct scan_file *f)
{
	put_hash(f, 0, 16, f->result.md5);
	put_hash(f, 1, 20, f->result.sha1);
	put_hash(f, 2, 32, f->result.sha256);
	if (f->rules)
		scan_window(f);
	f->result.matches = f->matches.at;
	f->result.match_count = (uint32_t)f->matches.n;
	return &f->result;
}
