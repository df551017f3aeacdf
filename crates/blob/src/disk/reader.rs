//! Streaming a blob's bytes, one piece ahead of whoever takes them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::pool::{Answer, Pool};
use crate::{BlobStream, Error, Result};

/// Bytes that are read at once.
const PIECE: usize = 256 * 1024;

/// An open blob and the bytes of it that are still to be read.
struct Source {
    file: File,
    left: u64,
}

/// A piece, and where the next one comes from.
type Piece = (Bytes, Source);

/// Streams the part of a file that lies in `range`; `None` without a file.
pub(super) async fn read(pool: Arc<Pool>, path: PathBuf, range: Range<u64>) -> Result<Option<BlobStream>> {
    // The first piece comes with the opening: for a small file it is all.
    let first = pool.run(move || Source::open(path, range)?.map(Source::piece).transpose()).await?;
    let Some((bytes, source)) = first else { return Ok(None) };
    let rest = if source.left > 0 { rest(pool, source).await? } else { stream::empty().boxed() };
    Ok(Some(stream::iter([Ok(bytes)]).chain(rest).filter(filled).boxed()))
}

/// An empty range has a first piece without bytes.
fn filled(piece: &Result<Bytes>) -> impl Future<Output = bool> + use<> {
    std::future::ready(piece.as_ref().map_or(true, |bytes| !bytes.is_empty()))
}

async fn rest(pool: Arc<Pool>, source: Source) -> Result<BoxStream<'static, Result<Bytes>>> {
    let ahead = pool.start(|| source.piece()).await?;
    Ok(stream::try_unfold(Some((pool, ahead)), next).boxed())
}

type Ahead = Option<(Arc<Pool>, Answer<Piece>)>;

async fn next(state: Ahead) -> Result<Option<(Bytes, Ahead)>> {
    let Some((pool, ahead)) = state else { return Ok(None) };
    let (bytes, source) = ahead.get().await?;
    if source.left == 0 {
        return Ok(Some((bytes, None)));
    }
    let ahead = pool.start(|| source.piece()).await?;
    Ok(Some((bytes, Some((pool, ahead)))))
}

impl Source {
    fn open(path: PathBuf, range: Range<u64>) -> Result<Option<Self>> {
        let open = || {
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            let left = range.end.min(length).saturating_sub(range.start);
            file.seek(SeekFrom::Start(range.start.min(length)))?;
            Ok::<_, io::Error>(Self { file, left })
        };
        match open() {
            Ok(source) => Ok(Some(source)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed(source)),
        }
    }

    fn piece(mut self) -> Result<Piece> {
        let wanted = self.left.min(PIECE as u64);
        let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(PIECE));
        (&self.file).take(wanted).read_to_end(&mut bytes).map_err(failed)?;
        if (bytes.len() as u64) < wanted {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        }
        self.left -= wanted;
        Ok((bytes.into(), self))
    }
}

fn failed(source: io::Error) -> Error {
    Error::Io { doing: "reading a blob", source }
}
