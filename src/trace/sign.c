/* SPDX-License-Identifier: MIT */
/*
 * What controllers mean by a condition's reason and message: they keep most of what matters in
 * prose. Rows are looked at in order, the particular before the general; a row without a reason
 * fits any, one without words fits any message. The last row of an area catches what nobody knew.
 */
#include <string.h>
#include <strings.h>

#include "tracing.h"

static const struct sign {
	enum sign_area area;
	const char *reason; /* NULL: any */
	const char *words;  /* a part of the message, any case; NULL: any */
	enum hang hang;
} signs[] = {
	/* source-controller */
	{SIGN_SOURCE, "InvalidSignature", NULL, HANG_SOURCE_SIGNATURE},
	{SIGN_SOURCE, "InvalidCommitSignature", NULL, HANG_SOURCE_SIGNATURE},
	{SIGN_SOURCE, "InvalidTagSignature", NULL, HANG_SOURCE_SIGNATURE},
	{SIGN_SOURCE, "VerificationError", NULL, HANG_SOURCE_SIGNATURE},
	{SIGN_SOURCE, NULL, "signature verification", HANG_SOURCE_SIGNATURE},
	{SIGN_SOURCE, NULL, "unable to verify", HANG_SOURCE_SIGNATURE},
	{SIGN_SOURCE, NULL, "unable to authenticate", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "authentication required", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "authentication failed", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "authorization failed", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "invalid credentials", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "unauthorized", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "permission denied", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "access denied", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "failed to get credential", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "failed to get secret", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "status code: 401", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "status code: 403", HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, "AuthenticationFailed", NULL, HANG_SOURCE_AUTHENTICATION},
	{SIGN_SOURCE, NULL, "couldn't find remote ref", HANG_SOURCE_NO_BRANCH},
	{SIGN_SOURCE, NULL, "reference not found", HANG_SOURCE_NO_BRANCH},
	{SIGN_SOURCE, NULL, "no match found for semver", HANG_SOURCE_NO_BRANCH},
	{SIGN_SOURCE, NULL, "unable to resolve commit object", HANG_SOURCE_NO_BRANCH},
	{SIGN_SOURCE, NULL, "remote branch", HANG_SOURCE_NO_BRANCH},
	{SIGN_SOURCE, NULL, "repository not found", HANG_SOURCE_NOT_FOUND},
	{SIGN_SOURCE, NULL, "no such host", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "connection refused", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "connection reset", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "no route to host", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "i/o timeout", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "deadline exceeded", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "tls: ", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "x509: ", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "status code: 5", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, "unexpected eof", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, "StorageOperationFailed", NULL, HANG_SOURCE_STORAGE},
	{SIGN_SOURCE, "DirCreationFailed", NULL, HANG_SOURCE_STORAGE},
	{SIGN_SOURCE, "ArchiveOperationFailed", NULL, HANG_SOURCE_STORAGE},
	{SIGN_SOURCE, NULL, "no space left", HANG_SOURCE_STORAGE},
	{SIGN_SOURCE, NULL, "unable to list remote", HANG_SOURCE_UNREACHABLE},
	{SIGN_SOURCE, NULL, NULL, HANG_SOURCE_FAILED},
	/* kustomize-controller, until it has something to apply */
	{SIGN_BUILD, "DependencyNotReady", NULL, HANG_KUSTOMIZATION_DEPENDENCY},
	{SIGN_BUILD, NULL, "path not found", HANG_KUSTOMIZATION_PATH},
	{SIGN_BUILD, "ArtifactFailed", "no such file or directory", HANG_KUSTOMIZATION_PATH},
	{SIGN_BUILD, "ArtifactFailed", NULL, HANG_KUSTOMIZATION_ARTIFACT},
	{SIGN_BUILD, "BuildFailed", "decrypt", HANG_KUSTOMIZATION_DECRYPTION},
	{SIGN_BUILD, "BuildFailed", "sops", HANG_KUSTOMIZATION_DECRYPTION},
	{SIGN_BUILD, "BuildFailed", "yaml", HANG_KUSTOMIZATION_YAML},
	{SIGN_BUILD, "BuildFailed", "json", HANG_KUSTOMIZATION_YAML},
	{SIGN_BUILD, "BuildFailed", "could not find expected", HANG_KUSTOMIZATION_YAML},
	{SIGN_BUILD, "BuildFailed", "did not find expected", HANG_KUSTOMIZATION_YAML},
	{SIGN_BUILD, "BuildFailed", "mapping values", HANG_KUSTOMIZATION_YAML},
	{SIGN_BUILD, "BuildFailed", NULL, HANG_KUSTOMIZATION_BUILD},
	/* kustomize-controller, applying */
	{SIGN_APPLY, NULL, "field is immutable", HANG_APPLY_IMMUTABLE},
	{SIGN_APPLY, NULL, "is immutable", HANG_APPLY_IMMUTABLE},
	{SIGN_APPLY, NULL, "exceeded quota", HANG_APPLY_QUOTA},
	{SIGN_APPLY, NULL, "admission webhook", HANG_APPLY_DENIED},
	{SIGN_APPLY, NULL, "validatingadmissionpolicy", HANG_APPLY_DENIED},
	{SIGN_APPLY, "HealthCheckFailed", NULL, HANG_APPLY_HEALTH},
	{SIGN_APPLY, "HealthCheckCanceled", NULL, HANG_NONE}, /* a newer revision came: it goes on */
	{SIGN_APPLY, "PruneFailed", NULL, HANG_APPLY_PRUNE},
	{SIGN_APPLY, NULL, "dry-run failed", HANG_APPLY_REFUSED},
	{SIGN_APPLY, NULL, "apply failed", HANG_APPLY_REFUSED},
	{SIGN_APPLY, NULL, "no matches for kind", HANG_APPLY_REFUSED},
	{SIGN_APPLY, NULL, "is forbidden", HANG_APPLY_REFUSED},
	{SIGN_APPLY, NULL, "is invalid", HANG_APPLY_REFUSED},
	{SIGN_APPLY, NULL, NULL, HANG_APPLY_FAILED},
	/* helm-controller */
	{SIGN_HELM, "DependencyNotReady", NULL, HANG_HELM_DEPENDENCY},
	{SIGN_HELM, "ValuesError", NULL, HANG_HELM_VALUES},
	{SIGN_HELM, NULL, "chart values reference", HANG_HELM_VALUES},
	{SIGN_HELM, "SourceNotReady", NULL, HANG_HELM_CHART},
	{SIGN_HELM, "ArtifactFailed", NULL, HANG_HELM_CHART},
	{SIGN_HELM, NULL, "could not load chart", HANG_HELM_CHART},
	{SIGN_HELM, NULL, "field is immutable", HANG_HELM_IMMUTABLE},
	{SIGN_HELM, NULL, "timed out waiting", HANG_HELM_TIMED_OUT},
	{SIGN_HELM, NULL, "failed early due to stalled resources", HANG_HELM_TIMED_OUT},
	{SIGN_HELM, NULL, "deadline exceeded", HANG_HELM_TIMED_OUT},
	{SIGN_HELM, NULL, "timeout waiting", HANG_HELM_TIMED_OUT},
	{SIGN_HELM, NULL, "execution error at", HANG_HELM_TEMPLATE},
	{SIGN_HELM, NULL, "parse error", HANG_HELM_TEMPLATE},
	{SIGN_HELM, NULL, "template: ", HANG_HELM_TEMPLATE},
	{SIGN_HELM, NULL, "error converting yaml", HANG_HELM_TEMPLATE},
	{SIGN_HELM, NULL, "don't meet the specifications of the schema", HANG_HELM_TEMPLATE},
	{SIGN_HELM, NULL, "unable to build kubernetes objects", HANG_HELM_TEMPLATE},
	{SIGN_HELM, "TestFailed", NULL, HANG_HELM_TEST},
	{SIGN_HELM, "RollbackSucceeded", NULL, HANG_HELM_ROLLED_BACK},
	{SIGN_HELM, "UninstallSucceeded", NULL, HANG_HELM_UNINSTALLED},
	{SIGN_HELM, "RetriesExceeded", NULL, HANG_HELM_RETRIES},
	{SIGN_HELM, NULL, NULL, HANG_HELM_FAILED},
};

enum hang sign_find(enum sign_area area, const char *reason, const char *message)
{
	if (!reason)
		reason = "";
	if (!message)
		message = "";
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const struct sign *sign = &signs[i];
		if (sign->area == area && (!sign->reason || strcmp(sign->reason, reason) == 0) &&
		    (!sign->words || strcasestr(message, sign->words)))
			return sign->hang;
	}
	return HANG_NONE;
}
