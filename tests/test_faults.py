"""What clients see when the machine runs out of something, and that nothing is lost by it."""

import os
import resource
import socket
import time

import pytest

from api import ApiError, fetch, sha1
from media import jpeg

MIB = 1 << 20


def refused(call, *arguments, **params):
    """The error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call(*arguments, **params)
    return caught.value.error


def test_a_full_disk(new_server, name):
    # No file may grow beyond 4 MiB, which is what a full disk looks like to whoever writes it.
    target = new_server(limits={resource.RLIMIT_FSIZE: 4 * MIB})
    wiki, data = target.wiki(), jpeg()
    large = data + os.urandom(6 * MIB)
    assert refused(wiki.upload, name, file=large, ignorewarnings=1)["code"] == "badupload"
    assert refused(wiki.upload, name, file=large, stash=1, ignorewarnings=1)["code"] == "badupload"
    # In chunks it goes as far as there is room, and the upload still knows how far that was.
    answer = wiki.upload(name, chunk=large[:3 * MIB], offset=0, filesize=len(large), stash=1, ignorewarnings=1)
    key, at = answer["filekey"], answer["offset"]
    chunk = {"filekey": key, "offset": at, "filesize": len(large), "stash": 1, "ignorewarnings": 1}
    for _ in range(2):
        assert refused(wiki.upload, name, chunk=large[at:], **chunk)["code"] == "badupload"
        assert wiki.upload(name, filekey=key, checkstatus=1)["offset"] == at
    # Small files find room, and what was refused has left nothing.
    assert wiki.upload(name, file=data)["result"] == "Success"
    assert sha1(fetch(wiki.image_info(name)[0]["url"]).content) == sha1(data)


def test_bytes_that_a_disk_has_lost(new_server, name):
    target = new_server()
    wiki, data = target.wiki(), jpeg() + os.urandom(MIB)
    answer = wiki.upload(name, chunk=data[:5000], offset=0, filesize=len(data), stash=1, ignorewarnings=1)
    files = [path for path in target.server.data.rglob("*") if path.is_file()]
    [partial] = [path for path in files if path.stat().st_size == 5000]
    partial.unlink()
    chunk = {"filekey": answer["filekey"], "offset": 5000, "filesize": len(data), "stash": 1, "ignorewarnings": 1}
    assert refused(wiki.upload, name, chunk=data[5000:], **chunk)["code"] == "stashfailed"
    # Begun anew it goes well.
    assert wiki.upload_chunks(name, data, 500_000)["result"] == "Success"


def test_too_many_open_files(new_server, name):
    target = new_server(limits={resource.RLIMIT_NOFILE: 96})
    wiki, data = target.wiki(), jpeg()
    assert wiki.upload(name, file=data)["result"] == "Success"
    address = ("127.0.0.1", target.server.port)
    idle = [socket.create_connection(address) for _ in range(120)]
    # They hold all that there is until they are closed; then everything goes on.
    deadline = time.monotonic() + 30
    while "a connection could not be accepted" not in target.server.output():
        assert time.monotonic() < deadline, target.server.output()
        time.sleep(0.02)
    for connection in idle:
        connection.close()
    assert wiki.upload("Next_" + name, file=jpeg())["result"] == "Success"
    assert sha1(fetch(wiki.image_info(name)[0]["url"]).content) == sha1(data)
