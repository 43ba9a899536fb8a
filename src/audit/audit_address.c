#include <arpa/inet.h>
#include <string.h>

#include "audit/audit.h"

#define ADDRESS_BYTES_MAX 128u		/* sockaddr_storage */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns the number of bytes; 0: it is no hexadecimal. */
static size_t read_bytes(struct str hex, unsigned char out[ADDRESS_BYTES_MAX])
{
	if (hex.n % 2 || hex.n / 2 > ADDRESS_BYTES_MAX)
		return 0;
	for (size_t i = 0; i < hex.n; i += 2) {
		int high = digit(hex.p[i]), low = digit(hex.p[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i / 2] = (unsigned char)(high << 4 | low);
	}
	return hex.n / 2;
}

/* A path ends at its NUL; an abstract name begins with one. */
static struct str local_path(const unsigned char *p, size_t n, struct arena *a)
{
	struct str name = str_n(p, n);

	if (n && !p[0]) {
		name = str_skip(name, 1);
		while (name.n && !name.p[name.n - 1])
			name.n--;
		return name.n ? arena_printf(a, "@%.*s", STR_ARGS(name)) : STR_NONE;
	}
	name.n = strnlen(name.p, name.n);
	return name.n ? arena_str(a, name) : STR_NONE;
}

bool audit_read_address(struct str hex, struct arena *a, struct audit_address *out)
{
	unsigned char b[ADDRESS_BYTES_MAX];
	size_t n = read_bytes(hex, b);
	unsigned family;

	if (n < 2)
		return false;
	*out = (struct audit_address){.family = STR_NONE, .path = STR_NONE};
	/* The machine's own byte order: families are small numbers. */
	family = b[1] ? (b[0] ? (unsigned)b[0] | (unsigned)b[1] << 8 : b[1]) : b[0];
	if (family == 2 && n >= 8) {
		out->family = STR("inet");
		inet_ntop(AF_INET, b + 4, out->address, sizeof out->address);
	} else if (family == 10 && n >= 24) {
		out->family = STR("inet6");
		inet_ntop(AF_INET6, b + 8, out->address, sizeof out->address);
	} else if (family == 1) {
		out->family = STR("local");
		out->path = local_path(b + 2, n - 2, a);
	} else {
		out->family = arena_printf(a, "%u", family);
	}
	if (*out->address)
		out->port = (uint16_t)(b[2] << 8 | b[3]);
	return true;
}
