"""Files whose decoding would take any amount of time or memory, and the pieces that they are made of."""

import struct
import zlib


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
