#include "intel/lower.h"

#include <string.h>

#define PRODUCT_MAX 256u

static struct lower_list one(struct arena *a, struct lower_conj c)
{
	struct lower_list l = {ARENA_NEW(a, struct lower_conj), 1};

	*l.at = c;
	return l;
}

static struct lower_list refused(struct arena *a, const char *why)
{
	return one(a, (struct lower_conj){.from = TICKS_NONE, .until = TICKS_NONE, .why = why});
}

/* --- which type a path asks for --- */

#define TYPE_BY_VALUE ((unsigned)INTEL_TYPES)	/* a look at the value tells */
#define TYPE_NONE 1000u
#define TYPE_HASH_NONE 1001u

static bool is_step(const struct pattern_test *t, unsigned i, const char *name)
{
	return i < t->step_count && !t->steps[i].is_index && str_eq(t->steps[i].text, str_c(name));
}

static unsigned hash_of(const struct pattern_test *t, unsigned i)
{
	enum intel_type type;

	if (i >= t->step_count)
		return TYPE_NONE;
	if (t->steps[i].is_index)
		return TYPE_BY_VALUE;
	type = intel_type_of(t->steps[i].text);
	return type >= INTEL_MD5 && type <= INTEL_IMPHASH ? (unsigned)type : TYPE_HASH_NONE;
}

static unsigned type_of_file(const struct pattern_test *t)
{
	if (is_step(t, 0, "hashes"))
		return hash_of(t, 1);
	if (is_step(t, 0, "name"))
		return INTEL_FILE_NAME;
	if (is_step(t, 0, "parent_directory_ref") && is_step(t, 1, "path"))
		return LOWER_FOLDER;
	if (is_step(t, 0, "extensions") && is_step(t, 2, "imphash"))
		return INTEL_IMPHASH;
	return TYPE_NONE;
}

static unsigned type_of_traffic(const struct pattern_test *t)
{
	if ((is_step(t, 0, "dst_ref") || is_step(t, 0, "src_ref")) && is_step(t, 1, "value"))
		return TYPE_BY_VALUE;
	if (is_step(t, 0, "extensions") && is_step(t, 1, "http-request-ext") && is_step(t, 2, "request_header") &&
	    is_step(t, 3, "User-Agent"))
		return INTEL_USER_AGENT;
	return TYPE_NONE;
}

static unsigned type_of_mail(const struct pattern_test *t)
{
	bool sender = (is_step(t, 0, "from_ref") || is_step(t, 0, "sender_ref")) && is_step(t, 1, "value");
	bool receiver = is_step(t, 0, "to_refs") && t->step_count > 2 && t->steps[1].is_index && is_step(t, 2, "value");

	return sender || receiver ? INTEL_EMAIL : TYPE_NONE;
}

static unsigned type_of_path(const struct pattern_test *t)
{
	static const struct { const char *object, *property; unsigned type; } simple[] = {
		{"ipv4-addr", "value", INTEL_IPV4}, {"ipv6-addr", "value", INTEL_IPV6}, {"domain-name", "value", INTEL_DOMAIN},
		{"url", "value", INTEL_URL}, {"email-addr", "value", INTEL_EMAIL}, {"artifact", "url", INTEL_URL},
		{"windows-registry-key", "key", INTEL_REGISTRY_KEY}, {"mutex", "name", INTEL_MUTEX},
	};

	for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
		if (str_eq(t->object, str_c(simple[i].object)) && is_step(t, 0, simple[i].property) && t->step_count == 1)
			return simple[i].type;
	}
	if (str_eq(t->object, STR("file")))
		return type_of_file(t);
	if (str_eq(t->object, STR("artifact")) && is_step(t, 0, "hashes"))
		return hash_of(t, 1);
	if (str_eq(t->object, STR("directory")) && is_step(t, 0, "path"))
		return LOWER_FOLDER;
	if (str_eq(t->object, STR("network-traffic")))
		return type_of_traffic(t);
	if (str_eq(t->object, STR("email-message")))
		return type_of_mail(t);
	if (str_eq(t->object, STR("process")) && (is_step(t, 0, "image_ref") || is_step(t, 0, "binary_ref"))) {
		struct pattern_test file = *t;

		file.step_count--;
		memmove(file.steps, file.steps + 1, file.step_count * sizeof *file.steps);
		return type_of_file(&file);
	}
	return TYPE_NONE;
}

/* --- one comparison --- */

static const char *why_not(const struct pattern_test *t)
{
	if (t->negated || t->op == PATTERN_NE)
		return "it asks for what is not there";
	switch (t->op) {
	case PATTERN_LT: case PATTERN_LE: case PATTERN_GT: case PATTERN_GE:
		return "it compares by order";
	case PATTERN_MATCHES:
		return "it asks for a regular expression";
	case PATTERN_ISSUPERSET:
		return "it asks for a superset";
	case PATTERN_EXISTS:
		return "it asks whether a property exists";
	default:
		return NULL;
	}
}

static struct lower_conj leaf_of(struct arena *a, const struct pattern_test *t, unsigned type, const struct pattern_value *v)
{
	struct lower_conj c = {.from = TICKS_NONE, .until = TICKS_NONE};

	if (v->kind != PATTERN_STRING) {
		c.why = "its value is no text";
		return c;
	}
	if (t->op == PATTERN_LIKE && (str_find_byte(v->text, '%') >= 0 || str_find_byte(v->text, '_') >= 0)) {
		c.why = "it asks for a text with wildcards";
		return c;
	}
	if (type == TYPE_BY_VALUE)
		type = intel_guess(v->text);
	if (type == TYPE_BY_VALUE) {
		c.why = "its value is of no type that is known";
		return c;
	}
	if (t->op == PATTERN_ISSUBSET && type != INTEL_IPV4 && type != INTEL_IPV6) {
		c.why = "ISSUBSET is for addresses";
		return c;
	}
	if (type == INTEL_FILE_NAME && (str_find_byte(v->text, '/') >= 0 || str_find_byte(v->text, '\\') >= 0))
		type = INTEL_FILE_PATH;
	c.leaves = ARENA_NEW(a, struct lower_leaf);
	*c.leaves = (struct lower_leaf){type, v->text};
	c.count = 1;
	return c;
}

static struct lower_list lower_test(const struct pattern_test *t, struct arena *a)
{
	unsigned type = type_of_path(t);
	const char *why = why_not(t);
	struct lower_list l;

	if (type == TYPE_NONE)
		why = "it asks for a property that is not looked up";
	if (type == TYPE_HASH_NONE)
		why = "this hash is not looked up";
	if (!why && !t->value_count)
		why = "its set is empty";
	if (why)
		return refused(a, why);
	l.n = (uint32_t)t->value_count;
	l.at = ARENA_ARRAY(a, struct lower_conj, t->value_count);
	for (uint32_t i = 0; i < l.n; i++)
		l.at[i] = leaf_of(a, t, type, &t->values[i]);
	return l;
}

/* --- AND, OR --- */

static struct lower_list both_lists(struct lower_list x, struct lower_list y, struct arena *a)
{
	struct lower_list l;

	if (x.n + y.n > LOWER_ALTERNATIVES_MAX)
		return refused(a, "more than 65,536 alternatives");
	l.n = x.n + y.n;
	l.at = ARENA_ARRAY(a, struct lower_conj, l.n);
	memcpy(l.at, x.at, x.n * sizeof *x.at);
	memcpy(l.at + x.n, y.at, y.n * sizeof *y.at);
	return l;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;	/* TICKS_NONE is the least */
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a == TICKS_NONE || (b != TICKS_NONE && b < a) ? b : a;
}

static struct lower_conj join(const struct lower_conj *x, const struct lower_conj *y, struct arena *a)
{
	struct lower_conj c = {.count = x->count + y->count, .from = later(x->from, y->from), .until = sooner(x->until, y->until),
			       .why = x->why ? x->why : y->why, .joined = x->joined || y->joined};

	if (c.count > LOWER_LEAVES_MAX)
		c.why = "it asks for more than 16 values at once";
	if (c.why) {
		c.count = 0;
		return c;
	}
	c.leaves = ARENA_ARRAY(a, struct lower_leaf, c.count);
	memcpy(c.leaves, x->leaves, x->count * sizeof *x->leaves);
	memcpy(c.leaves + x->count, y->leaves, y->count * sizeof *y->leaves);
	return c;
}

static struct lower_list product(struct lower_list x, struct lower_list y, bool joined, struct arena *a)
{
	struct lower_list l = {NULL, 0};

	if ((uint64_t)x.n * y.n > PRODUCT_MAX)
		return refused(a, "more than 256 combinations of values");
	l.at = ARENA_ARRAY(a, struct lower_conj, x.n * y.n);
	for (uint32_t i = 0; i < x.n; i++) {
		for (uint32_t k = 0; k < y.n; k++) {
			l.at[l.n] = join(&x.at[i], &y.at[k], a);
			l.at[l.n++].joined |= joined;
		}
	}
	return l;
}

static void qualify(struct lower_list *l, const struct pattern_node *n)
{
	for (uint32_t i = 0; i < l->n; i++) {
		struct lower_conj *c = &l->at[i];

		if (n->qualifiers & PATTERN_HAS_REPEATS && n->repeats > 1)
			c->why = "it asks for repetition";
		if (n->qualifiers & PATTERN_HAS_WINDOW) {
			c->from = later(c->from, n->start);
			c->until = sooner(c->until, n->stop);
			if (c->until <= c->from)
				c->why = "its START is not before its STOP";
		}
	}
}

/* The parser bounds nodes to 4,096, so the depth too. */
static struct lower_list lower(const struct pattern_node *n, struct arena *a)
{
	struct lower_list l;

	switch (n->kind) {
	case PATTERN_TEST:
		return lower_test(n->test, a);
	case PATTERN_TEST_AND:
		return product(lower(n->left, a), lower(n->right, a), false, a);
	case PATTERN_TEST_OR:
		return both_lists(lower(n->left, a), lower(n->right, a), a);
	case PATTERN_AND:
		return product(lower(n->left, a), lower(n->right, a), true, a);
	case PATTERN_FOLLOWEDBY:
		return refused(a, "it asks for an order of events");
	default:
		break;
	}
	l = n->right ? both_lists(lower(n->left, a), lower(n->right, a), a) : lower(n->left, a);
	qualify(&l, n);
	return l;
}

/* A folder and a name in it are a path; a folder alone is met by too much. */
static void join_folders(struct lower_conj *c, struct arena *a)
{
	uint32_t folder = c->count, name = c->count, to = 0;
	struct str f, s;

	for (uint32_t i = 0; i < c->count; i++) {
		if (c->leaves[i].type == LOWER_FOLDER)
			folder = i;
		if (c->leaves[i].type == INTEL_FILE_NAME)
			name = i;
	}
	if (folder == c->count)
		return;
	if (name == c->count) {
		c->why = "it asks for a folder without a file";
		return;
	}
	f = c->leaves[folder].value;
	s = c->leaves[name].value;
	c->leaves[name].type = INTEL_FILE_PATH;
	c->leaves[name].value = arena_printf(a, "%.*s%s%.*s", STR_ARGS(f), str_find_byte(f, '/') >= 0 ? "/" : "\\", STR_ARGS(s));
	for (uint32_t i = 0; i < c->count; i++) {
		if (i != folder)
			c->leaves[to++] = c->leaves[i];
	}
	c->count = to;
}

struct lower_list lower_pattern(const struct pattern_node *pattern, struct arena *a)
{
	struct lower_list l = lower(pattern, a);

	for (uint32_t i = 0; i < l.n; i++) {
		if (!l.at[i].why)
			join_folders(&l.at[i], a);
	}
	return l;
}
