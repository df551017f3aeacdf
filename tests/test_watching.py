"""What actions that change pages make of the watchlist."""

import pytest

from api import ApiError, Wiki
from media import jpeg


def plain(target):
    """A session of a user who is no bot and may do everything."""
    target.server.add_user("Watcher", "sysop")
    password = target.server.add_bot_password("Watcher", "tests")
    wiki = Wiki(target.api)
    assert wiki.login("Watcher@tests", password)["result"] == "Success"
    return wiki


@pytest.fixture(scope="module")
def watcher(target):
    """Such a user of the shared server."""
    if target.server is None:
        pytest.skip("not a server of ours")
    return plain(target)


@pytest.fixture
def expiring(new_server):
    """Such a user of a server that offers ends."""
    return plain(new_server({"watchlist.expiry": "true"}))


def watched(wiki, name):
    """What the caller's watchlist says of a file: whether it is on it, and until when."""
    page = wiki.call(action="query", prop="info", inprop="watched", titles="File:" + name)["query"]["pages"][0]
    return page["watched"], page.get("watchlistexpiry")


def act(wiki, action, **params):
    """Does something that takes a token; gives the whole answer."""
    return wiki.call(action=action, token=wiki.token, **params)


def test_each_action_has_its_default(watcher, name):
    wiki, title, other = watcher, "File:" + name, "Other_" + name
    wiki.upload(name, file=jpeg(), watchlist="nochange")
    assert watched(wiki, name) == (False, None)
    # Deletions and moves change nothing unless one says so; protections, restorations and edits do.
    act(wiki, "move", **{"from": title, "to": "File:" + other, "noredirect": 1})
    assert watched(wiki, other) == (False, None)
    act(wiki, "delete", title="File:" + other)
    assert watched(wiki, other) == (False, None)
    act(wiki, "undelete", title="File:" + other)
    assert watched(wiki, other) == (True, None)
    act(wiki, "protect", title="File:" + other, protections="edit=sysop", watchlist="unwatch")
    assert watched(wiki, other) == (False, None)
    act(wiki, "protect", title="File:" + other, protections="edit=all")
    assert watched(wiki, other) == (True, None)


def test_watching_and_no_longer_watching(watcher, name):
    wiki, title, other = watcher, "File:" + name, "Other_" + name
    wiki.upload(name, file=jpeg(), watchlist="nochange")
    act(wiki, "move", **{"from": title, "to": "File:" + other, "watchlist": "watch"})
    assert watched(wiki, name) == watched(wiki, other) == (True, None)
    act(wiki, "delete", title="File:" + other, unwatch=1)
    assert watched(wiki, other) == (False, None)
    act(wiki, "undelete", title="File:" + other, watchlist="nochange")
    assert watched(wiki, other) == (False, None)
    act(wiki, "delete", title="File:" + other, watch=1, unwatch=1)
    assert watched(wiki, other) == (True, None)
    # What is watched stays so, and the answer says it.
    edit = act(wiki, "edit", title="File:" + other, text="text", watchlist="nochange")["edit"]
    assert edit["watched"] is True


def test_ends_are_not_offered_by_default(watcher, name):
    wiki = watcher
    wiki.upload(name, file=jpeg())
    answer = act(wiki, "delete", title="File:" + name, watchlistexpiry="bogus")
    assert "watchlistexpiry" in answer["warnings"]["main"]["warnings"]
    described = wiki.call(action="paraminfo", modules="delete")["paraminfo"]["modules"][0]["parameters"]
    assert "watchlistexpiry" not in [param["name"] for param in described]


def test_watching_ends(expiring, name):
    wiki = expiring
    modules = wiki.call(action="paraminfo", modules="delete|upload|watch")["paraminfo"]["modules"]
    for module in modules:
        names = [param["name"] for param in module["parameters"]]
        kinds = {param["name"]: param["type"] for param in module["parameters"]}
        if module["name"] == "watch":
            assert kinds["expiry"] == "expiry"
        else:
            assert names[names.index("watchlist") + 1] == "watchlistexpiry"
    wiki.upload(name, file=jpeg(), watchlistexpiry="2 weeks")
    first = watched(wiki, name)
    assert first[0] is True and first[1] is not None
    # Nothing said of the end: it stays.
    act(wiki, "protect", title="File:" + name, protections="edit=sysop")
    assert watched(wiki, name) == first
    edit = act(wiki, "edit", title="File:" + name, text="one", watchlistexpiry="3 years")
    assert list(edit["warnings"]) == ["edit"]
    assert edit["edit"]["watchlistexpiry"] == watched(wiki, name)[1] > first[1]
    moved = {"from": "File:" + name, "to": "File:Other_" + name}
    act(wiki, "move", **moved)
    assert watched(wiki, "Other_" + name) == watched(wiki, name)
    edit = act(wiki, "edit", title="File:Other_" + name, text="two", watchlistexpiry="infinite")
    assert edit["edit"]["watched"] is True and "watchlistexpiry" not in edit["edit"]
    assert watched(wiki, "Other_" + name) == (True, None)


def test_ends_that_are_none(expiring, name):
    wiki = expiring
    for expiry, code in [("bogus", "badexpiry"), ("", "badexpiry"), ("2001-01-01T00:00:00Z", "badexpiry-past")]:
        with pytest.raises(ApiError) as caught:
            act(wiki, "delete", title="File:" + name, watchlistexpiry=expiry)
        assert caught.value.code == code, expiry


def test_watching_for_a_time_alone(expiring, name):
    wiki = expiring
    wiki.upload(name, file=jpeg(), watchlist="nochange")
    token = wiki.call(action="query", meta="tokens", type="watch")["query"]["tokens"]["watchtoken"]
    said = wiki.call(action="watch", titles="File:" + name, expiry="3 days", token=token)["watch"][0]
    assert watched(wiki, name) == (True, said["expiry"])
    said = wiki.call(action="watch", titles="File:" + name, expiry="never", token=token)["watch"][0]
    assert said["expiry"] == "infinity" and watched(wiki, name) == (True, None)
