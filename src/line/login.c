#include "line/line_parts.h"

static void add(struct event *e, bool ok, struct str user, struct str tty, struct str host)
{
	line_add_action(e, "login", ok ? "success" : "failure");
	line_add(e, LINE_USER, user);
	line_add(e, LINE_TTY, tty);
	if (host.p)
		line_add_source(e, host, STR_NONE);
}

/* "FAILED LOGIN (1) on '/dev/tty1' FOR 'root', Authentication failure", with "from 'host' " before FOR */
static bool read_failed(struct str s, struct event *e)
{
	struct str count, tty, user, host = STR_NONE, rest, reason;
	if (!line_take(&s, "FAILED LOGIN ") || !line_take(&s, "(") || !line_split(s, STR(") on '"), &count, &s) ||
	    !line_split(s, STR("'"), &tty, &s))
		return false;
	if (line_take(&s, " from '") && !line_split(s, STR("'"), &host, &s))
		return false;
	/* The name is what was typed, quotes included: its end is the last quote. */
	if (!line_take(&s, " FOR '") || !line_split_last(s, STR("', "), &user, &reason))
		return false;
	rest = reason;
	add(e, false, user, tty, host);
	line_add_number(e, LINE_FAILURES, count);
	line_add(e, LINE_REASON, rest);
	return true;
}

/* "ROOT LOGIN ON tty1 FROM host", "LOGIN ON tty1 BY bob FROM host", "DIALUP AT ttyS0 BY bob" */
static bool read_login(struct str s, struct event *e)
{
	struct str tty, user = STR_NONE, host = STR_NONE;
	bool root = line_take(&s, "ROOT LOGIN ON ");
	if (!root && !line_take(&s, "LOGIN ON ") && !line_take(&s, "DIALUP AT "))
		return false;
	if (!line_take_word(&s, &tty))
		return false;
	if (root)
		user = STR("root");
	else if (line_take(&s, "BY "))
		line_take_word(&s, &user);
	if (line_take(&s, "FROM "))
		host = s;
	if (!user.p)
		return false;
	if (tty.n > 2 && tty.p[0] == '\'')
		tty = (struct str){tty.p + 1, tty.n - 2};
	add(e, true, user, tty, host);
	return true;
}

static enum decode_result decode(struct str message, struct event *e)
{
	return read_failed(message, e) || read_login(message, e) ? DECODE_MATCH : DECODE_MISS;
}

const struct line_decoder line_login = {
	.name = "login",
	.summary = "login: logins at terminals",
	.programs = "login",
	.decode = decode,
};
