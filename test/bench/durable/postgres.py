"""One private PostgreSQL with default settings, fsync on, reached by a Unix socket in a folder of its own."""

import glob
import os
import shutil
import signal
import subprocess
import tempfile
import time

USER = "tenon"
PATIENCE = 60


class Postgres:
    """Runs for as long as the `with` block, and no longer than this process. It refuses root, and is then `postgres`."""

    def __init__(self):
        programs = glob.glob("/usr/lib/postgresql/*/bin")
        if not programs:
            raise SystemExit("durable_bench: PostgreSQL is missing; run scripts/packages bench")
        self.programs = max(programs, key=lambda folder: int(folder.split("/")[4]))

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tenon-bench-")
        self.account = ["setpriv", "--pdeathsig", "QUIT"]
        if os.geteuid() == 0:
            self.account += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
            os.chmod(self.folder, 0o755)
        data = os.path.join(self.folder, "data")
        self._as_server("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale")
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.server = subprocess.Popen(
                [*self.account, f"{self.programs}/postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses="],
                stdout=log, stderr=log, cwd=self.folder)
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def new_database(self, name):
        """In place of one that has this name."""
        self.query("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.query("postgres", f"CREATE DATABASE {name}")

    def counters(self, database):
        """Commits in the database; syncs and bytes of the log, of all. Nobody may be at work in it."""
        leaving = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"  # counts are told of at the end
        while self.query("postgres", leaving) != "0":
            time.sleep(0.02)
        counts = self.query("postgres", f"""SELECT xact_commit, wal_sync, pg_current_wal_lsn() - '0/0'
            FROM pg_stat_database, pg_stat_wal WHERE datname = '{database}'""")
        return [int(count) for count in counts.split("|")]

    def query(self, database, sql):
        """The answer, unaligned: rows on lines, columns divided by `|`."""
        asked = subprocess.run([*self.client("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, database],
                               check=True, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning"})
        return asked.stdout.strip()

    def client(self, program):
        return [f"{self.programs}/{program}", "-h", self.folder, "-U", USER]

    def address(self, database):
        """As libpq takes it."""
        return f"host={self.folder} user={USER} dbname={database}"

    def url(self, database):
        """As others take it: some refuse one without a host, which the folder takes the place of."""
        return f"postgresql://{USER}@localhost/{database}?host={self.folder}"

    def _as_server(self, program, *arguments):
        made = subprocess.run([*self.account, f"{self.programs}/{program}", *arguments], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if made.returncode != 0:
            raise SystemExit(f"durable_bench: {program} failed: {made.stdout}")

    def _wait(self):
        deadline = time.monotonic() + PATIENCE
        while subprocess.run([*self.client("pg_isready"), "-q"]).returncode != 0:
            if self.server.poll() is not None or time.monotonic() > deadline:
                with open(os.path.join(self.folder, "log")) as log:
                    raise SystemExit(f"durable_bench: PostgreSQL does not start: {log.read()}")
            time.sleep(0.02)

    def _end(self):
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
