#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a test program under valgrind; skips where there is none. usage: valgrind.sh PROGRAM
command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed"; exit 77; }
exec valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --track-fds=no "$1"
