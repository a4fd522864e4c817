#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real Prometheus scrapes known series of every preset's shape: what the table says is what it answers."""
import json
import math
import os
import socket
import subprocess

import exporter
import rig
import terminal

BY = {
    "istio": ("destination_service_namespace", "destination_service_name"), "linkerd": ("namespace", "deployment"),
    "otel": ("k8s_namespace_name", "k8s_deployment_name"), "nginx": ("exported_namespace", "exported_service"),
    "generic": ("namespace", "service"),
}
COUNTERS = {
    "istio": ('istio_requests_total{reporter="destination"', "response_code=~'5..'"),
    "linkerd": ('response_total{direction="inbound",deployment!=""', "classification='failure'"),
    "otel": ('http_server_request_duration_seconds_count{k8s_deployment_name!=""', "http_response_status_code=~'5..'"),
    "nginx": ('nginx_ingress_controller_requests{exported_service!=""', "status=~'5..'"),
    "generic": ('http_requests_total{service!=""', "code=~'5..'"),
}
BUCKETS = {
    "istio": ("istio_request_duration_milliseconds_bucket", 1), "linkerd": ("response_latency_ms_bucket", 1),
    "otel": ('http_server_request_duration_seconds_bucket{k8s_deployment_name!=""}', 1000),
    "nginx": ('nginx_ingress_controller_request_duration_seconds_bucket{exported_service!=""}', 1000),
    "generic": ('http_request_duration_seconds_bucket{service!=""}', 1000),
}


def config(context, prometheus, **more):
    path = os.path.join(rig.folder(), f"config-{os.getpid()}-{len(os.listdir(rig.folder()))}.yaml")
    with open(path, "w") as f:
        json.dump({"fleet": {"clusters": [{"context": context, "prometheus": prometheus}]}, **more}, f)
    return path


def services(r, path):
    rows = json.loads(rig.flagdeck("--config", path, "get", "services", "-o", "json", kubeconfig=r.config()))
    return {(row["namespace"], row["name"]): row["metrics"] for row in rows if "-svc-" in row["name"]}


def seconds(stamp):
    return subprocess.run(["date", "-u", "-d", stamp, "+%s"], capture_output=True, text=True, check=True).stdout.strip()


def asked(p, expr, by, at):
    return {(s["metric"].get(by[0]), s["metric"].get(by[1])): float(s["value"][1]) for s in p.query(expr, at)}


def same(got, want, what):
    if want is None:
        assert got is None, f"{what}: {got}, but Prometheus has no value"
        return
    if not math.isfinite(want):
        assert str(got) in (str(want), "NaN", "+Inf"), f"{what}: {got}, not {want}"
        return
    assert isinstance(got, (int, float)) and math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-12), f"{what}: {got}, not {want}"


def check_preset(r, p, preset):
    table = services(r, config("test", {"url": p.url, "preset": preset, "window": "10s"}))
    at = seconds(next(m["at"] for m in table.values() if m["at"]))
    a, b = BY[preset]
    counter, failed = COUNTERS[preset]
    bucket, unit = BUCKETS[preset]
    rps = asked(p, f"sum by ({a}, {b}) (rate({counter}}}[10s]))", (a, b), at)
    errors = asked(p, f"sum by ({a}, {b}) (rate({counter},{failed}}}[10s]))", (a, b), at)
    p99 = asked(p, f"{unit} * histogram_quantile(0.99, sum by ({a}, {b}, le) (rate({bucket}[10s])))", (a, b), at)
    assert rps, f"{preset}: Prometheus has no requests"
    zero = nan = 0
    for key, metrics in table.items():
        same(metrics["rps"], rps.get(key), f"{preset} rps of {key}")
        same(metrics["p99Ms"], p99.get(key), f"{preset} p99 of {key}")
        if key not in rps:
            continue
        ratio = errors.get(key, 0) / rps[key] if rps[key] else math.nan
        same(metrics["errorRatio"], ratio, f"{preset} error ratio of {key}")
        zero += ratio == 0
        nan += math.isnan(ratio)
    return len(rps), zero, nan


def check_resources(r, p, pods):
    table = services(r, config("test", {"url": p.url, "window": "10s"}))
    at = seconds(next(m["at"] for m in table.values() if m["at"]))
    owner = {(pod["namespace"], pod["name"]): pod["service"] for pod in pods}
    for field, expr in (("cpuCores", "sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[10s]))"),
                        ("memBytes", "sum by (namespace, pod) (container_memory_working_set_bytes)"),
                        ("cpuLimitCores", 'sum by (namespace, pod) (kube_pod_container_resource_limits{resource="cpu"})'),
                        ("memRequestBytes", 'sum by (namespace, pod) (kube_pod_container_resource_requests{resource="memory"})')):
        sums = {}
        for (namespace, pod), value in asked(p, expr, ("namespace", "pod"), at).items():
            key = (namespace, owner[namespace, pod])
            sums[key] = sums.get(key, 0) + value
        for key, metrics in table.items():
            same(metrics[field], sums.get(key), f"{field} of {key}")


def check_console(r, p):
    path = config("test", {"url": p.url, "window": "10s", "interval": "2s"})
    with terminal.Terminal([rig.binary(), "--config", path], rig.environment(r.config()), columns=200, lines=45) as t:
        t.wait_for(r"[0-9k] rps \d", 20)
        t.wait_for(r"RPS +ERR%", 20)
        t.send("6")
        t.wait_for(r"▸ requests", 10)
        t.send("q")
        assert t.wait() == 0


def check_bad_expressions(r, p):
    path = config("test", {"url": p.url})
    done = rig.flagdeck("--config", path, "query", "sum(", kubeconfig=r.config(), expect=None)
    assert done.returncode == 1 and "parse error" in done.stderr, done.stderr
    done = rig.flagdeck("--config", config("test", {"url": "http://127.0.0.1:9"}), "query", "up", kubeconfig=r.config(), expect=None)
    assert done.returncode == 1 and "refused" in done.stderr, done.stderr
    # The table is whole without metrics, and says that they are missing.
    done = rig.flagdeck("--config", config("test", {"url": "http://127.0.0.1:9"}), "get", "services", "-o", "json",
                        kubeconfig=r.config(), expect=None)
    assert done.returncode == 0 and "metrics are failed" in done.stderr, (done.returncode, done.stderr)
    found = [f for f in json.loads(rig.flagdeck("--config", path, "doctor", "-o", "json", kubeconfig=r.config()))
             if f["what"] == "ask Prometheus"]
    assert [f["verdict"] for f in found] == ["ok"] and "istio" in found[0]["said"], found
    csv = rig.flagdeck("--config", path, "query", 'count(istio_requests_total)', "-o", "csv", kubeconfig=r.config())
    assert csv.startswith("cluster,series,time,value\ntest,"), csv


def check_dashboard(r, p, namespace):
    """The panels of a dashboard with a variable; what is not supported is named."""
    path = os.path.join(rig.folder(), f"board-{os.getpid()}.json")
    panels = [{"type": "timeseries", "title": "requests", "targets": [
                  {"expr": 'sum by (code) (rate(http_requests_total{namespace="$ns"}[$__rate_interval]))', "legendFormat": "code {{code}}"}]},
              {"type": "stat", "title": "targets up", "targets": [{"expr": "sum(up)"}]}, {"type": "piechart", "title": "share"}]
    with open(path, "w") as f:
        json.dump({"title": "Board", "panels": panels, "templating": {"list": [{"name": "ns", "current": {"value": "nowhere"}}]}}, f)
    settings = config("test", {"url": p.url})
    out = rig.flagdeck("--config", settings, "dashboard", path, f"ns={namespace}", "--range", "5m", kubeconfig=r.config())
    for words in ("Board", "requests", "code 200", "targets up", "         2", "not supported: a panel of type piechart"):
        assert words in out, f"{words!r} is missing:\n{out}"
    done = rig.flagdeck("--config", settings, "dashboard", path, "nss=x", kubeconfig=r.config(), expect=None)
    assert done.returncode == 2 and 'did you mean "ns"' in done.stderr, done.stderr


def own_address():
    """An address of this machine that is not loopback: the API server proxies to no other. No packet leaves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))
            address = s.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


def check_discovery(r, p):
    """A Service that looks like a Prometheus is found by itself, behind the API server."""
    address = own_address()
    if not address:
        print("no address but loopback: the way through the API server is not checked")
        return
    namespace = r.namespace("monitoring")
    port = {"name": "http-web", "port": 9090, "protocol": "TCP"}
    r.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "prom", "namespace": namespace,
                                                                 "labels": {"app.kubernetes.io/name": "prometheus"}},
             "spec": {"ports": [port]}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prom-0", "namespace": namespace},
             "spec": {"schedulerName": "none", "containers": [{"name": "prom", "image": "registry.example/prom:1"}]}})
    # The API server proxies to pods only: this one says that it runs where the server of the test listens.
    status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
    r.kubectl("patch", "pod", "prom-0", "-n", namespace, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    pod = {"kind": "Pod", "namespace": namespace, "name": "prom-0", "uid": r.get("pod", "prom-0", "-n", namespace)["metadata"]["uid"]}
    r.apply({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "prom", "namespace": namespace},
             "subsets": [{"addresses": [{"ip": address, "targetRef": pod}], "ports": [{"name": "http-web", "port": p.port}]}]})
    try:
        path = config("test", {"window": "10s"})
        found = rig.eventually("values through the proxy", lambda: any(m["rps"] for m in services(r, path).values()), 30)
        assert found
        out = rig.flagdeck("--config", path, "query", "count(up)", kubeconfig=r.config())
        assert "test" in out, out
    finally:
        r.kubectl("delete", "namespace", namespace, "--wait=false")


def main():
    rig.need()
    r = rig.shared()
    kubeconfig = r.config()
    rows = [row for row in json.loads(rig.flagdeck("get", "services", "-o", "json", kubeconfig=kubeconfig)) if "-svc-" in row["name"]]
    pods = json.loads(rig.flagdeck("get", "pods", "-o", "json", kubeconfig=kubeconfig))
    names = {}
    for pod in pods:
        names.setdefault((pod["namespace"], pod["service"]), []).append(pod["name"])
    targets = [(row["namespace"], row["name"], names[row["namespace"], row["name"]]) for row in rows]
    assert len(targets) == 240, len(targets)
    shapes = ("linkerd", "otel-k8s", "nginx-exported", "generic")
    with exporter.Exporter(targets, ("istio", "kubelet", "ksm")) as all_of_them, exporter.Exporter(targets[:24], shapes) as some, \
            exporter.Prometheus([all_of_them.port, some.port], interval="2s", address=own_address()) as p:
        p.wait_for("istio_requests_total")
        p.wait_for("http_requests_total")
        for preset in BY:
            count, zero, nan = check_preset(r, p, preset)
            assert count == (240 if preset == "istio" else 24), (preset, count)
            assert zero and nan, f"{preset}: the series should hold zero and NaN ratios: {zero}, {nan}"
        check_resources(r, p, pods)
        check_bad_expressions(r, p)
        check_dashboard(r, p, targets[0][0])
        check_discovery(r, p)
        check_console(r, p)


if __name__ == "__main__":
    main()
