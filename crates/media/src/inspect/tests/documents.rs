//! Documents, and still pictures in containers.

use super::*;
use crate::samples::iso_box;

/// A document with a table of its objects. Each object is without its number, which is its place plus one.
fn pdf(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
    }
    let at = file.len();
    file.extend(format!("{table}trailer\n<<{trailer}>>\nstartxref\n{at}\n%%EOF\n").bytes());
    file
}

const CATALOGUE: &str = "<</Type/Catalog/Pages 2 0 R>>";
const TRAILER: &str = "/Root 1 0 R/Info 5 0 R";

fn simple() -> Vec<u8> {
    pdf(
        &[
            CATALOGUE,
            "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]/MediaBox[0 0 595.276 841.89]>>",
            "<</Type/Page/Parent 2 0 R>>",
            "<</Type/Page/Parent 2 0 R/MediaBox [0 0 100 200]/CropBox 6 0 R/Rotate 90>>",
            "<</Title(A \\(title\\))/Author<FEFF00C9>/Keywords(one two)/CreationDate(D:20200102030405+01'00')>>",
            "[10 10 82 154]",
        ],
        TRAILER,
    )
}

#[test]
fn a_document_tells_its_pages_and_texts() {
    let info = of(&simple(), "application/pdf");
    assert_eq!((size(&info), info.pages), ((1240, 1753), Some(2)));
    let length = simple().len();
    assert_eq!(
        metadata(&info),
        format!(
            "{{Title:\"A (title)\",Keywords:\"one two\",Author:\"É\",CreationDate:\"2020-01-02T03:04:05+0100\",\
             Tagged:\"no\",Pages:2,Encrypted:\"no\",Page size:\"595.276 x 841.89 pts (A4)\",\
             File size:\"{length} bytes\",PDF version:\"1.4\",\
             pages:{{1:{{Page size:\"595.276 x 841.89 pts (A4)\",Page rot:0}},\
             2:{{Page size:\"72 x 144 pts\",Page rot:90}}}},mergedMetadata:{}}}",
            common(&info)
        )
    );
    assert_eq!(
        common(&info),
        "{ObjectName:\"A (title)\",Keywords:[\"one\",\"two\"],Artist:\"É\",DateTimeDigitized:\"2020:01:02 03:04:05\",\
         pdf-Encrypted:\"no\",pdf-PageSize:[\"595.276 x 841.89 pts (A4)\",\"72 x 144 pts\"],pdf-Version:\"1.4\"}"
    );
}

#[test]
fn a_document_without_a_table_is_searched() {
    let whole = simple();
    let end = whole.windows(4).position(|w| w == b"xref").unwrap();
    let file = join(&[&whole[..end], b"trailer\n<</Root 1 0 R>>\n"]);
    assert_eq!(of(&file, "application/pdf").pages, Some(2));
    // One that points elsewhere.
    let wrong = String::from_utf8_lossy(&whole).replace("startxref\n", "startxref\n1");
    assert_eq!(of(wrong.as_bytes(), "application/pdf").pages, Some(2));
    for broken in [&b"%PDF-1.4"[..], b"%PDF-1.4\n1 0 obj", b"%PDF-1.4\ntrailer<</Root 1 0 R>>startxref\n0"] {
        let info = of(broken, "application/pdf");
        assert_eq!((size(&info), info.pages, info.metadata), ((0, 0), None, None));
    }
}

#[test]
fn newer_documents_keep_objects_in_streams() {
    for predicts in [false, true] {
        let mut file = b"%PDF-1.5\n".to_vec();
        let packed = zlib(b"1 0 2 30 <</Type/Catalog/Pages 2 0 R>>  <</Type/Pages/Count 1/Kids[3 0 R]>>");
        // Behind both heads; the first object is 30 bytes long with its blanks.
        let first = b"1 0 2 30 ".len();
        let page_at = file.len();
        file.extend(b"3 0 obj<</Type/Page/MediaBox[0 0 612 792]>>endobj\n");
        let stream_at = file.len();
        let head = format!(
            "4 0 obj<</Type/ObjStm/N 2/First {first}/Filter/FlateDecode/Length {}>>stream\r\n",
            packed.len()
        );
        file.extend(join(&[head.as_bytes(), &packed, b"\nendstream endobj\n"]));
        let table_at = file.len();
        let row = |kind: u8, a: usize, b: u8| [kind, (a >> 8) as u8, a as u8, b];
        let rows = [row(0, 0, 0), row(2, 4, 0), row(2, 4, 1), row(1, page_at, 0), row(1, stream_at, 0)];
        let (table, parameters) = if predicts {
            let mut above = [0; 4];
            let up = rows.iter().flat_map(|row| {
                let difference: Vec<u8> = row.iter().zip(above).map(|(a, b)| a.wrapping_sub(b)).collect();
                above = *row;
                join(&[&[2], &difference])
            });
            (up.collect::<Vec<u8>>(), "/DecodeParms<</Predictor 12/Columns 4>>")
        } else {
            (rows.concat(), "")
        };
        let table = zlib(&table);
        let head = format!(
            "5 0 obj<</Type/XRef/Size 5/W[1 2 1]/Root 1 0 R/Filter[/FlateDecode]{parameters}/Length {}>>stream\n",
            table.len()
        );
        file.extend(join(&[head.as_bytes(), &table, b"\nendstream endobj\n"]));
        file.extend(format!("startxref\n{table_at}\n%%EOF").bytes());
        let info = of(&file, "application/pdf");
        assert_eq!((size(&info), info.pages), ((1275, 1650), Some(1)), "{predicts}");
        assert_eq!(info.metadata.unwrap().get("Page size"), Some(&"612 x 792 pts (letter)".into()));
    }
}

/// It would have to be unpacked to know how long it is.
#[test]
fn a_stream_that_holds_its_own_length_ends() {
    for inner in ["/Length 6 0 R", "/Length 20/Filter/FlateDecode/DecodeParms 6 0 R"] {
        let mut file = b"%PDF-1.5\n".to_vec();
        let stream_at = file.len();
        file.extend(
            format!("5 0 obj<</Type/ObjStm/N 1/First 4{inner}>>stream\n6 0 7\nendstream endobj\n").bytes(),
        );
        let table_at = file.len();
        let rows = [[1, (stream_at >> 8) as u8, stream_at as u8, 0], [2, 0, 5, 0]].concat();
        file.extend(b"7 0 obj<</Type/XRef/Size 7/Index[5 2]/W[1 2 1]/Root 6 0 R/Length 8>>stream\n");
        file.extend(join(&[&rows, b"\nendstream endobj\n"]));
        file.extend(format!("startxref\n{table_at}\n%%EOF").bytes());
        assert_eq!(of(&file, "application/pdf").pages, None, "{inner}");
    }
}

#[test]
fn a_table_may_begin_anywhere() {
    let file = String::from_utf8(simple()).unwrap();
    let file = file.replace("xref\n0 7\n", "xref\n18446744073709551615 7\n");
    assert!(file.contains("18446744073709551615"));
    assert_eq!(of(file.as_bytes(), "application/pdf").pages, Some(2));
}

/// Each would be a dictionary up to the end of the file.
#[test]
fn many_trailers_are_as_few() {
    for word in ["trailer(", "trailer%", "trailer<<"] {
        let file = format!("%PDF-1.4\n{}", word.repeat(500_000));
        assert_eq!(of(file.as_bytes(), "application/pdf").pages, None, "{word}");
    }
}

#[test]
fn pages_that_are_lost_are_counted_as_the_document_says() {
    let file = pdf(
        &[
            CATALOGUE,
            "<</Type/Pages/Count 4/Kids[3 0 R 99 0 R]/MediaBox[0 0 72 72]>>",
            "<</Type/Page/Parent 2 0 R>>",
            "null",
        ],
        TRAILER,
    );
    assert_eq!(of(&file, "application/pdf").pages, Some(4));
}

#[test]
fn older_tables_follow_newer_ones() {
    let mut file = simple();
    let previous = String::from_utf8_lossy(&file).rfind("xref\n0 ").unwrap();
    let page_at = file.len();
    file.extend(b"3 0 obj<</Type/Page/MediaBox[0 0 72 72]>>endobj\n");
    let table_at = file.len();
    file.extend(
        format!(
            "xref\n3 1\n{page_at:010} 00000 n \ntrailer<</Root 1 0 R/Prev {previous}>>\nstartxref\n{table_at}\n%%EOF"
        )
        .bytes(),
    );
    let info = of(&file, "application/pdf");
    assert_eq!((size(&info), info.pages), ((150, 150), Some(2)));
}

#[test]
fn hostile_documents_have_an_end() {
    let page = "<</Type/Page/MediaBox[0 0 72 72]>>";
    let of_tree = |pages: &str, third: &str| {
        of(&pdf(&[CATALOGUE, pages, third], "/Root 1 0 R"), "application/pdf").pages
    };
    assert_eq!(of_tree("<</Kids[3 0 R 3 0 R 2 0 R 1 0 R]/Count 2147483647>>", page), Some(1));
    assert_eq!(of_tree("<</Kids[2 0 R]>>", page), None);
    assert_eq!(of_tree("<</Kids 3 0 R>>", "3 0 R"), None);
    assert_eq!(of_tree("<</Kids[3 0 R]>>", "<</MediaBox[0 0 1e300 -5]>>"), None);
    // A table that is its own elder.
    let mut file = simple();
    let at = String::from_utf8_lossy(&file).rfind("xref\n0 ").unwrap();
    let text = String::from_utf8_lossy(&file).replace(TRAILER, &format!("/Prev {at}{TRAILER}"));
    assert_eq!(of(text.as_bytes(), "application/pdf").pages, Some(2));
    // Many pages without an end to them cost a bounded time.
    let kids: String = (3..60_000).map(|n| format!("{n} 0 R ")).collect();
    let tree = format!("<</Kids[{kids}]/Count 60000>>");
    let mut objects = vec![CATALOGUE, &tree];
    objects.extend(vec![page; 30_000]);
    file = pdf(&objects, "/Root 1 0 R");
    let info = of(&file, "application/pdf");
    assert!(info.pages.is_some_and(|p| p <= 30_002), "{:?}", info.pages);
    assert!(metadata(&info).len() < 300_000);
}

#[test]
fn what_is_encrypted_is_no_text() {
    let text = String::from_utf8_lossy(&simple()).replace(TRAILER, &format!("/Encrypt 6 0 R{TRAILER}"));
    let info = of(text.as_bytes(), "application/pdf");
    assert_eq!(info.pages, Some(2));
    let metadata = info.metadata.unwrap();
    assert_eq!((metadata.get("Encrypted"), metadata.get("Title")), (Some(&"yes".into()), None));
}

fn djvu_page(width: u16, height: u16, turned: u8) -> Vec<u8> {
    let info =
        join(&[&width.to_be_bytes(), &height.to_be_bytes(), &[24, 0], &300_u16.to_le_bytes(), &[22, turned]]);
    let inside = join(&[b"DJVUINFO\0\0\0\x0A", &info]);
    join(&[b"FORM", &u32::try_from(inside.len()).unwrap().to_be_bytes(), &inside])
}

#[test]
fn djvu_tells_its_pages() {
    let single = join(&[b"AT&T", &djvu_page(40, 30, 1)]);
    let info = of(&single, "image/vnd.djvu");
    assert_eq!((size(&info), info.pages, info.media_type), ((40, 30), Some(1), MediaType::Office));
    assert_eq!(metadata(&info), "{data:{pages:[{height:30,width:40,dpi:300}]}}");
    let inside = join(&[
        b"DJVMDIRM\0\0\0\x03xyz\0",
        b"FORM\0\0\0\x04DJVI",
        &djvu_page(10, 20, 6),
        &djvu_page(8, 9, 0),
    ]);
    let file = join(&[b"AT&TFORM", &u32::try_from(inside.len()).unwrap().to_be_bytes(), &inside]);
    let info = of(&file, "image/vnd.djvu");
    assert_eq!((size(&info), info.pages), ((20, 10), Some(2)));
    assert_eq!(
        metadata(&info),
        "{data:{pages:[{height:10,width:20,dpi:300,rotation:90},{height:9,width:8,dpi:300}]}}"
    );
    for broken in [&b"AT&TFORM"[..], b"AT&TFORM\0\0\0\x04DJVU", b"AT&TFORM\0\0\0\x04DJVM", b"FORM"] {
        assert!(of(broken, "image/vnd.djvu").metadata.is_none());
    }
}

#[test]
fn tiff_files_may_have_pages() {
    let page = |at: usize, next: u32| {
        let mut bytes = crate::samples::directory(at, &[short(0x100, 4), short(0x101, 3)]);
        let end = bytes.len() - 4;
        bytes[end..].copy_from_slice(&next.to_le_bytes());
        bytes
    };
    let first = page(8, 38);
    assert_eq!(8 + first.len(), 38);
    let file = |next| join(&[b"II*\0\x08\0\0\0", &first, &page(38, next)]);
    assert_eq!(of(&file(0), "image/tiff").pages, Some(2));
    // Round in a circle, and to nowhere.
    assert_eq!(of(&file(8), "image/tiff").pages, Some(2));
    assert_eq!(of(&join(&[b"II*\0\x08\0\0\0", &page(8, 0)]), "image/tiff").pages, None);
}

#[test]
fn webp_tells_exif_and_xmp() {
    let exif = tiff(&[ascii(0x10F, "Maker")], &[], &[]);
    let xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
        <rdf:Description xmlns:ps='http://ns.adobe.com/photoshop/1.0/' ps:City='Ulm'/></rdf:RDF></x:xmpmeta>";
    for prefix in [&b""[..], b"Exif\0\0"] {
        let chunks: &[([u8; 4], &[u8])] = &[
            (*b"VP8X", &vp8x(12, 9, 7)),
            (*b"VP8 ", &vp8(9, 7)),
            (*b"EXIF", &join(&[prefix, &exif])),
            (*b"XMP ", xmp),
        ];
        let info = of(&riff(*b"WEBP", chunks), "image/webp");
        assert_eq!(common(&info), "{Make:\"Maker\",CityDest:\"Ulm\"}");
        assert!(metadata(&info).ends_with("metadata:{Make:\"Maker\",CityDest:\"Ulm\",_MW_WEBP_VERSION:1}}"));
        assert_eq!(size(&info), (9, 7));
    }
}

#[test]
fn still_pictures_in_boxes_tell_exif() {
    let exif = join(&[&[0; 4], &tiff(&[ascii(0x10F, "Maker"), short(0x112, 6)], &[], &[])]);
    let build = |at: usize| {
        let size = iso_box(*b"ispe", &join(&[&[0; 4], &40_u32.to_be_bytes(), &30_u32.to_be_bytes()]));
        let depth = iso_box(*b"pixi", &[0, 0, 0, 0, 3, 10, 10, 10]);
        let properties = iso_box(*b"iprp", &iso_box(*b"ipco", &join(&[&size, &depth])));
        let entry = iso_box(*b"infe", b"\x02\0\0\0\0\x01\0\0Exif\0");
        let list = iso_box(*b"iinf", &join(&[&[0; 4], &[0, 1], &entry]));
        let location = join(&[
            b"\0\0\0\0\x44\0\0\x01\0\x01\0\0\0\x01",
            &u32::try_from(at).unwrap().to_be_bytes(),
            &u32::try_from(exif.len()).unwrap().to_be_bytes(),
        ]);
        let meta = iso_box(*b"meta", &join(&[&[0; 4], &list, &iso_box(*b"iloc", &location), &properties]));
        join(&[&iso_box(*b"ftyp", b"avif\0\0\0\0mif1avif"), &meta, b"\0\0\0\0mdat"])
    };
    let file = join(&[&build(build(0).len()), &exif]);
    for mime in ["image/avif", "image/heic"] {
        let info = of(&file, mime);
        assert_eq!(
            (size(&info), info.bits, common(&info)),
            ((40, 30), 10, "{Make:\"Maker\"}".to_owned()),
            "{mime}"
        );
        assert_eq!(metadata(&info), "{Make:\"Maker\",MEDIAWIKI_EXIF_VERSION:2}");
    }
    let jxl = join(&[
        b"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ",
        &iso_box(*b"Exif", &exif),
        b"\0\0\0\x18jxlc\xFF\x0A\xFA\x1F\x01\x90\x08\x06\x01\0\0\0\0\0\0\0",
    ]);
    assert_eq!(common(&of(&jxl, "image/jxl")), "{Make:\"Maker\"}");
}

/// A place in 256 KiB of places that are nothing, each in 65,535 pieces of no size.
#[test]
fn places_of_no_size_take_no_time() {
    let entry = iso_box(*b"infe", b"\x02\0\0\0\0\x01\0\0Exif\0");
    let list = iso_box(*b"iinf", &join(&[&[0; 4], &[15, 0], &entry.repeat(3_840)]));
    let places = b"\0\x02\0\0\xFF\xFF".repeat(43_000);
    let location = iso_box(*b"iloc", &join(&[b"\0\0\0\0\0\0\xFF\xFF", &places]));
    let size = iso_box(*b"ispe", &join(&[&[0; 4], &40_u32.to_be_bytes(), &30_u32.to_be_bytes()]));
    let properties = iso_box(*b"iprp", &iso_box(*b"ipco", &size));
    let meta = iso_box(*b"meta", &join(&[&[0; 4], &list, &location, &properties]));
    let file = join(&[&iso_box(*b"ftyp", b"avif\0\0\0\0mif1avif"), &meta]);
    assert_eq!(common(&of(&file, "image/avif")), "{}");
}
