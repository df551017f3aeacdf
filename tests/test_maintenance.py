"""Looking after the stored files: `fsck`, `scrub` and `gc`, on the command line as operators use them."""

import json
import os
import random

import pytest

from api import fetch
from media import jpeg
from server import FAILED, USAGE


@pytest.fixture
def target(new_server):
    """A server with two files, of which one has an old version."""
    target = new_server()
    wiki = target.wiki()
    for name in ("One.jpg", "Two.jpg", "Two.jpg"):
        wiki.upload(name, file=jpeg(extra=random.randbytes(5_000)), ignorewarnings=1)
    return target


def run(server, *arguments):
    """The exit code, and the lines of JSON that a command prints."""
    result = server.cli("--json", *arguments, check=False)
    return result.returncode, [json.loads(line) for line in result.stdout.splitlines()]


def blobs(server):
    """The stored files."""
    return [path for path in (server.data / "blobs").rglob("*") if path.is_file()]


def orphan(server, key="01J9ZQ4K8M0000000000000ZVX"):
    """Bytes that an upload of 2024 has left."""
    path = server.data / "partial" / key
    path.write_bytes(b"abandoned")
    return path


def test_a_running_server_is_not_checked_but_may_be_scrubbed_and_cleaned(target):
    refused = target.server.cli("fsck", check=False)
    assert refused.returncode == FAILED
    assert "a server is running" in refused.stderr
    code, [summary] = run(target.server, "scrub")
    assert (code, summary["versions"], summary["problems"]) == (0, 3, 0)
    assert summary["bytes"] == sum(path.stat().st_size for path in blobs(target.server))
    left = orphan(target.server)
    code, [removed] = run(target.server, "gc")
    assert (code, removed) == (0, {"blobs": 0, "partials": 1})
    assert not left.exists()
    assert len(blobs(target.server)) == 3


def test_all_is_well(target):
    target.server.stop()
    for options in ([], ["--deep"], ["--repair"]):
        code, [summary] = run(target.server, "fsck", *options)
        assert (code, summary["versions"], summary["blobs"], summary["problems"]) == (0, 3, 3, 0)
    said = target.server.cli("fsck").stdout
    assert "3 versions" in said and "Found 0 problems" in said


def test_a_lost_file_is_reported_and_the_rest_goes_on(target):
    wiki = target.wiki()
    lost, kept = wiki.image_info("One.jpg")[0], wiki.image_info("Two.jpg")[0]
    path = next(path for path in blobs(target.server) if path.read_bytes() == fetch(lost["url"]).content)
    path.unlink()
    target.server.stop()
    for options in ([], ["--repair"]):
        code, [problem, summary] = run(target.server, "fsck", *options)
        assert (code, summary["problems"], summary["repaired"]) == (FAILED, 1, 0)
        assert (problem["file"], problem["fault"], problem["blob"]) == ("One.jpg", "missing", path.name)
        assert "backup" in problem["advice"]
    said = target.server.cli("fsck", check=False)
    assert "File:One.jpg" in said.stdout and "1 problem remains" in said.stderr
    target.server.start()
    assert fetch(kept["url"]).status_code == 200
    assert fetch(lost["url"]).status_code >= 400


def test_a_flipped_bit_is_found_by_reading(target):
    path = blobs(target.server)[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    code, [problem, summary] = run(target.server, "scrub")
    assert (code, problem["fault"], problem["blob"]) == (FAILED, "content", path.name)
    assert summary["problems"] == 1
    target.server.stop()
    assert run(target.server, "fsck")[0] == 0
    code, [problem, _] = run(target.server, "fsck", "--deep")
    assert (code, problem["fault"]) == (FAILED, "content")


def test_what_a_crash_left_is_mended(target):
    target.server.kill()
    path = blobs(target.server)[0]
    os.link(path, target.server.data / "partial" / path.name)
    code, [problem, _] = run(target.server, "fsck")
    assert (code, problem["fault"], problem["repaired"]) == (FAILED, "half-sealed", False)
    code, [problem, summary] = run(target.server, "fsck", "--repair")
    assert (code, problem["repaired"], summary["repaired"]) == (0, True, 1)
    assert run(target.server, "fsck")[0] == 0
    left = orphan(target.server)
    code, [problem, _] = run(target.server, "fsck", "--repair")
    assert (code, problem["fault"], problem["blob"]) == (FAILED, "unused", left.name)
    assert run(target.server, "gc")[0] == 0
    assert run(target.server, "fsck")[0] == 0


def test_young_bytes_are_left_alone_unless_told_otherwise(target):
    target.server.kill()
    # As young as the files that were just uploaded.
    young = max(path.name for path in blobs(target.server))
    left = orphan(target.server, young[:-1] + ("0" if young[-1] != "0" else "1"))
    code, [summary] = run(target.server, "fsck")
    assert (code, summary["young"]) == (0, 1)
    assert run(target.server, "gc") == (0, [{"blobs": 0, "partials": 0}])
    assert run(target.server, "gc", "--older-than", "1h") == (0, [{"blobs": 0, "partials": 0}])
    assert left.exists()
    assert run(target.server, "gc", "--older-than", "0s") == (0, [{"blobs": 0, "partials": 1}])
    assert target.server.cli("gc", "--older-than", "soon", check=False).returncode == USAGE


def test_there_has_to_be_something_to_check(target, tmp_path):
    target.server.data = tmp_path / "elsewhere"
    for command in (["fsck"], ["scrub"], ["gc"]):
        result = target.server.cli(*command, check=False)
        assert result.returncode == FAILED
        assert "no data directory" in result.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_a_lost_catalogue_does_not_take_the_files_with_it(target):
    target.server.stop()
    for path in target.server.data.glob("catalogue.sqlite*"):
        path.unlink()
    result = target.server.cli("serve", "--listen", "127.0.0.1:0", check=False)
    assert result.returncode == FAILED
    assert "the catalogue is empty, but files are stored" in result.stderr
    result = target.server.cli("gc", "--older-than", "0s", check=False)
    assert result.returncode == FAILED
    assert "may be the wrong one" in result.stderr
    assert len(blobs(target.server)) == 3
    assert run(target.server, "gc", "--older-than", "0s", "--force") == (0, [{"blobs": 3, "partials": 0}])
