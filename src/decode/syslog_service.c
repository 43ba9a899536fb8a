#include "decode/syslog.h"

#include <string.h>

struct service {
	const char *program;	/* lower case; the table is sorted by it */
	struct str service;
};

#define AUTH {"auth", 4}
#define CLAMAV {"clamav", 6}
#define CRON {"cron", 4}
#define LOGIN {"login", 5}
#define GUACAMOLE {"guacamole", 9}
#define AUDITD {"auditd", 6}
#define SSHD {"sshd", 4}
#define SU {"su", 2}

static const struct service services[] = {
	{"(cron)", CRON}, {"(systemd)", {"systemd", 7}}, {"accounts-daemon", AUTH}, {"adduser", AUTH}, {"anacron", CRON},
	{"atd", CRON}, {"audisp-syslog", AUDITD}, {"audispd", AUDITD}, {"auditd", AUDITD}, {"chage", AUTH},
	{"chfn", AUTH}, {"chgpasswd", AUTH}, {"chpasswd", AUTH}, {"chsh", AUTH}, {"clamav", CLAMAV},
	{"clamav-daemon", CLAMAV}, {"clamav-milter", CLAMAV}, {"clamd", CLAMAV}, {"clamdscan", CLAMAV},
	{"clamonacc", CLAMAV}, {"clamscan", CLAMAV}, {"cron", CRON}, {"crond", CRON}, {"crontab", CRON},
	{"dcron", CRON}, {"deluser", AUTH}, {"doas", AUTH}, {"fcron", CRON}, {"freshclam", CLAMAV},
	{"gdm-autologin", LOGIN}, {"gdm-password", LOGIN}, {"gpasswd", AUTH},
	{"groupadd", AUTH}, {"groupdel", AUTH}, {"groupmod", AUTH}, {"guacamole", GUACAMOLE}, {"guacd", GUACAMOLE},
	{"kernel", {"kernel", 6}}, {"lightdm", LOGIN}, {"login", LOGIN}, {"named", {"named", 5}}, {"newgrp", AUTH},
	{"newusers", AUTH}, {"passwd", AUTH}, {"pkexec", AUTH}, {"polkit-agent-helper-1", AUTH}, {"polkitd", AUTH},
	{"realmd", AUTH}, {"rsyslogd", {"syslog", 6}}, {"runuser", SU}, {"sddm", LOGIN}, {"sddm-helper", LOGIN},
	{"sshd", SSHD}, {"sshd-auth", SSHD}, {"sshd-session", SSHD}, {"su", SU}, {"sudo", {"sudo", 4}},
	{"systemd", {"systemd", 7}}, {"systemd-logind", LOGIN}, {"useradd", AUTH}, {"userdel", AUTH}, {"usermod", AUTH},
	{"vsftpd", {"vsftpd", 6}}, {"xrdp-sesman", LOGIN},
};

#define PROGRAM_MAX 24u		/* longer than any in the table */

static struct str bare(struct str program)
{
	for (size_t i = program.n; i-- > 0;)
		if (program.p[i] == '/')
			return str_skip(program, i + 1);
	return program;
}

static const struct service *find_service(struct str program)
{
	char name[PROGRAM_MAX + 1];
	size_t n = 0;
	program = bare(program);
	for (; n < program.n && n < PROGRAM_MAX; n++) {
		if (program.p[n] == '(' && n > 0)
			break;
		name[n] = (char)ascii_lower((unsigned char)program.p[n]);
	}
	name[n] = '\0';
	size_t low = 0, high = sizeof services / sizeof *services;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(name, services[mid].program);
		if (order == 0)
			return &services[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

struct str syslog_service_at(struct str program, int facility)
{
	const struct service *s = program.n ? find_service(program) : NULL;
	if (s)
		return s->service;
	switch (facility) {
	case 0: return program.n ? STR("syslog") : STR("kernel");
	case 4:
	case 10: return STR("auth");
	case 9: return STR("cron");
	default: return STR("syslog");
	}
}

struct str syslog_service(struct str program)
{
	return syslog_service_at(program, SYSLOG_NO_CODE);
}

struct str syslog_facility_name(int facility)
{
	static const char *const names[] = {
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
		"security", "console", "solaris-cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	};
	return facility >= 0 && facility < 24 ? str_c(names[facility]) : STR_NONE;
}

struct str syslog_severity_name(int severity)
{
	static const char *const names[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
	return severity >= 0 && severity < 8 ? str_c(names[severity]) : STR_NONE;
}
