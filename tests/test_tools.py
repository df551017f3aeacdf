"""Programs of others: pages of DjVu by ddjvu, moments of films by ffmpeg, and what there is without them."""

import contextlib
import io
import json
import os
import pathlib
import shutil
import struct
import subprocess
import time

import imageio_ffmpeg
import pytest
import requests
from PIL import Image

from api import fetch

#: Stands in for ffmpeg, which is large. It gives a picture as large as asked for: red tells whether it could do anything
#: that it must not, green whether it could read the film, blue the tenths of seconds that were asked for. At a width of
#: 77 it gives nothing and doesn't end.
FFMPEG = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **words) {
    int width = 0, height = 0, forbidden = 0, readable = 0;
    double seek = 0;
    struct rlimit limit;
    char head[4] = "";
    for (int at = 1; at + 1 < count; at++) {
        if (!strcmp(words[at], "-ss")) seek = atof(words[at + 1]);
        if (!strcmp(words[at], "-vf")) sscanf(words[at + 1], "scale=%d:%d", &width, &height);
        if (!strcmp(words[at], "-i")) {
            int film = open(words[at + 1] + strlen("file:"), O_RDONLY);
            readable = film >= 0 && read(film, head, 4) == 4 && !memcmp(head, "\x1a\x45\xdf\xa3", 4);
        }
    }
    if (width == 77) for (;;) pause();
    forbidden += open("/etc/passwd", O_RDONLY) >= 0;
    forbidden += open("/dev/stdin", O_WRONLY) >= 0;
    forbidden += open("/tmp/by-a-tool", O_WRONLY | O_CREAT, 0600) >= 0;
    forbidden += socket(AF_INET, SOCK_DGRAM, 0) >= 0;
    forbidden += socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
    forbidden += fchmod(0, 0666) == 0;
    forbidden += execl("/bin/sh", "sh", "-c", "exit 0", (char *)0) == 0;
    forbidden += setsid() >= 0;
    forbidden += getenv("PATH") != 0;
    forbidden += kill(getppid(), 0) == 0;
    forbidden += prlimit(getppid(), RLIMIT_NOFILE, 0, &limit) == 0;
    printf("P6\n%d %d\n255\n", width, height);
    for (int pixel = 0; pixel < width * height; pixel++) {
        putchar(forbidden ? 255 : 0);
        putchar(readable ? 255 : 0);
        putchar((int)(seek * 10 + 0.5));
    }
    return 0;
}
"""


def ebml(number, *parts):
    """An element of a WebM."""
    body = b"".join(parts)
    length = bytes([0x80 | len(body)]) if len(body) < 127 else (1 << 56 | len(body)).to_bytes(8, "big")
    return number.to_bytes((number.bit_length() + 7) // 8, "big") + length + body


def webm():
    """A film of 640 by 360 pixels and 20 seconds, without any pictures."""
    lasts = ebml(0x2AD7B1, (1_000_000).to_bytes(3, "big")) + ebml(0x4489, struct.pack(">d", 20_000))
    size = ebml(0xE0, ebml(0xB0, b"\x02\x80"), ebml(0xBA, b"\x01\x68"))
    track = ebml(0xAE, ebml(0x83, b"\x01"), ebml(0x86, b"V_VP9"), size)
    head = ebml(0x1A45DFA3, ebml(0x4282, b"webm"))
    return head + ebml(0x18538067, ebml(0x1549A966, lasts), ebml(0x1654AE6B, track))


@pytest.fixture
def ffmpeg(tmp_path):
    """A program that stands in for ffmpeg."""
    source, program = tmp_path / "ffmpeg.c", tmp_path / "ffmpeg"
    source.write_text(FFMPEG)
    subprocess.run(["cc", "-o", program, source], check=True)
    return program


@pytest.fixture
def djvu(tmp_path):
    """A DjVu of two pages: red and wide, blue and high."""
    pages = []
    for number, (size, colour) in enumerate([((200, 100), (240, 10, 10)), ((100, 200), (10, 10, 240))]):
        picture, page = tmp_path / f"{number}.ppm", tmp_path / f"{number}.djvu"
        Image.new("RGB", size, colour).save(picture)
        subprocess.run(["c44", picture, page], check=True)
        pages.append(page)
    document = tmp_path / "document.djvu"
    subprocess.run(["djvm", "-c", document, *pages], check=True)
    return document.read_bytes()


def middle(answer):
    """Size and middle pixel of a picture that was answered."""
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    return image.size, image.getpixel((image.width // 2, image.height // 2))


def near(colour, expected):
    return all(abs(is_ - should) < 12 for is_, should in zip(colour, expected, strict=True))


def test_pages_of_djvu_are_drawn(new_server, djvu):
    wiki = new_server({"uploads.extensions": "djvu"}).wiki()
    assert wiki.upload("Two.djvu", file=djvu)["result"] == "Success"
    for page, expected in ((1, ((50, 25), (240, 10, 10))), (2, ((50, 100), (10, 10, 240)))):
        entry = wiki.image_info("Two.djvu", iiprop="url|size", iiurlwidth=50, iiurlparam=f"page{page}-50px")[0]
        assert entry["thumburl"].endswith(f"/page{page}-50px-Two.djvu.jpg")
        size, colour = middle(fetch(entry["thumburl"]))
        assert size == expected[0] and near(colour, expected[1]), (page, size, colour)


def test_a_damaged_document_has_no_pages(new_server, djvu):
    wiki = new_server({"uploads.extensions": "djvu"}).wiki()
    broken = djvu[:-60] + bytes(60)
    assert wiki.upload("Broken.djvu", file=broken, ignorewarnings=1)["result"] == "Success"
    url = wiki.image_info("Broken.djvu", iiprop="url", iiurlwidth=50, iiurlparam="page2-50px")[0]["thumburl"]
    assert fetch(url).status_code in (200, 500)


def running_programs():
    """The programs of all processes; one that has ended has none, even if nobody has taken note of it."""
    programs = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            programs.append(pathlib.Path(os.readlink(process / "exe")))
    return programs


def test_moments_of_films(new_server, ffmpeg):
    target = new_server({"uploads.extensions": "webm", "media.tools": ffmpeg, "media.seconds": 1})
    wiki = target.wiki()
    assert wiki.upload("Film.webm", file=webm())["result"] == "Success"
    entry = wiki.image_info("Film.webm", iiprop="url|size", iiurlwidth=320)[0]
    assert (entry["thumbwidth"], entry["thumbheight"]) == (320, 180)
    assert entry["thumburl"].endswith("/320px--Film.webm.jpg")
    # Nothing forbidden could be done, the film could be read, and what is shown is its middle.
    size, colour = middle(fetch(entry["thumburl"]))
    assert size == (320, 180) and near(colour, (0, 255, 100)), colour
    base = entry["thumburl"].rsplit("/", 1)[0]
    _, colour = middle(fetch(f"{base}/320px-seek=3-Film.webm.jpg"))
    assert near(colour, (0, 255, 30)), colour

    # A program that hangs is ended, and not only the process that waits for it.
    assert fetch(f"{base}/77px--Film.webm.jpg").status_code == 500
    deadline = time.monotonic() + 30
    while ffmpeg in running_programs() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ffmpeg not in running_programs()


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("Film.webm", ["-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime"]),
        ("Film.mp4", ["-c:v", "libx264", "-movflags", "+faststart"]),
        ("Film.ogv", ["-c:v", "libtheora", "-q:v", "9"]),
    ],
)
def test_moments_of_real_films_by_the_real_program(new_server, tmp_path, name, codec):
    program, film = tmp_path / "ffmpeg", tmp_path / name
    shutil.copy(imageio_ffmpeg.get_ffmpeg_exe(), program)
    # Six seconds, the first two of them red and the rest blue.
    colours = [part for colour, lasts in (("red", 2), ("blue", 4))
               for part in ("-f", "lavfi", "-i", f"color={colour}:size=320x180:rate=10:duration={lasts}")]
    joined = ["-filter_complex", "[0:v][1:v]concat=n=2:v=1,format=yuv420p[v]", "-map", "[v]"]
    subprocess.run([program, "-v", "error", *colours, *joined, *codec, film], check=True)

    target = new_server({"uploads.extensions": "webm,mp4,ogv", "media.tools": program})
    wiki = target.wiki()
    assert wiki.upload(name, file=film.read_bytes())["result"] == "Success"
    entry = wiki.image_info(name, iiprop="url|size", iiurlwidth=160)[0]
    assert (entry["width"], entry["height"], round(entry["duration"])) == (320, 180, 6)
    size, colour = middle(fetch(entry["thumburl"]))
    assert size == (160, 90) and colour[2] > 200 > colour[0], colour
    base = entry["thumburl"].rsplit("/", 1)[0]
    size, colour = middle(fetch(f"{base}/200px-seek=1-{name}.jpg"))
    assert size[0] == 200 and colour[0] > 200 > colour[2], colour


def test_without_programs_there_are_icons(new_server):
    target = new_server({"uploads.extensions": "webm", "media.tools": ""})
    wiki = target.wiki()
    assert wiki.upload("Film.webm", file=webm())["result"] == "Success"
    entry = wiki.image_info("Film.webm", iiprop="url|size", iiurlwidth=320)[0]
    assert "/thumb/" not in entry["thumburl"]
    ready = requests.get(target.server.url + "/readyz", timeout=60)
    assert (ready.status_code, ready.text) == (200, "ready\nffmpeg: not there\nddjvu: not there\n")


def test_it_is_told_which_programs_are_there(new_server, ffmpeg):
    server = new_server({"media.tools": f"ddjvu,{ffmpeg}"}).server
    assert requests.get(server.url + "/readyz", timeout=60).text == "ready\nffmpeg: there\nddjvu: there\n"
    told = json.loads(server.cli("--json", "doctor").stdout)["tools"]
    assert told == {"ffmpeg": str(ffmpeg), "ddjvu": shutil.which("ddjvu")}
    assert f"ffmpeg: {ffmpeg}" in server.cli("doctor").stdout
