/* SPDX-License-Identifier: MIT */
#include "check/machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/audit.h"
#include "store/db.h"

enum { FILES_WANTED = 256 }; /* a dozen connections a cluster, and logs */

static void check_state(const char *path, struct findings *findings)
{
	struct err err = {0};
	struct db *db = db_open(path, &err);
	const char *notice = db ? db_notice(db) : err.text;
	if (notice && *notice)
		findings_add(findings, FINDING_WARNING, "this machine", "keep state",
		             "make the folder writable; until then nothing is remembered between runs", "%s", notice);
	else
		findings_add(findings, FINDING_OK, "this machine", "keep state", "", "%s", path);
	db_close(db);
}

/* Whether it can be written, and whether it is as it was written. */
static void check_audit(const char *path, struct findings *findings)
{
	const struct audit_options options = {.path = path, .clock = &clock_system};
	struct audit *audit = audit_open(&options);
	struct audit_verdict verdict;
	struct err err = {.text = ""};
	if (audit_trouble(audit))
		findings_add(findings, FINDING_WARNING, "this machine", "write the audit",
		             "make the folder writable; until then nothing can be changed (but with --allow-unaudited)", "%s",
		             audit_trouble(audit));
	else if (audit_verify(audit, NULL, &verdict, &err) < 0)
		findings_add(findings, FINDING_FAILED, "this machine", "write the audit", "see flagdeck audit verify", "%s",
		             err.text);
	else if (*verdict.why)
		findings_add(findings, FINDING_FAILED, "this machine", "write the audit",
		             "compare with the heads in syslog, then move the file away", "%s", verdict.why);
	else
		findings_add(findings, FINDING_OK, "this machine", "write the audit", "", "%s: %lld rows", path,
		             (long long)verdict.rows);
	audit_close(audit);
}

static int in_path(const char *program)
{
	const char *path = getenv("PATH");
	while (path && *path) {
		size_t len = strcspn(path, ":");
		char *file = mem_printf("%.*s/%s", (int)len, path, program);
		int found = access(file, X_OK) == 0;
		free(file);
		if (found)
			return 1;
		path += len + (path[len] == ':');
	}
	return 0;
}

void machine_check(const char *state_path, const char *audit_path, struct findings *findings)
{
	struct rlimit files;
	check_state(state_path, findings);
	check_audit(audit_path, findings);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_WANTED)
		findings_add(findings, FINDING_WARNING, "this machine", "open files", "raise it: ulimit -n 1024",
		             "only %llu at a time", (unsigned long long)files.rlim_cur);
	else
		findings_add(findings, FINDING_OK, "this machine", "open files", "", "enough");
	if (in_path("kubectl"))
		findings_add(findings, FINDING_OK, "this machine", "kubectl", "", "found");
	else
		findings_add(findings, FINDING_WARNING, "this machine", "kubectl",
		             "install it to use what is handed over to it (exec, port-forward)", "not in PATH");
}
