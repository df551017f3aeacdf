"""Chunks that arrive at once and in any order, for clients that ask for it; and what repeats of a request get."""

import concurrent.futures
import random

import pytest

from api import ApiError, Wiki, fetch, sha1
from media import jpeg

pytestmark = pytest.mark.usefixtures("own")

CHUNK = 10_000


def pieces(data):
    """Offset and bytes of each chunk."""
    return [(at, data[at:at + CHUNK]) for at in range(0, len(data), CHUNK)]


def send(wiki, name, data, piece, key=None, **params):
    at, chunk = piece
    if key:
        params["filekey"] = key
    return wiki.upload(name, chunk=chunk, offset=at, filesize=len(data), stash=1, ignorewarnings=1, **params)


def begin(wiki, name, data, **params):
    """Sends the first chunk; gives the key and the other chunks."""
    first, *rest = pieces(data)
    answer = send(wiki, name, data, first, **params)
    assert (answer["result"], answer["offset"]) == ("Continue", CHUNK)
    return answer, rest


def session(wiki):
    """Another connection in the same login."""
    other = Wiki(wiki.url)
    other.http.cookies.update(wiki.http.cookies)
    other.token = wiki.token
    return other


def test_chunks_in_any_order(wiki, name):
    data = jpeg(900, 900, extra=random.randbytes(60_000))
    first, rest = begin(wiki, name, data, parallel=1)
    assert first["missing"] == [{"offset": CHUNK, "size": len(data) - CHUNK}]
    random.shuffle(rest)
    arrived = {0}
    for piece in rest[:-1]:
        answer = send(wiki, name, data, piece, first["filekey"], parallel=1)
        assert answer["result"] == "Continue"
        arrived.add(piece[0])
        # The offset is where the first gap begins; what is missing is what hasn't been sent.
        gaps = [at for at, _ in pieces(data) if at not in arrived]
        assert answer["offset"] == gaps[0]
        covered = [at for gap in answer["missing"] for at in range(gap["offset"], gap["offset"] + gap["size"], CHUNK)]
        assert covered == gaps
    last = send(wiki, name, data, rest[-1], first["filekey"], parallel=1)
    assert last["result"] == "Success"
    assert last["imageinfo"]["sha1"] == sha1(data)
    published = wiki.upload(name, filekey=last["filekey"])
    assert fetch(published["imageinfo"]["url"]).content == data


def test_many_connections_at_once(wiki, name):
    data = jpeg(1500, 1500, extra=random.randbytes(60_000))
    first, rest = begin(wiki, name, data, parallel=1)
    random.shuffle(rest)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(send, session(wiki), name, data, piece, first["filekey"], parallel=1) for piece in rest]
        answers = [job.result() for job in jobs]
    ends = [answer for answer in answers if answer["result"] == "Success"]
    assert len(ends) == 1
    assert {answer["result"] for answer in answers if answer not in ends} <= {"Continue"}
    assert ends[0]["imageinfo"]["sha1"] == sha1(data)
    assert wiki.upload(name, filekey=ends[0]["filekey"])["result"] == "Success"


def test_a_waiting_chunk_may_be_repeated_but_not_changed(wiki, name):
    data = jpeg(600, 600, extra=random.randbytes(60_000))
    first, rest = begin(wiki, name, data, parallel=1)
    ahead = rest[2]
    for _ in range(2):
        assert send(wiki, name, data, ahead, first["filekey"], parallel=1)["offset"] == CHUNK
    with pytest.raises(ApiError, match="stashfailed") as refused:
        send(wiki, name, data, (ahead[0], b"x" * CHUNK), first["filekey"], parallel=1)
    assert refused.value.error["offset"] == str(CHUNK)
    for piece in rest[:2] + rest[3:]:
        last = send(wiki, name, data, piece, first["filekey"], parallel=1)
    assert last["imageinfo"]["sha1"] == sha1(data)


def test_who_does_not_ask_for_it_has_to_keep_the_order(wiki, name):
    data = jpeg(600, 600, extra=random.randbytes(60_000))
    first, rest = begin(wiki, name, data)
    assert "missing" not in first
    with pytest.raises(ApiError, match="stashfailed") as refused:
        send(wiki, name, data, rest[1], first["filekey"])
    assert refused.value.error["offset"] == str(CHUNK)


def test_a_lost_answer_costs_nothing(wiki, name):
    """Each request is sent twice, as by a client that got no answer; once more with the part left empty."""
    data = jpeg(600, 600, extra=random.randbytes(30_000))
    first, rest = begin(wiki, name, data)
    key = first["filekey"]
    for piece in rest:
        answer = send(wiki, name, data, piece, key)
        assert send(wiki, name, data, piece, key) == answer
        assert send(wiki, name, data, (piece[0], b""), key) == answer
    assert answer["result"] == "Success"
    assert answer["filekey"] != key
    published = wiki.upload(name, filekey=answer["filekey"], comment="why")
    again = wiki.upload(name, filekey=answer["filekey"], comment="why")
    assert again == published
    # Something else is still what MediaWiki says it is.
    with pytest.raises(ApiError, match="uploadstash-file-not-found"):
        wiki.upload("Other_" + name, filekey=answer["filekey"])
