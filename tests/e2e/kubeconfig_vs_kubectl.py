#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kubeconfigs as we read them against the real kubectl.

Every file of kubeconfigs/ is given to `kubectl get --raw` and to the program kubeconfig_dump. A server on loopback
writes down what kubectl sends (headers, client certificate), and that must be what we would send. What kubectl
refuses we must refuse. A file says in its first lines what is special about it:

    # context: NAME         to be used with --context NAME
    # stricter: WHY         kubectl accepts it and we refuse it, on purpose
    # looser: WHY           the other way round
    # error: TEXT           our message contains TEXT

In them @TLS@, @PLAIN@ and @CLOSED@ are host:port of servers, @CA@, @CERT@ and @KEY@ are base64 of PEM, @DIR@ is the folder
in which the file stands, beside ca.crt, client.crt, client.key, token and the plugins.
"""
import base64
import glob
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
KUBECTL = os.path.join(rig.BIN, "kubectl")
DUMP = os.path.join(os.environ.get("E2E_PROGRAMS", "build/tests/e2e"), "kubeconfig_dump")

PLUGINS = {
    "good": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}'""",
    "beta": """printf '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"beta"}}'""",
    "info": r"""printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' \
        "$(printf %s "$KUBERNETES_EXEC_INFO" | python3 -c 'import json,sys,base64
print(base64.b64encode(json.dumps(json.load(sys.stdin), sort_keys=True).encode()).decode())')" """,
    "args": r"""printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$#-$1-$2-$VAR" """,
    "yaml": r"""printf 'apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: in-yaml\n'""",
    "nokind": """printf '{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}'""",
    "otherkind": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"Pod","status":{"token":"t"}}'""",
    "noversion": """printf '{"kind":"ExecCredential","status":{"token":"t"}}'""",
    "nostatus": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"}'""",
    "empty": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'""",
    "number": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":5}}'""",
    "unknown": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","x":1,"status":{"token":"t","y":[]}}'""",
    "baddate": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"soon"}}'""",
    "past": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"2001-02-03T04:05:06Z"}}'""",
    "garbage": "echo hello",
    "silent": "true",
    "fails": "echo the login has expired >&2; exit 3",
    "newline": r"""printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"a\\nb"}}'""",
    "trailing": """printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}} x'""",
}


def run(*argv, cwd, env=None):
    return subprocess.run(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        cert = self.connection.getpeercert(binary_form=True) if isinstance(self.connection, ssl.SSLSocket) else None
        self.server.requests.append((sorted(
            f"{name.lower()}: {value.encode('latin-1').decode(errors='replace')}" for name, value in self.headers.items()
            if name.lower() == "authorization" or name.lower().startswith("impersonate-")),
            ssl.DER_cert_to_PEM_cert(cert) if cert else None, self.path))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context=None):
        super().__init__(("127.0.0.1", 0), Recorder)
        self.requests = []
        self.context = context
        self.address = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        if self.context:
            request.settimeout(10)
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass


def make_certificates(folder):
    """An authority, a server for 127.0.0.1 and other.example, a client."""
    def openssl(*argv):
        subprocess.run(("openssl", *argv), cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2",
            "-subj", "/CN=authority")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1,DNS:other.example"),
                            ("client", "extendedKeyUsage=clientAuth")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj",
                "/O=testers/CN=" + name)
        with open(os.path.join(folder, "ext"), "w") as f:
            f.write(extension)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                name + ".crt", "-days", "2", "-extfile", "ext")


class Comparison:
    def __init__(self, folder):
        self.folder = folder
        self.failures, self.count = [], 0
        make_certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(folder, "server.crt"), os.path.join(folder, "server.key"))
        context.load_verify_locations(os.path.join(folder, "ca.crt"))
        context.verify_mode = ssl.CERT_OPTIONAL
        self.tls, self.plain = Server(context), Server()
        self.words = {"@TLS@": self.tls.address, "@PLAIN@": self.plain.address, "@CLOSED@": "127.0.0.1:1",
                      "@DIR@": folder}
        for word, name in (("@CA@", "ca.crt"), ("@CERT@", "client.crt"), ("@KEY@", "client.key")):
            with open(os.path.join(folder, name), "rb") as f:
                self.words[word] = base64.b64encode(f.read()).decode()
        os.makedirs(os.path.join(folder, "bin"))
        os.makedirs(os.path.join(folder, "sub"))
        for name, text in (("token", "from-file\n"), ("blank", " \n"), ("nothing", ""), ("sub/token", "from-sub")):
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
        for name, text in PLUGINS.items():
            path = os.path.join(folder, "bin", "plugin-" + name)
            with open(path, "w") as f:
                f.write("#!/bin/sh\n" + text + "\n")
            os.chmod(path, 0o755)
        self.env = {"PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"], "HOME": os.path.join(folder, "home")}

    def put(self, name, text):
        for word, value in self.words.items():
            text = text.replace(word, value)
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return path

    def kubectl(self, argv, env):
        """What kubectl sent, or None and why it did not."""
        self.tls.requests.clear()
        self.plain.requests.clear()
        done = run(KUBECTL, *argv, "--request-timeout=10s", "get", "--raw", "/probe", cwd=self.folder, env=env)
        sent = self.tls.requests + self.plain.requests
        if done.returncode == 0 and sent:
            return sent[0], ""
        return None, done.stderr.decode(errors="replace").strip()

    def view(self, argv, env):
        done = run(KUBECTL, *argv, "config", "view", "--minify", "--raw", "-o", "json", cwd=self.folder, env=env)
        if done.returncode != 0:
            return None
        view = json.loads(done.stdout)
        if not view["contexts"] or not view["clusters"]:
            return None
        return {"context": view["contexts"][0]["context"], "cluster": view["clusters"][0]["cluster"]}

    def ours(self, argv, env):
        done = run(DUMP, *argv, cwd=self.folder, env=env)
        if done.returncode not in (0, 1):
            raise AssertionError(f"kubeconfig_dump ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
        return json.loads(done.stdout)

    def differences(self, theirs, why, ours, notes, view):
        """Lines that say what is not the same."""
        error = ours.get("error")
        if "error" in notes and notes["error"] not in (error or ""):
            yield f"our message should contain {notes['error']!r}: {error!r}"
        if "stricter" in notes:
            if not error or not theirs:
                yield f"meant to be stricter than kubectl: ours {error!r}, kubectl's {why!r}"
            return
        if "looser" in notes:
            if error or theirs:
                yield f"meant to be looser than kubectl: ours {error!r}, kubectl's {why!r}"
            return
        if bool(error) != (theirs is None):
            yield f"one refuses it: ours {error!r}, kubectl's {why!r}"
        if error or not theirs:
            return
        headers = sorted(re.sub(r"^[^:]*", lambda m: m[0].lower(), header) for header in ours["headers"])
        if headers != theirs[0]:
            yield f"headers: ours {headers}, kubectl's {theirs[0]}"
        certificate = (ours["certificate"] or "").strip()
        if ours["server"].startswith("https") and certificate != (theirs[1] or "").strip():
            yield "client certificates differ"
        viewed = view()
        if viewed:
            for key, value, wanted in (("namespace", ours["namespace"], viewed["context"].get("namespace", "default")),
                                       ("tlsServerName", ours["tlsServerName"], viewed["cluster"].get("tls-server-name")),
                                       ("proxy", ours["proxy"], viewed["cluster"].get("proxy-url")),
                                       ("noCompression", ours["noCompression"],
                                        viewed["cluster"].get("disable-compression", False))):
                if value != wanted and (key != "tlsServerName" or ours["server"].startswith("https")):
                    yield f"{key}: ours {value!r}, kubectl's {wanted!r}"

    def compare(self, name, argv, env=None, notes=None):
        env = {**self.env, **(env or {})}
        theirs, why = self.kubectl(argv, env)
        ours = self.ours(argv, env)
        found = list(self.differences(theirs, why, ours, notes or {}, lambda: self.view(argv, env)))
        self.count += 1
        if os.environ.get("V"):
            print(f"{name:<32} {'sent ' + str(theirs[0]) if theirs else 'refused: ' + why[-150:]}\n{'':<32} {ours.get('error', 'ok')}")
        for line in found:
            self.failures.append(f"{name}: {line}")
            print(f"FAILED {name}: {line}", flush=True)

    def corpus(self):
        for path in sorted(glob.glob(os.path.join(HERE, "kubeconfigs", "*.yaml"))):
            with open(path, encoding="utf-8", newline="") as f:
                text = f.read()
            notes = dict(re.findall(r"^# (context|stricter|looser|error): (.*?)\s*$", text, re.M))
            for word, value in self.words.items():
                notes = {key: note.replace(word, value) for key, note in notes.items()}
            name = os.path.basename(path)
            argv = ["--kubeconfig", self.put(name, text)]
            if "context" in notes:
                argv += ["--context", notes.pop("context")]
            self.compare(name, argv, notes=notes)

    def files(self):
        """How files are found and merged."""
        def config(token, context="a", current=True, cluster="c", user="u"):
            return (f"apiVersion: v1\nkind: Config\n" + (f"current-context: {context}\n" if current else "") +
                    f"clusters: [{{name: {cluster}, cluster: {{server: 'https://@TLS@', certificate-authority: ca.crt}}}}]\n"
                    f"users: [{{name: {user}, user: {{{token}}}}}]\n"
                    f"contexts: [{{name: {context}, context: {{cluster: {cluster}, user: {user}}}}}]\n")
        one = self.put("one", config("token: one"))
        two = self.put("two", config("token: two"))
        other = self.put("other", config("token: other", "b", cluster="c2", user="u2"))
        none = self.put("none", config("token: none", "d", current=False, cluster="c3", user="u3"))
        broken = self.put("broken", "a: [")
        self.put("sub/config", config("tokenFile: token").replace("ca.crt", "../ca.crt"))
        self.put("home/.kube/config", config("token: home").replace("ca.crt", "../../ca.crt"))
        empty = self.put("void", "")
        for name, argv, env in (
            ("home", [], {}),
            ("no-home", [], {"HOME": self.folder}),
            ("one", [], {"KUBECONFIG": one}),
            ("relative", [], {"KUBECONFIG": "sub/config"}),
            ("relative-dots", ["--kubeconfig", "sub/../sub/./config"], {}),
            ("explicit-over-environment", ["--kubeconfig", two], {"KUBECONFIG": one}),
            ("explicit-missing", ["--kubeconfig", "missing"], {"KUBECONFIG": one}),
            ("explicit-folder", ["--kubeconfig", "sub"], {}),
            ("first-wins", [], {"KUBECONFIG": f"{one}:{two}"}),
            ("first-wins-turned", [], {"KUBECONFIG": f"{two}:{one}"}),
            ("missing-passed-over", [], {"KUBECONFIG": f"missing::{one}:"}),
            ("all-missing", [], {"KUBECONFIG": "missing:gone"}),
            ("twice", [], {"KUBECONFIG": f"{one}:{one}:{other}"}),
            ("current-of-second", [], {"KUBECONFIG": f"{none}:{other}"}),
            ("context-of-second", ["--context", "b"], {"KUBECONFIG": f"{one}:{other}"}),
            ("one-broken", [], {"KUBECONFIG": f"{one}:{broken}"}),
            ("folder-in-list", [], {"KUBECONFIG": f"{one}:{self.folder}"}),
            ("below-a-file", [], {"KUBECONFIG": f"{one}:{one}/x"}),
            ("with-empty", [], {"KUBECONFIG": f"{empty}:{one}"}),
            ("only-empty", [], {"KUBECONFIG": empty}),
            ("unknown-context", ["--context", "z"], {"KUBECONFIG": one}),
            ("empty-context", ["--context", ""], {"KUBECONFIG": one}),
        ):
            self.compare("files/" + name, argv, env)


def main():
    rig.need("kubectl")
    if not os.access(DUMP, os.X_OK):
        print(f"{DUMP} is not built")
        return 1
    with tempfile.TemporaryDirectory(prefix="flagdeck-kubeconfig-") as folder:
        comparison = Comparison(os.path.realpath(folder))
        comparison.files()
        comparison.corpus()
    print(f"{comparison.count} kubeconfigs compared, {len(comparison.failures)} differences")
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
