"""Thumbnails, as users and clients see them."""

import concurrent.futures
import io
import re
import time
import urllib.parse

import pytest
import requests
from PIL import Image

from api import ApiError, fetch
from media import jpeg

pytestmark = pytest.mark.usefixtures("own")


def picture(kind="JPEG", size=(500, 300), mode="RGB", colour=(200, 30, 30), **options):
    """A picture of one colour, but for a white corner at the upper left."""
    image = Image.new(mode, size, colour)
    image.paste((255,) * len(image.getbands()), (0, 0, size[0] // 4, size[1] // 4))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(orientation):
    """Options for a JPEG whose pixels are shown in this orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a secret description"
    return {"exif": exif.tobytes()}


def info(wiki, name, **params):
    params = {"iiprop": "url|size|thumbmime", **params}
    return wiki.image_info(name, **params)[0]


def names(entry):
    """The last parts of the addresses of a thumbnail and those for denser screens."""
    urls = [entry["thumburl"], *entry.get("responsiveUrls", {}).values()]
    return [url.rsplit("/", 1)[1].split("-")[0] for url in urls]


def opened(answer):
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return image


def made(server):
    """How many thumbnails the server has made."""
    text = requests.get(server.url + "/metrics", timeout=60).text
    return int(re.search(r"^commonhold_thumbnails_made_total (\d+)$", text, re.M)[1])


@pytest.fixture
def photo(wiki, name):
    """The name of a JPEG of 500 by 300 pixels."""
    assert wiki.upload(name, file=picture(), ignorewarnings=1)["result"] == "Success"
    return name


def test_a_thumbnail_is_where_the_answer_says(wiki, photo):
    entry = info(wiki, photo, iiurlwidth=100)
    assert (entry["thumbwidth"], entry["thumbheight"], entry["thumbmime"]) == (100, 60, "image/jpeg")
    assert names(entry) == ["100px", "150px", "200px"]
    answer = fetch(entry["thumburl"])
    image = opened(answer)
    assert (image.format, image.size) == ("JPEG", (100, 60))
    headers = answer.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Length"] == str(len(answer.content))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Last-Modified"] == fetch(entry["url"]).headers["Last-Modified"]
    for condition in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}):
        assert fetch(entry["thumburl"], **condition).status_code == 304
    head = requests.head(entry["thumburl"], timeout=60)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == headers["Content-Length"]
    below = entry["thumburl"].replace("/images/", "/w/images/")
    assert fetch(below + "?20260102030405").content == answer.content


def test_ranges_of_a_thumbnail(wiki, photo, name):
    # Noise stays large: this one is read from disk in pieces.
    noise = Image.effect_noise((1500, 1400), 100)
    out = io.BytesIO()
    noise.save(out, "PNG")
    large = "Noise_" + name.replace(".jpg", ".png")
    wiki.upload(large, file=out.getvalue(), ignorewarnings=1)
    for file, width in ((photo, 100), (large, 1400)):
        url = info(wiki, file, iiurlwidth=width)["thumburl"]
        whole = fetch(url)
        data, etag = whole.content, whole.headers["ETag"]
        assert (len(data) > 1 << 20) == (file == large)
        assert whole.headers["Accept-Ranges"] == "bytes"
        end = len(data) - 1
        for asked, first, last in (("0-0", 0, 0), ("10-", 10, end), ("-9", end - 8, end), ("5-99999999", 5, end)):
            answer = fetch(url, Range="bytes=" + asked, **{"If-Range": etag})
            assert answer.status_code == 206
            assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(data)}"
            assert answer.headers["Content-Length"] == str(last - first + 1)
            assert (answer.headers["ETag"], answer.content) == (etag, data[first:last + 1])
        nothing = fetch(url, Range=f"bytes={len(data)}-")
        assert (nothing.status_code, nothing.headers["Content-Range"]) == (416, f"bytes */{len(data)}")
        another = fetch(url, Range="bytes=5-9", **{"If-Range": '"another"'})
        assert (another.status_code, another.content) == (200, data)
        # A range is one of GET only, and of no interest to who has all.
        head = requests.head(url, headers={"Range": "bytes=5-9"}, timeout=60)
        assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(data)))
        assert fetch(url, Range="bytes=5-9", **{"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("asked", "size", "expected"),
    [
        ({"iiurlheight": 50}, (84, 50), ["84px", "125px", "167px"]),
        ({"iiurlwidth": 100, "iiurlheight": 10}, (17, 10), ["17px", "25px", "34px"]),
        ({"iiurlparam": "qlow-100px"}, (100, 60), ["qlow", "qlow", "qlow"]),
        ({"iiurlparam": "nonsense", "iiurlwidth": 200}, (200, 120), ["200px", "300px", "400px"]),
        ({"iiurlparam": "100px", "iiurlwidth": 200}, (200, 120), ["200px", "300px", "400px"]),
    ],
)
def test_sizes_fit(wiki, photo, asked, size, expected):
    entry = info(wiki, photo, **asked)
    assert (entry["thumbwidth"], entry["thumbheight"]) == size
    assert names(entry) == expected
    assert opened(fetch(entry["thumburl"])).size == size


@pytest.mark.parametrize("asked", [{"iiurlwidth": 500}, {"iiurlwidth": 5000}, {"iiurlheight": 5000}])
def test_nothing_is_enlarged(wiki, photo, asked):
    entry = info(wiki, photo, **asked)
    assert entry["thumburl"] == entry["url"]
    assert (entry["thumbwidth"], entry["thumbheight"]) == (500, 300)
    assert "responsiveUrls" not in entry


def test_sizes_that_no_picture_has(wiki, photo):
    for asked, code in [
        ({"iiurlwidth": 0}, "urlparamnormal"),
        ({"iiurlwidth": -5}, "urlparamnormal"),
        ({"iiurlheight": 0}, "urlparamnormal"),
        ({"iiurlparam": "nonsense"}, "urlparamnormal"),
        ({"iiurlparam": "0px", "iiurlwidth": 50}, "invalidurlparam"),
    ]:
        with pytest.raises(ApiError) as error:
            info(wiki, photo, **asked)
        assert error.value.code == code, asked


def test_warnings_say_what_is_not_heeded(wiki, photo):
    def codes(**params):
        answer = wiki.call(
            action="query", prop="imageinfo", titles="File:" + photo, iiprop="url", errorformat="raw", **params
        )
        return [warning["code"] for warning in answer.get("warnings", [])]

    assert codes(iiurlparam="nonsense", iiurlwidth=100) == ["badurlparam"]
    assert codes(iiurlparam="90px", iiurlwidth=100) == ["urlparamwidth"]
    assert codes(iiurlparam="100px", iiurlwidth=100, iiurlheight=10) == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright_and_say_nothing_of_themselves(wiki, name, orientation):
    wiki.upload(name, file=picture(quality=95, **turned(orientation)), ignorewarnings=1)
    entry = info(wiki, name, iiurlwidth=100)
    answer = fetch(entry["thumburl"])
    image = opened(answer)
    assert image.size == ((100, 167) if orientation >= 5 else (100, 60))
    width, height = image.size
    corners = [(5, 5), (width - 6, 5), (width - 6, height - 6), (5, height - 6)]
    white = [all(band > 200 for band in image.convert("RGB").getpixel(at)) for at in corners]
    # Where the upper left corner goes.
    assert white.index(True) == [0, 1, 2, 3, 0, 1, 2, 3][orientation - 1] and white.count(True) == 1
    assert not image.getexif() and b"secret" not in answer.content
    # Nothing is as good as a turned picture but a turned picture.
    large = info(wiki, name, iiurlwidth=5000)
    assert (large["thumburl"] == large["url"]) == (orientation == 1)


@pytest.mark.parametrize(
    ("extension", "kind", "suffix", "mime"),
    [("png", "PNG", "", "image/png"), ("gif", "GIF", "", "image/gif"), ("webp", "WEBP", ".png", "image/png"),
     ("tif", "TIFF", ".jpg", "image/jpeg")],
)
def test_types(wiki, name, extension, kind, suffix, mime):
    name = name.replace("jpg", extension)
    wiki.upload(name, file=picture(kind), ignorewarnings=1)
    entry = info(wiki, name, iiurlwidth=100)
    assert entry["thumburl"].endswith(f"px-{name}{suffix}")
    assert entry["thumbmime"] == mime
    answer = fetch(entry["thumburl"])
    assert answer.headers["Content-Type"] == mime
    assert opened(answer).size == (100, 60)


def test_pages_of_documents(wiki, name):
    name = name.replace("jpg", "pdf")
    out = io.BytesIO()
    upright, wide = Image.new("RGB", (300, 400), "red"), Image.new("RGB", (400, 200), "blue")
    upright.save(out, "PDF", save_all=True, append_images=[wide])
    wiki.upload(name, file=out.getvalue(), ignorewarnings=1)
    entry = info(wiki, name, iiurlwidth=120)
    assert entry["pagecount"] == 2 and names(entry) == ["page1", "page1", "page1"]
    for page, size, colour in ((1, (120, 160), 0), (2, (120, 60), 2), (7, (120, 60), 2)):
        entry = info(wiki, name, iiurlparam=f"page{page}-120px")
        assert entry["thumburl"].endswith(f"/page{min(page, 2)}-120px-{name}.jpg")
        image = opened(fetch(entry["thumburl"]))
        assert (image.format, image.size) == ("JPEG", size)
        pixel = image.getpixel((50, 50))
        assert max(range(3), key=pixel.__getitem__) == colour
    widths = info(wiki, name, iiprop="thumburls", iiurlparam="page2")["thumburls"]
    assert widths["120"]["url"].endswith(f"/page2-120px-{name}.jpg")
    script = wiki.url.replace("api.php", "thumb.php")
    assert opened(fetch(f"{script}?f={name}&w=120&page=2")).size == (120, 60)


def test_files_without_pictures_have_icons(wiki, name):
    name = name.replace("jpg", "mid")
    wiki.upload(name, file=b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0", ignorewarnings=1)
    entry = info(wiki, name, iiurlwidth=50)
    assert entry["thumburl"].endswith("/resources/assets/file-type-icons/fileicon-mid.png")
    assert (entry["thumbwidth"], entry["thumbheight"]) == (120, 120)
    assert "thumbmime" not in entry
    assert opened(fetch(entry["thumburl"])).size == (120, 120)
    folders = "/".join(entry["url"].rsplit("/", 3)[1:])
    thumb = entry["url"].replace(folders, "thumb/" + folders) + "/50px-" + name
    assert fetch(thumb).status_code == 400


def test_addresses_of_all_widths(wiki, photo):
    widths = info(wiki, photo, iiprop="timestamp|thumburls")["thumburls"]
    assert list(widths) == ["20", "40", "60", "120", "250", "330", "500"]
    assert all(entry["width"] == int(width) for width, entry in widths.items())
    assert opened(fetch(widths["250"]["url"])).size == (250, 150)
    assert "/thumb/" not in widths["500"]["url"]


@pytest.mark.parametrize(
    ("thumb", "status"),
    [("0120px-{}", 404), ("501px-{}", 404), ("120px-Other.jpg", 404), ("0px-{}", 400), ("page2-120px-{}", 400),
     ("px-{}", 400), ("500px-{}", 400), ("99999999999999999999px-{}", 400), ("120px-{}.png", 404), ("", 404),
     ("..%2f120px-{}", 400), ("%00", 404)],
)
def test_addresses_that_are_none(wiki, photo, thumb, status):
    url = info(wiki, photo, iiurlwidth=120)["thumburl"].rsplit("/", 1)[0]
    answer = fetch(url + "/" + thumb.format(photo))
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_other_folders_and_other_files(wiki, own, photo):
    url = info(wiki, photo, iiurlwidth=120)["thumburl"]
    first, second = url.rsplit("/", 4)[1:3]
    assert fetch(url.replace(f"/{first}/{second}/", "/0/00/")).status_code in (404,)
    assert fetch(own.url + "/images/thumb/a").status_code == 400
    missing = fetch(own.url + "/images/thumb/e/e6/%3Cb%3E.jpg/9px-%3Cb%3E.jpg")
    assert missing.status_code == 404 and "<b>" not in missing.text


def test_a_new_version_is_seen_at_once(wiki, photo):
    url = info(wiki, photo, iiurlwidth=100)["thumburl"]
    old = fetch(url)
    assert opened(old).getpixel((90, 50))[0] > 150
    for colour in ((20, 20, 220), (20, 220, 20)):
        wiki.upload(photo, file=picture(colour=colour), ignorewarnings=1)
        new = opened(fetch(url)).getpixel((90, 50))
        assert [band > 120 for band in new] == [band > 120 for band in colour]
        assert fetch(url, **{"If-None-Match": old.headers["ETag"]}).status_code == 200
    current, *older = wiki.image_info(photo, iiprop="url|archivename|sha1", iiurlwidth=100, iilimit=9)
    assert [entry["thumburl"].split("/images/thumb/")[1].startswith("archive/") for entry in older] == [True, True]
    assert opened(fetch(older[1]["thumburl"])).getpixel((90, 50)) == opened(old).getpixel((90, 50))
    archived = urllib.parse.quote(older[1]["archivename"], safe="")
    script = wiki.url.replace("api.php", "thumb.php")
    assert fetch(f"{script}?f={archived}&w=100&archived=1").content == old.content


def test_nothing_is_left_of_a_deleted_file(wiki, photo):
    url = info(wiki, photo, iiurlwidth=100)["thumburl"]
    assert fetch(url).status_code == 200
    wiki.call(action="delete", title="File:" + photo, token=wiki.token)
    assert fetch(url).status_code == 404


def test_a_redirect_leads_to_the_thumbnail_of_its_target(wiki, photo):
    url = info(wiki, photo, iiurlwidth=100)["thumburl"]
    wiki.call(
        action="move", **{"from": "File:" + photo, "to": "File:Led_" + photo}, reason="x", token=wiki.token
    )
    answer = requests.get(url, allow_redirects=False, timeout=60)
    assert answer.status_code == 302 and answer.headers["Expires"]
    assert answer.headers["Location"].endswith(f"/Led_{photo}/100px-Led_{photo}")
    assert opened(fetch(url)).size == (100, 60)
    script = wiki.url.replace("api.php", f"thumb.php?f={photo}&w=100")
    answer = requests.get(script, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"].rsplit("/", 1)[1]) == (302, f"100px-Led_{photo}")


def test_many_ask_and_it_is_made_once(own, wiki, name):
    wiki.upload(name, file=jpeg(1200, 900), ignorewarnings=1)
    url = info(wiki, name, iiurlwidth=330)["thumburl"]
    before = made(own)
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: fetch(url), range(1000)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert made(own) == before + 1


def test_kept_thumbnails_outlive_the_process_but_are_not_needed(new_server):
    target = new_server()
    server, wiki = target.server, target.wiki()
    wiki.upload("Kept.png", file=picture("PNG"), ignorewarnings=1)
    url = info(wiki, "Kept.png", iiurlwidth=120)["thumburl"]
    first = fetch(url).content
    server.stop()
    server.start()
    assert fetch(url).content == first and made(server) == 0
    for kept in (server.data / "thumbnails").rglob("*.png"):
        kept.unlink()
    server.stop()
    server.start()
    assert fetch(url).content == first and made(server) == 1


def test_no_more_is_kept_than_there_is_room_for(new_server):
    target = new_server({"thumbnails.cache_bytes": 3000})
    server, wiki = target.server, target.wiki()
    wiki.upload("Room.jpg", file=jpeg(600, 400), ignorewarnings=1)
    for width in range(100, 200, 10):
        assert fetch(info(wiki, "Room.jpg", iiurlwidth=width)["thumburl"]).status_code == 200
    kept = [path.stat().st_size for path in (server.data / "thumbnails").rglob("*.jpg")]
    assert sum(kept) <= 3000


def test_without_room_on_disk_there_is_memory(new_server):
    target = new_server({"thumbnails.cache_bytes": 0})
    server, wiki = target.server, target.wiki()
    wiki.upload("Memory.jpg", file=jpeg(600, 400), ignorewarnings=1)
    url = info(wiki, "Memory.jpg", iiurlwidth=120)["thumburl"]
    assert fetch(url).content == fetch(url).content
    assert made(server) == 1
    assert not (server.data / "thumbnails").exists()


def test_what_failed_is_not_tried_again(own, wiki, name):
    # Its pixels are none; that is not seen before they are decoded.
    data = bytearray(picture("PNG"))
    at = data.index(b"IDAT") + 4
    data[at:at + 8] = b"\xff" * 8
    name = name.replace("jpg", "png")
    wiki.upload(name, file=bytes(data), ignorewarnings=1)
    url = info(wiki, name, iiurlwidth=120).get("thumburl")
    answers = [fetch(url).status_code for _ in range(6)]
    assert answers[0] in (400, 500), answers
    assert answers == [answers[0]] * 4 + [429] * 2
    text = requests.get(own.url + "/metrics", timeout=60).text
    assert int(re.search(r"^commonhold_thumbnails_failed_total (\d+)$", text, re.M)[1]) == 1
    entry = info(wiki, name, iiurlwidth=120)
    assert entry["thumberror"] and "thumburl" not in entry


def test_a_picture_that_is_too_large_says_so(new_server):
    target = new_server({"media.max_pixels": 10_000})
    wiki = target.wiki()
    wiki.upload("Large.png", file=picture("PNG"), ignorewarnings=1)
    entry = info(wiki, "Large.png", iiurlwidth=120)
    assert entry["thumberror"] and "thumburl" not in entry
    script = wiki.url.replace("api.php", "thumb.php")
    assert fetch(script + "?f=Large.png&w=120").status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [("w=100", 200), ("width=100px", 200), ("w=100&page=7&lang=de&r=1", 200), ("w=100&quality=low", 200), ("", 400),
     ("w=0", 400), ("w=-1", 400), ("w=abc", 400), ("w=500", 400), ("w=5000", 400), ("w=100&temp=1", 404)],
)
def test_the_script(wiki, photo, query, status):
    script = wiki.url.replace("api.php", "thumb.php")
    answer = fetch(f"{script}?f={photo}&{query}")
    assert answer.status_code == status
    if status == 200:
        assert opened(answer).size == (100, 60)
        assert answer.headers["Content-Disposition"] == f"inline;filename*=UTF-8''{photo}"
    assert fetch(f"{script}?{query}").status_code == 404
    assert fetch(f"{script}?f=File:{photo}&{query}").status_code == 404


def test_the_script_lets_files_be_saved(wiki, photo):
    script = wiki.url.replace("api.php", "thumb.php")
    answer = fetch(f"{script}?f={photo}&w=100&download")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert requests.post(f"{script}?f={photo}&w=100", timeout=60).status_code == 405


def test_stable_addresses(wiki, own, photo):
    def leads(title):
        answer = requests.get(f"{own.url}/w/index.php?title={title}", allow_redirects=False, timeout=60)
        return answer.status_code, answer.headers.get("Location", "").rsplit("/", 1)[-1]

    assert leads(f"Special:FilePath/{photo}&width=100") == (302, "100px-" + photo)
    assert leads(f"Special:FilePath&file={photo}&width=100") == (302, "100px-" + photo)
    assert leads(f"Special:Redirect/file/{photo}") == (301, photo)
    assert leads(f"Special:Redirect/file/{photo}&width=100") == (301, "100px-" + photo)
    assert leads(f"Special:Redirect/file/{photo}&width=100&height=10") == (302, "17px-" + photo)
    for query in ("width=5000", "height=10", "width=abc", "width=0"):
        assert leads(f"Special:Redirect/file/{photo}&{query}") == (301, photo)
    assert leads(f"Special:Redirect/file/No_{photo}")[0] == 404


def test_thumbnails_of_stashed_files_are_their_owners(new_server):
    target = new_server()
    server, wiki = target.server, target.wiki()
    key = wiki.upload("Stashed.jpg", file=picture(), stash=1, ignorewarnings=1)["filekey"]
    answer = wiki.call(
        action="query", prop="stashimageinfo", siifilekey=key, siiprop="url|size|thumbmime", siiurlwidth=100
    )
    entry = answer["query"]["stashimageinfo"][0]
    assert (entry["thumbwidth"], entry["thumbheight"], entry["thumbmime"]) == (100, 60, "image/jpeg")
    assert entry["thumburl"].endswith(f"Special:UploadStash/thumb/{key}/100px-{key}")
    assert names(entry) == ["100px", "150px", "200px"]
    thumb = wiki.http.get(entry["thumburl"], timeout=60)
    assert opened(thumb).size == (100, 60)
    assert thumb.headers["Cache-Control"] == "private, no-store"
    assert fetch(entry["thumburl"]).status_code == 404
    assert wiki.http.get(entry["thumburl"].replace("/100px-", "/0100px-"), timeout=60).status_code == 404
    assert fetch(f"{server.url}/images/thumb/temp/1/12/{key}/100px-{key}").status_code == 404


def test_steps(new_server):
    settings = {"thumbnails.steps": "100,200", "thumbnails.mode": "snap"}
    wiki = new_server(settings).wiki()
    wiki.upload("Steps.jpg", file=picture(), ignorewarnings=1)
    entry = info(wiki, "Steps.jpg", iiurlwidth=90)
    assert (names(entry), entry["thumbwidth"], entry["thumbheight"]) == (["100px", "200px", "200px"], 90, 54)
    other = entry["thumburl"].replace("/100px-", "/77px-")
    answer = requests.get(other, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"]) == (302, entry["thumburl"])

    wiki = new_server({**settings, "thumbnails.mode": "refuse"}).wiki()
    wiki.upload("Steps.jpg", file=picture(), ignorewarnings=1)
    entry = info(wiki, "Steps.jpg", iiurlwidth=90)
    assert fetch(entry["thumburl"]).status_code == 200
    assert fetch(entry["thumburl"].replace("/100px-", "/77px-")).status_code == 429
    assert fetch(wiki.url.replace("api.php", "thumb.php") + "?f=Steps.jpg&w=77").status_code == 429


def test_nobody_has_too_many_unusual_sizes_made(new_server):
    wiki = new_server({"limits.thumbnails_ip": "3/3600"}).wiki()
    wiki.upload("Sizes.jpg", file=picture(), ignorewarnings=1)
    url = info(wiki, "Sizes.jpg", iiurlwidth=81)["thumburl"]
    answers = [fetch(url.replace("/81px-", f"/{width}px-")) for width in (81, 82, 83, 84, 81, 120, 250)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 200, 200, 200]
    assert int(answers[3].headers["Retry-After"]) > 0


def test_more_than_fifty_transforms_come_in_portions(new_server):
    target = new_server()
    wiki = target.wiki()
    for number in range(27):
        for colour in ((number, 0, 0), (number, 9, 0)):
            assert wiki.upload(f"Many_{number:02}.png", file=picture("PNG", (40, 30), colour=colour), ignorewarnings=1)
    titles = "|".join(f"File:Many {number:02}.png" for number in range(27))
    seen, query = [], {}
    for _ in range(3):
        answer = wiki.call(
            action="query", prop="imageinfo", titles=titles, iiprop="url|timestamp", iilimit=5, iiurlwidth=20, **query
        )
        entries = [entry for page in answer["query"]["pages"] for entry in page.get("imageinfo", [])]
        seen.append(len(entries))
        query = answer.get("continue")
        if not query:
            break
    assert seen == [50, 4]


#: What Chromium sends for pictures.
BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def test_there_is_one_form_unless_the_operator_wants_others(wiki, photo):
    answer = fetch(info(wiki, photo, iiurlwidth=100)["thumburl"], Accept=BROWSER)
    assert (opened(answer).format, answer.headers["Content-Type"]) == ("JPEG", "image/jpeg")
    assert "Vary" not in answer.headers


def test_clients_are_given_the_form_that_they_know(new_server):
    target = new_server({"thumbnails.renditions": "avif,webp"})
    server, wiki = target.server, target.wiki()
    wiki.upload("Forms.jpg", file=picture(), ignorewarnings=1)
    entry = info(wiki, "Forms.jpg", iiurlwidth=100)
    assert (entry["thumbmime"], names(entry)) == ("image/jpeg", ["100px", "150px", "200px"])
    script = wiki.url.replace("api.php", "thumb.php") + "?f=Forms.jpg&w=100"
    tags = {}
    for accept, form in (
        ("*/*", "JPEG"),
        ("image/*,*/*;q=0.8", "JPEG"),
        ("image/webp;q=0, image/avif;q=0.0", "JPEG"),
        ("image/png, IMAGE/WEBP;q=0.1", "WEBP"),
        ("image/webp, image/avif; q=0.2", "AVIF"),
        (BROWSER, "AVIF"),
    ):
        for url in (entry["thumburl"], script):
            answer = fetch(url, Accept=accept)
            image = opened(answer)
            assert (image.format, image.size) == (form, (100, 60)), accept
            assert [abs(a - b) < 12 for a, b in zip(image.convert("RGB").getpixel((80, 50)), (200, 30, 30))] == [True] * 3
            headers = answer.headers
            assert (headers["Content-Type"], headers["Vary"]) == ("image/" + form.lower(), "Accept")
            assert headers["Content-Length"] == str(len(answer.content))
            assert tags.setdefault(form, headers["ETag"]) == headers["ETag"]
            if url == script:
                assert headers["Content-Disposition"] == "inline;filename*=UTF-8''Forms.jpg"
            head = requests.head(url, headers={"Accept": accept}, timeout=60)
            assert [head.headers[name] for name in ("ETag", "Content-Length", "Content-Type", "Vary")] == [
                headers[name] for name in ("ETag", "Content-Length", "Content-Type", "Vary")
            ]
            same = fetch(url, Accept=accept, **{"If-None-Match": headers["ETag"]})
            assert (same.status_code, same.headers["Vary"], same.headers["ETag"]) == (304, "Accept", headers["ETag"])
            part = fetch(url, Accept=accept, Range="bytes=9-20", **{"If-Range": headers["ETag"]})
            assert (part.status_code, part.headers["Vary"], part.content) == (206, "Accept", answer.content[9:21])
    assert len(set(tags.values())) == 3
    assert made(server) == 3
    other = fetch(entry["thumburl"], Accept="image/webp", Range="bytes=9-20", **{"If-Range": tags["JPEG"]})
    assert (other.status_code, opened(other).format) == (200, "WEBP")
    other = fetch(entry["thumburl"], Accept="image/webp", **{"If-None-Match": tags["AVIF"]})
    assert other.status_code == 200
    foreign = fetch(entry["thumburl"], Accept="image/webp", Origin="https://elsewhere.example")
    assert sorted(foreign.headers["Vary"].split(", ")) == ["Accept", "Origin"]

    # Another version has other pictures, in every form.
    wiki.upload("Forms.jpg", file=picture(colour=(20, 20, 220)), ignorewarnings=1)
    for accept in ("*/*", "image/webp", "image/avif"):
        answer = fetch(entry["thumburl"], Accept=accept, **{"If-None-Match": ", ".join(tags.values())})
        assert opened(answer).convert("RGB").getpixel((80, 50))[2] > 150
    # What is kept outlives the process, as plain ones do.
    server.stop()
    server.start()
    assert opened(fetch(entry["thumburl"], Accept="image/webp")).format == "WEBP"
    assert made(server) == 0


def test_what_is_transparent_stays_so_in_other_forms_and_what_moves_stays_as_it_is(new_server):
    wiki = new_server({"thumbnails.renditions": "webp,avif"}).wiki()
    wiki.upload("Clear.png", file=picture("PNG", mode="RGBA", colour=(200, 30, 30, 90)), ignorewarnings=1)
    # More colours than a palette has.
    many = Image.merge("RGBA", [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L"),
                                Image.linear_gradient("L").rotate(90)])
    out = io.BytesIO()
    many.save(out, "PNG")
    wiki.upload("Gradual.png", file=out.getvalue(), ignorewarnings=1)
    for accept, form in (("image/webp", "WEBP"), ("image/avif", "AVIF")):
        clear = opened(fetch(info(wiki, "Clear.png", iiurlwidth=100)["thumburl"], Accept=accept))
        assert (clear.format, clear.mode, clear.size) == (form, "RGBA", (100, 60))
        assert abs(clear.getpixel((80, 50))[3] - 90) < 5 and clear.getpixel((5, 5))[3] > 250
        gradual = opened(fetch(info(wiki, "Gradual.png", iiurlwidth=100)["thumburl"], Accept=accept))
        assert (gradual.format, gradual.mode) == (form, "RGBA")
        opacities = [gradual.getpixel((x, 50))[3] for x in (5, 50, 95)]
        assert opacities == sorted(opacities) and opacities[2] - opacities[0] > 150
    wiki.upload("Moving.gif", file=picture("GIF"), ignorewarnings=1)
    answer = fetch(info(wiki, "Moving.gif", iiurlwidth=100)["thumburl"], Accept=BROWSER)
    assert (opened(answer).format, "Vary" in answer.headers) == ("GIF", False)


def moving_webp(colours, size=(400, 240), **options):
    """An animated WebP of whole pictures."""
    first, *rest = [Image.new("RGBA", size, colour) for colour in colours]
    out = io.BytesIO()
    first.save(out, "WEBP", save_all=True, append_images=rest, lossless=True, **options)
    return out.getvalue()


def test_an_animated_webp_stays_animated(new_server):
    wiki = new_server({"thumbnails.renditions": "webp", "media.max_frames": 4}).wiki()
    colours = [(250, 0, 0, 255), (0, 250, 0, 120), (0, 0, 250, 255)]
    wiki.upload("Moving.webp", file=moving_webp(colours, duration=[70, 500, 2000], loop=3), ignorewarnings=1)
    entry = info(wiki, "Moving.webp", iiurlwidth=100)
    assert entry["thumburl"].endswith("/100px-Moving.webp.png") and entry["thumbmime"] == "image/png"
    # It has no other form, whoever asks.
    for accept in ("*/*", "image/webp"):
        answer = fetch(entry["thumburl"], Accept=accept)
        image = opened(answer)
        assert (answer.headers["Content-Type"], "Vary" in answer.headers) == ("image/png", False)
        assert (image.format, image.size, image.n_frames, image.info["loop"]) == ("PNG", (100, 60), 3, 3)
        seen = []
        for number in range(3):
            image.seek(number)
            seen.append((image.convert("RGBA").getpixel((50, 30)), image.info["duration"]))
        assert [duration for _, duration in seen] == [70, 500, 2000]
        assert all(abs(a - b) < 4 for (pixel, _), colour in zip(seen, colours) for a, b in zip(pixel, colour))
    # Of one that is too long the first frame is shown, and a still one has the other form.
    wiki.upload("Long.webp", file=moving_webp(colours + colours[:2], duration=70), ignorewarnings=1)
    image = opened(fetch(info(wiki, "Long.webp", iiurlwidth=100)["thumburl"]))
    assert (image.n_frames, image.convert("RGBA").getpixel((50, 30))) == (1, (250, 0, 0, 255))
    wiki.upload("Still.webp", file=picture("WEBP"), ignorewarnings=1)
    answer = fetch(info(wiki, "Still.webp", iiurlwidth=100)["thumburl"], Accept="image/webp")
    assert (opened(answer).format, answer.headers["Vary"]) == ("WEBP", "Accept")


def noise():
    """A JPEG that is hard to encode."""
    out = io.BytesIO()
    picture = Image.merge("RGB", [Image.effect_noise((2600, 1800), sigma) for sigma in (40, 60, 80)])
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def test_another_form_is_made_once_and_within_the_limits_of_decoders(new_server):
    target = new_server({"thumbnails.renditions": "avif,webp"})
    wiki = target.wiki()
    wiki.upload("Noise.jpg", file=noise(), ignorewarnings=1)
    for accept in ("image/webp", "image/avif"):
        url = info(wiki, "Noise.jpg", iiurlwidth=1280)["thumburl"]
        before = made(target.server)
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda _, url=url, accept=accept: fetch(url, Accept=accept), range(100)))
        assert {answer.status_code for answer in answers} == {200}
        assert {answer.headers["Content-Type"] for answer in answers} == {accept}
        assert len({answer.content for answer in answers}) == 1
        assert made(target.server) == before + 1
    # The largest that is given so, and one that is larger.
    wiki.upload("Large.jpg", file=picture(size=(2600, 1800)), ignorewarnings=1)
    for width, kind, vary in ((2130, "image/avif", "Accept"), (2140, "image/jpeg", None)):
        answer = fetch(info(wiki, "Large.jpg", iiurlwidth=width)["thumburl"], Accept=BROWSER)
        assert opened(answer).width == width
        assert (answer.headers["Content-Type"], answer.headers.get("Vary")) == (kind, vary)


def test_where_another_form_fails_the_plain_one_is_given(new_server):
    # Room for a photograph, and not for so large an AVIF.
    wiki = new_server({"thumbnails.renditions": "avif", "media.memory_bytes": 44 << 20}).wiki()
    wiki.upload("Form.jpg", file=noise(), ignorewarnings=1)
    urls = [info(wiki, "Form.jpg", iiurlwidth=width)["thumburl"] for width in range(1296, 1301)]
    # More than make an hour's answer of it that nothing can be made.
    for url in urls:
        answer = fetch(url, Accept="image/avif")
        assert (opened(answer).format, answer.headers["Content-Type"], answer.headers["Vary"]) == (
            "JPEG", "image/jpeg", "Accept")
        assert answer.headers["ETag"] == fetch(url).headers["ETag"]
    assert "thumberror" not in info(wiki, "Form.jpg", iiurlwidth=1300)


def test_the_page_of_a_file_shows_it(own, photo):
    page = fetch(f"{own.url}/wiki/File:{photo}").text
    assert f'src="{own.url}/images/' in page
    wide = photo.replace("Test", "Wide")
    assert wide not in page


def test_the_page_of_a_large_file_shows_a_thumbnail(wiki, own, name):
    wiki.upload(name, file=jpeg(2400, 1800), ignorewarnings=1)
    page = fetch(f"{own.url}/wiki/File:{name}").text
    assert f"/800px-{name}" in page
    assert f"/1200px-{name} 1.5x" in page and f"/1600px-{name} 2x" in page


def test_a_kept_thumbnail_is_quick(wiki, photo):
    url = info(wiki, photo, iiurlwidth=120)["thumburl"]
    with requests.Session() as session:
        session.get(url, timeout=60)
        began = time.monotonic()
        for _ in range(100):
            assert session.get(url, timeout=60).status_code == 200
        assert time.monotonic() - began < 5
