#!/usr/bin/env python3
"""Measures uploads to any number of wikis side by side. See README.md beside this file."""

import argparse
import random
import statistics

import load
import machine
from wiki import Chunked, Wiki

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Memory:
    """Peak resident memory of processes on this machine."""

    def __init__(self, pids):
        self.pids = pids

    def reset(self, label):
        """Begins anew, where the system lets us."""
        if label in self.pids:
            machine.reset_peak([self.pids[label]])

    def peak(self, label):
        """In MiB; empty where it isn't known."""
        return f"{machine.peak([self.pids[label]]):.1f}" if label in self.pids else ""


def table(rows):
    """Prints lines of cells, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]))


def milliseconds(seconds):
    """For a cell."""
    return f"{seconds * 1000:.1f}"


def bench_small(targets, options, memory):
    """The workload `small`, in turns."""
    results = {target: [] for target in targets}
    for target in targets:
        load.run(target, options.connections * 2, options.bytes, options.connections)  # warms up
        memory.reset(target.label)
    for _ in range(options.runs):
        for target in targets:
            took, times, _ = load.run(target, options.count, options.bytes, options.connections)
            results[target].append((len(times) / took, times))
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


def bench_chunked(targets, options, memory):
    """The workload `chunked`, for each size in turns."""
    noise = random.Random()
    steps = ["chunk", "last", "publish"]
    rows = [["", "size", *(f"{step} ms" for step in steps), "MB/s", *(f"{step} ratio" for step in steps), "peak MiB"]]
    for size in options.size:
        runs = {target: [] for target in targets}
        peaks = {}
        for number in range(options.runs):
            for target in targets:
                if number == 0:
                    memory.reset(target.label)
                times, publish = Chunked(target, target.connect(), size, noise).run(options.chunk_size)
                runs[target].append((times[:-1], times[-1], publish))
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
    targets = [Wiki(*target) for target in options.target]
    options.bench(targets, options, Memory(dict(options.pid)))


if __name__ == "__main__":
    main()
