#!/usr/bin/env python3
"""Judges thumbnails by what a lossless one would be: the whole picture decoded and scaled by Lanczos.

Needs Pillow and numpy. Takes lines of JSON with `source`, `width`, `height` and `results`, by name a `path` and
`halved`, whether colours have half the resolution. Gives a line for each with, by name, `psnr`, in dB, and `detail`,
the strength of fine detail as a share of what the lossless one has. Blur shows as less of it. What isn't as it was
wanted has `wrong` instead.

Programs differ in whether they mix colours by their numbers or by the light that these stand for, and some sharpen a
little afterwards. Each is right in its way, so PSNR is to the most alike of four: either mixing, sharpened or not.
"""

import json
import math
import sys

import numpy
from PIL import Image

LANCZOS = Image.Resampling.LANCZOS
NUMBERS = numpy.arange(256, dtype=numpy.float32) / 255
#: The light that sRGB's numbers stand for.
LIGHT = numpy.where(NUMBERS <= 0.04045, NUMBERS / 12.92, ((NUMBERS + 0.055) / 1.055) ** 2.4).astype(numpy.float32)


def scaled(band, size):
    """One colour of a picture."""
    return numpy.asarray(Image.fromarray(band, "F").resize(size, LANCZOS))


def by_numbers(picture, size):
    """As most programs do."""
    return numpy.asarray(picture.resize(size, LANCZOS), dtype=numpy.float32)


def by_light(picture, size):
    """As optics would."""
    bands = [scaled(LIGHT[numpy.asarray(band)], size).clip(0, 1) for band in picture.split()]
    light = numpy.stack(bands, axis=-1)
    return numpy.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255


def neighbours(pixels):
    """The sums of those beside each pixel and of those at its corners, without the outermost."""
    beside = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    return beside, pixels[:-2, :-2] + pixels[:-2, 2:] + pixels[2:, :-2] + pixels[2:, 2:]


def sharpened(pixels):
    """As by ImageMagick's `-sharpen 0x0.4`: the pixel, less a Gaussian of its neighbours."""
    side, corner = math.exp(-1 / (2 * 0.4**2)), math.exp(-2 / (2 * 0.4**2))
    beside, corners = neighbours(pixels)
    middle = 1 + 4 * side + 4 * corner
    sharp = pixels.copy()
    sharp[1:-1, 1:-1] = pixels[1:-1, 1:-1] * (middle + 4 * side + 4 * corner) - (beside * side + corners * corner)
    sharp[1:-1, 1:-1] /= middle
    return sharp.clip(0, 255)


def grey(pixels):
    """Brightness."""
    return pixels @ numpy.array([0.299, 0.587, 0.114], dtype=numpy.float32)


def detail(pixels):
    """How much pixels differ from those beside them."""
    brightness = grey(pixels)
    beside, _ = neighbours(brightness)
    return float(numpy.std(brightness[1:-1, 1:-1] * 4 - beside))


def psnr(pixels, reference):
    """In dB, over all colours."""
    return 10 * math.log10(255**2 / float(numpy.mean((pixels - reference) ** 2)))


def judge(job):
    """All thumbnails of one picture in one size."""
    size = (job["width"], job["height"])
    with Image.open(job["source"]) as source:
        picture = source.convert("RGB")
    plain = [by_numbers(picture, size), by_light(picture, size)]
    references = [*plain, *(sharpened(reference) for reference in plain)]
    judged = {}
    for name, made in job["results"].items():
        wanted = 2 if made["halved"] else 1
        with Image.open(made["path"]) as result:
            sampling = [layer[1:3] for layer in result.layer]
            if result.size != size or sampling != [(wanted, wanted), (1, 1), (1, 1)]:
                judged[name] = {"wrong": f"makes {result.size} of {sampling}"}
                continue
            pixels = numpy.asarray(result.convert("RGB"), dtype=numpy.float32)
        best = max(references, key=lambda reference: psnr(pixels, reference))
        judged[name] = {"psnr": psnr(pixels, best), "detail": detail(pixels) / detail(plain[0])}
    return judged


def main():
    """A line for each job."""
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
