use std::io::Cursor;

use super::*;
use crate::samples::{join, jpeg, segment, svg, utf16};

fn is_bad(bytes: &[u8], mime: &str) -> bool {
    is_suspicious(&mut Cursor::new(bytes), mime, mime == "image/svg+xml").unwrap()
}

fn is_bad_image(bytes: &[u8]) -> bool {
    is_bad(bytes, "image/png")
}

const BAD: &[&str] = &[
    "<!DOCTYPE html>",
    "<!doctype  \n HTML PUBLIC",
    "<!DOCTYPE xhtml>",
    "<!DOCTYPEhtml>",
    "text <body>",
    "text <BODY onload=x>",
    "<head",
    "<html",
    "<script",
    "<header>",
    "type=text/javascript",
    "type = \"text/javascript\"",
    "type='application/ecmascript'",
    "TYPE=JavaScript",
    "type=\"text/&#106;avascript\"",
    "href=javascript:alert(1)",
    "href = ' javascript:alert(1)'",
    "src=\"ecmascript:x\"",
    "data=javascript:x",
    "href=\"java&#x73;cript:x\"",
    "href=&quot;javascript:x",
    "url(javascript:x)",
    "url ( \"JavaScript:x\" )",
    "url( 'ecmascript:x')",
];

const FINE: &[&str] = &[
    "",
    "plain text",
    "<a href=x>",
    "<a href=\"http://example.org/javascript\">",
    "<!DOCTYPE svg>",
    "< script>",
    "<p>text</p>",
    "type=text/css",
    "type javascript",
    "type='application/x-ecmascript'",
    "href=x javascript:",
    "javascript:alert(1)",
    "url(#x)",
    "&lt;script&gt;",
    "&#99999999999; &#x; &nothing; &",
];

#[test]
fn finds_what_a_careless_reader_would_run() {
    for text in BAD {
        assert!(is_bad_image(text.as_bytes()), "{text}");
        assert!(is_bad(text.as_bytes(), "text/plain"), "{text}");
        assert!(is_bad(&join(&[b"\xFF\xFE", &utf16(text, false)]), "text/plain"), "{text}");
        assert!(is_bad(&join(&[b"\xFE\xFF", &utf16(text, true)]), "text/plain"), "{text}");
    }
    for text in FINE {
        assert!(!is_bad_image(text.as_bytes()), "{text}");
        assert!(!is_bad(&join(&[b"\xFF\xFE", &utf16(text, false)]), "text/plain"), "{text}");
    }
}

#[test]
fn finds_it_in_the_comments_of_pictures() {
    assert!(is_bad(&jpeg(3, &[segment(0xFE, b"<script>alert(1)</script>")]), "image/jpeg"));
    assert!(!is_bad(&jpeg(3, &[segment(0xFE, b"<a href=x>link</a>")]), "image/jpeg"));
    assert!(is_bad(&join(&[&jpeg(3, &[]), b"<html>"]), "image/jpeg"));
}

#[test]
fn texts_are_read_to_their_end_and_others_for_a_kilobyte() {
    for before in [HEAD - 7, HEAD, HEAD + 1, PIECE - 9, PIECE - 3, PIECE + 5, 2 * PIECE - 4] {
        let bytes = join(&[&vec![b'x'; before], b"<script>", &[b'x'; 100]]);
        assert!(is_bad(&bytes, "text/plain"), "{before}");
        assert_eq!(is_bad(&bytes, "image/png"), before + 7 <= HEAD, "{before}");
        let half = before & !1;
        let wide = join(&[b"\xFF\xFE", &vec![b'x'; half], &utf16("<script>", false)]);
        assert!(is_bad(&wide, "text/plain"), "{before} in UTF-16");
    }
}

#[test]
fn only_encodings_that_readers_agree_on_are_taken() {
    let with = |encoding: &str| {
        format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>")
    };
    let safe = [
        "UTF-8",
        "utf-8",
        "US-ASCII",
        "ISO-8859-1",
        "ISO-8859-2",
        "UTF-16",
        "UTF-32",
        "windows-1250",
        "WINDOWS-1258",
    ];
    for encoding in safe {
        assert!(!is_bad(with(encoding).as_bytes(), "image/svg+xml"), "{encoding}");
        for is_big_endian in [false, true] {
            assert!(!is_bad(&utf16(&with(encoding), is_big_endian), "image/svg+xml"), "{encoding} in UTF-16");
        }
    }
    for encoding in
        ["UTF-7", "utf-7", "Shift_JIS", "ISO-2022-JP", "IBM037", "ISO-8859-3", "windows-1259", "", "x"]
    {
        let text = with(encoding);
        assert!(is_bad(text.as_bytes(), "image/svg+xml"), "{encoding}");
        assert!(is_bad(text.replace('"', "'").as_bytes(), "image/svg+xml"), "{encoding} in other quotes");
        for is_big_endian in [false, true] {
            let wide = utf16(&text, is_big_endian);
            assert!(is_bad(&wide, "image/svg+xml"), "{encoding} in UTF-16");
            let spread: Vec<u8> = wide.chunks(2).flat_map(|c| [&[0, 0], c].concat()).collect();
            assert!(is_bad(&spread, "image/svg+xml"), "{encoding} in UTF-32");
        }
        // Only drawings are read by their encoding.
        assert!(!is_bad(text.as_bytes(), "image/png"), "{encoding}");
    }
}

#[test]
fn strange_declarations_are_not_taken() {
    assert!(is_bad(b"<?xml version='1.0' encoding='UTF-8'", "image/svg+xml"));
    assert!(is_bad(b"\x4C\x6F\xA7\x94\x93", "image/svg+xml"));
    assert!(is_bad(&svg("", &format!("{}<?xml encoding='UTF-7'?>", " ".repeat(200_000))), "image/svg+xml"));
    assert!(!is_bad(b"<?xml version='1.0'?><svg/>", "image/svg+xml"));
    assert!(!is_bad(b"<?xml-model href='x'?><svg/>", "image/svg+xml"));
    assert!(!is_bad(&svg("", ""), "image/svg+xml"));
}
