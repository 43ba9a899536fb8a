#include "intel/allow.h"

#include "base/err.h"

struct allow { int nothing; };
struct allow *allow_new(void) { return mem_alloc(sizeof(struct allow)); }
void allow_free(struct allow *a) { vec_release(a); }
int allow_read_json(struct allow *a, struct intel_context *c, struct str text) { (void)a; (void)c; (void)text; return ERR_UNSUPPORTED; }
int allow_read_lines(struct allow *a, struct intel_context *c, struct str text) { (void)a; (void)c; (void)text; return ERR_UNSUPPORTED; }
bool allow_covers(const struct allow *a, const struct intel_entry *e) { (void)a; (void)e; return false; }
int intel_read_json(struct intel_context *c, struct str text) { (void)c; (void)text; return ERR_UNSUPPORTED; }
