#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints a fleet as a Kubernetes List in JSON: nodes, one namespace a team, one Deployment a service.

usage: fleet.py SERVICES REPLICAS NODES [--trouble] | kubectl apply --server-side -f -

--trouble adds one Deployment (two replicas) for each way to fail in stages.yaml, named TEAM-STAGE.
Service i is the same in every fleet, so a larger one can be applied over a smaller one.
"""
import argparse
import json
import sys

TEAMS = "payments checkout identity search catalog orders shipping growth media risk platform data".split()
STAGES = "crash oom pull slow unready".split()


def node(i):
    size = {"cpu": "64", "memory": "256Gi", "pods": "500"}
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": f"node-{i:03d}",
            # kwok plays only the nodes that carry this.
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": f"node-{i:03d}", "topology.kubernetes.io/zone": "abc"[i % 3]},
        },
        "status": {"allocatable": size, "capacity": size},
    }


def namespace(team):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team, "labels": {"team": team}}}


def deployment(name, team, replicas, version="1.0.0", stage=None):
    """A Deployment as a team would write it: about 3 KB of pod spec, which is what a client has to skip."""
    labels = {"app.kubernetes.io/name": name, "team": team}
    container = {
        "name": "app", "image": f"registry.example/{name}:{version}",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": f"SETTING_{k}", "value": "v" * 40} for k in range(20)],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
    }
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": team, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {
                "metadata": {"labels": dict(labels, stage=stage) if stage else labels},
                "spec": {"automountServiceAccountToken": False, "containers": [container]},
            },
        },
    }


def service_name(i):
    return f"{TEAMS[i % len(TEAMS)]}-svc-{i:04d}"


def fleet(services, replicas, nodes, trouble=False):
    items = [node(i) for i in range(nodes)] + [namespace(team) for team in TEAMS]
    for i in range(services):
        items.append(deployment(service_name(i), TEAMS[i % len(TEAMS)], replicas, f"1.{i % 40}.0"))
    if trouble:
        items += [deployment(f"{team}-{stage}", team, 2, stage=stage) for team, stage in zip(TEAMS, STAGES)]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("services", "replicas", "nodes"):
        parser.add_argument(name, type=int)
    parser.add_argument("--trouble", action="store_true")
    args = parser.parse_args()
    json.dump(fleet(args.services, args.replicas, args.nodes, args.trouble), sys.stdout)


if __name__ == "__main__":
    main()
