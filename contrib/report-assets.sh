#!/bin/sh
# SPDX-License-Identifier: MIT
# Gets the report's chart library, uPlot, from the npm registry, pinned by version and digest, into FOLDER:
# uplot.js, uplot.css, uplot-license.txt. It is kept in the user's cache, so that only the first build
# needs npm and a network. Without them the files are empty: the program builds all the same, and
# `flagdeck report build` says what is missing.
#
# usage: report-assets.sh FOLDER
set -u
version=1.6.32
digest=2883159c6ebccefbb95d751b0b82d010f9e1c0ec41b8bc96d401eda66e882935c89a46cb824332fa369b8cb8122cc6ac36e186cd09bf7a9ded3a4c93c6989023
to=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/flagdeck-assets
archive=$cache/uplot-$version.tgz

is_right() { [ -f "$archive" ] && printf '%s  %s\n' "$digest" "$archive" | sha512sum --check --status 2>/dev/null; }

mkdir -p "$to" "$cache"
if ! is_right && command -v npm >/dev/null 2>&1; then
	new=$(mktemp -d) && (cd "$new" && timeout 60 npm pack --silent "uplot@$version" >/dev/null 2>&1 && mv "uplot-$version.tgz" "$archive")
	rm -rf "$new"
fi
if ! is_right; then
	echo "report-assets.sh: uPlot $version is not to be had (it needs npm and a network once): the report is left out of this build" >&2
	: >"$to/uplot.js" && : >"$to/uplot.css" && : >"$to/uplot-license.txt"
	exit 0
fi
tar -xzf "$archive" -O package/dist/uPlot.iife.min.js >"$to/uplot.js"
tar -xzf "$archive" -O package/dist/uPlot.min.css >"$to/uplot.css"
tar -xzf "$archive" -O package/LICENSE >"$to/uplot-license.txt"
