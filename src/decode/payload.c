#include "decode/payload.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "decode/weblog_formats.h"
#include "decode/auditd.h"
#include "decode/json.h"
#include "decode/pairs_format.h"
#include "decode/winxml.h"

const struct payload *const payloads[] = {
	&access_payload,
	&weberror_payload,
	&auditd_payload,
	&fortinet_payload,
	&cef_payload,
	&leef_payload,
	&json_payload,
	&winxml_payload,
	NULL,
};

struct payload_states *payload_states_new(void)
{
	struct payload_states *s = mem_alloc(sizeof *s);
	for (unsigned i = 0; payloads[i]; i++) {
		assert(i < PAYLOADS_MAX);
		const char *first = payloads[i]->first;
		for (unsigned c = 0; c < 256; c++)
			if (!*first || (c && strchr(first, (int)c)))
				s->first[c] |= 1u << i;
	}
	return s;
}

void payload_states_free(struct payload_states *s)
{
	for (unsigned i = 0; s && payloads[i]; i++)
		if (s->state[i])
			payloads[i]->state_free(s->state[i]);
	free(s);
}

static bool has_word(const char *words, struct str word)
{
	struct str rest = str_c(words);
	while (rest.n)
		if (str_eq_nocase(str_cut(&rest, ' '), word))
			return true;
	return false;
}

uint32_t payload_rows(struct str program)
{
	uint32_t rows = 0;
	for (unsigned i = 0; payloads[i]; i++)
		if (!*payloads[i]->programs || (program.n && has_word(payloads[i]->programs, program)))
			rows |= 1u << i;
	return rows;
}

static enum decode_result try_row(struct payload_states *s, unsigned i, const struct payload_line *line, struct event *e)
{
	const struct payload *row = payloads[i];
	if (row->is && !row->is(line->message))
		return DECODE_MISS;
	if (!s->state[i] && row->state_new)
		s->state[i] = row->state_new();
	return row->decode(line, s->state[i], e);
}

enum decode_result payload_decode(struct payload_states *s, uint32_t rows, const struct payload_line *line,
				  struct event *e)
{
	for (; rows; rows &= rows - 1) {
		enum decode_result r = try_row(s, (unsigned)__builtin_ctz(rows), line, e);
		if (r != DECODE_MISS)
			return r;
	}
	return DECODE_MISS;
}

bool payload_is_known(struct str message)
{
	for (unsigned i = 0; message.n && payloads[i]; i++) {
		const struct payload *row = payloads[i];
		bool begins = !*row->first || (message.p[0] && strchr(row->first, message.p[0]));
		if (begins && !*row->programs && row->is && row->is(message))
			return true;
	}
	return false;
}
