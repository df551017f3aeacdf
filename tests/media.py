"""Files to upload, made on the spot: real JPEGs, each with bytes that no other has."""

import random
import struct
import zlib


def jpeg(width=64, height=48, *, seed=None, extra=b""):
    """A baseline JPEG: grey noise in blocks of eight by eight pixels.

    The same seed gives the same bytes. `extra` goes verbatim into a segment that readers skip, so that a test may
    put any bytes at a known place (see `EXTRA_AT`).
    """
    noise = random.Random(seed)
    blocks = (width + 7) // 8 * ((height + 7) // 8)
    # One DC symbol per block (a difference of brightness, coded by category as in the standard's table),
    # then one bit that says "no more coefficients".
    categories = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110"]
    bits, previous = [], 0
    for _ in range(blocks):
        brightness = noise.randrange(-120, 120)
        difference, previous = brightness - previous, brightness
        category = abs(difference).bit_length()
        bits.append(categories[category])
        if category:
            value = difference if difference > 0 else difference + (1 << category) - 1
            bits.append(format(value, f"0{category}b"))
        bits.append("0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")

    def segment(marker, body):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body

    return b"".join([
        b"\xff\xd8",
        segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
        segment(0xEB, extra),
        segment(0xDB, b"\0" + bytes([8] * 64)),
        segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"),
        segment(0xC4, b"\x00" + bytes([0, 1, 5, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) + bytes(range(9))),
        segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0"),
        segment(0xDA, b"\1\1\0\0\x3f\0"),
        scan,
        b"\xff\xd9",
    ])


def wav(size):
    """A WAV file of silence in pieces, so that it may be of any size."""
    yield (
        b"RIFF" + struct.pack("<I", size - 8) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 48000, 192000, 4, 16)
        + b"data" + struct.pack("<I", size - 44)
    )
    piece = bytes(1 << 20)
    for at in range(44, size, len(piece)):
        yield piece[:min(len(piece), size - at)]


def png(*chunks, width=1, height=1):
    """A PNG file of black pixels with chunks before its picture; only a single pixel is really there."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    middle = b"".join(chunk(*c) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + header + middle + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def gif(comment=b"c", frames=1):
    """A GIF file of one pixel."""
    frame = b"!\xf9\4\0\1\0\0\0,\0\0\0\0\1\0\1\0\0\2\2\x44\1\0" if frames > 1 else b",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return b"GIF89a\1\0\1\0\0\0\0!\xfe" + bytes([len(comment)]) + comment + b"\0" + frame * frames + b";"


def archive(*names):
    """A ZIP file with entries of one byte."""
    out, directory = b"", b""
    for name in names:
        sizes = struct.pack("<IIIHH", zlib.crc32(b"x"), 1, 1, len(name), 0)
        directory += b"PK\1\2\x0a\0" + struct.pack("<HHHHH", 10, 0, 0, 0, 0) + sizes
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name
        out += b"PK\3\4" + struct.pack("<HHHHH", 10, 0, 0, 0, 0) + sizes + name + b"x"
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory), len(out), 0)
    return out + directory + b"PK\5\6" + end


def tiff(*entries, exif=(), following=0):
    """A little-endian TIFF structure with a directory of (tag, kind, bytes), and one of EXIF; `following` is where
    the next directory is said to be."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}

    def directory(at, entries, following):
        values_at = at + 2 + 12 * len(entries) + 4
        table, values = struct.pack("<H", len(entries)), b""
        for tag, kind, data in entries:
            table += struct.pack("<HHI", tag, kind, len(data) // sizes[kind])
            if len(data) <= 4:
                table += data.ljust(4, b"\0")
            else:
                table += struct.pack("<I", values_at + len(values))
                values += data
        return table + struct.pack("<I", following) + values

    entries = list(entries)
    if exif:
        at = 8 + len(directory(8, [*entries, (0x8769, 4, bytes(4))], 0))
        entries.append((0x8769, 4, struct.pack("<I", at)))
    first = directory(8, entries, following)
    return b"II*\0\x08\0\0\0" + first + (directory(8 + len(first), list(exif), 0) if exif else b"")


def jpeg_with(*segments):
    """A JPEG file with segments of (marker, bytes) after its first."""
    body = jpeg(seed=1)
    middle = b"".join(b"\xff" + bytes([m]) + struct.pack(">H", len(d) + 2) + d for m, d in segments)
    return body[:20] + middle + body[20:]


def riff(kind, *chunks):
    """A RIFF file of (name, bytes)."""
    body = kind + b"".join(n + struct.pack("<I", len(d)) + d + bytes(len(d) % 2) for n, d in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind, *parts):
    """A box of ISO media."""
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def ogg(*packets, serial=1, granule=0):
    """An Ogg stream with a page for each packet; checksums are left out."""
    pages = b""
    for number, packet in enumerate(packets):
        flags = (2 if number == 0 else 0) | (4 if number == len(packets) - 1 else 0)
        lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
        at = granule if flags & 4 else 0
        pages += b"OggS\0" + struct.pack("<BqIIIB", flags, at, serial, number, 0, len(lacing)) + lacing + packet
    return pages


#: A file of each type that may be uploaded, by extension; small, and only as real as it has to be.
def one_of_each():
    vorbis = b"\1vorbis" + struct.pack("<IBIIII", 0, 2, 48000, 0, 96000, 0) + b"\xb8\1"
    opus = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 312, 48000, 0, 0)
    theora = b"\x80theora\3\2\1" + struct.pack(">HH", 2, 2) + bytes(28)
    return {
        "jpg": jpeg(seed=1),
        "png": png(),
        "gif": gif(),
        "webp": riff(b"WEBP", (b"VP8L", b"\x2f\x13\xc0\x01\0" + bytes(8))),
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='4' height='3'><path d='M0 0h4v3z'/></svg>",
        "tif": tiff((0x100, 3, b"\4\0"), (0x101, 3, b"\3\0")),
        "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
               b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
               b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "ogg": ogg(vorbis, b"\3vorbis" + bytes(8) + b"\1", granule=96000),
        "opus": ogg(opus, b"OpusTags" + bytes(8), b"\0", granule=96312),
        "ogv": ogg(theora, b"\x81theora" + bytes(8)),
        "webm": b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\x8a\x86\x85V_VP9" + bytes(40),
        "mp3": b"ID3\3\0\0\0\0\0\0" + (b"\xff\xfb\x90\0" + bytes(413)) * 4,
        "wav": b"".join(wav(4044)),
        "flac": b"fLaC\x80\0\0\x22" + struct.pack(">HH", 4096, 4096) + bytes(6)
                + ((44100 << 44) | (1 << 41) | (15 << 36) | 88200).to_bytes(8, "big") + bytes(16),
        "mp4": box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
               + box(b"moov", box(b"mvhd", bytes(12) + struct.pack(">II", 1000, 2500) + bytes(80))),
        "mid": b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", 4) + b"\0\xff\x2f\0",
        "djvu": b"AT&TFORM" + struct.pack(">I", 22) + b"DJVUINFO" + struct.pack(">IHHBBHBB", 10, 40, 30, 24, 0, 300, 22, 1),
        "stl": b"solid x\nfacet normal 0 0 1\nendfacet\nendsolid x\n",
        "avif": box(b"ftyp", b"avif\0\0\0\0mif1avif") + bytes(40),
        "jxl": b"\xff\x0a\xfa\x1f\x01\x90" + bytes(40),
        "heic": box(b"ftyp", b"heic\0\0\0\0mif1heic") + bytes(40),
    }


#: Where `extra` begins in a file that `jpeg` makes.
EXTRA_AT = 2 + 18 + 4
