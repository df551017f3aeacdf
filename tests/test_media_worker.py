"""Processes that decode files: what they make, and what they refuse within two seconds and half a gigabyte."""

import json
import os
import random
import subprocess
import tempfile

import pytest

from bombs import BOMBS, patterns
from server import BINARY, Server

#: What a file may cost: seconds of processor time, and bytes.
SECONDS, MEMORY = 2, 512 << 20
REFUSED = 3
LIMITS = {
    "memory_bytes": MEMORY, "seconds": 10, "drawing_seconds": SECONDS,
    "max_pixels": 12_500_000, "max_frames": 2_000,
}


class Done:
    """What came of a process: exit code (negative for a signal), output, seconds of processor time, peak memory."""

    def __init__(self, content, inspect=None, **spec):
        thumbnail = {"width": 100, "height": 100, "low_quality": False, "output": "Png"} | spec
        job = {"Inspect": {"mime": inspect}} if inspect else {"Thumbnail": thumbnail}
        order = json.dumps({"job": job, "limits": LIMITS})
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


def test_a_process_leaves_processors_to_others_once_it_takes_long():
    with tempfile.TemporaryFile() as file:
        file.write(patterns())
        file.seek(0)
        spec = {"mime": "image/svg+xml", "width": 900, "height": 900, "low_quality": False, "output": "Png"}
        job = json.dumps({"job": {"Thumbnail": spec}, "limits": LIMITS})
        with subprocess.Popen([BINARY, "media-worker", job], stdin=file, stderr=subprocess.DEVNULL) as process:
            seen, half = [], max(1, len(os.sched_getaffinity(0)) // 2)
            while process.poll() is None and (not seen or seen[-1] != (10, half)):
                seen.append((os.getpriority(os.PRIO_PROCESS, process.pid), len(os.sched_getaffinity(process.pid))))
            process.kill()
    assert seen[-1] == (10, half)


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
