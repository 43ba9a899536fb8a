#include "line/line_parts.h"

/*
 * "alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls -l"
 *
 * PWD and COMMAND are whatever the caller chose, " ; USER=" included, and neither end of the line is sudo's own. So
 * where USER= or COMMAND= can be read at several places every reading is given, as further values of the field.
 */
#define READINGS_MAX 64

struct sudo {
	struct str user, reason;
	struct str before;	/* the settings before USER=, beginning with one */
	struct str behind;	/* those behind it */
	struct str all;
};

/* One setting's text, up to the next; `mark` is " ; NAME=", of which the first setting has the NAME= only. */
static void add_setting(struct event *e, enum line_name name, struct str settings, struct str mark)
{
	struct str before, value = settings, rest;
	if (!line_take_str(&value, str_skip(mark, 3)) && !line_split(settings, mark, &before, &value))
		return;
	line_split(value, STR(" ; "), &value, &rest);
	line_add(e, name, value);
}

/* PWD may hold anything but stands last before USER=. */
static void add_pwd(struct event *e, struct str settings)
{
	struct str before, value = settings;
	if (line_take(&value, "PWD=") || line_split(settings, STR(" ; PWD="), &before, &value))
		line_add(e, LINE_SUDO_PWD, value);
}

/* All texts between " ; USER=" and the next " ; "; false where there are too many. */
static bool add_users(struct event *e, struct str s)
{
	struct str before, behind, user, rest;
	for (unsigned i = 0; line_split(s, STR(" ; USER="), &before, &behind); i++) {
		if (i == READINGS_MAX)
			return false;
		user = behind;
		line_split(behind, STR(" ; "), &user, &rest);
		line_add(e, LINE_SUDO_USER, user);
		line_add(e, LINE_TARGET_USER, user);
		s = behind;
	}
	return true;
}

static bool add_commands(struct event *e, struct str s)
{
	struct str before, behind;
	for (unsigned i = 0; line_split(s, STR(" ; COMMAND="), &before, &behind); i++) {
		if (i == READINGS_MAX)
			return false;
		line_add(e, LINE_SUDO_COMMAND, behind);
		s = behind;
	}
	return true;
}

static enum decode_result add_fields(struct event *e, const struct sudo *s)
{
	line_add_action(e, "command", s->reason.p ? "failure" : "success");
	line_add(e, LINE_USER, s->user);
	line_add(e, LINE_REASON, s->reason);
	add_setting(e, LINE_SUDO_HOST, s->before, STR(" ; HOST="));
	add_setting(e, LINE_SUDO_TTY, s->before, STR(" ; TTY="));
	add_setting(e, LINE_SUDO_CHROOT, s->before, STR(" ; CHROOT="));
	add_pwd(e, s->before);
	bool whole = add_users(e, s->all);
	add_setting(e, LINE_SUDO_GROUP, s->behind, STR(" ; GROUP="));
	add_setting(e, LINE_SUDO_TSID, s->behind, STR(" ; TSID="));
	add_setting(e, LINE_SUDO_ENV, s->behind, STR(" ; ENV="));
	return add_commands(e, s->all) && whole ? DECODE_MATCH : DECODE_PARTIAL;
}

static bool begins_setting(struct str s)
{
	return line_take(&s, "TTY=") || line_take(&s, "PWD=") || line_take(&s, "HOST=") || line_take(&s, "USER=");
}

/* "alice : [reason ; ]settings" */
static bool read(struct str message, struct sudo *out)
{
	struct str rest, before, behind;
	if (!line_split(message, STR(" : "), &out->user, &rest) || out->user.n == 0)
		return false;
	if (!begins_setting(rest)) {
		if (!line_split(rest, STR(" ; "), &out->reason, &behind) || !begins_setting(behind))
			return false;
		rest = behind;
	}
	if (!line_split(rest, STR(" ; USER="), &before, &behind))
		return false;
	out->all = rest;
	out->before = before;
	out->behind = behind;
	if (line_split(behind, STR(" ; COMMAND="), &before, &rest))
		out->behind = before;
	return true;
}

static enum decode_result decode(struct str message, struct event *e)
{
	struct sudo s = {0};
	struct str rest;
	if (line_split(message, STR(" : (command continued) "), &s.user, &rest) && str_find_byte(s.user, ' ') < 0) {
		line_add_action(e, "command_continued", NULL);
		line_add(e, LINE_USER, s.user);
		line_add(e, LINE_SUDO_COMMAND, rest);
		return DECODE_PARTIAL;
	}
	return read(message, &s) ? add_fields(e, &s) : DECODE_MISS;
}

const struct line_decoder line_sudo = {
	.name = "sudo",
	.summary = "sudo: commands run and refused",
	.programs = "sudo",
	.decode = decode,
};
