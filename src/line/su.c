#include "line/line_parts.h"

struct su {
	struct str user, target, tty;
	bool failed;
};

/* util-linux: "(to root) alice on pts/0", "FAILED SU (to root) alice on pts/0" */
static bool read_util_linux(struct str s, struct su *out)
{
	struct str rest;
	out->failed = line_take(&s, "FAILED SU ");
	if (!line_take(&s, "(to ") || !line_split(s, STR(") "), &out->target, &rest))
		return false;
	return line_split_last(rest, STR(" on "), &out->user, &out->tty);
}

/* shadow: "Successful su for root by alice", "FAILED su for root by alice" */
static bool read_shadow(struct str s, struct su *out)
{
	out->failed = line_take(&s, "FAILED su for ");
	if (!out->failed && !line_take(&s, "Successful su for "))
		return false;
	return line_split(s, STR(" by "), &out->target, &out->user);
}

/* shadow's short form: "+ /dev/pts/0 alice:root", "- pts/0 alice:root" */
static bool read_short(struct str s, struct su *out)
{
	out->failed = line_take(&s, "- ");
	if (!out->failed && !line_take(&s, "+ "))
		return false;
	return line_take_word(&s, &out->tty) && (line_split(s, STR(":"), &out->user, &out->target) ||
						 line_split(s, STR("-"), &out->user, &out->target));
}

/* BSD: "alice to root on /dev/ttyp0", "BAD SU alice to root on /dev/ttyp0" */
static bool read_bsd(struct str s, struct su *out)
{
	struct str rest;
	out->failed = line_take(&s, "BAD SU ");
	if (!line_split_last(s, STR(" on "), &rest, &out->tty))
		return false;
	return line_split(rest, STR(" to "), &out->user, &out->target) && str_find_byte(out->user, ' ') < 0 &&
		str_find_byte(out->target, ' ') < 0;
}

static enum decode_result decode(struct str message, struct event *e)
{
	struct su s = {0};
	struct su blank = {0};
	if (!read_util_linux(message, &s) && (s = blank, !read_shadow(message, &s)) &&
	    (s = blank, !read_short(message, &s)) && (s = blank, !read_bsd(message, &s)))
		return DECODE_MISS;
	line_add_action(e, "su", s.failed ? "failure" : "success");
	line_add(e, LINE_USER, s.user);
	line_add(e, LINE_TARGET_USER, s.target);
	line_add(e, LINE_TTY, s.tty);
	return DECODE_MATCH;
}

const struct line_decoder line_su = {
	.name = "su",
	.summary = "su: changes of account, of util-linux, shadow and the BSDs",
	.programs = "su runuser",
	.decode = decode,
};
