# SPDX-License-Identifier: MIT
"""A real Prometheus, and an exporter with series of every preset's shape for it to scrape.

    targets = exporter.services_of(rows)      # from `flagdeck get services -o json`
    with exporter.Exporter(targets, shapes={"istio", "kubelet"}) as e, exporter.Prometheus([e.port]) as p:
        p.wait_for("istio_requests_total")
        p.query("sum(rate(istio_requests_total[10s]))")

Counters grow by rates that follow from a service's number, so that every service has its own figures; one
in seven serves no errors, one in eleven no requests, so that zero and NaN are there too.
"""
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import rig

SHAPES = ("istio", "linkerd", "otel-k8s", "otel", "nginx-exported", "nginx", "generic", "generic-pods", "kubelet", "ksm", "mixin")
BOUNDS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500)


def services_of(rows):
    """(namespace, name, pods) of each row; pods are named as the test likes, they need not exist."""
    return [(r["namespace"], r["name"], [f"{r['name']}-abc-{k}" for k in range(2)]) for r in rows]


class Exporter:
    def __init__(self, targets, shapes=SHAPES, port=0):
        self.targets, self.shapes, self.began = targets, set(shapes), time.time() - 1000
        self.lock, self.slow, self.extra = threading.Lock(), 0, ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                time.sleep(outer.slow)
                body = outer.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def figures(i):
        """Requests a second, errors a second, scale of the latency, cores, bytes: of service number i."""
        rps = 0 if i % 11 == 10 else 5 + i % 97 * 3
        errors = 0 if i % 7 == 0 or not rps else rps * (1 + i % 5) / 200
        return rps, errors, 1 + i % 9, 0.05 + i % 13 * 0.07, (64 + i % 31 * 20) * 2 ** 20

    def text(self):
        age, out = time.time() - self.began, []
        for i, (namespace, name, pods) in enumerate(self.targets):
            rps, errors, scale, cores, memory = self.figures(i)
            for shape in self.shapes:
                getattr(self, "_" + shape.replace("-", "_"))(out, namespace, name, pods, age, rps, errors, scale, cores, memory)
        return "\n".join(out) + "\n" + self.extra

    @staticmethod
    def _requests(out, metric, labels, code, good, bad, age, rps, errors):
        out.append(f'{metric}{{{labels},{code}="{good}"}} {(rps - errors) * age:.3f}')
        if errors:
            out.append(f'{metric}{{{labels},{code}="{bad}"}} {errors * age:.3f}')

    @staticmethod
    def _buckets(out, metric, labels, age, rps, scale, unit=1):
        total = rps * age
        for k, bound in enumerate(BOUNDS):
            share = min(1, (k + 1) / len(BOUNDS) * 1.2 / (1 + scale / 20))
            out.append(f'{metric}_bucket{{{labels},le="{bound / unit:g}"}} {total * share:.3f}')
        out.append(f'{metric}_bucket{{{labels},le="+Inf"}} {total:.3f}')
        out.append(f'{metric}_count{{{labels}}} {total:.3f}')
        out.append(f'{metric}_sum{{{labels}}} {total * scale / unit:.3f}')

    def _istio(self, out, ns, name, pods, age, rps, errors, scale, *_):
        labels = f'reporter="destination",destination_service_namespace="{ns}",destination_service_name="{name}"'
        self._requests(out, "istio_requests_total", labels, "response_code", 200, 503, age, rps, errors)
        self._buckets(out, "istio_request_duration_milliseconds", labels, age, rps, scale)

    def _linkerd(self, out, ns, name, pods, age, rps, errors, scale, *_):
        labels = f'direction="inbound",namespace="{ns}",deployment="{name}"'
        self._requests(out, "response_total", labels, "classification", "success", "failure", age, rps, errors)
        self._buckets(out, "response_latency_ms", labels, age, rps, scale)

    def _otel_k8s(self, out, ns, name, pods, age, rps, errors, scale, *_):
        labels = f'k8s_namespace_name="{ns}",k8s_deployment_name="{name}"'
        self._otel_of(out, labels, age, rps, errors, scale)

    def _otel(self, out, ns, name, pods, age, rps, errors, scale, *_):
        self._otel_of(out, f'namespace="{ns}",service="{name}"', age, rps, errors, scale)

    def _otel_of(self, out, labels, age, rps, errors, scale):
        for code, part in ((200, rps - errors), (500, errors)):
            if part or code == 200:
                self._buckets(out, "http_server_request_duration_seconds", f'{labels},http_response_status_code="{code}"', age, part,
                              scale, 1000)

    def _nginx_exported(self, out, ns, name, pods, age, rps, errors, scale, *_):
        labels = f'exported_namespace="{ns}",exported_service="{name}"'
        self._requests(out, "nginx_ingress_controller_requests", labels, "status", 200, 502, age, rps, errors)
        self._buckets(out, "nginx_ingress_controller_request_duration_seconds", labels, age, rps, scale, 1000)

    def _nginx(self, out, ns, name, pods, age, rps, errors, scale, *_):
        labels = f'namespace="{ns}",service="{name}"'
        self._requests(out, "nginx_ingress_controller_requests", labels, "status", 200, 502, age, rps, errors)
        self._buckets(out, "nginx_ingress_controller_request_duration_seconds", labels, age, rps, scale, 1000)

    def _generic(self, out, ns, name, pods, age, rps, errors, scale, *_):
        labels = f'namespace="{ns}",service="{name}"'
        self._requests(out, "http_requests_total", labels, "code", 200, 500, age, rps, errors)
        self._buckets(out, "http_request_duration_seconds", labels, age, rps, scale, 1000)

    def _generic_pods(self, out, ns, name, pods, age, rps, errors, scale, *_):
        for pod in pods:
            labels = f'namespace="{ns}",pod="{pod}"'
            self._requests(out, "http_requests_total", labels, "code", 200, 500, age, rps / len(pods), errors / len(pods))
            self._buckets(out, "http_request_duration_seconds", labels, age, rps / len(pods), scale, 1000)

    def _kubelet(self, out, ns, name, pods, age, rps, errors, scale, cores, memory):
        for pod in pods:
            labels = f'namespace="{ns}",pod="{pod}",container="app"'
            out.append(f'container_cpu_usage_seconds_total{{{labels}}} {cores * age / len(pods):.3f}')
            out.append(f'container_memory_working_set_bytes{{{labels}}} {memory / len(pods):.0f}')
            out.append(f'container_cpu_cfs_periods_total{{{labels}}} {10 * age:.3f}')
            out.append(f'container_cpu_cfs_throttled_periods_total{{{labels}}} {scale / 2 * age:.3f}')

    def _ksm(self, out, ns, name, pods, age, rps, errors, scale, cores, memory):
        for pod in pods:
            labels = f'namespace="{ns}",pod="{pod}",container="app"'
            for resource, unit, request, limit in (("cpu", "core", 0.5, 1), ("memory", "byte", 2 ** 28, 2 ** 29)):
                out.append(f'kube_pod_container_resource_requests{{{labels},resource="{resource}",unit="{unit}"}} {request / len(pods)}')
                out.append(f'kube_pod_container_resource_limits{{{labels},resource="{resource}",unit="{unit}"}} {limit / len(pods)}')

    def _mixin(self, out, ns, name, pods, age, rps, errors, scale, cores, memory):
        for pod in pods:
            labels = f'namespace="{ns}",pod="{pod}"'
            out.append(f'namespace_workload_pod:kube_pod_owner:relabel{{{labels},workload="{name}",workload_type="deployment"}} 1')
            out.append('node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate'
                       f'{{{labels},container="app"}} {cores / len(pods)}')


class Server:
    """A program that listens on a port of 127.0.0.1 until the block ends."""
    program, package = "", ""

    def __init__(self, port=None):
        self.path = shutil.which(self.program)
        if not self.path:
            rig.skip(f"{self.program} is not installed: apt-get install {self.package}")
        self.port = port or rig.free_ports(1)
        self.dir = tempfile.mkdtemp(prefix=self.program + "-", dir=rig.folder())
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def arguments(self):
        raise NotImplementedError

    def __enter__(self):
        self.log = open(os.path.join(self.dir, "log"), "w")
        self.process = subprocess.Popen([self.path, *self.arguments()], stdout=self.log, stderr=self.log, cwd=self.dir)
        rig.eventually(f"{self.program} ready", lambda: urllib.request.urlopen(self.url + "/-/ready", timeout=2).status == 200, 30, 0.1)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return json.load(answer)


class Prometheus(Server):
    program, package = "prometheus", "prometheus"

    def __init__(self, scraped, port=None, interval="1s", rules=None, alertmanager=None, options=(), address=None):
        super().__init__(port)
        self.scraped, self.interval, self.rules, self.alertmanager, self.options = scraped, interval, rules, alertmanager, options
        self.address = address or "127.0.0.1"

    @property
    def url(self):
        return f"http://{self.address}:{self.port}"

    def arguments(self):
        config = {"global": {"scrape_interval": self.interval, "scrape_timeout": self.interval, "evaluation_interval": self.interval},
                  "scrape_configs": [{"job_name": "exporter", "honor_labels": True,
                                      "static_configs": [{"targets": [f"127.0.0.1:{p}" for p in self.scraped]}]}]}
        if self.rules:
            config["rule_files"] = [os.path.join(self.dir, "rules.yml")]
            with open(config["rule_files"][0], "w") as f:
                json.dump({"groups": [{"name": "test", "rules": self.rules}]}, f)
        if self.alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.alertmanager}"]}]}]}
        with open(os.path.join(self.dir, "prometheus.yml"), "w") as f:
            json.dump(config, f)
        return ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={self.address}:{self.port}",
                *self.options]

    def query(self, expr, at=None):
        parameters = {"query": expr, **({"time": at} if at else {})}
        return self.get("/api/v1/query?" + urllib.parse.urlencode(parameters))["data"]["result"]

    def wait_for(self, metric, scrapes=4):
        """Until the metric has that many samples: rates need some."""
        rig.eventually(f"{scrapes} samples of {metric}",
                       lambda: self.query(f"max(count_over_time({metric}[1h])) >= {scrapes}"), 60, 0.3)


class Alertmanager(Server):
    program, package = "prometheus-alertmanager", "prometheus-alertmanager"

    def __init__(self, port=None, inhibit=()):
        super().__init__(port)
        self.inhibit = list(inhibit)

    def arguments(self):
        config = {"route": {"receiver": "none", "group_wait": "0s", "group_interval": "1s"}, "receivers": [{"name": "none"}],
                  "inhibit_rules": self.inhibit}
        with open(os.path.join(self.dir, "alertmanager.yml"), "w") as f:
            json.dump(config, f)
        return ["--config.file=alertmanager.yml", "--storage.path=data", f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address="]
