#include "audit/audit.h"

#include <string.h>

#include "base/err.h"

#define STAMP_SECONDS_MAX UINT64_C(253402300799)	/* the year 9999 */

/* "name=value " at the front, the name literal; the value up to a blank. */
static bool take_pair(struct str *s, struct str name, struct str *out)
{
	struct str rest;

	if (!str_starts(*s, name))
		return false;
	rest = str_skip(*s, name.n);
	*out = str_cut(&rest, ' ');
	while (rest.n && rest.p[0] == ' ')
		rest = str_skip(rest, 1);
	*s = rest.p ? rest : str_skip(*s, s->n);
	return true;
}

static bool take_number(struct str *s, char end, uint64_t *out, size_t *out_digits)
{
	struct str rest = *s;
	ptrdiff_t at = str_find_byte(str_head(rest, 24), end);

	if (at <= 0 || str_to_u64(str_head(rest, (size_t)at), out))
		return false;
	*out_digits = (size_t)at;
	*s = str_skip(rest, (size_t)at + 1);
	return true;
}

/* "1783414613.166:447)" and the colon behind it. */
static bool take_stamp(struct str *s, struct audit_record *out)
{
	struct str rest = *s;
	uint64_t seconds, part, serial;
	size_t digits, part_digits;

	if (!take_number(&rest, '.', &seconds, &digits) || seconds > STAMP_SECONDS_MAX)
		return false;
	if (!take_number(&rest, ':', &part, &part_digits) || part_digits > 7 || !take_number(&rest, ')', &serial, &digits))
		return false;
	for (; part_digits < 7; part_digits++)
		part *= 10;
	out->time = (int64_t)seconds * TICKS_PER_SECOND + (int64_t)part;
	out->serial = serial;
	while (rest.n && rest.p[0] == ' ')
		rest = str_skip(rest, 1);
	if (rest.n && rest.p[0] == ':')
		rest = str_skip(rest, 1);
	*s = rest;
	return true;
}

bool audit_split(struct str line, struct audit_record *out)
{
	*out = (struct audit_record){.node = STR_NONE, .type = STR_NONE, .time = TICKS_NONE};
	take_pair(&line, STR("node="), &out->node);
	take_pair(&line, STR("type="), &out->type);
	if (!out->type.n)
		out->type = STR_NONE;
	else if (ascii_is_digit((unsigned char)out->type.p[0]) && audit_type_name(out->type).p)
		out->type = audit_type_name(out->type);
	out->body = line;
	if (str_starts(line, STR("msg=")))
		line = str_skip(line, 4);
	if (!str_starts(line, STR("audit(")))
		return false;
	line = str_skip(line, 6);
	if (!take_stamp(&line, out))
		return false;
	out->body = str_trim(line);
	return true;
}

struct str audit_type_name(struct str number)
{
	/* linux/audit.h; programs' types: libaudit's audit-records.h */
	static const struct {
		uint64_t number;
		struct str name;
	} types[] = {
		{1006, STR("LOGIN")}, {1007, STR("WATCH_INS")}, {1008, STR("WATCH_REM")}, {1009, STR("WATCH_LIST")},
		{1010, STR("SIGNAL_INFO")}, {1011, STR("ADD_RULE")}, {1012, STR("DEL_RULE")}, {1013, STR("LIST_RULES")},
		{1014, STR("TRIM")}, {1015, STR("MAKE_EQUIV")}, {1016, STR("TTY_GET")}, {1017, STR("TTY_SET")},
		{1018, STR("SET_FEATURE")}, {1019, STR("GET_FEATURE")}, {1100, STR("USER_AUTH")}, {1101, STR("USER_ACCT")},
		{1102, STR("USER_MGMT")}, {1103, STR("CRED_ACQ")}, {1104, STR("CRED_DISP")}, {1105, STR("USER_START")},
		{1106, STR("USER_END")}, {1107, STR("USER_AVC")}, {1108, STR("USER_CHAUTHTOK")}, {1109, STR("USER_ERR")},
		{1110, STR("CRED_REFR")}, {1111, STR("USYS_CONFIG")}, {1112, STR("USER_LOGIN")}, {1113, STR("USER_LOGOUT")},
		{1114, STR("ADD_USER")}, {1115, STR("DEL_USER")}, {1116, STR("ADD_GROUP")}, {1117, STR("DEL_GROUP")},
		{1123, STR("USER_CMD")}, {1124, STR("USER_TTY")}, {1127, STR("SYSTEM_BOOT")}, {1128, STR("SYSTEM_SHUTDOWN")},
		{1129, STR("SYSTEM_RUNLEVEL")}, {1130, STR("SERVICE_START")}, {1131, STR("SERVICE_STOP")},
		{1200, STR("DAEMON_START")}, {1201, STR("DAEMON_END")}, {1202, STR("DAEMON_ABORT")},
		{1203, STR("DAEMON_CONFIG")}, {1300, STR("SYSCALL")}, {1302, STR("PATH")}, {1303, STR("IPC")},
		{1304, STR("SOCKETCALL")}, {1305, STR("CONFIG_CHANGE")}, {1306, STR("SOCKADDR")}, {1307, STR("CWD")},
		{1309, STR("EXECVE")}, {1311, STR("IPC_SET_PERM")}, {1312, STR("MQ_OPEN")}, {1313, STR("MQ_SENDRECV")},
		{1314, STR("MQ_NOTIFY")}, {1315, STR("MQ_GETSETATTR")}, {1316, STR("KERNEL_OTHER")}, {1317, STR("FD_PAIR")},
		{1318, STR("OBJ_PID")}, {1319, STR("TTY")}, {1320, STR("EOE")}, {1321, STR("BPRM_FCAPS")},
		{1322, STR("CAPSET")}, {1323, STR("MMAP")}, {1324, STR("NETFILTER_PKT")}, {1325, STR("NETFILTER_CFG")},
		{1326, STR("SECCOMP")}, {1327, STR("PROCTITLE")}, {1328, STR("FEATURE_CHANGE")}, {1329, STR("REPLACE")},
		{1330, STR("KERN_MODULE")}, {1331, STR("FANOTIFY")}, {1332, STR("TIME_INJOFFSET")},
		{1333, STR("TIME_ADJNTPVAL")}, {1334, STR("BPF")}, {1335, STR("EVENT_LISTENER")}, {1336, STR("URINGOP")},
		{1337, STR("OPENAT2")}, {1338, STR("DM_CTRL")}, {1339, STR("DM_EVENT")}, {1400, STR("AVC")},
		{1401, STR("SELINUX_ERR")}, {1402, STR("AVC_PATH")}, {1403, STR("MAC_POLICY_LOAD")}, {1404, STR("MAC_STATUS")},
		{1405, STR("MAC_CONFIG_CHANGE")}, {1406, STR("MAC_UNLBL_ALLOW")}, {1407, STR("MAC_CIPSOV4_ADD")},
		{1408, STR("MAC_CIPSOV4_DEL")}, {1409, STR("MAC_MAP_ADD")}, {1410, STR("MAC_MAP_DEL")},
		{1411, STR("MAC_IPSEC_ADDSA")}, {1412, STR("MAC_IPSEC_DELSA")}, {1413, STR("MAC_IPSEC_ADDSPD")},
		{1414, STR("MAC_IPSEC_DELSPD")}, {1415, STR("MAC_IPSEC_EVENT")}, {1416, STR("MAC_UNLBL_STCADD")},
		{1417, STR("MAC_UNLBL_STCDEL")}, {1418, STR("MAC_CALIPSO_ADD")}, {1419, STR("MAC_CALIPSO_DEL")},
		{1700, STR("ANOM_PROMISCUOUS")}, {1701, STR("ANOM_ABEND")}, {1702, STR("ANOM_LINK")}, {1703, STR("ANOM_CREAT")},
		{1800, STR("INTEGRITY_DATA")}, {1801, STR("INTEGRITY_METADATA")}, {1802, STR("INTEGRITY_STATUS")},
		{1803, STR("INTEGRITY_HASH")}, {1804, STR("INTEGRITY_PCR")}, {1805, STR("INTEGRITY_RULE")},
		{1806, STR("INTEGRITY_EVM_XATTR")}, {1807, STR("INTEGRITY_POLICY_RULE")},
	};
	uint64_t n;

	if (str_to_u64(number, &n))
		return STR_NONE;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].number == n)
			return types[i].name;
	return STR_NONE;
}

bool audit_is_alone(struct str type)
{
	static const struct str prefixes[] = {
		STR("USER"), STR("CRED_"), STR("DAEMON_"), STR("SERVICE_"), STR("SYSTEM_"), STR("ADD_"), STR("DEL_"),
		STR("GRP_"), STR("ACCT_"), STR("CHUSER_"), STR("CHGRP_"), STR("ROLE_"), STR("LABEL_"), STR("VIRT_"),
		STR("CRYPTO_"), STR("RESP_"), STR("TEST"), STR("TRUSTED_APP"), STR("USYS_CONFIG"), STR("SOFTWARE_UPDATE"),
	};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (str_starts(type, prefixes[i]))
			return true;
	return false;
}
