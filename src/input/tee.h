#ifndef INPUT_TEE_H
#define INPUT_TEE_H
/*
 * Who else wants an input's bytes: hashes and YARA rules look at whole files, whether or not a decoder reads them. With a tee
 * in the stream's environment (stream.h, struct stream_env) all bytes of each opened input pass through it once and in order,
 * as they lie on disk or in the archive, before anything is unpacked; what the decoder left is read when the stream is closed.
 * An archive is an input itself, and so is each regular file in it, however deep.
 *
 * The calls for one input come one after the other, each perhaps in another worker's thread; those for different inputs
 * side by side. So begin's state is the input's own, and what leads out of it (findings) needs a lock.
 */
#include "base/str.h"

struct tee_file {
	const char *path;	/* "evidence.zip!/Logs/Security.evtx"; void after begin */
	uint64_t size;		/* as it is said to be, which a hostile archive need not keep; TEE_SIZE_UNKNOWN */
	int64_t date;		/* last written, ticks; TICKS_NONE where that is unknown */
	bool is_member;		/* of an archive */
};
#define TEE_SIZE_UNKNOWN UINT64_MAX

struct tee {
	void *user;
	/* An input was opened. Its state, given to the calls below; NULL: its bytes are not wanted. */
	void *(*begin)(void *user, const struct tee_file *file);
	void (*bytes)(void *state, struct str bytes);	/* the next ones */
	/* Once for each begin. whole: all bytes came; else reading failed (the decoder reports it) or the job was stopped. */
	void (*end)(void *state, bool whole);
};
#endif
