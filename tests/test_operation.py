"""What whoever runs the server relies on: commands, probes, messages, an orderly end."""

import contextlib
import json
import re
import socket
import sqlite3
import time
import urllib.parse

import pytest
import requests

from api import Wiki, fetch, sha1
from media import jpeg
from server import FAILED, USAGE, Server, free_port
from test_multipart import FILE, body, connect, head_of, params, read_all, text_parts

pytestmark = pytest.mark.usefixtures("own")


def complaint(result, code):
    """The message of a command that fails in an orderly way."""
    assert result.returncode == code, result.stdout + result.stderr
    assert "panicked" not in result.stderr
    assert result.stderr.strip()
    return result.stderr


def test_probes(own):
    assert requests.get(own.url + "/healthz", timeout=10).status_code == 200
    assert requests.get(own.url + "/readyz", timeout=10).status_code == 200


def test_metrics_count(own, wiki, name):
    def total():
        answer = requests.get(own.url + "/metrics", timeout=10)
        assert answer.status_code == 200
        assert "# TYPE" in answer.text
        numbers = re.findall(r"^commonhold\S*requests\S* (\d+)", answer.text, re.MULTILINE)
        assert numbers, answer.text
        return sum(map(int, numbers))

    before = total()
    wiki.upload(name, file=jpeg())
    assert total() > before


def test_every_request_has_an_id_that_the_log_knows(own, wiki):
    answer = requests.get(wiki.url, params={"action": "query", "format": "json"}, timeout=10)
    identifier = answer.headers["X-Request-Id"]
    assert identifier
    deadline = time.monotonic() + 5
    while identifier not in own.output() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert identifier in own.output()


def test_the_log_keeps_secrets(own, target, wiki):
    assert target.password not in own.output()
    assert wiki.token not in own.output()
    for cookie in wiki.http.cookies:
        assert cookie.value not in own.output()


def test_accounts_are_made_while_the_server_runs(own):
    password = own.add_user("Newcomer")
    wiki = Wiki(own.api)
    assert wiki.login("Newcomer", password)["result"] == "Success"
    own.cli("user", "create", "By pipe", "--password-stdin", input="through the pipe\n")
    assert Wiki(own.api).login("By pipe", "through the pipe")["result"] == "Success"
    own.cli("user", "passwd", "Newcomer", "--password", "quite another")
    assert Wiki(own.api).login("Newcomer", password)["result"] == "Failed"
    assert Wiki(own.api).login("Newcomer", "quite another")["result"] == "Success"
    assert "Newcomer" in own.cli("user", "list").stdout
    names = [user["name"] for user in json.loads(own.cli("--json", "user", "list").stdout)]
    assert {"Admin", "Maker", "Newcomer", "By pipe"} <= set(names)


def test_bot_passwords_are_listed_without_the_password(own):
    own.add_user("Botanist")
    made = own.cli("bot-password", "create", "Botanist", "garden").stdout
    password = re.search(r"\b[0-9a-v]{32}\b", made).group()
    assert Wiki(own.api).login("Botanist@garden", password)["result"] == "Success"
    listed = own.cli("bot-password", "list", "Botanist").stdout
    assert "garden" in listed
    assert password not in listed


def test_commands_that_cannot_be_done(own):
    own.add_user("Twin")
    assert "Twin" in complaint(own.cli("user", "create", "Twin", "--password", "x" * 12, check=False), FAILED)
    complaint(own.cli("user", "create", "A|B", "--password", "x" * 12, check=False), FAILED)
    complaint(own.cli("user", "create", "Odd", "--password", "x" * 12, "--group", "kings", check=False), FAILED)
    complaint(own.cli("bot-password", "create", "Nobody", "x", check=False), FAILED)
    complaint(own.cli("no-such-command", check=False), USAGE)
    complaint(own.cli("serve", "--no-such-option", check=False), USAGE)


def test_the_first_start_makes_an_administrator_and_says_so_once(tmp_path):
    server = Server(tmp_path / "data")
    del server.environment["COMMONHOLD_ADMIN_PASSWORD"]
    try:
        server.start()
        first = server.output()
        assert f"listening on {server.url}" in first
        assert server.api in first
        password = re.search(r"(?i)password\W+(\S+)", first).group(1)
        assert Wiki(server.api).login("Admin", password)["result"] == "Success"
        server.stop()
        server.start()
        assert server.output().count(password) == first.count(password)
        assert Wiki(server.api).login("Admin", password)["result"] == "Success"
    finally:
        server.stop()


def test_the_first_password_may_be_given(own):
    wiki = Wiki(own.api)
    assert wiki.login("Admin", own.admin_password)["result"] == "Success"
    groups = wiki.call(action="query", meta="userinfo", uiprop="groups")["query"]["userinfo"]["groups"]
    assert "sysop" in groups
    assert own.admin_password not in own.output()


def test_a_second_server_on_the_same_data_is_refused(own):
    message = complaint(own.cli("serve", "--listen", f"127.0.0.1:{free_port()}", check=False), FAILED)
    assert str(own.data) in message
    assert fetch(own.url + "/readyz").status_code == 200


def test_a_port_that_is_taken(own, tmp_path):
    other = Server(tmp_path / "data")
    message = complaint(other.cli("serve", "--listen", f"127.0.0.1:{own.port}", check=False), FAILED)
    assert str(own.port) in message


def test_a_data_directory_that_is_a_file(tmp_path):
    path = tmp_path / "data"
    path.write_text("not a directory")
    message = complaint(Server(path).cli("serve", "--listen", f"127.0.0.1:{free_port()}", check=False), FAILED)
    assert str(path) in message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[uploads]\nmax_byte = 5\n", "max_byte"),
        ("[upload]\nmax_bytes = 5\n", "upload"),
        ("[uploads]\nmax_bytes = \"many\"\n", "max_bytes"),
        ("[server]\nlisten = \"everywhere\"\n", "listen"),
        ("[server\n", "line 1"),
    ],
)
def test_a_bad_configuration(tmp_path, text, named):
    path = tmp_path / "commonhold.toml"
    path.write_text(text)
    server = Server(tmp_path / "data")
    message = complaint(server.cli("--config", str(path), "serve", check=False), USAGE)
    assert named in message
    assert not server.data.exists(), "nothing is made before the configuration is known to be good"


def test_a_bad_setting_in_the_environment(tmp_path):
    server = Server(tmp_path / "data", {"uploads.max_bytes": "many"})
    assert "COMMONHOLD_UPLOADS_MAX_BYTES" in complaint(server.cli("serve", check=False), USAGE)


def test_the_configuration_file_is_read(tmp_path):
    path = tmp_path / "commonhold.toml"
    path.write_text("[site]\nname = \"Our files\"\n\n[uploads]\nmin_chunk_bytes = 2048\n")
    server = Server(tmp_path / "data")
    server.environment["COMMONHOLD_CONFIG"] = str(path)
    try:
        server.start()
        general = Wiki(server.api).call(action="query", meta="siteinfo")["query"]["general"]
        assert general["sitename"] == "Our files"
        assert general["minuploadchunksize"] == 2048
        assert general["generator"].startswith("MediaWiki 1.")
    finally:
        server.stop()


def test_an_upload_in_flight_is_finished_before_the_end(new_server, name):
    target = new_server()
    server, wiki = target.server, target.wiki()
    data = jpeg(1500, 1500)
    sent = body(text_parts(params(wiki, name)) + [(FILE, data)])
    half = len(sent) // 2
    with connect(wiki) as stream:
        stream.sendall(head_of(wiki, sent) + sent[:half])
        time.sleep(0.3)
        began = time.monotonic()
        server.terminate()
        for at in range(half, len(sent), len(sent) // 10):
            time.sleep(0.3)
            stream.sendall(sent[at:at + len(sent) // 10])
        answer = read_all(stream)
    assert b'"result":"Success"' in answer
    assert server.stop() == 0
    assert time.monotonic() - began < 10
    server.start()
    assert wiki.image_info(name)[0]["sha1"] == sha1(data)


def test_the_catalogue_is_one_whole_file_after_an_orderly_end(new_server, name):
    target = new_server()
    target.wiki().upload(name, jpeg(40, 40))
    assert target.server.stop() == 0
    log = target.server.data / "catalogue.sqlite-wal"
    assert not log.exists() or log.stat().st_size == 0
    catalogue = sqlite3.connect(f"file:{target.server.data / 'catalogue.sqlite'}?immutable=1", uri=True)
    with contextlib.closing(catalogue):
        names = [row[0] for row in catalogue.execute("SELECT name FROM versions")]
    assert names == [name.replace(" ", "_")]


def test_clients_that_never_finish_do_not_keep_the_server(new_server, name):
    target = new_server()
    server, wiki = target.server, target.wiki()
    sent = body(text_parts(params(wiki, name)) + [(FILE, jpeg(500, 500))])
    address = urllib.parse.urlsplit(server.url)
    with connect(wiki) as stalled, socket.create_connection((address.hostname, address.port)) as idle:
        stalled.sendall(head_of(wiki, sent) + sent[:1000])
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        server.terminate()
        assert server.stop(timeout=12) == 0
        assert time.monotonic() - began < 11
    server.start()
    assert wiki.image_info(name) == []
