#include "line/line_parts.h"

/*
 * The shadow tools: useradd, usermod, userdel, groupadd, groupmod, groupdel, gpasswd, passwd, chage, chfn, chsh. `user`
 * is the account that the line is about.
 */

/* "name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/bash, from=/dev/pts/0": the value of one name. */
static struct str setting(struct str s, struct str name)
{
	struct str before, value, rest;
	if (!line_take_str(&s, name)) {
		char mark[16] = ", ";
		size_t n = 2;
		for (; n < sizeof mark && n - 2 < name.n; n++)
			mark[n] = name.p[n - 2];
		if (!line_split(s, str_n(mark, n), &before, &value))
			return STR_NONE;
		s = value;
	}
	value = s;
	line_split(s, STR(", "), &value, &rest);
	return value;
}

static bool new_account(struct str s, struct event *e)
{
	bool user = line_take(&s, "new user: ");
	if (!user && !line_take(&s, "new group: ") && !line_take(&s, "group added to /etc/group: "))
		return false;
	struct str name = setting(s, STR("name="));
	if (!name.p)
		return false;
	line_add_action(e, user ? "user_added" : "group_added", "success");
	line_add(e, user ? LINE_USER : LINE_GROUP, name);
	line_add_number(e, LINE_UID, setting(s, STR("UID=")));
	line_add_number(e, LINE_GID, setting(s, STR("GID=")));
	line_add(e, LINE_HOME, setting(s, STR("home=")));
	line_add(e, LINE_SHELL, setting(s, STR("shell=")));
	line_add(e, LINE_ORIGIN, setting(s, STR("from=")));
	return true;
}

/* "add 'bob' to group 'sudo'", "delete 'bob' from shadow group 'sudo'" */
static bool membership(struct str s, struct event *e)
{
	struct str user, group;
	bool added = line_take(&s, "add ");
	if (!added && !line_take(&s, "delete "))
		return false;
	if (!line_take_quoted(&s, &user) || !(line_take(&s, " to ") || line_take(&s, " from ")))
		return false;
	line_take(&s, "shadow ");
	if (!line_take(&s, "group ") || !line_take_quoted(&s, &group))
		return false;
	line_add_action(e, added ? "group_member_added" : "group_member_removed", "success");
	line_add(e, LINE_USER, user);
	line_add(e, LINE_GROUP, group);
	return true;
}

/* "delete user 'bob'", "failed adding user 'bob', ...", "lock user 'bob' password", "unlock user ...". */
static bool user_change(struct str s, struct event *e)
{
	static const struct { struct str begin; const char *action, *outcome; } rows[] = {
		{{"delete user ", 12}, "user_removed", "success"},
		{{"failed adding user ", 19}, "user_added", "failure"},
		{{"failed adding group ", 20}, "group_added", "failure"},
		{{"lock user ", 10}, "user_locked", "success"},
		{{"unlock user ", 12}, "user_unlocked", "success"},
		{{"change user ", 12}, "user_changed", "success"},
		{{"changed user ", 13}, "user_changed", "success"},
		{{"removed group ", 14}, "group_removed", "success"},
		{{"removed shadow group ", 21}, "group_removed", "success"},
		{{"group ", 6}, "group_removed", "success"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str rest = s, name;
		if (!line_take_str(&rest, rows[i].begin) || !line_take_quoted(&rest, &name))
			continue;
		bool group = str_find(rows[i].begin, STR("group")) >= 0;
		if (i == 9 && !line_take(&rest, " removed"))
			continue;
		line_add_action(e, rows[i].action, rows[i].outcome);
		line_add(e, group ? LINE_GROUP : LINE_USER, name);
		line_add(e, LINE_DETAIL, str_trim(rest).n ? str_trim(rest) : STR_NONE);
		return true;
	}
	return false;
}

/* "password for 'bob' changed by 'root'" and chage's "changed password expiry for bob" */
static bool password_change(struct str s, struct event *e)
{
	struct str user, by;
	if (line_take(&s, "password for ")) {
		if (!line_take_quoted(&s, &user) || !line_take(&s, " changed by ") || !line_take_quoted(&s, &by))
			return false;
		line_add_action(e, "password_changed", "success");
		line_add(e, LINE_USER, user);
		line_add(e, LINE_BY_USER, by);
		return true;
	}
	if (!line_take(&s, "changed password expiry for "))
		return false;
	line_add_action(e, "password_expiry_changed", "success");
	line_add(e, LINE_USER, s);
	return true;
}

/* gpasswd: "user bob added by root to group sudo", "user bob removed by root from group sudo" */
static bool gpasswd(struct str s, struct event *e)
{
	struct str user, by, group, rest;
	if (!line_take(&s, "user ") || !line_take_word(&s, &user))
		return false;
	bool added = line_take(&s, "added by ");
	if (!added && !line_take(&s, "removed by "))
		return false;
	if (!line_take_word(&s, &by) || !(line_take(&s, "to group ") || line_take(&s, "from group ")))
		return false;
	rest = s;
	if (!line_take_word(&rest, &group))
		return false;
	line_add_action(e, added ? "group_member_added" : "group_member_removed", "success");
	line_add(e, LINE_USER, user);
	line_add(e, LINE_GROUP, group);
	line_add(e, LINE_BY_USER, by);
	return true;
}

static enum decode_result decode(struct str message, struct event *e)
{
	bool mine = new_account(message, e) || membership(message, e) || user_change(message, e) ||
		password_change(message, e) || gpasswd(message, e);
	return mine ? DECODE_MATCH : DECODE_MISS;
}

const struct line_decoder line_account = {
	.name = "account",
	.summary = "useradd, usermod, groupadd, passwd and their like: accounts made, changed, removed",
	.programs = "useradd usermod userdel groupadd groupmod groupdel gpasswd passwd chpasswd chage chfn chsh adduser "
		    "deluser newusers",
	.decode = decode,
};
