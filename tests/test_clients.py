"""Programs written in the manner of the API's documentation, run by the interpreters that people run them with."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from api import fetch, sha1
from media import jpeg

PROGRAMS = pathlib.Path(__file__).parent / "clients"


def run(command, **environment):
    """Runs a program of ours; gives the lines that it prints."""
    result = subprocess.run(
        command, cwd=PROGRAMS, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.splitlines()


@pytest.fixture
def photograph(tmp_path):
    """A file of some 30 KB and its bytes."""
    data = jpeg(1136, 1136)
    path = tmp_path / "photograph.jpg"
    path.write_bytes(data)
    return path, data


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "direct.py"], ["php", "direct.php"], ["node", "direct.js"]],
    ids=["python", "php", "node"],
)
def test_direct_upload(target, photograph, name, command):
    path, data = photograph
    upload = json.loads(run([*command, target.api, target.login, target.password, str(path), name])[-1])["upload"]
    assert upload["result"] == "Success"
    assert upload["filename"] == name
    check_info(upload["imageinfo"], target, data)


def test_chunks_of_5000_bytes(target, photograph, name):
    path, data = photograph
    lines = run([sys.executable, "chunked.py", target.api, target.login, target.password, str(path), name])
    *chunks, last, published = [json.loads(line)["upload"] for line in lines]
    assert [chunk["result"] for chunk in chunks] == ["Continue"] * ((len(data) - 1) // 5000)
    assert [chunk["offset"] for chunk in chunks] == list(range(5000, len(data), 5000))
    assert last["result"] == "Success"
    assert last["imageinfo"]["sha1"] == sha1(data)
    assert published["result"] == "Success"
    assert published["filename"] == name
    assert published["imageinfo"]["comment"] == "Uploaded in chunks"
    check_info(published["imageinfo"], target, data)


def test_whole_file_with_the_parameters_of_chunks(target, photograph, name):
    path, data = photograph
    lines = run(["node", "stashed.js", target.api, target.login, target.password, str(path), name])
    stashed, published = [json.loads(line)["upload"] for line in lines]
    assert stashed["result"] == "Success"
    assert stashed["filekey"] == stashed["sessionkey"]
    assert published["result"] == "Success"
    assert published["filename"] == name
    check_info(published["imageinfo"], target, data)


@pytest.mark.parametrize("options", [[], ["8192"], ["8192", "async"]], ids=["small", "chunked", "async"])
def test_pywikibot(target, photograph, name, tmp_path, options):
    path, data = photograph
    user, app = target.login.split("@")
    (tmp_path / "user-config.py").write_text(
        f"family_files['commons_of_ours'] = {target.api!r}\n"
        "family = 'commons_of_ours'\n"
        "mylang = 'commons_of_ours'\n"
        f"usernames['commons_of_ours']['*'] = {user!r}\n"
        "password_file = 'user-password.py'\n"
        "put_throttle = 0\nminthrottle = 0\nmaxthrottle = 1\nmax_retries = 0\n"
    )
    passwords = tmp_path / "user-password.py"
    passwords.write_text(f"({user!r}, BotPassword({app!r}, {target.password!r}))\n")
    passwords.chmod(0o600)
    command = [sys.executable, "robot.py", str(path), name, *options]
    result = json.loads(run(command, PYWIKIBOT_DIR=str(tmp_path))[-1])
    assert result["done"] is True
    assert result["size"] == len(data)
    assert result["sha1"] == sha1(data)
    assert result["text"] == "A [[test]]"
    assert fetch(result["url"]).content == data


def check_info(info, target, data):
    """What every answer to a published upload says."""
    assert info["user"] == target.user
    assert info["size"] == len(data)
    assert (info["width"], info["height"]) == (1136, 1136)
    assert info["sha1"] == sha1(data)
    assert (info["mime"], info["mediatype"], info["bitdepth"]) == ("image/jpeg", "BITMAP", 8)
    assert fetch(info["url"]).content == data
