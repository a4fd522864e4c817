# SPDX-License-Identifier: MIT
"""Load tests as Kubernetes objects on a real API server: they are accepted, owned by one Job, and gone in the end.

The rig's nodes run no containers, so no request is sent here: what is tested is what is made, what it may do, and
that nothing of it is left, after success, an abort, a kill of the console, and a sweep.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

LABEL = "flagdeck.io/load-run"
PROFILE = """name: shards
engine: jmeter
target: http://127.0.0.1:8080
workers: 3
kubernetes: {namespace: %s, image: example.com/jmeter:5.6.3}
stages: [{rate: 90/s, for: 5s}]
requests: [{path: /, headers: {Authorization: 'Bearer hidden-token'}}]
"""


def left(r, namespace):
    out = r.kubectl("get", "jobs,pods,secrets,networkpolicies", "-n", namespace, "-l", LABEL, "-o", "json")
    return json.loads(out)["items"]


def start(r, profile, home):
    return subprocess.Popen([rig.binary(), "load", "run", profile, "--kubeconfig", r.kubeconfig], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, env=dict(os.environ, XDG_STATE_HOME=home, XDG_CONFIG_HOME=home))


def check_objects(items):
    kinds = {}
    for item in items:
        kinds.setdefault(item["kind"], []).append(item)
    job, secret, policy = kinds["Job"][0], kinds["Secret"][0], kinds["NetworkPolicy"][0]
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed" and spec["parallelism"] == 3 and spec["backoffLimit"] == 0
    assert spec["activeDeadlineSeconds"] == 305 and spec["ttlSecondsAfterFinished"] == 60
    for owned in (secret, policy):
        assert owned["metadata"]["ownerReferences"][0]["uid"] == job["metadata"]["uid"]
    assert policy["spec"]["policyTypes"] == ["Ingress"] and "ingress" not in policy["spec"]
    pod = spec["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"] and container["securityContext"]["runAsNonRoot"]
    assert "hidden-token" not in json.dumps(job) + json.dumps(policy), "a header left the Secret"
    import base64
    plan = base64.b64decode(secret["data"]["plan.jmx"]).decode()
    assert "hidden-token" in plan and "rate(30/sec)" in plan, plan[:400]


def main():
    with rig.Rig("load") as r, tempfile.TemporaryDirectory() as home:
        r.fleet(1, 1, 2)
        namespace = "load-tests"
        r.kubectl("create", "namespace", namespace)
        profile = os.path.join(home, "p.yaml")
        with open(profile, "w") as out:
            out.write(PROFILE % namespace)

        # Stopped by a person: seen while it runs, and gone when the command ends.
        run = start(r, profile, home)
        rig.eventually("the objects", lambda: {i["kind"] for i in left(r, namespace)} >= {"Job", "Secret", "NetworkPolicy", "Pod"})
        check_objects(left(r, namespace))
        begun = time.time()
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=60)
        assert "stopped; nothing of it is left" in said, said
        assert left(r, namespace) == [], left(r, namespace)
        print(f"torn down {time.time() - begun:.1f} s after the interrupt")

        # The console is killed: the sweep finds it.
        run = start(r, profile, home)
        rig.eventually("the objects", lambda: len(left(r, namespace)) >= 3)
        run.kill()
        run.wait(10)
        said = rig.flagdeck("load", "sweep", kubeconfig=r.kubeconfig)
        assert "1 load tests were swept away" in said, said
        assert left(r, namespace) == []
        assert "nothing was left behind" in rig.flagdeck("load", "sweep", kubeconfig=r.kubeconfig)

        # Failed: the namespace's quota admits no Secret, and what was made before goes again.
        r.kubectl("create", "quota", "none", "--hard=count/secrets=0", "-n", namespace)
        time.sleep(1)
        run = start(r, profile, home)
        said, _ = run.communicate(timeout=90)
        assert run.returncode != 0 and "exceeded quota" in said and "nothing of it is left" in said, said
        assert [i for i in left(r, namespace) if i["kind"] != "Pod"] == []
    print("ok")


if __name__ == "__main__":
    main()
