# SPDX-License-Identifier: MIT
"""What kubectl knows about services and pods, in the words of `flagdeck get ... -o json`.

The platform does not stand still: containers crash and start again. So kubectl is asked before and after the
console, and a row is compared when nothing of it changed in between, again and again until each one was.
"""
import re

# Worst first, as the console counts them; what the kubelet says on the way to one of them is that one.
TROUBLE = {
    "CrashLoopBackOff": ["CrashLoopBackOff"],
    "OOMKilled": ["OOMKilled"],
    "ImagePullBackOff": ["ImagePullBackOff", "ErrImagePull"],
    "CreateContainerConfigError": ["CreateContainerConfigError"],
}
KINDS = ("DaemonSet", "Deployment", "StatefulSet")
LABEL = "app.kubernetes.io/name"


def pods_table(r, namespace=None):
    """(namespace, name) -> READY, STATUS and RESTARTS as `kubectl get pods` prints them."""
    rows = {}
    for line in r.kubectl("get", "pods", *scope_of(namespace), "--no-headers").splitlines():
        if namespace:
            line = f"{namespace} {line}"
        # RESTARTS may have an age: "5 (3m ago)".
        row = re.match(r"(\S+) +(\S+) +(\S+) +(.*?) +(\d+)(?: \(.* ago\))? +\S+$", line)
        space, name, ready, status, restarts = row.groups()
        rows[space, name] = {"ready": ready, "status": status, "restarts": int(restarts)}
    return rows


def scope_of(namespace):
    return ["-n", namespace] if namespace else ["-A"]


def restarts_of(pod):
    """As kubectl counts: containers and sidecars."""
    sidecars = {c["name"] for c in pod["spec"].get("initContainers", []) if c.get("restartPolicy") == "Always"}
    status = pod.get("status", {})
    return (sum(c["restartCount"] for c in status.get("containerStatuses", [])) +
            sum(c["restartCount"] for c in status.get("initContainerStatuses", []) if c["name"] in sidecars))


class Snapshot:
    """Workloads, ReplicaSets and pods at about one time, joined by ownerReferences."""

    def __init__(self, r, namespace=None):
        scope = scope_of(namespace)
        self.workloads = r.get("daemonsets,deployments,statefulsets", *scope)
        self.replicasets = {o["metadata"]["uid"]: self.owner(o) for o in r.get("replicasets", *scope)}
        self.pods = r.get("pods", *scope)
        self.table = pods_table(r, namespace)

    @staticmethod
    def owner(o):
        return next((ref["uid"] for ref in o["metadata"].get("ownerReferences", []) if ref.get("controller")), None)

    @staticmethod
    def key(o):
        return o["metadata"]["namespace"], o["metadata"]["name"]

    def services(self):
        """Key of a service -> (its facts, the versions of all that they come from)."""
        groups, pods_of = {}, {}
        for pod in self.pods:
            owner = self.owner(pod)
            pods_of.setdefault(self.replicasets.get(owner, owner), []).append(pod)
        for w in sorted(self.workloads, key=lambda w: w["metadata"]["name"]):
            name = w["metadata"].get("labels", {}).get(LABEL) or w["metadata"]["name"]
            groups.setdefault((w["metadata"]["namespace"], name), []).append(w)
        return {key: self.facts(group, [p for w in group for p in pods_of.get(w["metadata"]["uid"], [])])
                for key, group in groups.items()}

    def facts(self, workloads, pods):
        first, total = workloads[0], {"desired": 0, "ready": 0, "updated": 0, "available": 0}
        for w in workloads:
            status = w.get("status", {})
            daemon = w["kind"] == "DaemonSet"
            total["desired"] += status.get("desiredNumberScheduled", 0) if daemon else w["spec"]["replicas"]
            total["ready"] += status.get("numberReady" if daemon else "readyReplicas", 0)
            total["updated"] += status.get("updatedNumberScheduled" if daemon else "updatedReplicas", 0)
            total["available"] += status.get("numberAvailable" if daemon else "availableReplicas", 0)
        kinds = {w["kind"] for w in workloads}
        live = [p for p in pods if "deletionTimestamp" not in p["metadata"] and p["status"].get("phase") not in ("Succeeded", "Failed")]
        facts = dict(total, kind=kinds.pop() if len(kinds) == 1 else "mixed",
                     generation=first["metadata"]["generation"],
                     observedGeneration=first.get("status", {}).get("observedGeneration", 0),
                     image=",".join(c["image"] for c in first["spec"]["template"]["spec"]["containers"]),
                     team=first["metadata"].get("labels", {}).get("team"),
                     restarts=sum(map(restarts_of, live)))
        versions = sorted(o["metadata"]["uid"] + o["metadata"]["resourceVersion"] for o in workloads + pods)
        return facts, self.trouble(live), versions

    def trouble(self, pods):
        """"2 of 3 pods CrashLoopBackOff" for the worst STATUS of the table, or None."""
        words = [self.table.get(self.key(p), {}).get("status") for p in pods]
        for word, those in TROUBLE.items():
            count = sum(w in those for w in words)
            if count:
                return f"{count} of {len(pods)} pods {word}"
        return None


def matching(before, ours, after, seen):
    """Yields the keys that can be compared, and adds them to `seen`; then fails with what one side lacks."""
    for key in before.keys() & after.keys() & ours.keys():
        if before[key] == after[key]:
            seen.add(key)
            yield key
    lacking = [f"{'/'.join(key)} is missing" for key in (before.keys() & after.keys()) - ours.keys()]
    lacking += [f"{'/'.join(key)}: kubectl does not have it" for key in ours.keys() - before.keys() - after.keys()]
    assert not lacking, "; ".join(sorted(lacking)[:12])


class Comparison:
    """Compares everything once, then again only the namespaces where something moved meanwhile."""

    def __init__(self, facts, ask):
        # facts(namespace) -> {key: something comparable}; ask() -> {key: our row}
        self.facts, self.ask = facts, ask
        self.seen, self.left = set(), [None]

    def round(self, compare):
        left = {}
        for namespace in self.left:
            before, ours, after = self.facts(namespace), self.ask(), self.facts(namespace)
            if namespace:
                ours = {key: row for key, row in ours.items() if key[0] == namespace}
            wrong = [f"{'/'.join(key)}: {words}" for key in matching(before, ours, after, self.seen)
                     if (words := compare(before[key], ours[key]))]
            assert not wrong, "; ".join(sorted(wrong)[:12])
            left.update(dict.fromkeys(key for key in after if key not in self.seen))
        if left:
            self.left = sorted({key[0] for key in left})
        assert not left, f"not yet at rest: {sorted(left)[:8]}"
        return len(self.seen)


def by_key(rows):
    keyed = {(row["namespace"], row["name"]): row for row in rows}
    assert len(keyed) == len(rows), "something is listed twice"
    return keyed


def equal_services(r, ask, eventually, seconds=60):
    """Fails unless ask(), a list as of `get services -o json`, equals kubectl for every service.

    Returns how many were compared.
    """
    def compare(theirs, row):
        facts, trouble, _ = theirs
        wrong = [f"{f} is {row.get(f)!r}, kubectl says {facts[f]!r}" for f in facts if row.get(f) != facts[f]]
        if trouble and trouble not in (row["reason"] or ""):
            wrong.append(f"the reason {row['reason']!r} lacks {trouble!r}")
        return ", ".join(wrong)

    comparison = Comparison(lambda namespace: Snapshot(r, namespace).services(), lambda: by_key(ask()))
    return eventually("the services to equal kubectl's", lambda: comparison.round(compare), seconds)


def equal_pods(r, ask, eventually, seconds=60):
    """The same for `get pods -o json`: READY, STATUS and RESTARTS of every pod."""
    def compare(theirs, row):
        mine = {field: row[field] for field in theirs}
        return f"{mine}, kubectl says {theirs}" if mine != theirs else ""

    comparison = Comparison(lambda namespace: pods_table(r, namespace), lambda: by_key(ask()))
    return eventually("the pods to equal kubectl's", lambda: comparison.round(compare), seconds)
