#!/bin/sh
# SPDX-License-Identifier: MIT
# Finds out what is missing to build and test, and installs it where that is allowed: on Debian or Ubuntu,
# as root or with passwordless sudo. Elsewhere it prints the one command to run. Quick when nothing is missing.
#
# usage: install-deps.sh [--only-look] [GROUP...]
# groups: build (the default), check, e2e, fuzz, dist; each contains build
set -u
look=
[ "${1:-}" = --only-look ] && look=1 && shift
missing=

want() { missing="$missing $1"; }
have() { command -v "$1" >/dev/null 2>&1; }

# pkg-config names, checked in one call while nothing is missing, and the Debian packages they come from.
libraries() {
	pkg-config --exists "$@" 2>/dev/null && return
	for module; do
		pkg-config --exists "$module" 2>/dev/null && continue
		case $module in
		ncursesw) want libncurses-dev ;;
		libcurl) want libcurl4-openssl-dev ;;
		libcjson) want libcjson-dev ;;
		yaml-0.1) want libyaml-dev ;;
		sqlite3) want libsqlite3-dev ;;
		openssl) want libssl-dev ;;
		libnghttp2) want libnghttp2-dev ;;
		zlib) want zlib1g-dev ;;
		cmocka) want libcmocka-dev ;;
		esac
	done
}

# libev has no pkg-config file on Debian.
header() { echo "#include <$1>" | ${CC:-cc} -E -x c - >/dev/null 2>&1 || want "$2"; }

python_module() { python3 -c "import $1" >/dev/null 2>&1; }

have "${CC:-cc}" || want gcc
have make || want make
have pkg-config || want pkg-config
libraries ncursesw libcurl libcjson yaml-0.1 sqlite3 openssl libnghttp2 zlib
have "${CC:-cc}" && header ev.h libev-dev

cache=${XDG_CACHE_HOME:-$HOME/.cache}/flagdeck-rig/python
pyte=
for group; do
	case $group in
	build) ;;
	check)
		libraries cmocka
		have python3 || want python3
		have git || want git
		have valgrind || want valgrind
		;;
	e2e)
		have python3 || want python3
		have curl || want curl
		have openssl || want openssl
		have git || want git
		have flock || want util-linux
		have prometheus || want prometheus
		have prometheus-alertmanager || want prometheus-alertmanager
		if ! PYTHONPATH=$cache python_module pyte; then
			python_module pip || want python3-pip
			pyte=1
		fi
		;;
	fuzz)
		have clang || want clang
		# libFuzzer and the sanitizers' runtimes are a package of their own.
		ls "$(clang -print-runtime-dir 2>/dev/null)"/*fuzzer* >/dev/null 2>&1 || want libclang-rt-dev
		;;
	dist) have clang-format || want clang-format ;;
	*)
		echo "install-deps.sh: there is no group \"$group\"; they are: build check e2e fuzz dist" >&2
		exit 2
		;;
	esac
done
[ -z "$missing$pyte" ] && exit 0

install="apt-get install -y --no-install-recommends$missing"
sudo=
[ "$(id -u)" -eq 0 ] || sudo="sudo "
if [ -n "$missing" ]; then
	if [ -n "$look" ] || ! have apt-get || { [ -n "$sudo" ] && ! sudo -n true 2>/dev/null; }; then
		if have apt-get; then
			echo "Missing packages. Install them with:  $sudo$install" >&2
		else
			echo "Missing packages, by their Debian names:$missing. Install what your system calls them." >&2
		fi
		exit 1
	fi
	echo "installing$missing"
	log=$(mktemp)
	# The package lists of a fresh machine may be absent or old: then once more after an update.
	if ! DEBIAN_FRONTEND=noninteractive $sudo$install >"$log" 2>&1 </dev/null; then
		{ $sudo apt-get update && DEBIAN_FRONTEND=noninteractive $sudo$install; } >"$log" 2>&1 </dev/null || {
			tail -n 20 "$log" >&2
			rm -f "$log"
			echo "install-deps.sh: the packages could not be installed; run:  $sudo$install" >&2
			exit 1
		}
	fi
	rm -f "$log"
fi
if [ -n "$pyte" ]; then
	# Into a folder of its own: neither the system's Python nor the tree is touched.
	requirements=$(dirname "$0")/../tests/requirements.txt
	pip="python3 -m pip install --quiet --target $cache --upgrade --no-deps --only-binary :all: --require-hashes -r $requirements"
	if [ -n "$look" ]; then
		echo "A Python package is missing. Install it with:  $pip" >&2
		exit 1
	fi
	# Its tests are skipped without it, so this is no reason to stop.
	PIP_ROOT_USER_ACTION=ignore $pip || echo "install-deps.sh: the terminal emulator could not be installed; its tests will be skipped" >&2
fi
exit 0
