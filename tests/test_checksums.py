"""Checksums that a client may send along, so that nothing is kept that isn't what it sent."""

import base64
import hashlib
import random

import pytest

from api import ApiError, sha1
from media import jpeg
from test_multipart import FILE, body, params, text_parts

pytestmark = pytest.mark.usefixtures("own")

FORM = "multipart/form-data; boundary=boundary"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def stashed(wiki):
    """The keys of the stash."""
    listed = wiki.call(action="query", list="mystashedfiles", msflimit="max")["query"]["mystashedfiles"]
    return [entry["filekey"] for entry in listed]


def refused(action, code="checksum-mismatch"):
    with pytest.raises(ApiError) as refusal:
        action()
    assert refusal.value.code == code
    return refusal.value.error


def test_a_direct_upload(wiki, name):
    data = jpeg()
    before = stashed(wiki)
    for wrong in ({"sha1": "0" * 40}, {"sha256": "0" * 64}, {"sha1": sha1(data), "sha256": "0" * 64}):
        error = refused(lambda wrong=wrong: wiki.upload(name, file=data, **wrong))
        assert error["parameter"] in wrong
    refused(lambda: wiki.upload(name, file=data, sha1="not a hash"), "badchecksum")
    assert wiki.image_info(name) == []
    assert stashed(wiki) == before
    assert wiki.upload(name, file=data, sha1=sha1(data), sha256=sha256(data).upper())["result"] == "Success"


@pytest.mark.parametrize("parallel", [{}, {"parallel": 1}], ids=["in order", "in any order"])
def test_chunks(wiki, name, parallel):
    data = jpeg(500, 500, extra=random.randbytes(30_000))
    size, key, at = 20_000, {}, 0
    common = {"filesize": len(data), "stash": 1, "ignorewarnings": 1, **parallel}
    while at < len(data):
        chunk = data[at:at + size]
        refused(lambda: wiki.upload(name, chunk=chunk, offset=at, chunksha256="0" * 64, **common, **key))
        answer = wiki.upload(
            name, chunk=chunk, offset=at, chunksha256=sha256(chunk), sha256=sha256(data), **common, **key
        )
        key = {"filekey": answer["filekey"]}
        at += len(chunk)
    assert answer["result"] == "Success"
    refused(lambda: wiki.upload(name, sha1="0" * 40, **key))
    assert wiki.upload(name, sha1=sha1(data), **key)["result"] == "Success"


def test_a_whole_that_is_not_what_was_announced_is_not_kept(wiki, name):
    data = jpeg(300, 300, extra=random.randbytes(30_000))
    half = len(data) // 2
    before = stashed(wiki)
    common = {"filesize": len(data), "stash": 1, "ignorewarnings": 1}
    key = wiki.upload(name, chunk=data[:half], offset=0, **common)["filekey"]
    last = {"chunk": data[half:], "offset": half, "filekey": key, **common}
    refused(lambda: wiki.upload(name, sha256="0" * 64, **last))
    assert stashed(wiki) == before
    refused(lambda: wiki.upload(name, **last), "stashfailed")


def digest(sent):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(sent).digest()).decode()}:"


@pytest.mark.parametrize("field", ["Content-Digest", "Repr-Digest"])
def test_the_digest_of_a_request(wiki, name, field):
    data = jpeg()
    sent = body(text_parts(params(wiki, name)) + [(FILE, data)])
    for value, code in ((digest(b"something else"), "checksum-mismatch"), ("sha-256=nonsense", "badchecksum")):
        answer = wiki.raw(sent, FORM, headers={field: value}).json()
        assert answer["error"]["code"] == code
        assert wiki.image_info(name) == []
    answer = wiki.raw(sent, FORM, headers={field: digest(sent) + ", md5=:AAAA:"}).json()
    assert answer["upload"]["result"] == "Success"

