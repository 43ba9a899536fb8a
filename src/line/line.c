#include "line/line.h"

#include <string.h>

#include "line/line_parts.h"

const struct line_decoder *const line_decoders[] = {
	&line_pam, &line_sshd, &line_sudo, &line_cron, &line_systemd, &line_kernel, &line_logind, &line_su, &line_account,
	&line_login, NULL,
};

static bool has_word(const char *list, struct str word)
{
	const char *at = list;
	while (*at) {
		const char *end = at;
		while (*end && *end != ' ')
			end++;
		if ((size_t)(end - at) == word.n && memcmp(at, word.p, word.n) == 0)
			return true;
		at = *end ? end + 1 : end;
	}
	return false;
}

uint32_t line_decoders_for(struct str program)
{
	uint32_t set = 0;
	for (unsigned i = 0; line_decoders[i]; i++)
		if (!*line_decoders[i]->programs || has_word(line_decoders[i]->programs, program))
			set |= UINT32_C(1) << i;
	return set;
}

static enum decode_result decode_one(uint32_t decoders, struct str message, struct event *e)
{
	for (; decoders; decoders &= decoders - 1) {
		enum decode_result r = line_decoders[__builtin_ctz(decoders)]->decode(message, e);
		if (r != DECODE_MISS)
			return r;
	}
	return DECODE_MISS;
}

static struct str trim(struct str s)
{
	while (s.n && ascii_is_space((unsigned char)s.p[0]))
		s = line_skip(s, 1);
	while (s.n && ascii_is_space((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

/* rsyslog folds equal lines: "message repeated 5 times: [ text]". */
static bool unwrap(struct str *message, struct str *times, bool *cut)
{
	struct str s = *message, count;
	if (!line_take(&s, "message repeated ") || !line_take_word(&s, &count) || !line_is_digits(count) ||
	    !line_take(&s, "times: ["))
		return false;
	*cut = !line_take_end(&s, "]");
	*message = trim(s);
	*times = count;
	return true;
}

enum decode_result line_decode_with(uint32_t decoders, struct str message, struct event *e)
{
	struct str times = STR_NONE;
	bool cut = false;
	message = trim(message);
	if (message.n == 0)
		return DECODE_MISS;
	if (message.p[0] != 'm' || !unwrap(&message, &times, &cut))
		return decode_one(decoders, message, e);
	enum decode_result r = message.n ? decode_one(decoders, message, e) : DECODE_MISS;
	line_add_number(e, LINE_REPEATED, times);
	return cut || r == DECODE_PARTIAL ? DECODE_PARTIAL : DECODE_MATCH;
}

enum decode_result line_decode(struct str program, struct str message, struct event *e)
{
	return line_decode_with(line_decoders_for(program), message, e);
}
