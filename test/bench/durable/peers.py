"""Programs that run chains of eight steps, and others that only write: each a subject of the benchmark."""

import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 600


def output_of(command, **options):
    """What a program prints. It ends the benchmark if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, **options)
    if done.returncode != 0:
        raise SystemExit(f"durable_bench: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class Runner:
    """A program that takes `steps`, `hold` and `recover`, as dbos/runs.mjs says; `command` goes before these."""

    def __init__(self, command, **options):
        self.command = command
        self.options = options

    def steps(self, store, runs, seconds):
        """Steps a second with so many runs at once."""
        return float(output_of([*self.command, "steps", store, str(runs), str(seconds)], **self.options))

    def recovery(self, store, runs):
        """Kills the program when so many runs have half their steps done, and starts it anew; what it then prints."""
        command = [*self.command, "hold", store, str(runs)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              **self.options) as held:
            line = held.stdout.readline()
            held.kill()
        if line != "held\n":
            raise SystemExit(f"durable_bench: {' '.join(command)} ended early")
        printed = output_of([*self.command, "recover", store, str(runs)], **self.options)
        return [float(number) for number in printed.split()]


class Journal(Runner):
    """The engine on its journal."""

    def __init__(self, build):
        super().__init__([os.path.join(build, "test/bench/bench_journal")])

    def runs(self, store, runs):
        """So many, one after the other."""
        output_of([*self.command, "runs", store, str(runs)])


class Protocol:
    """What the journal writes, with no engine behind it."""

    def __init__(self, build, engine):
        self.command = [os.path.join(build, "test/bench/bench_protocol"), engine]

    def steps(self, store, runs, seconds):
        return float(output_of([*self.command, store, str(runs), str(seconds)]))


class Pgbench:
    """One row a commit, by many clients."""

    DATABASE = "pgbench"
    TABLE = """CREATE TABLE one_row (run bigint NOT NULL, seq int NOT NULL, kind smallint NOT NULL,
        step smallint NOT NULL, at bigint NOT NULL, data bytea, PRIMARY KEY (run, seq))"""

    def __init__(self, server):
        self.server = server
        server.new_database(self.DATABASE)
        server.query(self.DATABASE, self.TABLE)

    def rows(self, clients, seconds):
        """Rows a second."""
        self.server.query(self.DATABASE, "TRUNCATE one_row")
        printed = output_of([*self.server.client("pgbench"), "-n", "-M", "prepared", "-D", "seq=0", "-c", str(clients),
                             "-j", str(min(clients, os.cpu_count())), "-T", str(seconds),
                             "-f", os.path.join(HERE, "one_row.sql"), self.DATABASE])
        return float(re.search(r"^tps = ([0-9.]+)", printed, re.MULTILINE)[1])


def dbos(build):
    """Installs DBOS, whose versions stand in dbos/, below the build folder."""
    folder = os.path.join(build, "bench/dbos")
    os.makedirs(folder, exist_ok=True)
    changed = False
    for name in ("package.json", "package-lock.json", "runs.mjs"):
        source, copy = os.path.join(HERE, "dbos", name), os.path.join(folder, name)
        if os.path.exists(copy) and open(source).read() == open(copy).read():
            continue
        changed = changed or name != "runs.mjs"
        shutil.copyfile(source, copy)
    if changed or not os.path.exists(os.path.join(folder, "node_modules/.package-lock.json")):
        output_of(["npm", "ci", "--engine-strict", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
    return Runner(["node", "runs.mjs"], cwd=folder)


def taskflow():
    return Runner(["/usr/bin/python3", os.path.join(HERE, "taskflow_runs.py")])
