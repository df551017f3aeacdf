use super::*;
use crate::samples::{gif, gif_comment, join, jpeg, png, segment};

#[test]
fn markup_in_the_first_bytes_looks_like_a_page() {
    for tag in
        ["<html", "<HEAD", "<title", "<body", "<script", "<a href", "<pre", "<img", "<plaintext", "<table"]
    {
        let text = format!("%PDF-1.4 {tag}>");
        assert_eq!(seen_as(text.as_bytes(), "pdf"), Some("text/html"), "{tag}");
        let picture = png(8, 2, &[crate::samples::chunk(*b"tEXt", tag.as_bytes())]);
        assert_eq!(seen_as(&picture, "png"), Some("text/html"), "{tag}");
    }
    assert_eq!(seen_as(b"%PDF-1.4 <a name=x><p>", "pdf"), None);
    let far = join(&[b"%PDF-1.4", &[b' '; 247], b"<table>"]);
    assert_eq!(seen_as(&far, "pdf"), None);
}

#[test]
fn jpeg_and_gif_are_believed() {
    assert_eq!(seen_as(&jpeg(3, &[segment(0xFE, b"<table>")]), "jpg"), Some("image/jpeg"));
    assert_eq!(seen_as(&gif(&[gif_comment(b"<table>")]), "gif"), Some("image/gif"));
    // Only with their first bytes, and only under their names.
    assert_eq!(seen_as(b"GIF90a<table>", "gif"), Some("text/html"));
    assert_eq!(seen_as(&gif(&[gif_comment(b"<table>")]), "png"), Some("text/html"));
}

#[test]
fn other_text_that_runs() {
    assert_eq!(seen_as(b"\n<?XML version='1.0'?>", "png"), Some("text/xml"));
    assert_eq!(seen_as(b"<?xml:namespace", "png"), Some("text/xml"));
    assert_eq!(seen_as(b"<?xml\tversion", "png"), Some("text/xml"));
    assert_eq!(seen_as(b"<?xmlx version", "png"), None);
    assert_eq!(seen_as(b"<?xml", "png"), None);
    assert_eq!(seen_as(b"..<scriptlet>", "png"), Some("text/html"));
}

#[test]
fn programs() {
    for extension in ["jpg", "png", "gif", "pdf", "wav", "foo", ""] {
        assert_eq!(seen_as(b"MZ\x90\0", extension), Some("application/x-msdownload"), "{extension}");
        assert_eq!(seen_as(b"\xCA\xFE\xBA\xBE", extension), Some("application/java"), "{extension}");
        assert_eq!(seen_as(b"\xD7\xCD\xC6\x9A", extension), Some("application/x-msmetafile"), "{extension}");
        assert_eq!(seen_as(b"M", extension), None, "{extension}");
    }
}

#[test]
fn types_that_old_browsers_did_not_know_are_believed() {
    for (extension, mime) in [
        ("svg", "image/svg+xml"),
        ("webp", "image/webp"),
        ("ogg", "application/ogg"),
        ("mid", "audio/midi"),
        ("webm", "audio/webm"),
    ] {
        assert_eq!(seen_as(b"<html>", extension), Some(mime));
    }
    // Thus an extension of a type that isn't kept is refused.
    assert_eq!(seen_as(b"anything", "xml"), Some("application/xml"));
    assert_eq!(seen_as(b"anything", "html"), None);
}
