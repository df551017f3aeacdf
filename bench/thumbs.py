#!/usr/bin/env python3
"""Measures how Commonhold makes and serves thumbnails, beside its peers, and writes THUMBS.md. See README.md."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

import machine
import report
import thumbs_report
from peers import INSTALLED, ROOT
from peers.commonhold import Commonhold
from peers.nginx import NginxFiles
from peers.scalers import FastOximg, ImageMagick, Oximg, Sharp, Vips, Worker
from run import GIB, Table, running, say, there

#: Python with Pillow and numpy, for what isn't measured.
PYTHON = INSTALLED / "python" / "bin" / "python"
PHOTOGRAPHS = INSTALLED / "photographs"
#: Thumbnails of photographs of 6000 by 4000 pixels.
SIZES = [(330, 220), (1280, 853)]
#: Pictures between which the programs take turns where several thumbnails are made at a time.
BLOCK = 10
#: Seconds after which a part of the measurements ends, with fewer photographs than were wanted.
ALONE, TOGETHER, OVER_HTTP = 100, 60, 30
#: Connections that ask for a thumbnail that is there, and for how many seconds each time.
CONNECTIONS, SECONDS = 16, 2
#: Free space that has to be there: the photographs twice, and their thumbnails.
SPACE = 2 * GIB


class Served(Commonhold):
    """The server, asked for thumbnails that it doesn't have yet."""

    label = "commonhold over HTTP"

    def missing(self):
        """As for its process."""
        return Worker(self.binary).missing()


class Workshop:
    """Programs, photographs, and as many threads as there are processors."""

    def __init__(self, scalers, photographs, directory):
        self.scalers, self.started = scalers, list(scalers)
        self.photographs, self.directory = photographs, directory
        self.threads = machine.processors()
        self.pool = concurrent.futures.ThreadPoolExecutor(self.threads)

    def result(self, scaler, photograph, width):
        """Where a thumbnail goes."""
        return self.directory / f"{photograph.stem}-{width}-{scaler.label.replace(', ', '-')}.jpg"

    def make(self, scaler, photograph, size):
        """One thumbnail."""
        return scaler.make(photograph, *size, self.result(scaler, photograph, size[0]))

    def warm(self):
        """Programs and photographs come from memory when they are measured, and what stays has started."""
        for photograph in self.photographs:
            with photograph.open("rb") as file:
                while file.read(1 << 20):
                    pass
        gate = threading.Barrier(self.threads)

        def first(number, scaler):
            gate.wait()
            photograph = self.photographs[number % len(self.photographs)]
            scaler.make(photograph, *SIZES[0], self.directory / f"warm-{number}.jpg")

        for scaler in self.scalers:
            list(self.pool.map(first, range(self.threads), [scaler] * self.threads))
            self.make(scaler, self.photographs[0], SIZES[0])

    def stop(self):
        """Ends all that has stayed."""
        self.pool.shutdown()
        for scaler in self.started:
            scaler.stop()


def within(table, seconds, items, part):
    """As many of them as there is time for, with their numbers."""
    deadline = time.monotonic() + seconds
    for number, item in enumerate(items):
        if time.monotonic() > deadline:
            table.skipped[part] = f"what was left after {number} of {len(items)}, which took {seconds} s"
            say(f"{part}: skipped, {table.skipped[part]}")
            return
        yield number, item


def one_at_a_time(table, workshop):
    """Every photograph in every size by every program, in turns."""
    for number, photograph in within(table, ALONE, workshop.photographs, "photographs, one at a time"):
        if number % BLOCK == 0:
            say(f"one at a time, from photograph {number + 1}")
        for size in SIZES:
            for scaler in workshop.scalers:
                took, made = report.timed(lambda: workshop.make(scaler, photograph, size))
                table.add(scaler.label, f"{size[0]} px", took)
                table.add(scaler.label, f"{size[0]} px, processor", made.processor)
                table.add(scaler.label, f"{size[0]} px, peak", made.peak)


def several_at_a_time(table, workshop):
    """The same, with every processor in use: thumbnails per second."""
    firsts = range(0, len(workshop.photographs), BLOCK)
    for _, first in within(table, TOGETHER, firsts, f"blocks of photographs, {workshop.threads} at a time"):
        say(f"{workshop.threads} at a time, from photograph {first + 1}")
        block = workshop.photographs[first:first + BLOCK]
        for size in SIZES:
            for scaler in workshop.scalers:
                def all_of_them():
                    return list(workshop.pool.map(lambda photograph: workshop.make(scaler, photograph, size), block))

                took, _ = report.timed(all_of_them)
                table.add(scaler.label, f"{size[0]} px, made per second", len(block) / took)


def likeness(table, workshop, count):
    """What the thumbnails of some photographs are like. Who makes something else is not measured."""
    jobs = []
    for photograph in workshop.photographs[:count]:
        for size in SIZES:
            results = {}
            for scaler in workshop.scalers:
                workshop.make(scaler, photograph, size)
                path = workshop.result(scaler, photograph, size[0])
                table.add(scaler.label, f"{size[0]} px, size", path.stat().st_size / 1000)
                results[scaler.label] = {"path": str(path), "halved": scaler.halved}
            jobs.append({"source": str(photograph), "width": size[0], "height": size[1], "results": results})
    say(f"likeness of {len(jobs)} thumbnails of each")
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    done = subprocess.run(
        [PYTHON, ROOT / "bench" / "likeness.py"], input=lines, stdout=subprocess.PIPE, text=True, check=True,
    )
    for job, line in zip(jobs, done.stdout.splitlines(), strict=True):
        for label, judged in json.loads(line).items():
            if "wrong" in judged:
                table.skipped[label] = judged["wrong"]
                continue
            table.add(label, f"{job['width']} px, PSNR", judged["psnr"])
            table.add(label, f"{job['width']} px, detail", judged["detail"])
    for scaler in workshop.scalers:
        if scaler.label in table.skipped:
            say(f"{scaler.label}: skipped, {table.skipped[scaler.label]}")
    workshop.scalers = [scaler for scaler in workshop.scalers if scaler.label not in table.skipped]


class Gallery:
    """Photographs on a server."""

    def __init__(self, wiki, photographs):
        self.wiki = wiki
        self.root = wiki.api.removesuffix("/w/api.php")
        self.names = {photograph: f"Photograph_{photograph.stem}.jpg" for photograph in photographs}
        self.paths = {}
        self.mine = threading.local()

    def upload(self):
        """All of them. Their thumbnails are not made yet, but have addresses."""
        connection = self.wiki.connect()
        for photograph, name in self.names.items():
            self.wiki.send(connection, self.wiki.body("file", [photograph.read_bytes()], filename=name))
            for width, _ in SIZES:
                self.paths[photograph, width], _ = self.wiki.thumbnail(connection, name, width)
        connection.close()

    def thumbnail(self, photograph, width):
        """Its bytes, over a connection of this thread's."""
        if not hasattr(self.mine, "connection"):
            self.mine.connection = self.wiki.connect()
        answer = self.mine.connection.request("GET", self.paths[photograph, width])
        if answer.status != 200:
            raise SystemExit(f"{self.wiki.label}: {answer.status} {answer.body[:500]}")
        return answer.body


def over_http(table, peer, gallery, workshop):
    """Thumbnails that the server doesn't have: of every other photograph one at a time, then of the rest."""
    say(f"{peer.label}: uploads")
    gallery.upload()
    for _, photograph in within(table, OVER_HTTP, workshop.photographs[::2], "photographs over HTTP"):
        for width, _ in SIZES:
            took, _ = report.timed(lambda: gallery.thumbnail(photograph, width))
            table.add(peer.label, f"{width} px", took)
    rest = workshop.photographs[1::2]
    if not rest:
        return
    say(f"{peer.label}: {workshop.threads} at a time")
    for width, _ in SIZES:
        def all_of_them():
            return list(workshop.pool.map(lambda photograph: gallery.thumbnail(photograph, width), rest))

        took, _ = report.timed(all_of_them)
        table.add(peer.label, f"{width} px, made per second", len(rest) / took)
    table.add(peer.label, "the server itself, peak", machine.peak([peer.processes[0].pid]))


def hammered(address):
    """Requests per second for one address."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", address]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"^Requests/sec:\s*([\d.]+)", said, re.MULTILINE)
    if not rate or "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{address}: {said}")
    return float(rate[1])


def cached(table, peer, gallery, photograph, runs, directory):
    """A thumbnail that is there, beside nginx with the same bytes in a file."""
    if not shutil.which("wrk"):
        say("cached thumbnails: skipped, no wrk")
        table.skipped["cached thumbnails"] = "no wrk"
        return
    for nginx in there(table, [NginxFiles(directory)], argparse.Namespace(only=[])):
        with running(nginx) as files:
            for width, _ in SIZES:
                (files / f"{width}.jpg").write_bytes(gallery.thumbnail(photograph, width))
                addresses = {
                    peer.label: gallery.root + gallery.paths[photograph, width],
                    nginx.label: f"http://127.0.0.1:{nginx.port}/{width}.jpg",
                }
                for number in range(runs):
                    say(f"{width} px from the cache over {CONNECTIONS} connections, run {number + 1}")
                    for label, address in addresses.items():
                        table.add(label, f"{width} px from the cache, per second", hammered(address))


def serve(table, peer, workshop, options, directory):
    """All that is measured of the server."""
    with running(peer) as wiki:
        gallery = Gallery(wiki, workshop.photographs)
        over_http(table, peer, gallery, workshop)
        cached(table, peer, gallery, workshop.photographs[0], options.runs, directory)


def photographs(count):
    """Makes those that aren't there yet."""
    say(f"{count} photographs in {PHOTOGRAPHS}")
    script = ROOT / "bench" / "photographs.py"
    subprocess.run([PYTHON, script, PHOTOGRAPHS, str(count)], check=True)
    return [PHOTOGRAPHS / f"{number:03}.jpg" for number in range(count)]


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50, help="photographs")
    parser.add_argument("--judged", type=int, default=3, help="photographs whose thumbnails are judged")
    parser.add_argument("--runs", type=int, default=3, help="runs of what comes from the cache")
    parser.add_argument("--only", action="append", default=[], metavar="PEER", help="a part of a peer's name")
    parser.add_argument("--note", help="what a reader should know of this run")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "bench" / "THUMBS.md")
    options = parser.parse_args()
    if not PYTHON.exists():
        raise SystemExit("no Python with Pillow: bench/install_peers.sh")
    if shutil.disk_usage(INSTALLED).free < SPACE:
        raise SystemExit(f"less than {SPACE // GIB} GiB are free at {INSTALLED}")

    table = Table()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="data-", dir=INSTALLED))
    served = Served(directory, "jpg")
    scalers = [Worker(served.binary), ImageMagick(), Vips(), Sharp(), Oximg(), FastOximg()]
    workshop = Workshop(there(table, scalers, options), photographs(options.images), directory)
    watch = machine.Watch()
    try:
        workshop.warm()
        likeness(table, workshop, options.judged)
        one_at_a_time(table, workshop)
        several_at_a_time(table, workshop)
        # Later this script has photographs in its own memory; see `peers.scalers.run`.
        floor = machine.peak([os.getpid()])
        for peer in there(table, [served], options):
            try:
                serve(table, peer, workshop, options, directory)
            except SystemExit as failure:
                say(failure)
                table.skipped[peer.label] = str(failure)
    finally:
        workshop.stop()
        shutil.rmtree(directory, ignore_errors=True)
    circumstances = {**watch.circumstances(INSTALLED, "bench/thumbs.py"), "floor": floor}
    options.output.write_text(thumbs_report.write(table, circumstances, options, SIZES))
    say(f"written: {options.output}")


if __name__ == "__main__":
    main()
