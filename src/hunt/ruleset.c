#include "hunt/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/io.h"
#include "base/vec.h"

struct walk {
	struct ruleset_files *out;
	struct diags *diags;
	VEC(struct ruleset_file) files;
	bool named;			/* the path was given, not found */
	int error;			/* of a named path */
};

static int read_one(struct walk *w, const char *path)
{
	struct str file = arena_str(w->out->arena, str_c(path)), text;
	int err = io_read_file(path, SIGMA_FILE_MAX, w->out->arena, &text);

	if (err < 0) {
		struct diag_place place = {file, 0, 0};

		diags_add(w->diags, DIAG_ERROR, "unreadable", place, "cannot read the file: %s",
			  err == ERR_LIMIT ? "it is too large" : strerror(errno));
		return w->named ? err : 0;
	}
	w->out->bytes += text.n;
	if (w->files.n >= RULESET_FILES_MAX || w->out->bytes > RULESET_BYTES_MAX)
		return ERR_LIMIT;
	*vec_add(&w->files) = (struct ruleset_file){file, text};
	return 0;
}

static int visit(void *user, const char *path)
{
	struct str s = str_c(path);

	if (!str_ends(s, STR(".yml")) && !str_ends(s, STR(".yaml")))
		return 0;
	return read_one(user, path);
}

static void failed(void *user, const char *path, int errno_value)
{
	struct walk *w = user;
	struct diag_place place = {str_c(path), 0, 0};

	diags_add(w->diags, DIAG_ERROR, "unreadable", place, "cannot read the folder: %s", strerror(errno_value));
}

static int add_path(struct walk *w, const char *path)
{
	struct io_walk walk = {visit, failed, w};
	struct stat st;

	w->named = stat(path, &st) < 0 || !S_ISDIR(st.st_mode);
	return w->named ? read_one(w, path) : io_walk(path, &walk);
}

static int read_mapping(struct walk *w, const char *packs_dir)
{
	struct ruleset_files *out = w->out;
	int err;

	out->mapping_path = arena_printf(out->arena, "%s/sigma/logsources.yaml", packs_dir ? packs_dir : "packs");
	err = io_read_file(out->mapping_path.p, SIGMA_FILE_MAX, out->arena, &out->mapping);
	if (err < 0)
		diags_add(w->diags, DIAG_ERROR, "unreadable", (struct diag_place){out->mapping_path, 0, 0},
			  "cannot read the mapping of log sources: %s", strerror(errno));
	return err;
}

int ruleset_read(const char *const *paths, size_t n, const char *packs_dir, struct diags *diags,
		 struct ruleset_files *out)
{
	struct walk w = {.out = out, .diags = diags};
	int err = 0;

	*out = (struct ruleset_files){.arena = arena_new((size_t)1 << 20)};
	err = read_mapping(&w, packs_dir);
	for (size_t i = 0; i < n && err == 0; i++)
		err = add_path(&w, paths[i]);
	out->count = (uint32_t)w.files.n;
	out->at = ARENA_ARRAY(out->arena, struct ruleset_file, w.files.n + 1);
	if (w.files.n)
		memcpy(out->at, w.files.at, w.files.n * sizeof *w.files.at);
	vec_free(&w.files);
	return err;
}

int ruleset_read_extra(struct ruleset_files *files, const struct ruleset_extra *extra, struct diags *diags)
{
	struct walk w = {.out = files, .diags = diags, .named = true};
	int err = 0;

	if (!extra)
		return 0;
	files->filters_exclude = extra->filters_exclude;
	for (size_t i = 0; i < extra->placeholder_count && err == 0; i++)
		err = read_one(&w, extra->placeholders[i]);
	files->placeholder_count = (uint32_t)w.files.n;
	files->placeholders = ARENA_ARRAY(files->arena, struct ruleset_file, w.files.n + 1);
	if (w.files.n)
		memcpy(files->placeholders, w.files.at, w.files.n * sizeof *w.files.at);
	vec_free(&w.files);
	return err;
}

void ruleset_files_free(struct ruleset_files *files)
{
	if (files)
		arena_free(files->arena);
	if (files)
		*files = (struct ruleset_files){0};
}

int ruleset_bind(const struct ruleset_files *files, struct diags *diags, struct sigma_set **out)
{
	struct sigma_set *set = sigma_set_new();
	int err = sigma_set_mapping(set, files->mapping_path, files->mapping, diags);

	for (uint32_t i = 0; i < files->placeholder_count && !err; i++)
		err = sigma_set_placeholders(set, files->placeholders[i].path, files->placeholders[i].text, diags);
	set->filters_exclude = files->filters_exclude;
	if (err < 0) {
		sigma_set_free(set);
		return err;
	}
	for (uint32_t i = 0; i < files->count; i++)
		sigma_set_add(set, files->at[i].path, files->at[i].text, diags);
	sigma_set_bind(set, diags);
	*out = set;
	return 0;
}

int ruleset_load_request(const struct ruleset_request *request, struct diags *diags, struct sigma_set **out)
{
	struct ruleset_files files;
	int err = ruleset_read(request->paths, request->path_count, request->packs_dir, diags, &files);

	if (err == 0)
		err = ruleset_read_extra(&files, &request->extra, diags);
	if (err == 0)
		err = ruleset_bind(&files, diags, out);
	ruleset_files_free(&files);
	return err;
}

int ruleset_load(const char *const *paths, size_t n, const char *packs_dir, struct diags *diags, struct sigma_set **out)
{
	struct ruleset_request request = {.paths = paths, .path_count = n, .packs_dir = packs_dir};

	return ruleset_load_request(&request, diags, out);
}
