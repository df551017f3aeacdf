"""The client's side of tus 1.0, and the two servers that speak it."""

import os
import shutil
import subprocess
import urllib.parse

from peers import INSTALLED, ROOT, Peer
from wire import Connection, free_port, sync

VERSION = ("Tus-Resumable", "1.0.0")


class Tus(Peer):
    """Stores one file in chunks."""

    #: Where uploads are made.
    path = "/files"

    def upload(self, sound, chunk):
        """One file; gives where it lies."""
        connection = Connection(f"http://127.0.0.1:{self.port}")
        made = connection.request("POST", self.path, [VERSION, ("Upload-Length", str(sound.size))])
        if made.status != 201:
            raise SystemExit(f"{self.label}: {made.status} {made.body[:200]}")
        place = urllib.parse.urlsplit(made.first("location")).path
        for offset in range(0, sound.size, chunk):
            fields = [VERSION, ("Upload-Offset", str(offset)), ("Content-Type", "application/offset+octet-stream")]
            answer = connection.request("PATCH", place, fields, sound.pieces(offset, chunk))
            if answer.status != 204:
                raise SystemExit(f"{self.label}: {answer.status} {answer.body[:200]}")
        connection.close()
        path = self.stored(place.rsplit("/", 1)[-1])
        self.settle(path)
        if path.stat().st_size != sound.size:
            raise SystemExit(f"{self.label}: the file is not whole")
        return path

    def settle(self, path):
        """Makes the file durable, where the server hasn't done so."""

    def stored(self, key):
        """Where the file lies."""
        raise NotImplementedError


class Rustus(Tus):
    """rustus, which syncs each chunk when it is told to."""

    label = "rustus --force-fsync"
    binary = INSTALLED / "rustus" / "bin" / "rustus"

    def missing(self):
        """Built by install_peers.sh."""
        return None if self.binary.exists() else "not installed: bench/install_peers.sh"

    def version(self):
        """As it says itself."""
        said = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[-1]

    def start(self):
        """On a directory of files."""
        self.port = free_port()
        files, notes = self.directory / "files", self.directory / "notes"
        files.mkdir(parents=True)
        notes.mkdir()
        self.spawn([
            self.binary, "--host", "127.0.0.1", "--port", str(self.port), "--force-fsync", "true",
            "--data-dir", files, "--info-dir", notes, "--max-body-size", str(1 << 30), "--log-level", "ERROR",
        ])
        self.wait_for(self.port)

    def stored(self, key):
        """Below directories that are named for the day."""
        return next(path for path in (self.directory / "files").rglob(key) if path.is_file())


class TusNode(Tus):
    """@tus/server with its store of files. It doesn't sync, so the client does, once at the end."""

    label = "@tus/server + fsync"
    package = INSTALLED / "tus" / "node_modules" / "@tus" / "server" / "package.json"

    def missing(self):
        """Node and the packages, fetched by install_peers.sh."""
        if not shutil.which("node"):
            return "no node"
        return None if self.package.exists() else "not installed: bench/install_peers.sh"

    def version(self):
        """Of the package."""
        script = f"console.log(require({str(self.package)!r}).version)"
        return subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout.strip()

    def start(self):
        """On a directory of files."""
        self.port = free_port()
        files = self.directory / "files"
        files.mkdir(parents=True)
        script = INSTALLED / "tus" / "server.mjs"
        shutil.copy(ROOT / "bench" / "peers" / "tus_server.mjs", script)
        self.spawn(["node", script, str(self.port), files], env={**os.environ, "NODE_ENV": "production"})
        self.wait_for(self.port)

    def settle(self, path):
        """The server leaves that to the kernel."""
        sync(path)

    def stored(self, key):
        """Named for the upload."""
        return self.directory / "files" / key
