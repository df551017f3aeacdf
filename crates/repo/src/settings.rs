//! How a repository is set up, as the use cases need it.

use commonhold_core::policy::UploadPolicy;

/// Everything that an operator decides.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Name, language, addresses.
    pub site: SiteSettings,
    /// What may be uploaded.
    pub uploads: UploadPolicy,
    /// Throttles.
    pub limits: LimitSettings,
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
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { enabled: true, login_attempts: 5, login_window_seconds: 300 }
    }
}
