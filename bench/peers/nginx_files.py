"""nginx that gives files from a directory: the least that a server can do."""

import shutil
import subprocess

from peers import Peer
from peers.nginx_dav import user
from wire import free_port

CONFIGURATION = """\
daemon off;
pid {directory}/pid;
error_log stderr;
worker_processes auto;
{user}
events {{ }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    types {{ image/jpeg jpg; }}
    server {{
        listen 127.0.0.1:{port};
        root {directory}/files;
    }}
}}
"""


class NginxFiles(Peer):
    """As Debian configures it, but for the log."""

    label = "nginx"

    def missing(self):
        """Debian's package."""
        return None if shutil.which("nginx") else "no nginx"

    def version(self):
        """As it says itself."""
        said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
        return said.strip().rsplit("/", 1)[-1]

    def start(self):
        """On a directory of files; gives the directory."""
        self.port = free_port()
        files = self.directory / "files"
        files.mkdir(parents=True)
        configuration = self.directory / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(directory=self.directory, port=self.port, user=user()))
        self.spawn(["nginx", "-p", str(self.directory), "-c", str(configuration)])
        self.wait_for(self.port)
        return files
