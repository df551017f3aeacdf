"""A shared repository: another Commonhold whose files are there for this one as well."""

import collections

import pytest
import requests

from api import ApiError, Wiki, fetch, sha1
from media import jpeg, wav


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


@pytest.fixture
def relay(elsewhere, other):
    """What passes on everything to the other wiki, and remembers it; but not what contains `relay.silent`."""
    elsewhere.silent = "nothing"

    def answer(handler):
        if elsewhere.silent in handler.path:
            elsewhere.over.wait()
            return
        body = requests.get(other.server.url + handler.path, timeout=60).content
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    elsewhere.answers = collections.defaultdict(lambda: answer)
    elsewhere.api = elsewhere.url("/w/api.php")
    return elsewhere


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


THUMB = ("thumburl", "thumbwidth", "thumbheight", "thumbmime", "responsiveUrls", "thumberror")


def thumb(entry):
    """What an entry says of a thumbnail, in order."""
    return [(key, value) for key, value in entry.items() if key in THUMB]


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"iiurlwidth": 100}, (100, 60)),
        ({"iiurlheight": 50}, (84, 50)),
        ({"iiurlwidth": 100, "iiurlheight": 10}, (17, 10)),
        ({"iiurlparam": "qlow-100px"}, (100, 60)),
        ({"iiurlwidth": 200, "iiurlparam": "nonsense"}, (200, 120)),
        ({"iiurlwidth": 400}, (400, 240)),
        ({"iiurlwidth": 5000}, (500, 300)),
    ],
)
def test_thumbnails_are_the_other_wikis(other, consumer, name, asked, size):
    other.session.upload(name, file=jpeg(500, 300))
    wiki = consumer().wiki()
    asked = {"iiprop": "url|size|thumbmime", **asked}
    entry = page(wiki, name, **asked)["imageinfo"][0]
    theirs = other.session.image_info(name, **asked)[0]
    assert thumb(entry) == thumb(theirs)
    assert (entry["thumbwidth"], entry["thumbheight"], entry["thumbmime"]) == (*size, "image/jpeg")
    assert ("responsiveUrls" in entry) == (size[0] < 500)
    for url in (entry["thumburl"], *entry.get("responsiveUrls", {}).values()):
        assert url.startswith(other.server.url + "/images/")
    assert fetch(entry["thumburl"]).headers["Content-Type"] == "image/jpeg"
    assert "thumbmime" not in page(wiki, name, **{**asked, "iiprop": "url"})["imageinfo"][0]
    assert thumb(page(wiki, name, **{**asked, "iiprop": "size"})["imageinfo"][0]) == []
    assert thumb(page(wiki, name, iiprop="url|thumbmime")["imageinfo"][0]) == []


def test_sizes_that_no_thumbnail_has_are_refused_here(other, relay, consumer, name):
    other.session.upload(name, file=jpeg(500, 300))
    wiki = consumer(api=relay.api).wiki()
    for asked, code in (
        ({"iiurlwidth": 0}, "urlparamnormal"),
        ({"iiurlheight": 0}, "urlparamnormal"),
        ({"iiurlparam": "nonsense"}, "urlparamnormal"),
        ({"iiurlparam": "0px", "iiurlwidth": 50}, "invalidurlparam"),
    ):
        with pytest.raises(ApiError) as caught:
            page(wiki, name, **asked)
        assert caught.value.code == code
    assert not any("iiurl" in path for path in relay.paths())
    # What means nothing isn't passed on.
    for param in ("page2-50px", "0" * 300 + "50px"):
        answer = wiki.call(
            action="query", prop="imageinfo", titles="File:" + name, iiprop="url", iiurlwidth=60, iiurlparam=param
        )
        assert answer["warnings"]["imageinfo"]["warnings"].startswith('"iiurlparam" is not understood')
        assert answer["query"]["pages"][0]["imageinfo"][0]["thumbwidth"] == 60
    assert not any("iiurlparam" in path for path in relay.paths())
    assert sum("iiurlwidth=60" in path for path in relay.paths()) == 1


@pytest.mark.parametrize("asked", [{"iiurlwidth": 50}, {"iiurlheight": 50}, {"iiurlparam": "50px"}])
def test_a_shared_file_without_thumbnails_has_its_wikis_icon(other, consumer, name, asked):
    name = name.replace(".jpg", ".wav")
    other.session.upload(name, file=b"".join(wav(2000)))
    entry = page(consumer().wiki(), name, iiprop="url|thumbmime|mime", **asked)["imageinfo"][0]
    assert (entry["thumbwidth"], entry["thumbheight"], entry["mime"]) == (120, 120, "audio/wav")
    assert entry["thumburl"].startswith(other.server.url + "/")
    assert fetch(entry["thumburl"]).status_code == 200
    assert "thumbmime" not in entry and "responsiveUrls" not in entry


def test_many_thumbnails_take_few_questions(other, relay, consumer, name):
    names = [f"{number:02}_{name}" for number in range(59)]
    for file in names:
        other.session.upload(file, file=jpeg(40, 30))
    wiki = consumer(api=relay.api).wiki()
    local = "30a_" + name
    wiki.upload(local, file=jpeg(40, 30))
    relay.requests.clear()
    query = {
        "action": "query", "prop": "imageinfo", "iiprop": "url", "iiurlwidth": 20,
        "titles": "|".join("File:" + file for file in [*names, local]),
    }
    found, more, counts = {}, {}, []
    while more is not None:
        answer = wiki.call(**query, **more)
        more = answer.get("continue")
        told = [page for page in answer["query"]["pages"] if "imageinfo" in page]
        counts.append(len(told))
        for page in told:
            found[page["title"].removeprefix("File:").replace(" ", "_")] = page["imageinfo"][0]["thumburl"]
    assert counts == [50, 10]
    assert sorted(found) == sorted([*names, local])
    for file, url in found.items():
        assert url.endswith("/20px-" + file)
        assert url.startswith((wiki if file == local else other.session).url.removesuffix("/w/api.php"))
    # Fifty files and nine, and then fifty thumbnails (of which one is ours) and ten.
    assert len(relay.requests) == 4


def test_thumbnails_that_take_too_long_are_left_out(other, relay, consumer, name):
    other.session.upload(name, file=jpeg(500, 300))
    target = consumer(api=relay.api, timeout="1s")
    wiki = target.wiki()
    relay.silent = "iiurlwidth"
    for width in (100, 110):
        entry = page(wiki, name, iiurlwidth=width)["imageinfo"][0]
        assert thumb(entry) == [] and entry["width"] == 500
    # It isn't asked for others in the meantime, but for files.
    assert sum("iiurlwidth" in path for path in relay.paths()) == 1
    other.session.upload("New_" + name, file=jpeg())
    assert page(wiki, "New_" + name)["imagerepository"] == "shared"


def test_stable_addresses_lead_to_shared_files(other, consumer, name):
    url = other.session.upload(name, file=jpeg(500, 300))["imageinfo"]["url"]
    sized = other.session.image_info(name, iiurlwidth=100, iiurlheight=10)[0]["thumburl"]
    target = consumer()

    def leads(title):
        address = f"{target.server.url}/w/index.php?title={title}"
        answer = requests.get(address, allow_redirects=False, timeout=60)
        return answer.status_code, answer.headers.get("Location")

    assert leads(f"Special:FilePath/{name}") == (302, url)
    assert leads(f"Special:Redirect/file/{name}") == (301, url)
    assert leads(f"Special:Redirect/file/{name}&width=100&height=10") == (302, sized)
    assert leads(f"Special:FilePath/{name}&width=5000") == (302, url)
    assert leads(f"Special:FilePath/No_{name}") == (404, None)
    other.server.stop()
    # What was said still counts, and the file itself is there where no thumbnail is told.
    assert leads(f"Special:FilePath/{name}&width=77") == (302, url)
