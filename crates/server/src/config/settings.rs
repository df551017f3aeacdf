//! The settings, one after the other.

use std::str::FromStr;
use std::time::Duration;

use commonhold_core::right;
use commonhold_core::thumb::{Rendition, Sizes, SizesMode};
use commonhold_core::{Expiry, Rate, Timestamp};
use commonhold_media::tools::Tool;
use commonhold_repo::{OnFailure, ScannerAddress};
use toml::Value;

use super::{Kind, Setting};

/// All settings, by section.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "server.listen",
        doc: "Address and port to listen on.",
        kind: Kind::Text,
        get: |c| text(c.listen.to_string()),
        set: |c, v| parse(v, "has to be an address and a port, such as 127.0.0.1:8080").map(|v| c.listen = v),
    },
    Setting {
        name: "server.public_url",
        doc: "Scheme, host and port by which clients know the server. By default http:// and the address listened on.",
        kind: Kind::Text,
        get: |c| c.public_url.clone().map(Value::String),
        set: |c, v| web_address(v).map(|v| c.public_url = Some(v)),
    },
    Setting {
        name: "server.media_url",
        doc: "The same for files, if a host of its own serves them. By default public_url.",
        kind: Kind::Text,
        get: |c| c.media_url.clone().map(Value::String),
        set: |c, v| web_address(v).map(|v| c.media_url = Some(v)),
    },
    Setting {
        name: "server.script_path",
        doc: "Path of api.php and index.php.",
        kind: Kind::Text,
        get: |c| text(c.settings.site.script_path.as_str()),
        set: |c, v| path(v).map(|v| c.settings.site.script_path = v),
    },
    Setting {
        name: "server.article_path",
        doc: "Path of pages as answers name them, with $1 for the title. Pages are found below /wiki/ as well.",
        kind: Kind::Text,
        get: |c| text(c.settings.site.article_path.as_str()),
        set: |c, v| article_path(v).map(|v| c.settings.site.article_path = v),
    },
    Setting {
        name: "server.admin_listen",
        doc: "Address and port for /healthz, /readyz and /metrics. By default they are on the main listener.",
        kind: Kind::Text,
        get: |c| c.admin_listen.map(|a| Value::String(a.to_string())),
        set: |c, v| {
            parse(v, "has to be an address and a port, such as 127.0.0.1:9090")
                .map(|v| c.admin_listen = Some(v))
        },
    },
    Setting {
        name: "server.trusted_proxies",
        doc: "Networks of proxies whose X-Forwarded-For tells the client's address, such as \"10.0.0.0/8\".",
        kind: Kind::Texts,
        get: |c| texts(c.trusted_proxies.iter().map(ToString::to_string)),
        set: |c, v| networks(v).map(|v| c.trusted_proxies = v),
    },
    Setting {
        name: "server.cors_origins",
        doc: "Origins whose scripts may call the API with the visitor's session: \"https://a.example\", \"*.b.example\".",
        kind: Kind::Texts,
        get: |c| texts(c.settings.site.cors_origins.iter().cloned()),
        set: |c, v| {
            c.settings.site.cors_origins = strings(v);
            Ok(())
        },
    },
    Setting {
        name: "server.read_only",
        doc: "Why nothing may be changed at present, to be told to whoever tries. Empty: everything may.",
        kind: Kind::Text,
        get: |c| text(c.settings.site.read_only.as_deref().unwrap_or_default()),
        set: |c, v| {
            c.settings.site.read_only = Some(string(v).trim().to_owned()).filter(|reason| !reason.is_empty());
            Ok(())
        },
    },
    Setting {
        name: "site.name",
        doc: "Name of the site.",
        kind: Kind::Text,
        get: |c| text(c.settings.site.name.as_str()),
        set: |c, v| {
            c.settings.site.name = string(v);
            Ok(())
        },
    },
    Setting {
        name: "site.language",
        doc: "Language code of the site's content.",
        kind: Kind::Text,
        get: |c| text(c.settings.site.language.as_str()),
        set: |c, v| {
            c.settings.site.language = string(v);
            Ok(())
        },
    },
    Setting {
        name: "database.url",
        doc: "Where the catalogue is: \"sqlite:\" is a file in the data directory; or \"postgres://user@host/name\".",
        kind: Kind::Text,
        get: |c| text(c.database_url.as_str()),
        set: |c, v| {
            let known = ["sqlite:", "postgres://", "postgresql://"];
            one_of_schemes(v, &known, "has to be \"sqlite:\" or begin with postgres://")
                .map(|v| c.database_url = v)
        },
    },
    Setting {
        name: "database.connections",
        doc: "Connections to PostgreSQL.",
        kind: Kind::Number,
        get: |c| number(c.database_connections as u64),
        set: |c, v| positive(&v).map(|v| c.database_connections = usize::try_from(v).unwrap_or(usize::MAX)),
    },
    Setting {
        name: "storage.url",
        doc: "Where files are: \"disk:\" is the data directory, \"disk:/path\" another one.",
        kind: Kind::Text,
        get: |c| text(c.storage_url.as_str()),
        set: |c, v| one_of_schemes(v, &["disk:"], "has to begin with disk:").map(|v| c.storage_url = v),
    },
    Setting {
        name: "uploads.enabled",
        doc: "Whether anything may be uploaded.",
        kind: Kind::Bool,
        get: |c| Some(Value::Boolean(c.settings.uploads.enabled)),
        set: |c, v| {
            c.settings.uploads.enabled = v.as_bool().unwrap_or_default();
            Ok(())
        },
    },
    Setting {
        name: "uploads.max_bytes",
        doc: "Bytes of the largest file.",
        kind: Kind::Number,
        get: |c| number(c.settings.uploads.max_bytes),
        set: |c, v| positive(&v).map(|v| c.settings.uploads.max_bytes = v),
    },
    Setting {
        name: "uploads.min_chunk_bytes",
        doc: "Bytes of the smallest chunk that isn't the last.",
        kind: Kind::Number,
        get: |c| number(c.settings.uploads.min_chunk_bytes),
        set: |c, v| positive(&v).map(|v| c.settings.uploads.min_chunk_bytes = v),
    },
    Setting {
        name: "uploads.extensions",
        doc: "Extensions that files may have.",
        kind: Kind::Texts,
        get: |c| texts(c.settings.uploads.extensions.iter().cloned()),
        set: |c, v| {
            c.settings.uploads.extensions = strings(v).iter().map(|e| e.to_lowercase()).collect();
            Ok(())
        },
    },
    Setting {
        name: "uploads.strict_extensions",
        doc: "Whether other extensions are refused; otherwise they are only warned of.",
        kind: Kind::Bool,
        get: |c| Some(Value::Boolean(c.settings.uploads.strict_extensions)),
        set: |c, v| {
            c.settings.uploads.strict_extensions = v.as_bool().unwrap_or_default();
            Ok(())
        },
    },
    Setting {
        name: "uploads.warn_bytes",
        doc: "Bytes from which on a file is warned of as large; 0 for never.",
        kind: Kind::Number,
        get: |c| number(c.settings.uploads.warn_bytes),
        set: |c, v| {
            c.settings.uploads.warn_bytes =
                v.as_integer().and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
            Ok(())
        },
    },
    Setting {
        name: "uploads.stash_max_age",
        doc: "How long a stashed file or an unfinished upload is kept without being touched: \"7d\", \"12h\".",
        kind: Kind::Text,
        get: |c| text(format!("{}s", c.settings.uploads.stash_max_age_seconds)),
        set: |c, v| seconds(v).map(|v| c.settings.uploads.stash_max_age_seconds = v),
    },
    Setting {
        name: "uploads.async",
        doc: "Whether clients may have large files put together and published after the answer.",
        kind: Kind::Bool,
        get: |c| Some(Value::Boolean(c.settings.uploads.asynchronous)),
        set: |c, v| {
            c.settings.uploads.asynchronous = v.as_bool().unwrap_or_default();
            Ok(())
        },
    },
    Setting {
        name: "uploads.by_url.enabled",
        doc: "Whether files may be fetched from other servers, for those who may at all.",
        kind: Kind::Bool,
        get: |c| Some(Value::Boolean(c.settings.by_url.enabled)),
        set: |c, v| {
            c.settings.by_url.enabled = v.as_bool().unwrap_or_default();
            Ok(())
        },
    },
    Setting {
        name: "uploads.by_url.groups",
        doc: "Groups that have the right upload_by_url.",
        kind: Kind::Texts,
        get: |c| texts(c.settings.by_url.groups.iter().cloned()),
        set: |c, v| groups(v).map(|v| c.settings.by_url.groups = v),
    },
    Setting {
        name: "uploads.by_url.allowed_hosts",
        doc: "Hosts to fetch from, with * for any one label, such as \"*.example.org\". Empty: every host.",
        kind: Kind::Texts,
        get: |c| texts(c.settings.by_url.allowed_hosts.iter().cloned()),
        set: |c, v| {
            c.settings.by_url.allowed_hosts = strings(v).iter().map(|host| host.to_lowercase()).collect();
            Ok(())
        },
    },
    Setting {
        name: "uploads.by_url.allow_networks",
        doc: "Networks to fetch from although they are private, loopback or special, such as \"10.1.0.0/16\".",
        kind: Kind::Texts,
        get: |c| texts(c.settings.by_url.allow_networks.iter().map(ToString::to_string)),
        set: |c, v| networks(v).map(|v| c.settings.by_url.allow_networks = v),
    },
    Setting {
        name: "uploads.by_url.max_bytes",
        doc: "Bytes of the largest file that is fetched. By default, and at most, uploads.max_bytes.",
        kind: Kind::Number,
        get: |c| c.settings.by_url.max_bytes.and_then(number),
        set: |c, v| positive(&v).map(|v| c.settings.by_url.max_bytes = Some(v)),
    },
    Setting {
        name: "uploads.by_url.timeout",
        doc: "How long fetching a file may take: \"60s\", \"10m\".",
        kind: Kind::Text,
        get: |c| text(format!("{}s", c.settings.by_url.timeout.as_secs())),
        set: |c, v| seconds(v).map(|v| c.settings.by_url.timeout = Duration::from_secs(v.unsigned_abs())),
    },
    Setting {
        name: "uploads.by_url.at_once",
        doc: "How many files may be fetched at a time. Others wait, which counts as part of their timeout.",
        kind: Kind::Number,
        get: |c| number(c.settings.by_url.at_once as u64),
        set: |c, v| {
            positive(&v).map(|v| c.settings.by_url.at_once = usize::try_from(v).unwrap_or(usize::MAX))
        },
    },
    Setting {
        name: "shared_repository.api",
        doc: "The api.php of another wiki whose files are there for this one as well, such as \"https://files.example.org/w/api.php\".",
        kind: Kind::Text,
        get: |c| c.settings.shared.api.clone().map(Value::String),
        set: |c, v| script_address(v).map(|v| c.settings.shared.api = Some(v)),
    },
    Setting {
        name: "shared_repository.name",
        doc: "What answers call it: letters, digits, - and _.",
        kind: Kind::Text,
        get: |c| text(c.settings.shared.name.as_str()),
        set: |c, v| repository_name(v).map(|v| c.settings.shared.name = v),
    },
    Setting {
        name: "shared_repository.timeout",
        doc: "How long it may take to answer before uploads and queries go on without it: \"5s\".",
        kind: Kind::Text,
        get: |c| text(format!("{}s", c.settings.shared.timeout.as_secs())),
        set: |c, v| seconds(v).map(|v| c.settings.shared.timeout = Duration::from_secs(v.unsigned_abs())),
    },
    Setting {
        name: "media.workers",
        doc: "Files that are decoded at a time, each in a process of its own. 0: as many as there are processors.",
        kind: Kind::Number,
        get: |c| number(c.settings.media.workers as u64),
        set: |c, v| {
            let workers = v.as_integer().and_then(|n| usize::try_from(n).ok());
            c.settings.media.workers = workers.filter(|n| *n <= 256).ok_or("has to be between 0 and 256")?;
            Ok(())
        },
    },
    Setting {
        name: "media.queue",
        doc: "Files that may wait to be decoded; whoever wants more is told to come back later.",
        kind: Kind::Number,
        get: |c| number(c.settings.media.queue as u64),
        set: |c, v| {
            let queue = v.as_integer().and_then(|n| usize::try_from(n).ok());
            c.settings.media.queue =
                queue.filter(|n| *n <= 100_000).ok_or("has to be between 0 and 100000")?;
            Ok(())
        },
    },
    Setting {
        name: "media.tools",
        doc: "Programs of others that may decode files where they are there: \"ffmpeg\" (films), \"ddjvu\" (DjVu), or their paths.",
        kind: Kind::Texts,
        get: |c| texts(c.settings.media.tools.iter().cloned()),
        set: |c, v| {
            let tools = strings(v);
            if tools.iter().any(|word| Tool::meant(word).is_none()) {
                return Err("may name ffmpeg and ddjvu only, or absolute paths of them".to_owned());
            }
            c.settings.media.tools = tools;
            Ok(())
        },
    },
    Setting {
        name: "media.clamd",
        doc: "A virus scanner that is asked about every file: the path of clamd's socket, or its host and port.",
        kind: Kind::Text,
        get: |c| c.settings.scanner.address.as_ref().and_then(|a| text(a.to_string())),
        set: |c, v| {
            let address = ScannerAddress::parse(&string(v));
            c.settings.scanner.address = Some(
                address
                    .ok_or("has to be an absolute path, or a host and a port such as \"localhost:3310\"")?,
            );
            Ok(())
        },
    },
    Setting {
        name: "media.clamd_failure",
        doc: "What becomes of files of which the scanner says nothing: refuse or accept.",
        kind: Kind::Text,
        get: |c| {
            text(match c.settings.scanner.on_failure {
                OnFailure::Refuse => "refuse",
                OnFailure::Accept => "accept",
            })
        },
        set: |c, v| {
            c.settings.scanner.on_failure = match string(v).as_str() {
                "refuse" => OnFailure::Refuse,
                "accept" => OnFailure::Accept,
                _ => return Err("has to be refuse or accept".to_owned()),
            };
            Ok(())
        },
    },
    Setting {
        name: "media.clamd_timeout",
        doc: "How long the scanner may take for a file: \"2m\".",
        kind: Kind::Text,
        get: |c| text(format!("{}s", c.settings.scanner.timeout.as_secs())),
        set: |c, v| seconds(v).map(|v| c.settings.scanner.timeout = Duration::from_secs(v.unsigned_abs())),
    },
    Setting {
        name: "media.memory_bytes",
        doc: "Bytes of memory for decoding a file.",
        kind: Kind::Number,
        get: |c| number(c.settings.media.limits.memory_bytes),
        set: |c, v| positive(&v).map(|v| c.settings.media.limits.memory_bytes = v),
    },
    Setting {
        name: "media.seconds",
        doc: "Seconds of a processor's time for decoding a file.",
        kind: Kind::Number,
        get: |c| number(c.settings.media.limits.seconds),
        set: |c, v| positive(&v).map(|v| c.settings.media.limits.seconds = v),
    },
    Setting {
        name: "media.drawing_seconds",
        doc: "The same for a drawing (SVG), of which few bytes can ask for any amount of work.",
        kind: Kind::Number,
        get: |c| number(c.settings.media.limits.drawing_seconds),
        set: |c, v| positive(&v).map(|v| c.settings.media.limits.drawing_seconds = v),
    },
    Setting {
        name: "media.max_pixels",
        doc: "Pixels of the largest picture that is decoded, JPEG excepted, and of all frames of an animation together.",
        kind: Kind::Number,
        get: |c| number(c.settings.media.limits.max_pixels),
        set: |c, v| positive(&v).map(|v| c.settings.media.limits.max_pixels = v),
    },
    Setting {
        name: "media.max_frames",
        doc: "Frames of the longest animation that stays one when it is made smaller.",
        kind: Kind::Number,
        get: |c| number(c.settings.media.limits.max_frames),
        set: |c, v| positive(&v).map(|v| c.settings.media.limits.max_frames = v),
    },
    Setting {
        name: "watchlist.expiry",
        doc: "Whether pages can be watched up to a moment.",
        kind: Kind::Bool,
        get: |c| Some(Value::Boolean(c.settings.watchlist.expiry)),
        set: |c, v| {
            c.settings.watchlist.expiry = v.as_bool().unwrap_or_default();
            Ok(())
        },
    },
    Setting {
        name: "watchlist.max_expiry",
        doc: "The longest time for which they can: \"6 months\". Empty: no limit.",
        kind: Kind::Text,
        get: |c| text(c.settings.watchlist.max_expiry.as_str()),
        set: |c, v| length_or_nothing(v).map(|v| c.settings.watchlist.max_expiry = v),
    },
    Setting {
        name: "thumbnails.steps",
        doc: "Widths of thumbnails that the API offers to programs that choose among them, and to which mode refers.",
        kind: Kind::Numbers,
        get: |c| numbers(c.settings.thumbnails.sizes.steps()),
        set: |c, v| {
            let mode = c.settings.thumbnails.sizes.mode;
            steps(&v).map(|steps| c.settings.thumbnails.sizes = Sizes::new(steps, mode))
        },
    },
    Setting {
        name: "thumbnails.mode",
        doc: "Which other widths there are: \"exact\": all; \"snap\": the next step is given instead; \"refuse\": none.",
        kind: Kind::Text,
        get: |c| text(mode_name(c.settings.thumbnails.sizes.mode)),
        set: |c, v| sizes_mode(v).map(|mode| c.settings.thumbnails.sizes.mode = mode),
    },
    Setting {
        name: "thumbnails.renditions",
        doc: "Forms in which thumbnails that are JPEG or PNG are given to clients that know them: \"webp\", \"avif\". The first counts most.",
        kind: Kind::Texts,
        get: |c| texts(c.settings.thumbnails.renditions.iter().map(|form| form.name().to_owned())),
        set: |c, v| renditions(v).map(|v| c.settings.thumbnails.renditions = v),
    },
    Setting {
        name: "thumbnails.cache_bytes",
        doc: "Bytes of disk for thumbnails, below thumbnails/ in the data directory. Those not asked for longest go first. With 0 there are none.",
        kind: Kind::Number,
        get: |c| number(c.settings.thumbnails.cache_bytes),
        set: |c, v| {
            c.settings.thumbnails.cache_bytes = v.as_integer().unwrap_or_default().unsigned_abs();
            Ok(())
        },
    },
    Setting {
        name: "jobs.workers",
        doc: "Jobs that this process works on at a time. 0 leaves them to other processes, or to a later start.",
        kind: Kind::Number,
        get: |c| number(c.workers as u64),
        set: |c, v| {
            let workers = v.as_integer().and_then(|n| usize::try_from(n).ok());
            c.workers = workers.filter(|n| *n <= 64).ok_or("has to be between 0 and 64")?;
            Ok(())
        },
    },
    Setting {
        name: "limits.enabled",
        doc: "Whether any throttle applies.",
        kind: Kind::Bool,
        get: |c| Some(Value::Boolean(c.settings.limits.enabled)),
        set: |c, v| {
            c.settings.limits.enabled = v.as_bool().unwrap_or_default();
            Ok(())
        },
    },
    Setting {
        name: "limits.login_attempts",
        doc: "Failed logins per user name and address, within login_window_seconds, before further ones are refused.",
        kind: Kind::Number,
        get: |c| number(c.settings.limits.login_attempts.unsigned_abs()),
        set: |c, v| {
            positive(&v).map(|v| c.settings.limits.login_attempts = i64::try_from(v).unwrap_or(i64::MAX))
        },
    },
    Setting {
        name: "limits.login_window_seconds",
        doc: "Seconds over which failed logins are counted.",
        kind: Kind::Number,
        get: |c| number(c.settings.limits.login_window_seconds.unsigned_abs()),
        set: |c, v| {
            positive(&v)
                .map(|v| c.settings.limits.login_window_seconds = i64::try_from(v).unwrap_or(i64::MAX))
        },
    },
    Setting {
        name: "limits.upload_ip",
        doc: "How often files may be published from an address by users who aren't confirmed: \"8/60\" is eight times in 60 seconds.",
        kind: Kind::Text,
        get: |c| rate(c.settings.limits.uploads.ip),
        set: |c, v| rate_of(v).map(|v| c.settings.limits.uploads.ip = v),
    },
    Setting {
        name: "limits.upload_newbie",
        doc: "The same by a user who isn't confirmed.",
        kind: Kind::Text,
        get: |c| rate(c.settings.limits.uploads.newbie),
        set: |c, v| rate_of(v).map(|v| c.settings.limits.uploads.newbie = v),
    },
    Setting {
        name: "limits.upload_user",
        doc: "The same by any other user without the right noratelimit. Empty: as often as they like.",
        kind: Kind::Text,
        get: |c| rate(c.settings.limits.uploads.user),
        set: |c, v| rate_of(v).map(|v| c.settings.limits.uploads.user = v),
    },
    Setting {
        name: "limits.thumbnails_ip",
        doc: "How often an address may have thumbnails made of widths that are not usual: \"700/30\". Empty: as often as it likes.",
        kind: Kind::Text,
        get: |c| rate(c.settings.limits.odd_thumbnails),
        set: |c, v| rate_of(v).map(|v| c.settings.limits.odd_thumbnails = v),
    },
];

/// The names of modes.
const MODES: [(&str, SizesMode); 3] =
    [("exact", SizesMode::Exact), ("snap", SizesMode::Snap), ("refuse", SizesMode::Refuse)];

fn mode_name(mode: SizesMode) -> &'static str {
    MODES.iter().find(|(_, known)| *known == mode).map_or("", |(name, _)| name)
}

fn sizes_mode(value: Value) -> Result<SizesMode, String> {
    let text = string(value);
    let known = MODES.iter().find(|(name, _)| *name == text).map(|(_, mode)| *mode);
    known.ok_or_else(|| "has to be exact, snap or refuse".to_owned())
}

fn renditions(value: Value) -> Result<Vec<Rendition>, String> {
    let known = |name: String| Rendition::ALL.into_iter().find(|form| form.name() == name);
    let forms: Option<Vec<Rendition>> = strings(value).into_iter().map(known).collect();
    forms.ok_or_else(|| "may name webp and avif only".to_owned())
}

/// Widths of thumbnails.
fn steps(value: &Value) -> Result<Vec<u64>, String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let width = |item: &Value| item.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    let widths: Option<Vec<u64>> = items.iter().map(width).collect();
    let widths = widths.filter(|widths| !widths.is_empty());
    widths.ok_or_else(|| "has to be a list of widths greater than 0".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "the form of `Setting::get`")]
fn numbers(values: &[u64]) -> Option<Value> {
    Some(Value::Array(values.iter().filter_map(|value| number(*value)).collect()))
}

#[expect(clippy::unnecessary_wraps, reason = "the form of `Setting::get`")]
fn text(value: impl Into<String>) -> Option<Value> {
    Some(Value::String(value.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "the form of `Setting::get`")]
fn rate(value: Option<Rate>) -> Option<Value> {
    Some(Value::String(value.map(|rate| rate.to_string()).unwrap_or_default()))
}

/// A rate; none for an empty text.
fn rate_of(value: Value) -> Result<Option<Rate>, String> {
    let text = string(value);
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = || "has to be a number of times and of seconds, such as 8/60".to_owned();
    Rate::parse(&text).map(Some).ok_or_else(wrong)
}

fn number(value: u64) -> Option<Value> {
    i64::try_from(value).ok().map(Value::Integer)
}

#[expect(clippy::unnecessary_wraps, reason = "the form of `Setting::get`")]
fn texts(values: impl Iterator<Item = String>) -> Option<Value> {
    Some(Value::Array(values.map(Value::String).collect()))
}

fn string(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn strings(value: Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.into_iter().map(string).collect(),
        _ => Vec::new(),
    }
}

fn parse<T: FromStr>(value: Value, wanted: &str) -> Result<T, String> {
    string(value).parse().map_err(|_| wanted.to_owned())
}

fn positive(value: &Value) -> Result<u64, String> {
    let number = value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    number.ok_or_else(|| "has to be greater than 0".to_owned())
}

fn networks(value: Value) -> Result<Vec<ipnet::IpNet>, String> {
    let network = |text: String| {
        let host = text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from).ok();
        host.or_else(|| text.parse().ok())
            .ok_or_else(|| format!("has to be a list of networks, and {text:?} is none"))
    };
    strings(value).into_iter().map(network).collect()
}

fn groups(value: Value) -> Result<Vec<String>, String> {
    let names = strings(value);
    match names.iter().find(|name| !right::GROUPS.iter().any(|group| group.name == **name)) {
        Some(unknown) => Err(format!("has to be a list of groups, and {unknown:?} is none")),
        None => Ok(names),
    }
}

/// Scheme and host, without a slash at the end.
fn web_address(value: Value) -> Result<String, String> {
    let text = string(value).trim_end_matches('/').to_owned();
    let wrong = || "has to be an address such as https://files.example.org".to_owned();
    let uri: axum::http::Uri = text.parse().map_err(|_| wrong())?;
    let complete =
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|h| !h.is_empty());
    if complete && uri.path().trim_matches('/').is_empty() && uri.query().is_none() {
        Ok(text)
    } else {
        Err(wrong())
    }
}

/// Address of a script of another server, which is asked without a name and password.
fn script_address(value: Value) -> Result<String, String> {
    let text = string(value);
    let wrong = || "has to be an address such as https://files.example.org/w/api.php".to_owned();
    let uri: axum::http::Uri = text.parse().map_err(|_| wrong())?;
    let plain_host = uri.authority().is_some_and(|a| !a.host().is_empty() && !a.as_str().contains('@'));
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    if web && plain_host && uri.path().ends_with("/api.php") && uri.query().is_none() && !text.contains('#') {
        Ok(text)
    } else {
        Err(wrong())
    }
}

/// What a shared repository may be called: not what the files of this server are.
fn repository_name(value: Value) -> Result<String, String> {
    let text = string(value);
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let good = !text.is_empty() && text.bytes().all(plain) && text != "local";
    if good { Ok(text) } else { Err("has to be a name of letters and digits, and not \"local\"".to_owned()) }
}

fn path(value: Value) -> Result<String, String> {
    let text = string(value).trim_end_matches('/').to_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    let good = (text.is_empty() || text.starts_with('/')) && text.chars().all(plain);
    if good { Ok(text) } else { Err("has to be a path such as /w".to_owned()) }
}

fn article_path(value: Value) -> Result<String, String> {
    let text = string(value);
    let good = text.starts_with('/') && text.matches("$1").count() == 1;
    if good { Ok(text) } else { Err("has to be a path with $1 for the title, such as /wiki/$1".to_owned()) }
}

fn one_of_schemes(value: Value, schemes: &[&str], wanted: &str) -> Result<String, String> {
    let text = string(value);
    if schemes.iter().any(|scheme| text.starts_with(scheme)) { Ok(text) } else { Err(wanted.to_owned()) }
}

/// A length of time as users write it, or nothing.
fn length_or_nothing(value: Value) -> Result<String, String> {
    let text = string(value).trim().to_owned();
    let epoch = Timestamp::from_unix(0);
    let good = text.is_empty() || Expiry::parse(&text, epoch).and_then(Expiry::moment).is_some();
    if good { Ok(text) } else { Err("has to be a length of time such as 6 months".to_owned()) }
}

/// A length of time in seconds, from `7d`, `12h 30m` or `3600s`.
fn seconds(value: Value) -> Result<i64, String> {
    let wrong = |_| "has to be a length of time such as 7d or 12h".to_owned();
    let span: jiff::Span = string(value).parse().map_err(wrong)?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(wrong)?;
    let seconds = length.as_secs();
    if seconds > 0 { Ok(seconds) } else { Err("has to be longer than a second".to_owned()) }
}
