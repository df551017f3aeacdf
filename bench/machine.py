"""What the kernel knows of the machine and of the processes on it."""

import contextlib
import datetime
import os
import pathlib
import platform
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys

PROC = pathlib.Path("/proc")


def facts():
    """The machine in a few words: processor, memory, file system, kernel."""
    model = re.search(r"^model name\s*:\s*(.+)$", (PROC / "cpuinfo").read_text(), re.MULTILINE)
    memory = int(re.search(r"^MemTotal:\s*(\d+)", (PROC / "meminfo").read_text(), re.MULTILINE)[1])
    return {
        "processor": f"{os.cpu_count()} x {model[1] if model else platform.machine()}",
        "memory": f"{memory / (1 << 20):.1f} GiB",
        "kernel": platform.release(),
    }


def file_system(path):
    """The kind of file system below a path."""
    mounts = [line.split() for line in (PROC / "mounts").read_text().splitlines()]
    found = [m for m in mounts if pathlib.Path(m[1]) in [path, *path.parents]]
    best = max(found, key=lambda m: len(m[1]))
    return f"{best[2]} on {best[0]}"


def busy():
    """Processor seconds that the machine has spent on anything so far."""
    spent = (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    ticks = [int(n) for n in spent]
    return (sum(ticks[:3]) + sum(ticks[5:8])) / os.sysconf("SC_CLK_TCK")


def ours():
    """Processor seconds of this process and of children that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


def tree(pid):
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        for task in (PROC / str(parent) / "task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, task.read_text().split())
    return found


def written(pids):
    """Bytes that processes have sent towards the disk."""
    return sum(int(re.search(r"^write_bytes: (\d+)", (PROC / str(p) / "io").read_text(), re.M)[1]) for p in pids)


def reset_peak(pids):
    """Lets the peaks of memory begin anew, where the system lets us."""
    for pid in pids:
        with contextlib.suppress(PermissionError):
            (PROC / str(pid) / "clear_refs").write_text("5")


def peak(pids):
    """Most resident memory of processes since the reset, in MiB."""
    lines = [re.search(r"^VmHWM:\s*(\d+)", (PROC / str(p) / "status").read_text(), re.M) for p in pids]
    return sum(int(line[1]) for line in lines if line) / 1024


@contextlib.contextmanager
def syncs(pids):
    """Counts the calls that wait for the disk while it is open; None afterwards where no strace is installed."""
    counts = {}
    if not shutil.which("strace"):
        yield counts
        return
    attach = [argument for pid in pids for argument in ("-p", str(pid))]
    trace = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync,sync_file_range", *attach]
    process = subprocess.Popen(trace, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = []
    # It tells of each process that it has got hold of; the last thing before it counts.
    while len(said) < len(pids):
        line = process.stderr.readline()
        if not line:
            raise SystemExit(f"strace: {''.join(said)}")
        if "attached" in line:
            said.append(line)
    yield counts
    process.send_signal(signal.SIGINT)
    _, table = process.communicate(timeout=60)
    for line in table.splitlines():
        cells = line.split()
        if cells and cells[-1] in ("fsync", "fdatasync", "sync_file_range"):
            counts[cells[-1]] = int(cells[3])


def spent(pids):
    """Processor seconds of processes so far."""
    ticks = 0
    for pid in pids:
        after_name = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def processors():
    """How many there are."""
    return os.cpu_count()


def load_average():
    """Of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


class Watch:
    """How long something takes, and what else goes on meanwhile."""

    def __init__(self):
        self.began, self.load = datetime.datetime.now(datetime.UTC), load_average()
        self.busy, self.ours = busy(), ours()

    def circumstances(self, place, script):
        """What a report says of the machine, of a directory on it, and of how this program was started."""
        seconds = (datetime.datetime.now(datetime.UTC) - self.began).total_seconds()
        others = (busy() - self.busy) - (ours() - self.ours)
        return {
            **facts(),
            "file system": file_system(place),
            "began": f"{self.began:%Y-%m-%d %H:%M} UTC, and took {seconds / 60:.0f} minutes",
            "load": f"{self.load} before, {load_average()} after",
            "others": others / seconds / processors(),
            "command": shlex.join([script, *sys.argv[1:]]),
        }
