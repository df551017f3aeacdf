//! Asking a virus scanner, `clamd`, about files before they are kept.
//!
//! The scanner is the operator's. It is sent the bytes over its socket, so it needs no access to the store, and it is
//! asked about whole files only: what is harmless in two chunks may not be so together.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use commonhold_blob::Place;
use tokio::time::timeout;

use crate::settings::ScannerSettings;
use crate::worker::Pool;
use crate::{Error, Repository, Result};

/// How many files are scanned at a time, and how many may wait.
const THREADS: usize = 4;
const QUEUE: usize = 256;
/// Bytes that are sent at once.
const PIECE: usize = 64 << 10;
/// How much longer a scan may take than it should, before nobody waits for it.
const GRACE: Duration = Duration::from_secs(1);
/// Bytes of the longest answer.
const ANSWER_LIMIT: u64 = 4 << 10;

/// Where a scanner listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScannerAddress {
    /// A socket in the file system.
    Path(PathBuf),
    /// Host and port.
    Host(String),
}

impl ScannerAddress {
    /// Reads an absolute path, or a host and a port; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return Some(Self::Path(text.into()));
        }
        let (host, port) = text.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| Self::Host(text.to_owned()))
    }
}

impl std::fmt::Display for ScannerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Host(host) => host.fmt(f),
        }
    }
}

/// What becomes of a file of which the scanner says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// It is refused.
    Refuse,
    /// It is kept.
    Accept,
}

/// What a scanner says of a file.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    /// The name of what is in it.
    Found(String),
}

/// A scanner, with threads that wait for it.
pub(crate) struct Scanner {
    address: ScannerAddress,
    settings: ScannerSettings,
    threads: Pool,
}

impl Scanner {
    /// `None` where the operator has named none.
    pub(crate) fn open(settings: &ScannerSettings) -> Result<Option<Self>> {
        let Some(address) = settings.address.clone() else { return Ok(None) };
        Ok(Some(Self { address, settings: settings.clone(), threads: Pool::new("scan", THREADS, QUEUE)? }))
    }
}

impl Repository {
    /// What is wrong with a file by the scanner's word, in MediaWiki's terms; `None` if nothing is, or nobody scans.
    pub(crate) async fn scan(&self, place: &Place) -> Result<Option<commonhold_media::Reason>> {
        let Some(scanner) = &self.scanner else { return Ok(None) };
        let (blobs, place, address) = (self.blobs.clone(), place.clone(), scanner.address.clone());
        let time = scanner.settings.timeout;
        let job = move || {
            let mut source = Source { bytes: blobs.open(&place)?, fault: None };
            let said = ask(&address, &mut source, time);
            // What we can't read ourselves is no silence of the scanner.
            source.fault.map_or(Ok(said), |fault| Err(Error::Inspection(fault)))
        };
        // Connecting has no limit of its own everywhere.
        let answer = timeout(time + GRACE, scanner.threads.run(job)).await;
        let said = match answer {
            Ok(answer) => answer??,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        let found = match said {
            Ok(Verdict::Clean) => return Ok(None),
            Ok(Verdict::Found(name)) => name,
            Err(error) => {
                tracing::error!(%error, "the virus scanner gives no answer");
                if scanner.settings.on_failure == OnFailure::Accept {
                    return Ok(None);
                }
                "the scanner gives no answer".to_owned()
            }
        };
        Ok(Some(commonhold_media::Reason { key: "uploadvirus", params: vec![found] }))
    }
}

/// A file's bytes, and why they can't be read.
struct Source<R> {
    bytes: R,
    fault: Option<io::Error>,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer).map_err(|error| {
            let kind = error.kind();
            self.fault = Some(error);
            kind.into()
        })
    }
}

/// A connection of either kind.
trait Connection: Read + Write {
    fn limit(&self, time: Duration) -> io::Result<()>;
}

impl Connection for TcpStream {
    fn limit(&self, time: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(time))?;
        self.set_write_timeout(Some(time))
    }
}

impl Connection for UnixStream {
    fn limit(&self, time: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(time))?;
        self.set_write_timeout(Some(time))
    }
}

/// Sends a file and reads what is said of it, all of which may take so long.
fn ask(address: &ScannerAddress, source: &mut impl Read, time: Duration) -> io::Result<Verdict> {
    let end = Instant::now() + time;
    let left = || {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::Error::from(io::ErrorKind::TimedOut)) } else { Ok(left) }
    };
    let mut connection: Box<dyn Connection> = match address {
        ScannerAddress::Path(path) => Box::new(UnixStream::connect(path)?),
        ScannerAddress::Host(host) => {
            let address = host.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
            Box::new(TcpStream::connect_timeout(&address, left()?)?)
        }
    };
    connection.limit(left()?)?;
    connection.write_all(b"zINSTREAM\0")?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = source.read(&mut piece)?;
        connection.limit(left()?)?;
        // The scanner may have heard enough, and says why before it hangs up.
        let sent = connection
            .write_all(&u32::try_from(read).unwrap_or(0).to_be_bytes())
            .and_then(|()| connection.write_all(&piece[..read]));
        if sent.is_err() || read == 0 {
            break;
        }
    }
    let mut answer = Vec::new();
    while answer.last() != Some(&0) && (answer.len() as u64) < ANSWER_LIMIT {
        connection.limit(left()?)?;
        let read = connection.read(&mut piece)?;
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..read]);
    }
    verdict(&String::from_utf8_lossy(&answer))
}

/// Reads an answer such as `stream: Name FOUND`.
fn verdict(answer: &str) -> io::Result<Verdict> {
    let answer = answer.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    let told = answer.strip_prefix("stream: ").unwrap_or(answer);
    if told == "OK" {
        return Ok(Verdict::Clean);
    }
    match told.strip_suffix(" FOUND") {
        Some(name) => Ok(Verdict::Found(name.to_owned())),
        None => Err(io::Error::other(format!("it says {answer:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_paths_or_hosts_with_a_port() {
        let path = ScannerAddress::parse("/run/clamd.sock").unwrap();
        assert_eq!(
            (path.to_string().as_str(), matches!(path, ScannerAddress::Path(_))),
            ("/run/clamd.sock", true)
        );
        for host in ["localhost:3310", "127.0.0.1:3310", "[::1]:3310"] {
            assert_eq!(ScannerAddress::parse(host).unwrap(), ScannerAddress::Host(host.to_owned()));
        }
        for wrong in ["", "clamd", "run/clamd.sock", ":3310", "host:", "host:x", "host:99999"] {
            assert_eq!(ScannerAddress::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn answers_are_read() {
        assert_eq!(verdict("stream: OK\0").unwrap(), Verdict::Clean);
        assert_eq!(verdict("stream: Eicar-Test FOUND\0").unwrap(), Verdict::Found("Eicar-Test".to_owned()));
        for wrong in ["", "stream: ", "INSTREAM size limit exceeded. ERROR\0", "OK then", "UNKNOWN COMMAND"] {
            assert!(verdict(wrong).is_err(), "{wrong}");
        }
    }
}
