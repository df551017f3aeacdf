//! EXIF under MediaWiki's names.

use std::io;
use std::ops::RangeInclusive;

use commonhold_core::Data;

use super::tiff::{Directories, Values};
use super::{Entries, icc, text};
use crate::source::Source;

/// What MediaWiki adds to say which rules the data follow.
pub(super) const VERSION: (&str, i64) = ("MEDIAWIKI_EXIF_VERSION", 2);

const EXIF_DIRECTORY: u16 = 0x8769;
const GPS_DIRECTORY: u16 = 0x8825;
/// A colour profile.
pub(super) const PROFILE: u16 = 0x8773;

/// The tags that say where: letters of the hemispheres and degrees, side of the sea's level and metres.
const GPS: RangeInclusive<u16> = 1..=6;

const IMAGE: &[(u16, &str)] = &[
    (0x100, "ImageWidth"),
    (0x101, "ImageLength"),
    (0x102, "BitsPerSample"),
    (0x103, "Compression"),
    (0x106, "PhotometricInterpretation"),
    (0x10E, "ImageDescription"),
    (0x10F, "Make"),
    (0x110, "Model"),
    (0x111, "StripOffsets"),
    (0x112, "Orientation"),
    (0x115, "SamplesPerPixel"),
    (0x116, "RowsPerStrip"),
    (0x117, "StripByteCounts"),
    (0x11A, "XResolution"),
    (0x11B, "YResolution"),
    (0x11C, "PlanarConfiguration"),
    (0x128, "ResolutionUnit"),
    (0x131, "Software"),
    (0x132, "DateTime"),
    (0x13B, "Artist"),
    (0x13E, "WhitePoint"),
    (0x13F, "PrimaryChromaticities"),
    (0x211, "YCbCrCoefficients"),
    (0x212, "YCbCrSubSampling"),
    (0x213, "YCbCrPositioning"),
    (0x214, "ReferenceBlackWhite"),
    (0x8298, "Copyright"),
    (PROFILE, "ICCProfileName"),
];

const PHOTO: &[(u16, &str)] = &[
    (0x829A, "ExposureTime"),
    (0x829D, "FNumber"),
    (0x8822, "ExposureProgram"),
    (0x8824, "SpectralSensitivity"),
    (0x8827, "ISOSpeedRatings"),
    (0x9000, "ExifVersion"),
    (0x9003, "DateTimeOriginal"),
    (0x9004, "DateTimeDigitized"),
    (0x9102, "CompressedBitsPerPixel"),
    (0x9201, "ShutterSpeedValue"),
    (0x9202, "ApertureValue"),
    (0x9203, "BrightnessValue"),
    (0x9204, "ExposureBiasValue"),
    (0x9205, "MaxApertureValue"),
    (0x9206, "SubjectDistance"),
    (0x9207, "MeteringMode"),
    (0x9208, "LightSource"),
    (0x9209, "Flash"),
    (0x920A, "FocalLength"),
    (0x9214, "SubjectArea"),
    (0x9286, "UserComment"),
    (0x9290, "SubSecTime"),
    (0x9291, "SubSecTimeOriginal"),
    (0x9292, "SubSecTimeDigitized"),
    (0xA000, "FlashPixVersion"),
    (0xA001, "ColorSpace"),
    (0xA002, "PixelXDimension"),
    (0xA003, "PixelYDimension"),
    (0xA004, "RelatedSoundFile"),
    (0xA20B, "FlashEnergy"),
    (0xA20E, "FocalPlaneXResolution"),
    (0xA20F, "FocalPlaneYResolution"),
    (0xA210, "FocalPlaneResolutionUnit"),
    (0xA214, "SubjectLocation"),
    (0xA215, "ExposureIndex"),
    (0xA217, "SensingMethod"),
    (0xA300, "FileSource"),
    (0xA301, "SceneType"),
    (0xA401, "CustomRendered"),
    (0xA402, "ExposureMode"),
    (0xA403, "WhiteBalance"),
    (0xA404, "DigitalZoomRatio"),
    (0xA405, "FocalLengthIn35mmFilm"),
    (0xA406, "SceneCaptureType"),
    (0xA407, "GainControl"),
    (0xA408, "Contrast"),
    (0xA409, "Saturation"),
    (0xA40A, "Sharpness"),
    (0xA40C, "SubjectDistanceRange"),
    (0xA420, "ImageUniqueID"),
];

/// The tags of a TIFF structure; `None` if it isn't one.
pub(super) fn read(source: &mut dyn Source) -> io::Result<Option<Entries>> {
    let Some(mut directories) = Directories::open(source)? else { return Ok(None) };
    let has = |names: &[(u16, &str)], tag| names.iter().any(|(t, _)| *t == tag);
    let is_wanted = |tag| has(IMAGE, tag) || [EXIF_DIRECTORY, GPS_DIRECTORY].contains(&tag);
    let image = directories.entries(directories.first, is_wanted)?;
    let mut found = named(IMAGE, &image);
    if let Some(at) = offset(&image, EXIF_DIRECTORY) {
        found.extend(named(PHOTO, &directories.entries(at, |tag| has(PHOTO, tag))?));
    }
    if let Some(at) = offset(&image, GPS_DIRECTORY) {
        found.extend(position(&directories.entries(at, |tag| GPS.contains(&tag))?));
    }
    Ok(Some(found))
}

fn offset(entries: &[(u16, Values)], tag: u16) -> Option<u32> {
    match lookup(entries, tag) {
        Some(Values::Ints(values)) => values.first().and_then(|v| u32::try_from(*v).ok()),
        _ => None,
    }
}

fn lookup(entries: &[(u16, Values)], tag: u16) -> Option<&Values> {
    entries.iter().find(|(t, _)| *t == tag).map(|(_, v)| v)
}

fn named(names: &[(u16, &str)], entries: &[(u16, Values)]) -> Entries {
    let mut found = Entries::new();
    for (tag, values) in entries {
        let Some((_, name)) = names.iter().find(|(t, _)| t == tag) else { continue };
        if found.iter().all(|(n, _)| n != name)
            && let Some(data) = data(name, values)
        {
            found.push(((*name).to_owned(), data));
        }
    }
    found
}

fn data(name: &str, values: &Values) -> Option<Data> {
    let list = match values {
        Values::Ascii(bytes) => {
            let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
            return text::clean(text).map(Data::from);
        }
        Values::Opaque(bytes) => return opaque(name, bytes),
        Values::Ints(values) => values.iter().map(|v| Data::Int(*v)).collect::<Vec<_>>(),
        Values::Ratios(values) => {
            values.iter().filter(|(_, d)| *d != 0).map(|(n, d)| format!("{n}/{d}").into()).collect()
        }
    };
    match <[Data; 1]>::try_from(list) {
        Ok([single]) => Some(single),
        Err(list) if list.is_empty() => None,
        Err(list) => Some(Data::List(list)),
    }
}

fn opaque(name: &str, bytes: &[u8]) -> Option<Data> {
    match name {
        "ExifVersion" | "FlashPixVersion" => text::clean(bytes).map(Data::from),
        "ICCProfileName" => icc::name(bytes).map(Data::from),
        "FileSource" | "SceneType" => bytes.first().map(|b| Data::Int((*b).into())),
        "UserComment" => {
            let (charset, comment) = bytes.split_at_checked(8)?;
            match charset {
                b"UNICODE\0" => text::printable(&encoding_rs::UTF_16LE.decode(comment).0),
                b"JIS\0\0\0\0\0" => {
                    text::printable(&encoding_rs::ISO_2022_JP.decode_without_bom_handling(comment).0)
                }
                _ => text::clean(comment),
            }
            .map(Data::from)
        }
        _ => None,
    }
}

/// Where a picture was taken: degrees with a fraction, south and west negative; metres, negative below the sea.
fn position(entries: &[(u16, Values)]) -> Entries {
    let is_marked = |tag, letter: u8| match lookup(entries, tag) {
        Some(Values::Ascii(mark)) => mark.first().is_some_and(|m| m.eq_ignore_ascii_case(&letter)),
        Some(Values::Ints(mark)) => mark.first() == Some(&i64::from(letter)),
        _ => false,
    };
    let numbers = |tag| match lookup(entries, tag) {
        Some(Values::Ratios(parts)) if parts.iter().all(|(_, d)| *d != 0) => {
            parts.iter().map(|(n, d)| *n as f64 / *d as f64).collect()
        }
        _ => Vec::new(),
    };
    let mut found = Entries::new();
    for (name, tag, negative) in [("GPSLatitude", 2, b'S'), ("GPSLongitude", 4, b'W')] {
        if let [degrees, minutes, seconds] = numbers(tag)[..] {
            let angle = degrees + minutes / 60.0 + seconds / 3600.0;
            found.push((name.into(), number(if is_marked(tag - 1, negative) { -angle } else { angle })));
        }
    }
    if let [metres] = numbers(6)[..] {
        found.push(("GPSAltitude".into(), number(if is_marked(5, 1) { -metres } else { metres })));
    }
    found
}

/// A number, without a fraction where it has none.
fn number(value: f64) -> Data {
    if value.fract() == 0.0 && value.abs() < 1e15 { Data::Int(value as i64) } else { Data::Float(value) }
}
