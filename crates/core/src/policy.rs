//! What may be uploaded: limits and lists, passed to the rules, never global.

/// The rules' parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPolicy {
    /// Whether anything may be uploaded.
    pub enabled: bool,
    /// Bytes of the largest file.
    pub max_bytes: u64,
    /// Bytes of the smallest chunk that isn't the last.
    pub min_chunk_bytes: u64,
    /// Extensions that files may have, in lower case.
    pub extensions: Vec<String>,
    /// Whether other extensions are refused; otherwise they are only warned of.
    pub strict_extensions: bool,
    /// Bytes from which on a file is warned of; 0 for never.
    pub warn_bytes: u64,
    /// Extensions that may not even stand in the middle of a name, in lower case.
    pub prohibited_extensions: Vec<String>,
    /// Seconds that a stashed file waits to be published.
    pub stash_max_age_seconds: i64,
    /// Whether clients may have work on large files done after the answer.
    pub asynchronous: bool,
    /// Beginnings of names that cameras give, which say nothing.
    pub bad_prefixes: Vec<String>,
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

impl Default for UploadPolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            max_bytes: 5 * 1024 * 1024 * 1024,
            min_chunk_bytes: 1024,
            extensions: owned(&[
                "png", "gif", "jpg", "jpeg", "webp", "svg", "tif", "tiff", "pdf", "ogg", "oga", "ogv",
                "opus", "webm", "mp3", "wav", "flac", "mp4", "mid", "djvu", "stl", "avif", "jxl", "heic",
            ]),
            strict_extensions: true,
            warn_bytes: 0,
            prohibited_extensions: owned(&[
                "html", "htm", "js", "jsb", "mhtml", "mht", "xhtml", "xht", "php", "phtml", "php3", "php4",
                "php5", "phps", "phar", "shtml", "jhtml", "pl", "py", "cgi", "exe", "scr", "dll", "msi",
                "vbs", "bat", "com", "pif", "cmd", "vxd", "cpl", "xml",
            ]),
            stash_max_age_seconds: 7 * 86_400,
            asynchronous: true,
            bad_prefixes: owned(&["CIMG", "DSC_", "DSCF", "DSCN", "DUW", "IMG", "JD", "MGP", "PICT"]),
        }
    }
}
