"""MediaWiki behind nginx and php-fpm, over MariaDB.

Either one that is running already, named on the command line, or the one of Debian's package `mediawiki`, installed
here into a database and a directory of its own. It gets what a wiki of big files would be given: APCu, the opcode
cache, no rate limits, no limits on sizes and times, and jobs that don't run in requests.
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

from peers import Peer
from peers.nginx import user
from wiki import Wiki
from wire import free_port

CODE = pathlib.Path("/usr/share/mediawiki")
PASSWORD = "0123456789abcdefghijklmnopqrstuv"

SETTINGS = """
$wgEnableUploads = true;
$wgUploadDirectory = '{directory}/images';
$wgUploadPath = '/images';
$wgTmpDirectory = '{directory}/temp';
$wgFileExtensions = [ 'png', 'wav' ];
$wgMaxUploadSize = 8 * 1024 * 1024 * 1024;
$wgMainCacheType = extension_loaded( 'apcu' ) ? CACHE_ACCEL : CACHE_DB;
$wgJobRunRate = 0;
$wgRateLimits = [];
$wgPingback = false;
"""

FPM = """\
[global]
error_log = {directory}/fpm.log
daemonize = no
[www]
{user}
listen = {directory}/fpm.sock
pm = static
pm.max_children = 8
clear_env = no
env[MW_CONFIG_FILE] = {directory}/LocalSettings.php
php_admin_value[upload_max_filesize] = 8G
php_admin_value[post_max_size] = 8G
php_admin_value[memory_limit] = 1G
php_admin_value[max_execution_time] = 0
php_admin_value[upload_tmp_dir] = {directory}/temp
"""

NGINX = """\
daemon off;
pid {directory}/nginx.pid;
error_log stderr;
worker_processes auto;
{user}
events {{ }}
http {{
    access_log off;
    client_max_body_size 0;
    client_body_temp_path {directory}/body;
    server {{
        listen 127.0.0.1:{port};
        location = /w/api.php {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {code}/api.php;
            fastcgi_pass unix:{directory}/fpm.sock;
            fastcgi_read_timeout 3600;
        }}
    }}
}}
"""


def fpm():
    """The newest php-fpm."""
    found = sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))
    return found[-1] if found else shutil.which("php-fpm")


class Running:
    """A wiki that somebody else has started; nothing is known of its processes."""

    label = "mediawiki"

    def __init__(self, api, login, password):
        self.access = (api, login, password)

    def missing(self):
        """It is there, or logging in fails."""

    def version(self):
        """It may be another one tomorrow."""
        return "as found"

    def start(self):
        """Logs in."""
        return Wiki(self.label, *self.access)

    def pids(self):
        """Unknown."""
        return []

    def stop(self):
        """Not ours to stop."""


class MediaWiki(Peer):
    """One of its own."""

    label = "mediawiki"

    def missing(self):
        """All that it takes."""
        needed = {
            "mediawiki": (CODE / "api.php").exists(),
            "nginx": shutil.which("nginx"),
            "php-fpm": fpm(),
            "php": shutil.which("php"),
            "mariadb-server": shutil.which("mariadbd") and shutil.which("mariadb-install-db"),
        }
        lacking = [name for name, there in needed.items() if not there]
        return f"not installed: {', '.join(lacking)}" if lacking else None

    def version(self):
        """As its code says."""
        return re.search(r"MW_VERSION', '([^']+)'", (CODE / "includes" / "Defines.php").read_text())[1]

    def start(self):
        """Database, wiki, account, php-fpm, nginx."""
        for name in ("images", "temp", "database"):
            (self.directory / name).mkdir(parents=True)
        self.start_database()
        port = free_port()
        environment = {**os.environ, "MW_CONFIG_FILE": str(self.directory / "LocalSettings.php")}
        self.maintain(
            environment, "install", "--dbtype", "mysql", "--dbserver", f"localhost:{self.directory}/db.sock",
            "--dbname", "wiki", "--dbuser", "bench", "--dbpass", "bench", "--server", f"http://127.0.0.1:{port}",
            "--scriptpath", "/w", "--confpath", str(self.directory), "--pass", PASSWORD, "Bench", "Admin",
        )
        with (self.directory / "LocalSettings.php").open("a") as settings:
            settings.write(SETTINGS.format(directory=self.directory))
        grants = "basic,highvolume,editpage,createeditmovepage,uploadfile,uploadeditmovefile"
        self.maintain(environment, "createBotPassword", "--appid", "bench", "--grants", grants, "Admin", PASSWORD)
        whoami = user()
        group = "user = root\ngroup = root" if whoami else ""
        (self.directory / "fpm.conf").write_text(FPM.format(directory=self.directory, user=group))
        text = NGINX.format(directory=self.directory, port=port, code=CODE, user=whoami)
        (self.directory / "nginx.conf").write_text(text)
        self.spawn([fpm(), "-F", "-y", self.directory / "fpm.conf", *(["-R"] if whoami else [])], env=environment)
        self.spawn(["nginx", "-p", str(self.directory), "-c", str(self.directory / "nginx.conf")])
        self.wait_for(port)
        self.wait_for(self.directory / "fpm.sock")
        return Wiki(self.label, f"http://127.0.0.1:{port}/w/api.php", "Admin@bench", PASSWORD)

    def start_database(self):
        """With a user who may do everything."""
        data, socket = self.directory / "database", self.directory / "db.sock"
        whoami = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={whoami}",
                   "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(command, check=True, capture_output=True)
        self.spawn(["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking",
                    f"--user={whoami}", "--innodb-buffer-pool-size=512M"])
        sql = "CREATE USER bench@localhost IDENTIFIED BY 'bench'; GRANT ALL ON *.* TO bench@localhost;"
        for _ in range(300):
            command = ["mariadb", "--no-defaults", f"--socket={socket}", "-u", "root", "-e", sql]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit(f"{self.label}: the database doesn't start")

    def maintain(self, environment, script, *arguments):
        """Runs one of MediaWiki's scripts."""
        command = ["php", CODE / "maintenance" / f"{script}.php", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{self.label}: {script} fails: {done.stdout[-1000:]}{done.stderr[-1000:]}")
