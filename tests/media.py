"""Files to upload, made on the spot: real JPEGs, each with bytes that no other has."""

import random
import struct


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


#: Where `extra` begins in a file that `jpeg` makes.
EXTRA_AT = 2 + 18 + 4
