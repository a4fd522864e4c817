/* SPDX-License-Identifier: MIT */
/* Looks up files that were compiled in. The table itself is generated; see contrib/embed.sh. */
#include "term/embedded.h"

#include <string.h>

const char *embedded_find(const char *name)
{
	for (size_t i = 0; i < embedded_count; i++)
		if (strcmp(embedded_files[i].name, name) == 0)
			return embedded_files[i].text;
	return NULL;
}
