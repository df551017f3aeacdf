"""Commonhold itself."""

import os
import pathlib
import subprocess
import time

from peers import ROOT, Peer
from wiki import Wiki
from wire import Connection, free_port

PASSWORD = "0123456789abcdefghijklmnopqrstuv"


class Commonhold(Peer):
    """The release binary, as it is configured when nothing is said, but for the types of files that it takes."""

    label = "commonhold"

    def __init__(self, directory, extensions="png,wav"):
        super().__init__(directory)
        self.extensions = extensions
        self.binary = pathlib.Path(os.environ.get("COMMONHOLD_BIN", ROOT / "target" / "release" / "commonhold"))

    def missing(self):
        """The binary has to be built."""
        return None if self.binary.exists() else "no release binary: cargo build --release"

    def version(self):
        """As it says itself."""
        said = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[-1]

    def start(self):
        """With an account to upload with."""
        port = free_port()
        self.directory.mkdir(parents=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("COMMONHOLD_")}
        environment["COMMONHOLD_UPLOADS_EXTENSIONS"] = self.extensions
        command = [self.binary, "--data", self.directory / "data"]
        self.spawn([*command, "serve", "--listen", f"127.0.0.1:{port}"], env=environment)
        self.wait_for(port)
        while Connection(f"http://127.0.0.1:{port}").request("GET", "/readyz").status != 200:
            time.sleep(0.05)
        subprocess.run(
            [*command, "bot-password", "create", "Admin", "bench", "--password", PASSWORD],
            env=environment, check=True, stdout=subprocess.DEVNULL,
        )
        return Wiki(self.label, f"http://127.0.0.1:{port}/w/api.php", "Admin@bench", PASSWORD)
