/*
 * The cache of compiled rules: one file an image, named by its key, the key once more behind the image.
 */
#include "hunt/ruleset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/vec.h"
#include "base/version.h"

#define KEY_FORMAT "truc-rules-1"
#define LEFTOVER_SECONDS 3600
#define SUFFIX ".rules"
#define NAME_BYTES (SHA256_SIZE * 2 + sizeof SUFFIX)

struct key { uint8_t bytes[SHA256_SIZE]; };

/* ---- the key ---- */

static void add_text(struct sha256 *h, struct str s)
{
	uint64_t n = s.n;

	sha256_add(h, &n, sizeof n);
	sha256_add(h, s.p, s.n);
}

/* Two builds of one version differ in the file itself. */
static void add_binary(struct sha256 *h)
{
	struct stat st;
	int64_t facts[3] = {0};

	if (stat("/proc/self/exe", &st) == 0) {
		facts[0] = st.st_size;
		facts[1] = st.st_mtim.tv_sec;
		facts[2] = st.st_mtim.tv_nsec;
	}
	sha256_add(h, facts, sizeof facts);
}

static void make_key(const struct ruleset_files *files, struct key *out)
{
	struct sha256 *h = sha256_new();
	hs_platform_info_t cpu = {0};
	uint64_t features[2];

	add_text(h, STR(KEY_FORMAT));
	add_text(h, str_c(truc_version));
	add_binary(h);
	add_text(h, str_c(hs_version()));
	hs_populate_platform(&cpu);
	features[0] = cpu.tune;
	features[1] = cpu.cpu_features;
	sha256_add(h, features, sizeof features);
	add_text(h, files->mapping_path);
	add_text(h, files->mapping);
	for (uint32_t i = 0; i < files->count; i++) {
		add_text(h, files->at[i].path);
		add_text(h, files->at[i].text);
	}
	for (uint32_t i = 0; i < files->placeholder_count; i++) {
		add_text(h, STR("placeholders"));
		add_text(h, files->placeholders[i].text);
	}
	add_text(h, files->filters_exclude ? STR("exclude") : STR("as they stand"));
	sha256_end(h, out->bytes);
}

static void key_name(const struct key *key, char out[NAME_BYTES])
{
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", key->bytes[i]);
	snprintf(out + (size_t)SHA256_SIZE * 2, sizeof SUFFIX, "%s", SUFFIX);
}

/* ---- the folder ---- */

static bool folder_path(struct buf *out)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (xdg && *xdg == '/')
		buf_printf(out, "%s/truc", xdg);
	else if (geteuid() == 0)
		buf_text(out, "/var/cache/truc");
	else if (home && *home == '/')
		buf_printf(out, "%s/.cache/truc", home);
	else
		return false;
	buf_byte(out, '\0');
	return true;
}

static bool is_private(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & 077);
}

/* The folder, made where it is missing; -1 with a note where it is not to be trusted. */
static int open_folder(const char *path, char note[200])
{
	struct stat st;
	int fd;

	if (io_make_dirs(path, 0700) < 0) {
		snprintf(note, 200, "the rule cache %.100s cannot be made: %s", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && is_private(&st))
		return fd;
	snprintf(note, 200, "the rule cache %.100s is not used: %s", path,
		 fd < 0 ? strerror(errno) : "it must be yours and closed to others (mode 0700)");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- reading ---- */

static int read_file(int fd, size_t n, char *out)
{
	while (n) {
		ssize_t got = read(fd, out, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ERR_IO;
		out += got;
		n -= (size_t)got;
	}
	return 0;
}

static int load_open_file(int fd, const struct key *key, struct sigma_program **out)
{
	struct stat st;
	size_t n;
	char *bytes;
	int err = ERR_STALE;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !is_private(&st))
		return ERR_DENIED;
	if (st.st_size <= SHA256_SIZE || (uint64_t)st.st_size > RULESET_IMAGE_MAX)
		return ERR_FORMAT;
	n = (size_t)st.st_size;
	bytes = malloc(n);
	if (!bytes)
		return ERR_NOMEM;
	if (read_file(fd, n, bytes) == 0 && memcmp(bytes + n - SHA256_SIZE, key->bytes, SHA256_SIZE) == 0)
		err = sigma_program_load((struct str){bytes, n - SHA256_SIZE}, out);
	free(bytes);
	return err;
}

static int load_cached(int folder, const struct key *key, struct sigma_program **out)
{
	char name[NAME_BYTES];
	int fd, err;

	key_name(key, name);
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return ERR_NOENT;
	err = load_open_file(fd, key, out);
	if (err == 0)
		futimens(fd, NULL);	/* newest again: kept longest */
	close(fd);
	return err;
}

/* ---- writing ---- */

struct old { struct timespec used; size_t bytes; char name[256]; };

static int newest_first(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? 1 : -1;
	return x->used.tv_nsec < y->used.tv_nsec ? 1 : x->used.tv_nsec > y->used.tv_nsec ? -1 : 0;
}

/* What a process that was killed while it wrote has left behind: NAME.rules.XXXXXX. */
static void drop_leftover(int folder, const char *name)
{
	struct stat st;

	if (strstr(name, SUFFIX ".") && !fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode) &&
	    st.st_mtim.tv_sec < clock_now() / TICKS_PER_SECOND - LEFTOVER_SECONDS)
		unlinkat(folder, name, 0);
}

static void drop_old(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	VEC(struct old) all = {0};
	struct dirent *d;
	struct stat st;
	size_t bytes = 0;

	while (dir && (d = readdir(dir))) {
		drop_leftover(folder, d->d_name);
		if (!str_ends(str_c(d->d_name), STR(SUFFIX)) || fstatat(folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		struct old *o = vec_add(&all);

		o->used = st.st_mtim;
		o->bytes = (size_t)st.st_size;
		snprintf(o->name, sizeof o->name, "%s", d->d_name);
	}
	if (all.n > 1)
		qsort(all.at, all.n, sizeof *all.at, newest_first);
	for (size_t i = 0; i < all.n; i++) {
		bytes += all.at[i].bytes;
		if (i && (i >= RULESET_IMAGES_KEPT || bytes > RULESET_IMAGES_BYTES))
			unlinkat(folder, all.at[i].name, 0);
	}
	vec_free(&all);
	if (dir)
		closedir(dir);
}

static void keep(int folder, const char *path, const struct key *key, const struct sigma_program *program, char note[200])
{
	struct buf image = {0}, file = {0};
	char name[NAME_BYTES];

	key_name(key, name);
	buf_printf(&file, "%s/%s", path, name);
	buf_byte(&file, '\0');
	sigma_program_save(program, &image);
	buf_put(&image, key->bytes, SHA256_SIZE);
	if (io_write_file(file.p, buf_get(&image), true) < 0)
		snprintf(note, 200, "the compiled rules cannot be kept in %.100s: %s", path, strerror(errno));
	else
		drop_old(folder);
	buf_free(&image);
	buf_free(&file);
}

/* ---- */

static int compile(const struct ruleset_files *files, unsigned threads, struct diags *diags, struct sigma_program **out)
{
	struct sigma_set *set;
	int err = ruleset_bind(files, diags, &set);

	if (err < 0)
		return err;
	*out = sigma_program_compile(set, threads);
	sigma_set_free(set);
	return 0;
}

int ruleset_program(const char *const *paths, size_t n, const char *packs_dir, unsigned threads, struct diags *diags,
		    struct ruleset_origin *origin, struct sigma_program **out)
{
	struct ruleset_request request = {.paths = paths, .path_count = n, .packs_dir = packs_dir, .threads = threads};

	return ruleset_program_request(&request, diags, origin, out);
}

int ruleset_program_request(const struct ruleset_request *request, struct diags *diags, struct ruleset_origin *origin,
			    struct sigma_program **out)
{
	struct ruleset_files files;
	struct buf path = {0};
	struct key key;
	int folder = -1, err = ruleset_read(request->paths, request->path_count, request->packs_dir, diags, &files);

	*origin = (struct ruleset_origin){0};
	if (err == 0)
		err = ruleset_read_extra(&files, &request->extra, diags);
	if (err < 0)
		goto out;
	make_key(&files, &key);
	if (folder_path(&path))
		folder = open_folder(path.p, origin->note);
	if (folder >= 0 && load_cached(folder, &key, out) == 0) {
		origin->cached = true;
		goto out;
	}
	err = compile(&files, request->threads, diags, out);
	if (err == 0 && folder >= 0)
		keep(folder, path.p, &key, *out, origin->note);
out:
	if (folder >= 0)
		close(folder);
	buf_free(&path);
	ruleset_files_free(&files);
	return err;
}
