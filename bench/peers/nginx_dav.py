"""nginx that takes files by WebDAV's PUT: the least that a server can do.

It answers when the file is written but not durable, so the client syncs the file after the answer, and the clock runs
until then.
"""

import subprocess

from peers.nginx import Nginx
from wire import Connection, sync


class NginxDav(Nginx):
    """Stores one file with one request."""

    label = "nginx PUT + fsync"
    http = "client_max_body_size 0; client_body_buffer_size 256k; client_body_temp_path {directory}/temp;"
    server = "location / { dav_methods PUT DELETE; }"

    def missing(self):
        """nginx with its WebDAV module, which all of Debian's packages have."""
        if absent := super().missing():
            return absent
        built = subprocess.run(["nginx", "-V"], capture_output=True, text=True, check=True).stderr
        return None if "http_dav_module" in built else "an nginx without WebDAV"

    def upload(self, sound, _chunk):
        """One file, durably."""
        connection = Connection(f"http://127.0.0.1:{self.port}")
        answer = connection.request("PUT", "/file.wav", pieces=sound.pieces(0, sound.size))
        if answer.status not in (201, 204):
            raise SystemExit(f"{self.label}: {answer.status} {answer.body[:200]}")
        path = self.directory / "files" / "file.wav"
        sync(path)
        connection.close()
        if path.stat().st_size != sound.size:
            raise SystemExit(f"{self.label}: the file is not whole")
        return path
