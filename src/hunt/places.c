#include "hunt/places.h"

#include "base/vec.h"
#include "report/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool places_count_bytes(enum decode_cause cause)
{
	switch (cause) {
	case DECODE_EVTX_CHUNK_MAGIC: case DECODE_EVTX_CHUNK_HEADER_CRC: case DECODE_EVTX_CHUNK_DATA_CRC:
	case DECODE_EVTX_RECORD_FRAME: case DECODE_EVTX_CUT: case DECODE_EVTX_STALE:
	case DECODE_CARVED_RECORD: case DECODE_XML_SYNTAX:
		return true;
	default:
		return false;
	}
}

static int compare(const struct place *a, const char *path, uint64_t number, const char *detail)
{
	int by_path = strcmp(a->path, path);

	if (by_path)
		return by_path;
	if (a->number != number)
		return a->number < number ? -1 : 1;
	return strncmp(a->detail, detail, sizeof a->detail - 1);
}

void places_add(struct places *p, enum decode_cause cause, const char *path, uint64_t number, const char *detail)
{
	struct place *at = p->at[cause];
	unsigned n = p->count[cause], i = n;

	detail = detail ? detail : "";
	while (i > 0 && compare(&at[i - 1], path, number, detail) > 0)
		i--;
	if (i == PLACES_KEPT)
		return;
	if (n == PLACES_KEPT)
		free(at[--n].path);
	memmove(&at[i + 1], &at[i], (n - i) * sizeof *at);
	at[i] = (struct place){mem_alloc(strlen(path) + 1), number, places_count_bytes(cause), ""};
	memcpy(at[i].path, path, strlen(path));
	snprintf(at[i].detail, sizeof at[i].detail, "%s", detail);
	p->count[cause] = n + 1;
}

void places_merge(struct places *into, const struct places *from)
{
	for (unsigned c = 0; c < DECODE_CAUSES; c++) {
		for (unsigned i = 0; i < from->count[c]; i++)
			places_add(into, (enum decode_cause)c, from->at[c][i].path, from->at[c][i].number,
				   from->at[c][i].detail);
	}
}

void places_free(struct places *p)
{
	for (unsigned c = 0; c < DECODE_CAUSES; c++) {
		for (unsigned i = 0; i < p->count[c]; i++)
			free(p->at[c][i].path);
		p->count[c] = 0;
	}
}

void place_print(const struct place *p, struct buf *out)
{
	text_put(out, str_c(p->path), 4096);
	if (p->number || p->is_byte)
		buf_printf(out, ", %s %llu", p->is_byte ? "byte" : "record", (unsigned long long)p->number);
	if (*p->detail) {
		buf_text(out, ": ");
		text_put(out, str_c(p->detail), 200);
	}
}
