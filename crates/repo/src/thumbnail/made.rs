//! Thumbnails are found or made, each by one task however many wait for it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use commonhold_blob::{BlobStream, Place};
use commonhold_core::thumb::{Format, Image, Picture, Rendition, Thumb};
use commonhold_core::{BlobKey, Clock, Rate, Timestamp};
use commonhold_media::thumb::{Output, Spec};
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use super::cache::{Disk, Kept, KeptFile, LARGE, Memory};
use super::failures::{Failures, Known};
use super::found::{Found, Pictured};
use super::{Thumbnail, ThumbnailBody, ThumbnailCounts, ThumbnailFailure};
use crate::decoders::{Decoders, RenderFailure};
use crate::lru::Lru;
use crate::settings::ThumbnailSettings;
use crate::{Error, Result, worker};

/// Threads that read and write kept thumbnails, and how many such jobs may wait.
const THREADS: usize = 2;
const QUEUE: usize = 256;
/// Addresses whose unusual thumbnails are counted.
const MAX_ADDRESSES: u64 = 10_000;

type Outcome = std::result::Result<Thumbnail, ThumbnailFailure>;
/// Who waits for a thumbnail watches this; there is nothing to see until it is there.
type Waiting = watch::Receiver<Option<Outcome>>;

/// Finds and makes thumbnails.
pub(crate) struct Thumbnails {
    pub(super) found: Found,
    shared: Arc<Shared>,
}

/// What tasks share that outlive the request they were begun for.
struct Shared {
    decoders: Arc<Decoders>,
    clock: Arc<dyn Clock>,
    pool: worker::Pool,
    memory: Memory,
    disk: Option<Disk>,
    failures: Failures,
    /// Those of other forms: that an encoder of these fails says nothing of the plain one.
    failures_of_forms: Failures,
    /// What is being looked for or made.
    flights: Mutex<HashMap<String, Waiting>>,
    /// How many unusual thumbnails an address has had since when.
    addresses: Mutex<Lru<IpAddr, (Timestamp, i64)>>,
    made: AtomicU64,
    failed: AtomicU64,
    from_memory: AtomicU64,
    from_disk: AtomicU64,
}

/// One thumbnail to be found or made.
#[derive(Clone)]
struct Order {
    /// What it is called where thumbnails are kept.
    name: String,
    blob: BlobKey,
    /// What its failures are known by.
    version: String,
    spec: Spec,
    /// Whom it is counted for, if it has to be made.
    payer: Option<(IpAddr, Rate)>,
}

impl Thumbnails {
    pub(crate) fn new(
        settings: &ThumbnailSettings,
        decoders: Arc<Decoders>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let pool = worker::Pool::new("thumbnails", THREADS, QUEUE)?;
        let directory = settings.directory.as_deref().filter(|_| settings.cache_bytes > 0);
        let disk = directory.map(|directory| Disk::new(directory, settings.cache_bytes));
        let shared = Arc::new(Shared {
            decoders,
            clock,
            pool,
            memory: Memory::default(),
            disk,
            failures: Failures::default(),
            failures_of_forms: Failures::default(),
            flights: Mutex::default(),
            addresses: Mutex::new(Lru::new(MAX_ADDRESSES)),
            made: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            from_memory: AtomicU64::new(0),
            from_disk: AtomicU64::new(0),
        });
        Ok(Self { found: Found::default(), shared })
    }

    /// Takes stock of what an earlier process has kept.
    pub(crate) async fn take_stock(&self) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let taken = self.shared.pool.run(move || shared.disk.as_ref().map_or(Ok(()), Disk::take_stock));
        taken.await?.map_err(|source| Error::Resource { what: "list of kept thumbnails", source })
    }

    /// A failure of the last hour.
    pub(super) fn known_failure(
        &self,
        blob: &BlobKey,
        picture: &Picture,
        thumb: &Thumb,
        now: Timestamp,
    ) -> Option<RenderFailure> {
        self.shared.failures.peek(blob, &thumb.version(picture, None), now)
    }

    pub(super) fn counts(&self) -> ThumbnailCounts {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        ThumbnailCounts {
            made: count(&self.shared.made),
            failed: count(&self.shared.failed),
            from_memory: count(&self.shared.from_memory),
            from_disk: count(&self.shared.from_disk),
        }
    }

    /// A thumbnail as it is kept, or made now.
    pub(super) async fn get(
        &self,
        file: &Pictured,
        picture: &Picture,
        thumb: &Thumb,
        rendition: Option<Rendition>,
        payer: Option<(IpAddr, Rate)>,
    ) -> Result<Outcome> {
        let image = picture.format.image(&thumb.options);
        let extension = rendition.map_or(image.extension(), Rendition::name);
        let name = format!("{}-{}.{extension}", file.blob, thumb.param_string(picture.format));
        if let Some(bytes) = self.shared.memory.get(&name) {
            self.shared.from_memory.fetch_add(1, Ordering::Relaxed);
            if let Some(disk) = &self.shared.disk {
                disk.touch(&name);
            }
            return Ok(Ok(Thumbnail::in_memory(bytes)));
        }
        let version = thumb.version(picture, rendition);
        let spec = Spec { rendition, ..spec(file, picture, thumb) };
        let order = Order { name, blob: file.blob.clone(), version, spec, payer };
        loop {
            let (mut waiting, mine) = self.shared.board(&order);
            let outcome = match waiting.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone(),
                // The task panicked.
                Err(_) => return Err(Error::Gone),
            };
            match outcome {
                // Somebody else has had too many; that is no reason for us.
                Some(Err(ThumbnailFailure::TooMany { .. })) if !mine => {}
                Some(outcome) => return Ok(outcome),
                None => return Err(Error::Gone),
            }
        }
    }

    /// Some of the bytes of a large thumbnail.
    pub(super) fn stream(&self, file: &Arc<KeptFile>, range: Range<u64>) -> BlobStream {
        let shared = Arc::clone(&self.shared);
        let pieces = stream::try_unfold((Arc::clone(file), range), move |(file, left)| {
            let shared = Arc::clone(&shared);
            async move {
                if left.is_empty() {
                    return Ok(None);
                }
                let (reader, wanted) = (Arc::clone(&file), left.clone());
                let read = shared.pool.run(move || reader.piece(wanted)).await;
                let failed = |source| commonhold_blob::Error::Io { doing: "reading a thumbnail", source };
                let piece = read.map_err(|_| commonhold_blob::Error::Gone)?.map_err(failed)?;
                let left = left.start + piece.len() as u64..left.end;
                Ok(Some((piece, (file, left))))
            }
        });
        pieces.boxed()
    }
}

impl Thumbnail {
    fn in_memory(bytes: Bytes) -> Self {
        Self { size: bytes.len() as u64, body: ThumbnailBody::Memory(bytes) }
    }

    fn on_disk(file: KeptFile) -> Self {
        Self { size: file.size(), body: ThumbnailBody::File(Arc::new(file)) }
    }
}

impl Shared {
    /// Waits with those who want the same, or begins. Says whether it was begun by this call.
    fn board(self: &Arc<Self>, order: &Order) -> (Waiting, bool) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        match flights.entry(order.name.clone()) {
            Entry::Occupied(flight) => (flight.get().clone(), false),
            Entry::Vacant(place) => {
                let (tell, waiting) = watch::channel(None);
                place.insert(waiting.clone());
                let flight = Flight { shared: Arc::clone(self), name: order.name.clone() };
                let order = order.clone();
                // A task of its own: it goes on if whoever asked first goes away.
                tokio::spawn(async move {
                    let outcome = flight.shared.find_or_make(&order).await;
                    // Who comes from now on finds it kept, or failed.
                    drop(flight);
                    let _ = tell.send(Some(outcome));
                });
                (waiting, true)
            }
        }
    }

    fn failures(&self, order: &Order) -> &Failures {
        if order.spec.rendition.is_some() { &self.failures_of_forms } else { &self.failures }
    }

    async fn find_or_make(self: &Arc<Self>, order: &Order) -> Outcome {
        // It may have been made between the look into the memory and now.
        if let Some(bytes) = self.memory.get(&order.name) {
            return Ok(Thumbnail::in_memory(bytes));
        }
        match self.find(order).await {
            Ok(Some(thumbnail)) => {
                self.from_disk.fetch_add(1, Ordering::Relaxed);
                return Ok(thumbnail);
            }
            Ok(None) => {}
            // It can be made again.
            Err(error) => tracing::warn!(%error, "a kept thumbnail can't be read"),
        }
        match self.failures(order).answer(&order.blob, &order.version, self.clock.now()) {
            Some(Known::Failed(failure)) => return Err(failure.into()),
            Some(Known::TooOften) => return Err(ThumbnailFailure::TooOften),
            None => {}
        }
        self.count(order)?;
        self.make(order).await
    }

    /// Looks on the disk.
    async fn find(self: &Arc<Self>, order: &Order) -> Result<Option<Thumbnail>> {
        if self.disk.is_none() {
            return Ok(None);
        }
        let (shared, name) = (Arc::clone(self), order.name.clone());
        let now = self.clock.now();
        let get = move || shared.disk.as_ref().map_or(Ok(None), |disk| disk.get(&name, now));
        let found = self.pool.run(get).await?;
        let found = found.map_err(|source| Error::Resource { what: "kept thumbnail", source })?;
        Ok(found.map(|kept| match kept {
            Kept::Bytes(bytes) => {
                self.memory.put(&order.name, &bytes);
                Thumbnail::in_memory(bytes)
            }
            Kept::File(file) => Thumbnail::on_disk(file),
        }))
    }

    async fn make(self: &Arc<Self>, order: &Order) -> Outcome {
        let made = self.decoders.render(&Place::Sealed(order.blob.clone()), order.spec.clone()).await;
        let bytes = match made {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(RenderFailure::Busy)) => return Err(RenderFailure::Busy.into()),
            Ok(Err(failure)) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                self.failures(order).note(&order.blob, &order.version, &failure, self.clock.now());
                return Err(failure.into());
            }
            Err(Error::Storage(commonhold_blob::Error::Missing(_))) => return Err(ThumbnailFailure::Gone),
            Err(error) => {
                tracing::error!(%error, "a thumbnail can't be made");
                return Err(ThumbnailFailure::Fault);
            }
        };
        self.made.fetch_add(1, Ordering::Relaxed);
        self.memory.put(&order.name, &bytes);
        let kept = self.keep(order, bytes.clone()).await;
        Ok(match kept {
            Some(file) if bytes.len() as u64 > LARGE => Thumbnail::on_disk(file),
            _ => Thumbnail::in_memory(bytes),
        })
    }

    /// Keeps a thumbnail on disk, if it can.
    async fn keep(self: &Arc<Self>, order: &Order, bytes: Bytes) -> Option<KeptFile> {
        self.disk.as_ref()?;
        let (shared, name) = (Arc::clone(self), order.name.clone());
        let put = move || shared.disk.as_ref().map(|disk| disk.put(&name, &bytes)).transpose();
        match self.pool.run(put).await {
            Ok(Ok(file)) => file,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a thumbnail can't be kept");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "a thumbnail can't be kept");
                None
            }
        }
    }

    /// Counts a thumbnail of an unusual size for whom it is made. Refused: he has had too many.
    fn count(&self, order: &Order) -> std::result::Result<(), ThumbnailFailure> {
        let Some((address, rate)) = order.payer else { return Ok(()) };
        let address = network(address);
        let now = self.clock.now();
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let past = addresses.get(&address).copied();
        let recent = past.filter(|(since, _)| (0..rate.seconds).contains(&(now.unix() - since.unix())));
        let (since, count) = recent.unwrap_or((now, 0));
        if count >= rate.hits {
            return Err(ThumbnailFailure::TooMany { wait: rate.seconds - (now.unix() - since.unix()) });
        }
        addresses.put(address, (since, count + 1), 1);
        Ok(())
    }
}

/// The addresses that one person is likely to have: a single one, or of IPv6 those of a network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        IpAddr::V4(_) => address,
    }
}

/// Takes a thumbnail off the list of those that are being made, also if making it panics.
struct Flight {
    shared: Arc<Shared>,
    name: String,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.shared.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// What the process that makes a thumbnail is told.
fn spec(file: &Pictured, picture: &Picture, thumb: &Thumb) -> Spec {
    let options = &thumb.options;
    // As TimedMediaHandler does where no moment is named.
    let middle = (picture.format == Format::Video).then_some(picture.duration / 2.0);
    Spec {
        mime: file.mime.clone(),
        width: thumb.pixel_width,
        height: thumb.pixel_height,
        page: options.page,
        lang: options.language.clone(),
        low_quality: options.low_quality,
        seek: options.seek.or(middle),
        output: match picture.format.image(options) {
            Image::Jpeg => Output::Jpeg,
            Image::Png => Output::Png,
            Image::Gif => Output::Gif,
        },
        rendition: None,
    }
}
