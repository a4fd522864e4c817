#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# limit: 240
"""The embedded platform answers as a real kube-apiserver does: the same requests to both, compared."""
import base64
import json
import os
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

import rig

MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
PARTIAL = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"}
CMS = "/api/v1/namespaces/honest/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/honest/deployments"


class Server:
    """One of the two, reached as its kubeconfig says."""

    def __init__(self, kubeconfig, context):
        raw = json.loads(subprocess.run(["kubectl", "config", "view", "--raw", "--minify", "--context", context, "-o", "json"],
                                        env=rig.environment(kubeconfig), check=True, capture_output=True).stdout)
        self.url = raw["clusters"][0]["cluster"]["server"]
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        user = raw["users"][0]["user"]
        self.headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        if "client-certificate-data" in user:
            with tempfile.NamedTemporaryFile(dir=rig.folder(), delete=False) as f:
                f.write(base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"]))
            self.context.load_cert_chain(f.name)

    def ask(self, method, path, body=None, headers=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **self.headers, **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
                return answer.status, answer.headers.get("Content-Type"), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Content-Type"), error.read().decode()

    def json(self, *args):
        return json.loads(self.ask(*args)[2])


def setup(server):
    server.ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "honest"}})
    for name in ("a", "b", "c"):
        server.ask("POST", CMS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"of": name}}, "data": {"k": "v"}})
    server.ask("POST", DEPLOYMENTS, {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
                "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "registry.example.com/web:1.0.0", "env": [{"name": "A", "value": "1"}]}]}}}})


def names(text):
    return [(i.get("metadata") or i["object"]["metadata"])["name"] for i in (json.loads(text).get("items") or json.loads(text).get("rows") or [])]


def requests():
    """Name, request, and what of the answer has to be the same beside the status and the type."""
    mine = lambda text: [n for n in names(text) if n in ("a", "b", "c", "web")]
    reason = lambda text: (json.loads(text)["kind"], json.loads(text)["status"], json.loads(text).get("reason"), json.loads(text).get("code"))
    spec = lambda text: json.loads(text)["spec"]
    yield "list", ("GET", CMS), mine
    yield "list in pages", ("GET", CMS + "?limit=1"), lambda t: sorted(json.loads(t)["metadata"])
    yield "list by label", ("GET", CMS + "?labelSelector=of%3Db"), mine
    yield "list by labels of a set", ("GET", CMS + "?labelSelector=of%20in%20(a,c)"), mine
    yield "list by field", ("GET", CMS + "?fieldSelector=metadata.name%3Dc"), mine
    yield "bad label selector", ("GET", CMS + "?labelSelector=%3D%3D%3D"), reason
    yield "table", ("GET", CMS, None, TABLE), lambda t: (sorted(json.loads(t)), sorted(json.loads(t)["rows"][0]), mine(t))
    yield "metadata alone", ("GET", CMS, None, PARTIAL), lambda t: (json.loads(t)["kind"], mine(t))
    yield "get", ("GET", CMS + "/a"), lambda t: (json.loads(t)["kind"], json.loads(t)["data"])
    yield "get what is not there", ("GET", CMS + "/nothing"), reason
    yield "an unknown resource", ("GET", "/apis/apps/v1/nothings"), lambda t: t
    yield "create what is there", ("POST", CMS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}), reason
    yield "create without a name", ("POST", CMS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}), reason
    yield "merge patch", ("PATCH", CMS + "/a", {"data": {"k": None, "n": "1"}}, MERGE), lambda t: json.loads(t)["data"]
    yield "patch what is not there", ("PATCH", CMS + "/nothing", {"data": {}}, MERGE), reason
    yield "patch of an old version", ("PATCH", CMS + "/a", {"metadata": {"resourceVersion": "1"}, "data": {"x": "y"}}, MERGE), reason
    yield "patch of no known kind", ("PATCH", CMS + "/a", {"data": {}}, {"Content-Type": "application/json"}), lambda t: None
    yield "strategic patch", ("PATCH", DEPLOYMENTS + "/web", {"spec": {"template": {"spec": {"containers": [
        {"name": "app", "image": "registry.example.com/web:1.0.1"}]}}}}, STRATEGIC), \
        lambda t: [(c["name"], c["image"], c["env"]) for c in spec(t)["template"]["spec"]["containers"]]
    yield "json patch", ("PATCH", DEPLOYMENTS + "/web", [{"op": "replace", "path": "/spec/replicas", "value": 3}],
                         {"Content-Type": "application/json-patch+json"}), lambda t: (spec(t)["replicas"], json.loads(t)["metadata"]["generation"])
    yield "dry run", ("PATCH", DEPLOYMENTS + "/web?dryRun=All", {"spec": {"replicas": 9}}, MERGE), lambda t: spec(t)["replicas"]
    yield "scale", ("PATCH", DEPLOYMENTS + "/web/scale", {"spec": {"replicas": 1}}, MERGE), lambda t: (json.loads(t)["kind"], spec(t))
    yield "scale read", ("GET", DEPLOYMENTS + "/web/scale"), lambda t: (json.loads(t)["kind"], json.loads(t)["apiVersion"], spec(t))
    yield "access review", ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {
            "verb": "list", "resource": "pods"}}}), lambda t: json.loads(t)["status"]["allowed"]
    yield "an old watch", ("GET", CMS + "?watch=1&resourceVersion=1&timeoutSeconds=2"), \
        lambda t: [(json.loads(line)["type"], json.loads(line)["object"].get("code"), json.loads(line)["object"].get("reason")) for line in t.splitlines()]
    yield "a bad version", ("GET", CMS + "?resourceVersion=rubbish"), lambda t: None
    yield "a version of the future", ("GET", CMS + "?resourceVersion=99999999999"), lambda t: json.loads(t).get("reason")
    yield "delete", ("DELETE", CMS + "/c"), lambda t: (json.loads(t)["kind"], json.loads(t)["status"])
    yield "delete again", ("DELETE", CMS + "/c"), reason


def story(server):
    """What a watch tells of changes that are made after its list."""
    version = server.json("GET", CMS)["metadata"]["resourceVersion"]
    server.ask("POST", CMS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "d", "labels": {"w": "1"}}})
    server.ask("PATCH", CMS + "/d", {"data": {"k": "1"}}, MERGE)
    server.ask("PATCH", CMS + "/d", {"metadata": {"labels": {"w": "2"}}}, MERGE)
    server.ask("DELETE", CMS + "/d")
    told = {}
    for query in ("", "&labelSelector=w%3D1"):
        text = server.ask("GET", f"{CMS}?watch=1&resourceVersion={version}&timeoutSeconds=2&allowWatchBookmarks=true{query}")[2]
        told[query] = [(e["type"], e["object"]["metadata"].get("name")) for e in map(json.loads, text.splitlines()) if e["type"] != "BOOKMARK"]
    return told


def main():
    with rig.Rig("real") as real:
        folder = os.path.join(tempfile.mkdtemp(prefix="demo-", dir=rig.folder()), "platform")
        demo = subprocess.Popen([rig.binary(), "demo", "--serve", "--services", "30", "--story", "calm", "--dir", folder],
                                env=rig.environment(), stdout=subprocess.PIPE, text=True)
        try:
            for line in demo.stdout:
                if "--config" in line:
                    break
            servers = Server(real.kubeconfig, "real"), Server(os.path.join(folder, "kubeconfig"), "eu-dev")
            real.ctl("restart", "apiserver")    # so that it has forgotten what was, as a busy one has
            rig.eventually("it answers again", lambda: servers[0].ask("GET", "/readyz")[0] == 200, 60)
            for server in servers:
                setup(server)
            wrong = []
            for name, request, look in requests():
                answers = []
                for server in servers:
                    status, kind, text = server.ask(*request)
                    try:
                        answers.append((status, (kind or "").split(";")[0], look(text)))
                    except (KeyError, ValueError, TypeError) as error:
                        answers.append((status, kind, f"{error!r} in {text[:200]}"))
                if answers[0] != answers[1]:
                    wrong.append(f"{name}:\n  real {answers[0]}\n  demo {answers[1]}")
            told = [story(server) for server in servers]
            if told[0] != told[1]:
                wrong.append(f"watch:\n  real {told[0]}\n  demo {told[1]}")
            assert not wrong, "\n".join(wrong)
            print(f"{sum(1 for _ in requests()) + 2} requests are answered alike", flush=True)
        finally:
            demo.terminate()
            demo.wait(20)


if __name__ == "__main__":
    main()
