#include "intel/scan.h"

#include <string.h>

#define PATH_BACK 1024u		/* bytes looked at in front of a file's name */
#define STARTS_MAX 64u

/* What no name may hold, of any system that matters. */
static bool is_outside(char c)
{
	return (unsigned char)c < ' ' || c == '"' || c == '<' || c == '>' || c == '|' || c == '*' || c == '?';
}

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

/* Behind which a name may begin though it holds such bytes itself at times. */
static bool is_gap(char c)
{
	return c == ' ' || c == '=' || c == ',' || c == ';' || c == '(' || c == '[' || c == '{' || c == '\'' || c == '`' ||
	       c == '&' || c == '@';
}

/* Two beginnings: behind the last separator, and behind the last gap. */
void scan_name(struct intel_matcher *m, const char *t, size_t end)
{
	size_t from = end, gap = SIZE_MAX, low = end > 255 ? end - 255 : 0;

	while (from > low && !is_outside(t[from - 1]) && !is_separator(t[from - 1]) && t[from - 1] != ':') {
		if (gap == SIZE_MAX && is_gap(t[from - 1]))
			gap = from;
		from--;
	}
	if (from < end)
		scan_look(m, INTEL_FILE_NAME, t + from, end - from, true);
	if (gap != SIZE_MAX && gap < end)
		scan_look(m, INTEL_FILE_NAME, t + gap, end - gap, true);
}

/* A copy of [from, end) with single '/' and no "//?/" in front of a drive. */
static size_t normalise(const char *t, size_t from, size_t end, char *out)
{
	size_t n = 0;

	for (size_t i = from; i < end; i++) {
		char c = is_separator(t[i]) ? '/' : t[i];

		if (c != '/' || !n || out[n - 1] != '/')
			out[n++] = c;
	}
	return n;
}

static bool is_letter(char c)
{
	return (unsigned char)(c - 'a') < 26;
}

static bool is_drive(const char *p, size_t n, size_t at)
{
	return at + 3 <= n && is_letter(p[at]) && p[at + 1] == ':' && p[at + 2] == '/' &&
	       (!at || !(intel_label_chars[(unsigned char)p[at - 1]]));
}

/*
 * Each place where a path that ends at the end may begin: at a drive; at a '/' that is first or follows a gap; behind any '/',
 * for paths of the list that are relative; and behind a gap.
 */
void scan_path(struct intel_matcher *m, const char *t, size_t end)
{
	char path[PATH_BACK + 1];
	size_t from = end, low = end > PATH_BACK ? end - PATH_BACK : 0, n;
	unsigned looked = 0;
	uint32_t slot;

	while (from > low && !is_separator(t[from - 1]) && end - from < 256)
		from--;
	slot = intel_name_slot(t + from, end - from);
	if (!m->naive && !(m->set->path_names[slot / 64] >> slot % 64 & 1))
		return;
	while (from > low && !is_outside(t[from - 1]))
		from--;
	n = normalise(t, from, end, path);
	for (size_t at = n; at-- > 0 && looked < STARTS_MAX;) {
		bool begins = at == 0 || is_gap(path[at - 1]) || path[at - 1] == '/' || path[at - 1] == ':';
		bool rooted = path[at] == '/' && (at == 0 || is_gap(path[at - 1]) || path[at - 1] == ':');

		if (!(rooted || (begins && path[at] != '/') || is_drive(path, n, at)) || !memchr(path + at, '/', n - at))
			continue;
		scan_look(m, INTEL_FILE_PATH, path + at, n - at, true);
		looked++;
	}
}
