/* SPDX-License-Identifier: MIT */
#ifndef VIEW_LOG_LEVEL_H
#define VIEW_LOG_LEVEL_H

#include "term/style.h"

uint16_t log_level_style(const char *line); /* STYLE_TEXT: nothing is said */

#endif
