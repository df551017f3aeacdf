"""nginx that takes files by WebDAV's PUT: the least that a server can do.

It answers when the file is written but not durable, so the client syncs the file after the answer, and the clock runs
until then.
"""

import shutil
import subprocess

from peers import Peer
from wire import Connection, free_port, sync

CONFIGURATION = """\
daemon off;
pid {directory}/pid;
error_log stderr;
worker_processes auto;
{user}
events {{ }}
http {{
    access_log off;
    client_max_body_size 0;
    client_body_buffer_size 256k;
    client_body_temp_path {directory}/temp;
    server {{
        listen 127.0.0.1:{port};
        root {directory}/files;
        location / {{ dav_methods PUT DELETE; }}
    }}
}}
"""


def user():
    """Workers may write what the script has made."""
    whoami = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    return f"user {whoami};" if whoami == "root" else ""


class NginxDav(Peer):
    """Stores one file with one request."""

    label = "nginx PUT + fsync"

    def missing(self):
        """nginx with its WebDAV module, which all of Debian's packages have."""
        if not shutil.which("nginx"):
            return "no nginx"
        built = subprocess.run(["nginx", "-V"], capture_output=True, text=True, check=True).stderr
        return None if "http_dav_module" in built else "an nginx without WebDAV"

    def version(self):
        """As it says itself."""
        said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
        return said.strip().rsplit("/", 1)[-1]

    def start(self):
        """On a directory of files."""
        self.port = free_port()
        (self.directory / "files").mkdir(parents=True)
        configuration = self.directory / "nginx.conf"
        text = CONFIGURATION.format(directory=self.directory, port=self.port, user=user())
        configuration.write_text(text)
        self.spawn(["nginx", "-p", str(self.directory), "-c", str(configuration)])
        self.wait_for(self.port)

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
