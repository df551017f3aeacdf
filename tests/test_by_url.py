"""Uploads by URL: what is fetched, what is refused, and what another server can't do to this one."""

import concurrent.futures
import gzip
import socket
import ssl
import subprocess
import threading
import time

import pytest

from api import ApiError, Wiki, fetch, sha1
from conftest import make_target
from elsewhere import Elsewhere
from media import jpeg
from server import LOOPBACK, Server


@pytest.fixture
def by_url(new_server):
    """A wiki that may ask it; settings on top of that."""

    def make(**settings):
        target = new_server({**LOOPBACK, **{"uploads.by_url." + name: value for name, value in settings.items()}})
        wiki = target.wiki()
        wiki.server = target.server
        return wiki

    return make


def code_of(call):
    """The code of the error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.code


def files_on_disk(server):
    """Everything in the storage, by name."""
    return {path.name for path in (server.data / "blobs").rglob("*") if path.is_file()}


def test_a_file_is_fetched_and_published(by_url, elsewhere, name):
    wiki, data = by_url(), jpeg(80, 60)
    url = elsewhere.serve("/a.jpg", data, Content_Type="text/plain")
    result = wiki.upload(name, url=url, comment="by url")
    assert result["result"] == "Success"
    assert result["imageinfo"]["sha1"] == sha1(data)
    assert wiki.image_info(name)[0]["comment"] == "by url"
    assert fetch(result["imageinfo"]["url"]).content == data
    assert elsewhere.paths() == ["/a.jpg"]


def test_a_fetched_file_goes_to_the_stash_like_any_other(by_url, elsewhere, name):
    wiki, data = by_url(), jpeg()
    url = elsewhere.serve("/a.jpg", data)
    stashed = wiki.upload(name, url=url, stash=1)
    assert stashed["result"] == "Success" and stashed["filekey"].endswith(".")
    assert wiki.upload(name, filekey=stashed["filekey"])["result"] == "Success"

    other = elsewhere.serve("/b.jpg", jpeg(seed=7))
    warned = wiki.upload(name, url=other)
    assert warned["result"] == "Warning" and "exists" in warned["warnings"]
    assert wiki.upload(name, filekey=warned["filekey"], ignorewarnings=1)["result"] == "Success"
    # A bad name costs no second fetch.
    with pytest.raises(ApiError) as caught:
        wiki.upload("a%41.jpg", url=other)
    assert caught.value.code == "illegal-filename" and caught.value.error["filekey"].endswith(".")


def test_the_content_is_judged_as_always(by_url, elsewhere, name):
    wiki = by_url()
    html = elsewhere.serve("/a.jpg", b"<html><script>alert(1)</script></html>", Content_Type="image/jpeg")
    assert code_of(lambda: wiki.upload(name, url=html)) == "verification-error"
    assert code_of(lambda: wiki.upload(name, url=elsewhere.serve("/empty.jpg"))) == "empty-file"
    assert files_on_disk(wiki.server) == set()


def test_one_source_is_needed_and_one_only(by_url, elsewhere, name):
    wiki = by_url()
    url = elsewhere.serve("/a.jpg", jpeg())
    assert code_of(lambda: wiki.upload(name)) == "missingparam"
    assert code_of(lambda: wiki.upload(name, url=url, filekey="a.b.c")) == "invalidparammix"
    assert code_of(lambda: wiki.upload(name, url=url, file=jpeg())) == "invalidparammix"
    assert code_of(lambda: wiki.upload("", filekey="", url="")) == "invalidparammix"
    # With a chunk, an address is of no account.
    assert wiki.upload(name, chunk=b"x" * 2000, offset=0, filesize=4000, url=url)["result"] == "Continue"
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "ftp://127.0.0.1/x", "file:///etc/passwd", "HTTP://127.0.0.1/", " http://127.0.0.1/",
     "http://127.0.0.1/a b", "http:///x", "//127.0.0.1/x", "http://127.0.0.1/\r\nX-Injected: 1", "gopher://127.0.0.1/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(shared_wiki, url, name):
    assert code_of(lambda: shared_wiki.upload(name, url=url)) == "http-invalid-url"


@pytest.fixture(scope="module")
def shared_wiki(tmp_path_factory):
    """A wiki for tests that need none of their own."""
    server = Server(tmp_path_factory.mktemp("by_url") / "data", LOOPBACK).start()
    try:
        yield make_target(server).wiki()
    finally:
        server.stop()


def test_only_those_with_the_right_may(new_server, elsewhere, name):
    target = new_server({"uploads.by_url.allow_networks": "127.0.0.0/8"})
    url = elsewhere.serve("/a.jpg", jpeg())
    wiki = Wiki(target.api)
    wiki.login("Alice", target.server.add_user("Alice"))
    assert code_of(lambda: wiki.upload(name, url=url)) == "permissiondenied"
    # The right comes before the form of the address.
    assert code_of(lambda: wiki.upload(name, url="nonsense")) == "permissiondenied"
    nobody = Wiki(target.api)
    assert code_of(lambda: nobody.upload(name, url=url, token="+\\")) == "mustbeloggedin"
    assert elsewhere.requests == []
    assert target.wiki().upload(name, url=url)["result"] == "Success"

    # Clients look before they ask.
    def rights(wiki):
        return wiki.call(action="query", meta="userinfo", uiprop="rights")["query"]["userinfo"]["rights"]

    assert "upload_by_url" in rights(target.wiki()) and "upload_by_url" not in rights(wiki)
    groups = wiki.call(action="query", meta="siteinfo", siprop="usergroups")["query"]["usergroups"]
    assert [g["name"] for g in groups if "upload_by_url" in g["rights"]] == ["sysop"]


def test_the_operator_can_switch_it_off(by_url, elsewhere, name):
    wiki = by_url(enabled="false")
    assert code_of(lambda: wiki.upload(name, url=elsewhere.serve("/a.jpg", jpeg()))) == "copyuploaddisabled"
    assert elsewhere.requests == []


def test_only_listed_hosts_are_asked(by_url, elsewhere, name):
    wiki = by_url(allowed_hosts="files.example.org,127.*.*.1")
    elsewhere.serve("/a.jpg", jpeg())
    for host in ["127.0.0.2", "example.org", "a.files.example.org", "files.example.org@127.0.0.2"]:
        assert code_of(lambda: wiki.upload(name, url=f"http://{host}:{elsewhere.port}/a.jpg")) == "copyuploadbaddomain"
    assert elsewhere.requests == []
    # Redirects lead nowhere else either.
    away = elsewhere.redirect("/away", f"http://127.0.0.2:{elsewhere.port}/a.jpg")
    assert code_of(lambda: wiki.upload(name, url=away)) == "upload-copy-upload-invalid-domain"
    assert elsewhere.paths() == ["/away"]
    assert wiki.upload(name, url=elsewhere.url("/a.jpg"))["result"] == "Success"


def test_private_addresses_are_closed_in_any_spelling(new_server, elsewhere, name):
    wiki = new_server({"uploads.by_url.groups": "user"}).wiki()
    elsewhere.serve("/a.jpg", jpeg())
    for host in [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254", "10.0.0.1", "%31%32%37.0.0.1",
        "１２７.0.0.1", "example.org@127.0.0.1", "127.0.0.1.",
    ]:  # fmt: skip
        url = f"http://{host}:{elsewhere.port}/a.jpg"
        assert code_of(lambda: wiki.upload(name, url=url)) == "copyuploadbaddomain", host
    # Of a name this shows only when it is resolved.
    url = f"http://localhost:{elsewhere.port}/a.jpg"
    assert code_of(lambda: wiki.upload(name, url=url)) == "upload-copy-upload-invalid-domain"
    assert elsewhere.requests == []


def test_redirects_are_followed_four_times(by_url, elsewhere, name):
    wiki = by_url()
    elsewhere.serve("/end", jpeg())
    for number, status in zip(range(1, 6), [301, 302, 303, 307, 308]):
        elsewhere.redirect(f"/{number}", f"/{number - 1}" if number > 1 else "/end", status)
    assert code_of(lambda: wiki.upload(name, url=elsewhere.url("/5"))) == "upload-too-many-redirects"
    assert elsewhere.paths() == ["/5", "/4", "/3", "/2", "/1"]
    assert wiki.upload(name, url=elsewhere.url("/4"))["result"] == "Success"
    loop = elsewhere.redirect("/loop", "/loop")
    assert code_of(lambda: wiki.upload(name, url=loop)) == "upload-too-many-redirects"


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("http://[::1]:{port}/secret", "upload-copy-upload-invalid-domain"),
        ("http://0x7f000001.:{port}/secret", None),
        ("http://10.0.0.1:{port}/secret", "upload-copy-upload-invalid-domain"),
        ("//169.254.169.254/latest/meta-data/", "upload-copy-upload-invalid-domain"),
        ("file:///etc/passwd", "http-invalid-url"),
        ("gopher://127.0.0.1:{port}/_GET", "http-invalid-url"),
        ("http://", "http-invalid-url"),
    ],
)
def test_redirects_are_checked_like_the_first_address(by_url, elsewhere, name, to, code):
    wiki = by_url()
    elsewhere.serve("/secret", jpeg())
    url = elsewhere.redirect("/start", to.format(port=elsewhere.port))
    if code is None:
        assert wiki.upload(name, url=url)["result"] == "Success"
    else:
        assert code_of(lambda: wiki.upload(name, url=url)) == code
        assert elsewhere.paths() == ["/start"]


def test_bad_statuses_are_told(by_url, elsewhere, name):
    wiki = by_url()
    for status in [404, 403, 500, 302, 304]:
        url = elsewhere.serve(f"/{status}", b"", status)
        assert code_of(lambda: wiki.upload(name, url=url)) == "http-bad-status", status
    answer = wiki.http.post(
        wiki.url,
        data={"action": "upload", "format": "json", "formatversion": 2, "errorformat": "raw", "filename": name,
              "url": elsewhere.url("/404"), "token": wiki.token},
    ).json()  # fmt: skip
    assert answer["errors"][0]["params"] == ["404", "Not Found"]


def test_servers_that_are_not_there_are_told(by_url, name):
    wiki = by_url()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}/"
        assert code_of(lambda: wiki.upload(name, url=closed)) == "http-curl-error"


def test_slow_servers_are_left(by_url, elsewhere, name):
    wiki = by_url(timeout="1s")
    for url in [
        elsewhere.drip("/drip", b"x", 0.1),
        elsewhere.drip("/declared", b"x", 0.1, length=5000),
        elsewhere.on("/silent", lambda handler: elsewhere.over.wait(30)),
    ]:
        begun = time.monotonic()
        assert code_of(lambda: wiki.upload(name, url=url)) == "http-timed-out"
        assert 0.9 < time.monotonic() - begun < 5
    eventually(lambda: files_on_disk(wiki.server) == set())


def test_no_more_are_fetched_at_a_time_than_may_be(by_url, elsewhere, name):
    wiki, lock = by_url(at_once=1), threading.Lock()
    data, met = jpeg(), []

    def answer(handler):
        # Whoever comes meanwhile finds it locked.
        met.append(not lock.acquire(blocking=False))
        if not met[-1]:
            time.sleep(0.2)
            lock.release()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    url = elsewhere.on("/turns", answer)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: wiki.upload(name, url=url, stash=1)["result"], range(4))
        assert list(answers) == ["Success"] * 4
    assert met == [False] * 4


def test_no_more_is_taken_than_may_be(by_url, elsewhere, name):
    wiki = by_url(max_bytes=100_000)
    for url in [elsewhere.drip("/endless", b"x" * 60_000, 0), elsewhere.serve("/big", jpeg() + bytes(100_000))]:
        assert code_of(lambda: wiki.upload(name, url=url)) == "file-too-large"
    assert wiki.upload(name, url=elsewhere.serve("/small", jpeg()))["result"] == "Success"
    eventually(lambda: len(files_on_disk(wiki.server)) == 1)


def test_an_endless_body_does_not_fill_the_memory(by_url, elsewhere, name):
    wiki = by_url(max_bytes=300_000_000)
    url = elsewhere.drip("/endless", b"x" * 1_000_000, 0)
    before = wiki.server.peak_memory()
    assert code_of(lambda: wiki.upload(name, url=url)) == "file-too-large"
    assert wiki.server.peak_memory() - before < 50_000_000


def test_a_body_that_ends_early_is_no_file(by_url, elsewhere, name):
    wiki, data = by_url(), jpeg()
    short = elsewhere.serve("/short", data, Content_Length=str(len(data) + 100))
    assert code_of(lambda: wiki.upload(name, url=short)) == "http-curl-error"
    broken = elsewhere.serve("/broken", b"ffff\r\n" + data, Content_Length=None, Transfer_Encoding="chunked")
    assert code_of(lambda: wiki.upload(name, url=broken)) == "http-curl-error"
    # What comes after the announced end isn't the file's.
    long = elsewhere.serve("/long", data + b"more", Content_Length=str(len(data)))
    assert wiki.upload(name, url=long)["imageinfo"]["size"] == len(data)
    assert len(files_on_disk(wiki.server)) == 1


def test_compressed_bodies_are_not_unpacked(by_url, elsewhere, name):
    wiki = by_url()
    bomb = gzip.compress(jpeg() + bytes(50_000_000))
    url = elsewhere.serve("/bomb", bomb, Content_Encoding="gzip")
    assert code_of(lambda: wiki.upload(name, url=url)) == "http-read-error"
    [(_, head)] = elsewhere.requests
    assert head["accept-encoding"] == "identity"
    plain = elsewhere.serve("/plain", jpeg(), Content_Encoding="identity")
    assert wiki.upload(name, url=plain)["result"] == "Success"


def test_nothing_secret_is_sent(by_url, elsewhere, name):
    wiki = by_url()
    elsewhere.serve("/end", jpeg())
    address = f"127.0.0.1:{elsewhere.port}"
    elsewhere.redirect("/start", f"http://other:password@{address}/end#there")
    assert wiki.upload(name, url=f"http://me:secret@{address}/start#here")["result"] == "Success"
    assert elsewhere.paths() == ["/start", "/end"]
    for _, head in elsewhere.requests:
        assert set(head) <= {"host", "user-agent", "accept", "accept-encoding"}
        assert head["host"] == address
        assert head["user-agent"].startswith("Commonhold/")


def test_a_proxy_in_the_environment_is_ignored(elsewhere, name, tmp_path):
    proxy, server = Elsewhere(), Server(tmp_path / "data", LOOPBACK)
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]:
        server.environment[variable] = proxy.url("")
    for variable in ["no_proxy", "NO_PROXY"]:
        server.environment.pop(variable, None)
    try:
        wiki = make_target(server.start()).wiki()
        assert wiki.upload(name, url=elsewhere.serve("/a.jpg", jpeg()))["result"] == "Success"
        assert proxy.requests == [] and elsewhere.paths() == ["/a.jpg"]
    finally:
        server.stop()
        proxy.stop()


def test_certificates_are_checked(new_server, elsewhere, name, tmp_path, monkeypatch):
    def certify(who, *options):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", "/CN=" + who, "-keyout", who + ".key", "-out", who + ".pem", *options]
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)

    certify("authority")
    of_loopback = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    certify("elsewhere", "-CA", "authority.pem", "-CAkey", "authority.key", *of_loopback)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "elsewhere.pem", tmp_path / "elsewhere.key")
    elsewhere.server.socket = context.wrap_socket(elsewhere.server.socket, server_side=True)
    url = elsewhere.serve("/a.jpg", jpeg()).replace("http:", "https:")

    assert code_of(lambda: new_server(LOOPBACK).wiki().upload(name, url=url)) == "http-curl-error"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert new_server(LOOPBACK).wiki().upload(name, url=url)["result"] == "Success"
    # A server without any certificates still starts, and fetches without encryption.
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nothing"))
    bare = new_server(LOOPBACK).wiki()
    assert code_of(lambda: bare.upload(name, url=url)) == "http-curl-error"
    plain = Elsewhere()
    try:
        assert bare.upload(name, url=plain.serve("/a.jpg", jpeg()))["result"] == "Success"
    finally:
        plain.stop()


def eventually(condition):
    """Waits until something holds that the server does after its answer."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
