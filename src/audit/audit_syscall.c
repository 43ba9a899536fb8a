#include "audit/audit.h"
#include "audit/audit_syscall_table.h"
#include "base/err.h"

static const struct {
	struct str arch;
	const char *const *names;
	size_t count;
} machines[] = {
	{STR("c000003e"), x86_64, sizeof x86_64 / sizeof *x86_64},
	{STR("40000003"), i386, sizeof i386 / sizeof *i386},
	{STR("c00000b7"), aarch64, sizeof aarch64 / sizeof *aarch64},
};

struct str audit_syscall_name(struct str arch, struct str number)
{
	uint64_t n;

	if (str_to_u64(number, &n))
		return STR_NONE;
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (str_eq_nocase(arch, machines[i].arch))
			return n < machines[i].count ? str_c(machines[i].names[n]) : STR_NONE;
	return STR_NONE;
}
