#!/usr/bin/python3
"""Flows of eight tasks that do nothing, on taskflow, kept in PostgreSQL.

    taskflow_runs.py steps URL RUNS SECONDS    RUNS at once, each begun anew when it ends; prints steps a second

The interpreter runs one thread at a time, so the runs are shared out to as many processes as there are processors.
"""

import multiprocessing
import os
import sys
import threading
import time

import sqlalchemy
from taskflow import engines, task
from taskflow.patterns import linear_flow
from taskflow.persistence import backends
from taskflow.persistence.backends.sqlalchemy import tables
from taskflow.persistence.models import LogBook

STEPS = 8


done = multiprocessing.Value("q", 0)


class NoOp(task.Task):
    def execute(self):
        with done.get_lock():
            done.value += 1


def fetch(url, threads):
    return backends.fetch({"connection": url, "max_pool_size": threads})


def make_tables(url):
    """As taskflow does it itself on SQLite: Debian's package has none of the migrations for other stores."""
    metadata = sqlalchemy.MetaData()
    tables.fetch(metadata)
    engine = sqlalchemy.create_engine(url)
    metadata.create_all(engine)
    engine.dispose()


def run_once(backend):
    book = LogBook("bench")
    flow = linear_flow.Flow("eight").add(*[NoOp(f"step{i}") for i in range(STEPS)])
    engines.run(flow, book=book, backend=backend)


def work(url, threads):
    backend = fetch(url, threads)

    def loop():
        while True:
            run_once(backend)

    loops = [threading.Thread(target=loop) for _ in range(threads)]
    for thread in loops:
        thread.start()
    for thread in loops:
        thread.join()


def main():
    url, runs, seconds = sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    make_tables(url)
    processes = min(runs, os.cpu_count())
    shares = [runs // processes + (i < runs % processes) for i in range(processes)]
    workers = [multiprocessing.Process(target=work, args=(url, share)) for share in shares]
    for worker in workers:
        worker.start()

    def measured(duration):
        """For so long, or until as many steps are done as there are runs."""
        before, start = done.value, time.monotonic()
        while time.monotonic() - start < duration or done.value - before < runs:
            time.sleep(0.01)
        return (done.value - before) / (time.monotonic() - start)

    measured(1)  # until it is warm
    print(round(measured(seconds)), flush=True)
    for worker in workers:
        worker.kill()


main()
