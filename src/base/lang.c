#include "base/lang.h"

#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_int chosen = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct lang_row **table;	/* open addressing; a power of two of places */
static size_t mask;

static int of_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return !strncmp(value, "vi", 2) ? LANG_VI : LANG_EN;
	}
	return LANG_EN;
}

enum lang lang_now(void)
{
	int now = atomic_load(&chosen);

	if (now < 0) {
		now = of_environment();
		atomic_store(&chosen, now);
	}
	return (enum lang)now;
}

void lang_set(enum lang lang)
{
	atomic_store(&chosen, (int)lang);
}

const char *lang_code(enum lang lang)
{
	return lang == LANG_VI ? "vi" : "en";
}

static size_t place_of(const char *english)
{
	size_t at = (size_t)hash_str(str_c(english)) & mask;

	while (table[at] && strcmp(table[at]->english, english) != 0)
		at = (at + 1) & mask;
	return at;
}

static size_t count_rows(const struct lang_row *rows)
{
	size_t n = 0;

	while (rows[n].english)
		n++;
	return n;
}

static void add_rows(const struct lang_row *rows)
{
	for (; rows->english; rows++)
		table[place_of(rows->english)] = rows;
}

static void make_table(void)
{
	size_t count = count_rows(lang_vi) + count_rows(lang_vi_cli) + count_rows(lang_vi_rules), cap = 64;

	while (cap < count * 2)
		cap *= 2;
	mask = cap - 1;
	table = mem_alloc(cap * sizeof(const struct lang_row *));
	add_rows(lang_vi);
	add_rows(lang_vi_cli);
	add_rows(lang_vi_rules);
}

const char *tr_to(enum lang lang, const char *english)
{
	const struct lang_row *row;

	if (lang != LANG_VI)
		return english;
	pthread_once(&once, make_table);
	row = table[place_of(english)];
	return row ? row->vietnamese : english;
}

const char *tr(const char *english)
{
	return tr_to(lang_now(), english);
}
