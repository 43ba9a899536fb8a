#include "line/line_parts.h"

/* "(root) CMD (run-parts /etc/cron.hourly)": who, what happened, and to what. */
static enum decode_result decode(struct str message, struct event *e)
{
	struct str s = message, user, action, detail;
	if (!line_take(&s, "(") || !line_split(s, STR(") "), &user, &s) || !line_split(s, STR(" ("), &action, &detail))
		return DECODE_MISS;
	if (action.n == 0 || action.n > 40)
		return DECODE_MISS;
	bool whole = line_take_end(&detail, ")");
	line_add(e, LINE_ACTION, action);
	if (!str_eq(user, STR("CRON")) && !str_eq(user, STR("*system*")) && !str_eq(user, STR("system")))
		line_add(e, LINE_USER, user);
	line_add(e, str_eq(action, STR("CMD")) ? LINE_COMMAND : LINE_DETAIL, str_trim(detail));
	return whole ? DECODE_MATCH : DECODE_PARTIAL;
}

const struct line_decoder line_cron = {
	.name = "cron",
	.summary = "cron and crontab: commands run, tables changed",
	.programs = "cron crond CRON CROND crontab anacron /usr/sbin/cron",
	.decode = decode,
};
