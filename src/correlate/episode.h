#ifndef CORRELATE_EPISODE_H
#define CORRELATE_EPISODE_H
/*
 * Episodes: the first and the last few of their matches are kept, and how many there were.
 */
#include "correlate/kinds.h"

struct episode *episode_new(struct tally *t);
void episode_free(struct tally *t, struct episode *e);
void episode_add(struct tally *t, struct episode *e, const struct correlate_place *place);
/* The group's open window becomes an episode: all that is in its ring. */
struct episode *episode_of_ring(struct correlate *c, const struct group *g);
const struct correlate_place *episode_last(const struct episode *e);	/* its last match; count is 1 or more */
void episode_tell(struct correlate *c, const struct group *g,
		  void (*call)(void *user, const struct correlate_episode *e));
#endif
