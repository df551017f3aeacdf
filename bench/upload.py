#!/usr/bin/env python3
"""Measures uploads to any number of wikis side by side. See README.md beside this file."""

import argparse
import contextlib
import http.client
import json
import pathlib
import random
import statistics
import struct
import threading
import time
import urllib.parse
import zlib

import requests

BOUNDARY = "a-boundary-that-occurs-nowhere-else"
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Target:
    """One wiki, logged in."""

    def __init__(self, label, api, login, password):
        self.label, self.api = label, api
        self.address = urllib.parse.urlsplit(api)
        session = requests.Session()

        def call(**params):
            return session.post(api, data={"format": "json", "formatversion": "2", **params}, timeout=60).json()

        token = call(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        result = call(action="login", lgname=login, lgpassword=password, lgtoken=token)["login"]
        if result["result"] != "Success":
            raise SystemExit(f"{label}: login as {login} fails: {result}")
        self.token = call(action="query", meta="tokens")["query"]["tokens"]["csrftoken"]
        self.cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)

    def connect(self):
        """A connection that stays open."""
        kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
        return kind(self.address.hostname, self.address.port, timeout=3600)

    def prepare(self, part=None, data=b"", **params):
        """The pieces of a multipart body."""
        params = {"action": "upload", "format": "json", "formatversion": "2", "ignorewarnings": "1", **params}
        head = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {**params, "token": self.token}.items()
        )
        if part:
            head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part}"; filename="{part}"\r\n'
            head += "Content-Type: application/octet-stream\r\n\r\n"
        end = f"--{BOUNDARY}--\r\n".encode()
        return [head.encode(), data, b"\r\n" + end if part else end]

    def send(self, connection, pieces):
        """Posts such a body; gives what stands under `upload`, and the seconds that the answer took."""
        headers = {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(sum(map(len, pieces))),
            "Cookie": self.cookies,
        }
        began = time.perf_counter()
        connection.request("POST", self.address.path, pieces, headers)
        answer = connection.getresponse().read()
        took = time.perf_counter() - began
        answer = json.loads(answer)
        if answer.get("upload", {}).get("result") not in ("Success", "Continue"):
            raise SystemExit(f"{self.label}: {json.dumps(answer)[:500]}")
        return answer["upload"], took


def png(size, noise):
    """A picture of about `size` bytes with noise in it, unlike any other."""
    width = 100
    height = max(1, size // (3 * width + 1))
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


class Sound:
    """A WAV file of a given size, made while it is read: noise, in pieces that differ by a mark at their start."""

    def __init__(self, size, piece, noise):
        self.size, self.noise = size, noise
        self.buffer = bytearray(noise.randbytes(piece))
        most = 0xFFFFFFFF
        self.header = b"RIFF" + struct.pack("<I", min(size - 8, most)) + b"WAVEfmt "
        self.header += struct.pack("<IHHIIHH", 16, 1, 2, 48000, 192000, 4, 16)
        self.header += b"data" + struct.pack("<I", min(size - 44, most))

    def pieces(self):
        """Offset and bytes, one after the other; the bytes are good until the next are asked for."""
        piece = len(self.buffer)
        for offset in range(0, self.size, piece):
            mark = self.noise.randbytes(16)
            start = self.header + mark if offset == 0 else mark
            self.buffer[:len(start)] = start
            yield offset, memoryview(self.buffer)[:min(piece, self.size - offset)]


def small(target, noise, options):
    """Direct uploads over several connections; gives uploads per second and the seconds of each."""
    tag = noise.randbytes(6).hex()
    jobs = [
        target.prepare("file", png(options.bytes, noise), filename=f"Bench {tag} {number}.png")
        for number in range(options.count)
    ]
    times, failures, lock = [], [], threading.Lock()

    def work():
        try:
            connection = target.connect()
            connection.connect()
            barrier.wait()
            while True:
                with lock:
                    if not jobs:
                        return
                    job = jobs.pop()
                _, took = target.send(connection, job)
                times.append(took)
        except BaseException as failure:  # told by the main thread
            failures.append(failure)
            barrier.abort()

    barrier = threading.Barrier(options.connections + 1)
    threads = [threading.Thread(target=work) for _ in range(options.connections)]
    for thread in threads:
        thread.start()
    with contextlib.suppress(threading.BrokenBarrierError):
        barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if failures:
        raise failures[0]
    return options.count / took, times


def chunked(target, noise, size, options):
    """One chunked upload; gives the seconds of each chunk before the last, of the last, and of publishing."""
    name = f"Bench {noise.randbytes(6).hex()}.wav"
    connection = target.connect()
    key, times = {}, []
    for offset, data in Sound(size, options.chunk_size, noise).pieces():
        pieces = target.prepare("chunk", data, filename=name, stash="1", filesize=size, offset=offset, **key)
        upload, took = target.send(connection, pieces)
        key = {"filekey": upload["filekey"]}
        times.append(took)
    upload, publish = target.send(connection, target.prepare(filename=name, comment="bench", **key))
    if upload["imageinfo"]["size"] != size:
        raise SystemExit(f"{target.label}: {upload}")
    return times[:-1], times[-1], publish


class Memory:
    """Peak resident memory of processes on this machine."""

    def __init__(self, pids):
        self.pids = pids

    def reset(self, label):
        """Begins anew, where the system lets us."""
        if label in self.pids:
            with contextlib.suppress(PermissionError):
                pathlib.Path(f"/proc/{self.pids[label]}/clear_refs").write_text("5")

    def peak(self, label):
        """In MiB; empty where it isn't known."""
        if label not in self.pids:
            return ""
        status = pathlib.Path(f"/proc/{self.pids[label]}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        return f"{int(kilobytes) / 1024:.1f}"


def table(rows):
    """Prints lines of cells, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]))


def milliseconds(seconds):
    """For a cell."""
    return f"{seconds * 1000:.1f}"


def bench_small(targets, noise, options, memory):
    """The workload `small`, in turns."""
    results = {target: [] for target in targets}
    for target in targets:
        small(target, noise, argparse.Namespace(**{**vars(options), "count": options.connections * 2}))  # warms up
        memory.reset(target.label)
    for _ in range(options.runs):
        for target in targets:
            results[target].append(small(target, noise, options))
    print(f"{options.count} direct uploads of {options.bytes} bytes over {options.connections} connections,", end=" ")
    print(f"median of {options.runs} runs; ratio to {targets[-1].label}\n")
    rows = [["", "uploads/s", "ratio", "median ms", "95 % ms", "peak MiB"]]
    base = statistics.median(rate for rate, _ in results[targets[-1]])
    for target in targets:
        rate = statistics.median(rate for rate, _ in results[target])
        times = sorted(took for _, each in results[target] for took in each)
        rows.append([
            target.label,
            f"{rate:.1f}",
            f"{rate / base:.2f}",
            milliseconds(statistics.median(times)),
            milliseconds(times[int(len(times) * 0.95)]),
            memory.peak(target.label),
        ])
    table(rows)


def bench_chunked(targets, noise, options, memory):
    """The workload `chunked`, for each size in turns."""
    steps = ["chunk", "last", "publish"]
    rows = [["", "size", *(f"{step} ms" for step in steps), "MB/s", *(f"{step} ratio" for step in steps), "peak MiB"]]
    for size in options.size:
        runs = {target: [] for target in targets}
        peaks = {}
        for number in range(options.runs):
            for target in targets:
                if number == 0:
                    memory.reset(target.label)
                runs[target].append(chunked(target, noise, size, options))
                peaks[target] = memory.peak(target.label)
        medians = {}
        for target, each in runs.items():
            chunks = [took for times, _, _ in each for took in times] or [last for _, last, _ in each]
            medians[target] = [
                statistics.median(chunks),
                statistics.median(last for _, last, _ in each),
                statistics.median(publish for _, _, publish in each),
            ]
        for target in targets:
            seconds = statistics.median(sum(times) + last + publish for times, last, publish in runs[target])
            base = medians[targets[-1]]
            rows.append([
                target.label,
                f"{size / (1 << 20):.0f} MiB",
                *map(milliseconds, medians[target]),
                f"{size / seconds / 1e6:.0f}",
                *(f"{ours / theirs:.3f}" for ours, theirs in zip(medians[target], base, strict=True)),
                peaks[target],
            ])
    print(f"chunks of {options.chunk_size} bytes, medians of {options.runs} runs;", end=" ")
    print(f"ratios of time to {targets[-1].label}\n")
    table(rows)


def number_of_bytes(text):
    """`64M` and the like."""
    unit = text[-1:].upper() if text[-1:].isalpha() else ""
    if unit not in UNITS:
        raise argparse.ArgumentTypeError(f"unknown unit in {text}")
    return int(text[:len(text) - len(unit)]) * UNITS[unit]


def process(text):
    """`LABEL=PID`."""
    label, pid = text.rsplit("=", 1)
    return label, int(pid)


def main():
    """The command line."""
    common = argparse.ArgumentParser(add_help=False)
    parts = ("LABEL", "API", "LOGIN", "PASSWORD")
    common.add_argument("--target", nargs=4, action="append", required=True, metavar=parts)
    common.add_argument("--pid", type=process, action="append", default=[], metavar="LABEL=PID")
    common.add_argument("--runs", type=int, default=3)
    common.add_argument("--seed", type=int, help="for the noise; none gives files that no wiki has yet")
    parser = argparse.ArgumentParser(description=__doc__)
    workloads = parser.add_subparsers(required=True)
    direct = workloads.add_parser("small", parents=[common], help="many small files")
    direct.add_argument("--count", type=int, default=200)
    direct.add_argument("--bytes", type=number_of_bytes, default=30_000)
    direct.add_argument("--connections", type=int, default=4)
    direct.set_defaults(bench=bench_small)
    chunks = workloads.add_parser("chunked", parents=[common], help="big files in chunks")
    chunks.add_argument("--size", type=number_of_bytes, action="append", required=True)
    chunks.add_argument("--chunk-size", type=number_of_bytes, default=4 << 20)
    chunks.set_defaults(bench=bench_chunked)
    options = parser.parse_args()
    targets = [Target(*target) for target in options.target]
    options.bench(targets, random.Random(options.seed), options, Memory(dict(options.pid)))


if __name__ == "__main__":
    main()
