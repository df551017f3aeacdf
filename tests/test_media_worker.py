"""Processes that decode files: what they make, and what they refuse within two seconds and half a gigabyte."""

import json
import os
import random
import struct
import subprocess
import tempfile
import zlib

import pytest

from server import BINARY, Server

#: What a file may cost: seconds of processor time, and bytes.
SECONDS, MEMORY = 2, 512 << 20
REFUSED = 3


class Done:
    """What came of a process: exit code (negative for a signal), output, seconds of processor time, peak memory."""

    def __init__(self, content, inspect=None, **spec):
        thumbnail = {"width": 100, "height": 100, "low_quality": False, "output": "Png"} | spec
        job = {"Inspect": {"mime": inspect}} if inspect else {"Thumbnail": thumbnail}
        limits = {
            "memory_bytes": MEMORY, "seconds": 10, "drawing_seconds": SECONDS,
            "max_pixels": 12_500_000, "max_frames": 2_000,
        }
        order = json.dumps({"job": job, "limits": limits})
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            process = subprocess.Popen(
                [BINARY, "media-worker", order], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            self.output = process.stdout.read()
            self.reason = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
        self.code = process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = used.ru_utime + used.ru_stime
        self.peak = used.ru_maxrss << 10
        for pipe in (process.stdout, process.stderr):
            pipe.close()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data, *more):
    """A PNG of one bit of grey for each pixel."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def gif(width, height, frames):
    """Frames of one pixel each."""
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c\0\0\0\0\1\0\1\0\0" + b"\x02\x02\x44\x01\x00"
    palette = b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + palette + frame * frames + b";"


def tiff(width, height):
    """One strip that isn't there."""
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
               (278, 4, height), (279, 4, 0xFFFFFFF0)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + body + b"\0\0\0\0"


def svg(content, defs=""):
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="1000" height="1000">'
        f"<defs>{defs}</defs>{content}</svg>"
    ).encode()


def nested_use():
    """A thousand million squares."""
    groups = '<g id="g0"><rect width="10" height="10"/></g>'
    for n in range(1, 10):
        groups += f'<g id="g{n}">' + f'<use xlink:href="#g{n - 1}"/>' * 10 + "</g>"
    return svg('<use xlink:href="#g9"/>', groups)


def filters():
    """Large filters in large filters."""
    steps = '<feGaussianBlur stdDeviation="90"/><feTurbulence numOctaves="99"/><feMorphology radius="300"/>' * 99
    size = 'x="-99%" y="-99%" width="999%" height="999%"'
    group = '<g filter="url(#f)">'
    square = '<rect width="1000" height="1000"/>'
    return svg(group * 30 + square + "</g>" * 30, f'<filter id="f" {size}>{steps}</filter>')


def turbulence():
    step = '<feTurbulence baseFrequency="0.9" numOctaves="1000"/>'
    return svg('<rect filter="url(#f)" width="1000" height="1000"/>', f'<filter id="f">{step * 500}</filter>')


def patterns():
    """Patterns of patterns."""
    defs = '<pattern id="p0" width="1" height="1" patternUnits="userSpaceOnUse"><rect width="1" height="1"/></pattern>'
    for n in range(1, 30):
        defs += (
            f'<pattern id="p{n}" width="2" height="2" patternUnits="userSpaceOnUse">'
            + f'<rect width="2" height="2" fill="url(#p{n - 1})"/>' * 4 + "</pattern>"
        )
    return svg('<rect width="1000" height="1000" fill="url(#p29)"/>', defs)


def entities():
    names = [f"e{n}" for n in range(12)]
    declared = '<!ENTITY e0 "lol">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip(names, names[1:])
    )
    return f'<!DOCTYPE svg [{declared}]>'.encode() + svg("<text>&e11;</text>")


def progressive(scans):
    """A JPEG of 8,000 by 8,000 pixels and many scans that say nothing."""
    def segment(marker, data):
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    tables = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\x10" + b"\1" + b"\0" * 15 + b"\xe0")
    frame = segment(0xC2, struct.pack(">BHHB", 8, 8000, 8000, 1) + b"\1\x11\0")
    scan = segment(0xDA, b"\1\1\0\1\x3f\0") + b"\0" * 200
    return b"\xff\xd8" + tables + frame + scan * scans + b"\xff\xd9"


def squeezed(megabytes):
    """So many megabytes of nothing. They are never held: a child's peak begins with what its parent has."""
    packer = zlib.compressobj(1)
    nothing = bytes(1 << 20)
    return b"".join(packer.compress(nothing) for _ in range(megabytes)) + packer.flush()


BOMBS = {
    "a square of 65,500 pixels": ("image/png", lambda: png(65_500, 65_500, squeezed(64))),
    "more rows than the header says": ("image/png", lambda: png(100, 100, squeezed(256))),
    "text that unpacks to a gigabyte": (
        "image/png",
        lambda: png(8, 8, zlib.compress(b"\0\0" * 8), *(
            [chunk(b"zTXt", b"Comment\0\0" + squeezed(128))] * 8
        )),
    ),
    "a profile that unpacks to a gigabyte": (
        "image/png",
        lambda: png(8, 8, zlib.compress(b"\0\0" * 8), chunk(b"iCCP", b"p\0\0" + squeezed(1024))),
    ),
    "100,000 frames": ("image/gif", lambda: gif(1, 1, 100_000)),
    "100,000 frames on a large canvas": ("image/gif", lambda: gif(3_000, 3_000, 100_000)),
    "a canvas of 65,535 pixels": ("image/gif", lambda: gif(65_535, 65_535, 2)),
    "one by four thousand million": ("image/tiff", lambda: tiff(1, 0xFFFFFFF0)),
    "a strip of four gigabytes": ("image/tiff", lambda: tiff(1_000, 1_000)),
    "a thousand scans": ("image/jpeg", lambda: progressive(1_000)),
    "use in use": ("image/svg+xml", nested_use),
    "filters in filters": ("image/svg+xml", filters),
    "turbulence": ("image/svg+xml", turbulence),
    "patterns in patterns": ("image/svg+xml", patterns),
    "entities": ("image/svg+xml", entities),
    "groups in groups": ("image/svg+xml", lambda: svg('<g opacity="0.5">' * 50_000 + "</g>" * 50_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_done_or_refused_within_limits(name):
    mime, make = BOMBS[name]
    done = Done(make(), mime=mime, output="Gif" if mime == "image/gif" else "Png")
    # The clock of a process ticks, so it may be over by one tick.
    assert done.seconds < SECONDS + 0.1, name
    assert done.peak < MEMORY, name
    assert done.code == 0 or not done.output


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff",
                                  "image/svg+xml", "application/pdf"])
def test_noise_is_refused(mime):
    noise = random.Random(mime).randbytes(100_000)
    heads = {
        "image/jpeg": b"\xff\xd8\xff\xe0", "image/png": b"\x89PNG\r\n\x1a\n", "image/gif": b"GIF89a",
        "image/webp": b"RIFF\0\0\1\0WEBPVP8 ", "image/tiff": b"II*\0\x08\0\0\0", "image/svg+xml": b"<svg ",
        "application/pdf": b"%PDF-1.7\n",
    }
    for content in (noise, heads[mime] + noise, b"", heads[mime]):
        done = Done(content, mime=mime)
        assert done.code == REFUSED, (done.code, done.reason)
        assert json.loads(done.reason)


def test_a_process_can_do_nothing_else(tmp_path):
    server = Server(tmp_path / "data")
    report = json.loads(server.cli("--json", "doctor").stdout)["sandbox"]
    assert report["seccomp"] or report["landlock"]
    assert report["stopped"] == dict.fromkeys(["open", "connect", "execute", "memory", "time"], True)
    assert "Opening a file: stopped" in server.cli("doctor").stdout
    # Looking is no reason to make a data directory.
    assert not server.data.exists()


def test_documents_are_described():
    document = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/MediaBox[0 0 72 144]>>endobj\ntrailer<</Root 1 0 R>>\n"
    )
    done = Done(document, inspect="application/pdf")
    assert done.code == 0, done.reason
    told = json.loads(done.output)
    assert (told["pages"], told["width"], told["height"]) == (1, 150, 300)
    # Cut off anywhere it is still a document.
    for end in range(9, len(document), 7):
        assert Done(document[:end], inspect="application/pdf").code == 0


def test_a_stream_that_holds_its_own_length_is_described():
    stream = b"%PDF-1.5\n5 0 obj<</Type/ObjStm/N 1/First 4/Length 6 0 R>>stream\n6 0 7\nendstream endobj\n"
    rows = bytes([1, 0, 9, 0, 2, 0, 5, 0])
    table = b"7 0 obj<</Type/XRef/Size 7/Index[5 2]/W[1 2 1]/Root 6 0 R/Length 8>>stream\n" + rows
    table += b"\nendstream endobj\n"
    done = Done(stream + table + b"startxref\n%d\n%%%%EOF" % len(stream), inspect="application/pdf")
    assert done.code == 0 and json.loads(done.output)["pages"] is None
    assert done.seconds < SECONDS and done.peak < MEMORY
