#ifndef CLI_PASSWORDS_H
#define CLI_PASSWORDS_H
/*
 * The options that hunt and decode share for archives that need a password.
 */
#include "cli/cli.h"
#include "input/members.h"

#define CLI_PASSWORD_OPTIONS \
	{"password-file", 0, "FILE", "Passwords of encrypted archives, one a line; each is tried", false, "Archives"}, \
	{"password", 0, "TEXT", "A password, which other users see in the list of processes: better --password-file", true, \
	 "Archives"},

#define CLI_PASSWORDS_MAX 1000u
#define CLI_PASSWORD_FILE_MAX 65536u

/* --password and --password-file, in this order. Complains as cli_usage does; ERR_USAGE. Free with cli_free_passwords. */
int cli_get_passwords(const struct cli_args *a, struct members_options *out) __attribute__((warn_unused_result));
void cli_free_passwords(struct members_options *o);
#endif
