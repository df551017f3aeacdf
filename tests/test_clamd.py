"""Viruses: what a scanner finds is refused however it comes in, and what a scanner that is down means."""

import socketserver
import struct
import threading
import time

import pytest

from api import ApiError
from elsewhere import Elsewhere
from media import jpeg
from server import LOOPBACK

#: A harmless text that scanners find, put together so that this file isn't found.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """As much of clamd as is needed, on a port or a path."""

    def __init__(self, path=None):
        #: The files that it was sent.
        self.files = []
        #: What it does instead of answering: `silent`, `busy` or `full`.
        self.mood = None
        self.released = threading.Event()
        clamd = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                clamd.answer(self.request)

        if path is None:
            self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
            self.address = "127.0.0.1:%d" % self.server.server_address[1]
        else:
            self.server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
            self.address = str(path)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, connection):
        if self.mood == "full":
            # It has heard enough.
            connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            return
        stream = connection.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack(">I", stream.read(4))[0]:
            data += stream.read(size)
        self.files.append(data)
        if self.mood == "silent":
            self.released.wait(60)
        elif self.mood == "busy":
            connection.sendall(b"stream: Can't allocate memory ERROR\0")
        else:
            connection.sendall(b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0")

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def clamd():
    scanner = Clamd()
    yield scanner
    scanner.stop()


def refusal(call):
    """The error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.error


def check_it_is_refused(error, reason="Eicar-Signature"):
    assert error["code"] == "verification-error"
    assert error["details"] == ["uploadvirus", reason]


def test_a_virus_is_refused_as_a_whole_and_into_the_stash(new_server, clamd, name):
    wiki = new_server({"media.clamd": clamd.address}).wiki()
    data = jpeg(seed=1, extra=EICAR)
    check_it_is_refused(refusal(lambda: wiki.upload(name, file=data, ignorewarnings=1)))
    check_it_is_refused(refusal(lambda: wiki.upload(name, file=data, stash=1)))
    assert clamd.files == [data, data]
    assert wiki.image_info(name) == []


def test_what_is_clean_is_taken(new_server, clamd, name, tmp_path):
    by_path = Clamd(tmp_path / "clamd.sock")
    try:
        for scanner in (clamd, by_path):
            wiki = new_server({"media.clamd": scanner.address}).wiki()
            data = jpeg(900, 900, seed=2)
            assert wiki.upload(name, file=data)["result"] == "Success"
            assert scanner.files == [data]
    finally:
        by_path.stop()


#: A file in which the virus lies over the border between two chunks.
SPLIT = jpeg(seed=3, extra=bytes(4096 - 24 - 30) + EICAR) + bytes(5000)


def test_a_virus_in_two_chunks_is_found(new_server, clamd, name):
    wiki = new_server({"media.clamd": clamd.address}).wiki()
    assert EICAR not in SPLIT[:4096] and EICAR not in SPLIT[4096:]
    assert refusal(lambda: wiki.upload_chunks(name, SPLIT, 4096))["code"] == "stashfailed"
    assert clamd.files == [SPLIT]
    assert wiki.image_info(name) == []


def test_a_virus_is_found_after_the_answer_as_well(new_server, clamd, name):
    wiki = new_server({"media.clamd": clamd.address}).wiki()
    sent = {"filesize": len(SPLIT), "stash": 1, "ignorewarnings": 1, "async": 1}
    key = wiki.upload(name, chunk=SPLIT[:8192], offset=0, **sent)["filekey"]
    result = wiki.upload(name, chunk=SPLIT[8192:], offset=8192, filekey=key, **sent)
    assert result["result"] == "Poll"

    def wait():
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            wiki.upload(name, filekey=key, checkstatus=1)
            time.sleep(0.05)

    assert refusal(wait)["code"] in ("verification-error", "stashfailed")
    assert SPLIT in clamd.files


def test_a_stashed_file_is_scanned_again_when_it_is_published(new_server, clamd, name):
    wiki = new_server({"media.clamd": clamd.address}).wiki()
    data = jpeg(seed=4)
    key = wiki.upload(name, file=data, stash=1)["filekey"]
    assert wiki.upload(name, filekey=key)["result"] == "Success"
    assert clamd.files == [data, data]


def test_a_virus_by_url_is_refused(new_server, clamd, name):
    wiki = new_server({"media.clamd": clamd.address, **LOOPBACK}).wiki()
    elsewhere = Elsewhere()
    try:
        elsewhere.serve("/x.jpg", jpeg(seed=5, extra=EICAR))
        check_it_is_refused(refusal(lambda: wiki.upload(name, url=elsewhere.url("/x.jpg"), ignorewarnings=1)))
    finally:
        elsewhere.stop()


@pytest.mark.parametrize("mood", ["silent", "busy", "full", "down"])
def test_a_scanner_that_gives_no_answer(new_server, clamd, name, mood):
    settings = {"media.clamd": clamd.address, "media.clamd_timeout": "2s"}
    closed = new_server(settings).wiki()
    open_ = new_server({**settings, "media.clamd_failure": "accept"}).wiki()
    if mood == "down":
        clamd.stop()
    clamd.mood = mood
    data = jpeg(900, 900, seed=6)
    check_it_is_refused(refusal(lambda: closed.upload(name, file=data)), "the scanner gives no answer")
    assert open_.upload(name, file=data)["result"] == "Success"


def test_what_is_wrong_with_the_setting_is_told(new_server):
    target = new_server()
    target.server.environment["COMMONHOLD_MEDIA_CLAMD"] = "clamd"
    result = target.server.cli("config", "check", check=False)
    assert result.returncode != 0 and "media.clamd" in result.stderr.lower().replace("_", ".")
