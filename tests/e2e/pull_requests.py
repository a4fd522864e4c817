#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Flags by pull request, at a double that speaks as GitHub, GitLab, Gitea and Azure DevOps do: opened for a branch that holds
the commit, followed until it is merged, and refused in the server's words."""
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading

import rig

PATHS = {"github": "/repos/acme/platform/pulls", "gitea": "/repos/acme/platform/pulls",
         "gitlab": "/projects/acme%2Fplatform/merge_requests", "azure": "/acme/_apis/git/repositories/platform/pullrequests"}
HEADERS = {"github": "Bearer secret", "gitlab": "Bearer secret", "gitea": "token secret", "azure": "Basic OnNlY3JldA=="}
NUMBERS = {"github": "number", "gitea": "number", "gitlab": "iid", "azure": "pullRequestId"}
BRANCHES = {"github": ("head", "base"), "gitea": ("head", "base"), "gitlab": ("source_branch", "target_branch"),
            "azure": ("sourceRefName", "targetRefName")}
OPEN = {"github": {"state": "open"}, "gitea": {"state": "open"}, "gitlab": {"state": "opened"}, "azure": {"status": "active"}}
MERGED = {"github": {"state": "closed", "merged": True}, "gitea": {"state": "closed", "merged": True}, "gitlab": {"state": "merged"},
          "azure": {"status": "completed"}}


class Double(http.server.BaseHTTPRequestHandler):
    """The first look at a pull request finds it merged: git did it when it was opened."""

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        seen = self.server.seen
        forge = self.path.split("/")[1]
        path = self.path[len(forge) + 1:].split("?")[0]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen.append((forge, path, body, self.headers["Authorization"]))
        if self.server.refuse:
            self.answer(422, {"message": "the branch is protected"})
            return
        self.answer(201, {NUMBERS[forge]: 12, "html_url": "https://x/12", "web_url": "https://x/12", **OPEN[forge]})

    def do_GET(self):
        forge = self.path.split("/")[1]
        self.answer(200, {NUMBERS[forge]: 12, "html_url": "https://x/12", "web_url": "https://x/12", **MERGED[forge]})

    def log_message(self, *args):
        pass


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()


def repository(top):
    bare, work = os.path.join(top, "acme", "platform.git"), os.path.join(top, "work")
    run("git", "init", "-q", "--bare", "-b", "main", bare)
    run("git", "init", "-q", "-b", "main", work)
    path = os.path.join(work, "services", "pay", "dev")
    os.makedirs(path)
    with open(os.path.join(path, "platform.yaml"), "w") as f:
        f.write("# pay\n")
    run("git", "add", "-A", cwd=work)
    run("git", "-c", "user.name=A", "-c", "user.email=a@x", "commit", "-qm", "one", cwd=work)
    run("git", "push", "-q", bare, "HEAD:main", cwd=work)
    return bare


def main():
    if not shutil.which("git"):
        rig.skip("there is no git")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Double)
    server.seen, server.refuse = [], False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for forge in PATHS:
        # The address ends in acme/platform, as at a real server, but lies on this disk.
        os.chdir(tempfile.mkdtemp(dir=rig.folder()))
        bare = repository(os.getcwd())
        config = os.path.join(os.getcwd(), "config.yaml")
        with open(config, "w") as f:
            json.dump({"repositories": [{"url": bare, "insecure": True, "provider": forge, "mode": "pr",
                                         "api": f"http://127.0.0.1:{server.server_port}/{forge}"}]}, f)
        env = rig.environment(XDG_STATE_HOME=os.path.join(os.getcwd(), "state"), FLAGDECK_GIT_TOKEN="secret", GIT_AUTHOR_NAME="A",
                              GIT_AUTHOR_EMAIL="a@x", GIT_COMMITTER_NAME="A", GIT_COMMITTER_EMAIL="a@x")
        place = ("--config", config, "--service", "pay", "--env", "dev", "--reason", "try it", "--yes")
        done = rig.flagdeck("flag", "set", "pdb.enabled=on", *place, "--timeout", "20s", env=env, expect=None)
        assert done.returncode == 0, done.stderr
        assert "pull request 12: " in done.stderr and "was merged" in done.stderr, done.stderr
        sent, path, body, header = server.seen[-1]
        prefix = "refs/heads/" if forge == "azure" else ""
        # The folders above acme are of the owner here, and of nobody at a real server.
        assert sent == forge and header == HEADERS[forge], (sent, header)
        assert path.endswith(PATHS[forge].rsplit("/", 1)[1]) and "platform" in path, path
        branch = body[BRANCHES[forge][0]]
        assert branch.startswith(prefix + "flagdeck/") and body[BRANCHES[forge][1]] == prefix + "main", body
        assert body["title"] == "pdb.enabled true in pay/dev" and "Flag-Change-Id" in json.dumps(body)
        assert run("git", "-C", bare, "show", branch[len(prefix):] + ":services/pay/dev/platform.yaml") == "# pay\npdb:\n  enabled: true"
        assert run("git", "-C", bare, "show", "main:services/pay/dev/platform.yaml") == "# pay"
        server.refuse = True
        done = rig.flagdeck("flag", "set", "hpa.enabled=on", *place, env=env, expect=None)
        server.refuse = False
        assert done.returncode == 1 and "the branch is protected" in done.stderr, done.stderr
        assert "secret" not in done.stderr + done.stdout
        print(forge, "fine")


if __name__ == "__main__":
    main()
