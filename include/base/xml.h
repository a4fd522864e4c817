/* SPDX-License-Identifier: MIT */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the text as it may stand in an element or, in double quotes, in an attribute. */
int xml_add(struct buf *out, const char *text) MUST_USE;

#endif
