"""Fixtures.

By default everything runs against a server of our own. To try what a test says about the API on another wiki, name
its api.php and a bot password of an administrator there:

    COMMONHOLD_TEST_API=https://…/api.php COMMONHOLD_TEST_LOGIN=Admin@bot COMMONHOLD_TEST_PASSWORD=… pytest tests

Tests of what only Commonhold promises are then skipped.
"""

import dataclasses
import itertools
import os
import secrets

import pytest

from api import Wiki
from elsewhere import Elsewhere
from server import Server


@dataclasses.dataclass
class Target:
    """The wiki under test, and how to log in to it."""

    api: str
    #: `User@application` and the bot password.
    login: str
    password: str
    #: The process, if it is ours.
    server: Server | None = None

    @property
    def user(self):
        """The account behind the bot password."""
        return self.login.split("@")[0]

    def wiki(self):
        """A logged-in session."""
        wiki = Wiki(self.api)
        assert wiki.login(self.login, self.password)["result"] == "Success"
        return wiki


def make_target(server):
    """An administrator's bot password on a server of ours."""
    server.add_user("Maker", "sysop")
    password = server.add_bot_password("Maker", "tests")
    return Target(server.api, "Maker@tests", password, server)


@pytest.fixture(scope="session")
def target(tmp_path_factory):
    """The wiki that most tests share."""
    if api := os.environ.get("COMMONHOLD_TEST_API"):
        yield Target(api, os.environ["COMMONHOLD_TEST_LOGIN"], os.environ["COMMONHOLD_TEST_PASSWORD"])
        return
    server = Server(tmp_path_factory.mktemp("commonhold") / "data").start()
    try:
        yield make_target(server)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def wiki(target):
    """A logged-in session with it."""
    return target.wiki()


@pytest.fixture
def own(target):
    """The shared server, where a test is about what only Commonhold promises."""
    if target.server is None:
        pytest.skip("not a server of ours")
    return target.server


@pytest.fixture
def new_server(tmp_path):
    """Makes servers that a test has for itself, with settings of its own: `new_server(settings, limits) -> Target`."""
    if "COMMONHOLD_TEST_API" in os.environ:
        pytest.skip("not a server of ours")
    servers = []

    def make(settings=None, limits=None):
        server = Server(tmp_path / f"data{len(servers)}", settings, limits)
        servers.append(server)
        server.start()
        return make_target(server)

    yield make
    for server in servers:
        server.stop()


_run = secrets.token_hex(3)
_count = itertools.count(1)


@pytest.fixture
def name():
    """A file name that nothing has, already in the form that the API answers with."""
    return f"Test_{_run}_{next(_count)}.jpg"


@pytest.fixture
def elsewhere():
    """A web server that isn't ours."""
    server = Elsewhere()
    yield server
    server.stop()
