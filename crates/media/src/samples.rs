//! Small files for the tests, built byte by byte.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A source that counts what is read from it.
pub(crate) struct Counting<'a> {
    bytes: Cursor<&'a [u8]>,
    /// How many bytes have been read.
    pub(crate) read: u64,
    /// How often the place was changed.
    pub(crate) seeks: u64,
}

impl<'a> Counting<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: Cursor::new(bytes), read: 0, seeks: 0 }
    }
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.seeks += 1;
        self.bytes.seek(to)
    }
}

pub(crate) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Text as UTF-16 without a mark.
pub(crate) fn utf16(text: &str, is_big_endian: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|u| if is_big_endian { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
}

pub(crate) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A segment of a JPEG file.
pub(crate) fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let size = u16::try_from(data.len() + 2).unwrap();
    join(&[&[0xFF, marker], &size.to_be_bytes(), data])
}

/// A JPEG file of 40×30 with so many channels; only what says so is real.
pub(crate) fn jpeg(channels: u8, segments: &[Vec<u8>]) -> Vec<u8> {
    let frame = [&[8, 0, 30, 0, 40, channels][..], &[1, 0x11, 0].repeat(channels.into())].concat();
    let jfif = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let extra = segments.concat();
    join(&[
        b"\xFF\xD8",
        &jfif,
        &extra,
        &segment(0xC0, &frame),
        &segment(0xDA, b"\x01\x01\0\0\x3F\0"),
        b"\x12\x34\xFF\xD9",
    ])
}

/// One entry of a TIFF directory: tag, type, and the values' bytes.
pub(crate) type Entry = (u16, u16, Vec<u8>);

pub(crate) fn ascii(tag: u16, text: &str) -> Entry {
    (tag, 2, [text.as_bytes(), b"\0"].concat())
}

pub(crate) fn short(tag: u16, value: u16) -> Entry {
    (tag, 3, value.to_le_bytes().to_vec())
}

pub(crate) fn long(tag: u16, value: u32) -> Entry {
    (tag, 4, value.to_le_bytes().to_vec())
}

pub(crate) fn ratios(tag: u16, values: &[(u32, u32)]) -> Entry {
    (tag, 5, values.iter().flat_map(|(n, d)| [n.to_le_bytes(), d.to_le_bytes()].concat()).collect())
}

/// A directory that lies at an offset; its values follow it.
pub(crate) fn directory(at: usize, entries: &[Entry]) -> Vec<u8> {
    let mut table = u16::try_from(entries.len()).unwrap().to_le_bytes().to_vec();
    let mut values = Vec::<u8>::new();
    let values_at = at + 2 + 12 * entries.len() + 4;
    for (tag, kind, bytes) in entries {
        let unit = match kind {
            3 | 8 => 2,
            4 | 9 => 4,
            5 | 10 => 8,
            _ => 1,
        };
        table.extend(tag.to_le_bytes());
        table.extend(kind.to_le_bytes());
        table.extend(u32::try_from(bytes.len() / unit).unwrap().to_le_bytes());
        if bytes.len() <= 4 {
            table.extend(bytes);
            table.resize(table.len() + 4 - bytes.len(), 0);
        } else {
            table.extend(u32::try_from(values_at + values.len()).unwrap().to_le_bytes());
            values.extend(bytes);
        }
    }
    table.extend([0; 4]);
    table.extend(values);
    table
}

/// A little-endian TIFF structure with directories of the picture, of EXIF and of GPS.
pub(crate) fn tiff(image: &[Entry], exif: &[Entry], gps: &[Entry]) -> Vec<u8> {
    let build = |exif_at: usize, gps_at: usize| {
        let mut image = image.to_vec();
        if !exif.is_empty() {
            image.push(long(0x8769, u32::try_from(exif_at).unwrap()));
        }
        if !gps.is_empty() {
            image.push(long(0x8825, u32::try_from(gps_at).unwrap()));
        }
        directory(8, &image)
    };
    let exif_at = 8 + build(0, 0).len();
    let exif_bytes = directory(exif_at, exif);
    let gps_at = exif_at + exif_bytes.len();
    join(&[b"II*\0\x08\0\0\0", &build(exif_at, gps_at), &exif_bytes, &directory(gps_at, gps)])
}

/// A JPEG segment with EXIF.
pub(crate) fn exif_segment(tiff: &[u8]) -> Vec<u8> {
    segment(0xE1, &join(&[b"Exif\0\0", tiff]))
}

/// A chunk of a PNG file. The checksum is that of nothing; no reader here looks at it.
pub(crate) fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    join(&[&u32::try_from(data.len()).unwrap().to_be_bytes(), &kind, data, &[0; 4]])
}

/// A PNG file of 20×10.
pub(crate) fn png(bits: u8, color: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&[0, 0, 0, 20, 0, 0, 0, 10][..], &[bits, color, 0, 0, 0]].concat();
    join(&[
        b"\x89PNG\r\n\x1A\n",
        &chunk(*b"IHDR", &header),
        &chunks.concat(),
        &chunk(*b"IDAT", &zlib(b"\0")),
        &chunk(*b"IEND", b""),
    ])
}

/// The control of an animated PNG's frame.
pub(crate) fn frame_control(delay: u16, unit: u16) -> Vec<u8> {
    chunk(*b"fcTL", &join(&[&[0; 20], &delay.to_be_bytes(), &unit.to_be_bytes(), &[0; 2]]))
}

/// A GIF file of 10×8 with a colour table of four.
pub(crate) fn gif(blocks: &[Vec<u8>]) -> Vec<u8> {
    join(&[b"GIF89a\x0A\0\x08\0\x81\0\0", &[0; 12], &blocks.concat(), b";"])
}

/// A frame of a GIF file, after its delay in hundredths of a second.
pub(crate) fn gif_frame(delay: u16) -> Vec<u8> {
    let image = b",\0\0\0\0\x0A\0\x08\0\0\x02\x02\x44\x01\0";
    join(&[b"!\xF9\x04\0", &delay.to_le_bytes(), b"\0\0", image])
}

pub(crate) fn gif_loop(times: u16) -> Vec<u8> {
    join(&[b"!\xFF\x0BNETSCAPE2.0\x03\x01", &times.to_le_bytes(), b"\0"])
}

pub(crate) fn gif_comment(text: &[u8]) -> Vec<u8> {
    let blocks = text.chunks(255).flat_map(|c| [&[u8::try_from(c.len()).unwrap()], c].concat());
    join(&[b"!\xFE", &blocks.collect::<Vec<_>>(), b"\0"])
}

/// A RIFF file.
pub(crate) fn riff(kind: [u8; 4], chunks: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = kind.to_vec();
    for (name, data) in chunks {
        body.extend(name);
        body.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        body.extend(*data);
        body.resize(body.len() + data.len() % 2, 0);
    }
    join(&[b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes(), &body])
}

/// The picture of a lossy WebP file.
pub(crate) fn vp8(width: u16, height: u16) -> Vec<u8> {
    join(&[b"\x10\0\0\x9D\x01\x2A", &width.to_le_bytes(), &height.to_le_bytes(), &[0; 8]])
}

/// The picture of a lossless WebP file.
pub(crate) fn vp8l(width: u32, height: u32) -> Vec<u8> {
    join(&[b"\x2F", &((width - 1) | (height - 1) << 14).to_le_bytes(), &[0; 8]])
}

/// The header of an extended WebP file.
pub(crate) fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    join(&[&[flags, 0, 0, 0], &(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]])
}

/// A ZIP file with entries of one byte.
pub(crate) fn zip(names: &[&[u8]]) -> Vec<u8> {
    zip_with(names, u16::try_from(names.len()).unwrap(), b"")
}

/// A ZIP file that says how many entries it has, and with a comment.
pub(crate) fn zip_with(names: &[&[u8]], count: u16, comment: &[u8]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let at = u32::try_from(out.len()).unwrap();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let sizes = [[0; 4], 1_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
        out.extend(join(&[
            b"PK\x03\x04",
            &[10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &sizes,
            &length,
            &[0; 2],
            name,
            b"x",
        ]));
        directory.extend(join(&[
            b"PK\x01\x02",
            &[10, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &sizes,
            &length,
            &[0; 12],
            &at.to_le_bytes(),
            name,
        ]));
    }
    let [size, at] = [directory.len(), out.len()].map(|n| u32::try_from(n).unwrap().to_le_bytes());
    let (count, length) = (count.to_le_bytes(), u16::try_from(comment.len()).unwrap().to_le_bytes());
    join(&[&out, &directory, b"PK\x05\x06\0\0\0\0", &count, &count, &size, &at, &length, comment])
}

/// The beginning of a Matroska file with a document type and a codec.
pub(crate) fn matroska(doctype: &[u8], codec: &[u8]) -> Vec<u8> {
    let size = |bytes: &[u8]| vec![0x80 | u8::try_from(bytes.len()).unwrap()];
    join(&[
        b"\x1A\x45\xDF\xA3\xA3\x42\x82",
        &size(doctype),
        doctype,
        b"\x18\x53\x80\x67\x86",
        &size(codec),
        codec,
        &[0; 40],
    ])
}

/// Binary STL of so many triangles.
pub(crate) fn stl(triangles: u32) -> Vec<u8> {
    join(&[&[0; 80], &triangles.to_le_bytes(), &vec![0; 50 * triangles as usize]])
}

/// A drawing with attributes on its outermost element and something in it.
pub(crate) fn svg(attributes: &str, inner: &str) -> Vec<u8> {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {attributes}>{inner}</svg>").into_bytes()
}

/// A page of Ogg with packets that end in it; a piece whose length can be divided by 255 goes on.
pub(crate) fn ogg_page(flags: u8, granule: u64, serial: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut lacing = Vec::new();
    for packet in packets {
        lacing.resize(lacing.len() + packet.len() / 255, 255);
        if packet.len() % 255 > 0 {
            lacing.push(u8::try_from(packet.len() % 255).unwrap());
        }
    }
    join(&[
        b"OggS\0",
        &[flags],
        &granule.to_le_bytes(),
        &serial.to_le_bytes(),
        &[0; 8],
        &[u8::try_from(lacing.len()).unwrap()],
        &lacing,
        &packets.concat(),
    ])
}

/// The first packet of Vorbis.
pub(crate) fn vorbis_head(channels: u8, rate: u32) -> Vec<u8> {
    join(&[b"\x01vorbis\0\0\0\0", &[channels], &rate.to_le_bytes(), &[0; 14]])
}

/// A Vorbis comment.
pub(crate) fn comment(vendor: &str, texts: &[&str]) -> Vec<u8> {
    let length = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let joined: Vec<u8> = texts.iter().flat_map(|t| [&length(t.len()), t.as_bytes()].concat()).collect();
    join(&[&length(vendor.len()), vendor.as_bytes(), &length(texts.len()), &joined])
}

/// A box of ISO media.
pub(crate) fn iso_box(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    join(&[&u32::try_from(content.len() + 8).unwrap().to_be_bytes(), &kind, content])
}

/// An element of EBML.
pub(crate) fn ebml(id: u32, content: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let begin = id.iter().position(|b| *b != 0).unwrap();
    join(&[&id[begin..], &(0x1000_0000 | u32::try_from(content.len()).unwrap()).to_be_bytes(), content])
}
