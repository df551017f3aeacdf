"""Programs that make thumbnails, each as it is used where many are made.

All write JPEGs of quality 80, in which colours have half the resolution where that can be chosen. Most are a process
for each picture; sharp is a library, so it has a process that stays and costs nothing to start.
"""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import threading

from peers import INSTALLED, ROOT

QUALITY = 80
#: What Commonhold lets its processes take when nothing is said.
LIMITS = {"memory_bytes": 512 << 20, "seconds": 10, "drawing_seconds": 2, "max_pixels": 12_500_000, "max_frames": 2000}


class Made:
    """What one thumbnail took: processor seconds, and most memory of the process in MiB."""

    def __init__(self, processor, peak):
        self.processor, self.peak = processor, peak


def run(command, source=None, result=None, **variables):
    """Runs a program to its end; what it writes goes to a file, if one is named.

    The peak is never less than this script's own memory, which its children start with: it has few modules for that.
    """
    process = subprocess.Popen(
        command, stdin=source or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **variables},
    )
    with process.stdout, process.stderr:
        written = process.stdout.read()
        said = process.stderr.read()
    if result:
        result.write_bytes(written)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]}: {process.returncode} {said[-500:].decode(errors='replace')}")
    return Made(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


class Scaler:
    """One program."""

    label = ""
    #: Whether colours have half the resolution in what it makes.
    halved = True

    def missing(self):
        """What isn't installed; None if everything is there."""
        raise NotImplementedError

    def version(self):
        """Which version is measured."""
        raise NotImplementedError

    def make(self, source, width, height, result):
        """One thumbnail, and what it took."""
        raise NotImplementedError

    def stop(self):
        """Ends what has stayed."""


class Worker(Scaler):
    """Commonhold's process, started as the server starts it, with the file as standard input."""

    label = "commonhold"

    def __init__(self, binary):
        self.binary = binary

    def missing(self):
        """It may be older than thumbnails are."""
        if not self.binary.exists():
            return "no release binary: cargo build --release"
        command = [self.binary, "media-worker", "{}"]
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return None if b"job" in said.stderr else "a binary without media-worker"

    def version(self):
        """As it says itself."""
        said = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[-1]

    def make(self, source, width, height, result):
        """An order for one thumbnail."""
        spec = {"mime": "image/jpeg", "width": width, "height": height, "page": None, "lang": None,
                "low_quality": False, "seek": None, "output": "Jpeg"}
        order = json.dumps({"job": {"Thumbnail": spec}, "limits": LIMITS})
        with source.open("rb") as file:
            # It may not write to files.
            return run([self.binary, "media-worker", order], file, result)


class ImageMagick(Scaler):
    """As MediaWiki calls it."""

    label = "ImageMagick"

    def __init__(self):
        # What is first on the path may be somebody's wrapper around Debian's.
        debian = "/usr/bin/convert"
        self.program = debian if pathlib.Path(debian).exists() else shutil.which("convert")

    def missing(self):
        """Debian's package."""
        return None if self.program else "no convert"

    def version(self):
        """As it says itself."""
        said = subprocess.run([self.program, "-version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[2]

    def make(self, source, width, height, result):
        """Decoded at a fraction, in one thread, sharpened."""
        command = [
            self.program, "-quality", str(QUALITY), "-background", "white", "-define", f"jpeg:size={width}x{height}",
            source, "-thumbnail", f"{width}x{height}!", "-set", "comment", "https://wiki.example/File:Photograph.jpg",
            "+set", "Thumb::URI", "-depth", "8", "-sharpen", "0x0.4", "-rotate", "-0", "-sampling-factor",
            "2x2,1x1,1x1", result,
        ]
        return run(command, OMP_NUM_THREADS="1")


class Vips(Scaler):
    """vipsthumbnail, with as many threads as it likes."""

    label = "vipsthumbnail"

    def missing(self):
        """Debian's libvips-tools."""
        return None if shutil.which("vipsthumbnail") else "no vipsthumbnail"

    def version(self):
        """As it says itself."""
        said = subprocess.run(["vipsthumbnail", "--vips-version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[1].split("-")[0]

    def make(self, source, width, height, result):
        """Without metadata."""
        target = f"{result}[Q={QUALITY},subsample_mode=on,strip]"
        return run(["vipsthumbnail", "--size", f"{width}x{height}!", "-o", target, source])


class Oximg(Scaler):
    """oximg as it comes. It keeps colours in full, whatever is said, so it has more to encode than the others."""

    label = "oximg 4:4:4"
    halved = False
    binary = INSTALLED / "oximg" / "bin" / "oximg"
    variables = {}

    def missing(self):
        """Built by install_peers.sh."""
        return None if self.binary.exists() else "not installed: bench/install_peers.sh"

    def version(self):
        """As it says itself."""
        said = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[-1]

    def make(self, source, width, height, result):
        """The height follows."""
        return run([self.binary, "resize", source, str(width), "0", result, "-q", str(QUALITY)], **self.variables)


class FastOximg(Oximg):
    """oximg told to be quick: it decodes a fraction, half as much again as it needs, and writes plain JPEGs."""

    label = "oximg 4:4:4, fast"
    variables = {"OXIMG_DCT_MARGIN": "1.5", "PRESET": "fast"}


class Sharp(Scaler):
    """sharp in Node. Each thread that makes thumbnails has a process of its own, which stays."""

    label = "sharp"
    package = INSTALLED / "sharp" / "node_modules" / "sharp" / "package.json"

    def __init__(self):
        self.mine = threading.local()
        self.processes = []

    def missing(self):
        """Node and the package, fetched by install_peers.sh."""
        if not shutil.which("node"):
            return "no node"
        return None if self.package.exists() else "not installed: bench/install_peers.sh"

    def version(self):
        """Of the package."""
        return json.loads(self.package.read_text())["version"]

    @functools.cached_property
    def script(self):
        """Where Node finds the package."""
        script = INSTALLED / "sharp" / "scaler.mjs"
        shutil.copy(ROOT / "bench" / "peers" / "sharp_scaler.mjs", script)
        return script

    def make(self, source, width, height, result):
        """A line there and one back."""
        if not hasattr(self.mine, "process"):
            self.mine.process = subprocess.Popen(
                ["node", self.script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={**os.environ, "NODE_ENV": "production"},
            )
            self.processes.append(self.mine.process)
            # It says so when it is ready.
            self.mine.process.stdout.readline()
        process = self.mine.process
        job = {"source": str(source), "width": width, "height": height, "quality": QUALITY, "result": str(result)}
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or b'{"failure": "its process has died"}')
        if "failure" in answer:
            raise SystemExit(f"{self.label}: {answer['failure']}")
        return Made(answer["processor"], answer["peak"])

    def stop(self):
        """The end of its input ends it."""
        for process in self.processes:
            process.stdin.close()
            process.stdout.close()
            process.wait(30)
        self.processes, self.mine = [], threading.local()
