# SPDX-License-Identifier: MIT
"""Other load tools through the same commands: the real k6, and the agent beside a JTL that grows."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

BIN = rig.binary()
PROGRAMS = os.environ.get("E2E_PROGRAMS") or os.path.join(rig.ROOT, "build", "tests", "e2e")
TMP = tempfile.mkdtemp(prefix="flagdeck-tools-")
RESULTS = os.path.join(TMP, "runs")
ENV = dict(os.environ, XDG_STATE_HOME=TMP, XDG_CONFIG_HOME=TMP, PATH=os.environ["PATH"] + ":" + rig.BIN)


def run(*args, code=0):
    done = subprocess.run([BIN, *args], env=ENV, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout


def agent():
    jtl, folder = os.path.join(TMP, "out.jtl"), os.path.join(TMP, "shard-0")
    os.makedirs(folder)
    row = "{at},{ms},home,200,OK,t 1-1,text,true,,153,118,1,4,http://x/,12,0,1\n"

    def grow():
        with open(jtl, "w", buffering=1) as out:
            out.write("timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,"
                      "sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n")
            for number in range(30):
                text = row.format(at=int(time.time() * 1000) - 10, ms=10)
                out.write(text[:20])  # rows are cut where the writer's buffer ends
                time.sleep(0.05)
                out.write(text[20:])
                time.sleep(0.05)
            out.write("17955000")     # and the last one for good
        open(jtl + ".done", "w").close()

    writer = threading.Thread(target=grow)
    writer.start()
    share = "file://" + os.path.join(TMP, "share")
    done = subprocess.run([BIN, "load", "agent", jtl, folder], env=dict(ENV, FLAGDECK_RESULTS=share), capture_output=True, text=True, timeout=60)
    writer.join()
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert sum(line["second"]["ok"] for line in lines) == 30 and all(line["histogram"].startswith("HIST") for line in lines)
    assert os.path.exists(os.path.join(TMP, "share", "shard-0", "verdict.json"))


def k6(port):
    profile = os.path.join(TMP, "p.yaml")
    with open(profile, "w") as out:
        out.write(f"name: by-k6\nengine: k6\ntarget: http://127.0.0.1:{port}\nconnections: 20\nstages: [{{rate: 50/s, for: 3s}}]\n"
                  "slos: [errors < 60%]\nrequests:\n  - {name: lat, path: '/lat?q=${seq}'}\n  - {name: bad, path: /error, headers: {X: '`$'}}\n")
    run("load", "run", profile, "--results", RESULTS)
    shown = json.loads(run("load", "show", "--results", RESULTS, "-o", "json"))
    assert shown["engine"] == "k6" and shown["state"] == "passed", shown
    assert 130 <= shown["sent"] <= 170 and shown["ok"] + shown["failed"] == shown["sent"], shown
    assert shown["errors"].get("status", 0) == shown["failed"] > 40, shown
    folder = os.path.join(RESULTS, shown["id"])
    assert not [name for name in os.listdir(folder) if name.startswith(".plan")], "the script with its headers was left behind"
    run("load", "run", profile, "--results", RESULTS, "--detach")
    time.sleep(1.5)
    begun = time.time()
    run("load", "stop", "--results", RESULTS)
    assert time.time() - begun < 3.5
    assert json.loads(run("load", "show", "--results", RESULTS, "-o", "json"))["state"] == "stopped"


def main():
    try:
        agent()
        rig.need("k6")
        target = subprocess.Popen([os.path.join(PROGRAMS, "load_target")], stdout=subprocess.PIPE, text=True)
        try:
            k6(int(target.stdout.readline()))
        finally:
            target.kill()
    finally:
        shutil.rmtree(TMP, ignore_errors=True)
    print("ok")


if __name__ == "__main__":
    main()
