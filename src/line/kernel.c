#include "line/line_parts.h"

/* "[  316.559919] " before the text */
static struct str take_uptime(struct str *s)
{
	struct str rest = *s, uptime;
	if (!line_take(&rest, "[") || !line_split(rest, STR("] "), &uptime, &rest) || uptime.n > 24)
		return STR_NONE;
	uptime = str_trim(uptime);
	for (size_t i = 0; i < uptime.n; i++)
		if (!ascii_is_digit((unsigned char)uptime.p[i]) && uptime.p[i] != '.')
			return STR_NONE;
	*s = str_trim(rest);
	return uptime.n ? uptime : STR_NONE;
}

/* "NAME: loading out-of-tree module taints kernel.", "NAME: module verification failed: ..." */
static bool read_module(struct str s, struct event *e)
{
	struct str name, text;
	if (!line_split(s, STR(": "), &name, &text) || str_find_byte(name, ' ') >= 0)
		return false;
	bool unsigned_module = line_take(&text, "module verification failed: ");
	if (!unsigned_module && !line_take(&text, "loading out-of-tree module ") && !line_take(&text, "module license "))
		return false;
	line_add_action(e, "module_loaded", NULL);
	line_add(e, LINE_MODULE, name);
	line_add(e, LINE_REASON, text);
	return true;
}

/* "device eth0 entered promiscuous mode", newer "eth0: entered promiscuous mode" */
static bool read_promiscuous(struct str s, struct event *e)
{
	struct str name;
	bool on = line_take_end(&s, " entered promiscuous mode");
	if (!on && !line_take_end(&s, " left promiscuous mode"))
		return false;
	line_take_end(&s, ":");
	if (!line_take_last_word(&s, &name))
		return false;
	line_add_action(e, on ? "promiscuous_on" : "promiscuous_off", NULL);
	line_add(e, LINE_INTERFACE, name);
	return true;
}

/* "NAME[PID]: segfault at ...", "Out of memory: Killed process 123 (NAME) ..." */
static bool read_process(struct str s, struct event *e)
{
	struct str name, pid, rest = s;
	const char *action;
	if (line_take(&rest, "Out of memory: Killed process ") || line_take(&rest, "Out of memory: Kill process ")) {
		action = "out_of_memory";
		if (!line_take_word(&rest, &pid) || !line_take(&rest, "(") || !line_split(rest, STR(")"), &name, &rest))
			return false;
	} else {
		struct str before;
		action = "crash";
		if (!line_split(s, STR("]: segfault at "), &before, &rest) &&
		    !line_split(s, STR("] general protection "), &before, &rest))
			return false;
		if (!line_split_last(before, STR("["), &name, &pid) || !line_is_digits(pid))
			return false;
	}
	line_add_action(e, action, "failure");
	line_add(e, LINE_PROCESS, name);
	line_add_number(e, LINE_PROCESS_PID, pid);
	return true;
}

static enum decode_result decode(struct str message, struct event *e)
{
	struct str s = message, uptime = take_uptime(&s);
	bool mine = read_module(s, e) || read_promiscuous(s, e) || read_process(s, e);
	line_add(e, LINE_UPTIME, uptime);
	return mine || uptime.p ? DECODE_MATCH : DECODE_MISS;
}

const struct line_decoder line_kernel = {
	.name = "kernel",
	.summary = "the kernel: modules, promiscuous interfaces, crashes",
	.programs = "kernel",
	.decode = decode,
};
