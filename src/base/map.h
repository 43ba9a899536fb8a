#ifndef BASE_MAP_H
#define BASE_MAP_H
/*
 * A map from text to a 32-bit number. Keys are borrowed: they must live as long as the map (an arena's texts, usually).
 */
#include "base/str.h"

struct map;

#define MAP_NONE UINT32_MAX

struct map *map_new(size_t expected);
void map_free(struct map *m);
uint32_t map_get(const struct map *m, struct str key);			/* MAP_NONE where absent */
/* Sets key to value where it is absent; returns the value that the key now has. */
uint32_t map_put(struct map *m, struct str key, uint32_t value);
size_t map_count(const struct map *m);
void map_clear(struct map *m);
#endif
