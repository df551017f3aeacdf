//! Dimensions and metadata.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use commonhold_core::{Data, MediaInfo, MediaType};

use crate::source::{Source, read_at};
use crate::{mime, ogg};

/// Describes a file of `len` bytes whose (logical) type is known. What is damaged has no dimensions.
pub fn inspect<S: Read + Seek + ?Sized>(source: &mut S, len: u64, mime: &str) -> io::Result<MediaInfo> {
    let mut source = source;
    inspect_in(&mut source, len, mime)
}

fn inspect_in(source: &mut dyn Source, _len: u64, mime: &str) -> io::Result<MediaInfo> {
    let mut info = MediaInfo {
        mime: mime.to_owned(),
        media_type: mime::class(mime),
        width: 0,
        height: 0,
        bits: 0,
        pages: None,
        duration: 0.0,
        metadata: None,
        common: Data::Map(Vec::new()),
    };
    if mime == "application/ogg" {
        info.media_type = ogg::media_type(&read_at(source, 0, 256)?);
    }
    if info.media_type == MediaType::Bitmap {
        source.seek(SeekFrom::Start(0))?;
        if let Ok(size) = imagesize::reader_size(BufReader::new(source)) {
            info.width = size.width.try_into().unwrap_or(0);
            info.height = size.height.try_into().unwrap_or(0);
        }
    }
    Ok(info)
}
