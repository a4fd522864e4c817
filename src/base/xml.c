/* SPDX-License-Identifier: MIT */
#include "base/xml.h"

int xml_add(struct buf *out, const char *text)
{
	for (; *text; text++) {
		const char *entity = *text == '<'   ? "&lt;"
		                     : *text == '>' ? "&gt;"
		                     : *text == '&' ? "&amp;"
		                     : *text == '"' ? "&quot;"
		                                    : NULL;
		if (entity ? buf_add_string(out, entity) < 0 : buf_add(out, text, 1) < 0)
			return -1;
	}
	return 0;
}
