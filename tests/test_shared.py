"""A shared repository: another Commonhold whose files are there for this one as well."""

import pytest
import requests

from api import ApiError, Wiki, fetch, sha1
from media import jpeg


@pytest.fixture
def other(new_server):
    """The wiki whose files are shared."""
    target = new_server()
    target.session = target.wiki()
    return target


@pytest.fixture
def consumer(new_server, other):
    """A wiki that shares them; settings on top of that."""

    def make(**settings):
        settings = {"shared_repository." + key: value for key, value in settings.items()}
        return new_server({"shared_repository.api": other.api, **settings})

    return make


def plain_user(target):
    """A session of somebody who may not hide shared files: a bot password without that right."""
    target.server.add_user("Plain")
    password = "0123456789abcdefghijklmnopqrstuv"
    names = ("basic", "editpage", "createeditmovepage", "uploadfile")
    grants = [option for name in names for option in ("--grant", name)]
    target.server.cli("bot-password", "create", "Plain", "tests", "--password", password, *grants)
    wiki = Wiki(target.api)
    assert wiki.login("Plain@tests", password)["result"] == "Success"
    return wiki


def page(wiki, name, **params):
    """What `prop=imageinfo` says of a file's page."""
    params = {"iiprop": "timestamp|user|url|size|sha1|mime|mediatype|badfile", **params}
    return wiki.call(action="query", prop="imageinfo", titles="File:" + name, **params)["query"]["pages"][0]


def test_a_file_that_is_only_there_is_known_here(other, consumer, name):
    data = jpeg(80, 60)
    theirs = other.session.upload(name, file=data)["imageinfo"]
    target = consumer(name="commons")
    wiki = target.wiki()
    found = page(wiki, name)
    assert found["missing"] is True and found["known"] is True
    assert found["imagerepository"] == "commons"
    info = found["imageinfo"][0]
    assert list(info) == [
        "timestamp", "user", "size", "width", "height", "url", "descriptionurl", "sha1", "mime", "mediatype"
    ]
    assert info == {key: theirs[key] for key in info}
    assert fetch(info["url"]).content == data
    assert page(wiki, name, iiprop="sha1")["imageinfo"] == [{"sha1": sha1(data)}]
    assert "imageinfo" not in page(wiki, name, iiend="2099-01-01T00:00:00Z")
    here = page(wiki, name, iilocalonly=1)
    assert here["imagerepository"] == "" and "imageinfo" not in here and "known" not in here
    nowhere = page(wiki, "Nowhere_" + name)
    assert nowhere["imagerepository"] == "" and nowhere["missing"] is True and "known" not in nowhere


def test_the_old_format_has_it_as_well(other, consumer, name):
    other.session.upload(name, file=jpeg())
    query = {"action": "query", "prop": "imageinfo", "titles": "File:" + name, "format": "json"}
    found = requests.get(consumer().api, params=query, timeout=60).json()["query"]["pages"]["-1"]
    assert found["missing"] == "" and found["known"] == "" and found["imagerepository"] == "shared"


def test_nobody_hides_a_shared_file_without_the_right(other, consumer, name):
    other.session.upload(name, file=jpeg())
    target, data = consumer(), jpeg()
    wiki = plain_user(target)
    with pytest.raises(ApiError) as caught:
        wiki.upload(name, file=data, ignorewarnings=1)
    error = caught.value.error
    assert error["code"] == "fileexists-shared-forbidden"
    assert error["invalidparameter"] == "filename"
    assert error["sessionkey"] == error["filekey"]
    # It is no matter of the stash, and the bytes are good for another name.
    assert wiki.upload(name, filekey=error["filekey"], stash=1)["result"] == "Success"
    assert wiki.upload("Other_" + name, filekey=error["filekey"])["result"] == "Success"


def test_chunks_for_a_shared_name_are_refused_at_once(other, consumer, name):
    other.session.upload(name, file=jpeg())
    data = jpeg(200, 200)
    with pytest.raises(ApiError) as caught:
        plain_user(consumer()).upload(name, chunk=data[:2000], offset=0, filesize=len(data))
    assert caught.value.code == "fileexists-shared-forbidden"


def test_a_local_file_hides_the_shared_one(other, consumer, name):
    theirs, ours = jpeg(), jpeg()
    other.session.upload(name, file=theirs)
    target = consumer()
    # No `exists`: there is no file of this name here.
    result = target.wiki().upload(name, file=ours)
    assert result["result"] == "Success" and "warnings" not in result
    found = page(target.wiki(), name)
    assert found["imagerepository"] == "local" and "known" not in found
    assert found["imageinfo"][0]["sha1"] == sha1(ours)
    # Once it is hidden, replacing the local file is a matter of that alone.
    wiki = plain_user(target)
    with pytest.raises(ApiError) as caught:
        wiki.upload(name, file=jpeg(), ignorewarnings=1)
    assert caught.value.code == "fileexists-forbidden"


def test_the_same_content_elsewhere_is_a_duplicate(other, consumer, name):
    data = jpeg()
    wiki = consumer().wiki()
    other.session.upload("A_" + name, file=data)
    other.session.upload("B_" + name, file=data, ignorewarnings=1)
    warned = wiki.upload(name, file=data)
    assert warned["result"] == "Warning"
    assert warned["warnings"] == {"duplicate": ["A_" + name, "B_" + name]}
    done = wiki.upload("B_" + name, filekey=warned["filekey"], ignorewarnings=1)
    assert done["warnings"] == {"duplicate": ["A_" + name, "B_" + name]}
    # Of two files with one name, one is named.
    stashed = wiki.upload("C_" + name, file=data, stash=1)
    assert stashed["warnings"] == {"duplicate": ["A_" + name, "B_" + name]}


def duplicates(wiki, name, **params):
    """What `prop=duplicatefiles` says of a file: names, with whether they are shared, over all continuations."""
    found, more = [], {}
    while more is not None:
        query = {"action": "query", "prop": "duplicatefiles", "titles": "File:" + name, **params, **more}
        answer = wiki.call(**query)
        for entry in answer["query"]["pages"][0].get("duplicatefiles", []):
            assert entry["user"] and entry["timestamp"].startswith("20")
            found.append((entry["name"], entry["shared"]))
        more = answer.get("continue")
    return found


def test_copies_are_found_in_both_places(other, consumer, name):
    data = jpeg()
    for copy in "BD":
        other.session.upload(f"{copy}_{name}", file=data, ignorewarnings=1)
    wiki = consumer().wiki()
    for copy in "ABC":
        wiki.upload(f"{copy}_{name}", file=data, ignorewarnings=1)
    names = [(f"{copy}_{name}", copy == "D") for copy in "ABCD"]
    assert duplicates(wiki, "A_" + name) == names[1:]
    assert duplicates(wiki, "A_" + name, dflimit=1) == names[1:]
    assert duplicates(wiki, "A_" + name, dfdir="descending", dflimit=1) == names[:0:-1]
    assert duplicates(wiki, "A_" + name, dflocalonly=1) == names[1:3]
    # Of a file that is only there, those here and there.
    assert duplicates(wiki, "D_" + name, dflimit=2) == names[:3]
    assert duplicates(wiki, "D_" + name, dflocalonly=1) == []


def test_a_move_hides_a_shared_file_only_on_purpose(other, consumer, name):
    other.session.upload("There_" + name, file=jpeg())
    target = consumer()
    wiki = target.wiki()
    wiki.upload(name, file=jpeg())

    def move(session, **params):
        params = {"from": "File:" + name, "to": "File:There_" + name, "token": session.token, **params}
        return session.call(action="move", **params)["move"]

    with pytest.raises(ApiError) as caught:
        move(plain_user(target), ignorewarnings=1)
    assert caught.value.code == "cantoverwrite-sharedfile"
    with pytest.raises(ApiError) as caught:
        move(wiki)
    assert caught.value.code == "fileexists-sharedrepo-perm"
    assert move(wiki, ignorewarnings=1)["redirectcreated"] is True


def test_the_shared_repository_is_listed_first(other, consumer):
    query = {"action": "query", "meta": "filerepoinfo"}
    repos = Wiki(consumer(name="commons").api).call(**query)["query"]["repos"]
    assert [repo["name"] for repo in repos] == ["commons", "local"]
    assert [repo["local"] for repo in repos] == [False, True]
    assert repos[0]["apiurl"] == other.api and repos[0]["scriptDirUrl"] == other.server.url + "/w"
    assert repos[0]["canUpload"] is False
    assert [repo["name"] for repo in Wiki(other.api).call(**query)["query"]["repos"]] == ["local"]


def test_uploads_go_on_while_the_other_wiki_is_down(other, consumer, name):
    other.session.upload(name, file=jpeg())
    target = consumer(timeout="1s")
    other.server.stop()
    wiki = plain_user(target)
    assert page(wiki, name)["imagerepository"] == ""
    assert wiki.upload(name, file=jpeg())["result"] == "Success"
    assert wiki.upload("Next_" + name, file=jpeg())["result"] == "Success"
    assert page(wiki, name)["imagerepository"] == "local"
    assert target.server.output().count("the shared repository gives no answer") == 1
