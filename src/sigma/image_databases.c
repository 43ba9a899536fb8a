#include "sigma/compile.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sigma/regex.h"

/*
 * vectorscan's databases: one of literals for each distinct set of them, made by all threads, which take one after another.
 * And the blocks of our own regex engine: one for each regex, one for each key's set of them.
 */
struct task { uint32_t number; hs_database_t *database; };

struct work {
	struct compiler *c;
	VEC(struct task) tasks;
	atomic_size_t next;
};

/*
 * vectorscan 5.4.9 loses matches in databases of few literals: it skips ahead over text that holds none of their first
 * byte pairs, and skips too far (seen with up to 30 literals of three letters, on text with none of these letters). It
 * does not build the skipping where the literals begin in many ways; these decoys do. They hold bytes that folded text
 * never has, and their number is that of no literal.
 */
#define DECOYS 16u
#define DECOY_SIZE 8u

static void make_decoy(unsigned number, char out[DECOY_SIZE])
{
	for (unsigned k = 0; k < DECOY_SIZE; k++)
		out[k] = (char)(1 + (number * (256 / DECOYS) + k * 89 + number * k * 41) % 254);
	out[2 + number % 3] = (char)(0xf8 + number % 6);
}

struct expressions {
	VEC(const char *) texts;
	VEC(size_t) sizes;
	VEC(unsigned) ids;
	VEC(unsigned) flags;
};

static void add_expression(struct expressions *e, struct str text, unsigned id, unsigned flags)
{
	*vec_add(&e->texts) = text.p;
	*vec_add(&e->sizes) = text.n;
	*vec_add(&e->ids) = id;
	*vec_add(&e->flags) = flags;
}

static void free_expressions(struct expressions *e)
{
	vec_free(&e->texts);
	vec_free(&e->sizes);
	vec_free(&e->ids);
	vec_free(&e->flags);
}

static hs_database_t *compile_literals(struct str packed)
{
	char decoys[DECOYS][DECOY_SIZE];
	struct expressions e = {0};
	unsigned id = 0;
	for (size_t at = 0; at < packed.n;) {
		uint32_t n;
		memcpy(&n, packed.p + at, sizeof n);
		add_expression(&e, (struct str){packed.p + at + sizeof n, n}, id++, 0);
		at += sizeof n + n;
	}
	for (unsigned i = 0; i < DECOYS; i++) {
		make_decoy(i, decoys[i]);
		add_expression(&e, (struct str){decoys[i], DECOY_SIZE}, UINT32_MAX, 0);
	}
	hs_database_t *db = NULL;
	hs_compile_error_t *error = NULL;
	hs_error_t err = hs_compile_lit_multi(e.texts.at, e.flags.at, e.ids.at, e.sizes.at, (unsigned)e.texts.n,
					      HS_MODE_BLOCK, NULL, &db, &error);
	assert(err == HS_SUCCESS && db);
	free_expressions(&e);
	return db;
}

static void run_task(const struct compiler *c, struct task *t)
{
	t->database = compile_literals(c->database_keys.at[t->number]);
}

static void *work_on(void *user)
{
	struct work *w = user;
	for (size_t at; (at = atomic_fetch_add(&w->next, 1)) < w->tasks.n;)
		run_task(w->c, &w->tasks.at[at]);
	return NULL;
}

static void work_all(struct work *w, unsigned threads)
{
	pthread_t others[15];
	unsigned count = 0, wanted = threads > 1 ? threads - 1 : 0;
	while (count < wanted && count < sizeof others / sizeof *others) {
		if (pthread_create(&others[count], NULL, work_on, w) != 0)
			break;
		count++;
	}
	work_on(w);
	while (count)
		pthread_join(others[--count], NULL);
}

static struct image_blob add_blob(struct compiler *c, const void *bytes, size_t n, size_t size)
{
	size_t at = (c->t.blob.n + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN, needed = at + n;
	if (needed > c->t.blob.cap) {
		c->t.blob.cap = needed * 2;
		c->t.blob.at = mem_resize(c->t.blob.at, c->t.blob.cap);
	}
	memset(c->t.blob.at + c->t.blob.n, 0, at - c->t.blob.n);
	memcpy(c->t.blob.at + at, bytes, n);
	c->t.blob.n = needed;
	return (struct image_blob){at, n, size};
}

static struct image_blob blob_of(struct compiler *c, hs_database_t *db)
{
	char *bytes = NULL;
	size_t n = 0, size = 0;
	hs_error_t err = hs_serialize_database(db, &bytes, &n);
	assert(err == HS_SUCCESS);
	err = hs_database_size(db, &size);
	assert(err == HS_SUCCESS);
	struct image_blob b = add_blob(c, bytes, n, size);
	free(bytes);
	hs_free_database(db);
	return b;
}

/* An empty blob where they are too large together. */
static struct image_blob regex_blob(struct compiler *c, const struct regex_pattern *patterns, size_t n)
{
	struct buf block = {0}, why = {0};
	struct image_blob b = {0};
	size_t at;
	if (regex_compile_any(patterns, n, &block, &why, &at) == 0)
		b = add_blob(c, block.p, block.n, block.n);
	buf_free(&block);
	buf_free(&why);
	return b;
}

/* The atoms of a key that are waited for with nothing else to find them; a set needs two. */
static void draft_set(struct compiler *c, uint32_t key)
{
	struct image_regex_set s = {key, IMAGE_NONE, {(uint32_t)c->t.numbers.n, 0}};
	for (uint32_t i = 0; i < c->t.atoms.n; i++) {
		uint32_t draft = c->kept_atoms.at[i];
		if (c->t.atoms.at[i].key != key || draft >= c->in_set.n || !c->in_set.at[draft])
			continue;
		*vec_add(&c->t.numbers) = i;
		s.atoms.n++;
	}
	if (s.atoms.n < 2)
		return;
	for (uint32_t i = 0; i < s.atoms.n; i++)
		c->t.atoms.at[c->t.numbers.at[s.atoms.at + i]].set = (uint32_t)c->t.regex_sets.n;
	*vec_add(&c->t.regex_sets) = s;
}

static void draft_sets(struct compiler *c)
{
	uint32_t keys = keys_count(c->set->keys);
	uint8_t *wanted = mem_alloc(keys + 1u);
	for (uint32_t i = 0; i < c->t.atoms.n; i++)
		if (c->kept_atoms.at[i] < c->in_set.n && c->in_set.at[c->kept_atoms.at[i]])
			wanted[c->t.atoms.at[i].key] = 1;
	for (uint32_t k = 1; k <= keys; k++)
		if (wanted[k])
			draft_set(c, k);
	free(wanted);
}

static struct regex_pattern pattern_of(const struct compiler *c, uint32_t regex)
{
	const struct sigma_match *m = c->regex_matches.at[regex];
	return (struct regex_pattern){m->pattern, sigma_regex_flags(m)};
}

/* A set that is too large as a whole is none: its regexes are searched for one by one. */
static void make_set(struct compiler *c, struct image_regex_set *s)
{
	struct regex_pattern *patterns = mem_alloc((s->atoms.n + 1) * sizeof *patterns);
	const uint32_t *atoms = &c->t.numbers.at[s->atoms.at];
	for (uint32_t i = 0; i < s->atoms.n; i++)
		patterns[i] = pattern_of(c, c->t.atoms.at[atoms[i]].extra);
	struct image_blob b = regex_blob(c, patterns, s->atoms.n);
	s->database = 0;
	if (b.n) {
		s->database = (uint32_t)c->t.regex_dbs.n;
		*vec_add(&c->t.regex_dbs) = b;
	}
	for (uint32_t i = 0; !b.n && i < s->atoms.n; i++)
		c->t.atoms.at[atoms[i]].set = IMAGE_NONE;
	if (!b.n)
		s->atoms.n = 0;
	free(patterns);
}

static void make_regexes(struct compiler *c)
{
	for (uint32_t i = 0; i < c->regex_matches.n; i++) {
		struct regex_pattern one = pattern_of(c, i);
		*vec_add(&c->t.regex_dbs) = regex_blob(c, &one, 1);
	}
	for (uint32_t i = 0; i < c->t.regex_sets.n; i++)
		make_set(c, &c->t.regex_sets.at[i]);
}

void image_databases(struct compiler *c)
{
	struct work w = {.c = c};
	draft_sets(c);
	make_regexes(c);
	for (uint32_t i = 0; i < c->database_keys.n; i++)
		*vec_add(&w.tasks) = (struct task){i, NULL};
	work_all(&w, c->threads);
	for (size_t i = 0; i < w.tasks.n; i++)
		*vec_add(&c->t.literal_dbs) = blob_of(c, w.tasks.at[i].database);
	vec_free(&w.tasks);
}
