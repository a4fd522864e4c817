#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Holds the sources to the two tables of CONTRIBUTING.md: which layer may include which, and where a foreign
# library lives. Also: the Makefile's DEPS say the same, and a file that grows past 600 lines is named.
#
# usage: check-layers.sh [ROOT]        checks the tree (default: the one this file is in)
#        check-layers.sh --self-test   seeds a violation of each rule in a copy and sees it caught
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
LINES_MAX=600

# Rows of the table whose first header cell is $1, as "first|third", the cells trimmed and without backticks.
table() {
	awk -F'|' -v head="$1" '
		function cell(s) { gsub(/`/, "", s); gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
		/^\|/ { if (cell($2) == head) { on = 1; next } if (on && $2 !~ /^[ :-]+$/) print cell($2) "|" cell($4); next }
		{ on = 0 }' CONTRIBUTING.md
}

check() {
	cd "$1"
	local layers homes
	layers=$(table Folder)
	homes=$(table Header)
	[ -n "$layers" ] || { echo "CONTRIBUTING.md: the table of layers (Folder | Holds | May include) is missing"; return 1; }
	[ -n "$homes" ] || { echo "CONTRIBUTING.md: the table of foreign headers (Header | Library | Home) is missing"; return 1; }

	local files
	files=$(find src include -name '*.[ch]' 2>/dev/null | LC_ALL=C sort)
	{
		echo "$layers" | sed 's/^/L|/'
		echo "$homes" | sed 's/^/H|/'
		# The Makefile's side: the layers, and what each may link with.
		sed -n 's/^LAYERS := */M||/p' Makefile
		sed -n 's/^DEPS_\([a-z]*\) *:= */M|\1|/p' Makefile
		# shellcheck disable=SC2086  # our own file names, without spaces
		[ -z "$files" ] || grep -noE '^[ \t]*#[ \t]*include[ \t]*[<"][^>"]+[>"]' $files /dev/null | sed 's/^/I|/' || true
		ls -d src/*/ include/*/ 2>/dev/null | sed -e 's:/$::' -e 's/^/D|/'
		[ -z "$files" ] || wc -l $files | awk '$2 != "total" { print "W|" $2 "|" $1 }'
	} | awk -F'|' -v max="$LINES_MAX" '
		function wrong(text) { print text; bad = 1 }
		# A shell pattern, where * stays inside one folder, against the whole path.
		function matches(path, glob) {
			gsub(/\./, "\\.", glob); gsub(/\*/, "[^/]*", glob)
			if (glob ~ /\/$/) glob = glob "[^/]*"
			return path ~ ("^" glob "$")
		}
		function at_home(path, home,   n, i, part) {
			n = split(home, part, /[ ,]+/)
			for (i = 1; i <= n; i++) if (matches(path, part[i])) return 1
			return 0
		}
		$1 == "L" {
			if ($2 in known) wrong("CONTRIBUTING.md: the layer " $2 " stands twice in the table")
			known[$2] = 1; order[++count] = $2
			n = split($3, part, /[ ,]+/)
			for (i = 1; i <= n; i++) if (part[i] != "–" && part[i] != "-" && part[i] != "") may[$2, part[i]] = 1
		}
		$1 == "H" { home[$2] = $3 }
		$1 == "M" && $2 == "" { split($3, part, / +/); for (i in part) if (part[i] != "") built[part[i]] = 1 }
		$1 == "M" && $2 != "" { has_deps[$2] = 1; n = split($3, part, / +/); for (i = 1; i <= n; i++) if (part[i] != "") link[$2, part[i]] = 1 }
		$1 == "D" { layer = $2; sub(/^[a-z]*\//, "", layer); if (!(layer in known)) wrong($2 ": this folder is not in the table of layers") }
		$1 == "W" && $3 > max { print "warning: " $2 " has " $3 " lines; past " max " a file is better split" }
		$1 == "I" {
			path = $2; sub(/:.*/, "", path)
			where = $2; sub(/:[ \t]*#.*/, "", where)
			name = $2; sub(/^[^<"]*[<"]/, "", name); sub(/[>"]$/, "", name)
			inside = path; sub(/^(src|include)\//, "", inside)
			layer = inside; sub(/\/.*/, "", layer)
			other = name; sub(/\/.*/, "", other)
			if (name ~ /\// && other in known) {
				if (other != layer && other != "base" && !((layer, other) in may))
					wrong(where ": " layer " may not include " name " (CONTRIBUTING.md, layers)")
				next
			}
			for (pattern in home)
				if (matches(name, pattern) && !at_home(inside, home[pattern]))
					wrong(where ": " name " has its home in " home[pattern] " (CONTRIBUTING.md, foreign libraries)")
		}
		END {
			for (i = 1; i <= count; i++) {
				a = order[i]
				if (!(a in built)) wrong("Makefile: the layer " a " is missing in LAYERS")
				if (a != "base" && !(a in has_deps)) wrong("Makefile: DEPS_" a " is missing")
				for (j = 1; j <= count; j++) {
					b = order[j]
					if (((a, b) in may) && !((a, b) in link)) wrong("Makefile: DEPS_" a " lacks " b ", which the table permits")
					if (((a, b) in link) && !((a, b) in may)) wrong("Makefile: DEPS_" a " has " b ", which the table does not permit")
					if (((a, b) in may) && ((b, a) in may)) wrong("CONTRIBUTING.md: " a " and " b " may include each other")
				}
			}
			for (a in built) if (!(a in known)) wrong("Makefile: the layer " a " is not in the table of layers")
			exit bad
		}'
}

# Seeds one fault in a fresh copy of a clean tree and expects the words that tell it.
seeded() {
	local words=$1 dir
	shift
	dir=$(mktemp -d)
	mkdir -p "$dir/src/base" "$dir/src/model" "$dir/include/view"
	cp "$top/CONTRIBUTING.md" "$top/Makefile" "$dir"
	(cd "$dir" && "$@")
	local found status=0
	found=$("$top/tests/check-layers.sh" "$dir" 2>&1) || status=$?
	rm -rf "$dir"
	if [ "$words" = nothing ]; then
		[ $status -eq 0 ] && [ -z "$found" ] && return
	elif [[ $words == warning* ]]; then
		[ $status -eq 0 ] && [[ $found == *"$words"* ]] && return
	else
		[ $status -ne 0 ] && [[ $found == *"$words"* ]] && return
	fi
	echo "seeded: $*"
	echo "expected: $words; exit $status, and it said: ${found:-nothing}"
	failed=1
}

include() { echo "#include $2" >>"$1"; }
long_file() { printf '/* */\n%.0s' {1..601} >"$1"; }

self_test() {
	failed=
	seeded nothing true
	seeded nothing include src/model/a.c '"base/err.h"'
	seeded nothing include src/base/json.c '<cjson/cJSON.h>'
	seeded 'model may not include view/table.h' include src/model/a.c '"view/table.h"'
	seeded 'base may not include model/pod.h' include src/base/a.c '"model/pod.h"'
	seeded 'view may not include kube/client.h' include include/view/a.h '<kube/client.h>'
	seeded 'src/model/a.c:1: curses.h has its home' include src/model/a.c '<curses.h>'
	seeded 'curl/curl.h has its home' include src/model/a.c ' <curl/curl.h>'
	seeded 'cjson/cJSON.h has its home' include src/model/a.c '<cjson/cJSON.h>'
	seeded 'src/extra: this folder is not in the table' mkdir src/extra
	seeded 'DEPS_model has net, which the table does not permit' sed -i 's/^DEPS_model *:=.*/DEPS_model := net/' Makefile
	seeded 'DEPS_ui lacks term' sed -i 's/^DEPS_ui *:=.*/DEPS_ui :=/' Makefile
	seeded 'is missing in LAYERS' sed -i 's/^LAYERS := app/LAYERS :=/' Makefile
	seeded 'may include each other' sed -i 's/^| `model` |\(.*\)| – |/| `model` |\1| `kube` |/' CONTRIBUTING.md
	seeded 'table of layers (Folder' sed -i '/^| Folder/d' CONTRIBUTING.md
	seeded 'warning: src/model/a.c has 601 lines' long_file src/model/a.c
	[ -z "$failed" ]
}

case ${1:-} in
--self-test) self_test ;;
-*) echo "usage: check-layers.sh [ROOT | --self-test]" >&2; exit 2 ;;
*) check "${1:-$top}" ;;
esac
