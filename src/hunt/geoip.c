#include "hunt/geoip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"
#include "event/value.h"

#define CACHE_SLOTS 1024u
#define ADDRESS_TEXT_MAX 46u

struct geoip {
	MMDB_s databases[GEOIP_DATABASES_MAX];
	size_t count;
};

struct slot {
	uint8_t address[16];
	bool used, known;
	struct report_geo geo;		/* but its address */
};

struct geoip_reader {
	const struct geoip *geoip;
	struct slot slots[CACHE_SLOTS];
	struct buf room;
	char texts[GEOIP_PER_FINDING][ADDRESS_TEXT_MAX];
	uint8_t found[GEOIP_PER_FINDING][16];
	uint64_t damaged;
};

/* --- opening --- */

/* Every record of the search tree leads to a node, to data, or to nothing. */
static bool is_whole(const MMDB_s *db)
{
	for (uint32_t i = 0; i < db->metadata.node_count; i++) {
		MMDB_search_node_s node;

		if (MMDB_read_node(db, i, &node) != MMDB_SUCCESS || node.left_record_type == MMDB_RECORD_TYPE_INVALID ||
		    node.right_record_type == MMDB_RECORD_TYPE_INVALID)
			return false;
	}
	return true;
}

/* The library maps what it opens; what it is given is a copy without a name. */
static int open_copy(struct str bytes, MMDB_s *out)
{
	int fd = memfd_create("truc-geoip", MFD_CLOEXEC), status;
	char path[64];

	if (fd < 0)
		return MMDB_IO_ERROR;
	/* An empty file cannot be mapped. */
	if (!bytes.n) {
		close(fd);
		return MMDB_INVALID_METADATA_ERROR;
	}
	if (io_write_all(fd, bytes.p, bytes.n)) {
		close(fd);
		return MMDB_IO_ERROR;
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	status = MMDB_open(path, MMDB_MODE_MMAP, out);
	close(fd);
	return status;
}

static int open_one(const char *path, char error[400], MMDB_s *out)
{
	struct arena *a = arena_new(0);
	struct str bytes;
	int err = io_read_file(path, GEOIP_FILE_MAX, a, &bytes), status;

	if (err) {
		snprintf(error, 400, "%s: %s", path, err == ERR_LIMIT ? err_text(err) : strerror(errno));
		arena_free(a);
		return err;
	}
	status = open_copy(bytes, out);
	arena_free(a);
	if (status != MMDB_SUCCESS) {
		snprintf(error, 400, "%s: %s", path, status == MMDB_IO_ERROR ? strerror(errno) :
			 "not a MaxMind database, or a damaged one");
		return status == MMDB_IO_ERROR ? ERR_IO : ERR_FORMAT;
	}
	if (is_whole(out))
		return 0;
	MMDB_close(out);
	snprintf(error, 400, "%s: a damaged MaxMind database", path);
	return ERR_FORMAT;
}

int geoip_open(const char *const *paths, size_t count, char error[400], struct geoip **out)
{
	struct geoip *g = mem_alloc(sizeof *g);
	int err = 0;

	if (count > GEOIP_DATABASES_MAX) {
		snprintf(error, 400, "more than %u databases", GEOIP_DATABASES_MAX);
		err = ERR_LIMIT;
	}
	for (size_t i = 0; i < count && !err; i++) {
		err = open_one(paths[i], error, &g->databases[i]);
		g->count += !err;
	}
	if (err) {
		geoip_free(g);
		return err;
	}
	*out = g;
	return 0;
}

void geoip_free(struct geoip *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->count; i++)
		MMDB_close(&g->databases[i]);
	free(g);
}

struct geoip_reader *geoip_reader_new(const struct geoip *g)
{
	struct geoip_reader *r = mem_alloc(sizeof *r);

	r->geoip = g;
	return r;
}

void geoip_reader_free(struct geoip_reader *r)
{
	if (!r)
		return;
	buf_free(&r->room);
	free(r);
}

uint64_t geoip_damaged(const struct geoip_reader *r)
{
	return r->damaged;
}

/* --- which addresses are public --- */

struct net { uint32_t address, bits; };

static bool is_public_v4(uint32_t a)
{
	/* IANA's registry of special-purpose addresses, multicast and the reserved rest. */
	static const struct net special[] = {
		{0x00000000, 8}, {0x0A000000, 8}, {0x64400000, 10}, {0x7F000000, 8}, {0xA9FE0000, 16}, {0xAC100000, 12},
		{0xC0000000, 24}, {0xC0000200, 24}, {0xC0A80000, 16}, {0xC6120000, 15}, {0xC6336400, 24},
		{0xCB007100, 24}, {0xE0000000, 3},
	};

	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
		if (a >> (32 - special[i].bits) == special[i].address >> (32 - special[i].bits))
			return false;
	}
	return true;
}

/* IPv4 stands in the last four bytes behind twelve zeros, as in the databases' trees. */
static bool read_v4(const char *text, uint8_t out[16])
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) != 1 || !is_public_v4(ntohl(v4.s_addr)))
		return false;
	memset(out, 0, 12);
	memcpy(out + 12, &v4, 4);
	return true;
}

static bool read_v6(const char *text, uint8_t out[16])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct in6_addr v6;
	uint32_t v4;

	if (inet_pton(AF_INET6, text, &v6) != 1)
		return false;
	if (!memcmp(&v6, mapped, sizeof mapped)) {
		memcpy(&v4, v6.s6_addr + 12, 4);
		memset(out, 0, 12);
		memcpy(out + 12, &v4, 4);
		return is_public_v4(ntohl(v4));
	}
	memcpy(out, &v6, 16);
	/* 2000::/3 without 2001:db8::/32. */
	return out[0] >> 5 == 1 && !(out[0] == 0x20 && out[1] == 1 && out[2] == 0x0d && out[3] == 0xb8);
}

/* --- looking one up --- */

static struct str text_at(struct geoip_reader *r, MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;
	int status = MMDB_aget_value(entry, &data, path);

	if (status != MMDB_SUCCESS && status != MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR)
		r->damaged++;
	if (status != MMDB_SUCCESS || !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING || !data.data_size)
		return STR_NONE;
	return (struct str){data.utf8_string, data.data_size};
}

static uint32_t number_at(struct geoip_reader *r, MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;
	int status = MMDB_aget_value(entry, &data, path);

	if (status != MMDB_SUCCESS && status != MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR)
		r->damaged++;
	return status == MMDB_SUCCESS && data.has_data && data.type == MMDB_DATA_TYPE_UINT32 ? data.uint32 : 0;
}

static void read_entry(struct geoip_reader *r, MMDB_entry_s *entry, struct report_geo *out)
{
	static const char *const country[] = {"country", "iso_code", NULL};
	static const char *const city[] = {"city", "names", "en", NULL};
	static const char *const organisation[] = {"autonomous_system_organization", NULL};
	static const char *const asn[] = {"autonomous_system_number", NULL};

	if (!out->country.p)
		out->country = text_at(r, entry, country);
	if (!out->city.p)
		out->city = text_at(r, entry, city);
	if (!out->organisation.p)
		out->organisation = text_at(r, entry, organisation);
	if (!out->asn)
		out->asn = number_at(r, entry, asn);
}

static void look_in(struct geoip_reader *r, const MMDB_s *db, const uint8_t address[16], struct report_geo *out)
{
	static const uint8_t zeros[12];
	bool v4 = !memcmp(address, zeros, 12);
	struct sockaddr_in a4 = {.sin_family = AF_INET};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
	MMDB_lookup_result_s found;
	int error = 0;

	if (!v4 && db->metadata.ip_version == 4)
		return;
	memcpy(&a4.sin_addr, address + 12, 4);
	memcpy(&a6.sin6_addr, address, 16);
	found = MMDB_lookup_sockaddr(db, v4 ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6, &error);
	if (error != MMDB_SUCCESS)
		r->damaged++;
	else if (found.found_entry)
		read_entry(r, &found.entry, out);
}

static const struct slot *look_up(struct geoip_reader *r, const uint8_t address[16])
{
	struct slot *s = &r->slots[hash64(address, 16, 0) % CACHE_SLOTS];

	if (s->used && !memcmp(s->address, address, 16))
		return s;
	*s = (struct slot){.used = true};
	memcpy(s->address, address, 16);
	for (size_t i = 0; i < r->geoip->count; i++)
		look_in(r, &r->geoip->databases[i], address, &s->geo);
	s->known = s->geo.country.p || s->geo.city.p || s->geo.organisation.p || s->geo.asn;
	return s;
}

/* --- finding them in texts --- */

struct finding {
	struct geoip_reader *r;
	struct report_geo *out;
	uint32_t n;
};

static void take(struct finding *f, const char *text, const uint8_t address[16])
{
	const struct slot *s;

	if (f->n == GEOIP_PER_FINDING)
		return;
	for (uint32_t i = 0; i < f->n; i++) {
		if (!memcmp(f->r->found[i], address, 16))
			return;
	}
	s = look_up(f->r, address);
	if (!s->known)
		return;
	memcpy(f->r->found[f->n], address, 16);
	snprintf(f->r->texts[f->n], ADDRESS_TEXT_MAX, "%s", text);
	f->out[f->n] = s->geo;
	f->out[f->n].address = str_c(f->r->texts[f->n]);
	f->n++;
}

/* A run of digits, letters a to f, dots and colons: an address, perhaps with a port behind it or a stop. */
static void take_run(struct finding *f, struct str run)
{
	char text[ADDRESS_TEXT_MAX + 8];
	uint8_t address[16];
	char *colon;

	while (run.n && (run.p[run.n - 1] == '.' || (run.p[run.n - 1] == ':' && !str_ends(run, STR("::")))))
		run.n--;
	if (run.n < 4 || run.n >= sizeof text)
		return;
	memcpy(text, run.p, run.n);
	text[run.n] = '\0';
	if (strlen(text) < ADDRESS_TEXT_MAX && (read_v4(text, address) || read_v6(text, address))) {
		take(f, text, address);
		return;
	}
	colon = strchr(text, ':');
	if (colon && !strchr(colon + 1, ':')) {
		*colon = '\0';
		if (read_v4(text, address))
			take(f, text, address);
	}
}

static bool is_of_address(unsigned char c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || c == '.' || c == ':';
}

static bool is_word(unsigned char c)
{
	return c == '_' || c >= 0x80 || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

static void take_text(struct finding *f, struct str text)
{
	text = str_head(text, GEOIP_TEXT_BYTES);
	for (size_t i = 0, from; i < text.n && f->n < GEOIP_PER_FINDING; i++) {
		if (!is_of_address((unsigned char)text.p[i]))
			continue;
		for (from = i; i < text.n && is_of_address((unsigned char)text.p[i]);)
			i++;
		/* A run within a word is none: "deadbeef::cafes". */
		if ((from == 0 || !is_word((unsigned char)text.p[from - 1])) && (i == text.n || !is_word((unsigned char)text.p[i])))
			take_run(f, (struct str){text.p + from, i - from});
	}
}

uint32_t geoip_find(struct geoip_reader *r, const struct report_field *fields, uint32_t count,
		    struct report_geo out[GEOIP_PER_FINDING])
{
	struct finding f = {r, out, 0};

	for (uint32_t i = 0; i < count; i++) {
		const struct field *v = &fields[i].field;

		if (v->kind != VALUE_TEXT && v->kind != VALUE_UTF16 && v->kind != VALUE_ANSI)
			continue;
		buf_clear(&r->room);
		buf_reserve(&r->room, value_text_max(v) + 1);
		take_text(&f, (struct str){r->room.p, value_render(v, r->room.p)});
	}
	return f.n;
}
