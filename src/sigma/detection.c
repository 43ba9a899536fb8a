/*
 * Nodes, and the forms that a search identifier can have: maps, lists, keywords (detection.md 3.2).
 */
#include <string.h>

#include "base/vec.h"
#include "sigma/load.h"

struct sigma_node *sigma_node_new(struct sigma_load *l, enum sigma_node_kind kind, uint32_t line)
{
	if (l->nodes >= SIGMA_NODES_MAX) {
		if (!l->full)
			sigma_report(l, DIAG_ERROR, "too-large", NULL, "the rule has more than %u tests", SIGMA_NODES_MAX);
		l->full = true;
		return NULL;
	}
	l->nodes++;
	struct sigma_node *n = ARENA_NEW(l->arena, struct sigma_node);

	n->kind = kind;
	n->line = line;
	return n;
}

struct sigma_node *sigma_node_join(struct sigma_load *l, enum sigma_node_kind kind, struct sigma_node **children,
				   uint32_t count)
{
	struct sigma_node *n;

	if (count == 1)
		return children[0];
	n = sigma_node_new(l, kind, count ? children[0]->line : 0);
	if (!n)
		return NULL;
	n->child_count = count;
	n->children = ARENA_ARRAY(l->arena, struct sigma_node *, count + 1);
	memcpy(n->children, children, count * sizeof *children);
	return n;
}

struct sigma_node *sigma_node_not(struct sigma_load *l, struct sigma_node *child)
{
	struct sigma_node *n = sigma_node_new(l, SIGMA_NODE_NOT, child->line);

	if (!n)
		return NULL;
	n->child_count = 1;
	n->children = ARENA_ARRAY(l->arena, struct sigma_node *, 1);
	n->children[0] = child;
	return n;
}

static struct sigma_node *load_map(struct sigma_load *l, const struct yaml_node *map)
{
	struct sigma_node **children = mem_alloc((map->count + 1) * sizeof *children), *tree = NULL;
	bool ok = map->count > 0;

	for (uint32_t i = 0; i < map->count; i++) {
		children[i] = sigma_item_load(l, map->pairs[i].key, map->pairs[i].value);
		ok &= children[i] != NULL;
	}
	if (!map->count)
		sigma_report(l, DIAG_ERROR, "empty-detection", map, "the map is empty");
	else if (ok)
		tree = sigma_node_join(l, SIGMA_NODE_AND, children, map->count);
	vec_release(children);
	return tree;
}

static struct sigma_node *load_list(struct sigma_load *l, const struct yaml_node *list)
{
	struct sigma_node **children = mem_alloc((list->count + 1) * sizeof *children), *tree = NULL;
	bool ok = list->count > 0;

	for (uint32_t i = 0; i < list->count; i++) {
		children[i] = sigma_detection_load(l, list->items[i]);
		ok &= children[i] != NULL;
	}
	if (!list->count)
		sigma_report(l, DIAG_ERROR, "empty-detection", list, "the list is empty");
	else if (ok)
		tree = sigma_node_join(l, SIGMA_NODE_OR, children, list->count);
	vec_release(children);
	return tree;
}

struct sigma_node *sigma_detection_load(struct sigma_load *l, const struct yaml_node *value)
{
	if (value->kind == YAML_MAP)
		return load_map(l, value);
	if (value->kind == YAML_LIST)
		return load_list(l, value);
	if (value->type == YAML_NULL) {
		sigma_report(l, DIAG_ERROR, "empty-detection", value, "there is nothing to search for");
		return NULL;
	}
	return sigma_item_load(l, NULL, value);
}
