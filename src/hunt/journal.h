#ifndef HUNT_JOURNAL_H
#define HUNT_JOURNAL_H
/*
 * systemd's binary journal, one file at a time through libsystemd. Each entry is an event as `journalctl -o json` would
 * give it (decode/journald.h). The file may be rotated or deleted meanwhile.
 */
#include "hunt/source.h"

/* A field's value is cut there (DECODE_TEXT_LONG): core dumps are kept in journals. */
#define JOURNAL_FIELD_MAX (256u << 10)
/* libsystemd wants a file: a journal that is packed or in an archive is held in memory (/dev/shm), up to here. */
#define JOURNAL_HELD_MAX (512u << 20)

/*
 * Every entry to c->emit, numbered from 1 in the file's order; a damaged file is counted (DECODE_INPUT_READ) and what could
 * be read before stands. `after` is called behind each batch of entries and ends the reading when it returns true.
 */
void journal_read(struct source *s, struct decode_ctx *c, bool (*after)(void *user));
#endif
