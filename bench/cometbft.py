"""The baseline of the update benchmarks: CometBFT with its built-in key-value store, four
validators on this machine, with the settings that served it best of those tried ("latplus"): no
wait after a commit, no empty blocks, gossip and flushes every 5 ms, no limit on its links, a large
mempool, no indexer."""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VALIDATORS = 4
SETTINGS = {
    "proxy_app": '"kvstore"', "log_level": '"error"',
    "timeout_commit": '"0s"', "skip_timeout_commit": "true", "timeout_propose": '"500ms"',
    "create_empty_blocks": "false", "peer_gossip_sleep_duration": '"5ms"',
    "flush_throttle_timeout": '"5ms"', "send_rate": "512000000", "recv_rate": "512000000",
    "size": "50000", "cache_size": "100000", "indexer": '"null"',
}
FIRST_P2P_PORT, FIRST_RPC_PORT = 36656, 36657
START_SECONDS_MAX = 30
ANSWER_SECONDS_MAX = 30
# The load's client: few threads and prepared batches, so that it leaves the machine to the nodes.
THREADS, BATCH = 16, 10
POLL_SECONDS = 0.02


def build():
    tool = ROOT / "tools/deps"
    subprocess.run([tool, "build", "cometbft"], check=True, stdout=subprocess.DEVNULL)
    path = subprocess.run([tool, "path", "cometbft"], check=True, capture_output=True, text=True)
    return pathlib.Path(path.stdout.strip()) / "bin/cometbft"


class Client:
    """JSON-RPC over one kept connection."""

    def __init__(self, node):
        self.connection = http.client.HTTPConnection("127.0.0.1", FIRST_RPC_PORT + 10 * node,
                                                     timeout=ANSWER_SECONDS_MAX)

    def post(self, body):
        self.connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return self.connection.getresponse().read()

    def call(self, method, **params):
        answer = json.loads(self.post(request(method, **params)))
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def height(self):
        return int(self.call("status")["sync_info"]["latest_block_height"])


def request(method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def transaction(key, size):
    filler = base64.b64encode(os.urandom(size)).decode().translate(str.maketrans("=+/", "abc"))
    text = f"{key}=" + filler[:size - len(key) - 1]
    return base64.b64encode(text.encode()).decode()


class CometBft:
    """Runs from `with` to its end, on a new chain."""

    def __init__(self, program):
        self.program = program
        self.directory = ROOT / "build/bench/cometbft"
        self.processes = []
        self.runs = 0

    def __enter__(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        subprocess.run([self.program, "testnet", "--v", str(VALIDATORS), "--o", self.directory,
                        "--starting-ip-address", "127.0.0.1"], check=True,
                       stdout=subprocess.DEVNULL)
        for node in range(VALIDATORS):
            self.configure(node)
        for node in range(VALIDATORS):
            log = open(self.directory / f"{node}.log", "w", encoding="utf-8")
            self.processes.append(subprocess.Popen(
                [self.program, "start", "--home", self.directory / f"node{node}"], stdout=log,
                stderr=subprocess.STDOUT))
        try:
            self.wait_for_first_block()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def configure(self, node):
        file = self.directory / f"node{node}/config/config.toml"
        text = file.read_text(encoding="utf-8")
        for peer in range(VALIDATORS):
            text = text.replace(f"@127.0.0.{peer + 1}:26656",
                                f"@127.0.0.1:{FIRST_P2P_PORT + 10 * peer}")
        text = text.replace("tcp://0.0.0.0:26656", f"tcp://127.0.0.1:{FIRST_P2P_PORT + 10 * node}")
        text = text.replace("tcp://127.0.0.1:26657", f"tcp://127.0.0.1:{FIRST_RPC_PORT + 10 * node}")
        for key, value in SETTINGS.items():
            text, changed = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            if changed != 1:
                raise RuntimeError(f"{file}: {changed} settings named {key}")
        file.write_text(text, encoding="utf-8")

    def wait_for_first_block(self):
        until = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < until:
            try:
                if Client(0).height() >= 1:
                    return
            except (OSError, RuntimeError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise RuntimeError(f"cometbft made no block; see {self.directory}")

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def latencies_ms(self, calls, size):
        """Of broadcast_tx_commit, one after the other; ascending."""
        client, times = Client(0), []
        for i in range(calls):
            tx = transaction(f"l{i}", size)
            begin = time.monotonic()
            client.call("broadcast_tx_commit", tx=tx)
            times.append((time.monotonic() - begin) * 1000)
        return sorted(times)

    def committed_per_second(self, rate, seconds, warm_up, size):
        """Offers `rate` transactions a second and counts what is in blocks."""
        self.runs += 1
        duration = warm_up + seconds
        bodies = prepared(f"{self.runs}x", rate * duration, size)
        seen, finished = {}, threading.Event()
        watcher = threading.Thread(target=watch, args=(seen, finished))
        watcher.start()
        begin = time.monotonic() + 0.1
        threads = [threading.Thread(target=send, args=(number, bodies, begin, begin + duration, rate))
                   for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finished.set()
        watcher.join()
        window = sorted(h for h, at in seen.items() if begin + warm_up <= at <= begin + duration)
        if len(window) < 2:
            return 0.0
        sizes = transactions_in(window[0], window[-1])
        committed = sum(sizes[height] for height in window[1:])
        return committed / (seen[window[-1]] - seen[window[0]])


def prepared(prefix, count, size):
    def body(first):
        calls = [{"jsonrpc": "2.0", "id": i, "method": "broadcast_tx_sync",
                  "params": {"tx": transaction(f"{prefix}{first + i}", size)}} for i in range(BATCH)]
        return json.dumps(calls).encode()
    return [body(first) for first in range(0, count, BATCH)]


def send(number, bodies, begin, end, rate):
    """Sends every THREADS-th batch when it is due."""
    client = Client(number % VALIDATORS)
    for at in range(number, len(bodies), THREADS):
        due = begin + at * BATCH / rate
        now = time.monotonic()
        if now > end:
            return
        if due > now:
            time.sleep(due - now)
        try:
            client.post(bodies[at])
        except (OSError, http.client.HTTPException):
            client = Client(number % VALIDATORS)


def watch(seen, finished):
    """Notes when each height was first seen."""
    client = Client(0)
    last = client.height()
    while not finished.is_set():
        height = client.height()
        now = time.monotonic()
        for one in range(last + 1, height + 1):
            seen[one] = now
        last = height
        time.sleep(POLL_SECONDS)


def transactions_in(first, last):
    client, sizes = Client(0), {}
    for low in range(first, last + 1, 20):
        metas = client.call("blockchain", minHeight=str(low), maxHeight=str(min(low + 19, last)))
        for meta in metas["block_metas"]:
            sizes[int(meta["header"]["height"])] = int(meta["num_txs"])
    return sizes
