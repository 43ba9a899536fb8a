#include "line/line_parts.h"

_Static_assert(LINE_NAMES <= NAMES_SLOTS, "every name has a slot");

static const struct str names[LINE_NAMES] = {
#define NAME(id, text) [LINE_##id] = {text, sizeof text - 1}
	NAME(ACTION, "action"), NAME(OUTCOME, "outcome"), NAME(REASON, "reason"), NAME(METHOD, "method"),
	NAME(PROTOCOL, "protocol"), NAME(USER, "user"), NAME(UID, "uid"), NAME(TARGET_USER, "target_user"),
	NAME(BY_USER, "by_user"), NAME(BY_UID, "by_uid"), NAME(INVALID_USER, "invalid_user"), NAME(SRC_IP, "src_ip"),
	NAME(SRC_HOST, "src_host"), NAME(SRC_PORT, "src_port"), NAME(DST_IP, "dst_ip"), NAME(DST_PORT, "dst_port"),
	NAME(TTY, "tty"), NAME(SESSION, "session"), NAME(KEY_TYPE, "key_type"), NAME(KEY_FINGERPRINT, "key_fingerprint"),
	NAME(REPEATED, "repeated"), NAME(FAILURES, "failures"), NAME(PAM_MODULE, "pam_module"),
	NAME(PAM_SERVICE, "pam_service"), NAME(PAM_TYPE, "pam_type"), NAME(LOGNAME, "logname"), NAME(EUID, "euid"),
	NAME(RUSER, "ruser"), NAME(RHOST, "rhost"), NAME(SUDO_TTY, "TTY"), NAME(SUDO_PWD, "PWD"), NAME(SUDO_USER, "USER"),
	NAME(SUDO_GROUP, "GROUP"), NAME(SUDO_COMMAND, "COMMAND"), NAME(SUDO_ENV, "ENV"), NAME(SUDO_TSID, "TSID"),
	NAME(SUDO_CHROOT, "CHROOT"), NAME(SUDO_HOST, "HOST"), NAME(COMMAND, "command"), NAME(DETAIL, "detail"),
	NAME(GROUP, "group"), NAME(GID, "gid"), NAME(HOME, "home"), NAME(SHELL, "shell"), NAME(ORIGIN, "origin"),
	NAME(UNIT, "unit"), NAME(UNIT_TYPE, "unit_type"), NAME(DESCRIPTION, "description"), NAME(RESULT, "result"),
	NAME(EXIT_CODE, "exit_code"), NAME(EXIT_STATUS, "exit_status"), NAME(UPTIME, "uptime"), NAME(MODULE, "module"),
	NAME(INTERFACE, "interface"), NAME(PROCESS, "process"), NAME(PROCESS_PID, "process_pid"),
#undef NAME
};

struct str line_name_text(enum line_name name)
{
	return names[name];
}

static void add(struct event *e, enum line_name name, enum value_kind kind, struct str value)
{
	if (value.p)
		event_add(e, FIELD_DATA, names_fixed(e->names, name, names[name]), kind, value);
}

void line_add(struct event *e, enum line_name name, struct str value)
{
	add(e, name, VALUE_TEXT, value);
}

bool line_is_digits(struct str s)
{
	size_t i = 0;
	while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
		i++;
	return s.n > 0 && i == s.n;
}

void line_add_number(struct event *e, enum line_name name, struct str digits)
{
	bool number = line_is_digits(digits) && digits.n < 16 && (digits.n == 1 || digits.p[0] != '0');
	add(e, name, number ? VALUE_NUMBER : VALUE_TEXT, digits);
}

void line_add_action(struct event *e, const char *action, const char *outcome)
{
	line_add(e, LINE_ACTION, str_c(action));
	line_add(e, LINE_OUTCOME, str_c(outcome));
}

void line_add_source(struct event *e, struct str address, struct str port)
{
	line_add(e, line_is_ip(address) ? LINE_SRC_IP : LINE_SRC_HOST, address);
	line_add_number(e, LINE_SRC_PORT, port);
}

static bool is_ipv4(struct str s)
{
	unsigned parts = 0;
	for (size_t i = 0; i <= s.n; i++) {
		unsigned v = 0, digits = 0;
		for (; i < s.n && ascii_is_digit((unsigned char)s.p[i]); i++) {
			v = v * 10 + (unsigned)(s.p[i] - '0');
			if (++digits > 3)
				return false;
		}
		if (digits == 0 || v > 255 || (i < s.n && s.p[i] != '.'))
			return false;
		parts++;
	}
	return parts == 4;
}

/* Hex digits and at least two colons, at most 8 groups of at most 4; a zone behind %, an IPv4 tail. */
static bool is_ipv6(struct str s)
{
	ptrdiff_t zone = str_find_byte(s, '%');
	unsigned colons = 0, digits = 0, bare = 0;
	if (zone > 0)
		s = str_head(s, (size_t)zone);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == ':') {
			colons++;
			digits = 0;
			bare = (unsigned)i + 1;
		} else if (c == '.') {
			return colons >= 2 && colons <= 6 && is_ipv4(str_skip(s, bare));
		} else if (!ascii_is_digit((unsigned char)c) && (unsigned)((c | 32) - 'a') > 5) {
			return false;
		} else if (++digits > 4) {
			return false;
		}
	}
	return colons >= 2 && colons <= 8;
}

bool line_is_ip(struct str s)
{
	if (s.n == 0 || s.n > 64)
		return false;
	return is_ipv4(s) || is_ipv6(s);
}

static void split_at(struct str s, size_t at, size_t size, struct str *before, struct str *behind)
{
	*before = str_head(s, at);
	*behind = str_skip(s, at + size);
}

/* The mark is short and mostly near: no library search pays. */
bool line_split(struct str s, struct str mark, struct str *before, struct str *behind)
{
	for (size_t at = 0; at + mark.n <= s.n; at++)
		if (s.p[at] == mark.p[0] && memcmp(s.p + at, mark.p, mark.n) == 0) {
			split_at(s, at, mark.n, before, behind);
			return true;
		}
	return false;
}

bool line_split_last(struct str s, struct str mark, struct str *before, struct str *behind)
{
	for (size_t at = s.n < mark.n ? 0 : s.n - mark.n + 1; at-- > 0;)
		if (s.p[at] == mark.p[0] && memcmp(s.p + at, mark.p, mark.n) == 0) {
			split_at(s, at, mark.n, before, behind);
			return true;
		}
	return false;
}

bool line_take_word(struct str *s, struct str *word)
{
	size_t i = 0;
	while (i < s->n && s->p[i] != ' ')
		i++;
	if (i == 0)
		return false;
	*word = str_head(*s, i);
	*s = str_skip(*s, i + 1);
	return true;
}

bool line_take_last_word(struct str *s, struct str *word)
{
	size_t i = s->n;
	while (i > 0 && s->p[i - 1] != ' ')
		i--;
	if (i == s->n)
		return false;
	*word = str_skip(*s, i);
	*s = str_head(*s, i ? i - 1 : 0);
	return true;
}

bool line_take_quoted(struct str *s, struct str *text)
{
	if (s->n < 2 || s->p[0] != '\'')
		return false;
	ptrdiff_t end = str_find_byte(str_skip(*s, 1), '\'');
	if (end < 0)
		return false;
	*text = (struct str){s->p + 1, (size_t)end};
	*s = str_skip(*s, (size_t)end + 2);
	return true;
}
