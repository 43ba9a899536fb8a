#include "line/line_parts.h"

#include <string.h>

static const struct job {
	struct str begin;
	const char *action, *outcome;
} jobs[] = {
	{{"Started ", 8}, "started", "success"}, {{"Starting ", 9}, "starting", NULL},
	{{"Stopped ", 8}, "stopped", "success"}, {{"Stopping ", 9}, "stopping", NULL},
	{{"Finished ", 9}, "finished", "success"}, {{"Reloaded ", 9}, "reloaded", "success"},
	{{"Reloading ", 10}, "reloading", NULL}, {{"Failed to start ", 16}, "started", "failure"},
	{{"Created slice ", 14}, "created", "success"}, {{"Removed slice ", 14}, "removed", "success"},
	{{"Listening on ", 13}, "listening", "success"}, {{"Closed ", 7}, "closed", "success"},
	{{"Reached target ", 15}, "reached", "success"}, {{"Stopped target ", 15}, "stopped", "success"},
	{{"Mounted ", 8}, "mounted", "success"}, {{"Unmounted ", 10}, "unmounted", "success"},
};

/* "cron.service", "apt-daily.timer": a unit's name has no blank and one of these ends. */
static struct str unit_type(struct str s)
{
	static const char *const types[] = {"service", "timer", "socket", "slice", "scope", "target", "mount", "path",
					    "automount", "device", "swap"};
	struct str name, type;
	if (!line_split_last(s, STR("."), &name, &type) || name.n == 0 || str_find_byte(s, ' ') >= 0)
		return STR_NONE;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(type, str_c(types[i])))
			return type;
	return STR_NONE;
}

static void add_unit(struct event *e, struct str unit)
{
	line_add(e, LINE_UNIT, unit);
	line_add(e, LINE_UNIT_TYPE, unit_type(unit));
}

/* "Started cron.service - Regular background program processing daemon.", before systemd 250 the description alone. */
static bool read_job(struct str s, struct event *e)
{
	for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
		struct str rest = s, unit, description;
		if (!line_take_str(&rest, jobs[i].begin))
			continue;
		if (!line_take_end(&rest, "..."))
			line_take_end(&rest, ".");
		line_add_action(e, jobs[i].action, jobs[i].outcome);
		if (line_split(rest, STR(" - "), &unit, &description) && unit_type(unit).p) {
			add_unit(e, unit);
			rest = description;
		} else if (unit_type(rest).p) {
			add_unit(e, rest);
			return true;
		}
		line_add(e, LINE_DESCRIPTION, rest);
		return true;
	}
	return false;
}

/* "Main process exited, code=exited, status=1/FAILURE" */
static bool read_exit(struct str s, struct event *e, struct str unit)
{
	struct str code, status;
	if (!line_split(s, STR(" process exited, code="), &code, &s) || !line_split(s, STR(", status="), &code, &status))
		return false;
	line_add_action(e, "exited", NULL);
	add_unit(e, unit);
	line_add(e, LINE_EXIT_CODE, code);
	line_add(e, LINE_EXIT_STATUS, status);
	return true;
}

/* "cron.service: Failed with result 'exit-code'." and the rest that systemd says about a unit. */
static bool read_unit(struct str s, struct event *e)
{
	struct str unit, text, result;
	if (!line_split(s, STR(": "), &unit, &text) || !unit_type(unit).p)
		return false;
	if (read_exit(text, e, unit))
		return true;
	struct str rest = text;
	if (line_take(&rest, "Failed with result ") && line_take_quoted(&rest, &result)) {
		line_add_action(e, "failed", "failure");
		add_unit(e, unit);
		line_add(e, LINE_RESULT, result);
		return true;
	}
	line_take_end(&text, ".");
	line_add_action(e, "unit", NULL);
	add_unit(e, unit);
	line_add(e, LINE_DETAIL, text);
	return true;
}

static enum decode_result decode(struct str message, struct event *e)
{
	return read_job(message, e) || read_unit(message, e) ? DECODE_MATCH : DECODE_MISS;
}

const struct line_decoder line_systemd = {
	.name = "systemd",
	.summary = "systemd: units started, stopped, failed",
	.programs = "systemd",
	.decode = decode,
};

/* ---- systemd-logind ---------------------------------------------------------------------------------------------- */

static enum decode_result decode_logind(struct str message, struct event *e)
{
	struct str s = message, session, user;
	line_take_end(&s, ".");
	if (line_take(&s, "New session ")) {
		struct str rest;
		if (!line_split(s, STR(" of user "), &session, &user))
			return DECODE_MISS;
		/* newer: "... of user bob with class 'user' and type 'tty'" */
		line_split_last(user, STR(" with class "), &user, &rest);
		line_add_action(e, "session_opened", "success");
		line_add(e, LINE_SESSION, session);
		line_add(e, LINE_USER, user);
		return DECODE_MATCH;
	}
	bool removed = line_take(&s, "Removed session ");
	if (!removed && !line_take(&s, "Session "))
		return DECODE_MISS;
	if (!line_take_word(&s, &session) || (!removed && !line_take(&s, "logged out")))
		return DECODE_MISS;
	line_add_action(e, "session_closed", NULL);
	line_add(e, LINE_SESSION, session);
	return DECODE_MATCH;
}

const struct line_decoder line_logind = {
	.name = "logind",
	.summary = "systemd-logind: sessions",
	.programs = "systemd-logind",
	.decode = decode_logind,
};
