#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real Prometheus and Alertmanager: alerts fire, one is inhibited, one is silenced from here and released again."""
import json
import os

import exporter
import rig
import terminal

RULES = [
    {"alert": "ServiceDown", "expr": 'istio_down{destination_service_name="X"} > 0', "labels": {"severity": "critical"},
     "annotations": {"summary": "{{ $labels.destination_service_name }} is down"}},
    {"alert": "ServiceSlow", "expr": 'istio_down{destination_service_name="X"} > 0', "labels": {"severity": "warning"}},
    {"alert": "Waiting", "expr": 'istio_down{destination_service_name="Y"} > 0', "for": "1h", "labels": {"severity": "warning"}},
]
INHIBIT = [{"source_matchers": ['severity="critical"'], "target_matchers": ['severity="warning"'],
            "equal": ["destination_service_name"]}]


def main():
    rig.need()
    r = rig.shared()
    namespace = r.namespace("alerts")
    kubeconfig = r.config()
    r.deployment("loud", namespace)
    r.deployment("quiet", namespace)
    rules = json.loads(json.dumps(RULES).replace('\\"X\\"', '\\"loud\\"').replace('\\"Y\\"', '\\"quiet\\"'))
    with exporter.Exporter([], ()) as e, exporter.Alertmanager(inhibit=INHIBIT) as am, \
            exporter.Prometheus([e.port], rules=rules, alertmanager=am.port) as p:
        e.extra = "".join(f'istio_down{{destination_service_namespace="{namespace}",destination_service_name="{name}"}} 1\n'
                          for name in ("loud", "quiet")) + f'istio_requests_total{{reporter="destination",a="b"}} 1\n'
        path = os.path.join(rig.folder(), f"alerts-{os.getpid()}.yaml")
        with open(path, "w") as f:
            json.dump({"fleet": {"clusters": [{"context": "test", "prometheus": {"url": p.url, "alertmanager": {"url": am.url}}}]}}, f)
        env = rig.environment(kubeconfig)

        def flagdeck(*args, expect=0):
            return rig.flagdeck("--config", path, *args, env=env, expect=expect)

        def alerts():
            return {a["name"]: a for a in json.loads(flagdeck("get", "alerts", "-o", "json"))}

        rig.eventually("all three alerts, one inhibited",
                       lambda: len(alerts()) == 3 and alerts()["ServiceSlow"]["inhibited"], 40, 1)
        now = alerts()
        assert now["ServiceDown"]["state"] == "firing" and not now["ServiceDown"]["inhibited"], now
        assert now["ServiceDown"]["service"] == f"{namespace}/loud", now
        assert now["ServiceDown"]["summary"] == "loud is down", now
        assert now["Waiting"]["state"] == "pending", now
        with terminal.Terminal([rig.binary(), "--config", path], env, columns=200, lines=45) as t:
            t.wait_for(r"1 alert\b", 20)
            t.wait_for(r"1 pending", 5)
            t.send("q")
            assert t.wait() == 0
        # A preview changes nothing; a comment is asked for.
        done = flagdeck("silence", "add", "alertname=ServiceDown", expect=None)
        assert done.returncode == 2 and "--comment" in done.stderr, done.stderr
        done = flagdeck("silence", "add", "alertname=ServiceDown", "--comment", "x", "--dry-run", expect=None)
        assert done.returncode == 0 and "matches 1 alert now" in done.stderr, done.stderr
        assert json.loads(flagdeck("silence", "list", "-o", "json")) == []
        done = flagdeck("--read-only", "silence", "add", "alertname=ServiceDown", "--comment", "x", expect=None)
        assert done.returncode == 3, done.stderr
        made = flagdeck("silence", "add", "alertname=~Service.*", f"destination_service_namespace={namespace}", "--comment",
                        "deploy under way", "--author", "ann", "--duration", "1h", "--yes").strip()
        listed = am.get("/api/v2/silences")
        assert [(s["id"], s["createdBy"], s["comment"]) for s in listed] == [(made, "ann", "deploy under way")], listed
        rig.eventually("the alert is silenced", lambda: alerts()["ServiceDown"]["silencedBy"] == made, 30, 1)
        flagdeck("silence", "expire", made)
        assert am.get("/api/v2/silences")[0]["status"]["state"] == "expired"
        rig.eventually("it fires again", lambda: not alerts()["ServiceDown"]["silencedBy"], 30, 1)
        audit = json.loads(flagdeck("audit", "list", "-o", "json"))
        assert len(audit) == 2 and all(row["outcome"] == "done" for row in audit), audit
        done = flagdeck("silence", "expire", "no-such-id", expect=None)
        assert done.returncode == 1 and "no silence" in done.stderr, done.stderr


if __name__ == "__main__":
    main()
