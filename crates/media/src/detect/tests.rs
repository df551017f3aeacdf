use std::io::Cursor;

use super::*;
use crate::samples::{gif, join, jpeg, matroska, png, riff, stl, svg, tiff, utf16, vp8, zip};

fn of(bytes: &[u8]) -> String {
    detect(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
}

#[test]
fn tells_types_by_their_first_bytes() {
    let cases: &[(&[u8], &str)] = &[
        (b"MThd\0\0\0\x06\0\x01", "audio/midi"),
        (b"OggS\0\x02\0\0", "application/ogg"),
        (b"ID3\x03\0\0\0\0", "audio/mpeg"),
        (b"\xFF\xFB\x90\x64\0\0", "audio/mpeg"),
        (b"\xFF\xF3\x90\x64\0\0", "audio/mpeg"),
        (b"\xFF\xE3\x90\x64\0\0", "audio/mpeg"),
        (b"\x01\0\x09\0\0\x03", "application/x-msmetafile"),
        (b"\xD7\xCD\xC6\x9A\0\0", "application/x-msmetafile"),
        (b"%PDF-1.4\n", "application/pdf"),
        (b"gimp xcf file\0", "image/x-xcf"),
        (b"MZ\x90\0\x03\0", UNKNOWN),
        (b"\xCA\xFE\xBA\xBE\0\0\0\x34", UNKNOWN),
        (b"\x7FELF\x02\x01\x01\0", UNKNOWN),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", UNKNOWN),
        (b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14ftypjp2 ", "image/jp2"),
        (b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14ftypjpx ", "image/jpx"),
        (b"8BPS\0\x01\0\0", "image/x-photoshop"),
        (b"AT&TFORM\0\0\0\x20DJVU", "image/vnd.djvu"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"\x1F\x8B\x08\0\0\0\0\0", "application/gzip"),
        (b".snd\0\0\0\x18", "audio/basic"),
        (b"%!PS-Adobe-3.0\n", "application/postscript"),
        (b"{\\rtf1\\ansi", "text/rtf"),
        (b"\0\0\x01\xBA\x44\0", "video/mpeg"),
        (b"\0\0\x01\xB3\x14\0", "video/mpeg"),
        (b"FWS\x05\0\0\0\0", "application/x-shockwave-flash"),
        (b"CWS\x06\0\0\0\0", "application/x-shockwave-flash"),
        (b"FORM\0\0\0\x20AIFF", "audio/x-aiff"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x10ftypmif1\0\0\0\0mif1avif", "image/heic"),
        (b"II+\0\x08\0\0\0", "image/tiff"),
        (b"\0\0\0\x0CJXL \r\n\x87\n", "image/jxl"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        (b"\0\0\0\x14ftyp3gp4\0\0\0\0", "video/3gpp"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "video/mp4"),
        (b"\xFF\x0A\xFA\x1F\x01", "image/jxl"),
        (b"", UNKNOWN),
        (b"\0", UNKNOWN),
        (b"x", UNKNOWN),
        (b"\x93\0\xE7\x01\xFE\x02\x9A\x03", UNKNOWN),
    ];
    for (bytes, expected) in cases {
        assert_eq!(of(bytes), *expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn tells_images_by_their_headers() {
    assert_eq!(of(&jpeg(3, &[])), "image/jpeg");
    assert_eq!(of(&png(8, 2, &[])), "image/png");
    assert_eq!(of(&gif(&[])), "image/gif");
    assert_eq!(of(b"GIF87a\x01\0\x01\0\0\0\0;"), "image/gif");
    assert_eq!(of(&tiff(&[], &[], &[])), "image/tiff");
    assert_eq!(of(b"MM\0*\0\0\0\x08"), "image/tiff");
    assert_eq!(of(&riff(*b"WEBP", &[(*b"VP8 ", &vp8(4, 3))])), "image/webp");
    assert_eq!(of(&riff(*b"WEBP", &[(*b"ICCP", b"abcd")])), "image/webp");
    let wave = riff(*b"WAVE", &[(*b"fmt ", &[0; 16])]);
    assert_eq!(of(&wave), "audio/wav");
    assert_eq!(of(&[b"RF64", &wave[4..]].concat()), "audio/wav");
    assert_eq!(of(&riff(*b"AVI ", &[(*b"LIST", &[0; 16])])), "video/x-msvideo");
}

#[test]
fn a_bitmap_needs_a_header_of_a_known_length() {
    let bitmap = |header: u32| join(&[b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", &header.to_le_bytes(), &[1; 36]]);
    assert_eq!(of(&bitmap(40)), "image/x-bmp");
    assert_eq!(of(&bitmap(124)), "image/x-bmp");
    assert_eq!(of(b"BM is how this text begins, and it goes on"), "text/plain");
}

#[test]
fn tells_matroska_by_document_type_and_codec() {
    let cases: &[(&[u8], &[u8], &str)] = &[
        (b"matroska", b"V_VP8", "video/x-matroska"),
        (b"webm", b"V_VP8", "video/webm"),
        (b"webm", b"V_VP9", "video/webm"),
        (b"webm", b"V_AV1", "video/webm"),
        (b"webm", b"V_VP8\0", "video/webm"),
        (b"webm", b"A_OPUS", "audio/webm"),
        (b"other", b"V_VP8", UNKNOWN),
    ];
    for (doctype, codec, expected) in cases {
        assert_eq!(of(&matroska(doctype, codec)), *expected, "{}", doctype.escape_ascii());
    }
    assert_eq!(of(b"\x1A\x45\xDF\xA3"), UNKNOWN);
    // Too far in to be looked at.
    let far = join(&[b"\x1A\x45\xDF\xA3", &vec![0; HEAD], b"\x42\x82\x84webm"]);
    assert_eq!(of(&far), UNKNOWN);
}

#[test]
fn php_is_found_in_the_first_kilobyte() {
    assert_eq!(of(b"<?php echo 1;"), "application/x-php");
    assert_eq!(of(b"text before <?PHP echo 1;"), "application/x-php");
    let in_comment = jpeg(3, &[crate::samples::segment(0xFE, b"<?php system($_GET[0]); ?>")]);
    assert_eq!(of(&in_comment), "application/x-php");
    assert_eq!(of(&svg("", "<!-- <?php -->")), "application/x-php");
    for is_big_endian in [false, true] {
        for tag in ["<?php", "<? ", "<?\n", "<?\t", "<?="] {
            let text = format!("  {tag} echo 1;");
            assert_eq!(of(&utf16(&text, is_big_endian)), "application/x-php", "{tag:?}");
        }
    }
    // The short forms count only there.
    assert_eq!(of(b"plain <?= text"), "text/plain");
    assert_eq!(of(&join(&[&[b' '; 1024], b"<?php"])), "text/plain");
    // What a signature tells comes first.
    assert_eq!(of(b"%PDF <?php"), "application/pdf");
}

#[test]
fn tells_xml_by_its_root() {
    let cases: &[(&str, &str)] = &[
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        ("<s:svg xmlns:s='http://www.w3.org/2000/svg'></s:svg>", "image/svg+xml"),
        ("<svg/>", "image/svg+xml"),
        ("<?xml version='1.0'?>\n<!-- c --><svg/>\n", "image/svg+xml"),
        ("\u{FEFF}<svg/>", "image/svg+xml"),
        ("<svg xmlns='http://www.w3.org/1999/xhtml'/>", "application/xml"),
        ("<svg xmlns='http://www.w3.org/2000/SVG'/>", "application/xml"),
        ("<html xmlns='http://www.w3.org/1999/xhtml'/>", "text/html"),
        ("<html/>", "text/html"),
        ("<d:diagram xmlns:d='http://www.lysator.liu.se/~alla/dia/'/>", "application/x-dia-diagram"),
        ("<diagram/>", "application/xml"),
        ("<anything/>", "application/xml"),
        ("<rss version='2.0'><svg/></rss>", "application/xml"),
        // Not well-formed, so told as text.
        ("<svg>", "image/svg+xml"),
        ("<?xml version='1.0'?><svg><g></svg>", "image/svg+xml"),
        ("<?xml version='1.0'?><other>", "application/xml"),
        ("<other>", "text/plain"),
        ("<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>", "image/svg+xml"),
        ("<!doctype html><p>hello", "text/html"),
    ];
    for (text, expected) in cases {
        assert_eq!(of(text.as_bytes()), *expected, "{text}");
    }
}

#[test]
fn tells_xml_in_every_encoding() {
    for is_big_endian in [false, true] {
        let mark: &[u8] = if is_big_endian { b"\xFE\xFF" } else { b"\xFF\xFE" };
        let wide = utf16("<svg xmlns='http://www.w3.org/2000/svg'>ä</svg>", is_big_endian);
        assert_eq!(of(&wide), "image/svg+xml");
        assert_eq!(of(&join(&[mark, &wide])), "image/svg+xml");
    }
    assert_eq!(of(b"<?xml version='1.0' encoding='ISO-8859-1'?><svg>\xE4</svg>"), "image/svg+xml");
    assert_eq!(of(b"<?xml version='1.0' encoding='koi8-r'?><x>\xE4</x>"), "application/xml");
}

#[test]
fn tells_scripts_by_their_interpreter() {
    let cases: &[(&[u8], &str)] = &[
        (b"#!/bin/sh\necho", "application/x-sh"),
        (b"#! /usr/bin/perl -w\n", "application/x-perl"),
        (b"#!/usr/bin/env python\n", "application/x-env"),
        (b"\xEF\xBB\xBF#!/bin/bash\n", "application/x-bash"),
        (b"#!/usr/local/bin/php7.4 -q\n", "application/x-php7"),
        (b"#!/bin/ \n", "text/plain"),
        (b"#!sh\n", "text/plain"),
        (b" #!/bin/sh\n", "text/plain"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(of(bytes), *expected, "{}", bytes.escape_ascii());
    }
    for is_big_endian in [false, true] {
        let mark: &[u8] = if is_big_endian { b"\xFE\xFF" } else { b"\xFF\xFE" };
        assert_eq!(of(&join(&[mark, &utf16("#!/bin/sh\n", is_big_endian)])), "application/x-sh");
    }
}

#[test]
fn a_zip_at_the_end_is_what_the_file_is() {
    assert_eq!(of(&zip(&[b"a.txt"])), "application/zip");
    assert_eq!(of(&zip(&[b"META-INF/MANIFEST.MF", b"A.class"])), "application/java");
    assert_eq!(of(&join(&[&png(8, 2, &[]), &zip(&[b"a.txt"])])), "application/zip");
    assert_eq!(of(&join(&[&gif(&[]), &zip(&[b"A.class"])])), "application/zip");
    // Without an end record it is only a beginning.
    let whole = zip(&[b"a.txt"]);
    assert_eq!(of(&whole[..whole.len() - 1]), "application/zip");
    assert_eq!(of(&join(&[&gif(&[]), &whole, b"x"])), "image/gif");
}

#[test]
fn tells_stl() {
    assert_eq!(of(&stl(2)), "application/sla");
    assert_eq!(of(b"solid cube\n  facet normal 0 0 1\nendsolid cube\n"), "application/sla");
    assert_eq!(of(b"SOLID cube\r  ENDSOLID\r"), "application/sla");
    assert_eq!(of(b"solid advice\nand no end of it"), "text/plain");
    assert_ne!(of(&stl(0)), "application/sla");
    let mut wrong = stl(2);
    wrong.push(0);
    assert_ne!(of(&wrong), "application/sla");
}

#[test]
fn tells_text_from_other_bytes() {
    let cases: &[(&[u8], &str)] = &[
        (b"plain text", "text/plain"),
        (b"caf\xE9 or caf\xC3\xA9", "text/plain"),
        (b"\xFF\xFEh\0i\0", "text/plain"),
        (b"\xFE\xFF\0h\0i", "text/plain"),
        (b"text <table border=1>", "text/html"),
        (b"text <A HREF='x'>", "text/html"),
        (b"text <script>", "text/html"),
        (b"\xFF\xFE<\0h\0t\0m\0l\0>\0", "text/html"),
        (b"\xFE\xFF\0<\0H\0T\0M\0L\0>", "text/html"),
        (b"text with \x01 in it", UNKNOWN),
    ];
    for (bytes, expected) in cases {
        assert_eq!(of(bytes), *expected, "{}", bytes.escape_ascii());
    }
}
