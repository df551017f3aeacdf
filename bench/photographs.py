#!/usr/bin/env python3
"""Makes pictures that compress like photographs: soft light, a few sharp shapes, texture at every size, and grain.

Needs Pillow. Arguments: directory, how many. What is there already stays; the same number gives the same picture.
"""

import multiprocessing
import os
import pathlib
import random
import sys

from PIL import Image, ImageChops, ImageDraw

WIDTH, HEIGHT = 6000, 4000
QUALITY = 90
#: Texture: how many pixels a spot of noise is wide, and how far it is from grey at most.
OCTAVES = [(120, 40), (30, 24), (8, 22)]
#: The same of the finest, which decides how large the file is: about 6 to 10 MB.
FINE = (10, 22)


def grain(noise, spot, height):
    """Grey noise: the sum of two bytes of chance is near enough to what sensors make."""
    size = (WIDTH // spot + 1, HEIGHT // spot + 1)
    once, again = (Image.frombytes("L", size, noise.randbytes(size[0] * size[1])) for _ in range(2))
    levels = [round(128 + (value - 128) / 128 * height) for value in range(256)]
    small = ImageChops.add(once, again, scale=2).point(levels)
    return small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC) if spot > 1 else small.crop((0, 0, WIDTH, HEIGHT))


def light(noise):
    """Soft colours over the whole picture."""
    small = Image.frombytes("RGB", (6, 4), bytes(noise.randrange(50, 200) for _ in range(6 * 4 * 3)))
    return small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def shapes(picture, noise):
    """Things with edges."""
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y = noise.randrange(WIDTH), noise.randrange(HEIGHT)
        reach = noise.randrange(40, 900)
        colour = tuple(noise.randrange(20, 235) for _ in range(3))
        corners = [(x + noise.randrange(-reach, reach), y + noise.randrange(-reach, reach)) for _ in range(4)]
        kind = noise.randrange(3)
        if kind == 0:
            draw.ellipse((x, y, x + reach, y + noise.randrange(40, 900)), fill=colour)
        elif kind == 1:
            draw.polygon(corners, fill=colour)
        else:
            draw.line(corners, fill=colour, width=noise.randrange(2, 40))


def make(job):
    """One picture, under its name once it is whole."""
    path, number = job
    noise = random.Random(number)
    picture = light(noise)
    shapes(picture, noise)
    fine = noise.uniform(*FINE)
    for spot, height in [*OCTAVES, (3, fine * 1.3), (1, fine)]:
        layer = grain(noise, spot, height)
        picture = ImageChops.add(picture, Image.merge("RGB", (layer, layer, layer)), scale=1, offset=-128)
    begun = path.with_suffix(".part")
    picture.save(begun, "JPEG", quality=QUALITY, subsampling="4:2:0")
    begun.rename(path)


def main():
    """The command line."""
    directory, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    jobs = [(directory / f"{number:03}.jpg", number) for number in range(count)]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        pool.map(make, [job for job in jobs if not job[0].exists()], chunksize=1)


if __name__ == "__main__":
    main()
