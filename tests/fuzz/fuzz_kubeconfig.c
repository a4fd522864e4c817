/* SPDX-License-Identifier: MIT */
/* A kubeconfig file, and every context in it resolved. Words about it must be drawable. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "kube/kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_words(const char *text)
{
	if (!utf8_is_safe(text, strlen(text)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char path[] = "/tmp/flagdeck-fuzz-XXXXXX";
	const struct kubeconfig_env env = {.home = "/nonexistent"};
	struct kubeconfig config;
	struct err err = {0};
	int fd = mkstemp(path);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
	if (kubeconfig_load(&config, path, &env, &err) == 0) {
		for (size_t i = 0; i < config.context_count && i < 20; i++) {
			struct kube_access access;
			check_words(config.contexts[i].name);
			if (kubeconfig_resolve(&config, config.contexts[i].name, &access, &err) == 0)
				kube_access_release(&access);
		}
		kubeconfig_release(&config);
	}
	check_words(err.text);
	unlink(path);
	return 0;
}
