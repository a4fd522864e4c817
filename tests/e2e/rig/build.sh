#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the platform's servers from the Go modules pinned in tools/*/go.mod, into a cache outside the
# tree. A server whose embedded version is the pinned one is kept, so a warm run takes a second.
#
# usage: build.sh [TOOL...]        TOOL: a folder of tools/; all of them when none is named
# environment: BIN  where the servers go (default: the cache)
set -euo pipefail
cd "$(dirname "$0")/tools"
BIN=${BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/flagdeck-rig/bin}
mkdir -p "$BIN"

if ! command -v go >/dev/null; then
	echo "build.sh: Go is not installed, so the platform's servers cannot be built; install Go 1.26 or later" >&2
	exit 1
fi

# One build at a time: a second one would compile the same packages again.
exec 9>"$BIN/.lock"
flock 9

# The commands a module declares: both `tool X` and the block form.
commands() { sed -n -e 's/^tool \([^(]*\)$/\1/p' -e '/^tool (/,/^)/s/^\t//p' "$1/go.mod"; }

# The module that holds a command, with its pinned version, as "PATH VERSION".
pin() {
	awk -v command="$2" '
		{ sub(/^require /, ""); path = $1; version = $2 }
		version ~ /^v/ && index(command "/", path "/") == 1 && length(path) > length(best) { best = path; found = version }
		END { print best, found }' "$1/go.mod"
}

# Does the server carry the pinned version of its module?
is_current() {
	local file=$1 module=$2 version=$3
	[ -x "$file" ] && go version -m "$file" 2>/dev/null |
		awk -v m="$module" -v v="$version" '($1 == "dep" || $1 == "mod") && $2 == m && $3 == v { ok = 1 } END { exit !ok }'
}

build() {
	local tool=$1 command=$2 name=$3 version=$4 flags="-s -w"
	if [ "$tool" = kubernetes ]; then
		# Built from a module, Kubernetes does not know its own version, and clients ask for it.
		local v=k8s.io/component-base/version minor=${version#v*.}
		flags+=" -X $v.gitVersion=$version -X $v.gitMajor=1 -X $v.gitMinor=${minor%%.*}"
	fi
	echo "building $name $version"
	# Moved into place when complete: a build that is stopped leaves nothing that looks like a server.
	(cd "$tool" && go build -trimpath -ldflags="$flags" -o "$BIN/.$name.new" "$command")
	mv "$BIN/.$name.new" "$BIN/$name"
}

[ $# -gt 0 ] || set -- *
for tool in "$@"; do
	for command in $(commands "$tool"); do
		name=${command##*/}
		[ "$tool" = etcd ] && name=etcd
		read -r module version <<<"$(pin "$tool" "$command")"
		is_current "$BIN/$name" "$module" "$version" || build "$tool" "$command" "$name" "$version"
	done
done
