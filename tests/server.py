"""A Commonhold server for the tests: the release binary on a free port, with a data directory of its own.

All that the tests know of the command line, the environment and the operator's paths stands here.
"""

import os
import pathlib
import resource
import secrets
import signal
import socket
import subprocess
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("COMMONHOLD_BIN", str(ROOT / "target" / "release" / "commonhold"))

#: Settings that let everybody upload by URL, also from this machine.
LOOPBACK = {"uploads.by_url.allow_networks": "127.0.0.0/8", "uploads.by_url.groups": "user"}

#: Exit codes that are promised.
FAILED, USAGE = 1, 2


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server. `settings` are those of the configuration file, as in `{"uploads.max_bytes": 1000}`."""

    def __init__(self, data, settings=None, limits=None):
        self.data = pathlib.Path(data)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = self.url + "/w/api.php"
        self.log = self.data.parent / (self.data.name + ".log")
        self.process = None
        #: Limits of the operating system's, as `resource.setrlimit` takes them.
        self.limits = limits or {}
        self.admin_password = "the first administrator's"
        # Nothing of the machine's own configuration may leak into a test.
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("COMMONHOLD_")}
        self.environment["COMMONHOLD_ADMIN_PASSWORD"] = self.admin_password
        for name, value in (settings or {}).items():
            self.environment["COMMONHOLD_" + name.upper().replace(".", "_")] = str(value)

    def command(self, *arguments):
        """A command line on this server's data."""
        return [BINARY, "--data", str(self.data), *arguments]

    def cli(self, *arguments, check=True, **kwargs):
        """Runs a command; gives its result with `stdout`, `stderr` and `returncode`."""
        result = subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=30, **kwargs
        )
        if check and result.returncode != 0:
            raise AssertionError(f"commonhold {arguments} exits with {result.returncode}: {result.stderr}")
        return result

    def spawn(self):
        """Starts the process without waiting for it."""
        log = self.log.open("ab")
        self.process = subprocess.Popen(
            self.command("serve", "--listen", f"127.0.0.1:{self.port}"),
            env=self.environment,
            stdout=log,
            stderr=log,
            preexec_fn=self._limit if self.limits else None,
            # Python ignores the signal for files that grow too large; so does the server then, and gets an error.
            restore_signals=not self.limits,
        )
        log.close()
        return self

    def _limit(self):
        for which, most in self.limits.items():
            resource.setrlimit(which, (most, most))

    def start(self):
        """Starts the process and waits until it is ready."""
        self.spawn()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server exits with {self.process.returncode}:\n{self.output()}")
            try:
                if requests.get(self.url + "/readyz", timeout=5).status_code == 200:
                    return self
            except requests.ConnectionError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"the server isn't ready after 30 s:\n{self.output()}")

    def output(self):
        """What the server has written so far."""
        return self.log.read_text(errors="replace")

    def terminate(self):
        """Asks the process to end."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self, timeout=15):
        """Ends the process in an orderly way; gives its exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.terminate()
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server ignores SIGTERM:\n{self.output()}") from None

    def kill(self):
        """Ends the process as a power cut would."""
        self.process.kill()
        self.process.wait()

    def peak_memory(self):
        """Most bytes that the process has had in memory at a time."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def add_user(self, name, *groups):
        """Makes an account; gives its password."""
        password = secrets.token_hex(12)
        options = [option for group in groups for option in ("--group", group)]
        self.cli("user", "create", name, "--password", password, *options)
        return password

    def add_bot_password(self, user, app):
        """Makes a bot password with all grants; gives it."""
        password = "".join(secrets.choice("0123456789abcdefghijklmnopqrstuv") for _ in range(32))
        self.cli("bot-password", "create", user, app, "--password", password)
        return password
