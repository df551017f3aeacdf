//! Facts for the rules: what is in the bytes, and what is known of a name.

use std::io::{self, Read, Seek, SeekFrom};

use commonhold_blob::Place;
use commonhold_catalogue::ops::files;
use commonhold_core::name::{NameError, UploadName, upload_name};
use commonhold_core::upload::{self, Candidate, Existing, Warnings};
use commonhold_core::{Hashes, MediaInfo};
use commonhold_media as media;

use crate::buffered::Buffered;
use crate::{Error, Repository, Result};

/// What reading a file told.
pub(crate) struct Examined {
    /// The name it would get, or what is wrong with the one that was asked for.
    pub(crate) name: Result<UploadName, NameError>,
    /// Why the content is refused.
    pub(crate) refused: Option<media::Reason>,
    /// What the content is.
    pub(crate) info: MediaInfo,
}

impl Repository {
    /// Reads a whole file: is it what its name says, is it safe, what is it?
    pub(crate) async fn examine(&self, place: Place, size: u64, requested: &str) -> Result<Examined> {
        let blobs = self.blobs.clone();
        let policy = self.settings.uploads.clone();
        let requested = requested.to_owned();
        let examined = place.clone();
        let job = move || {
            let mut source = Buffered::new(blobs.open(&examined)?);
            let mime = media::detect(&mut source, size).map_err(Error::Inspection)?;
            let name = upload_name(&requested, &policy, &|| media::guess_extension(&mime));
            let extension = match &name {
                Ok(name) => name.final_extension.clone(),
                Err(error) => error.final_extension().to_owned(),
            };
            let verdict = media::verify(&mut source, size, &extension).map_err(Error::Inspection)?;
            let mime = media::logical_type(&mime, &extension);
            let info = if media::is_nested(&mime) {
                media::undescribed(&mime)
            } else {
                media::inspect(&mut source, size, &mime).map_err(Error::Inspection)?
            };
            Ok::<_, Error>(Examined { name, refused: verdict.err(), info })
        };
        let mut examined = self.media.run(job).await??;
        if examined.refused.is_none() {
            examined.refused = self.scan(&place).await?;
        }
        if examined.refused.is_none()
            && media::is_nested(&examined.info.mime)
            && let Some(info) = self.decoders.inspect(&place, &examined.info.mime).await
        {
            examined.info = info;
        }
        Ok(examined)
    }

    /// Checks one chunk for what may be told from a part: the bytes from `from` to `to` of a place.
    pub(crate) async fn examine_chunk(
        &self,
        place: Place,
        from: u64,
        to: u64,
        extension: &str,
    ) -> Result<Option<media::Reason>> {
        let blobs = self.blobs.clone();
        let extension = extension.to_owned();
        let job = move || {
            let mut window =
                Window { source: Buffered::new(blobs.open(&place)?), from, len: to - from, position: 0 };
            let verdict = if from == 0 {
                media::verify_first_chunk(&mut window, to, &extension)
            } else {
                media::verify_later_chunk(&mut window, to - from)
            };
            let verdict = verdict.map_err(Error::Inspection)?;
            Ok(verdict.err())
        };
        self.media.run(job).await?
    }

    /// Checks a later chunk that isn't in its place yet.
    pub(crate) async fn examine_waiting(&self, place: Place, size: u64) -> Result<Option<media::Reason>> {
        let blobs = self.blobs.clone();
        let job = move || {
            let mut source = Buffered::new(blobs.open(&place)?);
            let verdict = media::verify_later_chunk(&mut source, size).map_err(Error::Inspection)?;
            Ok(verdict.err())
        };
        self.media.run(job).await?
    }

    /// The extension that a file's own content calls for, for its stash key.
    pub(crate) async fn content_extension(&self, place: Place, size: u64) -> Result<String> {
        let blobs = self.blobs.clone();
        let prohibited = self.settings.uploads.prohibited_extensions.clone();
        let job = move || {
            let mut source = Buffered::new(blobs.open(&place)?);
            let mime = media::detect(&mut source, size).map_err(Error::Inspection)?;
            Ok(stash_extension(&mime, &prohibited))
        };
        self.media.run(job).await?
    }

    /// The warnings that a name and, where known, a content deserve now.
    pub(crate) async fn warnings(&self, name: &UploadName, hashes: Option<Hashes>) -> Result<Warnings> {
        let shared_duplicates = match &hashes {
            Some(hashes) => self.shared_duplicates(hashes.sha1).await,
            None => Vec::new(),
        };
        let candidate = Candidate::new(name, hashes);
        let policy = self.settings.uploads.clone();
        let read = move |read: &mut dyn commonhold_catalogue::Read| {
            let shared_duplicates = shared_duplicates.clone();
            let existing = Existing { shared_duplicates, ..files::existing(read, &candidate)? };
            Ok::<_, Error>(upload::warnings(&policy, &candidate, &existing))
        };
        self.db.read(read).await
    }
}

/// The extension of a stash key: the content's first one, nothing for unknown or prohibited ones.
pub(crate) fn stash_extension(mime: &str, prohibited: &[String]) -> String {
    let extension = media::guess_extension(mime).unwrap_or_default();
    let normal = if extension == "jpeg" { "jpg" } else { extension };
    if prohibited.iter().any(|p| p == normal) { String::new() } else { normal.to_owned() }
}

/// A part of a file, read as if it were all of it.
struct Window<S> {
    source: S,
    from: u64,
    len: u64,
    position: u64,
}

impl<S: Read + Seek> Read for Window<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.position);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        self.source.seek(SeekFrom::Start(self.from + self.position))?;
        let read = self.source.read(&mut buffer[..most])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<S: Read + Seek> Seek for Window<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => i64::try_from(n).ok(),
            SeekFrom::End(n) => i64::try_from(self.len).ok().and_then(|l| l.checked_add(n)),
            SeekFrom::Current(n) => i64::try_from(self.position).ok().and_then(|p| p.checked_add(n)),
        };
        let target = target.and_then(|t| u64::try_from(t).ok());
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_shows_only_its_part() {
        let mut window = Window { source: io::Cursor::new(b"0123456789"), from: 3, len: 4, position: 0 };
        let mut text = String::new();
        window.read_to_string(&mut text).unwrap();
        assert_eq!(text, "3456");
        window.seek(SeekFrom::End(-1)).unwrap();
        text.clear();
        window.read_to_string(&mut text).unwrap();
        assert_eq!(text, "6");
        assert!(window.seek(SeekFrom::Current(-9)).is_err());
    }

    #[test]
    fn stash_keys_carry_the_contents_own_extension() {
        let prohibited = vec!["html".to_owned()];
        assert_eq!(stash_extension("image/jpeg", &prohibited), "jpg");
        assert_eq!(stash_extension("text/html", &prohibited), "");
        assert_eq!(stash_extension("unknown/unknown", &prohibited), "");
    }
}
