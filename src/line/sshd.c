#include "line/line_parts.h"

#include <string.h>

/* What one message tells. Texts are STR_NONE where it does not say. */
struct sshd {
	struct str method, user, address, port, protocol, reason;
	struct str dst_ip, dst_port, key_type, key_fingerprint, detail;
	bool invalid_user;
	bool doubtful;		/* it can be read in several ways: user and address are left out */
};

struct message {
	struct str begin;
	bool (*read)(struct str rest, struct sshd *out);
	const char *action, *outcome;
};

/* "... port 22": takes port and blank off the end. */
static bool take_port(struct str *s, struct str *port)
{
	struct str rest = *s, word;
	if (!line_take_last_word(&rest, &word) || !line_is_digits(word) || !line_take_end(&rest, " port"))
		return false;
	*s = rest;
	*port = word;
	return true;
}

/* "U from A port P", or of old "U from A": what stands before " from " stays. */
static bool take_from(struct str *s, struct sshd *out)
{
	struct str rest = *s, port = STR_NONE, address;
	take_port(&rest, &port);
	if (!line_take_last_word(&rest, &address) || (!line_take_end(&rest, " from") && !str_eq(rest, STR("from"))))
		return false;
	if (str_eq(rest, STR("from")))
		rest.n = 0;
	out->address = address;
	out->port = port;
	*s = rest;
	return true;
}

static struct str without_ssh2(struct str s, struct sshd *out)
{
	if (line_take_end(&s, " ssh2"))
		out->protocol = STR("ssh2");
	return str_trim(s);
}

static void take_user(struct str s, struct sshd *out)
{
	out->invalid_user = line_take(&s, "invalid user ") || line_take(&s, "illegal user ");
	out->user = s;
}

/*
 * "... ssh2: RSA SHA256:..." behind the address. A certificate's key id, and a client's host and user name, come from
 * outside and stand behind it too: then the mark must be the only one.
 */
static bool take_key(struct str *s, struct sshd *out)
{
	struct str before, behind, type, fingerprint, other;
	if (!line_split_last(*s, STR(" ssh2: "), &before, &behind))
		return false;
	struct str rest = behind;
	bool key = line_take_word(&rest, &type) && line_take_word(&rest, &fingerprint);
	if (!key || (rest.n && line_split(before, STR(" ssh2: "), &other, &other))) {
		out->doubtful = true;
		return true;
	}
	out->protocol = STR("ssh2");
	out->key_type = type;
	out->key_fingerprint = fingerprint;
	if (line_take_end(&out->key_fingerprint, ","))
		out->detail = rest;
	*s = before;
	return true;
}

/* "METHOD for U from A port P ssh2" */
static bool read_auth(struct str s, struct sshd *out)
{
	if (!line_take_word(&s, &out->method) || !line_take(&s, "for "))
		return false;
	struct str rest = without_ssh2(s, out);
	if (take_from(&rest, out)) {
		take_user(rest, out);
		return true;
	}
	if (take_key(&s, out)) {
		out->doubtful = out->doubtful || !take_from(&s, out);
		if (!out->doubtful)
			take_user(s, out);
		return true;
	}
	take_user(s, out);
	return str_find_byte(out->user, ' ') < 0;
}

/* "U from A port P ssh2" */
static bool read_user_from(struct str s, struct sshd *out)
{
	s = without_ssh2(s, out);
	if (!take_from(&s, out))
		return false;
	take_user(s, out);
	return true;
}

static bool read_invalid_user(struct str s, struct sshd *out)
{
	out->invalid_user = true;
	if (!take_from(&s, out))
		return false;
	out->user = s;
	return true;
}

static bool read_bare_invalid_user(struct str s, struct sshd *out)
{
	out->invalid_user = true;
	out->user = s;
	return true;
}

static bool read_bare_user(struct str s, struct sshd *out)
{
	take_user(s, out);
	return true;
}

/* "authenticating user U A port P", "A port P", of old "A": the address is the last word. */
static bool read_peer(struct str s, struct sshd *out)
{
	struct str who = s;
	take_port(&who, &out->port);
	if (!line_take_last_word(&who, &out->address))
		return false;
	if (who.n == 0 && out->address.n && who.p + out->address.n == s.p + out->address.n)
		return true;
	if (line_take(&who, "authenticating user ") || line_take(&who, "user ")) {
		out->user = who;
		return true;
	}
	take_user(who, out);
	return out->invalid_user;
}

/* "A port P", and perhaps more behind it: the address comes first. */
static bool read_address(struct str s, struct sshd *out)
{
	struct str word;
	if (!line_take_word(&s, &word))
		return false;
	if (line_take(&s, "port ")) {
		size_t i = 0;
		while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
			i++;
		out->port = str_head(s, i);
		s = str_skip(s, i);
		if (i == 0)
			return false;
		line_take(&s, " ");
	} else {
		line_take_end(&word, ":");
	}
	out->address = word;
	out->detail = s;
	return word.n > 0;
}

/* "A port P:11: text", of old "A: 11: text"; the text is the client's. */
static bool read_disconnect(struct str s, struct sshd *out)
{
	if (!read_address(s, out))
		return false;
	struct str rest = out->detail, code, text;
	out->detail = STR_NONE;
	line_take(&rest, ":");
	rest = str_trim(rest);
	if (line_split(rest, STR(":"), &code, &text) && line_is_digits(code))
		rest = str_trim(text);
	out->reason = rest.n ? rest : STR_NONE;
	return true;
}

/* "A port P: reason" */
static bool read_address_reason(struct str s, struct sshd *out)
{
	if (!read_address(s, out))
		return false;
	struct str reason = out->detail;
	out->detail = STR_NONE;
	line_take(&reason, ":");
	reason = str_trim(reason);
	out->reason = reason.n ? reason : STR_NONE;
	return true;
}

/* The same, or "authenticating user U A port P: reason", where the reason is the server's own and holds no colon. */
static bool read_connection_reason(struct str s, struct sshd *out)
{
	struct str peer, reason;
	if (!line_split_last(s, STR(": "), &peer, &reason) || !read_peer(peer, out))
		return false;
	out->reason = reason;
	return true;
}

/* "A port P on B port Q" */
static bool read_connection(struct str s, struct sshd *out)
{
	if (!read_address(s, out))
		return false;
	struct str rest = out->detail, word;
	out->detail = STR_NONE;
	if (!line_take(&rest, "on ") || !line_take_word(&rest, &word))
		return true;
	out->dst_ip = word;
	if (line_take(&rest, "port ") && line_take_word(&rest, &word))
		out->dst_port = word;
	return true;
}

/*
 * "Disconnecting invalid user U A port P: reason". One reason, which alone ends in a parenthesis, quotes user names again,
 * old and new: if its words stand there twice, somebody chose them as a name.
 */
static bool read_disconnecting(struct str s, struct sshd *out)
{
	static const struct str change = {": Change of username or service not allowed: (", 46};
	struct str who, behind, other;
	if (line_take(&s, ": "))
		return false;
	if (s.n && s.p[s.n - 1] == ')' && line_split(s, change, &who, &behind)) {
		out->doubtful = line_split(behind, change, &other, &other);
		out->reason = STR("Change of username or service not allowed");
		return out->doubtful || read_peer(who, out);
	}
	return read_connection_reason(s, out);
}

/* "Disconnecting: Too many authentication failures for U", of old. */
static bool read_too_many(struct str s, struct sshd *out)
{
	out->reason = STR("Too many authentication failures");
	if (line_take(&s, " for "))
		take_user(s, out);
	return true;
}

/* "User U from A not allowed because REASON" */
static bool read_not_allowed(struct str s, struct sshd *out)
{
	struct str who;
	if (!line_split_last(s, STR(" not allowed because "), &who, &out->reason) || !take_from(&who, out))
		return false;
	out->user = who;
	return true;
}

/* "NAME [A] failed - POSSIBLE BREAK-IN ATTEMPT!": NAME is what the attacker's name server says. */
static bool read_reverse(struct str s, struct sshd *out)
{
	struct str rest, behind;
	if (!line_split_last(s, STR("] failed"), &rest, &behind) || !line_split_last(rest, STR(" ["), &rest, &behind))
		return false;
	out->address = behind;
	out->detail = rest;
	return true;
}

/* "A maps to NAME, but this does not map back to the address" */
static bool read_maps_to(struct str s, struct sshd *out)
{
	if (!line_take_word(&s, &out->address) || !line_take(&s, "maps to "))
		return false;
	if (!line_take_word(&s, &out->detail))
		return false;
	line_take_end(&out->detail, ",");
	return true;
}

/* "'text' from A port P": the text is the client's. */
static bool read_bad_protocol(struct str s, struct sshd *out)
{
	if (!take_from(&s, out))
		return false;
	out->detail = s;
	return true;
}

static bool read_listening(struct str s, struct sshd *out)
{
	line_take_end(&s, ".");
	if (!line_take_word(&s, &out->dst_ip))
		return false;
	if (line_take(&s, "port "))
		out->dst_port = s;
	return true;
}

/* "RSA SHA256:... found at FILE:1" */
static bool read_key_found(struct str s, struct sshd *out)
{
	if (!line_take_word(&s, &out->key_type) || !line_take_word(&s, &out->key_fingerprint) || !line_take(&s, "found at "))
		return false;
	out->detail = s;
	return true;
}

/* "command for U from A port P id 0" */
static bool read_session(struct str s, struct sshd *out)
{
	struct str id;
	if (line_take_last_word(&s, &id) && !(line_is_digits(id) && line_take_end(&s, " id")))
		return false;
	if (!take_from(&s, out) || !line_split(s, STR(" for "), &out->detail, &out->user))
		return false;
	return true;
}

/* "user U from A port P id 0" */
static bool read_session_end(struct str s, struct sshd *out)
{
	struct str id;
	if (!line_take(&s, "user ") || !line_take_last_word(&s, &id) || !line_take_end(&s, " id") || !take_from(&s, out))
		return false;
	out->user = s;
	return true;
}

static bool read_reason(struct str s, struct sshd *out)
{
	out->reason = s;
	return s.n > 0;
}

#define SSHD(text, reader, action, outcome) {{text, sizeof text - 1}, reader, action, outcome}

static const struct message messages[] = {
	SSHD("Failed ", read_auth, "login", "failure"),
	SSHD("Accepted key ", read_key_found, "key_found", NULL),
	SSHD("Accepted ", read_auth, "login", "success"),
	SSHD("Invalid user ", read_invalid_user, "invalid_user", "failure"),
	SSHD("Received disconnect from ", read_disconnect, "disconnect", NULL),
	SSHD("Disconnected from ", read_peer, "disconnect", NULL),
	SSHD("Disconnecting: Too many authentication failures", read_too_many, "too_many_failures", "failure"),
	SSHD("Disconnecting ", read_disconnecting, "disconnect", "failure"),
	SSHD("Connection closed by ", read_peer, "connection_closed", NULL),
	SSHD("Connection reset by ", read_peer, "connection_reset", NULL),
	SSHD("Connection from ", read_connection, "connection", NULL),
	SSHD("maximum authentication attempts exceeded for ", read_user_from, "too_many_failures", "failure"),
	SSHD("Did not receive identification string from ", read_address, "no_identification", "failure"),
	SSHD("Bad protocol version identification ", read_bad_protocol, "bad_protocol", "failure"),
	SSHD("Unable to negotiate with ", read_address_reason, "negotiation_failed", "failure"),
	SSHD("kex_exchange_identification: ", read_reason, "negotiation_failed", "failure"),
	SSHD("kex_protocol_error: ", read_reason, "negotiation_failed", "failure"),
	SSHD("banner exchange: Connection from ", read_address_reason, "negotiation_failed", "failure"),
	SSHD("ssh_dispatch_run_fatal: Connection from ", read_connection_reason, "connection_reset", "failure"),
	SSHD("Timeout before authentication for connection from ", read_address, "timeout", "failure"),
	SSHD("Timeout before authentication for ", read_address, "timeout", "failure"),
	SSHD("User ", read_not_allowed, "not_allowed", "failure"),
	SSHD("Postponed ", read_auth, "login_postponed", NULL),
	SSHD("Partial ", read_auth, "login_postponed", NULL),
	SSHD("input_userauth_request: invalid user ", read_bare_invalid_user, "invalid_user", "failure"),
	SSHD("PAM: User not known to the underlying authentication module for ", read_user_from, "login", "failure"),
	SSHD("PAM: Authentication failure for ", read_user_from, "login", "failure"),
	SSHD("reverse mapping checking getaddrinfo for ", read_reverse, "reverse_mapping", "failure"),
	SSHD("Address ", read_maps_to, "reverse_mapping", "failure"),
	SSHD("Starting session: ", read_session, "session_opened", "success"),
	SSHD("Close session: ", read_session_end, "session_closed", NULL),
	SSHD("Server listening on ", read_listening, "listening", NULL),
	SSHD("Excess permission or bad ownership on file ", read_reason, "bad_ownership", "failure"),
	SSHD("Authentication refused: ", read_reason, "refused", "failure"),
	SSHD("ROOT LOGIN REFUSED FROM ", read_address, "not_allowed", "failure"),
	SSHD("Nasty PTR record ", read_reason, "reverse_mapping", "failure"),
	SSHD("Disconnecting: ", read_reason, "disconnect", "failure"),
	SSHD("PAM: Authentication failure for", read_bare_user, "login", "failure"),
};

static void add_fields(struct event *e, const struct message *m, const struct sshd *s)
{
	line_add_action(e, m->action, m->outcome);
	line_add(e, LINE_METHOD, s->method);
	if (!s->doubtful) {
		line_add(e, LINE_USER, s->user);
		if (s->address.p)
			line_add_source(e, s->address, s->port);
		if (s->invalid_user)
			line_add(e, LINE_INVALID_USER, STR("true"));
	}
	line_add(e, LINE_PROTOCOL, s->protocol);
	line_add(e, LINE_KEY_TYPE, s->key_type);
	line_add(e, LINE_KEY_FINGERPRINT, s->key_fingerprint);
	line_add(e, LINE_DST_IP, s->dst_ip);
	line_add_number(e, LINE_DST_PORT, s->dst_port);
	line_add(e, LINE_REASON, s->reason);
	line_add(e, LINE_DETAIL, s->detail.n ? s->detail : STR_NONE);
}

static enum decode_result decode(struct str message, struct event *e)
{
	struct str s = message;
	line_take_end(&s, " [preauth]");
	if (!line_take(&s, "error: "))
		line_take(&s, "fatal: ");
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		const struct message *m = &messages[i];
		if (!s.n || s.p[0] != m->begin.p[0] || !line_begins(s, m->begin))
			continue;
		struct sshd got = {0};
		if (!m->read(line_skip(s, m->begin.n), &got))
			continue;
		add_fields(e, m, &got);
		return got.doubtful ? DECODE_PARTIAL : DECODE_MATCH;
	}
	return DECODE_MISS;
}

const struct line_decoder line_sshd = {
	.name = "sshd",
	.summary = "OpenSSH's server: logins, invalid users, disconnects, failed negotiations",
	.programs = "sshd sshd-session sshd-auth",
	.decode = decode,
};
