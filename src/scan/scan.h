#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H
/*
 * scan: what can be said of a file as a whole: its hashes, and the YARA rules that meet it. Bytes are pushed in, in order; a file
 * of up to SCAN_WINDOW_MAX bytes is looked at whole, a longer one window by window with SCAN_OVERLAP bytes in common, each
 * window as if it were a file of its own (so `filesize` and offsets from the end are the window's).
 *
 * The rules are compiled once and then only read, by any number of files at a time. This module reads rule files.
 */
#include "base/buf.h"
#include "base/diag.h"

#define SCAN_WINDOW_MAX (32u << 20)
#define SCAN_OVERLAP (1u << 20)
#define SCAN_TIMEOUT_S 60		/* for one window */
#define SCAN_STRINGS_MAX 16u		/* named of one rule */
#define SCAN_EXCERPT_MAX 48u		/* bytes of a match shown */
#define SCAN_RULE_FILE_MAX (64u << 20)

/* --- rules --- */

struct scan_rules;

/*
 * Compiles all files (.yar .yara .rule in folders). A file with an error is left out and told of; includes are read only from
 * below the folder that was named, or the named file's. 0; ERR_NOENT ... where a path that was named cannot be read;
 * ERR_FORMAT where nothing could be compiled. Rules know the external variables filename, filepath and extension (and, empty,
 * filetype and owner).
 */
int scan_rules_load(const char *const *paths, size_t count, struct diags *diags, struct scan_rules **out)
	__attribute__((warn_unused_result));
void scan_rules_free(struct scan_rules *r);

struct scan_rule_info {
	struct str id;			/* "yara:namespace:rule"; the namespace is the file's name without its ending */
	struct str title;		/* meta.description or the rule's name */
	unsigned severity;		/* 0 .. 4, of meta.severity or meta.score; 3 without */
};
uint32_t scan_rules_count(const struct scan_rules *r);
uint32_t scan_rules_refused(const struct scan_rules *r);	/* files with errors */
struct scan_rule_info scan_rules_info(const struct scan_rules *r, uint32_t rule);

/* --- a file --- */

enum { SCAN_MD5 = 1, SCAN_SHA1 = 2, SCAN_SHA256 = 4 };

struct scan_file;
/* `rules` may be NULL: only hashes. The path is copied. */
struct scan_file *scan_begin(const struct scan_rules *rules, unsigned hashes, const char *path);
void scan_bytes(struct scan_file *f, struct str bytes);

struct scan_string {
	struct str name;		/* "$a" */
	uint64_t offset;
	struct str excerpt;		/* printable, the rest as \xNN */
};

struct scan_match {
	uint32_t rule;
	uint32_t string_count;
	struct scan_string strings[SCAN_STRINGS_MAX];
};

struct scan_result {
	uint64_t bytes;
	char md5[33], sha1[41], sha256[65];	/* "" where not asked for */
	const struct scan_match *matches;	/* each rule once, as the first window met it */
	uint32_t match_count;
	bool timed_out;				/* of some window */
	bool failed;				/* libyara gave up on some window for another reason */
};
/* The last bytes came. The result lives until scan_free. */
const struct scan_result *scan_end(struct scan_file *f);
void scan_free(struct scan_file *f);
#endif
