#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual page: its text is contrib/flagdeck.1, its commands and options are what the program itself says.
# usage: man.sh FLAGDECK VERSION > flagdeck.1
set -eu
here=$(dirname "$0")
help=$("$1" --help | sed '1,/^usage/d' | sed 's/\\/\\\\/g; s/-/\\-/g')
awk -v version="$2" -v help="$help" '
	{ gsub(/@VERSION@/, version) }
	/BEGIN GENERATED/ { print ".SH COMMANDS AND OPTIONS"; print ".nf"; print help; print ".fi"; skip = 1 }
	!skip { print }
	/END GENERATED/ { skip = 0 }
' "$here/flagdeck.1"
