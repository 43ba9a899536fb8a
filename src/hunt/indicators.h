#ifndef HUNT_INDICATORS_H
#define HUNT_INDICATORS_H
/*
 * Indicators in a hunt: reads their files, and makes findings of what an event's fields hold. Each pair of type and level is
 * a rule of the report, behind all Sigma rules: INDICATOR_RULES of them, whether or not there are indicators of it.
 */
#include "hunt/engine.h"
#include "intel/intel.h"

#define INDICATOR_RULES ((uint32_t)INTEL_TYPES * INTEL_LEVELS)
/* The longest file that is read. */
#define INDICATORS_FILE_MAX ((size_t)INTEL_TEXT_MAX)

struct indicators_options {
	const char *const *paths;	/* files, and folders of which .txt .csv .tsv .list .ioc .json .stix ... are read */
	size_t path_count;
	const char *const *allow;	/* allow-lists, likewise */
	size_t allow_count;
	bool judge_now;
	int64_t now;
};

/*
 * Reads all and freezes. 0; ERR_NOENT, ERR_IO ... where a path that was named cannot be read, ERR_FORMAT where one is in no
 * known form (the diagnostics say which). *out is set in any case and frozen only on success; free it with intel_free.
 */
int indicators_load(const struct indicators_options *o, struct diags *diags, struct intel **out)
	__attribute__((warn_unused_result));

/* Rule 0 .. INDICATOR_RULES - 1, as the filters and reports want it. */
struct sigma_rule_info indicators_rule(uint32_t i);
uint32_t indicators_rule_of(const struct intel_indicator *i);

struct worker;
/* Evaluates the indicators on the event and keeps the findings. */
void indicators_on_event(struct worker *w, struct event *e);
/* `out` points into *room, which must live as long. */
void indicators_report(const struct intel_indicator *i, struct arena *a, struct report_indicator *out);
#endif
