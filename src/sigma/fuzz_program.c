/*
 * The contract of images: whatever stands in one, loading it refuses it or gives a program that can be asked anything
 * without harm; one that is not touched loads.
 *
 * Input: patches, each four bytes of place and one byte of value, on the image of a small rule set; the check sum is made
 * right again. The engine's databases and where they lie are not patched: their bytes are the engine's own, and who may
 * write an image is checked by whoever reads it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sigma/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char mapping[] =
	"sources:\n"
	"  - name: a\n    for: {product: windows, service: security}\n    is: {channel: Security}\n"
	"    rename: {Image: NewImage}\n    derive:\n      User: {join: '{Domain}\\{Name}'}\n"
	"      Level: {table: {a: low, b: high}, of: '{Label}'}\n";

static const char *const rules[] = {
	"title: 1\nlogsource: {product: windows, service: security}\ndetection:\n  a:\n    Image|endswith: ['\\a.exe', '\\b.exe', '/c', d, e, f, g, h]\n"
	"    EventID: [1, 2]\n  b:\n    CommandLine|contains|all: [alpha, beta]\n  c:\n    User|contains: bob\n"
	"    Level: high\n  condition: a or (b and not c)\n",
	"title: 2\nlogsource: {product: windows, service: security}\ndetection:\n  a:\n    F|re: 'a+b'\n  b:\n    G|re: 'x.y'\n    F|re: 'q'\n"
	"  condition: 1 of *\n",
	"title: 3\nlogsource: {product: windows, service: security}\ndetection:\n  a: [keyword one, 'k*y?t']\n  b:\n    F|fieldref: G\n    H|cidr: 10.0.0.0/8\n"
	"    I|gt: 5\n    J: null\n  condition: a or b\n",
	"title: 3a\nname: inner\ncorrelation: {type: event_count, rules: r3b, group-by: [User, F], timespan: 1m, condition: {gte: 1}}\n"
	"---\ntitle: 3c\ncorrelation:\n  type: value_percentile\n  rules: [inner, r3b]\n  group-by: [who]\n  timespan: 1h\n"
	"  condition: {field: F, gt: 1, lte: 9, percentile: 90}\n  aliases: {who: {inner: User, r3b: Image}}\n"
	"---\ntitle: 3b\nname: r3b\nlogsource: {product: windows, service: security}\ndetection: {a: {F: x}, condition: a}\n"
	"---\ntitle: 3d\nlogsource: {product: windows}\nfilter: {rules: any, a: {Z: z}, condition: not a}\n",
	"title: 4\nlogsource: {category: webserver}\ndetection:\n  a:\n    F: [q1,q2,q3,q4,q5,q6,q7,q8]\n    G: 'a*b?c'\n  condition: a\n",
};

static struct buf base;

static void make_base(void)
{
	struct sigma_set *set = sigma_set_new();
	struct diags *diags = diags_new();
	int err = sigma_set_mapping(set, STR("mapping"), str_c(mapping), diags);
	assert(err == 0);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		sigma_set_add(set, STR("rules"), str_c(rules[i]), diags);
	sigma_set_bind(set, diags);
	assert(set->rule_count == sizeof rules / sizeof *rules + 2 && set->counts.filters == 1);
	struct sigma_program *p = sigma_program_compile(set, 1);
	sigma_program_save(p, &base);
	sigma_program_free(p);
	sigma_set_free(set);
	diags_free(diags);
}

/* Places of the engine's databases, and of the tables that lead to them. */
static bool engines_own(size_t at)
{
	static const enum image_section own[] = {IMAGE_blob, IMAGE_literal_dbs, IMAGE_regex_dbs};
	const struct image_header *h = (const void *)base.p;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		size_t entry = (size_t)((const char *)&h->sections[own[i]] - base.p);
		size_t unit = own[i] == IMAGE_blob ? 1 : sizeof(struct image_blob);
		if (at >= entry && at < entry + sizeof h->sections[0])
			return true;
		if (at >= h->sections[own[i]].at && at < h->sections[own[i]].at + h->sections[own[i]].n * unit)
			return true;
	}
	return false;
}

static void add(struct event *e, const char *name, const char *value)
{
	event_add_named(e, FIELD_DATA, str_c(name), VALUE_TEXT, str_c(value));
}

/* Whatever a correlation is, it can be fed from the event, or from the one that it names. */
static void feed_all(const struct sigma_program *p, const struct event *e)
{
	struct sigma_feed_source source = {p, sigma_program_feed};
	struct sigma_feed feed = {0};
	for (uint32_t i = 0; i < sigma_program_rule_count(p); i++) {
		const struct sigma_correlation *c = sigma_program_rule(p, i)->correlation;
		if (!c)
			continue;
		correlate_free(correlate_new(&c->spec, NULL, &(struct correlate_calls){0}));
		for (uint32_t k = 0; k < c->spec.rule_count; k++)
			if (sigma_program_rule(p, c->inputs[k].rule)->correlation)
				sigma_feed_chain(c, k, STR("\1\0\0\0x"), &feed);
			else
				sigma_feed_make(c, k, e, &source, &feed);
	}
	sigma_feed_free(&feed);
}

static void ask(struct sigma_program *p)
{
	struct sigma_matcher *m = sigma_matcher_new(p);
	struct names *names = names_new(sigma_program_keys(p));
	struct arena *arena = arena_new(0);
	for (int round = 0; round < 3; round++) {
		struct event e;
		const uint32_t *found;
		struct sigma_looked looked[4];
		event_init(&e, names, arena);
		if (round) {
			e.product = STR("windows");
			e.channel = STR("Security");
			e.event_id = round;
			add(&e, "EventID", round == 1 ? "1" : "2");
		}
		add(&e, "NewImage", "C:\\x\\a.exe");
		add(&e, "CommandLine", "alpha beta keyword one");
		add(&e, "Domain", "dom");
		add(&e, "Name", "bob");
		add(&e, "Label", "b");
		add(&e, "F", "q7 aab");
		add(&e, "G", "axbyc");
		add(&e, "H", "10.1.2.3");
		add(&e, "I", "7");
		feed_all(p, &e);
		uint32_t n = sigma_matcher_run(m, &e, &found);
		for (uint32_t i = 0; i < n; i++) {
			assert(found[i] < sigma_program_rule_count(p) && (!i || found[i] > found[i - 1]));
			assert(sigma_program_looked(p, found[i], &e, looked, 4) <= 4);
		}
	}
	names_free(names);
	arena_free(arena);
	sigma_matcher_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sigma_program *p = NULL;
	struct buf image = {0};
	if (!base.n)
		make_base();
	buf_str(&image, buf_get(&base));
	for (size_t i = 0; i + 5 <= size; i += 5) {
		uint32_t place;
		memcpy(&place, data + i, sizeof place);
		if (!engines_own(place % image.n))
			image.p[place % image.n] = (char)data[i + 4];
	}
	size_t skip = offsetof(struct image_header, format);
	uint8_t sum[SHA256_SIZE];
	sha256_of(image.p + skip, image.n - skip, sum);
	memcpy(image.p + offsetof(struct image_header, sha256), sum, sizeof sum);
	int err = sigma_program_load(buf_get(&image), &p);
	assert(err == 0 || (size >= 5 && !p));
	if (!err)
		ask(p);
	sigma_program_free(p);
	buf_free(&image);
	return 0;
}
