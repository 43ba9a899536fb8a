#include "event/roles.h"

static const char *const hosts[] = {
	"Computer", "ComputerName", "computer_name", "winlog.computer_name", "Hostname", "host.name", "host.hostname",
	"agent.hostname", "_HOSTNAME", "host", "devname", "MachineName", "s-computername", NULL,
};

static const char *const users[] = {
	"User", "SubjectUserName", "TargetUserName", "UserName", "user.name", "winlog.user.name", "AccountName",
	"ruser", "acct", "auid", "Security_UserID", "UserID", "_UID", "cs-username", NULL,
};

static uint8_t find(const char *const *list, struct str name, unsigned first)
{
	for (unsigned i = 0; list[i]; i++) {
		if (str_eq_nocase(str_c(list[i]), name))
			return (uint8_t)(first + i);
	}
	return ROLE_NONE;
}

uint8_t role_of(struct str name)
{
	uint8_t role = find(hosts, name, ROLE_HOST);

	return role ? role : find(users, name, ROLE_USER);
}
