"""Work after the answer: `async`, the jobs behind it, and what `checkstatus` tells of them."""

import random
import threading
import time

import pytest

from api import ApiError, Wiki, fetch, sha1
from media import jpeg
from server import LOOPBACK

CHUNK = 4096


def code_of(call):
    """The code of the error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.code


def send(wiki, name, data, **params):
    """Sends a file in chunks with `async`; gives the key to ask by, and the last answer."""
    key, at = {}, 0
    while True:
        chunk = data[at:at + CHUNK]
        answer = wiki.upload(
            name, chunk=chunk, offset=at, filesize=len(data), stash=1, ignorewarnings=1, **{"async": 1}, **key, **params
        )
        key, at = {"filekey": answer["filekey"]}, at + len(chunk)
        if answer["result"] != "Continue":
            return answer["filekey"], answer


def status(wiki, key, **params):
    """What `checkstatus` says."""
    return wiki.call(action="upload", filekey=key, checkstatus=1, token=wiki.token, **params)["upload"]


def poll(wiki, key, **params):
    """Asks until the work is over; gives the last answer and all stages that were seen."""
    stages, deadline = [], time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = status(wiki, key, **params)
        if answer["result"] != "Poll":
            return answer, stages
        stages.append(answer["stage"])
    raise AssertionError(f"still {stages[-1]} after 30 s")


def publish(wiki, name, key, **params):
    """Publishes with `async`."""
    return wiki.upload(name, filekey=key, **{"async": 1}, **params)


def picture():
    """A file of several chunks."""
    return jpeg(extra=random.randbytes(15_000))


def test_an_upload_is_put_together_and_published_after_the_answers(wiki, name):
    data = picture()
    key, last = send(wiki, name, data)
    assert last == {"result": "Poll", "stage": "queued", "filekey": key}
    whole, stages = poll(wiki, key)
    assert set(stages) <= {"queued", "assembling"}
    assert (whole["result"], whole["stage"]) == ("Success", "assembling")
    assert whole["filekey"] != key
    assert whole["imageinfo"]["sha1"] == sha1(data)
    assert status(wiki, key) == whole, "it may be asked again"
    assert code_of(lambda: status(wiki, whole["filekey"])) == "missingresult"

    queued = publish(wiki, name, whole["filekey"], comment="later", text="A description")
    assert queued == {"result": "Poll", "stage": "queued", "filename": name}
    public, stages = poll(wiki, whole["filekey"])
    assert set(stages) <= {"queued", "publish"}
    assert (public["result"], public["stage"], public["filename"]) == ("Success", "publish", name)
    assert (public["imageinfo"]["sha1"], public["imageinfo"]["comment"]) == (sha1(data), "later")
    assert fetch(public["imageinfo"]["url"]).content == data


def test_the_order_of_the_answers_keys(wiki, name):
    wiki.upload(name, file=picture())
    data = picture()
    key, _ = send(wiki, name, data)
    whole, _ = poll(wiki, key)
    assert list(whole) == ["result", "stage", "filekey", "warnings", "imageinfo"]
    queued = publish(wiki, name, whole["filekey"], ignorewarnings=1)
    assert list(queued) == ["result", "stage", "filename", "warnings"]
    public, _ = poll(wiki, whole["filekey"])
    assert list(public) == ["result", "stage", "filename", "imageinfo"]


def test_how_far_an_upload_is(own, wiki, name):
    data = picture()
    answer = wiki.upload(name, chunk=data[:CHUNK], offset=0, filesize=len(data), stash=1, **{"async": 1})
    key = answer["filekey"]
    assert status(wiki, key) == {"result": "Continue", "stage": "uploading", "offset": CHUNK}
    far = status(wiki, key, progress=1)
    assert (far["received"], far["filesize"], far["stages"]) == (CHUNK, len(data), [])
    wiki.upload(
        name, chunk=data[CHUNK:], offset=CHUNK, filesize=len(data), stash=1, filekey=key, **{"async": 1}
    )
    whole, _ = poll(wiki, key, progress=1)
    assert (whole["received"], whole["filesize"]) == (len(data), len(data))
    assert [stage["stage"] for stage in whole["stages"]] == ["queued", "assembling"]
    assert whole["stages"][0]["timestamp"] <= whole["stages"][1]["timestamp"] <= whole["finished"]
    assert not {"received", "filesize", "stages", "finished"} & set(status(wiki, key))


def test_a_status_is_its_owners_only(own, target, wiki, name):
    key, _ = send(wiki, name, picture())
    poll(wiki, key)
    other = Wiki(target.api)
    password = own.add_user("Stranger")
    assert other.login("Stranger", password)["result"] == "Success"
    assert code_of(lambda: status(other, key)) == "missingresult"
    nobody = Wiki(target.api)
    nobody.token = "+\\"
    assert code_of(lambda: status(nobody, key)) == "missingresult"


def test_refused_content_is_told_with_its_reason(wiki, own, name):
    key, last = send(wiki, name.replace(".jpg", ".png"), picture())
    assert last["result"] == "Poll"
    with pytest.raises(ApiError) as caught:
        poll(wiki, key)
    assert caught.value.code == "stashfailed"
    assert caught.value.error["details"] == ["filetype-mime-mismatch", "png", "image/jpeg"]
    raw = wiki.http.post(
        wiki.url,
        data={"action": "upload", "filekey": key, "checkstatus": 1, "token": wiki.token, "errorformat": "raw",
              "format": "json", "formatversion": 2},
    ).json()
    assert (raw["errors"][0]["code"], raw["errors"][0]["key"]) == ("stashfailed", "verification-error")


def test_publishing_that_fails_may_be_asked_for_again(wiki, name):
    data = picture()
    wiki.upload(name, file=data)
    key = wiki.upload(name, file=data, stash=1, ignorewarnings=1)["filekey"]
    assert publish(wiki, name, key, ignorewarnings=1)["result"] == "Poll"
    assert code_of(lambda: poll(wiki, key)) == "stashfailed"
    other = "Other_" + name
    assert publish(wiki, other, key, ignorewarnings=1)["result"] == "Poll"
    public, _ = poll(wiki, key)
    assert public["filename"] == other


def test_what_can_be_judged_is_judged_before_the_answer(wiki, name):
    data = picture()
    wiki.upload(name, file=data)
    key = wiki.upload(name, file=picture(), stash=1, ignorewarnings=1)["filekey"]
    warned = publish(wiki, name, key)
    assert (warned["result"], list(warned["warnings"])) == ("Warning", ["exists"])
    assert code_of(lambda: publish(wiki, "A~~~.jpg", key)) == "illegal-filename"
    assert code_of(lambda: publish(wiki, "A.exe", key)) == "filetype-banned"
    assert code_of(lambda: wiki.upload(name, file=data, **{"async": 1})) == "cannot-async-upload-file"
    assert code_of(lambda: status(wiki, key)) == "missingresult"


def test_one_publication_at_a_time(new_server, name):
    # Nobody works on jobs here, so that this one stays queued.
    wiki = new_server({"jobs.workers": 0}).wiki()
    key = wiki.upload(name, file=picture(), stash=1)["filekey"]
    assert publish(wiki, name, key)["result"] == "Poll"
    assert code_of(lambda: publish(wiki, name, key)) == "publishfailed"
    assert status(wiki, key) == {"result": "Poll", "stage": "queued"}
    # Who doesn't wait for it is served.
    assert wiki.upload(name, filekey=key)["result"] == "Success"


def test_where_it_is_switched_off(new_server, name):
    wiki = new_server({"uploads.async": "false"}).wiki()
    data = picture()
    key, last = send(wiki, name, data)
    assert (last["result"], last["imageinfo"]["sha1"]) == ("Success", sha1(data))
    assert publish(wiki, name, key)["result"] == "Success"
    assert wiki.upload("Direct_" + name, file=picture(), **{"async": 1})["result"] == "Success"


def test_queued_work_survives_a_power_cut(new_server, name):
    target = new_server({"jobs.workers": 0})
    server, wiki = target.server, target.wiki()
    data, other = picture(), picture()
    key, last = send(wiki, name, data)
    assert last["result"] == "Poll"
    stashed = wiki.upload("Other_" + name, file=other, stash=1)["filekey"]
    assert publish(wiki, "Other_" + name, stashed, comment="before the cut")["result"] == "Poll"

    server.kill()
    del server.environment["COMMONHOLD_JOBS_WORKERS"]
    server.start()
    whole, _ = poll(wiki, key)
    assert whole["imageinfo"]["sha1"] == sha1(data)
    public, _ = poll(wiki, stashed)
    assert public["imageinfo"]["comment"] == "before the cut"
    infos = wiki.image_info("Other_" + name, iilimit=10)
    assert [info["sha1"] for info in infos] == [sha1(other)]
    # And another one, after it was told.
    server.kill()
    server.start()
    assert status(wiki, key)["filekey"] == whole["filekey"]
    assert status(wiki, stashed)["filename"] == "Other_" + name


def test_power_cuts_at_any_moment_do_everything_once(new_server, name):
    target = new_server()
    server, wiki = target.server, target.wiki()
    moments = random.Random(name)
    for number in range(10):
        data, title = picture(), f"{number}_{name}"
        key, _ = send(wiki, title, data)
        time.sleep(moments.uniform(0, 0.02))
        server.kill()
        server.start()
        whole, _ = poll(wiki, key)
        assert whole["imageinfo"]["sha1"] == sha1(data)
        publish(wiki, title, whole["filekey"])
        time.sleep(moments.uniform(0, 0.02))
        server.kill()
        server.start()
        public, _ = poll(wiki, whole["filekey"])
        assert public["filename"] == title
        infos = wiki.image_info(title, iilimit=10)
        assert [info["sha1"] for info in infos] == [sha1(data)]
    # Each upload has left one whole file, and each of these was published.
    left = wiki.call(action="query", list="mystashedfiles")["query"]["mystashedfiles"]
    assert left == []


def test_an_orderly_end_finishes_what_was_begun(new_server, name):
    target = new_server()
    server, wiki = target.server, target.wiki()
    keys = [send(wiki, f"{number}_{name}", picture())[0] for number in range(5)]
    assert server.stop() == 0
    server.start()
    for key in keys:
        assert poll(wiki, key)[0]["result"] == "Success"


def test_many_at_once(wiki, name):
    whole = {}
    for number in range(20):
        data = picture()
        whole[send(wiki, f"{number}_{name}", data)[0]] = sha1(data)
    for key, digest in whole.items():
        assert poll(wiki, key)[0]["imageinfo"]["sha1"] == digest


def fetch_later(wiki, name, url, **params):
    """Asks for an upload by URL that goes on after the answer."""
    return wiki.upload(name, url=url, **{"async": 1}, **params)


def poll_url(wiki, name, url, **params):
    """Asks until it is over; gives the last answer and all stages that were seen."""
    stages, deadline = [], time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = wiki.upload(name, url=url, checkstatus=1, **params)
        if answer["result"] != "Poll":
            return answer, stages
        stages.append(answer["stage"])
    raise AssertionError(f"still {stages[-1]} after 30 s")


def halting(data, at):
    """An answer that stops after some bytes until it is told to go on; and how to tell it."""
    go_on = threading.Event()

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:at])
        handler.wfile.flush()
        go_on.wait(30)
        handler.wfile.write(data[at:])

    return answer, go_on


def test_a_file_is_fetched_and_published_after_the_answer(new_server, elsewhere, name):
    target = new_server(LOOPBACK)
    wiki, data = target.wiki(), picture()
    answer, go_on = halting(data, 5000)
    url = elsewhere.on("/a.jpg", answer)
    assert fetch_later(wiki, name, url, comment="later") == {"result": "Poll", "stage": "queued", "filename": name}
    while wiki.upload(name, url=url, checkstatus=1, progress=1)["received"] < 5000:
        pass
    far = wiki.upload(name, url=url, checkstatus=1, progress=1)
    assert (far["result"], far["stage"], far["received"]) == ("Poll", "fetching", 5000)
    assert code_of(lambda: fetch_later(wiki, name, url)) == "publishfailed"
    go_on.set()
    public, stages = poll_url(wiki, name, url)
    assert set(stages) <= {"fetching", "publish"}
    assert list(public) == ["result", "stage", "filename", "imageinfo"]
    assert (public["result"], public["stage"], public["filename"]) == ("Success", "publish", name)
    assert (public["imageinfo"]["sha1"], public["imageinfo"]["comment"]) == (sha1(data), "later")
    assert fetch(public["imageinfo"]["url"]).content == data
    seen = poll_url(wiki, name, url, progress=1)[0]
    assert [stage["stage"] for stage in seen["stages"]] == ["queued", "fetching", "publish"]
    assert (seen["received"], seen["filesize"]) == (len(data), len(data))
    assert len(elsewhere.requests) == 1

    # By this address and this name, and by nobody else.
    assert code_of(lambda: wiki.upload("Other_" + name, url=url, checkstatus=1)) == "missingresult"
    assert code_of(lambda: wiki.upload(name, url=url + "?", checkstatus=1)) == "missingresult"
    other = Wiki(target.api)
    assert other.login("Stranger", target.server.add_user("Stranger"))["result"] == "Success"
    assert code_of(lambda: other.upload(name, url=url, checkstatus=1)) == "missingresult"


def test_a_fetch_that_fails_is_told_by_its_status(new_server, elsewhere, name):
    wiki = new_server(LOOPBACK).wiki()
    for path, body, status, key in (
        ("/gone.jpg", b"no", 404, "http-bad-status"),
        ("/empty.jpg", b"", 200, "empty-file"),
        ("/page.jpg", b"<html><script>alert(1)</script></html>", 200, "verification-error"),
    ):
        url = elsewhere.serve(path, body, status)
        assert fetch_later(wiki, name, url)["result"] == "Poll"
        with pytest.raises(ApiError) as caught:
            poll_url(wiki, name, url)
        assert caught.value.code == "stashfailed"
        raw = wiki.http.post(
            wiki.url,
            data={"action": "upload", "filename": name, "url": url, "checkstatus": 1, "token": wiki.token,
                  "errorformat": "raw", "format": "json", "formatversion": 2},
        ).json()
        assert raw["errors"][0]["key"] == key
    assert wiki.image_info(name) == []
    # It may be asked for again.
    data = picture()
    url = elsewhere.serve("/gone.jpg", data)
    assert fetch_later(wiki, name, url)["result"] == "Poll"
    assert poll_url(wiki, name, url)[0]["imageinfo"]["sha1"] == sha1(data)


def test_nothing_is_fetched_for_what_can_be_judged_before(new_server, elsewhere, name):
    wiki = new_server(LOOPBACK).wiki()
    wiki.upload(name, file=picture())
    url = elsewhere.serve("/a.jpg", picture())
    warned = fetch_later(wiki, name, url)
    assert warned == {"result": "Warning", "warnings": {"exists": name}}
    assert code_of(lambda: fetch_later(wiki, "A.exe", url)) == "filetype-banned"
    assert code_of(lambda: fetch_later(wiki, "A.jpg", "ftp://example.org/a.jpg")) == "http-invalid-url"
    assert code_of(lambda: wiki.call(action="upload", url=url, checkstatus=1, token=wiki.token)) == "nofilename"
    assert elsewhere.requests == []


def test_a_fetch_that_was_cut_off_begins_again_and_publishes_once(new_server, elsewhere, name):
    target = new_server(LOOPBACK)
    server, wiki, data = target.server, target.wiki(), picture()
    answer, go_on = halting(data, 5000)
    url = elsewhere.on("/a.jpg", answer)
    assert fetch_later(wiki, name, url)["result"] == "Poll"
    while not elsewhere.requests:
        pass
    server.kill()
    go_on.set()
    server.start()
    public, _ = poll_url(wiki, name, url)
    assert public["imageinfo"]["sha1"] == sha1(data)
    assert [info["sha1"] for info in wiki.image_info(name, iilimit=10)] == [sha1(data)]
    assert len(elsewhere.requests) == 2
    assert wiki.call(action="query", list="mystashedfiles")["query"]["mystashedfiles"] == []
