//! The log, on standard error. A line for each request would cost more than many an answer if each were written by
//! itself, so these wait a moment for others. Everything else is written at once, after what waits.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::cli::{LogLevel, Options};

/// The target of the lines that say how a request went.
const ACCESS: &str = "commonhold::access";

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
    Log { lines, json: options.json, tells_of_requests: options.log >= LogLevel::Info }
}

/// The log that was started.
pub(crate) struct Log {
    lines: Arc<Lines<io::Stderr>>,
    json: bool,
    tells_of_requests: bool,
}

impl Log {
    /// Where requests are told of.
    pub(crate) fn access(&self) -> Access {
        let lines = self.tells_of_requests.then(|| Arc::clone(&self.lines));
        Access { lines, json: self.json }
    }
}

/// Writes a line for each request, in the same form as all others but faster: it is some of the work for a small answer.
pub(crate) struct Access {
    /// Absent where these lines aren't wanted.
    lines: Option<Arc<Lines<io::Stderr>>>,
    json: bool,
}

/// How a request went.
pub(crate) struct Answered<'a> {
    /// The request's id.
    pub(crate) id: &'a str,
    pub(crate) method: &'a str,
    /// Without the query string, which may hold what must not be logged.
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    /// The API's action; empty elsewhere.
    pub(crate) action: &'a str,
    /// Codes of the API's errors.
    pub(crate) errors: String,
    pub(crate) milliseconds: f64,
}

impl Access {
    /// Tells of a request.
    pub(crate) fn tell(&self, answered: &Answered<'_>) {
        let Some(lines) = &self.lines else { return };
        let mut line = String::with_capacity(256);
        let written = if self.json { answered.json(&mut line) } else { answered.text(&mut line) };
        // Formatting to memory fails only where a value can't be formatted; none of these.
        if written.is_ok() {
            lines.add(line.as_bytes(), true);
        }
    }
}

impl Answered<'_> {
    /// What was sent by a client is escaped by its debug form.
    fn text(&self, line: &mut String) -> std::fmt::Result {
        SystemTime.format_time(&mut format::Writer::new(line))?;
        let Self { id, method, path, status, action, errors, milliseconds } = self;
        writeln!(
            line,
            "  INFO request{{id={id}}}: {ACCESS}: answered method={method} path={path:?} status={status} \
             action={action:?} errors={errors:?} milliseconds={milliseconds:?}"
        )
    }

    fn json(&self, line: &mut String) -> std::fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut format::Writer::new(&mut timestamp))?;
        let Self { id, method, path, status, action, errors, milliseconds } = self;
        let span = json!({ "id": id, "name": "request" });
        let told = json!({
            "timestamp": timestamp,
            "level": "INFO",
            "fields": {
                "message": "answered", "method": method, "path": path, "status": status, "action": action,
                "errors": errors, "milliseconds": milliseconds,
            },
            "target": ACCESS,
            "span": span,
            "spans": [span],
        });
        writeln!(line, "{told}")
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.end();
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
struct Line<'a, W>(&'a Lines<W>);

impl<'a, W: Write + 'a> MakeWriter<'a> for Writer<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(&self.0)
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(line, false);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.write();
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
    fn what_clients_send_stays_in_its_place() {
        let answered = Answered {
            id: "1f",
            method: "GET",
            path: "/a\" status=200\n\u{1b}[2J",
            status: 404,
            action: "query",
            errors: "a,b".to_owned(),
            milliseconds: 0.5,
        };
        let (mut text, mut json) = (String::new(), String::new());
        answered.text(&mut text).unwrap();
        answered.json(&mut json).unwrap();
        let rest = r#"  INFO request{id=1f}: commonhold::access: answered method=GET path="/a\" status=200\n\u{1b}[2J" status=404 action="query" errors="a,b" milliseconds=0.5"#;
        let (time, text) = text.split_at("2026-11-30T12:00:00.000000Z".len());
        assert!(time.ends_with('Z'), "{time}");
        assert_eq!(text, format!("{rest}\n"));
        assert_eq!(json.lines().count(), 1);
        let told: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(told["fields"]["path"], answered.path);
        assert_eq!((&told["span"]["id"], &told["fields"]["status"]), (&"1f".into(), &404.into()));
        assert_eq!(told["spans"], json!([told["span"]]));
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
