"""Tags: making them, marking changes with them, and who may."""

import time

import pytest

from api import ApiError, Wiki
from media import jpeg


class Managed:
    """The accounts of this module: who manages tags, and a user like any other."""

    def __init__(self, target):
        server = target.server
        # No grant covers tags, so that they are managed with the main password.
        self.admin = Wiki(target.api)
        assert self.admin.login("Tagger", server.add_user("Tagger", "sysop"))["result"] == "Success"
        server.add_user("Tagged")
        self.user = Wiki(target.api)
        password = server.add_bot_password("Tagged", "tests")
        assert self.user.login("Tagged@tests", password)["result"] == "Success"


@pytest.fixture(scope="module")
def people(target):
    """Both."""
    if target.server is None:
        pytest.skip("not a server of ours")
    return Managed(target)


@pytest.fixture
def tag(people, name):
    """A tag that is in use."""
    tag = name.removesuffix(".jpg")
    manage(people.admin, "create", tag)
    return tag


def act(wiki, action, **params):
    """Does something that takes a token; gives what stands under its name."""
    params = {name.rstrip("_"): value for name, value in params.items()}
    return wiki.call(action=action, token=wiki.token, **params)[action]


def manage(wiki, operation, tag, **params):
    """`action=managetags`."""
    return act(wiki, "managetags", operation=operation, tag=tag, **params)


def error_of(call, *arguments, **params):
    """The error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call(*arguments, **params)
    return caught.value.error


def code_of(call, *arguments, **params):
    """Its code."""
    return error_of(call, *arguments, **params)["code"]


def listed(wiki, tag):
    """What `list=tags` says of a tag; none if it isn't there."""
    props = "displayname|description|hitcount|defined|source|active"
    found = wiki.call(action="query", list="tags", tgcontinue=tag, tglimit=1, tgprop=props)["query"]["tags"]
    return next((entry for entry in found if entry["name"] == tag), None)


def log_of(wiki, title, **params):
    """Types and tags of a page's log, the newest first."""
    entries = wiki.call(action="query", list="logevents", letitle=title, leprop="type|tags", **params)
    return [(entry["type"], entry["tags"]) for entry in entries["query"]["logevents"]]


def changes_of(wiki, title, **params):
    """The tags of a page's changes, the newest first."""
    found = wiki.call(action="query", list="recentchanges", rctitle=title, rcprop="tags|ids", **params)
    return [change["tags"] for change in found["query"]["recentchanges"]]


def history_of(wiki, title, **params):
    """The tags of a page's revisions, the newest first."""
    params = {"rvlimit": 50, "rvprop": "ids|tags", **params}
    page = wiki.call(action="query", titles=title, prop="revisions", **params)["query"]["pages"][0]
    return [revision["tags"] for revision in page.get("revisions", [])]


def test_a_tag_is_made_used_and_taken_out_of_use(people, name):
    tag = name.removesuffix(".jpg")
    made = manage(people.admin, "create", tag, reason="for a test")
    assert made == {"operation": "create", "tag": tag, "success": True, "logid": made["logid"]}
    assert listed(people.user, tag) == {
        "name": tag, "displayname": tag, "description": "", "hitcount": 0, "defined": True, "source": ["manual"],
        "active": True,
    }
    assert code_of(manage, people.admin, "create", tag) == "tags-create-already-exists"
    assert code_of(manage, people.admin, "activate", tag) == "tags-activate-not-allowed"
    page = f"Page of {tag}"
    act(people.user, "edit", title=page, text="one", tags=tag)
    manage(people.admin, "deactivate", tag)
    found = listed(people.user, tag)
    assert (found["hitcount"], found["defined"], found["source"], found["active"]) == (1, False, [], False)
    assert code_of(act, people.user, "edit", title=page, text="two", tags=tag) == "badtags"
    assert code_of(manage, people.admin, "deactivate", tag) == "tags-deactivate-not-allowed"
    assert history_of(people.user, page) == [[tag]]
    manage(people.admin, "activate", tag)
    act(people.user, "edit", title=page, text="two", tags=tag)
    manage(people.admin, "delete", tag, reason="enough", ignorewarnings=1)
    assert listed(people.user, tag) is None
    assert history_of(people.user, page) == [[], []]
    assert code_of(manage, people.admin, "delete", tag) == "tags-delete-not-found"
    assert code_of(manage, people.admin, "activate", tag) == "tags-activate-not-found"
    log = people.user.call(action="query", list="logevents", letype="managetags", lelimit=4)["query"]["logevents"]
    assert [(entry["action"], entry["params"]) for entry in log] == [
        ("delete", {"tag": tag, "count": 2}), ("activate", {"tag": tag}), ("deactivate", {"tag": tag}),
        ("create", {"tag": tag}),
    ]
    assert {(entry["title"], entry["pageid"], entry["user"]) for entry in log} == {("Special:Tags", 0, "Tagger")}
    assert (log[0]["comment"], log[3]["comment"]) == ("enough", "for a test")


def test_a_tag_that_nothing_has_goes_when_it_is_taken_out_of_use(people, tag):
    manage(people.admin, "deactivate", tag)
    assert listed(people.user, tag) is None


@pytest.mark.parametrize("bad, code", [
    ("a,b", "tags-create-invalid-chars"), ("a|b", "tags-create-invalid-chars"), ("a/b", "tags-create-invalid-chars"),
    ("a<b", "tags-create-invalid-title-chars"), ("x" * 300, "tags-create-invalid-title-chars"), ("", "missingparam"),
])
def test_names_that_no_tag_has(people, bad, code):
    assert code_of(manage, people.admin, "create", bad) == code


def test_who_manages_tags(people, wiki, target, tag):
    assert code_of(manage, people.user, "create", tag) == "permissiondenied"
    assert code_of(manage, people.user, "delete", tag) == "permissiondenied"
    # A bot password has no grant for it, whoever's it is.
    assert code_of(manage, wiki, "create", tag) == "permissiondenied"
    anonymous = Wiki(target.api)
    anonymous.token = "+\\"
    assert code_of(manage, anonymous, "create", tag) == "permissiondenied"


def test_an_upload_is_marked(people, tag, name):
    file = "File:" + name
    assert people.user.upload(name, file=jpeg(32, 32), tags=tag)["result"] == "Success"
    assert log_of(people.user, file) == [("create", []), ("upload", [tag])]
    assert history_of(people.user, file) == [[tag]]
    assert changes_of(people.user, file) == [[tag]]
    again = people.user.upload(name, file=jpeg(40, 32), ignorewarnings=1, tags=f"{tag}|{tag}")
    assert again["result"] == "Success"
    assert history_of(people.user, file) == [[tag], [tag]]
    assert people.user.upload(name, file=jpeg(48, 32), ignorewarnings=1)["result"] == "Success"
    assert history_of(people.user, file) == [[], [tag], [tag]]
    assert listed(people.user, tag)["hitcount"] == 2
    # Lists of what is marked.
    assert log_of(people.user, file, letag=tag) == [("upload", [tag])] * 2
    assert changes_of(people.user, file, rctag=tag) == [[tag]] * 2
    assert history_of(people.user, file, rvtag=tag) == [[tag]] * 2


def test_the_newest_revision_is_shown_if_it_is_marked(people, tag):
    page = f"Page of {tag}"
    act(people.user, "edit", title=page, text="one", tags=tag)
    newest = {"action": "query", "titles": page, "prop": "revisions", "rvprop": "tags"}
    shown = people.user.call(rvtag=tag, **newest)["query"]["pages"][0]
    assert shown["revisions"] == [{"tags": [tag]}]
    assert "revisions" not in people.user.call(rvtag="no such tag", **newest)["query"]["pages"][0]


def test_all_ways_of_uploading_mark(people, tag, name):
    data = jpeg(64, 32)
    stashed = people.user.upload_chunks(name, data, 300, tags=tag)
    assert people.user.upload(name, filekey=stashed["filekey"], tags=tag)["result"] == "Success"
    assert history_of(people.user, "File:" + name) == [[tag]]
    later = "Later_" + name
    key = people.user.upload(later, file=jpeg(72, 32), stash=1)["filekey"]
    answer = people.user.upload(later, filekey=key, tags=tag, **{"async": 1})
    assert answer["result"] == "Poll"
    deadline = time.monotonic() + 30
    while answer["result"] == "Poll" and time.monotonic() < deadline:
        answer = act(people.user, "upload", filekey=key, checkstatus=1)
    assert answer["result"] == "Success"
    assert history_of(people.user, "File:" + later) == [[tag]]


def test_what_is_done_to_a_page_is_marked(people, tag):
    page, moved = f"Page of {tag}", f"Moved {tag}"
    act(people.user, "edit", title=page, text="one", tags=tag)
    assert log_of(people.user, page) == [("create", [])]
    assert history_of(people.user, page) == changes_of(people.user, page) == [[tag]]
    act(people.admin, "move", from_=page, to=moved, tags=tag)
    act(people.admin, "protect", title=moved, protections="edit=sysop", tags=tag)
    assert history_of(people.user, moved) == [[tag], [tag], [tag]]
    assert history_of(people.user, page) == [[tag]], "the redirect"
    act(people.admin, "delete", title=moved, tags=tag)
    act(people.admin, "undelete", title=moved, tags=tag)
    assert log_of(people.user, moved) == [("delete", [tag]), ("delete", [tag]), ("protect", [tag])]
    assert log_of(people.user, page) == [("move", [tag]), ("create", [])]
    assert history_of(people.user, moved) == [[tag], [tag], [tag]], "they come back as they were"
    act(people.admin, "block", user="192.0.2.77", tags=tag)
    act(people.admin, "unblock", user="192.0.2.77", tags=tag)
    assert log_of(people.user, "User:192.0.2.77") == [("block", [tag])] * 2
    manage(people.admin, "create", tag + " too", tags=tag)
    assert log_of(people.user, "Special:Tags", lelimit=1) == [("managetags", [tag])]


def test_tags_that_nobody_may_give(people, target, tag, name):
    error = error_of(people.user.upload, name, file=jpeg(32, 32), tags=f"x {name}|{tag}|mw-blank")
    assert (error["code"], error["disallowedtags"]) == ("badtags", [f"x {name}", "mw-blank"])
    raw = people.user.call(action="edit", title=name, text="", tags=f"{tag}|no|no", errorformat="raw")["errors"][0]
    assert (raw["code"], raw["key"]) == ("badtags", "tags-apply-not-allowed-multi")
    assert (raw["params"], raw["data"]) == (["no, no", 2], {"disallowedtags": ["no", "no"]})
    xml = people.user.http.post(target.api, data={"action": "edit", "title": name, "tags": "<x>", "format": "xml"}).text
    assert "<disallowedtags><_v>&lt;x&gt;</_v></disallowedtags>" in xml
    # It comes before the token and the rights.
    anonymous = Wiki(target.api)
    anonymous.token = "+\\"
    assert error_of(act, anonymous, "delete", title="X", tags="no")["code"] == "badtags"
    assert code_of(act, people.user, "edit", title="X", text="y", tags=tag.upper() + "x") == "badtags"
    # Who isn't logged in gives none.
    assert code_of(act, anonymous, "edit", title=name, text="y", tags=tag) == "tags-apply-no-permission"
    act(anonymous, "edit", title=f"Page of {tag}", text="y", tags="")
    assert people.user.image_info(name) == []


def test_paraminfo_names_the_usable_tags(people, tag):
    modules = people.user.call(action="paraminfo", modules="upload|edit|protect")["paraminfo"]["modules"]
    for module in modules:
        parameter = next(p for p in module["parameters"] if p["name"] == "tags")
        assert tag in parameter["type"] and parameter["multi"] and not parameter["required"]


def test_pages_say_what_a_tag_is_for(people, tag):
    act(people.admin, "edit", title=f"MediaWiki:Tag-{tag}", text="<b>Mine</b>")
    act(people.admin, "edit", title=f"MediaWiki:Tag-{tag}-description", text="What is mine")
    found = listed(people.user, tag)
    assert (found["displayname"], found["description"]) == ("&lt;b&gt;Mine&lt;/b&gt;", "What is mine")


def test_the_list_goes_on_where_it_stopped(people, tag):
    manage(people.admin, "create", tag + "-2")
    names, more = [], {}
    while more is not None:
        answer = people.user.call(action="query", list="tags", tglimit=1, **more)
        names += [entry["name"] for entry in answer["query"]["tags"]]
        more = answer.get("continue")
    assert names == sorted(names) and {tag, tag + "-2"} <= set(names)
    assert people.user.call(action="query", list="tags", tglimit=1)["query"]["tags"] == [{"name": names[0]}]
