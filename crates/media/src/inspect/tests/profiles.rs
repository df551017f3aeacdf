//! What colour profiles are called, wherever they are.

use super::*;
use crate::inspect::icc;
use crate::samples::iso_box;

/// A profile with these parts.
fn profile(parts: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut head = vec![0; 128];
    head[36..40].copy_from_slice(b"acsp");
    let mut table = u32::try_from(parts.len()).unwrap().to_be_bytes().to_vec();
    let mut at = 128 + 4 + 12 * parts.len();
    for (name, part) in parts {
        table.extend(name);
        table.extend([at, part.len()].map(|n| u32::try_from(n).unwrap().to_be_bytes()).concat());
        at += part.len();
    }
    let parts: Vec<u8> = parts.iter().flat_map(|(_, part)| part.clone()).collect();
    join(&[&head, &table, &parts])
}

/// A profile that is called so, by the second version of ICC.
fn called(name: &str) -> Vec<u8> {
    let length = u32::try_from(name.len() + 1).unwrap().to_be_bytes();
    let part = join(&[b"desc\0\0\0\0", &length, name.as_bytes(), &[0; 79]]);
    profile(&[(*b"cprt", b"text\0\0\0\0nobody's\0".to_vec()), (*b"desc", part)])
}

/// A name in several languages, by the fourth version.
fn localised(texts: &[(&str, &str)]) -> Vec<u8> {
    let mut records = Vec::new();
    let mut all = Vec::new();
    for (language, text) in texts {
        let text = utf16(text, true);
        let at = 16 + 12 * texts.len() + all.len();
        records.extend(join(&[
            language.as_bytes(),
            b"XX",
            &u32::try_from(text.len()).unwrap().to_be_bytes(),
            &u32::try_from(at).unwrap().to_be_bytes(),
        ]));
        all.extend(text);
    }
    let count = u32::try_from(texts.len()).unwrap().to_be_bytes();
    join(&[b"mluc\0\0\0\0", &count, &12_u32.to_be_bytes(), &records, &all])
}

#[test]
fn names_by_both_versions() {
    assert_eq!(icc::name(&called("Wide colours")).as_deref(), Some("Wide colours"));
    let name = |texts: &[(&str, &str)]| icc::name(&profile(&[(*b"desc", localised(texts))]));
    assert_eq!(
        name(&[("de", "Große Farben"), ("en", "Wide – colours\0")]).as_deref(),
        Some("Wide – colours")
    );
    assert_eq!(name(&[("de", "Große Farben"), ("fr", "x")]).as_deref(), Some("Große Farben"));
    assert_eq!(name(&[]), None);
    assert_eq!(name(&[("en", "  \0")]), None);
    let plain = profile(&[(*b"desc", b"text\0\0\0\0Plain\0".to_vec())]);
    assert_eq!(icc::name(&plain).as_deref(), Some("Plain"));
    assert_eq!(icc::name(&profile(&[(*b"desc", b"data\0\0\0\0Plain\0".to_vec())])), None);
    assert_eq!(icc::name(&profile(&[])), None);
    // It's no text that another program could trip over, and not a book.
    assert_eq!(icc::name(&called("a\u{1}b")).as_deref(), Some("ab"));
    assert_eq!(icc::name(&called(&"x".repeat(100_000))).unwrap().len(), 1024);
}

#[test]
fn a_damaged_profile_has_no_name_and_costs_nothing() {
    let huge = u32::MAX.to_be_bytes();
    for whole in [called("Name"), profile(&[(*b"desc", localised(&[("en", "Name")]))])] {
        for length in 0..whole.len() {
            let _ = icc::name(&whole[..length]);
            // Any number may say anything.
            let mut wrong = whole.clone();
            let end = (length + 4).min(wrong.len());
            wrong[length..end].copy_from_slice(&huge[..end - length]);
            let _ = icc::name(&wrong);
        }
        assert_eq!(icc::name(&whole[..140]), None);
    }
    // Records of no size, and more of them than there can be.
    let part = join(&[b"mluc\0\0\0\0", &huge, &[0; 4], &[0; 40]]);
    assert_eq!(icc::name(&profile(&[(*b"desc", part)])), None);
    let part = join(&[b"mluc\0\0\0\0", &huge, &12_u32.to_be_bytes(), b"enUS\0\0\0\x02\0\0\0\x1C\0Q"]);
    assert_eq!(icc::name(&profile(&[(*b"desc", part)])).as_deref(), Some("Q"));
}

#[test]
fn every_format_tells_the_name_of_its_profile() {
    const TOLD: &str = "{ICCProfileName:\"Wide\"}";
    let wide = called("Wide");
    // JPEG has it in pieces, in whatever order.
    let (first, second) = wide.split_at(150);
    let piece = |number: u8, bytes: &[u8]| segment(0xE2, &join(&[b"ICC_PROFILE\0", &[number, 2], bytes]));
    let other = segment(0xE2, b"MPF\0other");
    for segments in [
        [other.clone(), piece(1, first), piece(2, second)],
        [piece(2, second), other.clone(), piece(1, first)],
    ] {
        let info = of(&jpeg(3, &segments), "image/jpeg");
        assert_eq!(common(&info), TOLD);
        assert_eq!(metadata(&info), "{ICCProfileName:\"Wide\",MEDIAWIKI_EXIF_VERSION:2}");
    }
    assert_eq!(common(&of(&jpeg(3, &[piece(2, second)]), "image/jpeg")), "{}");

    let packed = |data: &[u8]| chunk(*b"iCCP", &join(&[b"what it's called here\0\0", data]));
    let info = of(&png(8, 2, &[packed(&zlib(&wide))]), "image/png");
    assert_eq!(common(&info), TOLD);
    assert!(metadata(&info).ends_with("metadata:{ICCProfileName:\"Wide\",_MW_PNG_VERSION:1}}"));
    // Of what unpacks to more than is looked at, the beginning; of two, the first.
    let long = join(&[&wide, &vec![0; 40 << 20]]);
    let file = png(8, 2, &[packed(&zlib(&long)), packed(&zlib(&called("Second")))]);
    assert_eq!(common(&of(&file, "image/png")), TOLD);
    assert_eq!(common(&of(&png(8, 2, &[packed(b"not packed")]), "image/png")), "{}");

    let (header, picture) = (vp8x(0x20, 9, 7), vp8(9, 7));
    let chunks: &[([u8; 4], &[u8])] = &[(*b"VP8X", &header), (*b"ICCP", &wide), (*b"VP8 ", &picture)];
    assert_eq!(common(&of(&riff(*b"WEBP", chunks), "image/webp")), TOLD);

    // That of a TIFF may be as long as it likes, and of two types.
    let told_by_tiff = |kind: u16, profile: Vec<u8>| {
        let file = tiff(&[short(0x100, 40), short(0x101, 30), (0x8773, kind, profile)], &[], &[]);
        common(&of(&file, "image/tiff"))
    };
    let told = "{ImageWidth:40,ImageLength:30,ICCProfileName:\"Wide\"}";
    assert_eq!(told_by_tiff(7, wide.clone()), told);
    assert_eq!(told_by_tiff(1, wide.clone()), told);
    assert_eq!(told_by_tiff(7, join(&[&wide, &vec![0; 600_000]])), told);
    for (kind, bytes) in [(2, b"Wide\0".to_vec()), (1, vec![7; 300]), (3, vec![7; 300]), (7, vec![7; 300])] {
        assert_eq!(told_by_tiff(kind, bytes), "{ImageWidth:40,ImageLength:30}", "{kind}");
    }

    let size = iso_box(*b"ispe", &join(&[&[0; 4], &40_u32.to_be_bytes(), &30_u32.to_be_bytes()]));
    for kind in [b"prof", b"rICC"] {
        let colours = [b"nclx\0\x01\0\x0D\0\x06\x80".to_vec(), join(&[kind, &wide])];
        let colours = colours.map(|colours| iso_box(*b"colr", &colours)).concat();
        let properties = iso_box(*b"iprp", &iso_box(*b"ipco", &join(&[&size, &colours])));
        let meta = iso_box(*b"meta", &join(&[&[0; 4], &properties]));
        let file = join(&[&iso_box(*b"ftyp", b"avif\0\0\0\0mif1avif"), &meta]);
        assert_eq!(common(&of(&file, "image/avif")), TOLD);
    }
}
