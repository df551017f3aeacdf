#!/usr/bin/env python3
"""Measures Commonhold beside its peers, one after the other on this machine, and writes RESULTS.md. See README.md."""

import argparse
import contextlib
import math
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import threading

import load
import machine
import report
from material import Sound
from peers import INSTALLED, ROOT
from peers.commonhold import Commonhold
from peers.mediawiki import MediaWiki, Running
from peers.nginx_dav import NginxDav
from peers.tus import Rustus, TusNode
from wiki import Chunked

MIB, GIB = 1 << 20, 1 << 30
OURS = Commonhold.label
NOISE = random.Random()
#: How often the end of an upload of each size is measured in a run.
ENDS = [(16 * MIB, 8), (256 * MIB, 4), (GIB, 3), (4 * GIB, 1)]
#: Free space that has to be there: 4 GiB files stay until their server ends.
SPACE = 15 * GIB


def say(text):
    """What is going on, for who waits."""
    print(text, file=sys.stderr, flush=True)


class Table:
    """What was measured, by peer and measure."""

    def __init__(self):
        self.figures = {}
        self.versions = {}
        self.skipped = {}

    def add(self, peer, measure, value):
        """One more value of a measure."""
        self.figures.setdefault((peer, measure), []).append(value)

    def all(self, peer, measure):
        """All values."""
        return self.figures.get((peer, measure), [])

    def median(self, peer, measure):
        """The median, or None where nothing was measured."""
        values = self.all(peer, measure)
        return statistics.median(values) if values else None


def percentile(values, share):
    """The value that a share of all doesn't exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


@contextlib.contextmanager
def running(peer):
    """A server for as long as it is measured, on an empty directory that is removed afterwards."""
    try:
        yield peer.start()
    finally:
        peer.stop()
        if not isinstance(peer, Running):
            shutil.rmtree(peer.directory, ignore_errors=True)


def big_file(table, peer, wiki, chunk):
    """1 GiB in chunks: seconds from the first byte to the last answer, and bytes written for each."""
    name = f"1 GiB in {chunk // MIB} MiB"
    before = machine.written(peer.pids())
    upload = Chunked(wiki, wiki.connect(), GIB, NOISE)
    times, publish = upload.run(chunk)
    table.add(peer.label, name, sum(times) + publish)
    if peer.pids():
        table.add(peer.label, f"written, {name}", (machine.written(peer.pids()) - before) / GIB)


def big_stored(table, peer, chunk):
    """The same for a server that stores files and nothing else."""
    before = machine.written(peer.pids())
    sound = Sound(GIB, NOISE)
    took, path = report.timed(lambda: peer.upload(sound, chunk))
    name = f"1 GiB in {chunk // MIB} MiB"
    table.add(peer.label, name, took)
    table.add(peer.label, f"written, {name}", (machine.written(peer.pids()) - before) / GIB)
    path.unlink()


def last_step(table, peer, wiki, size):
    """Everything but 1 MiB in chunks of 64 MiB; then the last chunk and the publishing, which count."""
    upload = Chunked(wiki, wiki.connect(), size, NOISE)
    while size - upload.sent > MIB:
        upload.send(min(64 * MIB, size - upload.sent - MIB))
    took = upload.send(MIB) + upload.publish()
    table.add(peer.label, f"end of {size // MIB} MiB", took)


def small_files(table, peer, wiki, count):
    """10 KB over 16 connections."""
    before = machine.spent(peer.pids())
    took, times, refused = load.run(wiki, count, 10_000, 16)
    table.add(peer.label, "10 KB per second", len(times) / took)
    if refused:
        table.add(peer.label, "10 KB refused", refused / count)
    table.add(peer.label, "10 KB median", statistics.median(times))
    table.add(peer.label, "10 KB 99 %", percentile(times, 0.99))
    if peer.pids():
        table.add(peer.label, "10 KB processor", (machine.spent(peer.pids()) - before) / count)


def syncs_of_small_files(table, peer, wiki, count):
    """How often an upload makes the server wait for the disk. Tracing slows it down, so this is a run of its own."""
    with machine.syncs(peer.pids()) as counts:
        load.run(wiki, count, 10_000, 16)
    if counts:
        table.add(peer.label, "10 KB syncs", sum(counts.values()) / count)


def crowd(table, peer, wiki, uploads=100):
    """Many chunked uploads at a time: the server's peak memory, and how much the crowd gets through."""
    size, chunk = 10 * MIB, 5 * MIB
    all_ = [Chunked(wiki, wiki.connect(), size, NOISE) for _ in range(uploads)]
    machine.reset_peak(peer.pids())
    failures = []

    def work(upload):
        try:
            upload.run(chunk)
        except (SystemExit, OSError, ValueError) as failure:
            failures.append(failure)

    def together():
        threads = [threading.Thread(target=work, args=(upload,)) for upload in all_]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    took, _ = report.timed(together)
    if failures:
        raise SystemExit(f"{peer.label}: {failures[0]}")
    table.add(peer.label, "crowd peak", machine.peak(peer.pids()))
    table.add(peer.label, "crowd MB/s", uploads * size / took / 1e6)
    for upload in all_:
        upload.connection.close()


def small_rounds(table, wikis, options):
    """10 KB files, in turns. Before anything else: ext4 passes over inodes that were freed in the last minutes, one by
    one, and later there are many of these."""
    with contextlib.ExitStack() as stack:
        servers = [(peer, stack.enter_context(running(peer))) for peer in wikis]
        counts = {peer: options.small if peer.label == OURS else max(options.small // 50, 48) for peer in wikis}
        for peer, wiki in servers:
            load.run(wiki, max(counts[peer] // 10, 48), 10_000, 16)
        for number in range(options.runs):
            for peer, wiki in servers:
                say(f"{peer.label}: 10 KB over 16 connections, run {number + 1}")
                small_files(table, peer, wiki, counts[peer])
        for peer, wiki in servers:
            if peer.pids():
                syncs_of_small_files(table, peer, wiki, min(counts[peer], 500))


def big_rounds(table, wikis, stores, options):
    """1 GiB, in turns, each on a fresh server."""
    for number in range(options.runs):
        for peer in stores:
            say(f"{peer.label}: 1 GiB, run {number + 1}")
            with running(peer):
                big_stored(table, peer, 64 * MIB)
        for peer in wikis:
            if peer.label != OURS and number >= options.slow_runs:
                continue
            say(f"{peer.label}: 1 GiB, run {number + 1}")
            with running(peer) as wiki:
                big_file(table, peer, wiki, 5 * MIB)
                if peer.label == OURS:
                    big_file(table, peer, wiki, 64 * MIB)
                else:
                    last_step(table, peer, wiki, GIB)


def end_rounds(table, peer, options):
    """The end of uploads of all sizes; a fresh server where the files before would take too much room."""
    for size, times in options.ends:
        say(f"{peer.label}: the end of {size // MIB} MiB, {times} times")
        while times > 0:
            now = min(times, max(1, 8 * GIB // size))
            with running(peer) as wiki:
                for _ in range(now):
                    last_step(table, peer, wiki, size)
            times -= now


def crowd_rounds(table, peer, options):
    """Many at a time."""
    for number in range(options.runs):
        say(f"{peer.label}: 100 uploads at a time, run {number + 1}")
        with running(peer) as wiki:
            crowd(table, peer, wiki)


def there(table, peers, options):
    """Those of the peers that are wanted and installed."""
    found = []
    for peer in peers:
        if options.only and not any(part in peer.label for part in options.only):
            continue
        if missing := peer.missing():
            say(f"{peer.label}: skipped, {missing}")
            table.skipped[peer.label] = missing
            continue
        table.versions[peer.label] = peer.version()
        found.append(peer)
    return found


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mediawiki", nargs=3, metavar=("API", "LOGIN", "PASSWORD"),
                        help="a MediaWiki that runs already, instead of one of our own; what is uploaded stays there")
    parser.add_argument("--only", action="append", default=[], metavar="PEER", help="a part of a peer's name")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=3, help="runs of MediaWiki's big files")
    parser.add_argument("--small", type=int, default=6000, help="files of 10 KB in a run")
    parser.add_argument("--quick", action="store_true", help="one run of everything, to see whether it works")
    parser.add_argument("--note", help="what a reader should know of this run")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "bench" / "RESULTS.md")
    options = parser.parse_args()
    options.ends = [(size, times * options.runs) for size, times in ENDS]
    if options.quick:
        options.runs, options.slow_runs, options.small = 1, 1, 1000
        options.ends = [(16 * MIB, 3), (256 * MIB, 1)]
    INSTALLED.mkdir(exist_ok=True)
    if shutil.disk_usage(INSTALLED).free < SPACE:
        raise SystemExit(f"less than {SPACE // GIB} GiB are free at {INSTALLED}")

    table = Table()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="data-", dir=INSTALLED))
    mediawiki = Running(*options.mediawiki) if options.mediawiki else MediaWiki(directory)
    ours = there(table, [Commonhold(directory)], options)
    wikis = ours + there(table, [mediawiki], options)
    stores = there(table, [NginxDav(directory), Rustus(directory), TusNode(directory)], options)
    watch = machine.Watch()
    try:
        small_rounds(table, wikis, options)
        big_rounds(table, wikis, stores, options)
        for peer in ours:
            end_rounds(table, peer, options)
            crowd_rounds(table, peer, options)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    circumstances = watch.circumstances(INSTALLED, "bench/run.py")
    options.output.write_text(report.write(table, circumstances, options, percentile))
    say(f"written: {options.output}")


if __name__ == "__main__":
    main()
