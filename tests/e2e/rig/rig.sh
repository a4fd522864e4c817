#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A Kubernetes platform on loopback: the real etcd, kube-apiserver, controller-manager and scheduler, and
# kwok, which plays the nodes: pods get ready (or fail, see stages.yaml), but no container runs. With "flux" also a
# Git server over HTTP and the real controllers that take a commit to a rollout: Flux', Flagger and Argo Rollouts.
#
# usage: rig.sh up [flux]                   start what is not running, wait until it answers, print the kubeconfig
#        rig.sh down                        end everything; the data stays until the folder is removed
#        rig.sh status                      one line a component
#        rig.sh start|stop|kill|restart|pause|resume COMPONENT
#
# components: etcd apiserver controller-manager scheduler kwok
#   flux: git source-controller kustomize-controller helm-controller rollouts-controller flagger
# environment:
#   RIG   folder of this platform: data, logs, kubeconfig (default: $TMPDIR/flagdeck-rig)
#   PORT  the first of 21 ports (default 21000), so that several platforms run side by side
#   NAME  of its context (default rig); a user without rights has the context NAME-viewer
#   BIN   where build.sh put the servers
#   APISERVER_ARGS  more arguments for kube-apiserver, e.g. --etcd-compaction-interval=5s
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/flagdeck-rig/bin}
RIG=${RIG:-${TMPDIR:-/tmp}/flagdeck-rig}
core=(etcd apiserver controller-manager scheduler kwok)
flux=(git source-controller kustomize-controller helm-controller rollouts-controller flagger)

die() { echo "rig.sh: $*" >&2; exit 1; }
usage() { sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

verb=${1:-}
[ -n "$verb" ] || usage
mkdir -p "$RIG"
cd "$RIG"
RIG=$PWD
# What a platform was started with belongs to its folder: later calls need only RIG.
[ -f settings ] && [ "$verb" != up ] && . ./settings
P=${PORT:-21000} NAME=${NAME:-rig} WITH=${WITH:-}
[ "$verb" = up ] && WITH=${2:-$WITH}
case $WITH in
"") components=("${core[@]}") ;;
flux) components=("${core[@]}" "${flux[@]}") ;;
*) die "there is no platform with \"$WITH\"; only: flux" ;;
esac
# What the Flux controllers read from their environment.
export KUBECONFIG=$RIG/kubeconfig RUNTIME_NAMESPACE=flux-system
etcd_url=http://127.0.0.1:$((P + 1)) peer_url=http://127.0.0.1:$((P + 2)) api_url=https://127.0.0.1:$((P + 3))

# What is the same for the two controllers that act as clients.
client=(--kubeconfig=kubeconfig --authentication-kubeconfig=kubeconfig --authorization-kubeconfig=kubeconfig
	--leader-elect=false --secure-port=0 --kube-api-qps=1000 --kube-api-burst=2000)

# What the Flux controllers have in common; they listen on two ports each, the first one is $1.
flux_args() {
	argv+=(--watch-all-namespaces --enable-leader-election=false --events-addr= --requeue-dependency=5s
		--metrics-addr=127.0.0.1:"$1" --health-addr=127.0.0.1:$(($1 + 1)))
}

# Sets argv to the command of a component.
command_of() {
	case $1 in
	etcd) argv=("$BIN/etcd" --data-dir=etcd --unsafe-no-fsync --quota-backend-bytes=4294967296 --log-level=warn
		--listen-client-urls="$etcd_url" --advertise-client-urls="$etcd_url"
		--listen-peer-urls="$peer_url" --initial-advertise-peer-urls="$peer_url" --initial-cluster="default=$peer_url") ;;
	apiserver) argv=("$BIN/kube-apiserver" --etcd-servers="$etcd_url" --bind-address=127.0.0.1 --secure-port=$((P + 3))
		--cert-dir=certs --endpoint-reconciler-type=none --token-auth-file=tokens.csv --authorization-mode=RBAC
		--service-account-issuer=https://kubernetes.default.svc --service-account-key-file=sa.key
		--service-account-signing-key-file=sa.key --service-cluster-ip-range=10.96.0.0/16
		--disable-admission-plugins=ServiceAccount --max-requests-inflight=800 --max-mutating-requests-inflight=400
		${APISERVER_ARGS:-}) ;;
	controller-manager) argv=("$BIN/kube-controller-manager" "${client[@]}" '--controllers=*,-node-ipam-controller'
		--service-account-private-key-file=sa.key --concurrent-deployment-syncs=20 --concurrent-replicaset-syncs=20) ;;
	scheduler) argv=("$BIN/kube-scheduler" "${client[@]}") ;;
	kwok) argv=("$BIN/kwok" --kubeconfig=kubeconfig --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake
		--config="$here/stages.yaml" --config=logs.yaml --node-lease-duration-seconds=40
		--node-ip=127.0.0.1 --node-port=$((P + 20)) --server-address=127.0.0.1:$((P + 20))
		--tls-cert-file=kwok.crt --tls-private-key-file=kwok.key) ;;
	# By its own path: a python3 that is a wrapper would not be found running.
	git) argv=("${python:=$(python3 -c 'import sys; print(sys.executable)')}" "$here/git_http.py" git $((P + 4))) ;;
	source-controller)
		argv=("$BIN/source-controller" --storage-path=artifacts --storage-addr=127.0.0.1:$((P + 5))
			--storage-adv-addr=127.0.0.1:$((P + 5)))
		flux_args $((P + 6)) ;;
	kustomize-controller) argv=("$BIN/kustomize-controller") && flux_args $((P + 8)) ;;
	helm-controller) argv=("$BIN/helm-controller") && flux_args $((P + 10)) ;;
	rollouts-controller) argv=("$BIN/rollouts-controller" --kubeconfig=kubeconfig --leader-elect=false
		--metricsport=$((P + 12)) --healthzPort=$((P + 13))) ;;
	# Metrics are asked from a Prometheus that a test starts where it wants some.
	flagger) argv=("$BIN/flagger" -kubeconfig=kubeconfig -mesh-provider=kubernetes
		-metrics-server="http://127.0.0.1:$((P + 15))" -port=$((P + 14)) -enable-leader-election=false) ;;
	*) die "there is no component \"$1\"; they are: ${components[*]}" ;;
	esac
}

# Does a component answer? The controllers have no port: for them it is enough to live.
answers() {
	case $1 in
	etcd) curl -fs -m 2 "$etcd_url/health" ;;
	apiserver) curl -fsk -m 2 -H 'Authorization: Bearer admin-token' "$api_url/readyz" ;;
	kwok) curl -fsk -m 2 "https://127.0.0.1:$((P + 20))/healthz" ;;
	git) curl -s -m 2 "http://127.0.0.1:$((P + 4))/" ;;
	source-controller) curl -fs -m 2 "http://127.0.0.1:$((P + 7))/healthz" ;;
	kustomize-controller) curl -fs -m 2 "http://127.0.0.1:$((P + 9))/healthz" ;;
	helm-controller) curl -fs -m 2 "http://127.0.0.1:$((P + 11))/healthz" ;;
	rollouts-controller) curl -fs -m 2 "http://127.0.0.1:$((P + 13))/healthz" ;;
	flagger) curl -fs -m 2 "http://127.0.0.1:$((P + 14))/healthz" ;;
	*) is_running "$1" ;;
	esac >/dev/null 2>&1
}

# The pid file may be old and its number another's by now, so the program is compared too.
is_running() {
	local pid
	pid=$(cat "$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
	command_of "$1"
	[ "$(tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | head -n 1)" = "${argv[0]}" ]
} 2>/dev/null

# An ended process has no command any more while it still holds its ports, so its last thread is waited for.
is_gone() {
	local state
	state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 0
	[ "$state" = Z ] && [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -le 1 ]
}

# Starts a component; await sees that it answers.
launch() {
	is_running "$1" && return
	command_of "$1"
	command -v "${argv[0]}" >/dev/null || die "${argv[0]} is not there; run $here/build.sh first"
	setsid nohup "${argv[@]}" >>"$1.log" 2>&1 </dev/null 9>&- &
	echo $! >"$1.pid"
}

await() {
	local tries=0
	until answers "$1"; do
		tries=$((tries + 1))
		# 60 s: a machine that builds beside the tests is slow.
		if [ $tries -gt 240 ] || { [ $tries -gt 4 ] && ! is_running "$1"; }; then
			tail -n 5 "$1.log" >&2
			die "$1 did not come up; its log is $RIG/$1.log"
		fi
		sleep 0.25
	done
}

start() { launch "$1" && await "$1"; }

# Sends a signal; for those that end it, waits until it is gone.
signal() {
	local name=$1 number=$2 pid tries=0
	is_running "$name" || return 0
	pid=$(cat "$name.pid")
	kill "-$number" "$pid" 2>/dev/null || true
	case $number in STOP | CONT) return ;; esac
	while is_running "$name"; do
		tries=$((tries + 1))
		[ $tries -eq 100 ] && kill -KILL "$pid" 2>/dev/null
		sleep 0.1
	done
	until is_gone "$pid" || [ $tries -gt 300 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	rm -f "$name.pid"
}

prepare() {
	printf 'PORT=%q NAME=%q BIN=%q APISERVER_ARGS=%q WITH=%q\n' "$P" "$NAME" "$BIN" "${APISERVER_ARGS:-}" "$WITH" \
		>settings
	[ -f sa.key ] || openssl genrsa -out sa.key 2048 2>/dev/null
	[ -f kwok.key ] || openssl req -x509 -newkey rsa:2048 -nodes -keyout kwok.key -out kwok.crt -days 365 \
		-subj /CN=kwok 2>/dev/null
	cat >tokens.csv <<-END
		admin-token,admin,1,"system:masters"
		viewer-token,viewer,2,"viewers"
	END
	cat >kubeconfig <<-END
		apiVersion: v1
		kind: Config
		current-context: $NAME
		clusters:
		- {name: $NAME, cluster: {server: "$api_url", certificate-authority: certs/apiserver.crt}}
		users:
		- {name: $NAME-admin, user: {token: admin-token}}
		- {name: $NAME-viewer, user: {token: viewer-token}}
		contexts:
		- {name: $NAME, context: {cluster: $NAME, user: $NAME-admin}}
		- {name: $NAME-viewer, context: {cluster: $NAME, user: $NAME-viewer}}
	END
	# kwok answers for every kubelet: the log of any container named app is this file, in CRI format
	# ("2026-01-02T15:04:05.000000001Z stdout F the text").
	touch pod.log
	cat >logs.yaml <<-END
		apiVersion: kwok.x-k8s.io/v1alpha1
		kind: ClusterLogs
		metadata: {name: all}
		spec: {logs: [{containers: [app], logsFile: $RIG/pod.log, follow: true}]}
	END
}

# The folder of a pinned module of tools/$1; fetched when it is not in the module cache.
module() {
	local dir
	dir=$(cd "$here/tools/$1" && go list -m -f '{{.Dir}}' "$2")
	[ -n "$dir" ] || dir=$(cd "$here/tools/$1" && go mod download "$2" && go list -m -f '{{.Dir}}' "$2")
	echo "$dir"
}

# Custom resource definitions come from the controllers' own modules; of those whose modules cannot be had,
# crds/ has small ones that say no more than the kind's name.
define_kinds() {
	local c files=(-f "$here/crds")
	for c in source kustomize helm; do
		files+=(-f "$(module $c-controller github.com/fluxcd/$c-controller)/config/crd/bases")
	done
	files+=(-f "$(module flagger github.com/fluxcd/flagger)/artifacts/flagger/crd.yaml")
	for c in "$(module argo-rollouts github.com/argoproj/argo-rollouts)"/manifests/crds/*-crd.yaml; do files+=(-f "$c"); done
	for c in "$(module keda github.com/kedacore/keda/v2)"/config/crd/bases/keda.sh_*.yaml; do files+=(-f "$c"); done
	for c in servicemonitors podmonitors; do
		files+=(-f "$(module prometheus-operator github.com/prometheus-operator/prometheus-operator)/example/prometheus-operator-crd/monitoring.coreos.com_$c.yaml")
	done
	"$BIN/kubectl" create namespace flux-system >/dev/null 2>&1 || true
	"$BIN/kubectl" apply --server-side "${files[@]}" >crds.log 2>&1 || die "a kind was refused, see $RIG/crds.log"
}

case $verb in
up)
	prepare
	for c in "${core[@]}"; do start "$c"; done
	if [ "$WITH" = flux ]; then
		mkdir -p git artifacts
		define_kinds
		for c in "${flux[@]}"; do launch "$c"; done
		for c in "${flux[@]}"; do await "$c"; done
	fi
	echo "$RIG/kubeconfig"
	;;
down)
	# The last one that was started ends first.
	for ((i = ${#components[@]} - 1; i >= 0; i--)); do signal "${components[i]}" KILL; done
	;;
status)
	for c in "${components[@]}"; do
		if ! is_running "$c"; then state=down; elif answers "$c"; then state=up; else state=silent; fi
		printf '%-20s %s\n' "$c" "$state"
	done
	;;
start | stop | kill | restart | pause | resume)
	[ $# -eq 2 ] || usage
	command_of "$2"
	case $verb in
	start) start "$2" ;;
	stop) signal "$2" TERM ;;
	kill) signal "$2" KILL ;;
	restart) signal "$2" KILL && start "$2" ;;
	pause) signal "$2" STOP ;;
	resume) signal "$2" CONT ;;
	esac
	;;
*) usage ;;
esac
