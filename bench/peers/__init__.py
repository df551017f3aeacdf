"""What is measured: each file here knows whether its server is installed, how to start it and how to end it.

Every server gets a directory of its own for its data and a free port, is started by this script, and ends with it.
"""

import contextlib
import pathlib
import socket
import subprocess
import time

import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
#: Where install_peers.sh puts what isn't the system's.
INSTALLED = ROOT / ".bench"


class Peer:
    """One server. `start` leaves it ready to be measured."""

    #: What it is called in tables.
    label = ""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory) / self.label.replace(" ", "-").replace("@", "").replace("/", "-")
        self.processes = []

    def missing(self):
        """What isn't installed; None if everything is there."""
        raise NotImplementedError

    def version(self):
        """Which version is measured."""
        raise NotImplementedError

    def start(self):
        """Starts it on an empty directory, and waits until it answers."""
        raise NotImplementedError

    def spawn(self, command, **options):
        """Starts a process that belongs to it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def wait_for(self, place, seconds=60):
        """Waits until something listens on a port or a socket in the file system."""
        address = ("127.0.0.1", place) if isinstance(place, int) else str(place)
        family = socket.AF_INET if isinstance(place, int) else socket.AF_UNIX
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self.processes):
                break
            with contextlib.suppress(OSError), socket.socket(family) as probe:
                probe.connect(address)
                return
            time.sleep(0.05)
        raise SystemExit(f"{self.label} doesn't start:\n{(self.directory / 'log').read_text(errors='replace')[-2000:]}")

    def pids(self):
        """Its processes, as they are now."""
        return [pid for process in self.processes for pid in machine.tree(process.pid)]

    def stop(self):
        """Ends what was started, the latest first."""
        while self.processes:
            process = self.processes.pop()
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
