"""Contents that have broken wikis and their peers, each test named after what once went wrong there.

`test_verify.py` has what is refused and why. Here is what such files come to when some of them are taken: they are
described without harm, quickly, and served so that nothing in them runs.
"""

import itertools
import struct
import threading
import time
import zlib

import pytest
import requests

from api import ApiError, fetch
from media import archive, box, gif, jpeg, jpeg_with, one_of_each, ogg, png, riff, tiff

#: What a page or an answer must never show as it is.
MARKUP = "<img src=x onerror=alert(1)>"

#: Far enough from the beginning of a file that no rule looks there.
FAR = bytes(2000)


def svg(inner, before=""):
    """A drawing."""
    return (
        f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" '
        f'height="9">{inner}</svg>'
    ).encode()


def refusal(wiki, filename, data, **params):
    """The key of the refusal that an upload ends in; `None` if the file is taken."""
    try:
        wiki.upload(filename, file=data, stash=1, ignorewarnings=1, **params)
    except ApiError as caught:
        assert caught.code == "verification-error", caught
        return caught.error["details"][0]
    return None


def published(wiki, name, data, extension="jpg"):
    """What `prop=imageinfo` tells of a file that is taken."""
    filename = name.replace(".jpg", "." + extension)
    assert wiki.upload(filename, file=data, ignorewarnings=1)["result"] == "Success"
    props = "url|size|mime|mediatype|metadata|commonmetadata|extmetadata|sha1"
    return wiki.image_info(filename, iiprop=props, iimetadataversion="latest")[0]


def check_it_cannot_run(response):
    """Nothing in what is served may run, whatever a browser makes of it."""
    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and policy.endswith("sandbox")
    assert not response.headers["Content-Type"].startswith("text/html")


#: Polyglots, with the types that they are served as; `None` for those that are refused.
POLYGLOTS = {
    "gifar": ("gif", gif() + archive(b"META-INF/MANIFEST.MF", b"A.class"), None),
    "jpeg_with_a_phar": ("jpg", jpeg_with((0xFE, FAR)) + b"<?php __HALT_COMPILER(); ?>" + bytes(60) + b"GBMB", "image/jpeg"),
    "pdf_with_html_far_in": ("pdf", b"%PDF-1.4\n" + b"% more\n" * 300 + b"<html><script>alert(1)</script>",
                             "application/pdf"),
    "png_with_a_script": ("png", png((b"tEXt", b"Comment\0" + b"x" * 1200 + b"*/alert(1)//")), "image/png"),
    "gif_that_is_a_script": ("gif", b"GIF89a/*\0" + gif()[9:] + b"*/=1;alert(1)//", "image/gif"),
    "mp4_with_html_far_in": ("mp4", one_of_each()["mp4"] + box(b"free", FAR, b"<html><script>alert(1)</script>"),
                             "video/mp4"),
    "html_in_a_jpeg_after_its_head": ("jpg", jpeg_with((0xFE, FAR + b"<html><script>alert(1)</script>")),
                                      "image/jpeg"),
    "wav_with_html_far_in": ("wav", one_of_each()["wav"] + FAR + b"<html><script>alert(1)</script>", "audio/wav"),
}


@pytest.mark.parametrize("case", POLYGLOTS)
def test_a_polyglot_is_served_as_the_one_that_its_name_says(wiki, own, name, case):
    extension, data, served_as = POLYGLOTS[case]
    filename = name.replace("jpg", extension)
    if served_as is None:
        assert refusal(wiki, filename, data) is not None
        return
    info = published(wiki, name, data, extension)
    response = fetch(info["url"])
    check_it_cannot_run(response)
    assert (response.headers["Content-Type"], response.content) == (served_as, data)


def test_the_served_type_never_depends_on_the_text_of_the_address(wiki, own, name):
    info = published(wiki, name, jpeg(seed=3))
    for suffix in ("?x.html", "?/x.php", "?.htm", "#x.html", "?action=raw&ctype=text/html"):
        response = fetch(info["url"] + suffix)
        check_it_cannot_run(response)
        assert response.headers["Content-Type"] == "image/jpeg", suffix
    for suffix in ("/x.html", ";x.html", "%2Ehtml", "/../x.html", "%00.html"):
        response = fetch(info["url"] + suffix)
        assert response.status_code in (400, 404), suffix
        assert response.headers.get("X-Content-Type-Options") == "nosniff", suffix


def test_the_senders_content_type_is_never_used(wiki, own, name):
    def send(filename, data, content_type):
        files = {"file": ("x", data, content_type)}
        return wiki.call(files=files, action="upload", filename=filename, token=wiki.token, ignorewarnings=1)

    assert send(name, jpeg(seed=4), "text/html")["upload"]["imageinfo"]["mime"] == "image/jpeg"
    for content_type in ("image/jpeg", "application/octet-stream", ""):
        with pytest.raises(ApiError) as caught:
            send(name, b"<html><body>x</body></html>", content_type)
        assert caught.value.error["details"] == ["filetype-badmime", "text/html"]


def test_content_and_extension_have_to_fit_each_other(wiki):
    contents = one_of_each()
    same = [{"ogg", "opus", "ogv"}]
    for (kind, data), extension in itertools.product(contents.items(), contents):
        fits = kind == extension or any({kind, extension} <= group for group in same)
        assert (refusal(wiki, f"X.{extension}", data) is None) == fits, f"{kind} as {extension}"


@pytest.mark.parametrize("extension", one_of_each())
def test_each_allowed_type_can_be_uploaded_and_is_described(wiki, name, extension):
    info = published(wiki, name, one_of_each()[extension], extension)
    assert info["mime"] not in ("unknown/unknown", "application/octet-stream")
    assert info["mediatype"] != "UNKNOWN"


#: Markup of drawing programs' own or of whoever made it, which loads or runs when careless programs read it.
OUTSIDE = {
    "xinclude": svg('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'),
    "xinclude_as_path_traversal": svg('<rect/><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
                                      'href=".?../../../../../../../etc/passwd" parse="text"/>'),
    "msl_as_an_image": svg('<image xlink:href="msl:/etc/passwd" width="9" height="9"/>'),
    "text_of_a_file_as_an_image": svg('<image xlink:href="text:/etc/passwd" width="9" height="9"/>'),
    "a_file_as_an_image": svg('<image xlink:href="/etc/passwd" width="9" height="9"/>'),
    "html_in_a_foreign_object": svg('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">x</body>'
                                    '</foreignObject>'),
    "mathml": svg('<math xmlns="http://www.w3.org/1998/Math/MathML"><maction actiontype="statusline"/></math>'),
    "xslt": svg('<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"/>'),
    "entity_with_markup": svg("&x;", '<!DOCTYPE svg [<!ENTITY x "<set attributeName=\'onload\' to=\'x\'/>">]>'),
    "entity_that_hides_markup": svg("&x;", '<!DOCTYPE svg [<!ENTITY x "&#60;script>alert(1)&#60;/script>">]>'),
    "entity_redefining_lt": svg("&lt;script>alert(1)&lt;/script>", '<!DOCTYPE svg [<!ENTITY lt "&#38;#60;">]>'),
    "dtd_in_utf7": svg("", '<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE svg>'),
    "encoding_that_readers_differ_on": svg("", '<?xml version="1.0" encoding="iso-2022-jp"?>'),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_a_drawing_that_reaches_outside_is_refused(wiki, case):
    assert refusal(wiki, "X.svg", OUTSIDE[case]) is not None


#: What image programs took for orders.
COMMANDS = {
    "mvg": b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/x.jpg\"|id\")'\npop graphic-context\n",
    "msl": b'<?xml version="1.0"?><image><read filename="/etc/passwd"/><write filename="/tmp/x"/></image>',
    "hls_playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nconcat:http://127.0.0.1/x|file:///etc/passwd\n",
    "postscript": b"%!PS\nuserdict /setpagedevice undef\nsave { currentpagedevice } stopped (%pipe%id) (w) file\n",
    "shell": b"#!/bin/sh\nid\n",
    "perl": b"#!/usr/bin/perl\nprint `id`\n",
    "shortcut": b"[InternetShortcut]\r\nURL=file:///etc/passwd\r\n",
}


@pytest.mark.parametrize("case", COMMANDS)
def test_orders_to_other_programs_are_no_pictures(wiki, case):
    for extension in ("jpg", "png", "gif", "webp", "svg", "tif", "mp4", "webm", "ogv", "wav", "mid", "djvu", "pdf",
                      "avif", "heic"):
        assert refusal(wiki, f"X.{extension}", COMMANDS[case]) is not None, extension


#: Files of the right type that made programs read other files, or run what they say.
LEAKS = {
    "png_profile": ("png", png((b"tEXt", b"profile\0/etc/passwd"))),
    "png_with_hexadecimal_profile": ("png", png((b"zTXt", b"Raw profile type /etc/passwd\0\0" + zlib.compress(b"x")))),
    "djvu_annotation": ("djvu", b"AT&TFORM" + struct.pack(">I", 86) + b"DJVUINFO"
                        + struct.pack(">IHHBBHBB", 10, 40, 30, 24, 0, 300, 22, 1) + b"ANTa" + struct.pack(">I", 48)
                        + b'(metadata\n\t(Copyright "\\\n" . qx{id} . \\\n" b ") )'),
    "mp4_with_a_playlist_inside": ("mp4", one_of_each()["mp4"] + box(b"mdat", COMMANDS["hls_playlist"])),
    "mov_reference": ("mp4", box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"rmra", box(b"rmda", box(
        b"rdrf", b"\0\0\0\0url \0\0\0\x13file:///etc/passwd\0"))))),
    "svg_with_an_outside_dtd_of_the_w3c": ("svg", svg("", '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
                                           '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">')),
    "pdf_with_actions": ("pdf", one_of_each()["pdf"].replace(b"/Catalog", b"/Catalog/OpenAction<</S/Launch/F(/bin/sh)>>")),
    "pdf_with_a_remote_object": ("pdf", one_of_each()["pdf"].replace(b"/Catalog", b"/Catalog/F(/etc/passwd)")),
}


@pytest.mark.parametrize("case", LEAKS)
def test_a_file_that_names_others_yields_nothing_of_them(wiki, own, name, case):
    extension, data = LEAKS[case]
    info = published(wiki, name, data, extension)
    assert "root:" not in str(info) and "uid=" not in str(info)
    response = fetch(info["url"])
    check_it_cannot_run(response)
    assert response.content == data


def rational(number, unit=1):
    return struct.pack("<II", number, unit)


XMP = (
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:ps='http://ns.adobe.com/photoshop/1.0/'>"
    "{}</rdf:Description></rdf:RDF></x:xmpmeta>"
)
XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"

#: Every text of an EXIF structure, of IPTC and of XMP that is shown.
TEXTS = {
    "exif": jpeg_with((0xFE, FAR), (0xE1, b"Exif\0\0" + tiff(
        *((tag, 2, MARKUP.encode() + b"\0") for tag in (0x10E, 0x10F, 0x110, 0x131, 0x132, 0x13B, 0x8298)),
        exif=[*((tag, 2, MARKUP.encode() + b"\0") for tag in (0x8824, 0x9003, 0x9004, 0x9290, 0x9291, 0x9292, 0xA004,
                                                             0xA420)),
              (0x9286, 7, b"ASCII\0\0\0" + MARKUP.encode())]))),
    "iptc": jpeg_with((0xFE, FAR), (0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0" + struct.pack(">I", 13 * 33) + b"".join(
        b"\x1c\2" + bytes([field]) + struct.pack(">H", 28) + MARKUP.encode()
        for field in (5, 25, 55, 80, 85, 90, 95, 101, 105, 110, 115, 116, 120)))),
    "xmp": jpeg_with((0xFE, FAR), (0xE1, XMP_SEGMENT + XMP.format("".join(
        f"<{tag}>{MARKUP.replace('<', '&lt;')}</{tag}>"
        for tag in ("dc:source", "dc:identifier", "ps:City", "ps:Credit", "ps:Headline", "ps:Source"))).encode())),
    "comment": jpeg_with((0xFE, FAR), (0xFE, MARKUP.encode())),
    "profile": jpeg_with((0xFE, FAR), (0xE2, b"ICC_PROFILE\0\1\1" + bytes(36) + b"acsp" + bytes(88) + struct.pack(
        ">I4sII", 1, b"desc", 144, 12 + len(MARKUP)) + b"desc" + struct.pack(">II", 0, len(MARKUP)) + MARKUP.encode())),
    "png_text": png((b"tEXt", b"Comment\0" + b"x" * 2000), *(
        (b"tEXt", keyword + b"\0" + MARKUP.encode()) for keyword in (b"Title", b"Author", b"Description", b"Software",
                                                                     b"Source", b"Warning", b"Disclaimer"))),
    "gif_comment": gif(MARKUP.encode()),
    "svg_title": svg(f"<title>{MARKUP.replace('<', '&lt;')}</title><desc>{MARKUP.replace('<', '&lt;')}</desc>"),
    "vorbis_comment": ogg(b"\1vorbis" + struct.pack("<IBIIII", 0, 2, 48000, 0, 96000, 0) + b"\xb8\1",
                          b"\3vorbis" + struct.pack("<III", 0, 1, len(MARKUP) + 6) + b"TITLE=" + MARKUP.encode() + b"\1",
                          granule=48000),
}


@pytest.mark.parametrize("case", TEXTS)
def test_markup_in_metadata_is_text_on_every_page(wiki, own, name, case):
    extension = {"png_text": "png", "gif_comment": "gif", "svg_title": "svg", "vorbis_comment": "ogg"}.get(case, "jpg")
    info = published(wiki, name, TEXTS[case], extension)
    filename = name.replace("jpg", extension)
    assert case == "vorbis_comment" or "onerror" in str(info["commonmetadata"])
    question = {"action": "query", "prop": "imageinfo", "titles": "File:" + filename,
                "iiprop": "metadata|commonmetadata|extmetadata"}
    pages = [own.url + "/wiki/File:" + filename, own.url + "/w/index.php?title=File:" + filename]
    pages += [requests.Request("GET", own.api, {**question, "format": form}).prepare().url
              for form in ("json", "xml", "php", "jsonfm", "xmlfm")]
    for page in pages:
        response = requests.get(page, timeout=60)
        if "html" in response.headers["Content-Type"] or "xml" in response.headers["Content-Type"]:
            assert "<img src=x" not in response.text, page
        else:
            assert response.headers["X-Content-Type-Options"] == "nosniff", page


BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
IDENTITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def many_directories():
    """TIFF with a hundred thousand directories."""
    body = b"II*\0\x08\0\0\0"
    for number in range(100_000):
        following = 8 + 30 * (number + 1)
        body += struct.pack("<HHHIHHHHIHHI", 2, 0x100, 3, 1, 4, 0, 0x101, 3, 1, 3, 0, following if number < 99_999 else 0)
    return body


#: Small files that are large for whoever believes them, with their extensions.
HEAVY = {
    "png_of_65500_squared": ("png", png(width=65500, height=65500)),
    "png_text_bomb": ("png", png(*[(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9))] * 20)),
    "png_profile_bomb": ("png", png((b"iCCP", b"x\0\0" + zlib.compress(bytes(200_000_000), 9)))),
    "apng_of_a_hundred_thousand_frames": ("png", png((b"acTL", struct.pack(">II", 100_000, 0)), *[
        (b"fcTL", struct.pack(">IIIIIHHBB", n, 1, 1, 0, 0, 1, 100, 0, 0)) for n in range(100_000)])),
    "gif_of_a_hundred_thousand_frames": ("gif", gif(frames=100_000)),
    "tiff_of_a_hundred_thousand_directories": ("tif", many_directories()),
    "tiff_whose_directories_go_round": ("tif", tiff((0x100, 3, b"\4\0"), (0x101, 3, b"\3\0"), following=8)),
    "tiff_of_huge_counts": ("tif", b"II*\0\x08\0\0\0\2\0" + struct.pack("<HHII", 0x111, 4, 0xFFFFFFFF, 8) * 2),
    "exif_that_points_to_itself": ("jpg", jpeg_with((0xE1, b"Exif\0\0" + tiff((0x8769, 4, b"\x08\0\0\0"),
                                                                              (0x8825, 4, b"\x08\0\0\0"))))),
    "profile_that_claims_two_gigabytes": ("jpg", jpeg_with((0xE2, b"ICC_PROFILE\0\1\xff" + struct.pack(
        ">I", 0x7FFFFFFF) + bytes(32) + b"acsp" + bytes(88) + struct.pack(">I4sII", 0xFFFFFF, b"desc", 0x7FFFFFF0, 1 << 31)))),
    "jpeg_of_64k_squared": ("jpg", jpeg(seed=1).replace(b"\xff\xc0\0\x0b\x08\0\x30\0\x40", b"\xff\xc0\0\x0b\x08\xff\xff\xff\xff")),
    "jpeg_of_a_thousand_scans": ("jpg", jpeg(seed=1)[:-2].replace(b"\xff\xc0", b"\xff\xc2") + (
        b"\xff\xda\0\x08\1\1\0\0\x3f\0\0") * 1000 + b"\xff\xd9"),
    "webp_of_16383_squared": ("webp", riff(b"WEBP", (b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(20)))),
    "avif_grid": ("avif", box(b"ftyp", b"avif\0\0\0\0mif1avif") + box(b"meta", bytes(4), *[
        box(b"iprp", box(b"ipco", *[box(b"ispe", bytes(4), struct.pack(">II", 65536, 65536))] * 1000))] * 20)),
    "mp4_of_boxes_in_boxes": ("mp4", None),
    "mp4_of_a_million_boxes": ("mp4", box(b"ftyp", b"isom\0\0\2\0isom") + b"\0\0\0\x08free" * 1_000_000),
    "webm_of_unknown_sizes": ("webm", one_of_each()["webm"][:20] + b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff"
                              * 100_000),
    "ogg_of_a_million_streams": ("ogg", b"".join(ogg(b"\1vorbis" + bytes(23), serial=n) for n in range(60_000))),
    "djvu_of_many_forms": ("djvu", b"AT&TFORM\xff\xff\xff\xffDJVM" + b"FORM\0\0\0\x04DJVU" * 300_000),
    "midi_of_many_tracks": ("mid", b"MThd" + struct.pack(">IHHH", 6, 1, 65535, 1) + b"MTrk\0\0\0\0" * 300_000),
    "midi_of_one_long_track": ("mid", b"MThd" + struct.pack(">IHHH", 6, 0, 1, 1) + b"MTrk\xff\xff\xff\xff"
                               + b"\0\x90\1" * 1_000_000),
    "pdf_of_objects_in_objects": ("pdf", b"%PDF-1.4\n1 0 obj" + b"<</Kids[" * 200_000),
    "pdf_whose_pages_go_round": ("pdf", one_of_each()["pdf"].replace(b"/Kids[3 0 R]", b"/Kids[2 0 R 2 0 R 1 0 R]")),
    "pdf_stream_bomb": ("pdf", one_of_each()["pdf"].replace(b"trailer", b"4 0 obj<</Type/ObjStm/N 1/First 4/Filter["
                        b"/FlateDecode/FlateDecode]/Length 9999>>stream\n" + zlib.compress(zlib.compress(
                            bytes(500_000_000), 9), 9) + b"\nendstream endobj\ntrailer")),
    "pdf_of_a_billion_pages": ("pdf", one_of_each()["pdf"].replace(b"/Count 1", b"/Count 2147483647")),
    "stl_of_a_line": ("stl", b"solid " + b"x" * 3_000_000 + b"\nendsolid x\n"),
    "svg_filter_bomb": ("svg", svg("<filter id='f'>" + "<feMorphology radius='9999'/><feTurbulence numOctaves='9999'/>"
                                   * 1000 + "</filter><rect filter='url(#f)' width='1e9' height='1e9'/>")),
    "svg_of_uses": ("svg", svg("<g id='a0'><path d='M0 0h1'/></g>" + "".join(
        f"<g id='a{n + 1}'>" + f"<use xlink:href='#a{n}'/>" * 10 + "</g>" for n in range(30)))),
    "svg_of_elements_in_elements": ("svg", svg("<g>" * 200_000 + "</g>" * 200_000)),
    "svg_of_many_attributes": ("svg", svg("<g " + " ".join(f"a{n}=''" for n in range(100_000)) + "/>")),
    "svg_of_entities": ("svg", svg("&a9;", f'<!DOCTYPE svg [<!ENTITY a0 "ha">{BOMB}]>')),
    "svg_of_long_entities": ("svg", svg("&x;" * 200_000, f'<!DOCTYPE svg [<!ENTITY x "{"x" * 250}">]>')),
    "xmp_of_entities": ("jpg", jpeg_with((0xE1, XMP_SEGMENT + f'<!DOCTYPE x [<!ENTITY a0 "ha">{BOMB}]>'.encode()
                                          + XMP.format("<dc:source>&a9;</dc:source>").encode()))),
    "xmp_of_many_elements": ("jpg", jpeg_with((0xE1, XMP_SEGMENT + (b"<x:a xmlns:x='a'>" * 3000)))),
    "png_text_of_ten_megabytes": ("png", png((b"tEXt", b"Comment\0" + b"x" * 10_000_000))),
    "iptc_of_ten_thousand_words": ("jpg", jpeg_with((0xED, b"Photoshop 3.0\08BIM\4\4\0\0" + struct.pack(
        ">I", 60_000) + b"\x1c\2\x19\0\1x" * 10_000))),
}


def nested_boxes():
    """Boxes that lie in each other, with a length of 64 bits each."""
    depth, body = 100_000, b""
    total = 16 * depth
    for level in range(depth):
        body += struct.pack(">I4sQ", 1, b"moov", total - 16 * level)
    return box(b"ftyp", b"isom\0\0\2\0isom") + body


@pytest.mark.parametrize("case", HEAVY)
def test_a_small_file_that_claims_to_be_large_costs_little(wiki, own, case):
    extension, data = HEAVY[case]
    if data is None:
        data = nested_boxes()
    before = own.peak_memory()
    slowest = 0.0
    done = threading.Event()

    def ask():
        nonlocal slowest
        while not done.is_set():
            begun = time.monotonic()
            requests.get(own.url + "/readyz", timeout=60)
            slowest = max(slowest, time.monotonic() - begun)

    asker = threading.Thread(target=ask)
    asker.start()
    begun = time.monotonic()
    try:
        refusal(wiki, f"X.{extension}", data)
    finally:
        took = time.monotonic() - begun
        done.set()
        asker.join()
    # Bounds that hold for a build without optimisation on a busy machine; what isn't bounded takes minutes.
    assert took < 20
    assert slowest < 5
    assert own.peak_memory() - before < 256 << 20


def test_each_chunk_of_poison_is_found_wherever_it_stands(wiki, name):
    clean = jpeg(300, 300, seed=5)
    size = 4096
    for at in range(0, len(clean) - size, size):
        poisoned = clean[:at] + b"<script>alert(1)</script>" + clean[at:]
        with pytest.raises(ApiError):
            wiki.upload_chunks(name, poisoned, size)
