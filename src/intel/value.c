#include "intel/parts.h"

#include "base/utf8.h"

#include <string.h>

#define L 1
const uint8_t intel_label_chars[256] = {
	['0' ... '9'] = L, ['a' ... 'z'] = L, ['A' ... 'Z'] = L, ['-'] = L, ['_'] = L, [0x80 ... 0xFF] = L,
};
#undef L

/* --- refanging --- */

static const struct { const char *from, *to; } defanged[] = {
	{"[.]", "."}, {"(.)", "."}, {"{.}", "."}, {"[dot]", "."}, {"(dot)", "."}, {"{dot}", "."}, {"[:]", ":"}, {"[://]", "://"},
	{"[/]", "/"}, {"[@]", "@"}, {"(@)", "@"}, {"{@}", "@"}, {"[at]", "@"}, {"(at)", "@"}, {"{at}", "@"}, {"[,]", "."},
};

static const struct { const char *from, *to; } schemes[] = {
	{"hxxp://", "http://"}, {"hxxps://", "https://"}, {"h**p://", "http://"}, {"h**ps://", "https://"},
	{"hxtp://", "http://"}, {"hxtps://", "https://"}, {"htxp://", "http://"}, {"htxps://", "https://"},
	{"meow://", "http://"}, {"meows://", "https://"}, {"fxp://", "ftp://"}, {"hxxp//", "http://"},
};

static struct str unquote(struct str s)
{
	s = str_trim(s);
	while (s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'' || s.p[0] == '`') && s.p[s.n - 1] == s.p[0])
		s = str_trim(str_n(s.p + 1, s.n - 2));
	return s;
}

static size_t undo_brackets(struct str s, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		size_t k, taken = 0;

		for (k = 0; strchr("[({", s.p[i]) && s.p[i] && k < sizeof defanged / sizeof *defanged && !taken; k++) {
			struct str to = str_c(defanged[k].to);

			if (!str_starts_nocase(str_skip(s, i), str_c(defanged[k].from)))
				continue;
			taken = strlen(defanged[k].from);
			memcpy(out + n, to.p, to.n);
			n += to.n;
		}
		if (!taken)
			out[n++] = s.p[i];
		i += taken ? taken : 1;
	}
	return n;
}

/* The scheme's new form is never longer: "hxxp//" is made longer by one, which a bracket would have to pay for. */
static size_t undo_scheme(char *text, size_t n, size_t room)
{
	for (size_t k = 0; k < sizeof schemes / sizeof *schemes; k++) {
		struct str from = str_c(schemes[k].from), to = str_c(schemes[k].to);

		if (!str_starts_nocase(str_n(text, n), from) || n - from.n + to.n > room)
			continue;
		memmove(text + to.n, text + from.n, n - from.n);
		memcpy(text, to.p, to.n);
		return n - from.n + to.n;
	}
	return n;
}

size_t intel_refang(struct str s, char *out)
{
	struct str inner = unquote(s);

	return undo_scheme(out, undo_brackets(inner, out), s.n);
}

/* --- addresses --- */

bool intel_parse_v4(struct str s, uint8_t out[4])
{
	uint8_t bytes[4];
	size_t i = 0;

	for (int part = 0; part < 4; part++) {
		unsigned v = 0;
		size_t digits = 0;

		if (part && (i >= s.n || s.p[i++] != '.'))
			return false;
		for (; i < s.n && digits < 3 && ascii_is_digit((unsigned char)s.p[i]); i++, digits++)
			v = v * 10 + (unsigned)(s.p[i] - '0');
		if (!digits || v > 255 || (digits > 1 && s.p[i - digits] == '0'))
			return false;
		bytes[part] = (uint8_t)v;
	}
	if (i != s.n)
		return false;
	memcpy(out, bytes, 4);
	return true;
}

static int hex_value(char c)
{
	unsigned char l = ascii_lower((unsigned char)c);

	return ascii_is_digit(l) ? l - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

struct v6 { uint8_t bytes[16]; size_t n; ptrdiff_t gap; };

/* One group, or the dotted end; bytes used, 0 where it is none. */
static size_t take_group(struct v6 *v, struct str s)
{
	unsigned value = 0;
	size_t i = 0;

	for (; i < s.n && i < 4 && hex_value(s.p[i]) >= 0; i++)
		value = value << 4 | (unsigned)hex_value(s.p[i]);
	if (i < s.n && s.p[i] == '.' && v->n <= 12 && intel_parse_v4(s, v->bytes + v->n)) {
		v->n += 4;
		return s.n;
	}
	if (!i || v->n > 14)
		return 0;
	v->bytes[v->n++] = (uint8_t)(value >> 8);
	v->bytes[v->n++] = (uint8_t)value;
	return i;
}

bool intel_parse_v6(struct str s, uint8_t out[16])
{
	struct v6 v = {.gap = -1};
	size_t i = 0, used;

	if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		v.gap = 0;
		i = 2;
	}
	while (i < s.n) {
		if (!(used = take_group(&v, str_skip(s, i))))
			return false;
		i += used;
		if (i == s.n)
			break;
		if (s.p[i++] != ':' || i == s.n)
			return false;
		if (s.p[i] != ':')
			continue;
		if (v.gap >= 0)
			return false;
		v.gap = (ptrdiff_t)v.n;
		i++;
	}
	if (v.gap < 0 ? v.n != 16 : v.n > 14)
		return false;
	memset(out, 0, 16);
	if (v.gap < 0)
		v.gap = (ptrdiff_t)v.n;
	memcpy(out, v.bytes, (size_t)v.gap);
	memcpy(out + 16 - (v.n - (size_t)v.gap), v.bytes + v.gap, v.n - (size_t)v.gap);
	return true;
}

static bool is_mapped(const uint8_t b[16])
{
	static const uint8_t head[12] = {[10] = 0xFF, [11] = 0xFF};

	return memcmp(b, head, 12) == 0;
}

static void mask_bits(uint8_t *bytes, size_t n, unsigned prefix)
{
	for (size_t i = 0; i < n; i++) {
		unsigned keep = prefix >= 8 * (i + 1) ? 8 : prefix > 8 * i ? prefix - 8 * (unsigned)i : 0;

		bytes[i] &= (uint8_t)(0xFF00u >> keep);
	}
}

static bool is_port(struct str s)
{
	uint64_t port;

	return s.n && s.n <= 5 && !str_to_u64(s, &port) && port <= 65535;
}

/* Takes "/24", ":80" or "[...]:80" off. False where what follows the address is neither. */
static bool split_address(struct str *s, struct str *prefix)
{
	ptrdiff_t slash = str_find_byte(*s, '/'), colon;

	*prefix = STR_NONE;
	if (s->n && s->p[0] == '[') {
		ptrdiff_t end = str_find_byte(*s, ']');
		struct str rest = str_skip(*s, (size_t)end + 1);

		if (end < 0 || (rest.n && !(rest.p[0] == ':' && is_port(str_skip(rest, 1)))))
			return false;
		*s = str_n(s->p + 1, (size_t)end - 1);
		return true;
	}
	if (slash >= 0) {
		*prefix = str_skip(*s, (size_t)slash + 1);
		*s = str_head(*s, (size_t)slash);
		return prefix->n > 0;
	}
	colon = str_find_byte(*s, ':');
	if (colon > 0 && str_find_byte(*s, '.') > 0 && str_find_byte(*s, '.') < colon) {
		if (!is_port(str_skip(*s, (size_t)colon + 1)))
			return false;
		*s = str_head(*s, (size_t)colon);
	}
	return true;
}

static size_t address_key(enum intel_type type, struct str s, char *out, uint8_t *out_prefix)
{
	uint8_t bytes[16];
	struct str prefix;
	uint64_t bits = 0;
	size_t n = 4;

	if (!split_address(&s, &prefix))
		return 0;
	if (!intel_parse_v4(s, bytes)) {
		if (!intel_parse_v6(s, bytes))
			return 0;
		n = 16;
	}
	if (!prefix.p)
		bits = 8 * n;
	else if (str_to_u64(prefix, &bits) || bits > 8 * n)
		return 0;
	if (n == 16 && is_mapped(bytes) && bits >= 96) {
		memmove(bytes, bytes + 12, 4);
		n = 4;
		bits -= 96;
	}
	/* A network of no bits is every address. */
	if ((type == INTEL_IPV4) != (n == 4) || !bits)
		return 0;
	mask_bits(bytes, n, (unsigned)bits);
	memcpy(out, bytes, n);
	*out_prefix = (uint8_t)bits;
	return n;
}

/* --- names, URLs, e-mail --- */

/* Folded; labels of 1 to 63 bytes with dots between. */
static bool is_name(struct str s)
{
	size_t label = 0;

	/* No host begins so, and a '-' in front of one in a text is not part of it. */
	if (s.n && s.p[0] == '-')
		return false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? label == 0 : !intel_label_chars[(unsigned char)s.p[i]])
			return false;
		label = s.p[i] == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0 && s.n <= 253;
}

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return false;
	}
	return s.n > 0;
}

static struct str last_label(struct str s)
{
	size_t i = s.n;

	while (i && s.p[i - 1] != '.')
		i--;
	return str_skip(s, i);
}

static size_t domain_key(struct str s, char *out)
{
	size_t n;

	if (str_starts(s, STR("*.")))
		s = str_skip(s, 2);
	else if (s.n && s.p[0] == '.')
		s = str_skip(s, 1);
	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	n = utf8_fold(s, out);
	s = str_n(out, n);
	return is_name(s) && str_find_byte(s, '.') >= 0 && !is_number(last_label(s)) ? n : 0;
}

static bool is_url_host(struct str h)
{
	uint8_t bytes[16];

	if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		return intel_parse_v6(str_n(h.p + 1, h.n - 2), bytes);
	if (is_number(last_label(h)))
		return intel_parse_v4(h, bytes);
	return is_name(h);
}

struct str intel_url_host(struct str key)
{
	size_t end = 0;

	if (key.n && key.p[0] == '[')
		end = (size_t)(str_find_byte(key, ']') + 1);
	while (end < key.n && key.p[end] != ':' && key.p[end] != '/')
		end++;
	return str_head(key, end);
}

/* scheme://user@host:80/path?query#fragment without scheme, user, port 80 or 443 and fragment; the path is at least "/". */
static size_t url_key(struct str s, char *out)
{
	ptrdiff_t at = str_find(s, STR("://")), hash = str_find_byte(s, '#');
	struct str host, port = STR_NONE, rest;
	size_t end = 0, n;

	if (hash >= 0)
		s = str_head(s, (size_t)hash);
	if (at > 0 && at < 20)
		s = str_skip(s, (size_t)at + 3);
	while (end < s.n && s.p[end] != '/' && s.p[end] != '?')
		end++;
	rest = str_skip(s, end);
	s = str_head(s, end);
	at = str_find_byte(s, '@');
	if (at >= 0)
		s = str_skip(s, (size_t)at + 1);
	host = intel_url_host(s);
	if (host.n < s.n)
		port = str_skip(s, host.n + 1);
	if (!host.n || (port.p && port.n && !is_port(port)))
		return 0;
	if (host.p[host.n - 1] == '.')
		host.n--;
	n = utf8_fold(host, out);
	if (!is_url_host(str_n(out, n)))
		return 0;
	if (port.n && !str_eq(port, STR("80")) && !str_eq(port, STR("443"))) {
		out[n++] = ':';
		memcpy(out + n, port.p, port.n);
		n += port.n;
	}
	if (!rest.n || rest.p[0] != '/')
		out[n++] = '/';
	return n + utf8_fold(rest, out + n);
}

static size_t email_key(struct str s, char *out)
{
	ptrdiff_t at = str_find_byte(s, '@');
	size_t n;

	if (str_starts_nocase(s, STR("mailto:")))
		return email_key(str_skip(s, 7), out);
	if (at <= 0 || str_find_byte(str_skip(s, (size_t)at + 1), '@') >= 0)
		return 0;
	n = utf8_fold(s, out);
	at = str_find_byte(str_n(out, n), '@');
	for (ptrdiff_t i = 0; i < at; i++) {
		if (!intel_label_chars[(unsigned char)out[i]] && !strchr(".%+", out[i]))
			return 0;
	}
	s = str_skip(str_n(out, n), (size_t)at + 1);
	return is_name(s) && str_find_byte(s, '.') >= 0 && !is_number(last_label(s)) ? n : 0;
}

/* --- files and the rest --- */

static const uint8_t hash_sizes[] = {[INTEL_MD5] = 16, [INTEL_SHA1] = 20, [INTEL_SHA256] = 32, [INTEL_SHA512] = 64,
				     [INTEL_IMPHASH] = 16};

static size_t hash_key(enum intel_type type, struct str s, char *out)
{
	size_t n = hash_sizes[type];

	if (str_starts_nocase(s, STR("0x")))
		s = str_skip(s, 2);
	if (s.n != 2 * n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(s.p[2 * i]), low = hex_value(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i] = (char)(high << 4 | low);
	}
	return n;
}

static size_t name_key(struct str s, char *out)
{
	if (!s.n || s.n > 255 || str_find_byte(s, '/') >= 0 || str_find_byte(s, '\\') >= 0 || str_find_byte(s, 0) >= 0)
		return 0;
	return utf8_fold(s, out);
}

/* Separators become single '/', "\\?\" and "\??\" in front go. */
static size_t path_key(struct str s, char *out)
{
	size_t n, to = 0;

	if (s.n > 1024 || str_find_byte(s, 0) >= 0)
		return 0;
	if (str_starts(s, STR("\\\\?\\")) || str_starts(s, STR("\\??\\")))
		s = str_skip(s, 4);
	n = utf8_fold(s, out);
	for (size_t i = 0; i < n; i++) {
		char c = out[i] == '\\' ? '/' : out[i];

		if (c != '/' || !to || out[to - 1] != '/')
			out[to++] = c;
	}
	while (to > 1 && out[to - 1] == '/')
		to--;
	return to > 1 && memchr(out, '/', to) ? to : 0;
}

static const struct { const char *from, *to; } roots[] = {
	{"hkey_local_machine\\", "hklm\\"}, {"hkey_current_user\\", "hkcu\\"}, {"hkey_users\\", "hku\\"},
	{"hkey_classes_root\\", "hkcr\\"}, {"\\registry\\machine\\", "hklm\\"}, {"\\registry\\user\\", "hku\\"},
};

static size_t registry_key(struct str s, char *out)
{
	size_t n = utf8_fold(s, out);

	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		struct str from = str_c(roots[i].from), to = str_c(roots[i].to);

		if (!str_starts(str_n(out, n), from))
			continue;
		memcpy(out, to.p, to.n);
		memmove(out + to.n, out + from.n, n - from.n);
		n = n - from.n + to.n;
		break;
	}
	while (n && out[n - 1] == '\\')
		n--;
	return n > 4 && str_starts(str_n(out, n), STR("hk")) && memchr(out, '\\', n) ? n : 0;
}

static size_t mutex_key(struct str s, char *out)
{
	size_t i = s.n;

	while (i && s.p[i - 1] != '\\')
		i--;
	return utf8_fold(str_skip(s, i), out);
}

size_t intel_key(enum intel_type type, struct str s, char *out, uint8_t *out_prefix)
{
	*out_prefix = 0;
	if (!s.n || s.n > INTEL_VALUE_MAX)
		return 0;
	switch (type) {
	case INTEL_IPV4: case INTEL_IPV6:
		return address_key(type, s, out, out_prefix);
	case INTEL_DOMAIN:
		return domain_key(s, out);
	case INTEL_URL:
		return url_key(s, out);
	case INTEL_EMAIL:
		return email_key(s, out);
	case INTEL_MD5: case INTEL_SHA1: case INTEL_SHA256: case INTEL_SHA512: case INTEL_IMPHASH:
		return hash_key(type, s, out);
	case INTEL_FILE_NAME:
		return name_key(s, out);
	case INTEL_FILE_PATH:
		return path_key(s, out);
	case INTEL_REGISTRY_KEY:
		return registry_key(s, out);
	case INTEL_MUTEX:
		return mutex_key(s, out);
	default:
		return type == INTEL_USER_AGENT ? utf8_fold(s, out) : 0;
	}
}

struct str intel_tail(struct str key)
{
	struct str label;
	size_t i = key.n;

	while (i && key.p[i - 1] != '/')
		i--;
	key = str_skip(key, i);
	label = last_label(key);
	for (i = 0; i < label.n; i++) {
		if (!intel_label_chars[(unsigned char)label.p[i]])
			return STR_NONE;
	}
	return label.n && label.n < key.n ? label : STR_NONE;
}

uint32_t intel_tail_slot(const char *label, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, label, n < 8 ? n : 8);
	return (uint32_t)((v * UINT64_C(0x9E3779B97F4A7C15) ^ n * UINT64_C(0xD6E8FEB86659FD93)) >> 51) % TAILS;
}

/* The last 8 bytes, which hold the ending, would tell less. */
uint32_t intel_name_slot(const char *p, size_t n)
{
	uint64_t v;

	memcpy(&v, p, 8);
	if (n < 8)
		v &= (UINT64_C(1) << 8 * n) - 1;
	return (uint32_t)((v * UINT64_C(0x9E3779B97F4A7C15) ^ n * UINT64_C(0xD6E8FEB86659FD93)) >> 48);
}

/* --- what a value looks like --- */

/* Endings of files that are no top-level domains. */
static bool is_file_ending(struct str label)
{
	static const char *const endings[] = {
		"7z", "ashx", "asmx", "asp", "aspx", "bat", "bin", "cab", "cfg", "chm", "class", "cmd", "conf", "cpl", "dat", "db",
		"dll", "doc", "docm", "docx", "drv", "elf", "eml", "exe", "gz", "hta", "htm", "html", "inf", "ini", "iso", "jar",
		"jpeg", "jpg", "js", "jse", "json", "jsp", "jspx", "lnk", "log", "msi", "ocx", "old", "one", "pdf", "php", "png",
		"ppt", "pptx", "ps1", "psm1", "rar", "reg", "rtf", "scr", "sys", "tar", "tlb", "tmp", "txt", "vbe", "vbs", "war",
		"wsf", "xls", "xlsm", "xlsx", "xml", "bak",
	};

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		if (str_eq_nocase(label, str_c(endings[i])))
			return true;
	}
	return false;
}

static enum intel_type guess_hash(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (hex_value(s.p[i]) < 0)
			return INTEL_TYPES;
	}
	return s.n == 32 ? INTEL_MD5 : s.n == 40 ? INTEL_SHA1 : s.n == 64 ? INTEL_SHA256 :
	       s.n == 128 ? INTEL_SHA512 : INTEL_TYPES;
}

static bool holds_space(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] <= ' ')
			return true;
	}
	return false;
}

static bool is_path(struct str s)
{
	char letter = (char)(s.n > 3 ? s.p[0] | 0x20 : 0);
	bool drive = letter >= 'a' && letter <= 'z' && s.p[1] == ':' && (s.p[2] == '\\' || s.p[2] == '/');

	return drive || s.p[0] == '/' || s.p[0] == '\\' || (str_find_byte(s, '\\') >= 0 && !holds_space(s));
}

enum intel_type intel_guess(struct str s)
{
	char key[KEY_MAX];
	uint8_t prefix;

	if (!s.n || s.n > INTEL_VALUE_MAX)
		return INTEL_TYPES;
	if (guess_hash(s) != INTEL_TYPES)
		return guess_hash(s);
	if (intel_key(INTEL_IPV4, s, key, &prefix))
		return INTEL_IPV4;
	if (intel_key(INTEL_IPV6, s, key, &prefix))
		return INTEL_IPV6;
	if (str_starts(s, STR("Mozilla/")))
		return INTEL_USER_AGENT;
	if (intel_key(INTEL_REGISTRY_KEY, s, key, &prefix))
		return INTEL_REGISTRY_KEY;
	if (str_find(s, STR("://")) > 0)
		return !holds_space(s) && intel_key(INTEL_URL, s, key, &prefix) ? INTEL_URL : INTEL_TYPES;
	if (is_path(s))
		return intel_key(INTEL_FILE_PATH, s, key, &prefix) ? INTEL_FILE_PATH : INTEL_TYPES;
	if (holds_space(s))
		return INTEL_TYPES;
	if (intel_key(INTEL_EMAIL, s, key, &prefix))
		return INTEL_EMAIL;
	if (str_find_byte(s, '/') > 0) {
		size_t n = intel_key(INTEL_URL, s, key, &prefix);
		struct str host = intel_url_host(str_n(key, n));

		/* An address and a number is a network that is none. */
		if (!n || str_find_byte(host, '.') <= 0 || is_number(str_skip(s, (size_t)str_find_byte(s, '/') + 1)))
			return INTEL_TYPES;
		return INTEL_URL;
	}
	if (str_find_byte(s, '.') > 0 && is_file_ending(last_label(s)))
		return INTEL_FILE_NAME;
	return intel_key(INTEL_DOMAIN, s, key, &prefix) ? INTEL_DOMAIN : INTEL_TYPES;
}
