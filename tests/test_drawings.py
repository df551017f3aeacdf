"""Drawings (SVG) as a whole: honest ones are taken, and whatever is taken neither runs nor asks for anything in a browser."""

import http.server
import threading

import pytest

import chromium
from api import ApiError
from drawings import STYLES, SVG, XLINK, drawings
from test_verify import CASES

#: What a drawing does to show that it runs, with the address of a server that notes who comes.
RUNS = "document.documentElement.setAttribute('data-ran','1');fetch('{canary}/script')"


class Canary:
    """A web server that notes what it is asked for."""

    def __init__(self):
        self.paths = []
        #: Files that it has itself.
        self.files = {}
        canary = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                canary.paths.append(self.path)
                body = canary.files.get(self.path, b"")
                self.send_response(200)
                self.send_header("Content-Type", "image/svg+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def canary():
    server = Canary()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if chromium.find() is None:
        pytest.skip("there is no Chromium")
    browser = chromium.Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.stop()


def take(wiki, name, data):
    """Uploads a drawing; gives its address, or `None` if it is refused."""
    try:
        answer = wiki.upload(f"Drawing {name}.svg", file=data, ignorewarnings=1)
    except ApiError as error:
        assert error.code == "verification-error", (name, error)
        return None
    return answer["imageinfo"]["url"]


@pytest.fixture(scope="module")
def honest(wiki):
    """The addresses of honest drawings by name; `None` for those that are refused."""
    return {name: take(wiki, name, data) for name, data in drawings()}


def test_honest_drawings_are_taken(honest):
    assert len(honest) >= 200 and len(STYLES) >= 30
    refused = [name for name, url in honest.items() if url is None]
    assert len(refused) <= len(honest) // 50, refused


def drawing(inner, attributes=""):
    return f'<svg {SVG} {XLINK} width="90" height="90" {attributes}>{inner}</svg>'


def hostile(canary):
    """Drawings that would run or ask for something, in ways that filters have missed: (name, text)."""
    runs = RUNS.format(canary=canary)
    at = canary + "/asked"
    near = at.removeprefix("http:")
    fill = f'fill="url({at})"'
    return {
        "script": drawing(f"<script>{runs}</script>"),
        "script_far_in": drawing("<!-- " + "x " * 700 + f"--><script>{runs}</script>"),
        "script_by_data": drawing(f'<script xlink:href="data:text/javascript,{runs}"/>'),
        "onload": drawing("", f'onload="{runs}"'),
        "onload_by_entity": f'<!DOCTYPE svg [<!ENTITY a "{runs}">]>' + drawing("", 'onload="&a;"'),
        "onbegin": drawing(f'<animate onbegin="{runs}" attributeName="x" dur="1s"/>'),
        "handler": drawing(f'<handler type="application/ecmascript" ev:event="load" '
                           f'xmlns:ev="http://www.w3.org/2001/xml-events">{runs}</handler>'),
        "set_onload": drawing(f'<set attributeName="onload" to="{runs}"/>'),
        "animate_values": drawing(f'<a id="a"><animate xlink:href="#a" attributeName="xlink:href" '
                                  f'values="javascript:{runs}"/><rect width="90" height="90"/></a>'),
        "animate_with_a_blank": drawing(f'<image width="9" height="9"><animate attributeName=" href" to="{at}"/></image>'),
        "animate_fill": drawing(f'<rect width="9" height="9"><animate attributeName="fill" to="url({at})" dur="1s"/></rect>'),
        "animate_filter": drawing(f'<rect width="9" height="9"><set attributeName="filter" to="url({near}#f)"/></rect>'),
        "foreign_object": drawing(f'<foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" '
                                  f'src="{at}" onerror="{runs}"/></foreignObject>'),
        "foreign_object_without_namespace": drawing(f'<foreignObject><img src="{at}"/><iframe src="{at}"/></foreignObject>'),
        "foreign_markup": drawing(f'<img src="{at}"/><video src="{at}" poster="{at}"/><object data="{at}"/>'
                                  f'<embed src="{at}"/><link rel="stylesheet" href="{at}"/>'),
        "media_elements": drawing(f'<audio src="{at}"/><source srcset="{at}"/><input type="image" src="{at}"/>'),
        "image": drawing(f'<image width="9" height="9" xlink:href="{at}"/>'),
        "fe_image": drawing(f'<filter id="f"><feImage href="{at}"/></filter><rect filter="url(#f)" width="9" height="9"/>'),
        "use": drawing(f'<use href="{at}#a"/>'),
        "fill": drawing(f'<rect width="9" height="9" {fill}/>'),
        "fill_escaped": drawing(f'<rect width="9" height="9" fill="u\\72l({at}#a)"/>'),
        "filter_escaped": drawing(f'<rect width="9" height="9" filter="\\75rl({at}#a)"/>'),
        "mask_escaped": drawing(f'<rect width="9" height="9" mask="u\\000072 l({at}#a)"/>'),
        "cursor": drawing(f'<rect width="90" height="90" cursor="url({at}), auto"/>'),
        "mask_image": drawing(f'<rect width="9" height="9" mask-image="url({at})"/>'),
        "color_profile": drawing(f'<color-profile href="{at}" name="p"/><rect color-profile="url({at})"/>'),
        "style_import": drawing(f'<style>@import "{at}";</style>'),
        "style_import_escaped": drawing(f'<style>@\\69mport "{at}";</style>'),
        "style_in_a_comment": drawing(f'<style>/*<![CDATA[*/ @import/**/url({at}); /*]]>*/</style>'),
        "style_background": drawing(f'<style>svg {{ background: url({at}) }}</style>'),
        "style_image_set": drawing(f'<style>svg {{ background: image-set("{at}" 1x) }}</style>'),
        "style_webkit_image_set": drawing(f'<style>svg {{ background: -webkit-image-set(url("{at}") 1x) }}</style>'),
        "style_src": drawing(f'<style>@font-face {{ font-family: X; src: url({at}) }} text {{ font-family: X }}</style>'
                             '<text y="9">x</text>'),
        "style_src_function": drawing(f'<style>svg {{ background: src("{at}") }}</style>'),
        "style_namespace": drawing(f'<style>@namespace x url({at}); x|a {{ }}</style>'),
        "style_cross_fade": drawing(f'<style>svg {{ background: -webkit-cross-fade("{at}", "{at}", 50%) }}</style>'),
        "style_of_html": drawing(f'<style xmlns="http://www.w3.org/1999/xhtml">svg {{ background: url({at}) }}</style>'),
        "style_attribute": drawing(f'<rect width="9" height="9" style="fill:url(\'{at}#a\')"/>'),
        "style_sheet_instruction": f'<?xml-stylesheet href="{at}"?>' + drawing(""),
        "xinclude": drawing(f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{at}"/>'),
        "external_dtd": f'<!DOCTYPE svg SYSTEM "{at}">' + drawing(""),
        "external_entity": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "{at}">]>' + drawing("&x;"),
        "xml_base": drawing(f'<image width="9" height="9" xlink:href="#a" xml:base="{at}"/>'),
        "xml_base_outside": drawing('<use xlink:href="#a"/>', f'xml:base="{at}"'),
        "xlink_actuate": drawing(f'<g xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad" xlink:href="{at}"/>'),
        "link_that_follows_itself": drawing(f'<a xlink:href="{at}" xlink:actuate="onLoad" xlink:show="replace">x</a>'),
        "meta_refresh": drawing(f'<meta http-equiv="refresh" content="0;url={at}"/>'),
        "ping": drawing(f'<a href="{at}" ping="{at}"><rect width="90" height="90"/></a>'),
        "svg_in_a_picture": drawing(f'<image width="9" height="9" href="data:image/svg+xml,&lt;svg {SVG}>'
                                    f'&lt;image href=\'{at}\'/>&lt;/svg>"/>'),
        "discard": drawing(f'<discard begin="0s" href="{at}"/>'),
        "mpath": drawing(f'<circle r="5"><animateMotion dur="1s"><mpath xlink:href="{at}#p"/></animateMotion></circle>'),
        "text_path": drawing(f'<text><textPath href="{at}#p">x</textPath></text>'),
        "tref": drawing(f'<text><tref xlink:href="{at}#p"/></text>'),
        "gradient": drawing(f'<linearGradient id="g" href="{at}#g"/><rect width="9" height="9" fill="url(#g)"/>'),
    }


def check_it_does_nothing(browser, canary, name, url, settle=False):
    canary.paths.clear()
    markup, asked = browser.open(url, settle)
    assert "data-ran=" not in markup, name
    foreign = [address for address in asked if address != url and not address.startswith("data:")]
    assert foreign == [], name
    assert canary.paths == [], name


def test_the_browser_shows_what_runs(browser, canary):
    # Without our server's walls the same drawings run and ask, so the tests below can see it.
    drawings = hostile(canary.url)
    for name, path in {"script": "/script", "onload": "/script", "image": "/asked", "style_import": "/asked"}.items():
        canary.files = {"/own": drawings[name].encode()}
        canary.paths.clear()
        markup, asked = browser.open(canary.url + "/own")
        assert canary.url + path in asked, name
        assert ("data-ran=" in markup) == (path == "/script"), name


def test_honest_drawings_do_nothing_in_a_browser(browser, canary, own, honest):
    for name, url in honest.items():
        if url is not None:
            check_it_does_nothing(browser, canary, name, url)


def test_hostile_drawings_that_are_taken_do_nothing_in_a_browser(browser, canary, own, wiki):
    taken = {}
    for name, text in hostile(canary.url).items():
        taken[name] = take(wiki, "hostile " + name, text.encode())
    for case in CASES:
        if case.filename.endswith(".svg"):
            assert take(wiki, "case " + case.name, case.data) is None
    # What is in plain sight is refused; what only an odd reader would follow is taken, and comes to nothing.
    plain = ("script", "onload", "image", "use", "fill", "style_import", "external_dtd", "foreign_object")
    assert [name for name in plain if taken[name] is not None] == []
    for name, url in taken.items():
        if url is not None:
            check_it_does_nothing(browser, canary, name, url, settle=True)


def test_a_drawing_within_a_page_does_nothing_either(browser, canary, own, wiki, honest):
    # As pictures drawings never run; the page is another site's.
    urls = [url for url in honest.values() if url is not None][:40]
    canary.files = {"/page": drawing("".join(f'<image width="9" height="9" href="{url}"/>' for url in urls)).encode()}
    canary.paths.clear()
    markup, asked = browser.open(canary.url + "/page")
    assert "data-ran=" not in markup
    assert set(asked) <= {canary.url + "/page", *urls}
