#ifndef DECODE_EVTX_CARVE_H
#define DECODE_EVTX_CARVE_H
/*
 * Inside of the EVTX decoder: deleted records (detection.md 2.10). They are looked for behind a chunk's free-space offset, and in
 * slots whose chunk header is gone. What they point to may have been overwritten, so nothing is believed that cannot be
 * checked: a template definition must bear the instance's identifier, a name its hash. A definition that was overwritten is
 * looked for elsewhere in the same chunk by its identifier; never in other chunks, so that what is found does not depend on the
 * order in which workers take blocks.
 *
 * A record is told once: not where its very bytes stand in a live record of its chunk, or in any record of the chunks before it
 * that the context still holds (evtx_carry).
 */
#include "decode/evtx_xml.h"

struct evtx_carve;

void evtx_carve_free(struct evtx_carve *carve);
/* Emits the deleted records of s->chunk from `from` on; records before it are live. */
void evtx_carve(struct evtx_state *s, uint32_t from);
/*
 * The definition that the instance at p means: where it says, or where else in the chunk one with its identifier stands and can
 * be read. UINT32_MAX: it is gone.
 */
uint32_t evtx_carve_definition(struct evtx_state *s, const uint8_t *p, enum evtx_stage stage);
/* decode_format.carry: hashes of the newest records, eight bytes each. Only where there is carving. */
void evtx_carry(struct str block, struct buf *context);
#endif
