#include "cli/parse.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 48u

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b. Both at most NAME_MAX_BYTES. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_BYTES + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	size_t columns = strlen(b);
	for (size_t j = 0; j <= columns; j++)
		above[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[columns];
}

/* Smaller is nearer; a name that begins with what was typed counts as one slip. */
static size_t slips(const char *typed, const char *name)
{
	size_t n = strlen(typed);
	if (n > NAME_MAX_BYTES || strlen(name) > NAME_MAX_BYTES)
		return SIZE_MAX;
	size_t d = distance(typed, name);
	if (n >= 2 && strncmp(typed, name, n) == 0)
		d = least(d, 1);
	return d <= 1 + n / 4 && d < n ? d : SIZE_MAX;
}

const char *cli_nearest(const char *typed, const char *(*next)(const void *table, size_t i), const void *table)
{
	const char *nearest = NULL;
	size_t fewest = SIZE_MAX;
	const char *name;
	for (size_t i = 0; (name = next(table, i)); i++) {
		size_t d = slips(typed, name);
		if (d < fewest) {
			fewest = d;
			nearest = name;
		}
	}
	return nearest;
}
