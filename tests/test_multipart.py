"""Request bodies as clients in daily use write them. Strict readers choke on most of these."""

import itertools
import socket
import urllib.parse

import pytest
import requests

from api import Wiki, fetch, sha1
from media import EXTRA_AT, jpeg, wav

CRLF, LF = b"\r\n", b"\n"


def disposition(name, filename=None, key=b"Content-Disposition"):
    """The head line that every part has."""
    line = key + b': form-data; name="' + name.encode() + b'"'
    return line if filename is None else line + b'; filename="' + filename.encode() + b'"'


def text_parts(params):
    """Parts without anything special about them."""
    return [([disposition(key)], str(value).encode()) for key, value in params.items()]


def body(parts, boundary=b"boundary", end=CRLF, closing=None):
    """Puts parts of (head lines, data) together."""
    pieces = [b"--" + boundary + end + end.join(head) + end + end + data + end for head, data in parts]
    return b"".join(pieces) + (b"--" + boundary + b"--" + end if closing is None else closing)


def params(wiki, filename, **more):
    """The text parameters of an upload."""
    return {"action": "upload", "format": "json", "filename": filename, "token": wiki.token, **more}


def check(answer, filename, data):
    """The upload is published with exactly these bytes."""
    upload = answer.json().get("upload")
    assert upload and upload["result"] == "Success", answer.body
    assert upload["filename"] == filename
    assert upload["imageinfo"]["sha1"] == sha1(data)
    assert fetch(upload["imageinfo"]["url"]).content == data


def send(wiki, filename, parts, content_type="multipart/form-data; boundary=boundary", **kwargs):
    """Sends a body with the boundary `boundary`."""
    return wiki.raw(body(parts, **kwargs), content_type)


FILE = [disposition("file", "x.jpg"), b"Content-Type: image/jpeg"]


def test_bare_line_feeds_of_a_mail_library(wiki, name):
    data = jpeg()
    boundary = b"===============4223540230017703830=="
    plain = [b"Content-Type: text/plain", b"MIME-Version: 1.0"]
    parts = [
        (plain + [disposition(key, key=b"Content-disposition")], value.encode())
        for key, value in params(wiki, name).items()
    ]
    file_head = [b"Content-Type: image/jpeg", b"MIME-Version: 1.0"]
    file_head += [disposition("file", "FAKE-NAME", key=b"Content-disposition"), b"Content-Transfer-Encoding: binary"]
    content_type = f'multipart/form-data; boundary="{boundary.decode()}"'
    sent = body(parts + [(file_head, data)], boundary, LF)
    check(wiki.raw(sent, content_type, headers={"MIME-Version": "1.0"}), name, data)


def send_chunk(wiki, name, chunk, offset, size, end, key=None):
    """One chunk; gives what stands under `upload`."""
    more = {"stash": "1", "ignorewarnings": "1", "offset": offset, "filesize": size}
    if key:
        more["filekey"] = key
    parts = text_parts(params(wiki, name, **more)) + [([disposition("chunk", "blob")], chunk)]
    answer = send(wiki, name, parts, end=end).json()
    assert "upload" in answer, answer
    return answer["upload"]


def test_a_carriage_return_before_the_delimiter_belongs_to_it(wiki, name):
    data = jpeg()
    # The client with bare line feeds ends its last chunk with a CR that isn't part of the file.
    answer = send_chunk(wiki, name, data + b"\r", 0, len(data), LF)
    assert answer["result"] == "Success"
    assert answer["imageinfo"]["sha1"] == sha1(data)


def test_a_chunk_that_loses_its_last_byte_says_how_far_it_came(wiki, name):
    data = jpeg(extra=b"\r" * 8000)
    assert data[4095:4096] == b"\r"
    first = send_chunk(wiki, name, data[:4096], 0, len(data), LF)
    assert (first["result"], first["offset"]) == ("Continue", 4095)
    last = send_chunk(wiki, name, data[4095:], 4095, len(data), CRLF, first["filekey"])
    assert last["result"] == "Success"
    assert last["imageinfo"]["sha1"] == sha1(data)


def test_headers_glued_to_the_name_and_half_a_part_at_the_end(wiki, name):
    data = jpeg()
    boundary = b"----------NEXT PART----------"
    plain = b"Content-Type: text/plain; charset=UTF-8"
    parts = [([disposition(key) + plain], str(value).encode()) for key, value in params(wiki, name).items()]
    parts.append(([disposition("file", "x y.jpg") + b"Content-Type: application/octet-stream"], data))
    rest = b"--" + boundary + CRLF + b'Content-Disposition: form-data; name="--' + CRLF
    sent = body(parts, boundary, closing=rest)
    check(wiki.raw(sent, "multipart/form-data; boundary=" + boundary.decode()), name, data)


@pytest.mark.parametrize("closing", [b"", b"--boundary--"], ids=["none", "without-line-break"])
def test_the_end_of_the_body_ends_the_last_part(wiki, name, closing):
    data = jpeg()
    fields = text_parts(params(wiki, name))
    check(send(wiki, name, [(FILE, data)] + fields, closing=closing), name, data)


def test_file_first_and_token_last(wiki, name):
    data = jpeg()
    fields = params(wiki, name)
    token = fields.pop("token")
    parts = [(FILE, data)] + text_parts({**fields, "token": token})
    check(send(wiki, name, parts), name, data)


def test_file_part_by_part_of_another_type(wiki, name):
    data = jpeg()
    for index, extra in enumerate([[], [b"Content-Type: multipart/form-data"], [b"Content-Type: text/html"]]):
        filename = name.replace(".jpg", f"_{index}.jpg")
        parts = text_parts(params(wiki, filename, ignorewarnings=1)) + [([disposition("file", "foo")] + extra, data)]
        check(send(wiki, filename, parts), filename, data)


def test_text_parts_with_headers_of_their_own(wiki, name):
    data = jpeg()
    parts = []
    for key, value in params(wiki, name).items():
        head = [disposition(key), b"Content-Transfer-Encoding: binary"]
        head += [b"Content-Type: multipart/form-data; charset=utf-8", b"Content-Length: %d" % len(value)]
        parts.append((head, value.encode()))
    check(send(wiki, name, parts + [(FILE, data)]), name, data)


def test_any_case_and_no_quotes(wiki, name):
    data = jpeg()
    head = "content-disposition: form-data; name="
    parts = [([(head + key).encode()], value.encode()) for key, value in params(wiki, name).items()]
    parts.append(([b"CONTENT-DISPOSITION: form-data; name=file; filename=x.jpg"], data))
    check(send(wiki, name, parts, content_type="Multipart/Form-Data; boundary=boundary"), name, data)


def test_data_that_looks_like_delimiters(wiki, name):
    traps = [b"\r\n--boundar", b"\r\n--boundarX", b"\n--", b"\r\n", b"\r\r\n", b"--boundary--", b"\r", b"-" * 70]
    data = jpeg(extra=b"x".join(traps * 300))
    assert data[EXTRA_AT:].startswith(traps[0])
    check(send(wiki, name, text_parts(params(wiki, name)) + [(FILE, data)]), name, data)


@pytest.mark.parametrize("lead", ["?", "?&"], ids=["plain", "empty-first-pair"])
def test_parameters_split_over_query_string_and_body(wiki, name, lead):
    data = jpeg()
    query = lead + "format=xml&maxlag=5&action=upload&filename=Not_this_one.jpg"
    fields = text_parts({"format": "json", "filename": name, "token": wiki.token})
    sent = body(fields + [(FILE, data)])
    check(wiki.raw(sent, "multipart/form-data; boundary=boundary", query), name, data)


def test_no_token_in_the_query_string(wiki, name):
    query = "?token=" + urllib.parse.quote(wiki.token)
    fields = params(wiki, name)
    del fields["token"]
    answer = wiki.raw(body(text_parts(fields) + [(FILE, jpeg())]), "multipart/form-data; boundary=boundary", query)
    assert answer.json()["error"]["code"] == "mustpostparams"
    assert answer.headers["MediaWiki-API-Error"] == "mustpostparams"


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_presence_makes_a_boolean_true(wiki, name, value):
    parts = text_parts(params(wiki, name, stash=value)) + [(FILE, jpeg())]
    upload = send(wiki, name, parts).json()["upload"]
    assert upload["result"] == "Success"
    assert "filekey" in upload


def test_unknown_parameters_are_a_warning(wiki, name):
    data = jpeg()
    answer = send(wiki, name, text_parts(params(wiki, name, colour="blue")) + [(FILE, data)])
    assert "colour" in answer.json()["warnings"]["main"]["*"]
    check(answer, name, data)


@pytest.mark.parametrize(("filename", "code"), [(None, "badupload"), ("", "empty-file")])
def test_a_file_is_what_has_a_file_name(wiki, name, filename, code):
    data = b"" if filename == "" else jpeg()
    parts = text_parts(params(wiki, name)) + [([disposition("file", filename)], data)]
    answer = send(wiki, name, parts)
    assert answer.status == 200
    assert answer.json()["error"]["code"] == code


def test_without_a_boundary_there_are_no_parameters(wiki, name):
    sent = body(text_parts(params(wiki, name)) + [(FILE, jpeg())])
    answer = wiki.raw(sent, "multipart/form-data")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert wiki.image_info(name) == []


def test_a_body_of_unknown_length(wiki, name):
    data = jpeg(600, 600)
    sent = body(text_parts(params(wiki, name)) + [(FILE, data)])
    pieces = (sent[at:at + 1000] for at in range(0, len(sent), 1000))
    answer = wiki.raw(pieces, "multipart/form-data; boundary=boundary", headers={"Transfer-Encoding": "chunked"})
    check(answer, name, data)


def test_big_files_pass_through_little_memory(new_server):
    target = new_server()
    wiki = target.wiki()
    size = 192 << 20
    opening = b"--boundary" + CRLF + disposition("file", "x") + CRLF * 2
    head = body(text_parts(params(wiki, "Silence.wav")), closing=opening)
    sent = itertools.chain([head], wav(size), [CRLF + b"--boundary--" + CRLF])
    answer = wiki.raw(sent, "multipart/form-data; boundary=boundary", headers={"Transfer-Encoding": "chunked"})
    upload = answer.json()["upload"]
    assert (upload["result"], upload["imageinfo"]["size"]) == ("Success", size)
    answer = requests.get(upload["imageinfo"]["url"], stream=True, timeout=60)
    assert sum(map(len, answer.iter_content(1 << 20))) == size
    assert target.server.peak_memory() < 64 << 20


def head_of(wiki, sent, **headers):
    """A request's head for a socket."""
    address = urllib.parse.urlsplit(wiki.url)
    lines = [f"POST {address.path} HTTP/1.1", f"Host: {address.netloc}", f"Cookie: {wiki.cookie_header()}"]
    lines += ["Content-Type: multipart/form-data; boundary=boundary", f"Content-Length: {len(sent)}"]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    return "\r\n".join(lines + ["", ""]).encode()


def connect(wiki):
    """A bare socket."""
    address = urllib.parse.urlsplit(wiki.url)
    return socket.create_connection((address.hostname, address.port or 80), timeout=30)


def read_all(stream):
    """Everything until the server closes."""
    received = b""
    while more := stream.recv(65536):
        received += more
    return received


def test_expect_100_continue(wiki, name):
    data = jpeg()
    sent = body(text_parts(params(wiki, name)) + [(FILE, data)])
    with connect(wiki) as stream:
        stream.sendall(head_of(wiki, sent, Expect="100-continue", Connection="close"))
        assert stream.recv(65536).startswith(b"HTTP/1.1 100")
        stream.sendall(sent)
        received = read_all(stream)
    assert received.startswith(b"HTTP/1.1 200")
    assert b'"result":"Success"' in received
    assert wiki.image_info(name)[0]["sha1"] == sha1(data)


def test_an_offer_to_upgrade_is_ignored(wiki, name):
    data = jpeg()
    sent = body(text_parts(params(wiki, name)) + [(FILE, data)])
    with connect(wiki) as stream:
        offer = {"Upgrade": "h2c", "HTTP2_Settings": "AAMAAABkAAQBAAAAAAIAAAAA"}
        stream.sendall(head_of(wiki, sent, Connection="Upgrade, HTTP2-Settings, close", **offer) + sent)
        received = read_all(stream)
    assert received.startswith(b"HTTP/1.1 200")
    assert wiki.image_info(name)[0]["sha1"] == sha1(data)


def test_a_body_that_breaks_off_uploads_nothing(wiki, target, name):
    data = jpeg(2000, 2000)
    sent = body(text_parts(params(wiki, name)) + [(FILE, data)])
    with connect(wiki) as stream:
        stream.sendall(head_of(wiki, sent) + sent[: len(sent) // 2])
    assert wiki.image_info(name) == []
    # Nor does it harm those who come after.
    assert Wiki(target.api).whoami()["id"] == 0


def test_several_requests_on_one_connection(wiki, name):
    connection = wiki.connect()
    path = urllib.parse.urlsplit(wiki.url).path
    headers = {"Content-Type": "multipart/form-data; boundary=boundary", "Cookie": wiki.cookie_header()}
    for index in range(3):
        data, filename = jpeg(), name.replace(".jpg", f"_{index}.jpg")
        connection.request("POST", path, body(text_parts(params(wiki, filename)) + [(FILE, data)]), headers)
        response = connection.getresponse()
        assert b'"result":"Success"' in response.read()
        assert wiki.image_info(filename)[0]["sha1"] == sha1(data)
    connection.close()
