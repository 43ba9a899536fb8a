#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/vec.h"
#include "hunt/geoip.h"

/*
 * A writer of small databases (MaxMind DB format 2.0): a tree of 24-bit records over 128 bits, 16 zero bytes, the data, the
 * metadata. `test_geoip --write CITY ASN` leaves two of them for the end-to-end tests.
 */

struct network {
	const char *address;
	unsigned bits;			/* of its family */
	const char *country, *city, *organisation;
	uint32_t asn;
};

static const struct network cities[] = {
	{"8.8.8.0", 24, "US", "Mountain View", NULL, 0}, {"14.160.0.0", 11, "VN", "Hà Nội", NULL, 0},
	{"2001:4860::", 32, "US", NULL, NULL, 0},
};
static const struct network systems[] = {
	{"8.8.8.0", 24, NULL, NULL, "Example Resolvers", 64500}, {"1.1.1.1", 32, NULL, NULL, "One, Inc. with a name of more than 29 letters", 4200000000},
};

static void put_string(struct buf *b, const char *text)
{
	size_t n = strlen(text);

	buf_byte(b, (char)(n < 29 ? 0x40 | n : 0x5D));
	if (n >= 29)
		buf_byte(b, (char)(n - 29));
	buf_put(b, text, n);
}

static void put_number(struct buf *b, unsigned kind, unsigned size, uint64_t n)
{
	buf_byte(b, (char)(kind > 7 ? size : kind << 5 | size));
	if (kind > 7)
		buf_byte(b, (char)(kind - 7));
	while (size-- > 0)
		buf_byte(b, (char)(n >> size * 8 & 0xff));
}

static void put_map(struct buf *b, unsigned count)
{
	buf_byte(b, (char)(7u << 5 | count));
}

static void put_data(struct buf *b, const struct network *n)
{
	put_map(b, (n->country != NULL) + (n->city != NULL) + (n->organisation != NULL) + (n->asn != 0));
	if (n->country) {
		put_string(b, "country");
		put_map(b, 1);
		put_string(b, "iso_code");
		put_string(b, n->country);
	}
	if (n->city) {
		put_string(b, "city");
		put_map(b, 1);
		put_string(b, "names");
		put_map(b, 1);
		put_string(b, "en");
		put_string(b, n->city);
	}
	if (n->organisation) {
		put_string(b, "autonomous_system_organization");
		put_string(b, n->organisation);
	}
	if (n->asn) {
		put_string(b, "autonomous_system_number");
		put_number(b, 6, 4, n->asn);
	}
}

struct node { uint32_t child[2]; };	/* 0: nothing; DATA + offset; else a node */
#define DATA 0x800000u

typedef VEC(struct node) nodes;

/* The address's 128 bits; IPv4 behind 96 zeros. Returns the bits of the family's beginning. */
static unsigned bits_of(const char *address, uint8_t out[16])
{
	memset(out, 0, 16);
	if (inet_pton(AF_INET6, address, out) == 1)
		return 0;
	assert_int_equal(1, inet_pton(AF_INET, address, out + 12));
	return 96;
}

static void add_network(nodes *tree, const struct network *n, uint32_t data)
{
	uint8_t address[16];
	unsigned depth = bits_of(n->address, address) + n->bits;
	uint32_t at = 0;

	for (unsigned i = 0; i < depth; i++) {
		unsigned bit = address[i / 8] >> (7 - i % 8) & 1;

		if (i + 1 == depth) {
			tree->at[at].child[bit] = DATA + data;
		} else if (!tree->at[at].child[bit]) {
			vec_add(tree);
			tree->at[at].child[bit] = (uint32_t)tree->n - 1;
		}
		at = tree->at[at].child[bit];
	}
}

static void put_metadata(struct buf *b, uint32_t node_count)
{
	buf_put(b, "\xab\xcd\xefMaxMind.com", 14);
	put_map(b, 9);
	put_string(b, "node_count");
	put_number(b, 6, 4, node_count);
	put_string(b, "record_size");
	put_number(b, 5, 2, 24);
	put_string(b, "ip_version");
	put_number(b, 5, 2, 6);
	put_string(b, "database_type");
	put_string(b, "Test");
	put_string(b, "languages");
	buf_put(b, "\x01\x04", 2);
	put_string(b, "en");
	put_string(b, "binary_format_major_version");
	put_number(b, 5, 2, 2);
	put_string(b, "binary_format_minor_version");
	put_number(b, 5, 2, 0);
	put_string(b, "build_epoch");
	put_number(b, 9, 8, 1);
	put_string(b, "description");
	put_map(b, 1);
	put_string(b, "en");
	put_string(b, "for a test");
}

static void make_database(const struct network *networks, size_t count, struct buf *out)
{
	nodes tree = {0};
	struct buf data = {0};

	vec_add(&tree);
	for (size_t i = 0; i < count; i++) {
		add_network(&tree, &networks[i], (uint32_t)data.n);
		put_data(&data, &networks[i]);
	}
	for (size_t i = 0; i < tree.n; i++) {
		for (unsigned bit = 0; bit < 2; bit++) {
			uint32_t child = tree.at[i].child[bit], n = (uint32_t)tree.n;
			uint32_t record = !child ? n : child >= DATA ? n + 16 + (child - DATA) : child;

			buf_byte(out, (char)(record >> 16));
			buf_byte(out, (char)(record >> 8 & 0xff));
			buf_byte(out, (char)(record & 0xff));
		}
	}
	buf_put(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	buf_str(out, buf_get(&data));
	put_metadata(out, (uint32_t)tree.n);
	buf_free(&data);
	vec_free(&tree);
}

static char folder[] = "/tmp/truc-test-XXXXXX", city_path[64], asn_path[64];
static const char *const both[] = {city_path, asn_path};

static int write_databases(void)
{
	struct buf b = {0};
	int err;

	make_database(cities, sizeof cities / sizeof cities[0], &b);
	err = io_write_file(city_path, buf_get(&b), false);
	buf_clear(&b);
	make_database(systems, sizeof systems / sizeof systems[0], &b);
	err = err ? err : io_write_file(asn_path, buf_get(&b), false);
	buf_free(&b);
	return err;
}

/* --- tests --- */

static void finds_addresses(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{"8.8.8.8", "8.8.8.8 US Mountain View AS64500 Example Resolvers"},
		{"14.160.1.2", "14.160.1.2 VN Hà Nội"},
		{"1.1.1.1", "1.1.1.1 AS4200000000 One, Inc. with a name of more than 29 letters"},
		{"2001:4860:4860::8888", "2001:4860:4860::8888 US"},
		{"::ffff:8.8.8.8", "::ffff:8.8.8.8 US Mountain View AS64500 Example Resolvers"},
		{"8.8.8.8:443", "8.8.8.8 US Mountain View AS64500 Example Resolvers"},
		{"[2001:4860::1]:443", "2001:4860::1 US"},
		{"Failed password for root from 8.8.8.8 port 22.", "8.8.8.8 US Mountain View AS64500 Example Resolvers"},
		{"from 14.160.1.2, then 1.1.1.1.", "14.160.1.2 VN Hà Nội; 1.1.1.1 AS4200000000 One, Inc. with a name of more than 29 letters"},
		{"8.8.8.8 8.8.8.8", "8.8.8.8 US Mountain View AS64500 Example Resolvers"},
		/* Not public, not in a database, or no address. */
		{"10.0.0.1", ""}, {"192.168.1.1", ""}, {"127.0.0.1", ""}, {"100.64.0.1", ""}, {"224.0.0.1", ""}, {"0.0.0.0", ""},
		{"fe80::1", ""}, {"::1", ""}, {"::", ""}, {"2001:db8::1", ""}, {"9.9.9.9", ""}, {"8.8.8.256", ""}, {"8.8.8", ""},
		{"v8.8.8.8", ""}, {"8.8.8.8x", ""}, {"1.8.8.8.8", ""}, {"", ""}, {"12:34:56", ""}, {"deadbeef", ""},
	};
	struct geoip *g;
	struct geoip_reader *r;
	char error[400];

	(void)state;
	assert_int_equal(0, geoip_open(both, 2, error, &g));
	r = geoip_reader_new(g);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct report_field field = {STR("f"), {.data = rows[i].text, .size = (uint32_t)strlen(rows[i].text), .kind = VALUE_TEXT}};
		struct report_geo geo[GEOIP_PER_FINDING];
		struct report_finding f = {.geo = geo};
		struct buf b = {0};

		/* Twice: the second answer is the cache's. */
		f.geo_count = geoip_find(r, &field, 1, geo);
		f.geo_count = geoip_find(r, &field, 1, geo);
		for (uint32_t k = 0; k < f.geo_count; k++) {
			const struct report_geo *x = &geo[k];

			buf_text(&b, k ? "; " : "");
			buf_str(&b, x->address);
			buf_text(&b, x->country.p ? " " : "");
			buf_str(&b, x->country);
			buf_text(&b, x->city.p ? " " : "");
			buf_str(&b, x->city);
			if (x->asn)
				buf_printf(&b, " AS%u ", x->asn);
			buf_str(&b, x->organisation);
		}
		if (!str_eq(buf_get(&b), str_c(rows[i].want)))
			fail_msg("'%s': %.*s", rows[i].text, STR_ARGS(buf_get(&b)));
		buf_free(&b);
	}
	assert_int_equal(0, geoip_damaged(r));
	geoip_reader_free(r);
	geoip_free(g);
}

static void many_in_one_finding(void **state)
{
	struct geoip *g;
	struct geoip_reader *r;
	struct report_geo geo[GEOIP_PER_FINDING];
	struct buf text = {0};
	char error[400];
	struct report_field field;

	(void)state;
	assert_int_equal(0, geoip_open(both, 1, error, &g));
	r = geoip_reader_new(g);
	for (unsigned i = 0; i < 20; i++)
		buf_printf(&text, "14.160.0.%u ", i);
	field = (struct report_field){STR("f"), {.data = text.p, .size = (uint32_t)text.n, .kind = VALUE_TEXT}};
	assert_int_equal(GEOIP_PER_FINDING, geoip_find(r, &field, 1, geo));
	assert_true(str_eq(geo[7].address, STR("14.160.0.7")));
	buf_free(&text);
	geoip_reader_free(r);
	geoip_free(g);
}

/* Cut anywhere and with any byte changed it is refused, or gives other answers; it never crashes. */
static void damaged_databases(void **state)
{
	struct buf whole = {0};
	char path[80], error[400];
	const char *const paths[] = {path};
	struct report_field field = {STR("f"), {.data = "8.8.8.8 14.160.1.2 2001:4860::1", .size = 31, .kind = VALUE_TEXT}};
	unsigned refused = 0;
	struct geoip *g;

	(void)state;
	snprintf(path, sizeof path, "%s/bad", folder);
	make_database(cities, 3, &whole);
	for (size_t n = 0; n < whole.n; n += 37) {
		assert_int_equal(0, io_write_file(path, str_head(buf_get(&whole), n), false));
		if (geoip_open(paths, 1, error, &g) != ERR_FORMAT)
			fail_msg("cut at %zu is taken", n);
		assert_non_null(strstr(error, "/bad: "));
	}
	for (size_t i = 0; i < whole.n; i += 11) {
		struct report_geo geo[GEOIP_PER_FINDING];
		struct geoip_reader *r;

		whole.p[i] ^= 0x55;
		assert_int_equal(0, io_write_file(path, buf_get(&whole), false));
		whole.p[i] ^= 0x55;
		if (geoip_open(paths, 1, error, &g)) {
			refused++;
			continue;
		}
		r = geoip_reader_new(g);
		assert_true(geoip_find(r, &field, 1, geo) <= 3);
		geoip_reader_free(r);
		geoip_free(g);
	}
	assert_true(refused > 10);
	unlink(path);
	buf_free(&whole);
	assert_int_equal(ERR_NOENT, geoip_open(paths, 1, error, &g));
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(city_path, sizeof city_path, "%s/city.mmdb", folder);
	snprintf(asn_path, sizeof asn_path, "%s/asn.mmdb", folder);
	return write_databases();
}

static int teardown(void **state)
{
	(void)state;
	unlink(city_path);
	unlink(asn_path);
	return rmdir(folder);
}

/* libmaxminddb 1.7 forgets some memory of a database whose metadata it refuses; that is the end of the program anyway. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_addresses), cmocka_unit_test(many_in_one_finding), cmocka_unit_test(damaged_databases),
	};

	if (argc == 4 && !strcmp(argv[1], "--write")) {
		snprintf(city_path, sizeof city_path, "%s", argv[2]);
		snprintf(asn_path, sizeof asn_path, "%s", argv[3]);
		return write_databases() ? 1 : 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
