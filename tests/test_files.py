"""The file at the URL that the answer names."""

import pytest
import requests

from api import fetch, sha1
from media import jpeg

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10"/></svg>'


@pytest.fixture(scope="module")
def uploaded(wiki):
    """A file of some size that all tests here read: its bytes and its URL."""
    data = jpeg(800, 600)
    filename = f"Read_{sha1(data)[:10]}.jpg"
    return data, wiki.upload(filename, file=data)["imageinfo"]["url"]


@pytest.mark.usefixtures("own")
def test_the_url_has_the_layout_of_mediawiki(wiki):
    upload = wiki.upload("Été & co, 100 %_(1).jpg", file=jpeg(), ignorewarnings=1)
    assert upload["result"] == "Success"
    url = upload["imageinfo"]["url"]
    assert "%C3%89t%C3%A9_" in url.rsplit("/", 1)[1]
    first, second = url.rsplit("/", 3)[1:3]
    assert second.startswith(first) and (len(first), len(second)) == (1, 2)
    assert fetch(url).status_code == 200


def test_get_and_head(uploaded):
    data, url = uploaded
    got = fetch(url)
    assert got.status_code == 200
    assert got.content == data
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Length"] == str(len(data))
    assert got.headers["Accept-Ranges"] == "bytes"
    assert "Set-Cookie" not in got.headers
    head = requests.head(url, timeout=60)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified"):
        assert head.headers[name] == got.headers[name]
    # Tails that trackers add to addresses change nothing.
    assert fetch(url + "?utm_source=elsewhere").content == data


def test_conditional_requests(uploaded):
    data, url = uploaded
    got = fetch(url)
    etag, modified = got.headers["ETag"], got.headers["Last-Modified"]
    assert etag.strip('W/"')
    for headers in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        answer = fetch(url, **headers)
        assert (answer.status_code, answer.content) == (304, b""), headers
        assert answer.headers["ETag"] == etag
    for headers in ({"If-None-Match": '"another"'}, {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}):
        answer = fetch(url, **headers)
        assert (answer.status_code, answer.content) == (200, data), headers


@pytest.mark.usefixtures("own")
def test_lists_of_etags(uploaded):
    _, url = uploaded
    etag = fetch(url).headers["ETag"]
    for value in (f'"x", {etag}', f"W/{etag}", "*"):
        assert fetch(url, **{"If-None-Match": value}).status_code == 304, value


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-0", 0, 0), ("10-99", 10, 99), ("100-", 100, -1), ("-50", -50, -1), ("0-99999999", 0, -1)],
)
def test_ranges(uploaded, asked, first, last):
    data, url = uploaded
    first, last = first % len(data), last % len(data)
    answer = fetch(url, Range="bytes=" + asked)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(data)}"
    assert answer.content == data[first:last + 1]


def test_ranges_that_cannot_be_had(uploaded):
    data, url = uploaded
    answer = fetch(url, Range=f"bytes={len(data)}-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(data)}"
    # What isn't understood is as if it weren't there.
    assert fetch(url, Range="lines=1-2").content == data


def test_a_range_of_an_older_version_gives_the_whole_file(uploaded):
    data, url = uploaded
    etag = fetch(url).headers["ETag"]
    assert fetch(url, **{"Range": "bytes=5-9", "If-Range": etag}).status_code == 206
    changed = fetch(url, **{"Range": "bytes=5-9", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, data)


@pytest.mark.usefixtures("own")
def test_what_a_browser_may_do_with_a_file(wiki, uploaded):
    _, photograph = uploaded
    drawing = wiki.upload("Drawing.svg", file=SVG, ignorewarnings=1)["imageinfo"]["url"]
    for url, kind in ((photograph, "image/jpeg"), (drawing, "image/svg+xml")):
        headers = fetch(url).headers
        assert headers["Content-Type"] == kind
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "default-src 'none'" in policy


@pytest.mark.parametrize("tail", ["x", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/catalogue", "%00", "%ff"])
def test_what_is_no_file_is_not_found(uploaded, tail):
    _, url = uploaded
    assert fetch(url + tail).status_code in (400, 404)


@pytest.mark.usefixtures("own")
def test_only_reading(uploaded):
    _, url = uploaded
    for method in ("POST", "PUT", "DELETE"):
        assert requests.request(method, url, data=b"x", timeout=60).status_code == 405
    assert fetch(url).status_code == 200
