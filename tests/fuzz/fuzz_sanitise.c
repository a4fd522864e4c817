/* SPDX-License-Identifier: MIT */
/* Foreign text: what comes out is safe, fits, and stays as it is when it is sanitised again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "model/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	size_t size = 3 * len + 1;
	char *once = malloc(size), *twice = malloc(size), small[17];
	int64_t ms;
	if (!once || !twice)
		abort();
	size_t n = utf8_sanitise(once, size, (const char *)bytes, len);
	if (strlen(once) != n || !utf8_is_safe(once, n))
		abort();
	if (utf8_sanitise(twice, size, once, n) != n || strcmp(once, twice) != 0)
		abort();
	if (utf8_sanitise(small, sizeof(small), (const char *)bytes, len) >= sizeof(small) || !utf8_is_safe(small, strlen(small)))
		abort();
	for (const char *at = once; *at && at < once + 64; at++)
		if (memchr(at, 27, 1))
			abort();
	(void)stamp_parse(once, &ms);
	filter_free(filter_parse(once, NULL));
	free(once);
	free(twice);
	return 0;
}
