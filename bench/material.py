"""Files to upload, made of noise, each unlike any other."""

import functools
import random
import struct
import zlib

#: Noise that is repeated in one file; none of the servers compresses or looks for repetitions.
NOISE = 1 << 22


@functools.cache
def noise_block():
    """The noise that big files are made of."""
    return random.Random().randbytes(NOISE)


def png(size, noise):
    """A picture of about `size` bytes."""
    width = 50
    height = max(1, size // (3 * width + 1))
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


class Sound:
    """A WAV file of a given size. Only its first bytes are its own; the rest are pieces of the same noise, so that
    neither memory nor time of this side limits its size."""

    def __init__(self, size, noise):
        self.size = size
        most = 0xFFFFFFFF
        self.start = b"RIFF" + struct.pack("<I", min(size - 8, most)) + b"WAVEfmt "
        self.start += struct.pack("<IHHIIHH", 16, 1, 2, 48000, 192000, 4, 16)
        self.start += b"data" + struct.pack("<I", min(size - 44, most)) + noise.randbytes(64)

    def pieces(self, offset, length):
        """The bytes of one part, as pieces."""
        length = min(length, self.size - offset)
        pieces = []
        if offset < len(self.start):
            pieces.append(self.start[offset:offset + length])
            length -= len(pieces[0])
        block = memoryview(noise_block())
        while length > 0:
            pieces.append(block[:min(length, NOISE)])
            length -= len(pieces[-1])
        return pieces
