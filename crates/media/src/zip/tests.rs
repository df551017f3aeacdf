use std::io::Cursor;

use super::*;
use crate::samples::{join, png, zip, zip_with};

fn of(bytes: &[u8]) -> Option<&'static str> {
    let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
    kind(&mut Cursor::new(bytes), tail).unwrap()
}

#[test]
fn a_class_makes_it_java() {
    for name in [
        &b"A.class"[..],
        b"a/b/C.class",
        b".class",
        b"A.class/",
        b"A.class\0.txt",
        b"A\0.class",
        b"A.class/\0x",
    ] {
        assert_eq!(of(&zip(&[b"a.txt", name])), Some("application/java"), "{}", name.escape_ascii());
    }
    for name in [&b"A.CLASS"[..], b"class", b"A.class.txt", b"A.class//", b"A.classy"] {
        assert_eq!(of(&zip(&[b"a.txt", name])), Some("application/zip"), "{}", name.escape_ascii());
    }
}

#[test]
fn the_number_of_entries_is_not_believed() {
    assert_eq!(of(&zip_with(&[b"A.class"], 0, b"")), Some("application/java"));
    assert_eq!(of(&zip_with(&[b"a.txt", b"A.class"], 1, b"")), Some("application/java"));
    assert_eq!(of(&zip_with(&[b"a.txt"], 500, b"")), Some("application/zip"));
}

#[test]
fn documents_have_an_entry_that_says_so() {
    assert_eq!(of(&zip(&[b"[Content_Types].xml", b"word/document.xml"])), Some(OPC));
    assert_eq!(of(&zip(&[b"mimetype", b"content.xml"])), Some(ODF));
    assert_eq!(of(&zip(&[b"x/mimetype", b"[content_types].xml"])), Some("application/zip"));
    // The first one tells.
    assert_eq!(of(&zip(&[b"mimetype", b"[Content_Types].xml"])), Some(ODF));
    assert_eq!(of(&zip(&[b"[Content_Types].xml", b"mimetype"])), Some(OPC));
    assert_eq!(of(&zip(&[b"mimetype", b"A.class"])), Some("application/java"));
}

#[test]
fn the_comment_has_to_reach_the_end() {
    assert_eq!(of(&zip_with(&[b"A.class"], 1, b"a comment")), Some("application/java"));
    assert_eq!(of(&zip_with(&[b"A.class"], 1, &vec![b'x'; 65_535])), Some("application/java"));
    assert_eq!(of(&join(&[&zip(&[b"A.class"]), b"x"])), None);
    let whole = zip(&[b"A.class"]);
    assert_eq!(of(&whole[..whole.len() - 1]), None);
    assert_eq!(of(b""), None);
    assert_eq!(of(b"PK\x05\x06"), None);
    // An end record within the comment of another isn't the end.
    let inner = zip(&[]);
    assert_eq!(of(&zip_with(&[b"A.class"], 1, &join(&[&inner, b"x"]))), Some("application/java"));
}

#[test]
fn an_unreadable_directory_is_just_a_zip() {
    assert_eq!(of(&join(&[&png(8, 2, &[]), &zip(&[b"A.class"])])), Some("application/zip"));
    assert_eq!(of(&zip(&[])), Some("application/zip"));
    let mut damaged = zip(&[b"a.txt", b"A.class"]);
    let at = damaged.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    damaged[at] = b'X';
    assert_eq!(of(&damaged), Some("application/zip"));
    let mut huge = zip(&[b"A.class"]);
    let end = huge.len() - 22;
    huge[end + 12..end + 20].fill(0xFF);
    assert_eq!(of(&huge), Some("application/zip"));
}
