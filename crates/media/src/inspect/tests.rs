mod documents;
mod profiles;
mod timed;

use std::io::Cursor;

use super::*;
use crate::samples::{
    Entry, ascii, chunk, exif_segment, frame_control, gif, gif_comment, gif_frame, gif_loop, join, jpeg,
    long, png, ratios, riff, segment, short, svg, tiff, utf16, vp8, vp8l, vp8x, zlib,
};

fn of(bytes: &[u8], mime: &str) -> MediaInfo {
    inspect(&mut Cursor::new(bytes), bytes.len() as u64, mime).unwrap()
}

fn size(info: &MediaInfo) -> (u32, u32) {
    (info.width, info.height)
}

/// Data in short: maps as `{a:1,b:2}`.
fn short_form(data: &Data) -> String {
    match data {
        Data::Null => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => format!("{value:?}"),
        Data::Str(value) => format!("{value:?}"),
        Data::List(list) => format!("[{}]", list.iter().map(short_form).collect::<Vec<_>>().join(",")),
        Data::Map(map) => {
            let entries = map.iter().map(|(k, v)| format!("{k}:{}", short_form(v)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

fn metadata(info: &MediaInfo) -> String {
    short_form(info.metadata.as_ref().unwrap())
}

fn common(info: &MediaInfo) -> String {
    short_form(&info.common)
}

/// What is told of a file of which nothing can be read.
fn is_damaged(info: &MediaInfo, code: &str) -> bool {
    size(info) == (0, 0) && metadata(info) == format!("{{_error:{code:?}}}")
}

#[test]
fn jpeg_sizes_whatever_the_channels() {
    for channels in [1, 3, 4] {
        let info = of(&jpeg(channels, &[]), "image/jpeg");
        assert_eq!((size(&info), info.bits, info.pages), ((40, 30), 8, None), "{channels}");
        assert_eq!(metadata(&info), "{MEDIAWIKI_EXIF_VERSION:2}");
        assert_eq!(common(&info), "{}");
        assert_eq!(info.media_type, MediaType::Bitmap);
    }
    // Progressive, and with bytes between the segments.
    let frame = segment(0xC2, &[8, 0, 30, 0, 40, 1, 1, 0x11, 0]);
    let file =
        join(&[b"\xFF\xD8\xFF\xFF\xFF", &segment(0xDB, &[0; 65])[1..], b"\0\x01", &frame, b"\xFF\xDA"]);
    assert_eq!(size(&of(&file, "image/jpeg")), (40, 30));
}

#[test]
fn a_turned_jpeg_has_its_sides_changed() {
    for orientation in 0..=9 {
        let exif = exif_segment(&tiff(&[short(0x112, orientation)], &[], &[]));
        let info = of(&jpeg(3, &[exif]), "image/jpeg");
        let expected = if (5..=8).contains(&orientation) { (30, 40) } else { (40, 30) };
        assert_eq!(size(&info), expected, "{orientation}");
        assert_eq!(metadata(&info), format!("{{Orientation:{orientation},MEDIAWIKI_EXIF_VERSION:2}}"));
    }
}

fn exif_of(image: &[Entry], exif: &[Entry], gps: &[Entry]) -> String {
    common(&of(&jpeg(3, &[exif_segment(&tiff(image, exif, gps))]), "image/jpeg"))
}

#[test]
fn exif_values_by_their_types() {
    let image = [
        ascii(0x10F, "Maker \u{e9}"),
        ratios(0x11A, &[(72, 1)]),
        short(0x128, 2),
        ascii(0x132, "2020:01:02 03:04:05"),
    ];
    let exif = [
        ratios(0x829A, &[(1, 250)]),
        (0x9000, 7, b"0230".to_vec()),
        (0x9204, 10, [(-1_i32).to_le_bytes(), 3_i32.to_le_bytes()].concat()),
        (0x9214, 3, vec![1, 0, 2, 0, 3, 0, 4, 0]),
        (0xA300, 7, vec![3]),
    ];
    assert_eq!(
        exif_of(&image, &exif, &[]),
        "{Make:\"Maker é\",XResolution:\"72/1\",ResolutionUnit:2,DateTime:\"2020:01:02 03:04:05\",\
         ExposureTime:\"1/250\",ExifVersion:\"0230\",ExposureBiasValue:\"-1/3\",SubjectArea:[1,2,3,4],FileSource:3}"
    );
}

#[test]
fn exif_comments_say_their_encoding() {
    let comment = |charset: &[u8; 8], text: &[u8]| exif_of(&[], &[(0x9286, 7, join(&[charset, text]))], &[]);
    assert_eq!(comment(b"ASCII\0\0\0", b"text\0\0"), "{UserComment:\"text\"}");
    assert_eq!(comment(b"UNICODE\0", &utf16("ä", false)), "{UserComment:\"ä\"}");
    assert_eq!(comment(b"JIS\0\0\0\0\0", b"\x1B$B\x46\x7C\x1B(B"), "{UserComment:\"日\"}");
    assert_eq!(comment(b"\0\0\0\0\0\0\0\0", b"caf\xE9"), "{UserComment:\"café\"}");
    assert_eq!(comment(b"ASCII\0\0\0", b"   "), "{}");
    assert_eq!(exif_of(&[], &[(0x9286, 7, b"short".to_vec())], &[]), "{}");
}

#[test]
fn positions_are_degrees_with_a_sign() {
    let at = |north: &str, latitude: &[(u32, u32)], below: u8, height: &[(u32, u32)]| {
        let gps = [
            ascii(1, north),
            ratios(2, latitude),
            ascii(3, "W"),
            ratios(4, &[(30, 1), (30, 1), (0, 1)]),
            (5, 1, vec![below]),
            ratios(6, height),
        ];
        exif_of(&[], &[], &gps)
    };
    assert_eq!(
        at("N", &[(52, 1), (15, 1), (0, 1)], 0, &[(100, 1)]),
        "{GPSLatitude:52.25,GPSLongitude:-30.5,GPSAltitude:100}"
    );
    assert_eq!(
        at("s", &[(10, 1), (0, 1), (1800, 100)], 1, &[(5, 2)]),
        "{GPSLatitude:-10.005,GPSLongitude:-30.5,GPSAltitude:-2.5}"
    );
}

#[test]
fn positions_that_are_undefined_are_dropped() {
    let gps =
        [ratios(2, &[(1, 1), (0, 0), (0, 1)]), ratios(4, &[(1, 0), (0, 1), (0, 1)]), ratios(6, &[(0, 0)])];
    assert_eq!(exif_of(&[], &[], &gps), "{}");
    let gps = [ratios(2, &[(1, 1)]), ratios(4, &[(1, 1), (1, 1)]), short(6, 1)];
    assert_eq!(exif_of(&[], &[], &gps), "{}");
    // So are other fractions without a denominator.
    assert_eq!(exif_of(&[ratios(0x11A, &[(72, 0)])], &[ratios(0x829A, &[(0, 0)])], &[]), "{}");
}

#[test]
fn exif_directories_in_a_circle_are_read_once() {
    let mut circle = tiff(&[long(0x8769, 8), long(0x8825, 8), ascii(0x10F, "Maker")], &[], &[]);
    assert_eq!(common(&of(&jpeg(3, &[exif_segment(&circle)]), "image/jpeg")), "{Make:\"Maker\"}");
    // The next directory of a circle, which nothing asks for.
    let next = 8 + 2 + 3 * 12;
    circle[next..next + 4].copy_from_slice(&8_u32.to_le_bytes());
    assert_eq!(common(&of(&jpeg(3, &[exif_segment(&circle)]), "image/jpeg")), "{Make:\"Maker\"}");
}

#[test]
fn exif_that_points_nowhere_is_passed_over() {
    let mut file = tiff(&[ascii(0x10F, "Maker here"), ascii(0x110, "Type")], &[], &[]);
    // The offset of the first value and the count of the second.
    file[18..22].fill(0xFF);
    file[26..30].fill(0xFF);
    assert_eq!(common(&of(&jpeg(3, &[exif_segment(&file)]), "image/jpeg")), "{}");
    for broken in
        [&b""[..], b"II*\0", b"II*\0\xFF\xFF\xFF\xFF", b"MM\0*\0\0\0\x08\xFF\xFF", b"xx*\0\x08\0\0\0"]
    {
        assert_eq!(
            common(&of(&jpeg(3, &[exif_segment(broken)]), "image/jpeg")),
            "{}",
            "{}",
            broken.escape_ascii()
        );
    }
}

#[test]
fn values_that_entries_share_are_not_read_without_end() {
    // 1000 entries of the same name, each of 64 KiB.
    let mut file = b"II*\0\x08\0\0\0\xE8\x03".to_vec();
    for tag in 0..1000_u16 {
        let tag = 0x100 + tag % 0x20;
        file.extend(join(&[
            &tag.to_le_bytes(),
            b"\x01\0",
            &0x1_0000_u32.to_le_bytes(),
            &20_000_u32.to_le_bytes(),
        ]));
    }
    file.resize(100_000, 1);
    let mut source = crate::samples::Counting::new(&file);
    inspect(&mut source, file.len() as u64, "image/tiff").unwrap();
    assert!(source.read < 1 << 20, "{} bytes read", source.read);
}

#[test]
fn jpeg_comments() {
    let file = jpeg(
        3,
        &[segment(0xFE, b"caf\xE9\0"), segment(0xFE, b"\x01\x02"), segment(0xFE, "zwei ü".as_bytes())],
    );
    assert_eq!(common(&of(&file, "image/jpeg")), "{JPEGFileComment:[\"café\",\"zwei ü\"]}");
}

/// A data set of IPTC.
fn set(record: u8, number: u8, value: &[u8]) -> Vec<u8> {
    join(&[&[0x1C, record, number], &u16::try_from(value.len()).unwrap().to_be_bytes(), value])
}

fn photoshop(resources: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = b"Photoshop 3.0\0".to_vec();
    for (id, data) in resources {
        body.extend(join(&[
            b"8BIM",
            &id.to_be_bytes(),
            b"\0\0",
            &u32::try_from(data.len()).unwrap().to_be_bytes(),
            data,
        ]));
        body.resize(body.len() + data.len() % 2, 0);
    }
    segment(0xED, &body)
}

#[test]
fn iptc_texts_dates_and_encodings() {
    let sets = join(&[
        &set(1, 90, b"\x1B%G"),
        &set(2, 0, &[0, 4]),
        &set(2, 25, "Schlüssel".as_bytes()),
        &set(2, 25, b"word"),
        &set(2, 55, b"20200102"),
        &set(2, 60, b"030405+0000"),
        &set(3, 25, b"no"),
        &set(2, 80, b"  "),
    ]);
    let file = jpeg(3, &[photoshop(&[(0x0400, b"abc"), (0x0404, &sets)])]);
    assert_eq!(
        common(&of(&file, "image/jpeg")),
        "{iimVersion:4,Keywords:[\"Schlüssel\",\"word\"],DateTimeOriginal:\"2020:01:02 03:04:05\"}"
    );
    let latin = jpeg(3, &[photoshop(&[(0x0404, &join(&[&set(2, 5, b"caf\xE9"), &set(2, 55, b"2020")]))])]);
    assert_eq!(common(&of(&latin, "image/jpeg")), "{ObjectName:[\"café\"]}");
}

const XMP: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
    <rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='3'>\
    <dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Title</rdf:li><rdf:li xml:lang='DE'>Titel</rdf:li></rdf:Alt></dc:title>\
    <dc:creator><rdf:Seq><rdf:li>One</rdf:li><rdf:li>Two</rdf:li></rdf:Seq></dc:creator>\
    <xmp:Label>&lt;b&gt;</xmp:Label></rdf:Description></rdf:RDF></x:xmpmeta>";

const XMP_TOLD: &str = "Rating:\"3\",ObjectName:{x-default:\"Title\",de:\"Titel\",_type:\"lang\"},\
    Artist:{0:\"One\",1:\"Two\",_type:\"ol\"},Label:\"<b>\"";

fn xmp_segment(packet: &str) -> Vec<u8> {
    segment(0xE1, &join(&[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()]))
}

#[test]
fn xmp_in_every_format_that_has_it() {
    assert_eq!(common(&of(&jpeg(3, &[xmp_segment(XMP)]), "image/jpeg")), format!("{{{XMP_TOLD}}}"));
    let text = chunk(*b"iTXt", &join(&[b"XML:com.adobe.xmp\0\0\0\0\0", XMP.as_bytes()]));
    assert_eq!(common(&of(&png(8, 2, &[text]), "image/png")), format!("{{{XMP_TOLD}}}"));
    let ramp: Vec<u8> = [&[1][..], &(0..=255).rev().collect::<Vec<u8>>(), &[0]].concat();
    let block = join(&[b"!\xFF\x0BXMP DataXMP", XMP.as_bytes(), &ramp]);
    assert_eq!(common(&of(&gif(&[block]), "image/gif")), format!("{{{XMP_TOLD}}}"));
}

#[test]
fn xmp_with_entities_of_its_own_is_not_read() {
    let laughs = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>";
    for doctype in [laughs, "<!DOCTYPE x [<!ENTITY a 'ha'>]>", "<!DOCTYPE x>", "<!DOCTYPE x SYSTEM 'x'>"] {
        assert_eq!(
            common(&of(&jpeg(3, &[xmp_segment(&format!("{doctype}{XMP}"))]), "image/jpeg")),
            "{}",
            "{doctype}"
        );
    }
    assert_eq!(common(&of(&jpeg(3, &[xmp_segment(&XMP[..XMP.len() - 5])]), "image/jpeg")), "{}");
}

#[test]
fn what_is_newer_wins() {
    let exif = exif_segment(&tiff(&[ascii(0x13B, "Exif")], &[], &[]));
    let iptc = photoshop(&[(0x0404, &join(&[&set(2, 80, b"Iptc"), &set(2, 105, b"Line")]))]);
    assert_eq!(
        common(&of(&jpeg(3, &[exif.clone(), iptc.clone()]), "image/jpeg")),
        "{Artist:\"Exif\",Headline:[\"Line\"]}"
    );
    let all = common(&of(&jpeg(3, &[exif, xmp_segment(XMP), iptc]), "image/jpeg"));
    assert!(all.starts_with("{Artist:{0:\"One\",1:\"Two\",_type:\"ol\"},Headline:"), "{all}");
}

#[test]
fn a_jpeg_without_its_picture_is_damaged() {
    let whole = jpeg(3, &[]);
    for length in 0..whole.len() - 13 {
        let info = of(&whole[..length], "image/jpeg");
        assert_eq!(metadata(&info), "{_error:\"-1\"}", "{length}");
        assert_eq!(common(&info), "{_error:\"-1\"}", "{length}");
    }
    assert!(is_damaged(&of(b"no picture at all", "image/jpeg"), "-1"));
}

#[test]
fn png_types() {
    let cases = [
        (1, 0, "greyscale"),
        (16, 0, "greyscale"),
        (8, 2, "truecolour"),
        (4, 3, "index-coloured"),
        (8, 4, "greyscale-alpha"),
        (16, 6, "truecolour-alpha"),
        (8, 7, "unknown"),
    ];
    for (bits, color, name) in cases {
        let info = of(&png(bits, color, &[]), "image/png");
        assert_eq!((size(&info), info.bits), ((20, 10), u32::from(bits)));
        assert_eq!(
            metadata(&info),
            format!(
                "{{frameCount:0,loopCount:1,duration:0,bitDepth:{bits},colorType:{name:?},metadata:{{_MW_PNG_VERSION:1}}}}"
            )
        );
    }
}

#[test]
fn png_texts() {
    let text = |keyword: &str, value: &[u8]| chunk(*b"tEXt", &join(&[keyword.as_bytes(), b"\0", value]));
    let packed =
        |keyword: &str, value: &[u8]| chunk(*b"zTXt", &join(&[keyword.as_bytes(), b"\0\0", &zlib(value)]));
    let itext = |keyword: &str, language: &str, value: &str| {
        chunk(
            *b"iTXt",
            &join(&[keyword.as_bytes(), b"\0\0\0", language.as_bytes(), b"\0\0", value.as_bytes()]),
        )
    };
    let file = png(
        8,
        2,
        &[
            text("Title", b"caf\xE9"),
            itext("title", "DE", "Käse"),
            packed("Comment", b"packed"),
            chunk(*b"iTXt", &join(&[b"Author\0\x01\0\0\0", &zlib("Ö".as_bytes())])),
            text("Unknown", b"x"),
            text("Warning", b""),
            chunk(*b"tEXt", b"Title without an end"),
            chunk(*b"zTXt", b"Source\0\0no zlib"),
            chunk(*b"pHYs", &join(&[&2835_u32.to_be_bytes(), &2835_u32.to_be_bytes(), &[1]])),
            chunk(*b"tIME", &[0x07, 0xE4, 1, 2, 3, 4, 5]),
        ],
    );
    assert_eq!(
        common(&of(&file, "image/png")),
        "{ObjectName:{x-default:\"café\",de:\"Käse\",_type:\"lang\"},PNGFileComment:{x-default:\"packed\",_type:\"lang\"},\
         Artist:{x-default:\"Ö\",_type:\"lang\"},XResolution:\"2835/100\",YResolution:\"2835/100\",ResolutionUnit:3,\
         DateTime:\"2020:01:02 03:04:05\"}"
    );
}

#[test]
fn animated_png() {
    let control =
        |frames: u32, plays: u32| chunk(*b"acTL", &join(&[&frames.to_be_bytes(), &plays.to_be_bytes()]));
    let told = |plays, frames: &[(u16, u16)]| {
        let mut chunks = vec![control(u32::try_from(frames.len()).unwrap(), plays)];
        chunks.extend(frames.iter().map(|(delay, unit)| frame_control(*delay, *unit)));
        let info = of(&png(8, 6, &chunks), "image/png");
        (info.duration, metadata(&info).split(",bitDepth").next().unwrap().to_owned())
    };
    assert_eq!(told(0, &[(1, 2), (1, 4)]), (0.75, "{frameCount:2,loopCount:0,duration:0.75".to_owned()));
    assert!(told(1, &[(50, 0), (25, 0)]).1.ends_with("duration:0.75"));
    assert_eq!(told(1, &[(0, 0)]), (0.0, "{frameCount:1,loopCount:1,duration:0".to_owned()));
    assert!(told(3, &[(1, 2)]).1.ends_with("duration:1.5"));
}

#[test]
fn a_png_that_stops_early_is_damaged() {
    let whole = png(8, 2, &[chunk(*b"tEXt", b"Title\0x")]);
    for length in 0..whole.len() {
        assert!(is_damaged(&of(&whole[..length], "image/png"), "0"), "{length}");
    }
    assert_eq!(size(&of(&join(&[&whole, b"more"]), "image/png")), (20, 10));
    let huge = join(&[&whole[..33], b"\xFF\xFF\xFF\xFFIDAT", &[0; 100]]);
    assert!(is_damaged(&of(&huge, "image/png"), "0"));
}

#[test]
fn png_texts_take_no_more_room_than_there_is() {
    // A thousand times three megabytes, packed.
    let bomb = chunk(*b"zTXt", &join(&[b"Comment\0\0", &zlib(&vec![b'x'; 3 << 20])]));
    let file = png(8, 2, &vec![bomb; 1000]);
    assert!(common(&of(&file, "image/png")).len() <= 4 << 20);
    let languages: Vec<_> =
        (0..5000).map(|n| chunk(*b"iTXt", format!("Title\0\0\0l{n}\0\0x").as_bytes())).collect();
    let info = of(&png(8, 2, &languages), "image/png");
    let Some(Data::Map(titles)) = info.common.get("ObjectName") else { panic!("no titles") };
    assert_eq!(titles.len(), 1000 + 1);
    let resolution = chunk(*b"pHYs", &join(&[&[0, 0, 0, 1, 0, 0, 0, 1], &[1]]));
    assert_eq!(
        common(&of(&png(8, 2, &vec![resolution; 1000]), "image/png")),
        "{XResolution:\"1/100\",YResolution:\"1/100\",ResolutionUnit:3}"
    );
}

#[test]
fn gif_frames_loops_and_comments() {
    let told = |blocks: &[Vec<u8>]| {
        let info = of(&gif(blocks), "image/gif");
        assert_eq!(size(&info), (10, 8));
        metadata(&info)
    };
    let tail = "metadata:{_MW_GIF_VERSION:1}}";
    assert_eq!(told(&[]), format!("{{frameCount:0,looped:false,duration:0,{tail}"));
    assert_eq!(told(&[gif_frame(0)]), format!("{{frameCount:1,looped:false,duration:0,{tail}"));
    assert_eq!(
        told(&[gif_frame(10), gif_frame(10)]),
        format!("{{frameCount:2,looped:false,duration:0.2,{tail}")
    );
    for (times, is_looped) in [(0, true), (1, false), (2, true)] {
        assert_eq!(
            told(&[gif_loop(times), gif_frame(50), gif_frame(25)]),
            format!("{{frameCount:2,looped:{is_looped},duration:0.75,{tail}")
        );
    }
    let comments =
        [gif_comment(b"one"), gif_comment(&[b'x'; 300]), gif_comment(b"caf\xE9"), gif_comment(b"\x01")];
    let info = of(&gif(&comments), "image/gif");
    assert_eq!(common(&info), format!("{{GIFFileComment:[\"one\",\"{}\",\"café\"]}}", "x".repeat(300)));
    let timed = of(&gif(&[gif_frame(25), gif_frame(50)]), "image/gif");
    assert!((timed.duration - 0.75).abs() < 1e-9);
    // What no one knows is passed over, and so is what follows the end.
    assert_eq!(
        told(&[b"!\x42\x02ab\0".to_vec(), gif_frame(0)]),
        format!("{{frameCount:1,looped:false,duration:0,{tail}")
    );
    let more = join(&[&gif(&[gif_frame(0)]), b"more"]);
    assert_eq!(size(&of(&more, "image/gif")), (10, 8));
}

#[test]
fn a_gif_with_a_fault_in_its_structure_is_damaged() {
    let whole = gif(&[gif_comment(b"one"), gif_frame(10)]);
    // It may stop within the colours, and within the data of a frame.
    let described = [13..25, whole.len() - 6..whole.len() - 1];
    for length in 0..whole.len() {
        let info = of(&whole[..length], "image/gif");
        let is_described = described.iter().any(|d| d.contains(&length));
        assert!(if is_described { size(&info) == (10, 8) } else { is_damaged(&info, "0") }, "{length}");
    }
    for block in [&b"\0"[..], b"\x07", b"x", b"<script>"] {
        assert!(is_damaged(&of(&gif(&[block.to_vec(), gif_frame(0)]), "image/gif"), "0"));
    }
    assert!(is_damaged(&of(b"GIF90a\x0A\0\x08\0\0\0\0;", "image/gif"), "0"));
}

#[test]
fn gif_comments_take_no_more_room_than_there_is() {
    let info = of(&gif(&vec![gif_comment(&vec![b'x'; 200_000]); 150]), "image/gif");
    assert!(common(&info).len() < 2 << 20);
    let info = of(&gif(&vec![gif_comment(b"x"); 1000]), "image/gif");
    assert_eq!(info.common.get("GIFFileComment"), Some(&Data::List(vec!["x".into(); 100])));
}

#[test]
fn webp() {
    let told = |chunks: &[([u8; 4], &[u8])]| {
        let info = of(&riff(*b"WEBP", chunks), "image/webp");
        assert_eq!((info.bits, common(&info)), (0, "{}".to_owned()));
        (size(&info), metadata(&info))
    };
    let tail = |w, h| format!("width:{w},height:{h},metadata:{{_MW_WEBP_VERSION:1}}}}");
    assert_eq!(
        told(&[(*b"VP8 ", &vp8(300, 200))]),
        ((300, 200), format!("{{compression:\"lossy\",{}", tail(300, 200)))
    );
    // The upper bits say how to scale.
    assert_eq!(told(&[(*b"VP8 ", &vp8(300 + 0x4000, 200 + 0x8000))]).0, (300, 200));
    assert_eq!(
        told(&[(*b"VP8L", &vp8l(16_384, 1))]),
        ((16_384, 1), format!("{{compression:\"lossless\",{}", tail(16_384, 1)))
    );
    for (flags, animated, transparent) in
        [(0, false, false), (16, false, true), (2, true, false), (18, true, true)]
    {
        let flagged = format!("animated:{animated},transparency:{transparent},{}", tail(9, 7));
        let header = vp8x(flags, 9, 7);
        assert_eq!(
            told(&[(*b"VP8X", &header), (*b"ALPH", b"odd"), (*b"VP8 ", &vp8(8, 6))]),
            ((9, 7), format!("{{compression:\"lossy\",{flagged}"))
        );
        assert_eq!(
            told(&[(*b"VP8X", &header), (*b"ANIM", &[0; 6])]),
            ((9, 7), format!("{{compression:\"unknown\",{flagged}"))
        );
    }
    assert_eq!(told(&[(*b"VP8X", &vp8x(0, 1 << 24, 1 << 24))]).0, (1 << 24, 1 << 24));
    for broken in [&b""[..], b"RIFF\x04\0\0\0WEBP", b"RIFF\x0C\0\0\0WEBPVP8 \0\0\0\0", b"RIFF\0\0\0\0WAVE"] {
        assert!(is_damaged(&of(broken, "image/webp"), "0"), "{}", broken.escape_ascii());
    }
    assert!(is_damaged(
        &of(&riff(*b"WEBP", &[(*b"VP8 ", b"garbage that is no picture")]), "image/webp"),
        "0"
    ));
}

#[test]
fn tiff_files() {
    let file = tiff(
        &[short(0x100, 40), long(0x101, 30), (0x102, 3, vec![8, 0, 8, 0, 8, 0]), short(0x103, 1)],
        &[],
        &[],
    );
    let info = of(&file, "image/tiff");
    assert_eq!((size(&info), info.bits), ((40, 30), 0));
    assert_eq!(common(&info), "{ImageWidth:40,ImageLength:30,BitsPerSample:[8,8,8],Compression:1}");
    assert_eq!(
        metadata(&info),
        format!("{},MEDIAWIKI_EXIF_VERSION:2}}", common(&info).trim_end_matches('}'))
    );
    let big =
        b"MM\0*\0\0\0\x08\0\x02\x01\0\0\x03\0\0\0\x01\0\x28\0\0\x01\x01\0\x03\0\0\0\x01\0\x1E\0\0\0\0\0\0";
    assert_eq!(size(&of(big, "image/tiff")), (40, 30));
    for broken in [tiff(&[], &[], &[]), tiff(&[short(0x100, 40)], &[], &[]), b"II*\0".to_vec(), Vec::new()] {
        let info = of(&broken, "image/tiff");
        assert!(is_damaged(&info, "-1"));
        assert_eq!(common(&info), "{_error:\"-1\"}");
    }
}

#[test]
fn a_turned_tiff_has_its_sides_changed() {
    for orientation in 0..=9 {
        let file = tiff(&[short(0x100, 40), short(0x101, 30), short(0x112, orientation)], &[], &[]);
        let info = of(&file, "image/tiff");
        let expected = if (5..=8).contains(&orientation) { (30, 40) } else { (40, 30) };
        assert_eq!(size(&info), expected, "{orientation}");
        assert!(common(&info).starts_with("{ImageWidth:40,ImageLength:30,"), "what the file says stays");
    }
}

#[test]
fn drawings_have_lengths_in_all_units() {
    let cases: &[(&str, (u32, u32))] = &[
        ("", (512, 512)),
        ("viewBox='0 0 200 100'", (512, 256)),
        ("viewBox='0,0,200,100'", (512, 256)),
        ("viewBox=' 0 , 0\t200\n100 '", (512, 256)),
        ("viewBox='0 0 1e2 50'", (512, 256)),
        ("viewBox='0 0 2in 90'", (512, 256)),
        ("viewBox='0 0 .5 .25'", (512, 256)),
        ("viewBox='0 0 5. 2.'", (512, 205)),
        ("viewBox='0 0 200,,100'", (512, 512)),
        ("viewBox='0 0 200 100,'", (512, 512)),
        ("viewBox='0 0 200 100 5'", (512, 512)),
        ("viewBox='0 0 200'", (512, 512)),
        ("viewBox='0;0;200;100'", (512, 512)),
        ("viewBox='0 0 -2 1'", (512, 512)),
        ("viewBox='0 0 inf inf'", (512, 512)),
        ("viewBox='0 0 nan 5'", (512, 512)),
        ("viewBox='0 0 1e999 1e999'", (512, 512)),
        ("width='100' height='50'", (100, 50)),
        ("width='100px' height='50px'", (100, 50)),
        ("width='100pt' height='40pt'", (125, 50)),
        ("width='2pc' height='1pc'", (30, 15)),
        ("width='100mm' height='10mm'", (354, 35)),
        ("width='10cm' height='1cm'", (354, 35)),
        ("width='2in' height='.5in'", (180, 45)),
        ("width='2em' height='2ex'", (32, 24)),
        ("width='1e2em' height='1e-1in'", (1600, 9)),
        ("width='50%' height='50%'", (256, 256)),
        ("width='50%' height='50%' viewBox='0 0 4 1'", (256, 64)),
        ("width='10cm' height='50%' viewBox='0 0 2 1'", (354, 128)),
        ("width='50 %' height=' 10 px '", (256, 10)),
        ("width='50' viewBox='0 0 4 1'", (50, 13)),
        ("height='50' viewBox='0 0 4 1'", (200, 50)),
        ("width='50'", (50, 50)),
        ("width='1.6' height='40'", (2, 40)),
        ("width='0.4' height='40'", (0, 40)),
        ("width='+5' height='1e+1'", (5, 10)),
        ("width='5.' height='1e'", (5, 1)),
        ("width='1-2' height='1.2.3'", (1, 1)),
        ("width='100pxx' height='2EM'", (100, 2)),
        ("width='12 mm x' height='1,5'", (12, 1)),
        ("width='1e999' height='40'", (0, 40)),
        ("width='99999999999' height='40'", (u32::MAX, 40)),
        // What can't be is as if nothing was said.
        ("width='-5' height='40'", (512, 512)),
        ("width='--5' height='40'", (512, 512)),
        ("width='abc' height='40'", (512, 512)),
        ("width='inf' height='40'", (512, 512)),
        ("width='.' height='40'", (512, 512)),
        ("width='0x10' height='40' viewBox='0 0 2 1'", (512, 256)),
        // Nought and nothing are as good as absent.
        ("width='0' height='40'", (40, 40)),
        ("width='' height='40' viewBox='0 0 2 1'", (80, 40)),
        ("width='0' height='0'", (512, 512)),
    ];
    for (attributes, expected) in cases {
        assert_eq!(size(&of(&svg(attributes, ""), "image/svg+xml")), *expected, "{attributes}");
    }
}

#[test]
fn drawings_are_described() {
    let told = |attributes: &str, inner: &str| {
        let info = of(&svg(attributes, inner), "image/svg+xml");
        assert_eq!((info.bits, info.media_type), (0, MediaType::Drawing));
        metadata(&info).split_once(",originalWidth:").unwrap().1.to_owned()
    };
    assert_eq!(told("", ""), "\"100%\",originalHeight:\"100%\",translations:[]}");
    assert_eq!(told("width=' 1in' height='0'", ""), "\" 1in\",originalHeight:\"100%\",translations:[]}");
    let words = "<title>A &amp; B</title><desc>line\r\nnext</desc><g><title>inner</title></g>";
    assert_eq!(
        told("", words),
        "\"100%\",originalHeight:\"100%\",title:\"A & B\",description:\"line\\nnext\",translations:[]}"
    );
    let info = of(&svg("", words), "image/svg+xml");
    assert_eq!(common(&info), "{ObjectName:\"A & B\",ImageDescription:\"line\\nnext\"}");
    assert!(told("", "<title>one</title><title>two</title>").contains("title:\"two\""));
    assert!(told("", "<title>one</title><title> </title>").contains("title:\"one\""));
    assert!(told("", "<rect><animate/></rect>").contains(",animated:true,"));
    assert!(told("", "<g><rect><set/></rect></g>").contains(",animated:true,"));
    assert!(!told("", "<animate/>").contains("animated"));
    assert!(!told("", "<g><x:animate xmlns:x='urn:x'/></g>").contains("animated"));
}

#[test]
fn drawings_tell_their_languages() {
    let languages = |inner: &str| {
        let info = of(&svg("", inner), "image/svg+xml");
        short_form(info.metadata.unwrap().get("translations").unwrap())
    };
    let switch =
        |codes: &str| languages(&format!("<switch><text systemLanguage='{codes}'>x</text></switch>"));
    assert_eq!(switch("de, fr-CA,en"), "{de:2,fr-CA:2,en:2,fr:1}");
    assert_eq!(switch("fr-CA,fr"), "{fr-CA:2,fr:2}");
    assert_eq!(switch("zh-Hant-TW"), "{zh-Hant-TW:2,zh:1}");
    assert_eq!(switch("DE, x_y, !,,<".replace('<', "").as_str()), "{DE:2}");
    assert_eq!(languages("<text systemLanguage='de'>x</text>"), "[]");
    let many: Vec<String> = (0..3000).map(|n| format!("l{n}")).collect();
    assert_eq!(switch(&many.join(",")).matches(':').count(), 1000);
}

#[test]
fn what_only_looks_like_a_drawing_has_no_size() {
    let info = of(b"<svg width='5' height='6'/>", "image/svg+xml");
    assert_eq!(size(&info), (0, 0));
    assert!(metadata(&info).starts_with("{version:2,error:{message:"), "{}", metadata(&info));
    for broken in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'>", b"<html/>"] {
        assert!(is_damaged(&of(broken, "image/svg+xml"), "0"), "{}", broken.escape_ascii());
    }
}

#[test]
fn a_title_takes_no_more_room_than_there_is() {
    let long = "long <!-- -->".repeat(100_000);
    let info = of(&svg("", &format!("<title>{long}</title>")), "image/svg+xml");
    let Some(Data::Str(title)) = info.common.get("ObjectName") else { panic!("no title") };
    assert!((60_000..=65_536).contains(&title.len()), "{}", title.len());
}

#[test]
fn other_bitmaps_have_at_least_dimensions() {
    let bitmap = join(&[
        b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
        &40_u32.to_le_bytes(),
        &30_u32.to_le_bytes(),
        &[0; 28],
    ]);
    let info = of(&bitmap, "image/x-bmp");
    assert_eq!((size(&info), info.metadata.is_none()), ((40, 30), true));
    let photoshop =
        join(&[b"8BPS\0\x01\0\0\0\0\0\0\0\x03", &30_u32.to_be_bytes(), &40_u32.to_be_bytes(), &[0; 8]]);
    assert_eq!(size(&of(&photoshop, "image/x-photoshop")), (40, 30));
    assert_eq!(size(&of(b"BM", "image/x-bmp")), (0, 0));
}

#[test]
fn a_damaged_box_is_no_fault_of_the_disk() {
    // Boxes of impossible lengths: too short, and beyond what a file can have.
    let heif = join(&[b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x03free", &[0; 40]]);
    assert_eq!(size(&of(&heif, "image/heic")), (0, 0));
    let far = u64::MAX - 100;
    let jxl = join(&[b"\0\0\0\x0CJXL \r\n\x87\n", b"\0\0\0\x01free", &far.to_be_bytes(), &[0; 40]]);
    assert_eq!(size(&of(&jxl, "image/jxl")), (0, 0));
    let mut file = std::env::temp_dir();
    file.push(format!("commonhold-media-{}.jxl", std::process::id()));
    std::fs::write(&file, &jxl).unwrap();
    let info = inspect(&mut std::fs::File::open(&file).unwrap(), jxl.len() as u64, "image/jxl");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(size(&info.unwrap()), (0, 0));
}

#[test]
fn many_boxes_are_not_read_without_end() {
    let boxes = join(&[b"\0\0\0\x0CJXL \r\n\x87\n", &b"\0\0\0\x08free".repeat(100_000)]);
    let mut source = crate::samples::Counting::new(&boxes);
    inspect(&mut source, boxes.len() as u64, "image/jxl").unwrap();
    assert!(source.read <= OTHER_LIMIT, "{} bytes read", source.read);
}

#[test]
fn sounds_and_documents_are_only_classed() {
    let cases = [
        (&b"OggS\0\x02 \x80theora"[..], "application/ogg", MediaType::Video),
        (b"OggS\0\x02 \x01vorbis", "application/ogg", MediaType::Audio),
        (b"OggS\0\x02 OpusHead", "application/ogg", MediaType::Audio),
        (b"OggS\0\x02 \x7FFLAC", "application/ogg", MediaType::Audio),
        (b"OggS\0\x02 Speex   ", "application/ogg", MediaType::Audio),
        (b"OggS\0\x02 other", "application/ogg", MediaType::Multimedia),
        (b"%PDF-1.4", "application/pdf", MediaType::Office),
        (b"ID3", "audio/mpeg", MediaType::Audio),
        (b"x", "video/webm", MediaType::Video),
        (b"x", "application/sla", MediaType::ThreeD),
        (b"x", "unknown/unknown", MediaType::Unknown),
    ];
    for (bytes, mime, class) in cases {
        let info = of(bytes, mime);
        assert_eq!((info.media_type, size(&info)), (class, (0, 0)), "{mime}");
        assert!(info.metadata.is_none());
        assert_eq!(common(&info), "{}");
    }
}
