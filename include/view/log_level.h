/* SPDX-License-Identifier: MIT */
#ifndef VIEW_LOG_LEVEL_H
#define VIEW_LOG_LEVEL_H

#include "term/style.h"

/* The element of a log line by its level; STYLE_TEXT: it says none. */
uint16_t log_level_style(const char *line);

#endif
