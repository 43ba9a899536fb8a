#include "scan/rules.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/io.h"

static const char *const variables[] = {"filename", "filepath", "extension", "filetype", "owner"};

struct loading {
	struct scan_rules *rules;
	struct diags *diags;
	YR_COMPILER *compiler;		/* of all that is in order */
	const char *folder;		/* includes come from below it */
	const char *file;		/* under way */
	bool named;
	bool silent;			/* the second time round nothing is told again */
	int error;
	uint32_t files;
};

static void tell(struct loading *l, enum diag_severity severity, const char *code, int line, const char *message)
{
	struct diag_place place = {str_c(l->file), line > 0 ? (uint32_t)line : 0, 0};

	if (!l->silent)
		diags_add(l->diags, severity, code, place, "%s", message);
}

static void on_message(int level, const char *file, int line, const YR_RULE *rule, const char *message, void *user)
{
	struct loading *l = user;

	(void)file;
	(void)rule;
	if (level == YARA_ERROR_LEVEL_ERROR)
		tell(l, DIAG_ERROR, "bad-rule", line, message);
	else
		tell(l, DIAG_WARNING, "doubtful-rule", line, message);
}

/* A file below the folder, whatever links are on the way. */
static bool is_below(const char *folder, const char *path)
{
	char base[PATH_MAX], full[PATH_MAX];
	size_t n;

	if (!realpath(folder, base) || !realpath(path, full))
		return false;
	n = strlen(base);
	return strncmp(base, full, n) == 0 && (full[n] == '/' || (n == 1 && *base == '/'));
}

static const char *on_include(const char *name, const char *calling_file, const char *calling_namespace, void *user)
{
	struct loading *l = user;
	char path[PATH_MAX];
	struct arena *a;
	struct str text;
	char *copy = NULL;

	(void)calling_file;
	(void)calling_namespace;
	if (snprintf(path, sizeof path, "%s/%s", l->folder, name) >= (int)sizeof path || !is_below(l->folder, path)) {
		tell(l, DIAG_ERROR, "include", 0, "an include is not below the folder of the rules, or not there");
		return NULL;
	}
	a = arena_new(4096);
	if (io_read_file(path, SCAN_RULE_FILE_MAX, a, &text) == 0)
		copy = strndup(text.p, text.n);
	arena_free(a);
	return copy;
}

static void on_included(const char *text, void *user)
{
	(void)user;
	free((void *)(uintptr_t)text);
}

static YR_COMPILER *new_compiler(struct loading *l)
{
	YR_COMPILER *c = NULL;

	if (yr_compiler_create(&c) != ERROR_SUCCESS)
		return NULL;
	yr_compiler_set_callback(c, on_message, l);
	yr_compiler_set_include_callback(c, on_include, on_included, l);
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		yr_compiler_define_string_variable(c, variables[i], "");
	return c;
}

/* The file's name without folder and ending. */
static struct str namespace_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');

	return dot && dot != name ? str_n(name, (size_t)(dot - name)) : str_c(name);
}

/* libyara's compiler is of no use after an error: each file is tried on one of its own first. */
static bool try_one(struct loading *l, const char *text, const char *space)
{
	YR_COMPILER *c = new_compiler(l);
	YR_RULES *rules = NULL;
	bool good = c && yr_compiler_add_string(c, text, space) == 0 && yr_compiler_get_rules(c, &rules) == ERROR_SUCCESS;

	if (rules)
		yr_rules_destroy(rules);
	if (c)
		yr_compiler_destroy(c);
	return good;
}

static int read_one(struct loading *l, const char *path)
{
	struct arena *a = arena_new(4096);
	struct str text, space;
	int err;

	l->file = path;
	err = io_read_file(path, SCAN_RULE_FILE_MAX, a, &text);
	if (err) {
		tell(l, DIAG_ERROR, "unreadable", 0, err == ERR_LIMIT ? "the file is larger than 64 MiB" : strerror(errno));
	} else {
		space = arena_str(a, namespace_of(path));
		l->files++;
		if (try_one(l, text.p, space.p)) {
			l->silent = true;
			yr_compiler_add_string(l->compiler, text.p, space.p);
			l->silent = false;
		} else {
			l->rules->refused++;
		}
	}
	arena_free(a);
	if (l->named)
		l->error = err;
	return 0;
}

static int visit(void *user, const char *path)
{
	struct str s = str_c(path);
	bool wanted = str_ends(s, STR(".yar")) || str_ends(s, STR(".yara")) || str_ends(s, STR(".rule"));

	return wanted ? read_one(user, path) : 0;
}

static void failed(void *user, const char *path, int errno_value)
{
	struct loading *l = user;

	l->file = path;
	tell(l, DIAG_ERROR, "unreadable", 0, strerror(errno_value));
}

static int read_path(struct loading *l, const char *path)
{
	struct io_walk walk = {visit, failed, l};
	char folder[PATH_MAX];
	struct stat st;
	char *slash;

	snprintf(folder, sizeof folder, "%s", path);
	l->folder = folder;
	l->named = false;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return io_walk(path, &walk);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	else
		snprintf(folder, sizeof folder, ".");
	l->named = true;
	l->error = 0;
	read_one(l, path);
	return l->error;
}

/* --- what is said of a rule --- */

static unsigned severity_of_word(const char *word)
{
	static const char *const words[] = {"informational", "low", "medium", "high", "critical"};

	for (unsigned i = 0; i < 5; i++) {
		if (str_eq_nocase(str_c(word), str_c(words[i])))
			return i;
	}
	return str_eq_nocase(str_c(word), STR("info")) ? 0 : 3;
}

/* Scores go to 100. */
static unsigned severity_of_score(int64_t score)
{
	return score >= 90 ? 4 : score >= 70 ? 3 : score >= 40 ? 2 : score >= 20 ? 1 : 0;
}

static struct scan_rule_info describe(struct scan_rules *r, const YR_RULE *rule)
{
	struct scan_rule_info i = {.severity = 3};
	YR_META *meta;

	i.id = arena_printf(r->texts, "yara:%s:%s", rule->ns->name, rule->identifier);
	i.title = arena_str(r->texts, str_c(rule->identifier));
	yr_rule_metas_foreach(rule, meta)
	{
		if (meta->type == META_TYPE_STRING && !strcmp(meta->identifier, "description") && *meta->string)
			i.title = arena_str(r->texts, str_head(str_c(meta->string), 200));
		else if (meta->type == META_TYPE_STRING && !strcmp(meta->identifier, "severity"))
			i.severity = severity_of_word(meta->string);
		else if (meta->type == META_TYPE_INTEGER && !strcmp(meta->identifier, "score"))
			i.severity = severity_of_score(meta->integer);
	}
	return i;
}

uint32_t rules_index(const struct scan_rules *r, const YR_RULE *rule)
{
	return (uint32_t)(rule - r->compiled->rules_table);
}

static int finish(struct loading *l)
{
	struct scan_rules *r = l->rules;
	YR_RULE *rule;

	if (l->error)
		return l->error;
	if (l->files == r->refused || yr_compiler_get_rules(l->compiler, &r->compiled) != ERROR_SUCCESS)
		return ERR_FORMAT;
	yr_rules_foreach(r->compiled, rule)
	{
		*vec_add(&r->infos) = describe(r, rule);
	}
	return 0;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin_library(void)
{
	if (yr_initialize() != ERROR_SUCCESS)
		abort();
}

int scan_rules_load(const char *const *paths, size_t count, struct diags *diags, struct scan_rules **out)
{
	struct loading l = {.diags = diags};
	int err = 0;

	pthread_once(&once, begin_library);
	*out = l.rules = mem_alloc(sizeof **out);
	l.rules->texts = arena_new(0);
	l.compiler = new_compiler(&l);
	if (!l.compiler)
		return ERR_NOMEM;
	for (size_t i = 0; i < count && !err; i++)
		err = read_path(&l, paths[i]);
	if (!err)
		err = finish(&l);
	yr_compiler_destroy(l.compiler);
	return err;
}

void scan_rules_free(struct scan_rules *r)
{
	if (!r)
		return;
	if (r->compiled)
		yr_rules_destroy(r->compiled);
	vec_free(&r->infos);
	arena_free(r->texts);
	free(r);
}

uint32_t scan_rules_count(const struct scan_rules *r)
{
	return (uint32_t)r->infos.n;
}

uint32_t scan_rules_refused(const struct scan_rules *r)
{
	return r->refused;
}

struct scan_rule_info scan_rules_info(const struct scan_rules *r, uint32_t rule)
{
	return r->infos.at[rule];
}
