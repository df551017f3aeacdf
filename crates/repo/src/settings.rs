//! How a repository is set up, as the use cases need it.

use std::path::PathBuf;
use std::time::Duration;

use commonhold_core::policy::UploadPolicy;
use commonhold_core::thumb::{Rendition, Sizes};
use commonhold_core::{Message, Rate};
use commonhold_media::thumb::Limits;
use commonhold_media::tools::Tool;
use ipnet::IpNet;

use crate::scan::{OnFailure, ScannerAddress};

/// Everything that an operator decides.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Name, language, addresses.
    pub site: SiteSettings,
    /// What may be uploaded.
    pub uploads: UploadPolicy,
    /// What may be fetched from elsewhere.
    pub by_url: ByUrlSettings,
    /// Another wiki whose files are there for this one as well.
    pub shared: SharedSettings,
    /// What looking into files may cost.
    pub media: MediaSettings,
    /// Who looks for viruses.
    pub scanner: ScannerSettings,
    /// What watchlists can do.
    pub watchlist: WatchlistSettings,
    /// Thumbnails, and where they are kept.
    pub thumbnails: ThumbnailSettings,
    /// Throttles.
    pub limits: LimitSettings,
    /// How messages are put into the words in which histories and the log keep them.
    pub texts: Texts,
}

/// Puts messages into words of the content language. Some texts are stored: what a page's history says of an upload.
#[derive(Clone, Copy, Debug)]
pub struct Texts(pub fn(&Message) -> String);

impl Default for Texts {
    /// Shows keys instead.
    fn default() -> Self {
        Self(|message| format!("⧼{}⧽", message.key))
    }
}

/// Name, language and addresses of the site.
#[derive(Clone, Debug)]
pub struct SiteSettings {
    /// Shown as `sitename`.
    pub name: String,
    /// Content language.
    pub language: String,
    /// Scheme, host and port, without a slash at the end.
    pub public_url: String,
    /// The same for the host that serves files; usually `public_url`.
    pub media_url: String,
    /// Where api.php and index.php are, such as `/w`.
    pub script_path: String,
    /// Pages, with `$1` for the title.
    pub article_path: String,
    /// Origins whose scripts may call the API with the user's session.
    pub cors_origins: Vec<String>,
    /// Why nothing may be changed at present; absent while everything may.
    pub read_only: Option<String>,
}

/// Uploads by URL: what may be fetched, by whom, and within which limits.
#[derive(Clone, Debug)]
pub struct ByUrlSettings {
    /// Whether anything may be fetched.
    pub enabled: bool,
    /// Groups that have the right `upload_by_url`.
    pub groups: Vec<String>,
    /// Hosts that may be asked, label by label, with `*` for any one label. Empty: all of them.
    pub allowed_hosts: Vec<String>,
    /// Networks that may be asked although they are private or special.
    pub allow_networks: Vec<IpNet>,
    /// Bytes of the largest file that is fetched; where absent, those of the largest upload.
    pub max_bytes: Option<u64>,
    /// How long a fetch may take, redirects and the wait for its turn included.
    pub timeout: Duration,
    /// How many files may be fetched at a time; others wait.
    pub at_once: usize,
}

/// A shared repository: another wiki whose files are there for this one as well.
#[derive(Clone, Debug)]
pub struct SharedSettings {
    /// Its api.php; absent where there is no such wiki.
    pub api: Option<String>,
    /// What answers call it.
    pub name: String,
    /// How long it may take to answer before one goes on without it.
    pub timeout: Duration,
}

/// Processes that decode files.
#[derive(Clone, Debug)]
pub struct MediaSettings {
    /// How many may run at a time; 0 for as many as there are processors.
    pub workers: usize,
    /// How many jobs may wait for one.
    pub queue: usize,
    /// What each may cost.
    pub limits: Limits,
    /// Programs of others that may be used where they are there: `ffmpeg` and `ddjvu`, or their paths.
    pub tools: Vec<String>,
    /// The program that is started with `media-worker`; absent for the running one.
    pub program: Option<PathBuf>,
}

/// What watchlists can do.
#[derive(Clone, Debug)]
pub struct WatchlistSettings {
    /// Whether pages can be watched up to a moment.
    pub expiry: bool,
    /// The longest time for which they can, such as `6 months`; empty for no limit.
    pub max_expiry: String,
}

/// Thumbnails, and where they are kept.
#[derive(Clone, Debug)]
pub struct ThumbnailSettings {
    /// The widths that they have.
    pub sizes: Sizes,
    /// The other forms that clients are given who know them: the first that a client knows.
    pub renditions: Vec<Rendition>,
    /// Bytes of disk that they may take; those that weren't asked for longest go first.
    pub cache_bytes: u64,
    /// The directory that is theirs alone, and may be deleted at any time. Where absent, they are kept in memory only.
    pub directory: Option<PathBuf>,
}

/// The virus scanner.
#[derive(Clone, Debug)]
pub struct ScannerSettings {
    /// Where it listens; absent where there is none.
    pub address: Option<ScannerAddress>,
    /// What becomes of a file of which it says nothing.
    pub on_failure: OnFailure,
    /// How long it may take for a file.
    pub timeout: Duration,
}

/// Throttles.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// Whether any throttle applies.
    pub enabled: bool,
    /// Failed logins per user name and address before further ones are refused.
    pub login_attempts: i64,
    /// Seconds over which they are counted.
    pub login_window_seconds: i64,
    /// How often files may be published.
    pub uploads: Rates,
    /// How often an address may have thumbnails made of widths that aren't usual.
    pub odd_thumbnails: Option<Rate>,
}

/// How often something may be done; without a rate as often as one likes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// From an address, by users who aren't logged in or not confirmed.
    pub ip: Option<Rate>,
    /// By a user who isn't confirmed.
    pub newbie: Option<Rate>,
    /// By any other user.
    pub user: Option<Rate>,
}

impl Default for SiteSettings {
    fn default() -> Self {
        let public_url = "http://127.0.0.1:8080".to_owned();
        Self {
            name: "Commonhold".to_owned(),
            language: "en".to_owned(),
            media_url: public_url.clone(),
            public_url,
            script_path: "/w".to_owned(),
            article_path: "/w/index.php?title=$1".to_owned(),
            cors_origins: Vec::new(),
            read_only: None,
        }
    }
}

impl Default for ByUrlSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            groups: vec!["sysop".to_owned()],
            allowed_hosts: Vec::new(),
            allow_networks: Vec::new(),
            max_bytes: None,
            timeout: Duration::from_mins(1),
            at_once: 16,
        }
    }
}

impl Default for SharedSettings {
    fn default() -> Self {
        Self { api: None, name: "shared".to_owned(), timeout: Duration::from_secs(5) }
    }
}

impl Default for MediaSettings {
    fn default() -> Self {
        let tools = Tool::ALL.map(|tool| tool.name().to_owned()).to_vec();
        Self { workers: 0, queue: 256, limits: Limits::default(), tools, program: None }
    }
}

impl Default for WatchlistSettings {
    fn default() -> Self {
        Self { expiry: false, max_expiry: "6 months".to_owned() }
    }
}

impl Default for ThumbnailSettings {
    fn default() -> Self {
        Self {
            sizes: Sizes::default(),
            renditions: Vec::new(),
            cache_bytes: 2 * 1024 * 1024 * 1024,
            directory: None,
        }
    }
}

impl Default for ScannerSettings {
    fn default() -> Self {
        Self { address: None, on_failure: OnFailure::Refuse, timeout: Duration::from_mins(2) }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        let few = Some(Rate { hits: 8, seconds: 60 });
        Self {
            enabled: true,
            login_attempts: 5,
            login_window_seconds: 300,
            uploads: Rates { ip: few, newbie: few, user: None },
            odd_thumbnails: Some(Rate { hits: 700, seconds: 30 }),
        }
    }
}
