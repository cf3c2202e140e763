"""The programs that take part: a node, a bare Beast server, the engine on its journal, and h2load, which asks them."""

import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60
STEPS = 8  # of the chain looks.walk, and of bench_journal's


class Connection(http.client.HTTPConnection):
    """HTTP to a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)

    def get(self, target):
        self.request("GET", target)
        answer = self.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise SystemExit(f"api_bench: GET {target} was answered with {answer.status}: {body}")
        return body


class Server:
    """A program that serves a Unix socket in a folder of its own for as long as the `with` block."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tenon-bench-")
        self.socket = os.path.join(self.folder, "socket")
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder)

    def _wait(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as client:
                    return client.connect(self.socket)
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
                        raise SystemExit(f"api_bench: {self.command()[0]} does not serve:\n{log.read()}") from None
                time.sleep(0.01)


class Node(Server):
    """tenond with the plugin `looks` and its default store, SQLite that syncs each commit."""

    def __init__(self, build, **properties):
        self.build = build
        self.properties = properties

    def command(self):
        plugins = os.path.join(self.folder, "plugins")
        shutil.copytree(os.path.join(HERE, "node/plugins"), plugins)
        shutil.copy(os.path.join(self.build, "test/bench/looks.so"), plugins)
        properties = {"tenon.descriptors": os.path.join(HERE, "node/descriptors"), "tenon.plugins": plugins,
                      "tenon.plugins.trust": "any",
                      "tenon.state": os.path.join(self.folder, "state"), "tenon.socket": self.socket, **self.properties}
        return [os.path.join(self.build, "bin/tenond"),
                *(word for name, value in properties.items() for word in ("--set", f"{name}={value}"))]

    def resident(self):
        """Bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024

    def in_flight(self):
        """Runs."""
        connection = Connection(self.socket)
        status = json.loads(connection.get("/v1/status"))
        connection.close()
        return status["runs_in_flight"]

    def wait_until_idle(self):
        while self.in_flight() > 0:
            time.sleep(0.01)


class Beast(Server):
    """Answers each request with this body."""

    def __init__(self, build, body):
        self.program = os.path.join(build, "test/bench/bench_beast")
        self.body = body

    def command(self):
        return [self.program, self.socket, self.body]


class Load:
    """h2load on so many connections, each with one request at a time."""

    def __init__(self, connections):
        self.connections = connections

    def rate(self, server, target, seconds):
        """Requests a second, and microseconds that 99 in a hundred take at most."""
        return self._run(server, target, ["-D", str(seconds), "--warm-up-time", "1"])

    def post(self, server, target, body, count):
        """As `rate`, of so many requests with a body."""
        file = os.path.join(server.folder, "body")
        with open(file, "w", encoding="utf-8") as text:
            text.write(body)
        return self._run(server, target, ["-n", str(count), "-d", file, "-H", "Content-Type: application/json"])

    def _run(self, server, target, options):
        log = os.path.join(server.folder, "requests")
        command = ["h2load", "--h1", "-c", str(self.connections), "-t", "1", "-B", f"unix:{server.socket}", "--log-file",
                   log, *options, f"http://localhost{target}"]
        printed = output_of(command)
        good, *bad = (int(count) for count in
                      re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", printed).groups())
        if good == 0 or any(bad):
            raise SystemExit(f"api_bench: {' '.join(command)}: not all was answered well:\n{printed}")
        with open(log, encoding="utf-8") as lines:
            times = [int(line.split("\t")[2]) for line in lines]
        os.remove(log)
        return float(re.search(r"finished in .*, ([0-9.]+) req/s", printed)[1]), statistics.quantiles(times, n=100)[98]


def journal_runs(build, runs, seconds):
    """Runs a second that the engine alone brings through its journal, on SQLite, with so many at once."""
    with tempfile.TemporaryDirectory(prefix="tenon-bench-") as folder:
        store = "sqlite:" + os.path.join(folder, "bench.db")
        program = os.path.join(build, "test/bench/bench_journal")
        return float(output_of([program, "steps", store, str(runs), str(seconds)])) / STEPS


def output_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10 * PATIENCE)
    if done.returncode != 0:
        raise SystemExit(f"api_bench: {' '.join(command)} failed:\n{done.stdout}")
    return done.stdout
