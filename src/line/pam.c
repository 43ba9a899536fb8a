#include "line/line_parts.h"

#include <string.h>

/* What a PAM module says, its "pam_unix(sshd:auth): " taken off. */
struct pam {
	const char *action, *outcome;
	struct str module, service, type;
	struct str user, uid, by_user, by_uid, reason, failures;
	struct str logname, caller_uid, euid, tty, ruser, rhost;
};

/* "root(uid=0)" to name and number; both may be empty, the number may be missing. */
static void take_account(struct str s, struct str *name, struct str *uid)
{
	struct str before, behind;
	*name = s;
	if (line_take_end(&s, ")") && line_split_last(s, STR("(uid="), &before, &behind) && line_is_digits(behind)) {
		*name = before;
		*uid = behind;
	}
}

/* "logname= uid=0 euid=0 tty=ssh ruser= rhost=1.2.3.4  user=root": rhost and user from the right, because ruser is the
 * remote side's word. */
static bool take_caller(struct str s, struct pam *p)
{
	struct str rest = s, behind;
	if (!line_take(&rest, "logname="))
		return false;
	if (line_split_last(rest, STR("  user="), &rest, &behind) || line_split_last(rest, STR(" user="), &rest, &behind))
		p->user = behind;
	if (line_split_last(rest, STR(" rhost="), &rest, &behind))
		p->rhost = str_trim(behind);
	if (line_split(rest, STR(" ruser="), &rest, &behind))
		p->ruser = behind;
	if (line_split(rest, STR(" tty="), &rest, &behind))
		p->tty = behind;
	if (line_split(rest, STR(" euid="), &rest, &behind))
		p->euid = behind;
	if (line_split(rest, STR(" uid="), &rest, &behind))
		p->caller_uid = behind;
	p->logname = rest;
	return true;
}

static bool read_session(struct str s, struct pam *p)
{
	struct str by, name = s;
	if (line_take(&name, "session closed for user ")) {
		p->action = "session_closed";
	} else if (line_take(&name, "session opened for user ")) {
		p->action = "session_opened";
		p->outcome = "success";
		if (line_split_last(name, STR(" by "), &name, &by))
			take_account(by, &p->by_user, &p->by_uid);
	} else {
		return false;
	}
	take_account(name, &p->user, &p->uid);
	return true;
}

/* "authentication failure; ...", and sshd's "PAM 2 more authentication failures; ...". */
static bool read_failure(struct str s, struct pam *p)
{
	if (line_take(&s, "PAM ")) {
		if (!line_take_word(&s, &p->failures) || !line_is_digits(p->failures) || !line_take(&s, "more "))
			return false;
	}
	if (!line_take(&s, "authentication failure"))
		return false;
	line_take(&s, "s");
	if (!line_take(&s, "; ") || !take_caller(s, p))
		return false;
	p->action = "authentication";
	p->outcome = "failure";
	return true;
}

static bool read_password(struct str s, struct pam *p)
{
	if (line_take(&s, "password changed for ")) {
		p->action = "password_changed";
		p->outcome = "success";
		p->user = s;
		return true;
	}
	if (!str_eq(s, STR("check pass; user unknown")) && !str_eq(s, STR("User unknown")))
		return false;
	p->action = "authentication";
	p->outcome = "failure";
	p->reason = STR("user unknown");
	return true;
}

/* pam_faillock, pam_tally2, pam_listfile, pam_succeed_if, pam_unix's account checks. */
static bool read_refusal(struct str s, struct pam *p)
{
	struct str rest = s, user, behind;
	if (line_take(&rest, "Consecutive login failures for user ")) {
		p->action = "account_locked";
		p->user = rest;
		if (line_split_last(rest, STR(" account "), &user, &behind))
			p->user = user;
	} else if (line_take(&rest, "Refused user ") && line_split_last(rest, STR(" for service "), &user, &behind)) {
		p->action = "authentication";
		p->user = user;
	} else if (line_take(&rest, "user ") && line_split_last(rest, STR(" tally "), &user, &behind) &&
		   line_split_last(user, STR(" ("), &user, &behind)) {
		p->action = "account_locked";
		p->user = user;
	} else if (line_take(&rest, "account ") && line_split_last(rest, STR(" has expired"), &user, &behind)) {
		p->action = "authentication";
		p->user = user;
	} else if (line_take_end(&rest, "\"") && line_split_last(rest, STR(" not met by user \""), &behind, &user)) {
		p->action = "authentication";
		p->user = user;
	} else {
		return false;
	}
	p->outcome = "failure";
	p->reason = s;
	return true;
}

static bool read_text(struct str s, struct pam *p)
{
	return read_failure(s, p) || read_session(s, p) || read_password(s, p);
}

/* "pam_unix(sshd:auth): " */
static bool take_module(struct str *s, struct pam *p)
{
	struct str rest = *s, inside;
	if (rest.n < 8 || memcmp(rest.p, "pam_", 4) != 0)
		return false;
	size_t i = 4;
	while (i < rest.n && i < 40 && (rest.p[i] == '_' || (unsigned char)(rest.p[i] - '0') < 10 ||
					(unsigned char)((rest.p[i] | 32) - 'a') < 26))
		i++;
	p->module = str_head(rest, i);
	rest = str_skip(rest, i);
	if (!line_take(&rest, "("))
		return false;
	ptrdiff_t end = str_find(str_head(rest, 100), STR("): "));
	if (end < 0)
		return false;
	inside = str_head(rest, (size_t)end);
	p->service = inside;
	if (line_split_last(inside, STR(":"), &p->service, &inside))
		p->type = inside;
	*s = str_skip(rest, (size_t)end + 3);
	return true;
}

static void add_fields(struct event *e, const struct pam *p)
{
	line_add_action(e, p->action, p->outcome);
	line_add(e, LINE_USER, p->user);
	line_add_number(e, LINE_UID, p->uid.p ? p->uid : p->caller_uid);
	line_add(e, LINE_BY_USER, p->by_user.n ? p->by_user : STR_NONE);
	line_add_number(e, LINE_BY_UID, p->by_uid);
	line_add(e, LINE_REASON, p->reason);
	line_add_number(e, LINE_FAILURES, p->failures);
	line_add(e, LINE_LOGNAME, p->logname);
	line_add_number(e, LINE_EUID, p->euid);
	line_add(e, LINE_TTY, p->tty);
	line_add(e, LINE_RUSER, p->ruser);
	line_add(e, LINE_RHOST, p->rhost);
	if (p->rhost.n)
		line_add_source(e, p->rhost, STR_NONE);
	line_add(e, LINE_PAM_MODULE, p->module);
	line_add(e, LINE_PAM_SERVICE, p->service);
	line_add(e, LINE_PAM_TYPE, p->type);
}

/* Most lines are seen not to be PAM's by their first byte. */
static bool may_begin(char c)
{
	return c == 'p' || c == 'a' || c == 's' || c == 'P' || c == 'c' || c == 'U';
}

static enum decode_result decode(struct str message, struct event *e)
{
	if (!may_begin(message.p[0]))
		return DECODE_MISS;
	struct pam p = {0};
	struct str s = message;
	bool module = take_module(&s, &p);
	if (!read_text(s, &p) && !(module && read_refusal(s, &p)) && !module)
		return DECODE_MISS;
	add_fields(e, &p);
	if (str_eq(e->service, STR("syslog")))
		e->service = STR("auth");
	return DECODE_MATCH;
}

const struct line_decoder line_pam = {
	.name = "pam",
	.summary = "PAM modules, in whatever program they run: sessions, failures, passwords",
	.programs = "",
	.decode = decode,
};
