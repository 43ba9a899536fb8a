#ifndef HUNT_RULESET_H
#define HUNT_RULESET_H
/*
 * Rules from files and folders. A file that is named is read whatever it is called; below a folder *.yml and *.yaml are, in
 * byte order of their paths, whatever folders they lie in: who wants no deprecated rules does not name that folder.
 */
#include "base/diag.h"
#include "sigma/program.h"
#include "sigma/set.h"

#define RULESET_FILES_MAX 200000u
#define RULESET_BYTES_MAX ((size_t)1 << 30)	/* of all rule files together */

struct ruleset_file { struct str path, text; };

/* What else makes rules what they are. Zeroed: nothing. */
struct ruleset_extra {
	const char *const *placeholders;	/* files of values for `expand` (sigma_set_placeholders) */
	size_t placeholder_count;
	bool filters_exclude;			/* struct sigma_set */
};

/* The files, read whole. What could not be read is in diags (code "unreadable") and left out. */
struct ruleset_files {
	struct arena *arena;
	struct ruleset_file *at; uint32_t count;
	struct str mapping_path, mapping;	/* packs_dir/sigma/logsources.yaml */
	size_t bytes;
	struct ruleset_file *placeholders; uint32_t placeholder_count;
	bool filters_exclude;
};

/* ERR_NOENT, ERR_DENIED, ERR_IO where one of the paths, or the mapping, cannot be read at all (it is in diags too);
 * ERR_LIMIT. *out is to be freed either way. */
int ruleset_read(const char *const *paths, size_t n, const char *packs_dir, struct diags *diags,
		 struct ruleset_files *out) __attribute__((warn_unused_result));
void ruleset_files_free(struct ruleset_files *files);
/* Adds what `extra` names (NULL: nothing), read whole. Errors as above. */
int ruleset_read_extra(struct ruleset_files *files, const struct ruleset_extra *extra, struct diags *diags)
	__attribute__((warn_unused_result));

/* Rules and mapping to a bound set. ERR_FORMAT where the mapping or a file of placeholders has errors. */
int ruleset_bind(const struct ruleset_files *files, struct diags *diags, struct sigma_set **out)
	__attribute__((warn_unused_result));

/* Both. A set in which every rule was refused is still a set. */
int ruleset_load(const char *const *paths, size_t n, const char *packs_dir, struct diags *diags, struct sigma_set **out)
	__attribute__((warn_unused_result));

/* What is wanted, for the two that take `extra` too. */
struct ruleset_request {
	const char *const *paths;
	size_t path_count;
	const char *packs_dir;
	struct ruleset_extra extra;
	unsigned threads;		/* ruleset_program_request */
};
int ruleset_load_request(const struct ruleset_request *request, struct diags *diags, struct sigma_set **out)
	__attribute__((warn_unused_result));

/*
 * The compiled rules, out of the cache where nothing has changed. The key of an image is the SHA-256 of all rule files'
 * names and contents, those of the placeholders, the sense of filters, the mapping, this binary, vectorscan's version and the processor's features. It lies in
 * $XDG_CACHE_HOME/truc, else for root /var/cache/truc, else ~/.cache/truc: a folder of mode 0700 that is ours. Folder and
 * file must be ours and closed to others, the file whole; else it is compiled anew and written anew. That it cannot be
 * kept is only a note.
 */
#define RULESET_IMAGE_MAX ((size_t)1 << 30)
#define RULESET_IMAGES_KEPT 24u		/* the newest, and at most RULESET_IMAGES_BYTES of them; */
#define RULESET_IMAGES_BYTES ((size_t)512 << 20)	/* the others are deleted when one is written */

struct ruleset_origin {
	bool cached;			/* it came out of the cache: diags then hold nothing of the rules */
	char note[200];			/* why it was not kept, or ""; for people */
};
int ruleset_program(const char *const *paths, size_t n, const char *packs_dir, unsigned threads, struct diags *diags,
		    struct ruleset_origin *origin, struct sigma_program **out) __attribute__((warn_unused_result));
int ruleset_program_request(const struct ruleset_request *request, struct diags *diags, struct ruleset_origin *origin,
			    struct sigma_program **out) __attribute__((warn_unused_result));
#endif
