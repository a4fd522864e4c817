# SPDX-License-Identifier: MIT
"""Results published to a real S3 server (versitygw): signatures, parts, retries, what is refused, what is down."""
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

BIN = rig.binary()
TMP = tempfile.mkdtemp(prefix="flagdeck-s3-")
RESULTS = os.path.join(TMP, "runs")
KEYS = {"AWS_ACCESS_KEY_ID": "someaccess", "AWS_SECRET_ACCESS_KEY": "some/secret+key", "AWS_REGION": "us-east-1"}
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def publish(what, place, code=0, **env):
    done = subprocess.run([BIN, "load", "publish", what, place, "--results", RESULTS], capture_output=True, text=True, timeout=60,
                          env={**CLEAN, **(KEYS if not env.pop("keyless", False) else {}), **env})
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


class Gateway:
    def __init__(self, data):
        self.port, self.data = free_port(), data
        os.makedirs(os.path.join(data, "results"), exist_ok=True)
        self.start()

    def start(self):
        self.process = subprocess.Popen([os.path.join(rig.BIN, "versitygw"), "--port", f"127.0.0.1:{self.port}", "--access", KEYS["AWS_ACCESS_KEY_ID"],
                                         "--secret", KEYS["AWS_SECRET_ACCESS_KEY"], "--region", "us-east-1", "posix", self.data],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("versitygw did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def make_run(big):
    folder = os.path.join(RESULTS, "20261124-120000-shop-beef")
    os.makedirs(folder)
    with open(os.path.join(folder, "manifest.json"), "w") as out:
        json.dump({"format": 1, "id": "20261124-120000-shop-beef", "name": "shop", "startedMs": 1, "slos": []}, out)
    with open(os.path.join(folder, "verdict.json"), "w") as out:
        json.dump({"format": 1, "state": "passed", "words": "ok", "total": {}, "requests": [], "slos": [], "failures": []}, out)
    open(os.path.join(folder, "lock"), "w").close()
    with open(os.path.join(folder, "latency hist+ü%.hlog"), "wb") as out:
        out.write(os.urandom(big))
    return folder


class Credentials(http.server.BaseHTTPRequestHandler):
    """The pod identity agent, the metadata service and STS, as far as they hand out keys."""

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def keys(self):
        return json.dumps({"AccessKeyId": KEYS["AWS_ACCESS_KEY_ID"], "SecretAccessKey": KEYS["AWS_SECRET_ACCESS_KEY"], "Token": None,
                           "Expiration": "2099-01-01T00:00:00Z"})

    def do_PUT(self):
        self.answer("metadata-token" if "X-aws-ec2-metadata-token-ttl-seconds" in self.headers else "no", 200)

    def do_GET(self):
        self.server.seen.append(self.path.split("?")[0])
        if self.path.startswith("/pod"):
            good = self.headers.get("Authorization") == "pod-token"
            self.answer(self.keys() if good else "no", 200 if good else 403)
        elif self.path.startswith("/latest"):
            good = self.headers.get("X-aws-ec2-metadata-token") == "metadata-token"
            self.answer(("role" if self.path.endswith("/") else self.keys()) if good else "no", 200 if good else 401)
        elif "AssumeRoleWithWebIdentity" in self.path and "WebIdentityToken=web-token" in self.path:
            self.answer("<R><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey></Credentials></R>"
                        % (KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"]))
        else:
            self.answer("no", 403)

    def log_message(self, *args):
        pass


def credential_chain(place, target):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Credentials)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    token = os.path.join(TMP, "token")
    for name in ("web-token", "pod-token"):
        with open(token, "w") as out:
            out.write(name + "\n")
        ways = {"web-token": {"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:aws:iam::1:role/load", "AWS_ENDPOINT_URL_STS": base},
                "pod-token": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": base + "/pod", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token}}
        publish("last", place, keyless=True, AWS_EC2_METADATA_SERVICE_ENDPOINT=base, **ways[name])
        assert not [p for p in server.seen if p.startswith("/latest")], "a later source was asked"
    with open(token, "w") as out:
        out.write("wrong")
    said = publish("last", place, 1, keyless=True, AWS_CONTAINER_CREDENTIALS_FULL_URI=base + "/pod", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token,
                   AWS_EC2_METADATA_SERVICE_ENDPOINT=base)
    assert "pod's credentials were not given" in said and not [p for p in server.seen if p.startswith("/latest")], said
    publish("last", place, keyless=True, AWS_EC2_METADATA_SERVICE_ENDPOINT=base)
    assert [p for p in server.seen if p.startswith("/latest")]
    said = publish("last", place, 1, keyless=True, AWS_EC2_METADATA_DISABLED="true")
    assert "no credentials" in said, said
    said = publish("last", place, 1, keyless=True, AWS_CONTAINER_CREDENTIALS_FULL_URI="http://example.com/x")
    assert "must be https" in said, said
    server.shutdown()


def main():
    rig.need("versitygw")
    folder = make_run(40 << 20)
    data = os.path.join(TMP, "gateway")
    gateway = Gateway(data)
    place = f"s3://results/team a?endpoint=http://127.0.0.1:{gateway.port}&region=us-east-1"
    target = os.path.join(data, "results", "team a", "runs", os.path.basename(folder))
    try:
        said = publish("last", place)
        assert "published 3 files" in said, said
        for name in os.listdir(folder):
            if name == "lock":
                assert not os.path.exists(os.path.join(target, name))
                continue
            with open(os.path.join(folder, name), "rb") as a, open(os.path.join(target, name), "rb") as b:
                assert a.read() == b.read(), name
        os.unlink(os.path.join(folder, "latency hist+ü%.hlog"))
        credential_chain(place, target)
        said = publish("last", place, 1, AWS_SECRET_ACCESS_KEY="wrong")
        assert "status 403" in said and "wrong" not in said, said
        assert "NoSuchBucket" in publish("last", place.replace("results", "missing"), 1)
        assert "names no bucket" in publish("last", "s3://X", 1)
        assert "no place for results" in publish("last", "ftp://x", 1)
        # Down for a moment: tried again until it is back. Down for good: said, and the results are where they were.
        gateway.stop()
        timer = threading.Timer(1.0, gateway.start)
        timer.start()
        publish("last", place)
        timer.join()
        gateway.stop()
        said = publish("last", place, 1)
        assert "refused" in said and os.path.exists(os.path.join(folder, "verdict.json")), said
        local = "file://" + os.path.join(TMP, "share")
        publish("last", local)
        assert os.path.exists(os.path.join(TMP, "share", "runs", os.path.basename(folder), "verdict.json"))
    finally:
        gateway.process.kill()
        shutil.rmtree(TMP, ignore_errors=True)
    print("ok")


if __name__ == "__main__":
    main()
