#include "base/json.h"

#include <string.h>

#include "base/utf8.h"

/* 0: copy; 1: \u00XX; 2: beyond ASCII; else the letter behind the backslash. */
static unsigned char escape_of(unsigned char c)
{
	switch (c) {
	case '"': case '\\': return c;
	case '\n': return 'n';
	case '\r': return 'r';
	case '\t': return 't';
	case '\b': return 'b';
	case '\f': return 'f';
	default: return c < 0x20 || c == 0x7f ? 1 : c >= 0x80 ? 2 : 0;
	}
}

static size_t put_multibyte(struct buf *b, struct str s, size_t i)
{
	size_t size;
	char out[4];
	uint32_t c = utf8_decode(s.p + i, s.n - i, &size);
	if (c >= 0x80 && c < 0xa0)	/* C1 controls: terminals obey some of them */
		buf_printf(b, "\\u%04x", c);
	else
		buf_put(b, out, utf8_encode(c, out));
	return size;
}

void json_string(struct buf *b, struct str s)
{
	if (!s.p)
		s.p = "";
	buf_reserve(b, s.n + 2);
	buf_byte(b, '"');
	for (size_t i = 0, plain = 0; i <= s.n;) {
		unsigned char how = i < s.n ? escape_of((unsigned char)s.p[i]) : 1;
		if (how == 0) {
			i++;
			continue;
		}
		buf_put(b, s.p + plain, i - plain);
		if (i == s.n)
			break;
		if (how == 2)
			i += put_multibyte(b, s, i);
		else if (how == 1)
			buf_printf(b, "\\u%04x", (unsigned char)s.p[i++]);
		else {
			char two[2] = {'\\', (char)how};
			buf_put(b, two, 2);
			i++;
		}
		plain = i;
	}
	buf_byte(b, '"');
}

void json_comma(struct buf *b)
{
	if (b->n && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		buf_byte(b, ',');
}

void json_key_str(struct buf *b, struct str key)
{
	json_comma(b);
	json_string(b, key);
	buf_byte(b, ':');
}

void json_key(struct buf *b, const char *key)
{
	json_key_str(b, str_c(key));
}

static size_t digits(struct str s, size_t i)
{
	size_t from = i;
	while (i < s.n && ascii_is_digit((unsigned char)s.p[i]))
		i++;
	return i - from;
}

bool json_is_number(struct str s)
{
	size_t i = s.n && s.p[0] == '-', n = digits(s, i);
	if (n == 0 || (n > 1 && s.p[i] == '0'))
		return false;
	i += n;
	if (i < s.n && s.p[i] == '.') {
		n = digits(s, i + 1);
		if (n == 0)
			return false;
		i += n + 1;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		n = digits(s, i);
		if (n == 0)
			return false;
		i += n;
	}
	return i == s.n;
}
