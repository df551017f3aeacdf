//! Addresses of files and pages, in MediaWiki's layout.

use commonhold_core::FileKey;
use commonhold_core::title::FileTitle;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::settings::SiteSettings;

/// What stays as it is in a path segment; the rest is percent-encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// MediaWiki leaves these readable in page addresses as well.
const PAGE: &AsciiSet = &SEGMENT
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'@')
    .remove(b'$')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b',');

/// Builds addresses.
#[derive(Clone, Debug)]
pub struct Urls {
    /// Scheme, host and port of pages and API.
    pub server: String,
    media: String,
    script_path: String,
    article_path: String,
}

impl Urls {
    /// From the site's settings.
    pub fn new(site: &SiteSettings) -> Self {
        Self {
            server: site.public_url.trim_end_matches('/').to_owned(),
            media: site.media_url.trim_end_matches('/').to_owned(),
            script_path: site.script_path.trim_end_matches('/').to_owned(),
            article_path: site.article_path.clone(),
        }
    }

    /// Path of the scripts, such as `/w`.
    pub fn script_path(&self) -> &str {
        &self.script_path
    }

    /// Path of index.php.
    pub fn script(&self) -> String {
        format!("{}/index.php", self.script_path)
    }

    /// Path of pages, with `$1` for the title.
    pub fn article_path(&self) -> &str {
        &self.article_path
    }

    /// Absolute address of api.php.
    pub fn api(&self) -> String {
        format!("{}{}/api.php", self.server, self.script_path)
    }

    /// Absolute address below which files lie.
    pub fn uploads(&self) -> String {
        format!("{}/images", self.media)
    }

    /// The current version of a file.
    pub fn file(&self, name: &FileTitle) -> String {
        format!("{}/images/{}/{}", self.media, name.hash_path(), segment(name.dbkey()))
    }

    /// An old version of a file.
    pub fn archive(&self, name: &FileTitle, archive_name: &str) -> String {
        format!("{}/images/archive/{}/{}", self.media, name.hash_path(), segment(archive_name))
    }

    /// A thumbnail of a file's current version, by its name.
    pub fn thumb(&self, name: &FileTitle, thumb_name: &str) -> String {
        let (folders, file) = (name.hash_path(), segment(name.dbkey()));
        format!("{}/images/thumb/{folders}/{file}/{}", self.media, segment(thumb_name))
    }

    /// A thumbnail of an old version.
    pub fn archive_thumb(&self, name: &FileTitle, archive_name: &str, thumb_name: &str) -> String {
        let (folders, file) = (name.hash_path(), segment(archive_name));
        format!("{}/images/thumb/archive/{folders}/{file}/{}", self.media, segment(thumb_name))
    }

    /// The icon that stands for files of an extension that have no thumbnails.
    pub fn icon(&self, extension: &str) -> String {
        let name = icon_name(extension);
        format!("{}{}/resources/assets/file-type-icons/{name}.png", self.server, self.script_path)
    }

    /// A page, by its prefixed database key.
    pub fn page(&self, prefixed_dbkey: &str) -> String {
        let title = utf8_percent_encode(prefixed_dbkey, PAGE).to_string();
        format!("{}{}", self.server, self.article_path.replace("$1", &title))
    }

    /// A title as it stands in addresses.
    pub fn encoded(&self, prefixed_dbkey: &str) -> String {
        utf8_percent_encode(prefixed_dbkey, PAGE).to_string()
    }

    /// A page by its id.
    pub fn short(&self, page_id: i64) -> String {
        format!("{}{}?curid={page_id}", self.server, self.script())
    }

    /// A file in its owner's stash.
    pub fn stashed(&self, key: &FileKey) -> String {
        self.page(&format!("Special:UploadStash/file/{key}"))
    }

    /// A thumbnail of it.
    pub fn stashed_thumb(&self, key: &FileKey, thumb_name: &str) -> String {
        self.page(&format!("Special:UploadStash/thumb/{key}/{thumb_name}"))
    }
}

/// Extensions with icons of their own; those that MediaWiki has.
pub const ICON_EXTENSIONS: &[&str] = &[
    "c", "cpp", "deb", "djvu", "dvi", "exe", "h", "html", "iso", "java", "mid", "mov", "mpga", "o", "ogg",
    "pdf", "ps", "psd", "rm", "rpm", "svg", "tar", "tex", "ttf", "txt", "xcf",
];

/// The name of an extension's icon, without its own extension.
fn icon_name(extension: &str) -> String {
    if ICON_EXTENSIONS.contains(&extension) { format!("fileicon-{extension}") } else { "fileicon".to_owned() }
}

/// Percent-encodes one path segment.
fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_mediawikis_layout() {
        let urls = Urls::new(&SiteSettings {
            public_url: "http://h/".into(),
            media_url: "http://m".into(),
            ..Default::default()
        });
        let name = FileTitle::parse("File:Rd_p.jpg").unwrap();
        assert_eq!(urls.file(&name), "http://m/images/8/86/Rd_p.jpg");
        assert_eq!(
            urls.archive(&name, "20260102030405!Rd_p.jpg"),
            "http://m/images/archive/8/86/20260102030405%21Rd_p.jpg"
        );
        assert_eq!(
            urls.page("File:Été & co.jpg"),
            "http://h/w/index.php?title=File:%C3%89t%C3%A9%20%26%20co.jpg"
        );
        assert_eq!(urls.short(7), "http://h/w/index.php?curid=7");
        assert_eq!(urls.thumb(&name, "9px-Rd_p.jpg"), "http://m/images/thumb/8/86/Rd_p.jpg/9px-Rd_p.jpg");
        assert_eq!(
            urls.archive_thumb(&name, "20260102030405!Rd_p.jpg", "9px-Rd_p.jpg"),
            "http://m/images/thumb/archive/8/86/20260102030405%21Rd_p.jpg/9px-Rd_p.jpg"
        );
        assert_eq!(urls.icon("pdf"), "http://h/w/resources/assets/file-type-icons/fileicon-pdf.png");
        assert_eq!(urls.icon("xyz"), "http://h/w/resources/assets/file-type-icons/fileicon.png");
    }
}
