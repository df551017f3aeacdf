//! What holds for any bytes: nothing panics, nothing that a file says is a fault of its source, and how much is read is
//! bounded by how long the file is.

use std::io::{self, Cursor};

use proptest::prelude::*;

use crate::samples::{
    self, Counting, ascii, chunk, exif_segment, frame_control, gif, gif_comment, gif_frame, gif_loop, join,
    jpeg, long, matroska, png, ratios, riff, segment, short, stl, svg, tiff, utf16, vp8, vp8l, vp8x, zip,
    zlib,
};
use crate::{detect, inspect, verify, verify_first_chunk, verify_later_chunk};

const TYPES: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/tiff",
    "image/svg+xml",
    "image/x-bmp",
    "image/heic",
    "image/jxl",
    "image/vnd.djvu",
    "application/ogg",
    "application/pdf",
    "audio/flac",
    "audio/midi",
    "audio/mpeg",
    "audio/wav",
    "video/mp4",
    "video/webm",
    "unknown/unknown",
];

const EXTENSIONS: &[&str] = &["", "jpg", "png", "gif", "svg", "pdf", "txt", "docx", "xml", "foo"];

/// Everything that may be done with a file.
fn look_at(bytes: &[u8]) {
    let len = bytes.len() as u64;
    let found = detect(&mut Cursor::new(bytes), len).unwrap();
    for mime in TYPES {
        inspect(&mut Cursor::new(bytes), len, mime).unwrap();
    }
    for extension in EXTENSIONS {
        let whole = verify(&mut Cursor::new(bytes), len, extension).unwrap();
        let first = verify_first_chunk(&mut Cursor::new(bytes), len, extension).unwrap();
        // What a part alone is refused for, the whole is too.
        assert!(whole.is_err() || first.is_ok(), "{found} as .{extension}: {first:?}");
    }
    let _verdict = verify_later_chunk(&mut Cursor::new(bytes), len).unwrap();
}

/// Small valid files that reach into every parser.
fn samples() -> Vec<Vec<u8>> {
    let xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
        <rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:creator><rdf:Seq><rdf:li>One</rdf:li></rdf:Seq>\
        </dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>";
    let xmp_segment = segment(0xE1, &join(&[b"http://ns.adobe.com/xap/1.0/\0", xmp.as_bytes()]));
    let structure = tiff(
        &[short(0x100, 4), long(0x101, 3), ascii(0x10F, "Maker"), short(0x112, 6), ratios(0x11A, &[(72, 1)])],
        &[ratios(0x829A, &[(1, 250)]), (0x9286, 7, b"UNICODE\0a\0b\0".to_vec())],
        &[ascii(1, "N"), ratios(2, &[(52, 1), (15, 1), (0, 1)]), (5, 1, vec![1]), ratios(6, &[(1, 2)])],
    );
    let iptc = segment(
        0xED,
        b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x12\x1C\x02\x05\0\x04name\x1C\x02\x19\0\x04word",
    );
    let gif_xmp = join(&[
        b"!\xFF\x0BXMP DataXMP",
        xmp.as_bytes(),
        b"\x01",
        &(0..=255).rev().collect::<Vec<_>>(),
        b"\0",
    ]);
    let drawing = "<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE svg [<!ENTITY a 'x'><!ENTITY b '&a;'>]>\
        <svg xmlns='http://www.w3.org/2000/svg' xmlns:x='urn:x' width='1e1cm' height='50%' viewBox='0 0 4,1'>\
        <title>T &b;</title><style>@font-face{src:url('data:;base64,A')} a{fill:url(#b)}</style><x:y x:z='1'/>\
        <switch><text systemLanguage='de-CH'>x<![CDATA[y]]></text></switch><image href='data:image/png,A'/></svg>";
    vec![
        jpeg(3, &[exif_segment(&structure), xmp_segment, iptc, segment(0xFE, b"comment")]),
        png(8, 6, &[
            chunk(*b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]),
            frame_control(1, 2),
            chunk(*b"zTXt", &join(&[b"Title\0\0", &zlib(b"title")])),
            chunk(*b"iTXt", &join(&[b"XML:com.adobe.xmp\0\0\0\0\0", xmp.as_bytes()])),
            chunk(*b"tIME", &[7, 0xE4, 1, 2, 3, 4, 5]),
        ]),
        gif(&[gif_loop(0), gif_comment(b"comment"), gif_xmp, gif_frame(10), gif_frame(20)]),
        riff(*b"WEBP", &[(*b"VP8X", &vp8x(18, 9, 7)), (*b"ALPH", b"odd"), (*b"VP8 ", &vp8(8, 6))]),
        riff(*b"WEBP", &[(*b"VP8L", &vp8l(9, 7))]),
        structure,
        drawing.as_bytes().to_vec(),
        join(&[b"\xFF\xFE", &utf16(drawing, false)]),
        svg("onload='x'", "<script/>"),
        zip(&[b"a.txt", b"mimetype", b"A.class"]),
        matroska(b"webm", b"V_VP9"),
        stl(1),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x64meta\0\0\0\0\0\0\0\x40iprp\0\0\0\x30ipco\0\0\0\x14ispe\0\0\0\0\0\0\0\x28\0\0\0\x1E\0\0\0\x09irot\x01".to_vec(),
        b"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl \0\0\0\x18jxlc\xFF\x0A\xFA\x1F\x01\x90\x08\x06\x01\0\0\0\0\0\0\0".to_vec(),
        join(&[
            &samples::ogg_page(2, 0, 1, &[&samples::vorbis_head(2, 8000)]),
            &samples::ogg_page(4, 9, 1, &[&join(&[b"\x03vorbis", &samples::comment("v", &["TITLE=T"])])]),
        ]),
        join(&[b"fLaC\0\0\0\x22", &[1; 34], b"\x84\0\0\x40", &samples::comment("v", &["TITLE=T"])]),
        riff(*b"WAVE", &[
            (*b"fmt ", b"\x01\0\x02\0\x40\x1F\0\0\0\x7D\0\0\x04\0\x10\0"),
            (*b"LIST", b"INFOINAM\x01\0\0\0x\0"),
            (*b"data", b"xx"),
        ]),
        b"ID3\x04\0\0\0\0\0\x0FTIT2\0\0\0\x02\0\0\x03xxxx\xFF\xFB\x90\0".to_vec(),
        b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x13\0\xFF\x51\x03\x07\xA1\x20\x60\x90\x40\x40\x60\x40\0\0\xFF\x2F\0".to_vec(),
        b"AT&TFORM\0\0\0\x16DJVUINFO\0\0\0\x0A\0\x28\0\x1E\x18\0\x2C\x01\x16\x05".to_vec(),
        samples::iso_box(*b"moov", &join(&[
            &samples::iso_box(*b"mvhd", &[1; 32]),
            &samples::iso_box(*b"udta", &samples::iso_box(*b"meta", &join(&[
                &[0; 4],
                &samples::iso_box(*b"ilst", &samples::iso_box(*b"desc", &samples::iso_box(*b"data", b"\0\0\0\x01\0\0\0\0x"))),
            ]))),
        ])),
        join(&[
            &samples::ebml(0x1A45_DFA3, &samples::ebml(0x4282, b"webm")),
            &samples::ebml(0x1853_8067, &join(&[
                &samples::ebml(0x1549_A966, &samples::ebml(0x4489, &2_f32.to_be_bytes())),
                &samples::ebml(0x1654_AE6B, &samples::ebml(0xAE, &samples::ebml(0xE0, &samples::ebml(0xB0, &[9])))),
            ])),
        ]),
        b"%PDF-1.4\n1 0 obj<</Pages 2 0 R>>endobj 2 0 obj<</Kids[3 0 R]>>endobj 3 0 obj<</MediaBox[0 0 9 9]/Rotate 90>>\
          endobj trailer<</Root 1 0 R/Info<</Title(T)>>>>".to_vec(),
        b"#!/usr/bin/perl\nprint".to_vec(),
        b"<html><body><a href=\"&#106;avascript:x\"></html>".to_vec(),
        b"MThd\0\0\0\x06".to_vec(),
    ]
}

/// Random changes of bytes.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    // Values that lengths and flags turn on.
    let value = prop_oneof![Just(0), Just(0xFF), Just(0x7F), Just(0x80), Just(1), any::<u8>()];
    prop::collection::vec((any::<prop::sample::Index>(), value), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        look_at(&bytes);
    }

    #[test]
    fn any_bytes_may_come_behind_a_magic_number(
        sample in prop::sample::select(samples()),
        keep in 1..40_usize,
        rest in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        look_at(&join(&[&sample[..keep.min(sample.len())], &rest]));
    }

    #[test]
    fn any_bytes_of_a_file_may_be_changed(sample in prop::sample::select(samples()), changes in changes()) {
        let mut bytes = sample;
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        look_at(&bytes);
    }

    #[test]
    fn a_piece_of_a_file_may_be_repeated_or_lacking(
        sample in prop::sample::select(samples()),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        times in 0..4_usize,
    ) {
        let (from, to) = (from.index(sample.len()), to.index(sample.len()));
        let (from, to) = (from.min(to), from.max(to));
        look_at(&join(&[&sample[..from], &sample[from..to].repeat(times), &sample[to..]]));
    }

    #[test]
    fn any_markup_may_come(parts in prop::collection::vec(prop::sample::select(MARKUP), 0..40)) {
        look_at(parts.concat().as_bytes());
        look_at(format!("<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>", parts.concat()).as_bytes());
    }
}

const MARKUP: &[&str] = &[
    "<svg>",
    "</svg>",
    "<g ",
    "a='",
    "'",
    "\"",
    "/>",
    ">",
    "<",
    "&",
    "&amp;",
    "&a;",
    ";",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE svg [",
    "<!ENTITY a '",
    "]>",
    "<?xml ",
    "?>",
    "<style>",
    "</style>",
    "url(",
    ")",
    "\\",
    "\\41 ",
    "/*",
    "*/",
    "{",
    "}",
    "@font-face",
    "src:",
    "data:;base64,",
    "xmlns:a='u'",
    "a:b='",
    "href='",
    "#",
    "ä",
    "\u{FF55}",
    "\r\n",
    " ",
    "viewBox='0 0 1 1'",
    "width='1e",
    "<title>",
    "</title>",
    "systemLanguage='",
    ",",
];

#[test]
fn a_file_may_stop_anywhere() {
    for sample in samples() {
        for length in 0..=sample.len() {
            let bytes = &sample[..length];
            detect(&mut Cursor::new(bytes), length as u64).unwrap();
            for mime in TYPES {
                inspect(&mut Cursor::new(bytes), length as u64, mime).unwrap();
                // The source may also be shorter than was said.
                inspect(&mut Cursor::new(bytes), sample.len() as u64, mime).unwrap();
            }
            let _verdict = verify(&mut Cursor::new(bytes), length as u64, "svg").unwrap();
        }
    }
}

/// Everything that is done with an upload, with all that was read for it.
fn work(bytes: &[u8], extension: &str, mime: &str) -> io::Result<(u64, u64)> {
    let mut source = Counting::new(bytes);
    let len = bytes.len() as u64;
    detect(&mut source, len)?;
    let _verdict = verify(&mut source, len, extension)?;
    inspect(&mut source, len, mime)?;
    Ok((source.read, source.seeks))
}

#[test]
fn how_much_is_read_is_bounded_by_the_length() {
    let mib = 1 << 18;
    let xml = |inner: &str| svg("", inner);
    let cases: Vec<(Vec<u8>, &str, &str)> = vec![
        (vec![0; 3 * mib], "png", "image/png"),
        (vec![0xFF; 3 * mib], "jpg", "image/jpeg"),
        (vec![b' '; 3 * mib], "svg", "image/svg+xml"),
        (vec![b'<'; 3 * mib], "svg", "image/svg+xml"),
        (join(&[b"\xFF\xD8", &b"\xFF\xE0\0\x02".repeat(mib / 4)]), "jpg", "image/jpeg"),
        (join(&[b"\xFF\xD8", &b"\xFF\xFE\0\x03x".repeat(mib / 5)]), "jpg", "image/jpeg"),
        (join(&[b"\x89PNG\r\n\x1A\n", &chunk(*b"tEXt", b"Title\0x").repeat(mib / 20)]), "png", "image/png"),
        (join(&[b"GIF89a\x01\0\x01\0\0\0\0", &gif_frame(1).repeat(mib / 24)]), "gif", "image/gif"),
        (join(&[b"GIF89a\x01\0\x01\0\0\0\0", &gif_comment(b"x").repeat(mib / 5)]), "gif", "image/gif"),
        (riff(*b"WEBP", &vec![(*b"ABCD", &b""[..]); mib / 8]), "webp", "image/webp"),
        (xml(&"<g/>".repeat(mib / 4)), "svg", "image/svg+xml"),
        (xml(&"&#65;".repeat(mib / 5)), "svg", "image/svg+xml"),
        (xml(&format!("<!-- {} -->", "x".repeat(mib))), "svg", "image/svg+xml"),
        (xml(&format!("<g a='{}'/>", "x".repeat(mib))), "svg", "image/svg+xml"),
        (zip(&vec![&b"a"[..]; 10_000]), "zip", "application/zip"),
        (join(&[&b"PK\x05\x06".repeat(mib / 4), b"x"]), "png", "image/png"),
        (b"<html>\n".repeat(mib / 7), "txt", "text/plain"),
    ];
    for (bytes, extension, mime) in cases {
        let (read, seeks) = work(&bytes, extension, mime).unwrap();
        let limit = 8 * bytes.len() as u64 + (1 << 20);
        assert!(
            read <= limit,
            "{read} bytes of {} read for .{extension}: {}",
            bytes.len(),
            bytes[..40].escape_ascii()
        );
        // No parser jumps about more often than it reads a buffer.
        assert!(
            seeks <= bytes.len() as u64 / 1000 + 100,
            "{seeks} seeks for .{extension}: {}",
            bytes[..40].escape_ascii()
        );
    }
}

#[test]
fn long_values_take_no_more_than_their_length() {
    // What took the square of it wouldn't end while anyone waits for this test.
    let long = 400_000;
    let names: String = (0..9_000).map(|n| format!(" p{n}:a='' ")).collect();
    let declarations: String = (0..9_000).map(|n| format!(" xmlns:p{n}='u{n}'")).collect();
    let documents = [
        svg("", &format!("<style>{}</style>", "@font-face{src:url('data:;base64,A')}".repeat(long / 38))),
        svg("", &format!("<style>@font-face{{{}</style>", "src:url(data:;base64,),".repeat(long / 23))),
        svg("", &format!("<style>{}</style>", "/* */\\".repeat(long / 6))),
        svg("", &format!("<style>{}</style>", "url (#".repeat(long / 6))),
        svg(&format!("style='{}'", "image ".repeat(long / 6)), ""),
        svg(&declarations, &format!("<g{names}/>{}", "<g/>".repeat(1000))),
        svg(&declarations, &"<g/>".repeat(20_000)),
        svg(
            &format!("xmlns:q='{}'", "u".repeat(9_000)),
            &format!("<g{}/>", names.replace(" p", " q:p").replace(":a", "")),
        ),
        svg(&format!("viewBox='{}'", "0 ".repeat(long / 2)), ""),
        svg("", &format!("<g><g systemLanguage='{}'/></g>", "a-b,".repeat(long / 4))),
        svg("", &format!("<title>{}</title>", "&#65;".repeat(long / 5))),
    ];
    for document in documents {
        let (read, _) = work(&document, "svg", "image/svg+xml").unwrap();
        assert!(read <= 8 * document.len() as u64 + (2 << 20), "{}", document[..80].escape_ascii());
    }
}

#[test]
fn ten_megabytes_may_stand_where_a_word_is_meant() {
    let long = "x".repeat(10_050_000);
    for document in [svg(&format!("onload='{long}'"), ""), svg("", &format!("<{long}/>")), svg("", &long)] {
        assert!(work(&document, "svg", "image/svg+xml").is_ok());
        let refused = verify(&mut Cursor::new(&document), document.len() as u64, "svg").unwrap().unwrap_err();
        assert_eq!(refused.key, "uploadinvalidxml");
    }
    let shorter = svg("", &format!("<g a='{}'/>", &long[..9_000_000]));
    assert_eq!(verify(&mut Cursor::new(&shorter), shorter.len() as u64, "svg").unwrap(), Ok(()));
}
