//! Icons that stand for files without thumbnails: a sheet of paper with the extension on it, drawn here.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, header};
use commonhold_repo::ICON_EXTENSIONS;

use crate::answer;

/// Pixels of a side.
const SIDE: usize = 120;
/// Bytes of a row of pixels, four in each.
const ROW: usize = SIDE / 4;
/// Icons don't change.
const MAX_AGE: &str = "public, max-age=86400";

/// Colours of pixels.
const NOTHING: u8 = 0;
const LINE: u8 = 1;
const PAPER: u8 = 2;
const BAND: u8 = 3;

/// All of them by extension, drawn when the first one is asked for. The empty one stands for all other extensions.
static ICONS: LazyLock<HashMap<&str, Bytes>> = LazyLock::new(|| {
    let extensions = ICON_EXTENSIONS.iter().copied().chain([""]);
    extensions.map(|extension| (extension, draw(extension).into())).collect()
});

/// The icon called so, such as `fileicon-pdf.png`.
pub(crate) fn serve(name: &str) -> Response<Body> {
    let extension = match name.strip_suffix(".png").and_then(|name| name.strip_prefix("fileicon")) {
        Some("") => Some(""),
        // Without the extension after its hyphen there is no such icon.
        Some(rest) => rest.strip_prefix('-').filter(|extension| !extension.is_empty()),
        None => None,
    };
    let Some(icon) = extension.and_then(|extension| ICONS.get(extension)) else { return answer::not_found() };
    let mut response = Response::new(Body::from(icon.clone()));
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(MAX_AGE));
    response
}

/// Letters of five by seven pixels: a number for each row, the highest of its five bits to the left.
const LETTERS: [[u8; 7]; 26] = [
    [14, 17, 17, 31, 17, 17, 17],
    [30, 17, 17, 30, 17, 17, 30],
    [14, 17, 16, 16, 16, 17, 14],
    [30, 17, 17, 17, 17, 17, 30],
    [31, 16, 16, 30, 16, 16, 31],
    [31, 16, 16, 30, 16, 16, 16],
    [14, 17, 16, 19, 17, 17, 14],
    [17, 17, 17, 31, 17, 17, 17],
    [14, 4, 4, 4, 4, 4, 14],
    [3, 1, 1, 1, 1, 17, 14],
    [17, 18, 20, 24, 20, 18, 17],
    [16, 16, 16, 16, 16, 16, 31],
    [17, 27, 21, 21, 17, 17, 17],
    [17, 25, 25, 21, 19, 19, 17],
    [14, 17, 17, 17, 17, 17, 14],
    [30, 17, 17, 30, 16, 16, 16],
    [14, 17, 17, 17, 21, 18, 13],
    [30, 17, 17, 30, 20, 18, 17],
    [15, 16, 16, 14, 1, 1, 30],
    [31, 4, 4, 4, 4, 4, 4],
    [17, 17, 17, 17, 17, 17, 14],
    [17, 17, 17, 17, 10, 10, 4],
    [17, 17, 17, 21, 21, 27, 17],
    [17, 10, 10, 4, 10, 10, 17],
    [17, 17, 10, 4, 4, 4, 4],
    [31, 1, 2, 4, 8, 16, 31],
];

/// The colour of the band that the extension stands on.
fn colour(extension: &str) -> [u8; 3] {
    match extension {
        "mid" | "mpga" | "ogg" | "rm" => [0x7b, 0x3f, 0xa8],
        "mov" => [0x1f, 0x6f, 0xa8],
        "svg" | "psd" | "xcf" => [0x1d, 0x8a, 0x4f],
        "pdf" | "ps" | "djvu" | "dvi" | "tex" | "txt" | "html" => [0xb0, 0x36, 0x2f],
        "deb" | "rpm" | "tar" | "iso" => [0xa8, 0x70, 0x14],
        _ => [0x4a, 0x5a, 0x70],
    }
}

/// The picture, as PNG.
fn draw(extension: &str) -> Vec<u8> {
    let mut pixels = [[NOTHING; SIDE]; SIDE];
    // The sheet: its upper right corner is folded.
    for (y, row) in pixels.iter_mut().enumerate().take(110).skip(10) {
        for (x, pixel) in row.iter_mut().enumerate().take(98).skip(22) {
            let (from_left, from_top) = (x - 22, y - 10);
            let past_fold = (from_left + 1).saturating_sub(56 + from_top);
            if past_fold > 0 {
                continue;
            }
            let at_edge = !(2..74).contains(&from_left) || !(2..98).contains(&from_top);
            let at_fold = from_left + 2 >= 56 + from_top;
            let flap = (from_left == 55 || from_left == 56) && from_top < 21;
            let crease = (from_top == 19 || from_top == 20) && from_left >= 55;
            *pixel = if at_edge || at_fold || flap || crease { LINE } else { PAPER };
        }
    }
    if extension.is_empty() {
        for y in [40, 52, 64, 76, 88] {
            for row in &mut pixels[y..y + 4] {
                row[36..84].fill(BAND);
            }
        }
    } else {
        for row in &mut pixels[60..94] {
            row[24..96].fill(BAND);
        }
        write(&mut pixels, extension);
    }
    png(&pixels, colour(extension))
}

/// Writes up to four letters on the band, three pixels for each of theirs.
fn write(pixels: &mut [[u8; SIDE]; SIDE], text: &str) {
    let width = text.len() * 18 - 3;
    let left = (SIDE - width) / 2;
    for (at, byte) in text.bytes().enumerate() {
        let Some(letter) = LETTERS.get(usize::from(byte.wrapping_sub(b'a'))) else { continue };
        for y in 0..21 {
            for x in 0..15 {
                if letter[y / 3] & (16 >> (x / 3)) != 0 {
                    pixels[67 + y][left + at * 18 + x] = PAPER;
                }
            }
        }
    }
}

/// A PNG of four colours, not compressed.
fn png(pixels: &[[u8; SIDE]; SIDE], band: [u8; 3]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(SIDE * (ROW + 1));
    for row in pixels {
        rows.push(0);
        rows.extend(row.chunks(4).map(|four| four.iter().fold(0, |byte, pixel| byte << 2 | pixel)));
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = (SIDE as u32).to_be_bytes();
    chunk(&mut file, *b"IHDR", &[&side[..], &side[..], &[2, 3, 0, 0, 0]].concat());
    let [red, green, blue] = band;
    chunk(&mut file, *b"PLTE", &[255, 255, 255, 0x54, 0x59, 0x5d, 0xf8, 0xf9, 0xfa, red, green, blue]);
    chunk(&mut file, *b"tRNS", &[0]);
    // One block of bytes that are stored as they are.
    let length = rows.len() as u16;
    let mut data = vec![0x78, 0x01, 0x01];
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(&rows);
    data.extend(adler32(&rows).to_be_bytes());
    chunk(&mut file, *b"IDAT", &data);
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let from = file.len();
    file.extend(kind);
    file.extend(data);
    let sum = crc32(&file[from..]);
    file.extend(sum.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn every_extension_has_its_icon() {
        for extension in ICON_EXTENSIONS {
            let response = serve(&format!("fileicon-{extension}.png"));
            assert_eq!(response.status(), 200, "{extension}");
            assert_ne!(draw(extension), draw(""));
        }
        assert_eq!(serve("fileicon.png").status(), 200);
        for other in ["fileicon-.png", "fileicon-xyz.png", "icon.png", "fileicon", "fileicon-../pdf.png"] {
            assert_eq!(serve(other).status(), 404, "{other}");
        }
    }
}
