"""What `action=upload` promises, beyond the programs of the documentation."""

import time

import pytest

from api import ApiError, Wiki, fetch, sha1
from media import jpeg


def error_of(call):
    """The error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.error


def test_a_stashed_file_is_its_owners_until_published(wiki, name):
    data = jpeg(120, 90)
    stashed = wiki.upload(name, file=data, stash=1)
    assert stashed["result"] == "Success"
    key = stashed["filekey"]
    assert stashed["sessionkey"] == key
    assert wiki.image_info(name) == []
    info = wiki.call(action="query", prop="stashimageinfo", siifilekey=key, siiprop="size|sha1|mime|dimensions")
    info = info["query"]["stashimageinfo"][0]
    assert (info["size"], info["sha1"], info["mime"]) == (len(data), sha1(data), "image/jpeg")
    assert (info["width"], info["height"]) == (120, 90)

    published = wiki.upload(name, filekey=key, comment="from the stash", text="A description")
    assert published["result"] == "Success"
    assert published["imageinfo"]["sha1"] == sha1(data)
    assert wiki.image_info(name)[0]["comment"] == "from the stash"
    assert fetch(published["imageinfo"]["url"]).content == data


def test_the_old_name_of_the_key_works(wiki, name):
    data = jpeg()
    key = wiki.upload(name, file=data, stash=1)["filekey"]
    assert wiki.upload(name, sessionkey=key)["result"] == "Success"
    assert wiki.image_info(name)[0]["sha1"] == sha1(data)


def test_the_description_page_is_what_text_says(wiki, name):
    wiki.upload(name, file=jpeg(), comment="why", text="== Heading ==\r\nA [[link]]  \r\n")
    answer = wiki.call(action="query", prop="revisions|info", titles="File:" + name, rvprop="content|comment|user")
    page = answer["query"]["pages"][0]
    assert "missing" not in page
    assert page["revisions"][0]["content"] == "== Heading ==\nA [[link]]"
    assert page["revisions"][0]["comment"] == "why"


def test_overwriting_keeps_the_old_version(wiki, name):
    versions = [jpeg(80, 60), jpeg(90, 70), jpeg(100, 80)]
    for data in versions:
        assert wiki.upload(name, file=data, ignorewarnings=1)["result"] == "Success"
        # The reference names archived versions by the second.
        time.sleep(1)
    infos = wiki.image_info(name, iilimit=10)
    assert [info["sha1"] for info in infos] == [sha1(data) for data in reversed(versions)]
    assert [info["width"] for info in infos] == [100, 90, 80]
    for info, data in zip(infos, reversed(versions), strict=True):
        assert fetch(info["url"]).content == data
    assert "archivename" not in infos[0]
    for info in infos[1:]:
        assert info["archivename"].endswith("!" + name)
        assert "/images/archive/" in info["url"]


def test_warnings_of_a_name_that_is_taken(wiki, name):
    data = jpeg()
    wiki.upload(name, file=data)
    same = wiki.upload(name, file=data)
    assert same["result"] == "Warning"
    assert list(same["warnings"]) == ["exists", "nochange"]
    assert same["warnings"]["exists"] == name
    assert same["warnings"]["nochange"]["timestamp"].endswith("Z")

    other = jpeg()
    differs = wiki.upload(name, file=other)
    assert differs["result"] == "Warning"
    assert differs["warnings"] == {"exists": name}
    assert wiki.image_info(name)[0]["sha1"] == sha1(data)
    # What was sent is kept, so that nothing has to be sent twice.
    done = wiki.upload(name, filekey=differs["filekey"], ignorewarnings=1)
    assert done["result"] == "Success"
    assert done["warnings"] == {"exists": name}
    assert wiki.image_info(name)[0]["sha1"] == sha1(other)


def test_warning_of_a_duplicate(wiki, name):
    data = jpeg()
    wiki.upload(name, file=data)
    copy = name.replace(".jpg", "_copy.jpg")
    warned = wiki.upload(copy, file=data)
    assert warned["result"] == "Warning"
    assert warned["warnings"] == {"duplicate": [name]}
    assert wiki.image_info(copy) == []


def test_warning_of_a_name_that_has_to_change(wiki, name):
    data = jpeg()
    warned = wiki.upload(name.replace(".jpg", "#1.jpg"), file=data)
    wanted = name.replace(".jpg", "-1.jpg")
    assert warned["warnings"] == {"badfilename": wanted}
    done = wiki.upload(name.replace(".jpg", "#1.jpg"), filekey=warned["filekey"], ignorewarnings=1)
    assert (done["result"], done["filename"]) == ("Success", wanted)
    # A small first letter and spaces are no reason for a warning.
    plain = wiki.upload("t" + name[1:].replace("_", " "), file=jpeg())
    assert (plain["result"], plain["filename"]) == ("Success", name)


def test_the_same_bytes_again_are_refused_even_with_warnings_ignored(wiki, name):
    data = jpeg()
    wiki.upload(name, file=data)
    time.sleep(1)
    error = error_of(lambda: wiki.upload(name, file=data, ignorewarnings=1))
    assert error["code"] == "fileexists-no-change"
    assert len(wiki.image_info(name, iilimit=5)) == 1


@pytest.mark.parametrize(
    ("filename", "data", "code"),
    [
        ("Empty.jpg", b"", "empty-file"),
        ("Page.jpg", b"<!DOCTYPE html><html><body>no</body></html>", "verification-error"),
        ("Photograph.jpe", jpeg(seed=1), "filetype-banned"),
        ("~~~~.jpg", jpeg(seed=2), "illegal-filename"),
        (".jpg", jpeg(seed=3), "filename-tooshort"),
        ("Photograph.", jpeg(seed=5), "filetype-missing"),
        ("x" * 241 + ".jpg", jpeg(seed=4), "filename-toolong"),
    ],
    ids=["empty", "html", "extension", "title", "no-base-name", "no-extension", "long"],
)
def test_refusals(wiki, filename, data, code):
    answer = wiki.http.post(
        wiki.url,
        data={"action": "upload", "format": "json", "filename": filename, "token": wiki.token},
        files={"file": ("x", data)},
        timeout=60,
    )
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == code
    assert answer.headers["MediaWiki-API-Error"] == code


def test_requests_that_lack_something(wiki, name):
    assert error_of(lambda: wiki.upload(name))["code"] == "missingparam"
    assert error_of(lambda: wiki.call(action="upload", filename=name))["code"] == "missingparam"
    assert error_of(lambda: wiki.call(action="upload", filename=name, token="wrong"))["code"] == "badtoken"
    assert error_of(lambda: wiki.upload(name, filekey="no-such-thing.x.1.jpg"))["code"] == "uploadstash-file-not-found"


def test_nobody_uploads_without_logging_in(target, name):
    nobody = Wiki(target.api)
    token = nobody.call(action="query", meta="tokens")["query"]["tokens"]["csrftoken"]
    assert token == "+\\"
    nobody.token = token
    assert error_of(lambda: nobody.upload(name, file=jpeg()))["code"] == "mustbeloggedin"
    assert error_of(lambda: nobody.upload(name, file=jpeg(), **{"assert": "user"}))["code"] == "assertuserfailed"


def test_chunks_in_order_and_out_of_it(wiki, name):
    data = jpeg(400, 400)
    total, size = len(data), 2000
    common = {"stash": 1, "filesize": total, "ignorewarnings": 1}
    first = wiki.upload(name, chunk=data[:size], offset=0, **common)
    assert (first["result"], first["offset"]) == ("Continue", size)
    key = first["filekey"]

    gap = error_of(lambda: wiki.upload(name, chunk=data[3000:5000], offset=3000, filekey=key, **common))
    assert (gap["code"], gap["offset"]) == ("stashfailed", str(size))
    small = error_of(lambda: wiki.upload(name, chunk=data[size:size + 100], offset=size, filekey=key, **common))
    assert small["code"] == "chunk-too-small"
    beyond = error_of(lambda: wiki.upload(name, chunk=data + data, offset=size, filekey=key, **common))
    assert beyond["code"] == "invalid-chunk"
    assert error_of(lambda: wiki.upload(name, chunk=data[:size], offset=size, **common))["code"] == "filekeyneeded"
    again = error_of(lambda: wiki.upload(name, chunk=data[:size], offset=0, filekey=key, **common))
    assert again["code"] == "filekeynotallowed"

    last = wiki.upload(name, chunk=data[size:], offset=size, filekey=key, **common)
    assert last["result"] == "Success"
    assert last["imageinfo"]["sha1"] == sha1(data)
    done = wiki.upload(name, filekey=last["filekey"])
    assert done["result"] == "Success"
    assert fetch(done["imageinfo"]["url"]).content == data


@pytest.mark.parametrize("size", [1024, 4093, 65536])
def test_any_chunk_size(wiki, name, size):
    data = jpeg(1000, 1000)
    done = wiki.upload_chunks(name, data, size)
    assert done["imageinfo"]["sha1"] == sha1(data)
    published = wiki.upload(name, filekey=done["filekey"])
    assert fetch(published["imageinfo"]["url"]).content == data


def test_what_was_uploaded_is_listed(wiki, name):
    data = jpeg()
    wiki.upload(name, file=data, comment="listed")
    found = wiki.call(action="query", list="allimages", aisha1=sha1(data), aiprop="sha1|size|url|timestamp")
    entry = found["query"]["allimages"][0]
    assert (entry["name"], entry["sha1"], entry["size"]) == (name, sha1(data), len(data))
    by_name = wiki.call(action="query", list="allimages", aiprefix=name.removesuffix(".jpg"))
    assert [image["name"] for image in by_name["query"]["allimages"]] == [name]
    assert fetch(entry["url"]).content == data


def test_a_file_above_the_limit_is_refused(new_server):
    wiki = new_server({"uploads.max_bytes": 100_000}).wiki()
    general = wiki.call(action="query", meta="siteinfo")["query"]["general"]
    assert general["maxuploadsize"] == 100_000
    assert error_of(lambda: wiki.upload("Big.jpg", file=jpeg(extra=bytes(60_000)) + bytes(60_000)))["code"] in (
        "file-too-large",
        "badupload",
    )
    assert wiki.image_info("Big.jpg") == []
    assert wiki.upload("Small.jpg", file=jpeg())["result"] == "Success"


def test_large_and_unwanted_files_are_warned_of_where_the_site_says_so(new_server, name):
    target = new_server(
        {"uploads.warn_bytes": 100, "uploads.strict_extensions": "false", "uploads.extensions": "png,gif"}
    )
    wiki, data = target.wiki(), jpeg()
    warned = wiki.upload(name, file=data)
    assert warned["result"] == "Warning"
    assert warned["warnings"] == {
        "filetype-unwanted-type": ["jpg", "png, gif", 2],
        "large-file": [{"size": 100}, {"size": len(data)}],
    }
    assert wiki.upload(name, filekey=warned["filekey"], ignorewarnings=1)["result"] == "Success"
