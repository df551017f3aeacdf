#!/usr/bin/env python3
"""Measures what other requests feel of files that take all the time there is to decode, and writes NEIGHBOURS.md.
See README.md."""

import argparse
import contextlib
import itertools
import json
import multiprocessing
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import machine
import report
from material import png
from peers import INSTALLED, ROOT
from peers.commonhold import Commonhold
from run import Table, percentile, running, say

sys.path.append(str(ROOT / "tests"))
from bombs import BOMBS  # noqa: E402

#: Files of each kind. The server doesn't try again what has failed, so each is asked for once.
COPIES = 20
#: Requests for their thumbnails at a time: more than can be decoded.
BOMBERS = 8
#: Seconds between two requests, and between two uploads. What comes late counts from when it was due.
EVERY, UPLOAD_EVERY = 0.005, 0.025
#: Seconds of a turn.
SECONDS = 8
#: A thumbnail of a usual width.
WIDTH = 250
SUFFIXES = {"image/svg+xml": "svg", "image/png": "png", "image/gif": "gif", "image/jpeg": "jpg", "image/tiff": "tif"}


def distinct(content, mime, number):
    """The same file, and yet another: everything here may have more after its end."""
    return content + (f"<!-- {number} -->" if mime == "image/svg+xml" else f"{number}").encode()


def upload_bombs(wiki):
    """As many of each kind as are accepted; gives the paths of their thumbnails, kind by kind in turns."""
    connection, paths, refused = wiki.connect(), {}, []
    for kind, (mime, make) in BOMBS.items():
        content = make()
        for number in range(COPIES):
            name = f"{kind.capitalize().replace(' ', '_').replace(',', '')}_{number}.{SUFFIXES[mime]}"
            pieces = wiki.body("file", [distinct(content, mime, number)], filename=name)
            try:
                wiki.send(connection, pieces)
            except SystemExit as failure:
                refused.append(kind)
                say(f"{kind}: not accepted: {str(failure)[:150]}")
                break
            path, original = wiki.thumbnail(connection, name, WIDTH)
            if path in (None, original):
                say(f"{kind}: nothing is made of it, and that is known before it is tried")
                break
            paths.setdefault(kind, []).append(path)
    connection.close()
    return [path for turn in itertools.zip_longest(*paths.values()) for path in turn if path], refused


class Bombers:
    """A process that has thumbnails of bombs made, while it may."""

    def __init__(self, wiki, paths):
        context = multiprocessing.get_context("fork")
        self.may, self.ends = context.Event(), context.Event()
        self.asking = context.Value("i", 0)
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=self.work, args=(wiki, paths, theirs), daemon=True)
        self.process.start()

    def work(self, wiki, paths, pipe):
        """Threads of it; at the end it tells how often which status came."""
        left, statuses, lock = iter(paths), {}, threading.Lock()

        def one():
            connection = wiki.connect()
            while not self.ends.is_set():
                if not self.may.wait(0.1):
                    continue
                with lock:
                    path = next(left, None)
                    if path is None:
                        return
                    self.asking.value += 1
                status = connection.request("GET", path).status
                with lock:
                    self.asking.value -= 1
                    statuses[status] = statuses.get(status, 0) + 1

        threads = [threading.Thread(target=one) for _ in range(BOMBERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send((statuses, len(list(left))))

    def rest(self):
        """Returns when nothing of theirs is being decoded."""
        self.may.clear()
        # Those that have just begun to ask have said so by then.
        time.sleep(0.2)
        while self.asking.value:
            time.sleep(0.05)

    def stop(self):
        """How often which status came, and how many were not asked for."""
        self.ends.set()
        told = self.pipe.recv()
        self.process.join()
        return told


class Neighbours:
    """Two who ask for other things, one after the other, at a steady rate: one who reads, and one who uploads."""

    def __init__(self, wiki, noise):
        self.wiki, self.noise = wiki, noise
        self.reader, self.uploader = wiki.connect(), wiki.connect()
        name = "Neighbour.png"
        wiki.send(self.uploader, wiki.body("file", [png(100_000, noise)], filename=name))
        query = f"action=query&format=json&titles=File:{name}&prop=imageinfo&iiprop=url%7Csize&iiurlwidth=20"
        thumbnail, file = wiki.thumbnail(self.uploader, name, 20)
        self.paths = {
            "API": f"/w/api.php?{query}",
            "thumbnails": thumbnail,
            "files": file,
            "pages": f"/w/index.php?title=File:{name}",
        }

    def ask(self, seconds):
        """Seconds that each request took from when it was due, by its kind."""
        times = {kind: [] for kind in [*self.paths, "uploads"]}
        uploads = threading.Thread(target=self.upload, args=(seconds, times["uploads"]))
        uploads.start()
        kinds = list(self.paths)
        for number, due in steadily(seconds, EVERY):
            kind = kinds[number % len(kinds)]
            answer = self.reader.request("GET", self.paths[kind])
            if answer.status != 200:
                raise SystemExit(f"{kind}: {answer.status} {answer.body[:300]}")
            times[kind].append(time.perf_counter() - due)
        uploads.join()
        return times

    def upload(self, seconds, times):
        """Small files, each another one."""
        for number, due in steadily(seconds, UPLOAD_EVERY):
            name = f"Neighbour {time.time_ns()} {number}.png"
            self.wiki.send(self.uploader, self.wiki.body("file", [png(10_000, self.noise)], filename=name))
            times.append(time.perf_counter() - due)


def steadily(seconds, every):
    """Numbers, and when each is due; it comes as soon after that as it can."""
    began = time.perf_counter()
    for number in range(int(seconds / every)):
        due = began + number * every
        time.sleep(max(0, due - time.perf_counter()))
        yield number, due


def measure(table, wiki, options):
    """Turns without and with bombs."""
    paths, refused = upload_bombs(wiki)
    if refused:
        table.skipped["not accepted when they were uploaded"] = ", ".join(refused)
    neighbours, bombers = Neighbours(wiki, random.Random()), Bombers(wiki, paths)
    neighbours.ask(2)
    for number in range(options.runs):
        for label in ("idle", "bombs"):
            say(f"{label}, turn {number + 1}")
            if label == "bombs":
                bombers.may.set()
            times = neighbours.ask(SECONDS)
            bombers.rest()
            for kind, values in [*times.items(), ("all", sum(times.values(), []))]:
                table.add(label, f"{kind}, half", percentile(values, 0.5))
                table.add(label, f"{kind}, 99 %", percentile(values, 0.99))
    statuses, left = bombers.stop()
    say(f"bombs: {json.dumps(statuses)}, {left} of {len(paths)} left")
    if not left:
        raise SystemExit("there were too few bombs for the time: more COPIES")
    return statuses


def write(table, circumstances, options, statuses):
    """NEIGHBOURS.md."""
    judged = report.Judge()
    for kind in ("API", "thumbnails", "files", "pages", "uploads", "all"):
        latest = f"{kind}, 99 %"
        judged.line(
            f"{kind}: 99 % with bombs to 99 % without", "below 2",
            report.ratio(table.median("bombs", latest), table.median("idle", latest)), report.times, lambda v: v < 2,
        )
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    explanation = (
        f"Medians of {options.runs} turns of {SECONDS} s, with the least and the most. The bombs' thumbnails were answered "
        f"with {answers}."
    )
    top = report.head(table, circumstances, options.note, "Beside bombs", "neighbours.py")
    return report.whole(top, judged.lines, explanation, report.figures(table, {}))


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--note", help="what a reader should know of this run")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "bench" / "NEIGHBOURS.md")
    options = parser.parse_args()
    INSTALLED.mkdir(exist_ok=True)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="data-", dir=INSTALLED))
    server = Commonhold(directory, ",".join(SUFFIXES.values()))
    if why := server.missing():
        raise SystemExit(why)
    table = Table()
    table.versions = {"idle": server.version(), "bombs": server.version()}
    watch = machine.Watch()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        statuses = measure(table, stack.enter_context(running(server)), options)
    circumstances = watch.circumstances(INSTALLED, "bench/neighbours.py")
    options.output.write_text(write(table, circumstances, options, statuses))
    say(f"written: {options.output}")


if __name__ == "__main__":
    main()
