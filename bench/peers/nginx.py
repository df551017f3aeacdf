"""nginx, of which each peer is a configuration."""

import shutil
import subprocess

from peers import Peer
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
    {http}
    server {{
        listen 127.0.0.1:{port};
        root {directory}/files;
        {server}
    }}
}}
"""


def user():
    """Workers may write what the script has made."""
    whoami = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    return f"user {whoami};" if whoami == "root" else ""


class Nginx(Peer):
    """On a directory of files."""

    #: Directives that count for everything, and for files.
    http = server = ""

    def missing(self):
        """Debian's package."""
        return None if shutil.which("nginx") else "no nginx"

    def version(self):
        """As it says itself."""
        said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
        return said.strip().rsplit("/", 1)[-1]

    def start(self):
        """Gives the directory."""
        self.port = free_port()
        files = self.directory / "files"
        files.mkdir(parents=True)
        configuration = self.directory / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            directory=self.directory, port=self.port, user=user(), server=self.server,
            http=self.http.format(directory=self.directory),
        ))
        self.spawn(["nginx", "-p", str(self.directory), "-c", str(configuration)])
        self.wait_for(self.port)
        return files


class NginxFiles(Nginx):
    """As Debian configures it, but for the log: gives out files, the least that a server can do."""

    label = "nginx"
    http = "sendfile on; tcp_nopush on; types {{ image/jpeg jpg; }}"
