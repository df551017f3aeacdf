"""Drawings in the styles of many programs, made from a seed: the same ones each time, each with other shapes.

They have what the real programs write around their shapes: declarations, namespaces, style sheets, metadata, fonts and
pictures inside, and the oddities by which a filter that is too strict would refuse honest work.
"""

import random

SVG = 'xmlns="http://www.w3.org/2000/svg"'
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
DTD11 = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
DTD10 = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd">\n'
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
PIXEL = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5C"
         "YII=")
RDF = (
    '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://creativecommons.org/ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><cc:Work rdf:about=""><dc:format>image/svg+xml</dc:format>'
    '<dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage"/><dc:title>{title}</dc:title></cc:Work></rdf:RDF>'
    "</metadata>"
)


class Shapes:
    """Shapes of all kinds."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self, most=100):
        return round(self.random.uniform(0, most), self.random.choice([0, 1, 3]))

    def color(self):
        kind = self.random.randrange(4)
        if kind == 0:
            return "#%06x" % self.random.randrange(1 << 24)
        if kind == 1:
            return "rgb(%d,%d,%d)" % tuple(self.random.randrange(256) for _ in range(3))
        return self.random.choice(["none", "black", "steelblue", "currentColor", "#fff"]) if kind == 2 else "hsl(9,40%,50%)"

    def path(self):
        parts = ["M%s,%s" % (self.number(), self.number())]
        for _ in range(self.random.randrange(1, 8)):
            letter = self.random.choice("LlCcQqHvTtSs")
            count = {"H": 1, "v": 1, "C": 6, "c": 6, "Q": 4, "q": 4, "S": 4, "s": 4}.get(letter, 2)
            parts.append(letter + " ".join(str(self.number()) for _ in range(count)))
        return "".join(parts) + self.random.choice(["", "z", "Z"])

    def points(self):
        return " ".join("%s,%s" % (self.number(), self.number()) for _ in range(self.random.randrange(3, 9)))

    def word(self):
        return self.random.choice(["Übersicht", "alpha &amp; beta", "x &lt; y", "日本語", "Figure 1", "µm", "a–b", "naïve"])

    def shape(self):
        n, c = self.number, self.color
        return self.random.choice([
            f'<rect x="{n()}" y="{n()}" width="{n()}" height="{n()}" fill="{c()}"/>',
            f'<circle cx="{n()}" cy="{n()}" r="{n(20)}" style="fill:{c()};stroke:{c()};stroke-width:{n(3)}"/>',
            f'<path d="{self.path()}" fill="none" stroke="{c()}"/>',
            f'<polyline points="{self.points()}" style="fill: none; stroke: {c()}"/>',
            f'<text x="{n()}" y="{n()}" font-family="Helvetica, \'DejaVu Sans\', sans-serif">{self.word()}</text>',
            f'<g transform="translate({n()} {n()}) rotate({n(90)})"><ellipse rx="{n(9)}" ry="{n(9)}"/></g>',
            f'<line x1="{n()}" y1="{n()}" x2="{n()}" y2="{n()}" stroke="{c()}"/>',
        ])

    def some(self):
        return "\n".join(self.shape() for _ in range(self.random.randrange(2, 12)))


def style(function):
    STYLES[function.__name__] = function
    return function


STYLES = {}


@style
def inkscape(s):
    return (
        DECLARATION + "<!-- Created with Inkscape (http://www.inkscape.org/) -->\n"
        f'<svg {SVG} {XLINK} xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
        'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" width="210mm" height="297mm" '
        'viewBox="0 0 210 297" version="1.1" id="svg8" inkscape:version="1.2.2" sodipodi:docname="drawing.svg" '
        'inkscape:export-filename="C:\\Users\\x\\drawing.png">'
        '<defs id="defs2"><linearGradient id="a"><stop offset="0" style="stop-color:#000;stop-opacity:1"/></linearGradient>'
        '<linearGradient id="b" xlink:href="#a" gradientUnits="userSpaceOnUse"/>'
        '<inkscape:path-effect effect="spiro" id="path-effect1" is_visible="true"/></defs>'
        '<sodipodi:namedview id="base" pagecolor="#ffffff" inkscape:zoom="0.35"><inkscape:grid type="xygrid"/>'
        f'</sodipodi:namedview>{RDF.format(title=s.word())}'
        f'<g inkscape:label="Layer 1" inkscape:groupmode="layer" style="fill:url(#b)">{s.some()}</g></svg>'
    )


@style
def inkscape_flowed(s):
    return inkscape(s).replace("</svg>", '<flowRoot xml:space="preserve"><flowRegion><rect width="9" height="9"/>'
                               f"</flowRegion><flowPara>{s.word()}</flowPara></flowRoot></svg>")


@style
def sodipodi(s):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- Created with Sodipodi ("http://www.sodipodi.com/") -->\n' + DTD10
        + f'<svg {SVG} xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" id="svg1">'
        f'<sodipodi:namedview/>{s.some()}</svg>'
    )


@style
def illustrator(s):
    entities = "\n".join(f'<!ENTITY {name} "{value}">' for name, value in {
        "ns_extend": "http://ns.adobe.com/Extensibility/1.0/", "ns_ai": "http://ns.adobe.com/AdobeIllustrator/10.0/",
        "ns_graphs": "http://ns.adobe.com/Graphs/1.0/", "ns_svg": "http://www.w3.org/2000/svg"}.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!-- Generator: Adobe Illustrator 24.0.1, SVG Export Plug-In -->\n'
        + DTD11.replace(">\n", f" [\n{entities}\n]>\n")
        + f'<svg version="1.1" id="Layer_1" xmlns="&ns_svg;" {XLINK} xmlns:x="&ns_extend;" xmlns:i="&ns_ai;" '
        'xmlns:graph="&ns_graphs;" x="0px" y="0px" viewBox="0 0 841.89 595.28" '
        'style="enable-background:new 0 0 841.89 595.28;" xml:space="preserve">'
        '<style type="text/css"><![CDATA[ .st0{fill:#1D1D1B;} .st1{clip-path:url(#SVGID_2_);} ]]></style>'
        f'<switch><foreignObject requiredExtensions="&ns_ai;" width="1" height="1"><i:pgfRef xlink:href="#adobe_illustrator_pgf">'
        f'</i:pgfRef></foreignObject><g i:extraneous="self">{s.some()}</g></switch>'
        '<clipPath id="SVGID_2_"><use xlink:href="#SVGID_1_" style="overflow:visible;"/></clipPath></svg>'
    )


@style
def illustrator_plain(s):
    return (
        f'<svg id="Ebene_1" data-name="Ebene 1" {SVG} viewBox="0 0 200 100"><defs><style>.cls-1{{fill:{s.color()};}}'
        f".cls-2{{font-family:MyriadPro-Regular, Myriad Pro;}}</style></defs><title>{s.word()}</title>{s.some()}</svg>"
    )


@style
def drawio(s):
    return (
        DTD11 + f'<svg {SVG} {XLINK} version="1.1" width="121px" height="61px" viewBox="-0.5 -0.5 121 61" '
        'content="&lt;mxfile host=&quot;app.diagrams.net&quot;&gt;&lt;/mxfile&gt;" style="background-color: rgb(255, 255, 255);">'
        f'<defs/><g><g transform="translate(-0.5 -0.5)"><switch>{s.some()}<text x="60" y="34" fill="#000" '
        f'pointer-events="none">{s.word()}</text></switch></g></g></svg>'
    )


@style
def matplotlib(s):
    return (
        '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n' + DTD11
        + f'<svg {XLINK} width="460.8pt" height="345.6pt" viewBox="0 0 460.8 345.6" {SVG} version="1.1">'
        + RDF.format(title=s.word()) + "<defs><style type=\"text/css\">*{stroke-linejoin: round; stroke-linecap: butt}</style>"
        '</defs><g id="figure_1"><g id="xtick_1"><defs><path id="m1" d="M 0 0 L 0 3.5"/></defs><use xlink:href="#m1" '
        f'x="73" y="307" style="stroke: #000000; stroke-width: 0.8"/></g><g clip-path="url(#p1)">{s.some()}</g></g>'
        '<defs><clipPath id="p1"><rect width="357" height="266"/></clipPath></defs></svg>'
    )


@style
def gnuplot(s):
    return (
        '<?xml version="1.0" encoding="utf-8"  standalone="no"?>\n'
        f'<svg width="600" height="480" viewBox="0 0 600 480" {SVG} {XLINK}>\n<title>Gnuplot</title>\n'
        "<desc>Produced by GNUPLOT 5.4 patchlevel 2 </desc>\n<g id=\"gnuplot_canvas\">\n<rect x=\"0\" y=\"0\" width=\"600\" "
        'height="480" fill="none"/>\n<defs>\n<circle id=\'gpDot\' r=\'0.5\' stroke-width=\'0.5\' stroke=\'currentColor\'/>\n'
        '<filter id=\'textbox\' filterUnits=\'objectBoundingBox\'><feFlood flood-color=\'#FFFFFF\' flood-opacity=\'1\' '
        "result='bgnd'/><feComposite in='SourceGraphic' in2='bgnd' operator='atop'/></filter>\n</defs>\n"
        f"<g fill=\"none\" color=\"white\" stroke=\"currentColor\">{s.some()}<use xlink:href='#gpDot' x='1'/></g></g></svg>"
    )


@style
def r_svg(s):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg {SVG} {XLINK} width="504pt" height="504pt" viewBox="0 0 504 504" version="1.1"><defs><g>'
        '<symbol overflow="visible" id="glyph0-0"><path style="stroke:none;" d=""/></symbol></g></defs>'
        f'<g style="fill:rgb(0%,0%,0%);fill-opacity:1;"><use xlink:href="#glyph0-0" x="9" y="9"/></g>{s.some()}</svg>'
    )


@style
def svglite(s):
    return (
        f"<?xml version='1.0' encoding='UTF-8' ?>\n<svg {SVG.replace(chr(34), chr(39))} class='svglite' width='720.00pt'>"
        "<defs>\n  <style type='text/css'><![CDATA[\n    .svglite line, .svglite polyline { fill: none; }\n  ]]></style>\n"
        f"</defs><rect width='100%' height='100%' style='stroke: none; fill: #FFFFFF;'/>{s.some()}</svg>"
    )


@style
def graphviz(s):
    return (
        DECLARATION + DTD11 + "<!-- Generated by graphviz version 2.43.0 (0)\n -->\n<!-- Title: %3 Pages: 1 -->\n"
        f'<svg width="89pt" height="116pt" viewBox="0.00 0.00 89.00 116.00" {SVG} {XLINK}>\n'
        '<g id="graph0" class="graph" transform="scale(1 1) rotate(0) translate(4 112)">\n<title>%3</title>\n'
        '<g id="node1" class="node"><title>a</title><g id="a_node1"><a xlink:href="https://example.org/a" '
        f'xlink:title="a" target="_top">{s.shape()}</a></g></g>\n{s.some()}</g>\n</svg>\n'
    )


@style
def figma(s):
    return (
        '<svg width="24" height="24" viewBox="0 0 24 24" fill="none" xmlns="http://www.w3.org/2000/svg" '
        f'{XLINK}>\n<g clip-path="url(#clip0_1_2)" filter="url(#filter0_d)">{s.some()}</g>\n<defs>\n'
        '<filter id="filter0_d" x="0" y="0" filterUnits="userSpaceOnUse" color-interpolation-filters="sRGB">\n'
        '<feFlood flood-opacity="0" result="BackgroundImageFix"/>\n<feColorMatrix in="SourceAlpha" type="matrix" '
        'values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 127 0"/>\n<feGaussianBlur stdDeviation="2"/></filter>\n'
        '<pattern id="pattern0" patternContentUnits="objectBoundingBox" width="1" height="1"><use xlink:href="#image0" '
        f'transform="scale(0.01)"/></pattern><image id="image0" width="1" height="1" xlink:href="{PIXEL}"/>\n'
        '<clipPath id="clip0_1_2"><rect width="24" height="24" fill="white"/></clipPath></defs></svg>'
    )


@style
def sketch(s):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg width="60px" height="60px" viewBox="0 0 60 60" version="1.1" {SVG} {XLINK}>\n'
        "    <!-- Generator: Sketch 52.6 (67491) - http://www.bohemiancoding.com/sketch -->\n"
        f"    <title>{s.word()}</title>\n    <desc>Created with Sketch.</desc>\n    <defs><path d=\"M0,0\" id=\"path-1\"/></defs>"
        '<g id="Page-1" stroke="none" fill-rule="evenodd"><mask id="mask-2" fill="white"><use xlink:href="#path-1"/></mask>'
        f'<g mask="url(#mask-2)">{s.some()}</g></g>\n</svg>'
    )


@style
def sketch_with_its_namespace(s):
    return sketch(s).replace("<svg ", '<svg xmlns:sketch="http://www.bohemiancoding.com/sketch/ns" ').replace(
        '<g id="Page-1" ', '<g id="Page-1" sketch:type="MSPage" ')


@style
def qgis(s):
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<svg width="297mm" height="210mm" viewBox="0 0 3507 2480" '
        f'{SVG} {XLINK} version="1.2" baseProfile="tiny">\n<title>Qt SVG Document</title>\n'
        '<desc>Generated with Qt</desc>\n<defs>\n</defs>\n<g fill="none" stroke="black" stroke-width="1" '
        f'fill-rule="evenodd" stroke-linejoin="bevel"><g vector-effect="non-scaling-stroke">{s.some()}</g></g>\n</svg>'
    )


@style
def plantuml(s):
    return (
        '<?xml version="1.0" encoding="us-ascii" standalone="no"?><svg ' + SVG + f' {XLINK} contentStyleType="text/css" '
        'height="119px" preserveAspectRatio="none" style="width:113px;height:119px;background:#FFFFFF;" version="1.1" '
        'zoomAndPan="magnify"><?plantuml 1.2023.1?><defs><filter height="300%" id="f1" width="300%"><feGaussianBlur '
        'result="blurOut" stdDeviation="2.0"/><feBlend in="SourceGraphic" in2="blurOut"/></filter></defs><g>'
        f'<text font-family="sans-serif" lengthAdjust="spacing" textLength="25">Bob</text>'
        '<!--SRC=[SyfFKj2rKt3CoKnELR1Io4ZDoSa70000]--></g></svg>'
    )


@style
def mermaid_with_plain_labels(s):
    return (
        f'<svg id="mermaid-1" width="100%" {SVG} {XLINK} style="max-width: 512px;" viewBox="0 0 512 300" '
        'role="graphics-document document" aria-roledescription="flowchart-v2"><style>#mermaid-1{font-family:"trebuchet ms",'
        "verdana;fill:#333;}@keyframes edge-animation-frame{from{stroke-dashoffset:0;}}#mermaid-1 .edge{stroke:#333;}</style>"
        '<g><marker id="m-pointEnd" viewBox="0 0 10 10" refX="5" orient="auto"><path d="M 0 0 L 10 5 L 0 10 z"/></marker>'
        f'<path d="{s.path()}" marker-end="url(#m-pointEnd)" style="fill:none;"/>{s.some()}</g></svg>'
    )


@style
def mathjax(s):
    return (
        f'<svg {SVG} {XLINK} width="6.7ex" height="2.8ex" style="vertical-align: -0.8ex;" viewBox="0 -863 2900 1223" '
        'role="img" focusable="false" aria-labelledby="MathJax-SVG-1-Title">\n<title id="MathJax-SVG-1-Title">x^2</title>\n'
        '<defs aria-hidden="true">\n<path stroke-width="1" id="E1-MJMATHI-78" d="M52 289Q59 331 106 386T222 442"></path>\n'
        '</defs>\n<g stroke="currentColor" fill="currentColor" transform="matrix(1 0 0 -1 0 0)" aria-hidden="true">\n '
        '<use xlink:href="#E1-MJMATHI-78" x="0" y="0"></use>\n</g>\n</svg>'
    )


@style
def lilypond(s):
    return (
        f'<svg {SVG} {XLINK} version="1.2" width="210.00mm" height="297.00mm" viewBox="0 0 119.5016 169.0092">\n'
        "<!-- LilyPond 2.22 -->\n<style text=\"style/css\">\n<![CDATA[\ntspan { white-space: pre; }\n]]>\n</style>\n"
        '<a style="color:inherit;" xlink:href="https://example.org/score#12">\n<g transform="translate(9, 9)">'
        f'{s.shape()}</g>\n</a>{s.some()}</svg>'
    )


@style
def potrace(s):
    return (
        '<?xml version="1.0" standalone="no"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 20010904//EN"\n '
        '"http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd">\n'
        f'<svg version="1.0" {SVG}\n width="1280.000000pt" height="900.000000pt" viewBox="0 0 1280.000000 900.000000"\n '
        'preserveAspectRatio="xMidYMid meet">\n<metadata>\nCreated by potrace 1.15, written by Peter Selinger 2001-2017\n'
        f'</metadata>\n<g transform="translate(0.000000,900.000000) scale(0.100000,-0.100000)">{s.some()}</g>\n</svg>\n'
    )


@style
def imagemagick(s):
    return (
        DECLARATION + DTD11 + f'<svg version="1.1" id="Layer_1" {SVG} {XLINK} x="0px" y="0px" width="32px" height="32px" '
        f'xml:space="preserve"><image id="image0" width="32" height="32" x="0" y="0"\n    xlink:href="{PIXEL[:60]}\n'
        f'{PIXEL[60:]}"></image></svg>'
    )


@style
def coreldraw(s):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + DTD11
        + "<!-- Creator: CorelDRAW X7 -->\n"
        f'<svg {SVG} xml:space="preserve" width="8.26772in" height="11.6929in" version="1.1" '
        'style="shape-rendering:geometricPrecision; text-rendering:geometricPrecision; image-rendering:optimizeQuality"\n'
        f'viewBox="0 0 8268 11693"\n {XLINK}>\n <defs>\n  <style type="text/css">\n   <![CDATA[\n    @font-face '
        '{ font-family:"Arial";font-variant:normal;font-weight:normal}\n    .fil0 {fill:#2B2A29}\n   ]]>\n  </style>\n </defs>\n '
        f'<g id="Ebene_x0020_1">\n  <metadata id="CorelCorpID_0Corel-Layer"/>{s.some()}</g>\n</svg>'
    )


@style
def d3(s):
    return (
        f'<svg {SVG} width="960" height="500"><g transform="translate(40,20)"><g class="axis" font-size="10" '
        f'font-family="sans-serif" text-anchor="middle"><path class="domain" stroke="#000" d="M0.5,6V0.5H880.5V6"/>{s.some()}'
        '</g></g></svg>'
    )


@style
def visio(s):
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<!-- Generated by Microsoft Visio, SVG Export x.svg Page-1 -->\n'
        f'<svg {SVG} {XLINK} xmlns:ev="http://www.w3.org/2001/xml-events" '
        'xmlns:v="http://schemas.microsoft.com/visio/2003/SVGExtensions/" width="8.5in" height="11in" class="st2">'
        '<v:documentProperties v:langID="1033" v:viewMarkup="false"><v:userDefs><v:ud v:nameU="x" v:val="VT0(0):26"/>'
        '</v:userDefs></v:documentProperties><style type="text/css"><![CDATA[ .st1 {fill:#5b9bd5;stroke:#c8c8c8} ]]></style>'
        f'<g v:mID="0" v:index="1" v:groupContext="foregroundPage"><v:pageProperties v:drawingScale="0.03"/>{s.some()}</g></svg>'
    )


@style
def libreoffice(s):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + DTD11
        + f'<svg version="1.2" width="210mm" height="297mm" viewBox="0 0 21000 29700" {SVG} {XLINK} '
        'xmlns:ooo="http://xml.openoffice.org/svg/export" xmlns:presentation="http://sun.com/xmlns/staroffice/presentation" '
        'xmlns:smil="http://www.w3.org/2001/SMIL20/" xml:space="preserve">\n <defs class="ClipPathGroup">\n  '
        '<clipPath id="presentation_clip_path" clipPathUnits="userSpaceOnUse"><rect x="0" y="0" width="9" height="9"/>'
        '</clipPath></defs>\n <defs>\n  <font id="EmbeddedFont_1" horiz-adv-x="2048"><font-face font-family="Liberation Sans '
        'embedded" units-per-em="2048"/><missing-glyph d="M 0,0"/></font></defs>\n <defs class="TextShapeIndex">\n  '
        f'<g ooo:slide="id1" ooo:id-list="id3"/>\n </defs>{s.some()}</svg>'
    )


@style
def cairo(s):
    return r_svg(s).replace("504pt", "504")


@style
def pdf2svg(s):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg {SVG} {XLINK} width="595pt" viewBox="0 0 595 842" version="1.2"><defs><image id="source-5" x="0" y="0" '
        f'width="1" height="1" xlink:href="{PIXEL}"/><mask id="mask-0"><use xlink:href="#source-5"/></mask></defs>'
        f'<g mask="url(#mask-0)">{s.some()}</g></svg>'
    )


@style
def fontforge(s):
    return (
        '<?xml version="1.0" standalone="yes"?>\n'
        f'<svg {SVG}><defs><font id="x" horiz-adv-x="500"><font-face font-family="x" units-per-em="1000"/>'
        f'<glyph glyph-name="A" unicode="A" d="{s.path()}"/></font></defs></svg>'
    )


@style
def with_a_font_inside(s):
    return (
        f'<svg {SVG} viewBox="0 0 9 9"><style>@font-face {{ font-family: "X"; src: url("data:;base64,AAEAAAAKAIAAAwAgT1My") '
        f'}} text {{ font-family: X }}</style>{s.some()}</svg>'
    )


@style
def animated(s):
    return (
        f'<svg {SVG} {XLINK} viewBox="0 0 100 100">{s.some()}<circle r="5"><animate attributeName="r" values="1;5;1" '
        'dur="2s" repeatCount="indefinite"/><animateTransform attributeName="transform" type="rotate" from="0" to="360" '
        'dur="3s"/><animateMotion path="M0,0 L9,9" dur="1s"/><set attributeName="fill" to="red" begin="1s"/></circle>'
        "<style>@keyframes turn { to { transform: rotate(360deg) } } circle { animation: turn 1s linear infinite }</style>"
        "</svg>"
    )


@style
def translated(s):
    return (
        f'<svg {SVG} width="300" height="200"><title>{s.word()}</title><desc>{s.word()}</desc><switch>'
        '<text systemLanguage="de">Wasser</text><text systemLanguage="fr-CH, fr">eau</text><text>water</text></switch>'
        f'{s.some()}</svg>'
    )


@style
def in_utf16(s):
    return d3(s)


@style
def in_latin1(s):
    return '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + d3(s)


@style
def map_with_links(s):
    return (
        f'<svg {SVG} {XLINK} width="400" height="300"><a xlink:href="https://example.org/wiki/A"><path d="{s.path()}"/></a>'
        f'<a href="#legend"><rect width="9" height="9"/></a><g id="legend">{s.some()}</g></svg>'
    )


@style
def bkchem(s):
    return (
        f'<?xml version="1.0" encoding="utf-8"?><svg {SVG} version="1.0"><metadata id="1"><cdml '
        'xmlns="http://www.freesoftware.fsf.org/bkchem/cdml" version="0.15"><info><author_program>BKChem</author_program>'
        f"</info></cdml></metadata>{s.some()}</svg>"
    )


@style
def creative_commons(s):
    return (
        f'<svg {SVG} width="120" height="42"><metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:cc="http://web.resource.org/cc/" xmlns:dc="http://purl.org/dc/elements/1.1/"><cc:License rdf:about='
        '"http://creativecommons.org/licenses/by/4.0/"><cc:permits rdf:resource="http://web.resource.org/cc/Reproduction"/>'
        f'</cc:License></rdf:RDF></metadata>{s.some()}</svg>'
    )


@style
def optimised(s):
    """As svgo leaves it."""
    return f'<svg {SVG} viewBox="0 0 16 16"><path fill-rule="evenodd" d="{s.path()}"/></svg>'


def drawings(each=6):
    """All of them: (name, bytes)."""
    for name, make in STYLES.items():
        for number in range(each):
            text = make(Shapes(f"{name} {number}"))
            if name == "in_utf16":
                data = b"\xff\xfe" + text.encode("utf-16-le")
            elif name == "in_latin1":
                data = text.encode("latin-1", "xmlcharrefreplace")
            elif name == "plantuml":
                data = text.encode("ascii", "xmlcharrefreplace")
            else:
                data = text.encode()
            yield f"{name}_{number}", data
