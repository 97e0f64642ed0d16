"""A network of `icpd local` for a benchmark: the release build with its defaults, in a directory
under build/bench, which is on the same disk as the baselines."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import processes

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/icpd"
START_SECONDS_MAX = 60


def build():
    subprocess.run([ROOT / "tools/build", "release", "icpd"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)


class LocalNetwork:
    """Runs from `with` to its end. `fresh`: begins with an empty directory."""

    def __init__(self, name, fresh=True):
        self.directory = ROOT / "build/bench" / name
        self.fresh = fresh
        self.process = None
        # Identities of the benchmark, not of whoever runs it.
        self.environment = dict(os.environ, ICPD_HOME=str(self.directory) + ".user")

    def __enter__(self):
        if self.fresh:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        (self.directory / "ready.json").unlink(missing_ok=True)
        self.launched = time.monotonic()
        log = open(str(self.directory) + ".log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [PROGRAM, "local", "--dir", self.directory, "--port", str(processes.free_port())],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self.environment)
        try:
            while not (self.directory / "ready.json").exists():
                if self.process.poll() is not None or self.age() > START_SECONDS_MAX:
                    raise RuntimeError(f"icpd local didn't start; see {log.name}")
                time.sleep(0.005)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def age(self):
        return time.monotonic() - self.launched

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def pids(self):
        return processes.with_descendants(self.process.pid)

    def icpd(self, *words):
        """Runs a command against this network; what it printed."""
        done = subprocess.run([PROGRAM, *map(str, words), "--network", self.directory],
                              env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"icpd {' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def load(self, *words):
        return json.loads(self.icpd("load", *words, "--json"))

    def node_port(self, number=0):
        ready = json.loads((self.directory / "ready.json").read_text(encoding="utf-8"))
        return ready["nodes"][number]["api_port"]
