#include "sigma/matcher_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_MAX (UINT32_MAX >> 1)

static uint32_t largest_group(const struct sigma_program *p)
{
	uint32_t max = 0;
	for (uint32_t i = 0; i < p->groups_count; i++)
		max = p->groups[i].programs.n > max ? p->groups[i].programs.n : max;
	return max;
}

struct sigma_matcher *sigma_matcher_new(const struct sigma_program *p)
{
	struct sigma_matcher *m = mem_alloc(sizeof *m);
	uint32_t programs = largest_group(p) + 1u, keys = p->key_names_count + 1u;
	m->p = p;
	m->atom_state = mem_alloc((p->atoms_count + 1u) * sizeof *m->atom_state);
	m->atom_hinted = mem_alloc((p->atoms_count + 1u) * sizeof *m->atom_hinted);
	m->rule_epoch = mem_alloc((p->rules_count + 1u) * sizeof *m->rule_epoch);
	m->set_epoch = mem_alloc((p->regex_sets_count + 1u) * sizeof *m->set_epoch);
	m->found = mem_alloc((p->rules_count + 1u) * 2 * sizeof *m->found);
	m->candidate_epoch = mem_alloc(programs * sizeof *m->candidate_epoch);
	m->candidates = mem_alloc(programs * sizeof *m->candidates);
	m->keys = mem_alloc(keys * sizeof *m->keys);
	m->system_keys = mem_alloc(keys);
	for (uint32_t k = 1; k < keys; k++)
		m->system_keys[k] = keys_means_system(p->keys, k);
	m->literals = mem_alloc((p->literal_dbs_count + 1u) * sizeof(void *));
	m->regex_cache = regex_cache_new();
	m->arena = arena_new(0);
	m->side_round = 1;
	for (size_t d = 0; d < sizeof m->memo / sizeof *m->memo; d++)
		m->memo[d].n = UINT32_MAX;
	return m;
}

void sigma_matcher_free(struct sigma_matcher *m)
{
	if (!m)
		return;
	free(m->atom_state);
	free(m->atom_hinted);
	free(m->rule_epoch);
	free(m->set_epoch);
	free(m->found);
	free(m->candidate_epoch);
	free(m->candidates);
	free(m->keys);
	free(m->system_keys);
	free(m->literals);
	regex_cache_free(m->regex_cache);
	free(m->keep);
	vec_free(&m->slots);
	vec_free(&m->segments);
	buf_free(&m->scan);
	buf_free(&m->side);
	arena_free(m->arena);
	hs_free_scratch(m->scratch);
	free(m);
}

void sigma_matcher_filter(struct sigma_matcher *m, const uint8_t *keep)
{
	free(m->keep);
	m->keep = NULL;
	if (!keep)
		return;
	m->keep = mem_alloc(m->p->rules_count + 1u);
	memcpy(m->keep, keep, m->p->rules_count);
}

/* The next event's stamp; once in two thousand million events everything is cleared. */
static void next_epoch(struct sigma_matcher *m)
{
	const struct sigma_program *p = m->p;
	if (m->epoch++ < EPOCH_MAX)
		return;
	memset(m->atom_state, 0, p->atoms_count * sizeof *m->atom_state);
	memset(m->atom_hinted, 0, p->atoms_count * sizeof *m->atom_hinted);
	memset(m->rule_epoch, 0, p->rules_count * sizeof *m->rule_epoch);
	memset(m->set_epoch, 0, p->regex_sets_count * sizeof *m->set_epoch);
	memset(m->candidate_epoch, 0, largest_group(p) * sizeof *m->candidate_epoch);
	memset(m->keys, 0, (p->key_names_count + 1u) * sizeof *m->keys);
	m->epoch = 1;
}

void matcher_candidate(struct sigma_matcher *m, uint32_t program)
{
	if (m->candidate_epoch[program] == m->epoch)
		return;
	m->candidate_epoch[program] = m->epoch;
	m->candidates[m->candidate_count++] = program;
}

static bool run_program(struct sigma_matcher *m, const struct image_program *program)
{
	const struct image_op *ops = m->p->ops + program->ops.at;
	uint32_t at = program->ops.n ? 0 : OP_YES;
	while (at < OP_NO) {
		const struct image_op *op = &ops[at];
		uint32_t atom = op->atom & ~OP_EAGER, state = m->atom_state[atom];
		bool truth;
		if (op->atom & OP_EAGER)
			truth = state == (m->epoch << 1 | 1);
		else
			truth = matcher_ask(m, atom);
		at = truth ? op->yes : op->no;
	}
	return at == OP_YES;
}

static void run_candidates(struct sigma_matcher *m)
{
	const struct sigma_program *p = m->p;
	const uint32_t *programs = p->numbers + m->g->programs.at;
	for (uint32_t i = 0; i < m->g->always.n; i++)
		matcher_candidate(m, p->numbers[m->g->always.at + i]);
	m->stats.candidates += m->candidate_count;
	for (uint32_t i = 0; i < m->candidate_count; i++) {
		const struct image_program *program = &p->programs[programs[m->candidates[i]]];
		if (m->rule_epoch[program->rule] == m->epoch || (m->keep && !m->keep[program->rule]))
			continue;
		if (!run_program(m, program))
			continue;
		m->rule_epoch[program->rule] = m->epoch;
		m->found[m->found_count++] = program->rule;
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void run_group(struct sigma_matcher *m, const struct image_group *g)
{
	next_epoch(m);
	m->g = g;
	m->wants = m->p->wants + g->keys;
	m->candidate_count = 0;
	m->stats.routed += g->programs.n != 0;
	matcher_collect(m);
	run_candidates(m);
}

static void sort_found(struct sigma_matcher *m)
{
	uint32_t kept = 0;
	qsort(m->found, m->found_count, sizeof *m->found, by_number);
	for (uint32_t i = 0; i < m->found_count; i++)
		if (!kept || m->found[kept - 1] != m->found[i])
			m->found[kept++] = m->found[i];
	m->found_count = kept;
}

uint32_t sigma_matcher_run(struct sigma_matcher *m, const struct event *e, const uint32_t **out_rules)
{
	m->e = e;
	m->found_count = 0;
	m->stats.events++;
	*out_rules = m->found;
	const struct image_group *g = matcher_route(m);
	if (!g->programs.n && g->companion == IMAGE_NONE)
		return 0;
	run_group(m, g);
	if (g->companion != IMAGE_NONE && (m->seen & WANT_COMPANION || g->flags & GROUP_COMPANION_ALWAYS))
		run_group(m, &m->p->groups[g->companion]);
	if (m->found_count > 1)
		sort_found(m);
	return m->found_count;
}
