"""Deleting, restoring, reverting, moving and editing, and the lists that tell of it."""

import concurrent.futures

import pytest

from api import ApiError, Wiki, fetch, sha1
from media import jpeg


@pytest.fixture(scope="module")
def ordinary(target):
    """A session of a user without special rights."""
    if target.server is None:
        pytest.skip("not a server of ours")
    target.server.add_user("Ordinary")
    wiki = Wiki(target.api)
    assert wiki.login("Ordinary@tests", target.server.add_bot_password("Ordinary", "tests"))["result"] == "Success"
    return wiki


@pytest.fixture
def anonymous(target):
    """Nobody in particular."""
    wiki = Wiki(target.api)
    wiki.token = "+\\"
    return wiki


def act(wiki, action, **params):
    """Does something that takes a token; gives what stands under its name."""
    params = {name.rstrip("_"): value for name, value in params.items()}
    return wiki.call(action=action, token=wiki.token, **params)[action]


def code_of(call, *arguments, **params):
    """The code of the error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call(*arguments, **params)
    return caught.value.code


def page_of(wiki, title, **params):
    """What a query says of one page."""
    return wiki.call(action="query", titles=title, **params)["query"]["pages"][0]


def text_of(wiki, title):
    """The text of a page."""
    page = page_of(wiki, title, prop="revisions", rvprop="content", rvslots="main")
    return page["revisions"][0]["slots"]["main"]["content"]


def three_versions(wiki, name):
    """A file with three versions; gives their bytes, the oldest first."""
    contents = [jpeg(32 + 8 * number, 32) for number in range(3)]
    for data in contents:
        assert wiki.upload(name, file=data, ignorewarnings=1, comment=f"{len(data)} bytes")["result"] == "Success"
    return contents


def log_of(wiki, title, **params):
    """The log of a page, newest first."""
    return wiki.call(action="query", list="logevents", letitle=title, lelimit="max", **params)["query"]["logevents"]


def test_a_deleted_file_is_served_nowhere(wiki, name):
    three_versions(wiki, name)
    urls = [version["url"] for version in wiki.image_info(name, iilimit=10)]
    assert [fetch(url).status_code for url in urls] == [200] * 3
    deleted = act(wiki, "delete", title="File:" + name, reason="not ours")
    assert deleted["title"] == "File:" + name.replace("_", " ")
    assert [fetch(url).status_code for url in urls] == [404] * 3
    assert page_of(wiki, "File:" + name, prop="imageinfo")["missing"]
    entry = log_of(wiki, "File:" + name)[0]
    assert (entry["logid"], entry["type"], entry["action"]) == (deleted["logid"], "delete", "delete")
    assert entry["comment"] == "not ours"
    assert code_of(act, wiki, "delete", title="File:" + name) == "missingtitle"


def test_all_of_a_file_comes_back(wiki, name):
    contents = three_versions(wiki, name)
    before = wiki.image_info(name, iilimit=10)
    act(wiki, "edit", title="File:" + name, text="A description")
    act(wiki, "delete", title="File:" + name)
    restored = act(wiki, "undelete", title="File:" + name, reason="ours after all")
    assert (restored["revisions"], restored["fileversions"]) == (4, 3)
    assert wiki.image_info(name, iilimit=10) == before
    assert [fetch(version["url"]).content for version in before] == contents[::-1]
    assert text_of(wiki, "File:" + name) == "A description"
    assert code_of(act, wiki, "undelete", title="File:" + name) == "cantundelete"


def test_versions_come_back_alone(wiki, name):
    contents = three_versions(wiki, name)
    act(wiki, "delete", title="File:" + name)
    gone = wiki.call(action="query", list="filearchive", faprefix=name, faprop="sha1|size|timestamp")
    gone = gone["query"]["filearchive"]
    assert [version["sha1"] for version in gone] == [sha1(data) for data in contents]
    assert [version["size"] for version in gone] == [str(len(data)) for data in contents]
    restored = act(wiki, "undelete", title="File:" + name, fileids=gone[1]["id"])
    assert (restored["revisions"], restored["fileversions"]) == (0, 1)
    page = page_of(wiki, "File:" + name, prop="imageinfo", iiprop="sha1")
    assert (page["missing"], page["known"]) == (True, True)
    assert page["imageinfo"] == [{"sha1": sha1(contents[1])}]
    act(wiki, "undelete", title="File:" + name)
    versions = wiki.image_info(name, iilimit=10)
    assert [version["sha1"] for version in versions] == [sha1(contents[at]) for at in (1, 2, 0)]
    assert [fetch(version["url"]).content for version in versions] == [contents[at] for at in (1, 2, 0)]


def test_one_old_version_is_deleted_alone(wiki, name):
    contents = three_versions(wiki, name)
    old = wiki.image_info(name, iilimit=10)[1]
    act(wiki, "delete", title="File:" + name, oldimage=old["archivename"], reason="that one")
    assert [version["sha1"] for version in wiki.image_info(name, iilimit=10)] == [sha1(contents[2]), sha1(contents[0])]
    assert fetch(old["url"]).status_code == 404
    entry = log_of(wiki, "File:" + name)[0]
    assert old["archivename"] in entry["comment"] and entry["comment"].endswith("that one")
    for oldimage, code in [("x", "invalidoldimage"), ("20200101000000!/" + name, "invalidoldimage"),
                           ("20200101000000!" + name, "nodeleteablefile")]:
        assert code_of(act, wiki, "delete", title="File:" + name, oldimage=oldimage) == code


def test_uploads_are_warned_of_deleted_files(wiki, ordinary, name):
    data = jpeg(40, 40)
    wiki.upload(name, file=data)
    act(wiki, "delete", title="File:" + name)
    warnings = ordinary.upload(name, file=jpeg(48, 48))["warnings"]
    assert warnings == {"was-deleted": name}
    warnings = ordinary.upload("Other_" + name, file=data)["warnings"]
    assert warnings == {"duplicate-archive": name}
    # The bytes that are there are taken; the deleted version stays what it was.
    assert ordinary.upload("Other_" + name, file=data, ignorewarnings=1)["result"] == "Success"
    act(wiki, "delete", title="File:Other_" + name)
    act(wiki, "undelete", title="File:" + name)
    assert fetch(wiki.image_info(name)[0]["url"]).content == data


def test_going_back_to_an_old_version(wiki, name):
    contents = three_versions(wiki, name)
    oldest = wiki.image_info(name, iilimit=10)[2]["archivename"]
    assert act(wiki, "filerevert", filename=name, archivename=oldest, comment="back") == {"result": "Success"}
    versions = wiki.image_info(name, iilimit=10)
    assert [version["sha1"] for version in versions] == [sha1(contents[at]) for at in (0, 2, 1, 0)]
    assert versions[0]["comment"] == "back"
    entry = log_of(wiki, "File:" + name)[0]
    assert (entry["type"], entry["action"]) == ("upload", "overwrite")
    again = act(wiki, "filerevert", filename=name, archivename=oldest)
    assert again["result"] == "Failure"
    assert again["errors"][0]["code"] == "fileexists-no-change"
    assert code_of(act, wiki, "filerevert", filename=name, archivename="20200101000000!" + name) == "filerevert-badversion"
    assert code_of(act, wiki, "filerevert", filename="File:" + name, archivename=oldest) == "missingtitle"


def test_versions_of_a_file_have_times_of_their_own(wiki, name):
    three_versions(wiki, name)
    for number in range(4):
        wiki.upload(name, file=jpeg(80 + 8 * number, 32), ignorewarnings=1)
    versions = wiki.image_info(name, iilimit=20)
    times = [version["timestamp"] for version in versions]
    assert times == sorted(set(times), reverse=True) and len(times) == 7
    names = [version["archivename"] for version in versions[1:]]
    assert len(set(names)) == 6


def test_a_moved_file_leaves_a_redirect(wiki, name):
    contents = three_versions(wiki, name)
    before = wiki.image_info(name, iilimit=10)
    old, new = "File:" + name.replace("_", " "), "File:Moved " + name.replace("_", " ")
    moved = act(wiki, "move", from_=old, to=new, reason="says more")
    assert moved == {
        "from": old, "to": new, "reason": "says more", "redirectcreated": True, "moveoverredirect": False,
    }
    after = wiki.image_info(new[5:], iilimit=10)
    assert [(v["sha1"], v["timestamp"], v["user"]) for v in after] == [(v["sha1"], v["timestamp"], v["user"]) for v in before]
    assert [fetch(version["url"]).content for version in after] == contents[::-1]
    assert [fetch(version["url"]).status_code for version in before] == [404] * 3
    # What asks for the old name finds the file.
    assert text_of(wiki, old) == f"#REDIRECT [[{new}]]"
    assert wiki.image_info(name, iilimit=10) == after
    answer = wiki.call(action="query", titles=old, redirects=1)["query"]
    assert answer["redirects"] == [{"from": old, "to": new}]
    assert [page["title"] for page in answer["pages"]] == [new]
    entry = log_of(wiki, old, letype="move")[0]
    assert entry["params"] == {"target_ns": 6, "target_title": new, "suppressredirect": False}
    # An upload to it is warned, and then takes the name.
    data = jpeg(56, 56)
    warned = wiki.upload(name, file=data)
    assert warned["warnings"] == {"page-exists": name}
    assert wiki.upload(name, filekey=warned["filekey"], ignorewarnings=1)["result"] == "Success"
    assert wiki.image_info(name)[0]["sha1"] == sha1(data)


@pytest.mark.usefixtures("own")
def test_the_special_pages_lead_to_the_file(wiki, target, name):
    data = jpeg()
    wiki.upload(name, file=data)
    act(wiki, "move", from_="File:" + name, to="File:Led_" + name)
    for title in (f"Special:FilePath/{name}", f"Special:Redirect/file/Led_{name}", f"Special:FilePath&file=File:{name}"):
        assert fetch(f"{target.server.url}/w/index.php?title={title}").content == data, title
    assert fetch(f"{target.server.url}/w/index.php?title=Special:FilePath/No_{name}").status_code == 404


def test_a_move_back_goes_over_the_redirect(wiki, name):
    wiki.upload(name, file=jpeg())
    old, new = "File:" + name, "File:Away_" + name
    act(wiki, "move", from_=old, to=new)
    moved = act(wiki, "move", from_=new, to=old, noredirect=1)
    assert (moved["redirectcreated"], moved["moveoverredirect"]) == (False, True)
    assert page_of(wiki, new)["missing"]
    assert len(wiki.image_info(name)) == 1
    actions = [(entry["type"], entry["action"]) for entry in log_of(wiki, old)]
    assert actions[0] == ("delete", "delete_redir")
    assert log_of(wiki, new)[0]["action"] == "move_redir"


def test_what_can_not_move(wiki, name):
    wiki.upload(name, file=jpeg())
    wiki.upload("Taken_" + name, file=jpeg())
    source = "File:" + name
    for to, code in [
        (source, "selfmove"),
        ("File:Taken_" + name, "articleexists"),
        (name, "nonfilenamespace"),
        ("File:Moved.png", "filetypemismatch"),
        ("File:Moved", "filetypemismatch"),
        ("File:a/b.jpg", "imageinvalidfilename"),
        ("File:x.php.jpg", "imageinvalidfilename"),
        ("<bad>", "invalidtitle"),
        ("Special:Upload", "immobile-target-namespace"),
        ("", "missingparam"),
    ]:
        assert code_of(act, wiki, "move", from_=source, to=to) == code, to
    assert code_of(act, wiki, "move", from_="File:No_such_" + name, to="File:X.jpg") == "missingtitle"
    assert len(wiki.image_info(name)) == 1


def test_who_may_do_what(wiki, ordinary, anonymous, name):
    wiki.upload(name, file=jpeg())
    wiki.upload(name, file=jpeg(), ignorewarnings=1)
    title, old = "File:" + name, wiki.image_info(name, iilimit=2)[1]["archivename"]
    for someone in (ordinary, anonymous):
        assert code_of(act, someone, "delete", title=title) == "permissiondenied"
        assert code_of(act, someone, "delete", title=title, oldimage=old) == "permissiondenied"
        assert code_of(act, someone, "undelete", title=title) == "permissiondenied"
        # What isn't there is told before what isn't allowed.
        assert code_of(act, someone, "delete", title="File:No_such_" + name) == "missingtitle"
        archive = {"action": "query", "list": "filearchive", "faprop": "description"}
        assert code_of(someone.call, **archive) == "permissiondenied"
    assert code_of(act, anonymous, "filerevert", filename=name, archivename=old) == "permissiondenied"
    assert code_of(act, anonymous, "move", from_=title, to="File:X_" + name) == "cantmovefile"
    assert code_of(act, ordinary, "edit", title="MediaWiki:Aboutpage", text="x") == "protectednamespace-interface"
    assert act(ordinary, "filerevert", filename=name, archivename=old)["result"] == "Success"
    # The flag is not for everyone.
    assert act(ordinary, "move", from_=title, to="File:X_" + name, noredirect=1)["redirectcreated"] is True
    assert act(anonymous, "edit", title="Talk:" + name, text="Hello")["new"] is True


def test_pages_are_edited(wiki, name):
    made = act(wiki, "edit", title=name, text="one\r\ntwo  \n\n", summary=" first ")
    assert (made["new"], made["result"], made["oldrevid"]) == (True, "Success", 0)
    assert text_of(wiki, name) == "one\ntwo"
    assert act(wiki, "edit", title=name, text="one\ntwo")["nochange"] is True
    added = act(wiki, "edit", title=name, prependtext="zero\n", appendtext="\nthree")
    assert (added["oldrevid"], text_of(wiki, name)) == (made["newrevid"], "zero\none\ntwo\nthree")
    act(wiki, "edit", title=name, undo=added["newrevid"])
    assert text_of(wiki, name) == "one\ntwo"
    act(wiki, "edit", title=name, section="new", sectiontitle="More", text="four")
    assert text_of(wiki, name) == "one\ntwo\n\n== More ==\n\nfour"
    for params, code in [
        ({}, "missingparam"),
        ({"text": "x", "createonly": 1}, "articleexists"),
        ({"text": "x", "md5": "0" * 32}, "badmd5"),
        ({"text": "x", "section": "none"}, "invalidsection"),
        ({"undo": 999999999}, "nosuchrevid"),
        ({"text": "x", "redirect": 1}, "redirect-appendonly"),
    ]:
        assert code_of(act, wiki, "edit", title=name, **params) == code, params
    assert code_of(act, wiki, "edit", title="No " + name, text="x", nocreate=1) == "missingtitle"
    assert code_of(act, wiki, "edit", title="Special:Upload", text="x") == "pagecannotexist"
    assert code_of(act, wiki, "edit", text="x") == "missingparam"
    assert code_of(act, wiki, "edit", title=name, undo=made["newrevid"]) == "nosuchrevid"
    history = page_of(wiki, name, prop="revisions", rvlimit=10)["revisions"]
    assert [revision["parentid"] for revision in history[:-1]] == [revision["revid"] for revision in history[1:]]
    assert history[-1]["comment"] == "first"


def test_edits_that_meet(wiki, ordinary, name):
    base = act(wiki, "edit", title=name, text="1\n2\n3\n4\n5")["newrevid"]
    act(wiki, "edit", title=name, text="A\n2\n3\n4\n5", baserevid=base)
    # Other lines come together; the same lines don't.
    act(ordinary, "edit", title=name, text="1\n2\n3\n4\nB", baserevid=base)
    assert text_of(wiki, name) == "A\n2\n3\n4\nB"
    assert code_of(act, ordinary, "edit", title=name, text="C\n2\n3\n4\n5", baserevid=base) == "editconflict"
    assert code_of(act, wiki, "edit", title=name, text="x", basetimestamp="2001-01-01T00:00:00Z") == "editconflict"
    # Who says nothing of a base writes last.
    act(ordinary, "edit", title=name, text="mine")
    latest = page_of(wiki, name, prop="info")["lastrevid"]
    act(ordinary, "edit", title=name, text="mine too")
    # Nobody is in conflict with himself.
    act(ordinary, "edit", title=name, text="mine as well", baserevid=latest)
    act(wiki, "delete", title=name)
    began = "2001-01-01T00:00:00Z"
    assert code_of(act, wiki, "edit", title=name, text="x", starttimestamp=began) == "pagedeleted"
    assert act(wiki, "edit", title=name, text="x", starttimestamp=began, recreate=1)["new"] is True


def test_histories_go_on_where_they_stopped(wiki, name):
    ids = [act(wiki, "edit", title=name, text=str(number))["newrevid"] for number in range(5)]
    seen, go_on = [], {}
    while go_on is not None:
        answer = wiki.call(action="query", titles=name, prop="revisions", rvlimit=2, rvprop="ids", **go_on)
        seen += [revision["revid"] for revision in answer["query"]["pages"][0]["revisions"]]
        go_on = answer.get("continue")
    assert seen == ids[::-1]
    page = page_of(wiki, name, prop="revisions", rvdir="newer", rvstartid=ids[1], rvendid=ids[3], rvlimit=9)
    assert [revision["revid"] for revision in page["revisions"]] == ids[1:4]
    answer = wiki.call(action="query", revids=f"{ids[2]}|999999999", prop="revisions", rvprop="ids|sha1|size")["query"]
    assert answer["badrevids"] == {"999999999": {"revid": 999999999, "missing": True}}
    revision = answer["pages"][0]["revisions"]
    assert revision == [{"revid": ids[2], "parentid": ids[1], "size": 1, "sha1": sha1(b"2")}]


def test_an_upload_is_one_recent_change(wiki, name):
    wiki.upload(name, file=jpeg(), comment="Look")
    changes = wiki.call(
        action="query", list="recentchanges", rctitle="File:" + name, rcprop="title|ids|comment|flags|loginfo|sizes"
    )["query"]["recentchanges"]
    assert len(changes) == 1
    change = changes[0]
    assert (change["type"], change["logtype"], change["logaction"]) == ("log", "upload", "upload")
    assert (change["comment"], change["old_revid"], change["newlen"]) == ("Look", 0, 0)
    assert change["revid"] == page_of(wiki, "File:" + name, prop="info")["lastrevid"]
    kinds = [(entry["type"], entry["action"]) for entry in log_of(wiki, "File:" + name)]
    assert kinds == [("create", "create"), ("upload", "upload")]


@pytest.mark.usefixtures("own")
def test_the_lists_are_closed_under_going_on(wiki, name):
    for number in range(3):
        wiki.upload(f"{number}_{name}", file=jpeg(64, 64, seed=f"same {name}"), ignorewarnings=1)
    for number in range(3):
        act(wiki, "delete", title=f"File:{number}_{name}")
    for module, prefix in [("logevents", "le"), ("recentchanges", "rc"), ("filearchive", "fa"), ("allpages", "ap")]:
        def ids(limit):
            found, go_on = [], {}
            while go_on is not None:
                extra = {"apnamespace": 6} if module == "allpages" else {}
                answer = wiki.call(action="query", list=module, **{prefix + "limit": limit}, **extra, **go_on)
                found += [next(v for k, v in item.items() if k in ("logid", "rcid", "id", "pageid"))
                          for item in answer["query"][module]]
                go_on = answer.get("continue")
            return found

        assert ids(7) == ids("max"), module


def test_copies_of_a_file_are_found(wiki, name):
    data = jpeg(72, 72)
    names = [f"{letter}_{name}" for letter in "ABC"]
    for copy in names:
        wiki.upload(copy, file=data, ignorewarnings=1)
    page = page_of(wiki, "File:" + names[1], prop="duplicatefiles")
    assert [copy["name"] for copy in page["duplicatefiles"]] == [names[0], names[2]]
    answer = wiki.call(action="query", titles="File:" + names[1], generator="duplicatefiles", prop="imageinfo")
    assert len(answer["query"]["pages"]) == 2


@pytest.mark.usefixtures("own")
def test_requests_that_meet_on_one_title(wiki, target, name):
    """Whatever the order turns out to be, no version is lost and none is there twice."""
    sessions = [target.wiki() for _ in range(4)]
    contents = [jpeg(32, 32, seed=f"{name} {number}") for number in range(12)]
    wiki.upload(name, file=contents[0])

    def one(number):
        session = sessions[number % len(sessions)]
        try:
            session.upload(name, file=contents[number], ignorewarnings=1)
            if number % 4 == 3:
                act(session, "delete", title="File:" + name)
            if number % 6 == 5:
                act(session, "undelete", title="File:" + name)
        except ApiError as error:
            assert error.code in ("missingtitle", "cantundelete"), error

    with concurrent.futures.ThreadPoolExecutor(len(sessions)) as pool:
        list(pool.map(one, range(1, len(contents))))
    try:
        act(wiki, "undelete", title="File:" + name)
    except ApiError as error:
        assert error.code == "cantundelete"
    versions = wiki.image_info(name, iilimit=100)
    assert sorted(version["sha1"] for version in versions) == sorted(sha1(data) for data in contents)
    for version in versions:
        assert sha1(fetch(version["url"]).content) == version["sha1"]
    times = [version["timestamp"] for version in versions]
    assert len(set(times)) == len(times)
