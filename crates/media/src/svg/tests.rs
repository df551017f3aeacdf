use std::io::Cursor;

use super::*;
use crate::samples::svg;

/// The key and the parameters of a refusal, `fine`, or `malformed`.
fn told(document: &[u8]) -> Vec<String> {
    match check(&mut Cursor::new(document)).unwrap() {
        Verdict::Fine => vec!["fine".to_owned()],
        Verdict::Malformed => vec!["malformed".to_owned()],
        Verdict::Refused(reason) => [vec![reason.key.to_owned()], reason.params].concat(),
    }
}

fn inside(inner: &str) -> Vec<String> {
    told(&svg("xmlns:xlink=\"http://www.w3.org/1999/xlink\"", inner))
}

/// Each of the fragments has to be refused with these details.
fn refuses(cases: &[(&str, &[&str])]) {
    for (inner, details) in cases {
        assert_eq!(inside(inner), *details, "{inner}");
    }
}

fn accepts(cases: &[&str]) {
    for inner in cases {
        assert_eq!(inside(inner), ["fine"], "{inner}");
    }
}

const XLINK_HREF: &str = "http://www.w3.org/1999/xlink:href";

#[test]
fn rule_1_elements_of_strange_namespaces() {
    let key = "uploadscriptednamespace";
    refuses(&[
        ("<x xmlns='urn:Strange'/>", &[key, "urn:Strange"]),
        ("<p xmlns='http://www.w3.org/1999/xhtml'/>", &[key, "http://www.w3.org/1999/xhtml"]),
        ("<math xmlns='http://www.w3.org/1998/Math/MathML'/>", &[key, "http://www.w3.org/1998/Math/MathML"]),
        ("<undeclared:x/>", &[key, "undeclared"]),
        (
            "<foreignObject><i:iframe xmlns:i='http://www.w3.org/1999/xhtml' src='x'/></foreignObject>",
            &[key, "http://www.w3.org/1999/xhtml"],
        ),
    ]);
    accepts(&[
        "<x xmlns=''/>",
        "<x xmlns='HTTP://WWW.W3.ORG/2000/SVG'/>",
        "<x xmlns='http://www.inkscape.org/namespaces/inkscape'/>",
        "<x xmlns='http://ns.adobe.com/xap/1.0/sType/ResourceRef#'/>",
        "<x xmlns='http://purl.org/dc/elements/1.1'/>",
        "<x xmlns='&amp;ns_svg;'/>",
        "<x xmlns='&amp;#38;#38;ns_flows;'/>",
        "<g a:b='c' xmlns:a='urn:strange'/>",
        "<g undeclared:b='c'/>",
    ]);
    refuses(&[
        ("<x xmlns='&amp;ns_;'/>", &[key, "&ns_;"]),
        ("<x xmlns='&amp;ns_sv9;'/>", &[key, "&ns_sv9;"]),
        ("<x xmlns='&amp;ns_svg;x'/>", &[key, "&ns_svg;x"]),
    ]);
}

#[test]
fn rule_2_elements_that_run() {
    for name in ["script", "SCRIPT", "handler", "stylesheet", "iframe", "Iframe"] {
        assert_eq!(inside(&format!("<{name}/>")), ["uploaded-script-svg", &name.to_lowercase()]);
        let other = format!("<c:{name} xmlns:c='http://creativecommons.org/ns#'/>");
        assert_eq!(inside(&other), ["uploaded-script-svg", &name.to_lowercase()]);
    }
    accepts(&["<foreignObject>text</foreignObject>", "<scripts/>", "<unknown/>", "<listener/>"]);
}

#[test]
fn rule_3_style_sheets() {
    let hostile = [
        "@import 'x.css';",
        "@IMPORT url(#a)",
        "a { width: expression(alert(1)) }",
        "a { -o-link: 'x' }",
        "a { -o-link-source: 'x' }",
        "a { -O-Replace: 'x' }",
        "a { fill: url(http://example.org/) }",
        "a { fill: URL ( 'x' ) }",
        "a { fill: url() }",
        "a { fill: url(//example.org) }",
        "a { fill: url(data:image/png;base64,AAAA) }",
        "a { background: image(x) }",
        "a { background: image-set('x' 1x) }",
        "a { background: -webkit-image-set('x' 1x) }",
        "a { fill: u\\72l(x) }",
        "a { fill: u\\000072 l(x) }",
        "a { fill: url/* c */(x) }",
        // What only looks like a comment hides nothing.
        "a { content: '/*' } b { fill: url(http://example.org/) } /* */",
        "a { fill: url(#a/*) } b { fill: url(http://example.org/) } /* */",
        "a { b: \\2f* } b { fill: url(http://example.org/) } /* */",
        "a { content: '/*' } @import 'x'; /* */",
        "\\@import 'x'",
        "@\\69mport 'x'",
        "@impor\\\nt 'x'",
        "a { fill: \u{FF55}\u{FF52}\u{FF4C}(x) }",
        "a { fill: u\u{280}l(x) }",
        "a { fill: \\1 }",
        "a { fill: u\u{7F}l }",
        "@font-face { src: url(data:font/woff;base64,AAAA) }",
        "@font-face { font-family: url('data:;base64,AAAA') }",
        "@font-face { } a { src:url('data:;base64,AAAA') }",
        "a { src:url('data:;base64,AAAA') }",
    ];
    for style in hostile {
        assert_eq!(inside(&format!("<style>{style}</style>")), ["uploaded-hostile-svg"], "{style}");
        assert_eq!(
            inside(&format!("<style><![CDATA[{style}]]></style>")),
            ["uploaded-hostile-svg"],
            "{style}"
        );
    }
    // In pieces, as references, in an element of another namespace.
    refuses(&[
        ("<style>@im<![CDATA[port]]> 'x'</style>", &["uploaded-hostile-svg"]),
        ("<style>@im<!-- c -->port 'x'</style>", &["uploaded-hostile-svg"]),
        ("<style>&#64;import 'x'</style>", &["uploaded-hostile-svg"]),
        ("<STYLE>@import 'x'</STYLE>", &["uploaded-hostile-svg"]),
        ("<style xmlns=''>@import 'x'</style>", &["uploaded-hostile-svg"]),
    ]);
    for style in [
        "a { fill: #f00; stroke: url(#gradient) }",
        "a { fill: url( '#a' ) } b { fill: url(\"#b\") }",
        "@font-face { font-family: x; src:url(\"data:;base64,AAAA\") }",
        "@font-face{src : url('data:;base64,AAAA')} @FONT-FACE { src:url(data:;base64,BBBB) }",
        "a { content: 'important' } /* gene expression, image (small) */",
        "a { fill: u/* c */rl(x) } @i/**/mport 'x'",
        "a { fill: \\41 }",
        "",
    ] {
        assert_eq!(inside(&format!("<style>{style}</style>")), ["fine"], "{style}");
    }
    // Text outside of style sheets isn't style.
    accepts(&["<text>@import url(x)</text>"]);
}

#[test]
fn rule_4_event_handlers() {
    let key = "uploaded-event-handler-on-svg";
    refuses(&[
        ("<g onload='Alert(1)'/>", &[key, "onload", "alert(1)"]),
        ("<g ONclick=''/>", &[key, "ONclick", ""]),
        ("<g on='x'/>", &[key, "on", "x"]),
        ("<g xlink:onload='x'/>", &[key, "http://www.w3.org/1999/xlink:onload", "x"]),
        ("<g once='x'/>", &[key, "once", "x"]),
    ]);
    assert_eq!(told(&svg("onload='x'", "")), [key, "onload", "x"]);
    accepts(&["<g data-onload='x'/>", "<g xml:lang='on'/>"]);
}

#[test]
fn rule_5_addresses() {
    let key = "uploaded-href-attribute-svg";
    refuses(&[
        ("<image href='http://Example.org/x.png'/>", &[key, "image", "href", "http://example.org/x.png"]),
        ("<IMAGE xlink:href='x.png'/>", &[key, "image", XLINK_HREF, "x.png"]),
        (
            "<use xlink:href='https://example.org/x.svg#a'/>",
            &[key, "use", XLINK_HREF, "https://example.org/x.svg#a"],
        ),
        ("<use HREF='x'/>", &[key, "use", "HREF", "x"]),
        ("<use href=' #a'/>", &[key, "use", "href", " #a"]),
        ("<a href='javascript:alert(1)'/>", &[key, "a", "href", "javascript:alert(1)"]),
        ("<a href='java&#10;script:x'/>", &[key, "a", "href", "java\nscript:x"]),
        ("<a href='java\nscript:\r\nx'/>", &[key, "a", "href", "java script: x"]),
        ("<a href=' http://example.org'/>", &[key, "a", "href", " http://example.org"]),
        ("<a href='ftp://example.org'/>", &[key, "a", "href", "ftp://example.org"]),
        ("<a href='//example.org'/>", &[key, "a", "href", "//example.org"]),
        ("<use other:href='x'/>", &[key, "use", "other:href", "x"]),
        ("<feImage href='vbscript:x'/>", &[key, "feimage", "href", "vbscript:x"]),
    ]);
    accepts(&[
        "<a href='http://example.org'>text</a>",
        "<A xlink:href='HTTPS://example.org'>text</A>",
        "<use href='#a'/>",
        "<use xlink:href=''/>",
        "<g hreflang='javascript:x'/>",
    ]);
}

#[test]
fn rule_6_addresses_with_the_data_in_them() {
    let key = "uploaded-href-unsafe-target-svg";
    for address in [
        "data:image/svg+xml;base64,AAAA",
        "data:image/webp;base64,AAAA",
        "data:text/html,x",
        "data:,x",
        "data:image/png",
        "data:application/xml,<x",
        "data:image/png;<x>,x",
        "data:text/html;x=image/png,x",
        "data:image/pngx,x",
    ] {
        let written = address.replace('<', "&lt;");
        assert_eq!(
            inside(&format!("<image xlink:href='{written}'/>")),
            [key, "image", XLINK_HREF, &address.to_lowercase(),]
        );
    }
    assert_eq!(inside("<a href='DATA:Text/HTML,X'/>"), [key, "a", "href", "data:text/html,x"]);
    accepts(&[
        "<image xlink:href='data:image/png;base64,AAAA'/>",
        "<image href='data:image/gif,x'/>",
        "<image href='data: image/jpeg;base64,AAAA'/>",
        "<image href='data:image/JPG;charset=utf-8;base64,AAAA'/>",
        "<image href='data:image/png;name=\"a.png\",AAAA'/>",
    ]);
}

#[test]
fn rules_7_to_10_animations() {
    let animate = "uploaded-animate-svg";
    let event = "uploaded-setting-event-handler-svg";
    let value = "uploaded-wrong-setting-svg";
    refuses(&[
        ("<animate attributeName='href' values='x'/>", &[animate, "animate", "attributeName", "href"]),
        ("<animate attributeName='xlink:HREF'/>", &[animate, "animate", "attributeName", "xlink:href"]),
        ("<animate attributeName='onload'/>", &[event, "animate", "attributename", "onload"]),
        ("<set attributeName='OnClick'/>", &[event, "set", "attributename", "onclick"]),
        ("<set attributeName='href'/>", &["uploaded-setting-href-svg"]),
        ("<set attributeName='xlink:href'/>", &["uploaded-setting-href-svg"]),
        ("<set attributeName='hreflang'/>", &["uploaded-setting-href-svg"]),
        ("<set to='http://example.org'/>", &[value, "http://example.org"]),
        ("<set to='a HTTPS:b'/>", &[value, "a https:b"]),
        ("<set to='data:x'/>", &[value, "data:x"]),
        ("<set to='vbscript:x'/>", &[value, "vbscript:x"]),
        ("<SET TO='JavaScript:x'/>", &[value, "javascript:x"]),
    ]);
    accepts(&[
        "<animate attributeName='x' from='0' to='javascript:'/>",
        "<animate attributeName='hrefs'/>",
        "<set attributeName='fill' to='red'/>",
        "<animateTransform attributeName='transform'/>",
        "<animateMotion attributeName='href'/>",
    ]);
}

#[test]
fn rule_11_handlers() {
    let key = "uploaded-setting-handler-svg";
    refuses(&[
        ("<g handler='javascript:x'/>", &[key, "handler", "javascript:x"]),
        ("<g Handler='see HTTP://x'/>", &[key, "Handler", "see http://x"]),
        ("<g xlink:handler='data:x'/>", &[key, "http://www.w3.org/1999/xlink:handler", "data:x"]),
    ]);
    accepts(&["<g handler='#a'/>"]);
}

#[test]
fn rules_12_to_14_style_in_attributes() {
    let key = "uploaded-remote-url-svg";
    refuses(&[
        ("<g style='fill: url(http://Example.org/)'/>", &[key, "style", "fill: url(http://example.org/)"]),
        ("<g style='fill: u\\72l(x)'/>", &[key, "style", "fill: u\\72l(x)"]),
        ("<g STYLE='@import x'/>", &[key, "STYLE", "@import x"]),
        ("<g style='width: expression(x)'/>", &[key, "style", "width: expression(x)"]),
        ("<image filter='url(x)'/>", &[key, "filter", "url(x)"]),
    ]);
    let styled = [
        "font",
        "clip-path",
        "fill",
        "filter",
        "marker",
        "marker-end",
        "marker-mid",
        "marker-start",
        "mask",
        "stroke",
    ];
    for name in styled {
        assert_eq!(inside(&format!("<g {name}='URL(x)'/>")), [key, name, "url(x)"]);
        assert_eq!(inside(&format!("<g {name}='url(#x)'/>")), ["fine"]);
        // MediaWiki takes these; browsers load them.
        assert_eq!(inside(&format!("<g {name}='u\\72l(x)'/>")), [key, name, "u\\72l(x)"]);
    }
    refuses(&[
        ("<g cursor='url(x), auto'/>", &[key, "cursor", "url(x), auto"]),
        ("<set attributeName='fill' to='url(//x/)'/>", &["uploaded-wrong-setting-svg", "url(//x/)"]),
        (
            "<animate attributeName='fill' values='red;u\\72l(x)'/>",
            &["uploaded-wrong-setting-svg", "red;u\\72l(x)"],
        ),
    ]);
    accepts(&[
        "<g style='fill: url(#a); font: 12px sans'/>",
        "<g cursor='pointer'/>",
        "<set attributeName='fill' to='url(#a)'/>",
        "<g fill='none' style=''/>",
    ]);
}

#[test]
fn processing_instructions() {
    let document = |before: &str| format!("{before}<svg xmlns='http://www.w3.org/2000/svg'/>").into_bytes();
    for before in [
        "<?xml-stylesheet type='text/xsl' href='x.xsl'?>",
        "<?XML-Stylesheet?>",
        "<?a-xml-stylesheet-b x?>",
        "<?xml version='1.0'?>\n<?xml-stylesheet href='x'?>",
    ] {
        assert_eq!(told(&document(before)), ["upload-scripted-pi-callback"], "{before}");
    }
    assert_eq!(inside("<?xml-stylesheet x?>"), ["upload-scripted-pi-callback"]);
    assert_eq!(told(&document("<?xpacket begin='x'?>")), ["fine"]);
    assert_eq!(told(&document("<?other xml-stylesheet?>")), ["fine"]);
    assert_eq!(inside("<?xml version='1.0'?>"), ["malformed"]);
    assert_eq!(inside("<?xml?>"), ["malformed"]);
}

#[test]
fn document_types() {
    let document = |doctype: &str, inner: &str| {
        format!("<!DOCTYPE svg {doctype}><svg xmlns='http://www.w3.org/2000/svg'>{inner}</svg>").into_bytes()
    };
    for known in [
        "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd",
        "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11-basic.dtd",
        "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11-tiny.dtd",
        "http://www.w3.org/TR/2001/REC-SVG-20010904/DTD/svg10.dtd",
        "http://www.w3.org/TR/2001/PR-SVG-20010719/DTD/svg10.dtd",
    ] {
        assert_eq!(told(&document(&format!("PUBLIC '-//W3C//DTD SVG 1.1//EN' '{known}'"), "")), ["fine"]);
        assert_eq!(told(&document(&format!("SYSTEM '{known}'"), "")), ["upload-scripted-dtd"]);
        assert_eq!(told(&document(&format!("PUBLIC '-//X//DTD' '{known}'"), "")), ["upload-scripted-dtd"]);
    }
    for foreign in
        ["SYSTEM 'http://example.org/x.dtd'", "PUBLIC '-//W3C//DTD SVG 1.1//EN' 'file:///etc/passwd'"]
    {
        assert_eq!(told(&document(foreign, "")), ["upload-scripted-dtd"], "{foreign}");
    }
    for unsafe_one in [
        "[<!ENTITY x SYSTEM 'file:///etc/passwd'>]",
        "[<!ENTITY x PUBLIC 'x' 'http://example.org/'>]",
        "[<!ENTITY % x 'y'>]",
        "[<!ENTITY % x SYSTEM 'http://example.org/x'> %x;]",
        "[<!ENTITY a '&b;&b;'>]",
        "[<!ENTITY a 'x&b;'>]",
        "[<!ENTITY a '&#60;script/&#62;'>]",
        "[<!ENTITY a '<script/>'>]",
        "[<!ELEMENT svg ANY>]",
        "[<!ATTLIST svg onload CDATA #FIXED 'alert(1)'>]",
        "[<!ATTLIST svg xmlns:xlink CDATA #IMPLIED>]",
        "[<!NOTATION x SYSTEM 'y'>]",
        "[ text ]",
    ] {
        assert_eq!(told(&document(unsafe_one, "")), ["malformed"], "{unsafe_one}");
    }
    let long = "x".repeat(255);
    assert_eq!(told(&document(&format!("[<!ENTITY a '{long}'>]"), "&a;")), ["fine"]);
    assert_eq!(told(&document(&format!("[<!ENTITY a '{long}x'>]"), "&a;")), ["malformed"]);
    assert_eq!(told(&document("[<!ENTITY a '&amp;&quot;'><!-- c -->]", "<g fill='&a;'/>")), ["fine"]);
    let xlink = "[<!ATTLIST svg xmlns:xlink CDATA #FIXED \"http://www.w3.org/1999/xlink\">]";
    assert_eq!(told(&document(xlink, "")), ["fine"]);
    // Only one, and only before the outermost element.
    assert_eq!(told(b"<!DOCTYPE svg><!DOCTYPE svg><svg/>"), ["malformed"]);
    assert_eq!(told(b"<svg><!DOCTYPE svg></svg>"), ["malformed"]);
}

#[test]
fn entities_are_replaced_before_the_rules() {
    let document = |entities: &str, inner: &str| {
        format!("<!DOCTYPE svg [{entities}]><svg xmlns='http://www.w3.org/2000/svg'>{inner}</svg>")
            .into_bytes()
    };
    let link = document("<!ENTITY a 'javascript:x'><!ENTITY b '&a;'>", "<a href='&b;'/>");
    assert_eq!(told(&link), ["uploaded-href-attribute-svg", "a", "href", "javascript:x"]);
    let style = document("<!ENTITY i '@import'>", "<style>&i; 'x'</style>");
    assert_eq!(told(&style), ["uploaded-hostile-svg"]);
    let namespace = document("<!ENTITY n 'urn:strange'>", "<x xmlns='&n;'/>");
    assert_eq!(told(&namespace), ["uploadscriptednamespace", "urn:strange"]);
    // The first declaration counts, as in browsers.
    let twice = document("<!ENTITY a 'http:x'><!ENTITY a 'red'>", "<set to='&a;'/>");
    assert_eq!(told(&twice), ["uploaded-wrong-setting-svg", "http:x"]);
    let lines = document("<!ENTITY a 'a\nb'>", "<image href='&a;'/>");
    assert_eq!(told(&lines), ["uploaded-href-attribute-svg", "image", "href", "a b"]);
    // Circles and what isn't declared.
    assert_eq!(told(&document("<!ENTITY a '&b;'><!ENTITY b '&a;'>", "&a;")), ["malformed"]);
    assert_eq!(told(&document("<!ENTITY a '&a;'>", "<g fill='&a;'/>")), ["malformed"]);
    assert_eq!(told(&document("", "&nbsp;")), ["malformed"]);
}

#[test]
fn what_is_not_well_formed_is_no_drawing() {
    for document in [
        "",
        "text",
        "<svg>",
        "<svg></g>",
        "<svg/><svg/>",
        "<svg/>text",
        "<svg a='1' a='2'/>",
        "<svg a=1/>",
        "<svg a/>",
        "<svg a='<'/>",
        "<svg>&</svg>",
        "<svg>&#0;</svg>",
        "<svg>&#x1F;</svg>",
        "<svg>&#xD800;</svg>",
        "<svg>\x01</svg>",
        "<svg>]]></svg>",
        "<svg><!-- -- --></svg>",
        "<svg><1/></svg>",
        " <?xml version='1.0'?><svg/>",
        "<svg><![CDATA[x</svg>",
        "<svg/><![CDATA[x]]>",
    ] {
        assert_eq!(told(document.as_bytes()), ["malformed"], "{document:?}");
    }
    assert_eq!(told(b"<svg>\xFF</svg>"), ["malformed"]);
    assert_eq!(told(&svg("", &("<g>".repeat(254) + &"</g>".repeat(254)))), ["fine"]);
    assert_eq!(told(&svg("", &("<g>".repeat(256) + &"</g>".repeat(256)))), ["malformed"]);
    // What was found before counts for nothing.
    assert_eq!(told(b"<svg><g onload='x'/>"), ["malformed"]);
}

#[test]
fn the_last_fault_is_told_but_namespaces_come_first() {
    refuses(&[
        ("<g onload='1'/><script/>", &["uploaded-script-svg", "script"]),
        ("<script/><g onload='1'/>", &["uploaded-event-handler-on-svg", "onload", "1"]),
        // Elements count when they end.
        ("<g onload='1'><script/></g>", &["uploaded-event-handler-on-svg", "onload", "1"]),
        ("<x xmlns='urn:a'/><x xmlns='urn:b'/><script/>", &["uploadscriptednamespace", "urn:b"]),
        ("<script xmlns='urn:a'/>", &["uploadscriptednamespace", "urn:a"]),
        ("<g onload='1' onclick='2'/>", &["uploaded-event-handler-on-svg", "onload", "1"]),
        ("<g href='x' onload='1'/>", &["uploaded-href-attribute-svg", "g", "href", "x"]),
        ("<style onload='1'>@import</style>", &["uploaded-hostile-svg"]),
        ("<script style='@import'/>", &["uploaded-script-svg", "script"]),
        ("<script/><?xml-stylesheet x?>", &["upload-scripted-pi-callback"]),
    ]);
    let document = b"<!DOCTYPE svg SYSTEM 'x'><svg><g onload='1'/></svg>";
    assert_eq!(told(document), ["uploaded-event-handler-on-svg", "onload", "1"]);
}

#[test]
fn drawings_as_programs_write_them_are_fine() {
    let inkscape = r##"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with a drawing program -->
<svg xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#"
   xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:svg="http://www.w3.org/2000/svg"
   xmlns="http://www.w3.org/2000/svg" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="210mm" height="297mm" version="1.1"
   sodipodi:docname="drawing.svg">
  <defs id="defs2"><linearGradient id="a"><stop offset="0" style="stop-color:#000000"/></linearGradient></defs>
  <sodipodi:namedview id="base" pagecolor="#ffffff" inkscape:zoom="0.35"/>
  <metadata><rdf:RDF><cc:Work rdf:about=""><dc:format>image/svg+xml</dc:format>
    <dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage"/></cc:Work></rdf:RDF></metadata>
  <g inkscape:groupmode="layer"><path style="fill:url(#a);stroke:none" d="M 0,0 L 1,1 z"/></g>
</svg>
"##;
    let illustrator = r##"<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [
  <!ENTITY ns_extend "http://ns.adobe.com/Extensibility/1.0/">
  <!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">
  <!ENTITY ns_svg "http://www.w3.org/2000/svg">
]>
<svg version="1.1" xmlns:x="&ns_extend;" xmlns:i="&ns_ai;" xmlns="&ns_svg;" i:pageBounds="0 792 612 0"
   xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100" xml:space="preserve">
<style type="text/css"> .st0{fill:#FFFFFF;stroke:#000000;stroke-miterlimit:10;} </style>
<switch><foreignObject requiredExtensions="&ns_ai;" x="0" y="0" width="1" height="1">
  <i:pgfRef xlink:href="#adobe_illustrator_pgf"/></foreignObject>
<g i:extraneous="self"><rect class="st0" width="10" height="10"/></g></switch>
</svg>"##;
    let matplotlib = r##"<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg height="345.6pt" version="1.1" viewBox="0 0 460.8 345.6" width="460.8pt" xmlns="http://www.w3.org/2000/svg"
  xmlns:xlink="http://www.w3.org/1999/xlink">
 <defs><style type="text/css">*{stroke-linecap:butt;stroke-linejoin:round;}</style></defs>
 <g id="figure_1"><path clip-path="url(#p1)" d="M 0 0" style="fill:none;"/><use x="1" xlink:href="#m1" y="2"/></g>
 <defs><clipPath id="p1"><rect height="266" width="357"/></clipPath></defs>
</svg>
"##;
    let browser = concat!(
        "<svg width='100' height='100' viewBox='0 0 100 100' role='img' aria-label='x'><title>T</title>",
        "<a href='https://example.org/' target='_blank'><text x='1' y='2' font-family='sans'>Link &amp; text</text></a>",
        "<image href='data:image/png;base64,iVBORw0KGgo='/><animate attributeName='x' values='1;2' dur='1s'/>",
        "<set attributeName='visibility' to='hidden' begin='2s'/></svg>",
    );
    let cairo = "\u{FEFF}<?xml version='1.0' encoding='UTF-8'?>\n<svg xmlns='http://www.w3.org/2000/svg' width='1pt'>\
                 <g clip-path='url(#a)' fill='rgb(0%, 0%, 0%)'/><use xlink:href='#glyph0-1'/></svg>";
    let visio = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:v='http://schemas.microsoft.com/visio/2003/SVGExtensions/'>\
                 <v:documentProperties v:langID='1033'><v:userDefs/></v:documentProperties></svg>";
    let prefixed = "<svg:svg xmlns:svg='http://www.w3.org/2000/svg'><svg:rect/></svg:svg>";
    for drawing in [inkscape, illustrator, matplotlib, browser, cairo, visio, prefixed] {
        assert_eq!(told(drawing.as_bytes()), ["fine"], "{drawing}");
    }
}
