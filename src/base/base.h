#ifndef BASE_BASE_H
#define BASE_BASE_H
/*
 * base: what every other module stands on. Byte slices, growable buffers, arenas, vectors, maps, errors, diagnostics,
 * text encodings, times, hashes, files and threads. Nothing here knows about logs, rules or events.
 *
 * This header names the parts; include the one that you need:
 *
 *   str.h    a borrowed run of bytes            err.h    negative error numbers and their texts
 *   buf.h    an owned, growing run of bytes     diag.h   what is wrong in a user's text, with its place
 *   arena.h  memory that is freed all at once   utf8.h   UTF-8, UTF-16, case folding
 *   vec.h    growing arrays                     clock.h  instants, RFC 3339, civil dates
 *   map.h    text to number                     hash.h   64-bit hash, SHA-256, CRC-32
 *   io.h     whole files, walks, safe writes    json.h   JSON text out
 */
#endif
