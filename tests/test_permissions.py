"""What decides whether an upload may happen: blocks, protections, limits, a server that only reads."""

import time

import pytest

from api import ApiError, Wiki, fetch
from media import jpeg


@pytest.fixture
def admin(target):
    """An administrator's session of its own."""
    return target.wiki()


@pytest.fixture
def user(own):
    """The session of an account that nobody else uses, with its name."""
    return session(own)


def session(server, *groups):
    """A session of a new account."""
    name = f"User {time.monotonic_ns()}"
    password = server.add_user(name, *groups)
    app_password = server.add_bot_password(name, "tests")
    wiki = Wiki(server.api)
    assert wiki.login(f"{name}@tests", app_password)["result"] == "Success"
    wiki.name, wiki.main_password = name, password
    return wiki


def act(wiki, action, **params):
    """Carries out an action with a token; gives what stands under its name."""
    return wiki.call(action=action, token=wiki.token, **params)[action]


def refused(code, call, *args, **params):
    """The error of a call that has to fail with this code."""
    with pytest.raises(ApiError) as caught:
        call(*args, **params)
    assert caught.value.code == code, caught.value
    return caught.value.error


# Blocks.


def test_a_blocked_user_uploads_nothing(admin, user, name):
    block = act(admin, "block", user=user.name, expiry="3 days", reason="Too many cats", nocreate=1)
    assert (block["user"], block["reason"], block["nocreate"], block["partial"]) == (
        user.name, "Too many cats", True, False
    )
    error = refused("blocked", user.upload, name, jpeg())
    info = error["blockinfo"]
    assert info["blockid"] == block["id"]
    assert (info["blockreason"], info["blockpartial"], info["blocknocreate"]) == ("Too many cats", False, True)
    assert info["blockexpiry"] == block["expiry"]
    assert info["blockexpiryrelative"] == "in 3 days"
    # Stashing and chunks are uploads too.
    refused("blocked", user.upload, name, jpeg(), stash=1)
    refused("blocked", user.upload, name, chunk=jpeg(), offset=0, filesize=1 << 20, stash=1)
    told = user.call(action="query", meta="userinfo", uiprop="blockinfo")["query"]["userinfo"]
    assert told["blockid"] == block["id"] and told["blockedby"] == admin.whoami()["name"]

    refused("alreadyblocked", act, admin, "block", user=user.name)
    assert act(admin, "unblock", user=user.name)["id"] == block["id"]
    assert user.upload(name, jpeg())["result"] == "Success"
    assert "blockid" not in user.call(action="query", meta="userinfo", uiprop="blockinfo")["query"]["userinfo"]
    refused("cantunblock", act, admin, "unblock", user=user.name)


def test_a_stashed_file_is_not_published_under_a_block(admin, user, name):
    key = user.upload(name, jpeg(), stash=1)["filekey"]
    act(admin, "block", user=user.name)
    refused("blocked", user.upload, name, filekey=key)
    act(admin, "unblock", user=user.name)
    assert user.upload(name, filekey=key)["result"] == "Success"


def test_a_partial_block_of_the_files_stops_publishing_only(admin, user, name):
    block = act(admin, "block", user=user.name, partial=1, namespacerestrictions="6")
    assert block["partial"] and block["namespacerestrictions"] == ["6"] and block["pagerestrictions"] is None
    error = refused("blocked", user.upload, name, jpeg())
    assert error["blockinfo"]["blockpartial"] and error["invalidparameter"] == "filename"
    # The bytes are kept, as for everything that is wrong with the title.
    act(admin, "block", user=user.name, partial=1, namespacerestrictions="10", reblock=1)
    assert user.upload(name, filekey=error["filekey"])["result"] == "Success"
    act(admin, "block", user=user.name, partial=1, actionrestrictions="upload", reblock=1)
    refused("blocked", user.upload, name, jpeg(), stash=1)
    act(admin, "block", user=user.name, partial=1, pagerestrictions="File:" + name, reblock=1)
    refused("blocked", user.upload, name, jpeg(), ignorewarnings=1)
    assert user.upload("Other " + name, jpeg())["result"] == "Success"
    refused("missingtitle", act, admin, "block", user=user.name, partial=1, pagerestrictions="No such", reblock=1)


def test_a_block_ends_by_itself(admin, user, name):
    act(admin, "block", user=user.name, expiry="2 seconds")
    refused("blocked", user.upload, name, jpeg())
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            assert user.upload(name, jpeg(), ignorewarnings=1)["result"] == "Success"
            return
        except ApiError as error:
            assert error.code == "blocked"
    raise AssertionError("the block never ends")


@pytest.mark.parametrize(
    "params, code",
    [
        ({"user": "No such user"}, "nosuchuser"),
        ({"user": "a#b"}, "baduser"),
        ({"userid": 99999999}, "nosuchuserid"),
        ({}, "missingparam"),
        ({"user": "192.0.2.1", "userid": 1}, "invalidparammix"),
        ({"user": "10.0.0.0/8"}, "ip_range_toolow"),
        ({"user": "192.0.2.0/33"}, "invalidrange"),
        ({"user": "192.0.2.1", "expiry": "soon"}, "invalidexpiry"),
        ({"user": "192.0.2.1", "expiry": "2001-01-01T00:00:00Z"}, "ipb_expiry_old"),
    ],
)
def test_what_can_be_wrong_with_a_block(admin, own, params, code):
    refused(code, act, admin, "block", **params)


def test_only_administrators_block(user):
    error = refused("permissiondenied", act, user, "block", user="192.0.2.1")
    assert "block" in error["info"]
    refused("permissiondenied", act, user, "block")
    refused("permissiondenied", act, user, "unblock", user="192.0.2.1")


def test_the_operator_blocks_from_the_command_line(new_server, name):
    server = new_server().server
    user = session(server)
    server.cli("user", "block", user.name, "--reason", "Because", "--expiry", "1 week")
    assert refused("blocked", user.upload, name, jpeg())["blockinfo"]["blockreason"] == "Because"
    # The address that he came from is blocked as well, for everyone without an exemption.
    other = session(server)
    assert refused("autoblocked", other.upload, name, jpeg())["blockinfo"]["blockedbyid"] == 0
    again = server.cli("user", "block", user.name, check=False)
    assert again.returncode != 0 and "already" in again.stderr
    server.cli("user", "unblock", user.name)
    assert user.upload(name, jpeg())["result"] == "Success"
    assert other.upload("Other " + name, jpeg())["result"] == "Success"


def test_a_blocked_address_stops_whoever_comes_from_it(new_server, name):
    server = new_server().server
    admin, user = Wiki(server.api), session(server)
    assert admin.login("Maker", "tests@" + server.add_bot_password("Maker", "tests"))["result"] == "Success"
    act(admin, "block", user="127.0.0.0/16", anononly=1)
    assert user.upload(name, jpeg())["result"] == "Success"
    act(admin, "block", user="127.0.0.0/16", reblock=1)
    refused("blocked", user.upload, name, jpeg())
    # Administrators are exempt from blocks of addresses.
    assert admin.upload("Other " + name, jpeg())["result"] == "Success"


# Protections.


def protection(wiki, title):
    """What `prop=info` says of a title's protection."""
    page = wiki.call(action="query", prop="info", titles=title, inprop="protection")["query"]["pages"][0]
    return page["protection"], page["restrictiontypes"]


def may(wiki, title, *actions):
    """Which of these the caller may do to a page."""
    answer = wiki.call(action="query", prop="info", titles=title, intestactions="|".join(actions))
    told = answer["query"]["pages"][0]["actions"]
    return {action for action in actions if told[action]}


def test_a_protected_file_is_replaced_by_administrators_only(admin, user, name):
    title = "File:" + name.replace("_", " ")
    user.upload(name, jpeg())
    assert may(user, title, "edit", "upload", "delete", "nonsense") == {"edit", "upload"}
    done = act(admin, "protect", title=title, protections="upload=sysop", expiry="1 day", reason="Too good")
    assert done["title"] == title and done["reason"] == "Too good"
    [one] = done["protections"]
    assert one["upload"] == "sysop"
    told = {"type": "upload", "level": "sysop", "expiry": one["expiry"]}
    assert protection(user, title) == ([told], ["edit", "move", "upload"])
    assert may(user, title, "edit", "upload") == {"edit"}

    error = refused("protectedpage", user.upload, name, jpeg(), ignorewarnings=1)
    assert error["invalidparameter"] == "filename"
    # Stashing is no business of the title.
    assert user.upload(name, jpeg(), stash=1, ignorewarnings=1)["result"] == "Success"
    assert admin.upload(name, jpeg(), ignorewarnings=1)["result"] == "Success"

    # What isn't named is open again.
    act(admin, "protect", title=title, protections="edit=autoconfirmed|move=sysop", expiry="infinite")
    assert [p["type"] for p in protection(user, title)[0]] == ["edit", "move"]
    # The key is of a file that is still there.
    assert user.upload(name, filekey=error["filekey"], ignorewarnings=1)["result"] == "Success"
    act(admin, "protect", title=title, protections="edit=sysop")
    refused("protectedpage", user.upload, name, jpeg(), ignorewarnings=1)
    act(admin, "protect", title=title, protections="edit=all|upload=all|move=all")
    assert protection(user, title)[0] == []
    assert user.upload(name, jpeg(), ignorewarnings=1)["result"] == "Success"


def test_a_protected_title_gets_no_file(admin, user, name):
    title = "File:" + name.replace("_", " ")
    done = act(admin, "protect", title=title, protections="create=sysop", reason="Not again")
    assert done["protections"] == [{"create": "sysop", "expiry": "infinite"}]
    told = {"type": "create", "level": "sysop", "expiry": "infinity"}
    assert protection(user, title) == ([told], ["create", "upload"])
    assert may(user, title, "create") == set() and may(admin, title, "create") == {"create"}
    error = refused("protectedtitle", user.upload, name, jpeg())
    assert admin.upload(name, jpeg())["result"] == "Success"
    # It has a page now, so that there is nothing left to protect.
    assert protection(user, title) == ([], ["edit", "move", "upload"])
    assert user.upload(name, filekey=error["filekey"], ignorewarnings=1)["result"] == "Success"


@pytest.mark.parametrize(
    "params, code",
    [
        ({"protections": "create=sysop"}, "create-titleexists"),
        ({"protections": "delete=sysop"}, "protect-invalidaction"),
        ({"protections": "edit=steward"}, "protect-invalidlevel"),
        ({"protections": "edit=sysop", "expiry": "soon"}, "invalidexpiry"),
        ({"protections": "edit=sysop", "expiry": "2001-01-01T00:00:00Z"}, "pastexpiry"),
        ({"protections": "edit=sysop|move=sysop|upload=sysop", "expiry": "1 day|2 days"}, "toofewexpiries"),
        ({}, "missingparam"),
    ],
)
def test_what_can_be_wrong_with_a_protection(admin, own, name, params, code):
    admin.upload(name, jpeg())
    refused(code, act, admin, "protect", title="File:" + name, **params)


def test_what_can_be_wrong_with_the_page_to_protect(admin, user, name):
    refused("missingtitle-createonly", act, admin, "protect", title="File:" + name, protections="edit=sysop")
    refused("nosuchpageid", act, admin, "protect", pageid=99999999, protections="edit=sysop")
    refused("missingparam", act, admin, "protect", protections="edit=sysop")
    refused("invalidtitle", act, admin, "protect", title="A|B", protections="edit=sysop")
    refused("permissiondenied", act, user, "protect", title="File:" + name, protections="create=sysop")


# Watchlists.


def watched(wiki, title):
    """Whether `prop=info` says that the caller watches a page."""
    return wiki.call(action="query", prop="info", titles=title, inprop="watched")["query"]["pages"][0]["watched"]


def watchlist(wiki, **params):
    """The titles on the caller's watchlist."""
    return [item["title"] for item in wiki.call(action="query", list="watchlistraw", **params)["watchlistraw"]]


def test_who_uploads_a_file_watches_it(own, user, name):
    title = "File:" + name.replace("_", " ")
    user.upload(name, jpeg(), watchlist="nochange")
    assert not watched(user, title)
    user.upload(name, jpeg(), ignorewarnings=1)
    assert watched(user, title)
    assert watchlist(user) == [title, "File talk:" + title[5:]]
    assert watchlist(user, wrnamespace="6", wrlimit="1") == [title]
    assert not watched(session(own), title)
    refused("badvalue", user.upload, name, jpeg(), watchlist="unwatch")

    bot = session(own, "bot")
    bot.upload("Bot " + name, jpeg())
    assert watchlist(bot) == []
    bot.upload("Bot " + name, jpeg(), ignorewarnings=1, watch=1)
    assert len(watchlist(bot)) == 2


def test_who_edits_a_page_watches_it(user, name):
    title = "Page of " + name.replace("_", " ")
    assert act(user, "edit", title=title, text="One")["watched"]
    assert watched(user, title)
    assert "watched" not in act(user, "edit", title=title, text="Two", watchlist="unwatch")
    assert not watched(user, title)
    act(user, "edit", title=title, text="Three", watchlist="nochange")
    assert not watched(user, title)


def test_a_blocked_user_edits_nothing_but_his_talk_page(admin, user, name):
    act(admin, "block", user=user.name, allowusertalk=1)
    refused("blocked", act, user, "edit", title="Page of " + name, text="One")
    assert act(user, "edit", title="User talk:" + user.name, text="Why?")["result"] == "Success"
    act(admin, "block", user=user.name, reblock=1)
    refused("blocked", act, user, "edit", title="User talk:" + user.name, text="Why?")


def test_pages_are_watched_and_unwatched(own, user, name):
    title = "File:" + name.replace("_", " ")
    token = user.call(action="query", meta="tokens", type="watch")["query"]["tokens"]["watchtoken"]
    user.upload(name, jpeg(), watchlist="nochange")
    done = user.call(action="watch", titles=f"{title}|File:No such.jpg|A<B", token=token)
    assert done["batchcomplete"]
    assert [entry.get("title") for entry in done["watch"]] == ["A<B", "File:No such.jpg", title]
    assert done["watch"][1] == {"title": "File:No such.jpg", "ns": 6, "watched": True, "missing": True}
    assert done["watch"][2] == {"title": title, "ns": 6, "watched": True}
    assert watched(user, title)
    done = user.call(action="watch", titles=title, unwatch=1, token=token)
    assert done["watch"] == [{"title": title, "ns": 6, "unwatched": True}]
    assert not watched(user, title)
    refused("badtoken", user.call, action="watch", titles=title, token=user.token)
    refused("notloggedin", Wiki(own.api).call, action="query", list="watchlistraw")
    refused("notloggedin", Wiki(own.api).call, action="watch", titles=title, token="+\\")


# Rates.


def test_whoever_publishes_too_often_has_to_wait(new_server, name):
    server = new_server({"limits.upload_user": "2/3600"}).server
    user, other, admin = session(server), session(server), session(server, "sysop")
    rates = user.call(action="query", meta="userinfo", uiprop="ratelimits")["query"]["userinfo"]["ratelimits"]
    assert rates == {"upload": {"user": {"hits": 2, "seconds": 3600}}}
    assert user.upload(name, jpeg())["result"] == "Success"
    # What isn't published doesn't count: warnings, stashing.
    assert user.upload(name, jpeg())["result"] == "Warning"
    key = user.upload("Stashed " + name, jpeg(), stash=1)["filekey"]
    assert user.upload("Second " + name, jpeg())["result"] == "Success"
    refused("ratelimited", user.upload, "Stashed " + name, filekey=key)

    answer = user.http.post(
        server.api,
        data={"action": "upload", "format": "json", "filename": "Third " + name, "token": user.token},
        files={"file": ("a.jpg", jpeg())},
    )
    assert answer.status_code == 200 and answer.headers["MediaWiki-API-Error"] == "ratelimited"
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert user.upload("Stashed " + name, jpeg(), stash=1)["result"] == "Success"

    assert other.upload("Third " + name, jpeg())["result"] == "Success"
    for number in range(4):
        assert admin.upload(f"Exempt {number} {name}", jpeg())["result"] == "Success"
    who = admin.call(action="query", meta="userinfo", uiprop="ratelimits|theoreticalratelimits")["query"]["userinfo"]
    assert who["ratelimits"] == {} and "upload" in who["theoreticalratelimits"]


# A server that only reads.


def test_a_server_that_only_reads_goes_on_reading(new_server, name):
    target = new_server()
    wiki, server, content = target.wiki(), target.server, jpeg()
    assert wiki.upload(name, content)["result"] == "Success"
    server.stop()
    server.environment["COMMONHOLD_SERVER_READ_ONLY"] = "Moving house"
    server.start()
    wiki = target.wiki()
    error = refused("readonly", wiki.upload, name, jpeg(), ignorewarnings=1)
    assert error["readonlyreason"] == "Moving house"
    # A bad token is told first, as on MediaWiki.
    refused("badtoken", wiki.upload, name, jpeg(), token="x")
    general = wiki.call(action="query", meta="siteinfo")["query"]["general"]
    assert general["readonly"] and general["readonlyreason"] == "Moving house"
    [info] = wiki.image_info(name)
    assert fetch(info["url"]).content == content
