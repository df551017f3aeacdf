//! The log, on standard error. A line for each request would cost more than many an answer if each were written by
//! itself, so these wait a moment for others. Everything else is written at once, after what waits.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::cli::{LogLevel, Options};

/// The target of the lines that say how a request went.
pub(crate) const ACCESS: &str = "commonhold::access";

/// A line waits so long at most. Who kills the process loses as much.
const WAIT: Duration = Duration::from_millis(10);
/// Bytes that may wait. Whoever brings more writes them, which takes as long as it takes.
const MOST: usize = 256 * 1024;

/// Starts the log. It is complete when what this gives is dropped.
#[must_use]
pub(crate) fn start(options: &Options) -> Log {
    let level = match options.log {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let lines = Arc::new(Lines::new(io::stderr()));
    // Libraries have less to say than we do.
    let filter = EnvFilter::new(format!("{level},hyper=warn,hyper_util=warn,h2=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Writer(Arc::clone(&lines)))
        .with_ansi(false);
    if options.json {
        log.json().init();
    } else {
        log.init();
    }
    let gathered = Arc::clone(&lines);
    if let Err(error) = thread::Builder::new().name("log".to_owned()).spawn(move || gathered.gather()) {
        lines.end();
        tracing::warn!(%error, "each line of the log is written by itself");
    }
    Log(lines)
}

/// The log that was started.
pub(crate) struct Log(Arc<Lines<io::Stderr>>);

impl Drop for Log {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Lines on their way to where they are written.
struct Lines<W> {
    waiting: Mutex<Waiting>,
    /// Rung when the first line comes to wait, and at the end.
    bell: Condvar,
    /// Locked before `waiting`, and for as long as it is written to, so that lines stay in order.
    out: Mutex<Out<W>>,
}

struct Waiting {
    text: Vec<u8>,
    /// Nobody comes for what waits any more.
    ended: bool,
}

struct Out<W> {
    to: W,
    /// Empty, with room for the next lines.
    spare: Vec<u8>,
}

impl<W: Write> Lines<W> {
    fn new(to: W) -> Self {
        Self {
            waiting: Mutex::new(Waiting { text: Vec::new(), ended: false }),
            bell: Condvar::new(),
            out: Mutex::new(Out { to, spare: Vec::new() }),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line in.
    fn add(&self, line: &[u8], may_wait: bool) {
        let mut waiting = self.waiting();
        let is_first = waiting.text.is_empty();
        waiting.text.extend_from_slice(line);
        let waits = may_wait && !waiting.ended && waiting.text.len() < MOST;
        drop(waiting);
        if !waits {
            self.write();
        } else if is_first {
            self.bell.notify_one();
        }
    }

    /// Writes what waits.
    fn write(&self) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = mem::take(&mut out.spare);
        let mut text = mem::replace(&mut self.waiting().text, spare);
        // There is nobody who could be told that this failed.
        let _ = out.to.write_all(&text);
        text.clear();
        out.spare = text;
    }

    /// Writes what waits again and again, until the end.
    fn gather(&self) {
        loop {
            let waiting = self.waiting();
            let waiting = self.bell.wait_while(waiting, |w| w.text.is_empty() && !w.ended);
            let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
            let more = self.bell.wait_timeout_while(waiting, WAIT, |w| !w.ended);
            let (waiting, _) = more.unwrap_or_else(PoisonError::into_inner);
            let ended = waiting.ended;
            drop(waiting);
            self.write();
            if ended {
                return;
            }
        }
    }

    /// Writes what waits; from now on each line is written as it comes.
    fn end(&self) {
        self.waiting().ended = true;
        self.bell.notify_one();
        self.write();
    }
}

/// Gives out who takes a line.
struct Writer<W>(Arc<Lines<W>>);

/// Takes a line, which comes in one piece.
struct Line<'a, W> {
    lines: &'a Lines<W>,
    may_wait: bool,
}

impl<'a, W: Write + 'a> MakeWriter<'a> for Writer<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { lines: &self.0, may_wait: false }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Self::Writer {
        Line { lines: &self.0, may_wait: about.target() == ACCESS }
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.add(line, self.may_wait);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.write();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somewhere to write that tells of each piece.
    struct Told(std::sync::mpsc::Sender<String>);

    impl Write for Told {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(piece).into_owned());
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_urgent_is_written_at_once_and_after_what_waits() {
        let lines = Lines::new(Vec::new());
        lines.add(b"a request\n", true);
        assert_eq!(lines.out.lock().unwrap().to, b"");
        lines.add(b"a fault\n", false);
        assert_eq!(lines.out.lock().unwrap().to, b"a request\na fault\n");
    }

    #[test]
    fn what_is_too_much_is_written_by_who_brings_it() {
        let lines = Lines::new(Vec::new());
        lines.add(&vec![b'x'; MOST - 1], true);
        assert_eq!(lines.out.lock().unwrap().to.len(), 0);
        lines.add(b"y", true);
        assert_eq!(lines.out.lock().unwrap().to.len(), MOST);
    }

    #[test]
    fn nothing_is_lost_at_the_end_nor_after_it() {
        let lines = Lines::new(Vec::new());
        lines.add(b"before\n", true);
        lines.end();
        lines.add(b"after\n", true);
        assert_eq!(lines.out.lock().unwrap().to, b"before\nafter\n");
    }

    #[test]
    fn what_waits_is_written_without_anything_else_happening() {
        let (tell, told) = std::sync::mpsc::channel();
        let lines = Arc::new(Lines::new(Told(tell)));
        let gathered = Arc::clone(&lines);
        let thread = thread::spawn(move || gathered.gather());
        lines.add(b"a request\n", true);
        assert_eq!(told.recv().unwrap(), "a request\n");
        lines.end();
        thread.join().unwrap();
    }
}
