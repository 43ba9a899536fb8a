#include "sigma/compile.h"

#include <string.h>

#include "base/utf8.h"

/*
 * Witnesses: literals one of which must be in the event for a program to be true. A program whose witness is not met is
 * not looked at, so the best witness is the one that events meet most seldom: a long literal, one that few rules use,
 * none of the words that every Windows log is full of. Whole values and file names behind the last separator are found
 * by hash and cost nothing; the rest stands in a group's literal database, which is the slower the larger it is.
 */
#define LITERAL_MIN 2u		/* bytes, not counting anchors */
#define LITERAL_MAX 48u		/* a longer one is cut: the engine takes it, but only its tail is fast */
#define DATABASE_COST 0.0015
#define PRESENCE_COST 5.0	/* that the key has a value: better than to look at every event */
#define USE_COST 0.0006

/* Texts that ordinary events bear; a literal inside one of them tells little. */
static const char *const common_texts[] = {
	"c:\\windows\\system32\\cmd.exe", "c:\\windows\\syswow64\\", "c:\\windows\\explorer.exe",
	"c:\\windows\\system32\\svchost.exe -k netsvcs -p -s ", "c:\\windows\\system32\\windowspowershell\\v1.0\\powershell.exe",
	"c:\\program files (x86)\\", "c:\\program files\\microsoft office\\root\\office16\\", "c:\\users\\public\\",
	"c:\\programdata\\microsoft\\windows\\", "\\appdata\\local\\temp\\", "\\appdata\\roaming\\microsoft\\windows\\",
	"hklm\\software\\microsoft\\windows nt\\currentversion\\", "hklm\\software\\microsoft\\windows\\currentversion\\",
	"hklm\\system\\currentcontrolset\\services\\", "hku\\s-1-5-21-", "hkcu\\software\\classes\\", "nt authority\\system",
	"microsoft windows operating system", "microsoft corporation", "powershell.exe -", "http://www.", "https://",
	".com", ".dll", ".exe\"", "rundll32.exe ", "/bin/", "/usr/bin/", "the ", "\\software\\wow6432node\\",
};

static bool is_common(struct str s)
{
	for (size_t i = 0; i < sizeof common_texts / sizeof *common_texts; i++)
		if (str_find(str_c(common_texts[i]), s) >= 0)
			return true;
	return false;
}

static double literal_cost(struct str s, uint32_t anchors)
{
	static const double by_length[] = {1, 1, 2.0, 0.25, 0.1, 0.05, 0.03, 0.02, 0.012};
	size_t n = s.n + anchors;
	double cost = n < sizeof by_length / sizeof *by_length ? by_length[n] : 0.006;
	return is_common(s) ? 0.4 + cost : cost;
}

/* uses of a pattern: the more rules ask for it, the more ordinary it is */
static double use_cost(const struct compiler *c, uint32_t pattern)
{
	uint32_t uses = pattern < c->pattern_uses.n ? c->pattern_uses.at[pattern] : 0;
	double cost = uses > 1 ? USE_COST * (uses - 1) : 0;
	return cost > 0.5 ? 0.5 : cost;
}

static struct str text_of(const struct compiler *c, struct ref r)
{
	return (struct str){c->t.text.at + r.at, r.n};
}

static struct str folded(struct compiler *c, struct str s)
{
	char *out = arena_bytes(c->arena, UTF8_FOLD_MAX(s.n));
	return (struct str){out, utf8_fold(s, out)};
}

struct piece { struct str text; bool first, last; };	/* first, last: anchored at that end of the value */

/* A literal of at most LITERAL_MAX bytes that holds where the piece holds; cut inside where it must be. */
static struct hook literal_hook(struct compiler *c, struct piece p)
{
	struct hook h = {.kind = HOOK_NONE, .exact = true, .cost = WITNESS_NONE};
	if (p.text.n < LITERAL_MIN || p.text.p[0] == '\0')
		return h;	/* the engine takes a leading NUL for the empty text */
	if (p.text.n > LITERAL_MAX) {
		h.exact = false;
		if (p.last || !p.first) {
			p.text = str_skip(p.text, p.text.n - LITERAL_MAX);
			p.first = false;
			if (p.text.p[0] == '\0')
				return h;
		} else {
			p.text = str_head(p.text, LITERAL_MAX);
			p.last = false;
		}
	}
	struct buf b = {0};
	if (p.first)
		buf_byte(&b, '\xff');
	buf_str(&b, p.text);
	if (p.last)
		buf_byte(&b, '\xff');
	h.kind = HOOK_LITERAL;
	h.bytes = arena_str(c->arena, buf_get(&b));
	h.cost = literal_cost(p.text, (uint32_t)p.first + p.last) + DATABASE_COST;
	buf_free(&b);
	return h;
}

static struct hook glob_hook(struct compiler *c, const struct image_pattern *p)
{
	struct hook best = {.kind = HOOK_NONE, .cost = WITNESS_NONE};
	for (uint32_t i = 0; i < p->parts.n; i++) {
		struct image_part part = c->t.parts.at[p->parts.at + i];
		if (part.kind != SIGMA_PART_LITERAL)
			continue;
		struct hook h = literal_hook(c, (struct piece){folded(c, text_of(c, part.text)), i == 0,
							       i == p->parts.n - 1});
		h.exact = false;
		if (h.kind != HOOK_NONE && h.cost < best.cost)
			best = h;
	}
	return best;
}

static struct hook hash_hook(struct compiler *c, const struct image_pattern *p, struct str text)
{
	struct hook h = {.kind = HOOK_NONE, .exact = true, .cost = WITNESS_NONE, .bytes = text};
	char separator = p->form == PATTERN_ENDS ? image_base_separator(text) : 0;
	if (p->form == PATTERN_EQUAL)
		h.kind = HOOK_EQUAL;
	else if (separator)
		h.kind = separator == '/' ? HOOK_PATH : HOOK_BASE;
	if (separator)
		h.bytes = str_skip(text, 1);
	if (h.kind != HOOK_NONE)
		h.cost = text.n < 2 ? 0.3 : 0.004;
	(void)c;
	return h;
}

static struct hook make_hook(struct compiler *c, uint32_t pattern, bool cased, bool keyword)
{
	struct image_pattern p = c->t.patterns.at[pattern];
	struct hook h;
	if (p.form == PATTERN_GLOB) {
		h = glob_hook(c, &p);
	} else {
		struct str text = folded(c, text_of(c, p.text));
		h = hash_hook(c, &p, text);
		if (keyword || h.kind == HOOK_NONE)
			h = literal_hook(c, (struct piece){text, p.form == PATTERN_EQUAL || p.form == PATTERN_STARTS,
							   p.form == PATTERN_EQUAL || p.form == PATTERN_ENDS});
	}
	h.exact = h.exact && !cased && h.kind != HOOK_NONE;
	if (h.kind != HOOK_NONE)
		h.cost += use_cost(c, pattern);
	return h;
}

const struct hook *witness_hook(struct compiler *c, const struct image_atom *atom, uint32_t pattern)
{
	bool cased = atom->flags & ATOM_CASED, keyword = atom->flags & ATOM_KEYWORD;
	size_t at = pattern * 4u + keyword * 2u + cased;
	while (c->hooks.n <= at)
		vec_add(&c->hooks);
	if (c->hooks.at[at].cost == 0)
		c->hooks.at[at] = make_hook(c, pattern, cased, keyword);
	return &c->hooks.at[at];
}

static double hooks_cost(struct compiler *c, uint32_t atom)
{
	struct image_atom a = c->t.atoms.at[atom];
	double sum = 0;
	if (a.test != SIGMA_TEST_STRING)
		return WITNESS_NONE;
	for (uint32_t i = 0; i < a.patterns.n; i++)
		sum += witness_hook(c, &a, c->t.numbers.at[a.patterns.at + i])->cost;
	return sum < WITNESS_NONE ? sum : WITNESS_NONE;
}

static bool needs_value(const struct image_atom *a)
{
	return a->test != ATOM_SOURCE && a->test != SIGMA_TEST_NULL && a->test != SIGMA_TEST_EXISTS &&
	       !(a->flags & ATOM_KEYWORD);
}

bool witness_is_presence(struct compiler *c, uint32_t atom)
{
	return needs_value(&c->t.atoms.at[atom]) && hooks_cost(c, atom) >= WITNESS_NONE;
}

static double atom_cost(struct compiler *c, uint32_t atom)
{
	double cost = hooks_cost(c, atom);
	return cost >= WITNESS_NONE && needs_value(&c->t.atoms.at[atom]) ? PRESENCE_COST : cost;
}

static double cost_of(struct compiler *c, struct node n)
{
	double sum = 0, best = WITNESS_NONE;
	if (n.kind == NODE_ATOM)
		return atom_cost(c, n.atom);
	if (n.kind != NODE_AND && n.kind != NODE_OR)
		return n.kind == NODE_FALSE ? 0 : WITNESS_NONE;
	for (uint32_t i = 0; i < n.children.n; i++) {
		double cost = witness_cost(c, c->children.at[n.children.at + i]);
		sum += cost;
		best = cost < best ? cost : best;
	}
	if (n.kind == NODE_AND)
		return best;
	return sum < WITNESS_NONE ? sum : WITNESS_NONE;
}

double witness_cost(struct compiler *c, uint32_t node)
{
	while (c->witness_cost.n < c->nodes.n)
		*vec_add(&c->witness_cost) = -1;
	if (c->witness_cost.at[node] < 0) {
		double cost = cost_of(c, c->nodes.at[node]);
		c->witness_cost.at[node] = cost;
	}
	return c->witness_cost.at[node];
}

void witness_each(struct compiler *c, uint32_t node, const struct witness_visit *visit)
{
	struct node n = c->nodes.at[node];
	uint32_t best = NODE_ID_TRUE;
	if (n.kind == NODE_ATOM)
		visit->take(visit->user, n.atom);
	for (uint32_t i = 0; i < n.children.n; i++) {
		uint32_t child = c->children.at[n.children.at + i];
		if (n.kind == NODE_OR)
			witness_each(c, child, visit);
		else if (witness_cost(c, child) < witness_cost(c, best))
			best = child;
	}
	if (n.kind == NODE_AND)
		witness_each(c, best, visit);
}

bool witness_exact(struct compiler *c, uint32_t atom)
{
	struct image_atom a = c->t.atoms.at[atom];
	if (a.test != SIGMA_TEST_STRING)
		return false;
	for (uint32_t i = 0; i < a.patterns.n; i++)
		if (!witness_hook(c, &a, c->t.numbers.at[a.patterns.at + i])->exact)
			return false;
	return true;
}

struct uses {
	struct compiler *c;
	VEC(uint32_t) seen;		/* by pattern: variant + 1 */
	uint32_t mark;
};

static void count_node(struct uses *u, uint32_t node)
{
	struct compiler *c = u->c;
	struct node n = c->nodes.at[node];
	for (uint32_t i = 0; i < n.children.n; i++)
		count_node(u, c->children.at[n.children.at + i]);
	if (n.kind != NODE_ATOM)
		return;
	struct image_atom a = c->t.atoms.at[n.atom];
	for (uint32_t i = 0; i < a.patterns.n; i++) {
		uint32_t pattern = c->t.numbers.at[a.patterns.at + i];
		if (u->seen.at[pattern] == u->mark)
			continue;
		u->seen.at[pattern] = u->mark;
		c->pattern_uses.at[pattern]++;
	}
}

void witness_count_uses(struct compiler *c)
{
	struct uses u = {.c = c};
	for (size_t i = 0; i < c->t.patterns.n; i++) {
		vec_add(&u.seen);
		vec_add(&c->pattern_uses);
	}
	for (size_t i = 0; i < c->roots.n; i++) {
		u.mark = (uint32_t)i + 1;
		count_node(&u, c->roots.at[i]);
	}
	vec_free(&u.seen);
}
