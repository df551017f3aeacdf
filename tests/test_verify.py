"""What must not be kept, each case named after what once went wrong in wikis and their peers.

Every file is refused when it is sent as a whole; and in chunks, with the first one where that suffices to tell, else
when the last one completes it.
"""

import dataclasses
import re

import pytest

from api import ApiError
from media import EXTRA_AT, archive, gif, jpeg, png

#: Large enough to hold what gives a file away, and less than half of each file.
CHUNK = 2048


def svg(inner, before="", attributes=""):
    """A drawing in which everything stands in the first chunk and that goes on after it."""
    head = f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>'
    return (head + inner + "<!-- " + "more " * 800 + "--></svg>").encode()


#: So far into a drawing that only its rules look there.
FAR = "<!-- " + "far " * 280 + "-->"

XLINK = "http://www.w3.org/1999/xlink:href"


@dataclasses.dataclass
class Case:
    """A file that is refused, as what, and whether its first chunk is."""

    name: str
    filename: str
    data: bytes
    details: list
    is_told_early: bool = True


def drawing(name, inner, *details, early=False, **kwargs):
    """A drawing that is refused; a part of one isn't well-formed, so that its rules can't tell before the end."""
    return Case(name, "Drawing.svg", svg(inner, **kwargs), list(details), early)


BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))

CASES = [
    Case("php", "P.jpg", b"<?php system($_GET['c']); ?>" + b"/" * 5000, ["filetype-badmime", "application/x-php"]),
    Case("php_in_a_jpeg_comment", "P.jpg", jpeg(300, 300, seed=1, extra=b"<?php phpinfo(); ?>"),
         ["filetype-badmime", "application/x-php"]),
    Case("html_as_jpeg", "P.jpg", b"<html><body>x</body></html>" + b" " * 5000, ["filetype-badmime", "text/html"]),
    Case("html_in_a_jpeg_comment", "P.jpg", jpeg(300, 300, seed=2, extra=b"<html><body onload=alert(1)>"),
         ["uploadscripted"]),
    Case("script_in_a_jpeg_comment", "P.jpg", jpeg(300, 300, seed=3, extra=b"<SCRIPT>alert(1)</SCRIPT>"),
         ["uploadscripted"]),
    Case("script_address_in_a_jpeg_comment", "P.jpg",
         jpeg(300, 300, seed=4, extra=b"<a href=' &#x6a;avascript:alert(1)'>"), ["uploadscripted"]),
    Case("html_in_a_gif_comment", "P.gif", gif(b"<html><script>alert(1)</script>") + bytes(5000), ["uploadscripted"]),
    Case("html_behind_gifs_magic", "P.gif", b"GIF89a/*<script>alert(1)</script>*/" + b" " * 5000, ["uploadscripted"]),
    Case("html_in_a_png_text", "P.png", png((b"tEXt", b"Comment\0<table>"), (b"prVt", bytes(5000))),
         ["filetype-bad-ie-mime", "text/html"]),
    Case("pdf_with_html", "P.pdf", b"%PDF-1.4\n<html><script>alert(1)</script></html>\n" + b"%\n" * 3000,
         ["filetype-bad-ie-mime", "text/html"]),
    Case("program_as_jpeg", "P.jpg", b"MZ\x90\0" + bytes(5000), ["filetype-bad-ie-mime", "application/x-msdownload"]),
    Case("class_as_png", "P.png", b"\xca\xfe\xba\xbe" + bytes(5000), ["filetype-bad-ie-mime", "application/java"]),
    Case("utf16_html", "P.jpg", "\ufeff<html><script>alert(1)</script>".encode("utf-16-le") + b" \0" * 3000,
         ["filetype-badmime", "text/html"]),
    Case("jar", "P.png", archive(*[b"A%d.class" % n for n in range(100)]), ["filetype-badmime", "application/java"],
         False),
    Case("gif_with_a_jar", "P.gif", gif() + archive(*[b"A%d.class" % n for n in range(100)]),
         ["filetype-mime-mismatch", "gif", "application/zip"], False),
    Case("png_with_a_zip", "P.png", png((b"prVt", bytes(5000))) + archive(b"a.txt"),
         ["filetype-mime-mismatch", "png", "application/zip"], False),
    Case("png_as_jpeg", "P.jpg", png((b"prVt", bytes(5000))), ["filetype-mime-mismatch", "jpg", "image/png"], False),
    Case("noise_as_png", "P.png", bytes((n * n * 7 + n // 3) % 255 for n in range(1, 6000)),
         ["filetype-mime-mismatch", "png", "unknown/unknown"], False),
    Case("other_xml_as_svg", "P.svg", b"<?xml version='1.0'?><rss>" + b" " * 5000 + b"</rss>",
         ["filetype-badmime", "application/xml"]),

    drawing("svg_script", "<script>alert(1)</script>", "uploadscripted", early=True),
    drawing("svg_script_far_in", FAR + "<script>alert(1)</script>", "uploaded-script-svg", "script"),
    drawing("svg_handler", "<handler>alert(1)</handler>", "uploaded-script-svg", "handler"),
    drawing("svg_onload", "", "uploaded-event-handler-on-svg", "onload", "alert(1)", attributes='onload="alert(1)"'),
    drawing("svg_foreign_object_with_an_iframe",
            '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/></foreignObject>',
            "uploadscriptednamespace", "http://www.w3.org/1999/xhtml"),
    drawing("svg_iframe_of_its_own", '<iframe src="x"/>', "uploaded-script-svg", "iframe"),
    drawing("svg_javascript_far_in", FAR + '<a xlink:href="JavaScript:alert(1)">x</a>',
            "uploaded-href-attribute-svg", "a", XLINK, "javascript:alert(1)"),
    drawing("svg_javascript_by_reference", FAR + '<a xlink:href="java&#115;cript:x">x</a>',
            "uploaded-href-attribute-svg", "a", XLINK, "javascript:x"),
    drawing("svg_javascript", '<a xlink:href="javascript:alert(1)">x</a>', "uploadscripted", early=True),
    drawing("svg_remote_image", '<image xlink:href="http://example.org/spy.png"/>',
            "uploaded-href-attribute-svg", "image", XLINK, "http://example.org/spy.png"),
    drawing("svg_remote_use", '<use href="//example.org/x.svg#a"/>',
            "uploaded-href-attribute-svg", "use", "href", "//example.org/x.svg#a"),
    drawing("svg_in_a_data_address", '<image xlink:href="data:image/svg+xml;base64,AAAA"/>',
            "uploaded-href-unsafe-target-svg", "image", XLINK, "data:image/svg+xml;base64,aaaa"),
    drawing("svg_xml_in_a_data_address", '<use xlink:href="data:application/xml,x"/>',
            "uploaded-href-unsafe-target-svg", "use", XLINK, "data:application/xml,x"),
    drawing("svg_style_import", "<style>@import 'http://example.org/x.css';</style>", "uploaded-hostile-svg"),
    drawing("svg_style_import_in_mixed_case", "<style>@imporT 'x.css';</style>", "uploaded-hostile-svg"),
    drawing("svg_style_import_escaped", r"<style>@\69 mport 'x.css';</style>", "uploaded-hostile-svg"),
    drawing("svg_style_remote", "<style>a { fill: url(http://example.org/x) }</style>", "uploaded-hostile-svg"),
    drawing("svg_style_attribute_remote", r'<g style="fill: u\72 l(http://example.org/x)"/>',
            "uploaded-remote-url-svg", "style", r"fill: u\72 l(http://example.org/x)"),
    drawing("svg_fill_remote", '<g fill="url(http://example.org/x)"/>',
            "uploaded-remote-url-svg", "fill", "url(http://example.org/x)"),
    drawing("svg_animates_an_address", '<a><animate attributeName="xlink:href" values="x"/></a>',
            "uploaded-animate-svg", "animate", "attributeName", "xlink:href"),
    drawing("svg_sets_an_event_handler", '<set attributeName="onmouseover" to="alert(1)"/>',
            "uploaded-setting-event-handler-svg", "set", "attributename", "onmouseover"),
    drawing("svg_sets_an_address", '<set attributeName="href" to="#x"/>', "uploaded-setting-href-svg"),
    drawing("svg_sets_a_script", FAR + '<set attributeName="x" to="javascript:x"/>',
            "uploaded-wrong-setting-svg", "javascript:x"),
    drawing("svg_style_sheet_instruction", "", "upload-scripted-pi-callback",
            before='<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="x.xsl"?>'),
    drawing("svg_external_dtd", "", "upload-scripted-dtd", before='<!DOCTYPE svg SYSTEM "http://example.org/x.dtd">'),
    drawing("svg_entity_of_a_file", "&x;", "uploadinvalidxml",
            before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    drawing("svg_parameter_entity", "", "uploadinvalidxml",
            before='<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://example.org/x.dtd"> %x;]>'),
    drawing("svg_billion_laughs", "&a9;", "uploadinvalidxml", before=f'<!DOCTYPE svg [<!ENTITY a0 "ha">{BOMB}]>'),
    drawing("svg_entity_with_a_script", "<a xlink:href='&x;'/>", "uploaded-href-attribute-svg", "a", XLINK,
            "vbscript:x", before='<!DOCTYPE svg [<!ENTITY x "vbscript:x">]>'),
    drawing("svg_default_attribute", "", "uploadinvalidxml",
            before='<!DOCTYPE svg [<!ATTLIST svg onload CDATA "alert(1)">]>'),
    drawing("svg_not_well_formed", "<g>", "uploadinvalidxml"),
    drawing("svg_utf7", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "uploadscripted", early=True,
            before='<?xml version="1.0" encoding="UTF-7"?>'),
    drawing("svg_unknown_namespace", '<x xmlns="http://example.org/x"/>',
            "uploadscriptednamespace", "http://example.org/x"),
    Case("svg_in_utf16", "P.svg",
         "\ufeff".encode("utf-16-le") + svg("", attributes='onload="x"').decode().encode("utf-16-le"),
         ["uploaded-event-handler-on-svg", "onload", "x"], False),
]

by_name = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def error_of(call):
    """The error that a call ends in."""
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.error


def refusal_of(call):
    """The details of the refusal that a call ends in."""
    error = error_of(call)
    assert error["code"] == "verification-error"
    return error["details"]


@by_name
def test_it_is_refused_as_a_whole(wiki, case):
    assert refusal_of(lambda: wiki.upload(case.filename, file=case.data, ignorewarnings=1)) == case.details


@by_name
def test_it_is_refused_into_the_stash(wiki, case):
    assert refusal_of(lambda: wiki.upload(case.filename, file=case.data, stash=1)) == case.details


def first_chunk(wiki, filename, data, **params):
    """Sends the first chunk of a file."""
    return wiki.upload(
        filename, chunk=data[:CHUNK], offset=0, filesize=len(data), stash=1, ignorewarnings=1, **params
    )


@by_name
def test_it_is_refused_in_chunks(wiki, target, case):
    if case.is_told_early:
        # Of a first chunk the reason itself is the code.
        assert error_of(lambda: first_chunk(wiki, case.filename, case.data))["code"] == case.details[0]
        return
    first = first_chunk(wiki, case.filename, case.data)
    assert first["result"] == "Continue"
    last = {"chunk": case.data[CHUNK:], "offset": CHUNK, "filesize": len(case.data), "filekey": first["filekey"]}
    error = error_of(lambda: wiki.upload(case.filename, stash=1, ignorewarnings=1, **last))
    assert error["code"] == "stashfailed"
    # Nothing remains that could be published; MediaWiki would publish the first chunk.
    if target.server is not None:
        error_of(lambda: wiki.upload(case.filename, filekey=first["filekey"], ignorewarnings=1))


def test_poison_in_a_later_chunk_is_found(wiki, name):
    data = jpeg(300, 300, seed=5)
    poisoned = data[:CHUNK] + b"<script>alert(1)</script>" + data[CHUNK:]
    first = first_chunk(wiki, name, poisoned)
    last = {"chunk": poisoned[CHUNK:], "offset": CHUNK, "filesize": len(poisoned), "filekey": first["filekey"]}
    error = error_of(lambda: wiki.upload(name, stash=1, ignorewarnings=1, **last))
    assert error["code"] == "stashfailed"


#: Names, and as what they are refused once the content is known, which comes first. Chunks are refused by the name.
NAMES = {
    "X.php": "verification-error",
    "X.phtml": "verification-error",
    "X.php.jpg": "filetype-banned",
    "X.jpg.phtml": "verification-error",
    "X.php5.jpg": "filetype-banned",
    ".htaccess": "verification-error",
    "X.svgz": "verification-error",
    "X.html": "verification-error",
    "X.exe": "verification-error",
    "X.jpg.": "filetype-missing",
}


@pytest.mark.parametrize("filename", NAMES)
def test_an_extension_that_runs_is_refused_everywhere(wiki, name, filename):
    data = jpeg(300, 300)
    codes = [
        error_of(lambda: wiki.upload(filename, file=data, ignorewarnings=1))["code"],
        error_of(lambda: wiki.upload(filename, file=data, stash=1))["code"],
    ]
    # With another name first.
    key = wiki.upload(name, file=data, stash=1)["filekey"]
    codes.append(error_of(lambda: wiki.upload(filename, filekey=key, ignorewarnings=1))["code"])
    codes.append(error_of(lambda: first_chunk(wiki, filename, data))["code"])
    assert codes == [NAMES[filename]] * 3 + ["illegal-filename"]


def test_what_is_harmless_is_taken(wiki, name):
    harmless = [
        (".jpg", jpeg(extra=b"<a href=http://example.org>a link</a>")),
        (".gif", gif(b"%d bytes" % EXTRA_AT)),
        (".png", png((b"tEXt", b"Comment\0plain text"))),
        (".svg", svg('<a xlink:href="https://example.org/"><text>&amp;</text></a><use xlink:href="#a"/>'
                     '<image xlink:href="data:image/png;base64,AAAA"/><style>a { fill: url(#a) }</style>')),
    ]
    for extension, data in harmless:
        filename = re.sub(r"\.jpg$", extension, name)
        assert wiki.upload(filename, file=data, ignorewarnings=1)["result"] == "Success", filename
