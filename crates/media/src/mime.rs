//! Types and extensions: which belong together, and what class they are.

use commonhold_core::MediaType::{
    self, Archive, Audio, Bitmap, Drawing, Executable, Multimedia, Office, Text, ThreeD, Video,
};

/// The type of what can't be told.
pub(crate) const UNKNOWN: &str = "unknown/unknown";
/// Office Open XML, before the extension tells which.
pub(crate) const OPC: &str = "application/x-opc+zip";
/// OpenDocument, before the extension tells which.
pub(crate) const ODF: &str = "application/vnd.oasis.opendocument";

/// Types with their extensions (the first one is what a nameless file gets) and class.
const TYPES: &[(&str, &[&str], MediaType)] = &[
    ("image/jpeg", &["jpeg", "jpg", "jpe", "jps"], Bitmap),
    ("image/png", &["png", "apng"], Bitmap),
    ("image/gif", &["gif"], Bitmap),
    ("image/webp", &["webp"], Bitmap),
    ("image/svg+xml", &["svg"], Drawing),
    ("image/tiff", &["tiff", "tif"], Bitmap),
    ("image/avif", &["avif"], Bitmap),
    ("image/heic", &["heic", "heif"], Bitmap),
    ("image/jxl", &["jxl"], Bitmap),
    ("image/x-bmp", &["bmp"], Bitmap),
    ("image/x-xcf", &["xcf"], Bitmap),
    ("image/x-icon", &["ico"], Bitmap),
    ("image/vnd.djvu", &["djvu", "djv"], Office),
    ("image/jp2", &["jp2", "j2k", "jpg2"], Bitmap),
    ("image/jpx", &["jpx", "jpf"], Bitmap),
    ("image/x-xbitmap", &["xbm"], Bitmap),
    ("image/x-photoshop", &["psd"], Bitmap),
    ("application/pdf", &["pdf"], Office),
    ("application/ogg", &["ogx", "ogg", "ogm", "ogv", "oga", "spx", "opus"], Multimedia),
    ("audio/mpeg", &["mpga", "mpa", "mp2", "mp3"], Audio),
    ("audio/midi", &["mid", "midi", "kar"], Audio),
    ("audio/wav", &["wav"], Audio),
    ("audio/flac", &["flac"], Audio),
    ("audio/webm", &["webm"], Audio),
    ("audio/x-aiff", &["aif", "aiff", "aifc"], Audio),
    ("audio/basic", &["au", "snd"], Audio),
    ("audio/aac", &["aac"], Audio),
    ("video/webm", &["webm"], Video),
    ("video/x-matroska", &["mkv", "mka"], Video),
    ("video/mp4", &["mp4", "m4a", "m4p", "m4b", "m4r", "m4v"], Video),
    ("video/mpeg", &["mpg", "mpeg", "mpe"], Video),
    ("video/quicktime", &["qt", "mov"], Video),
    ("video/x-msvideo", &["avi"], Video),
    ("video/x-ms-asf", &["asf", "wmv", "wma"], Video),
    ("video/x-flv", &["flv"], Video),
    ("application/x-shockwave-flash", &["swf"], Multimedia),
    ("application/sla", &["stl"], ThreeD),
    (
        "application/zip",
        &["zip", "jar", "xpi", "sxc", "stc", "sxd", "std", "sxi", "sti", "sxm", "stm", "sxw", "stw"],
        Archive,
    ),
    ("application/x-tar", &["tar"], Archive),
    ("application/x-bzip2", &["bz2"], Archive),
    ("application/x-7z-compressed", &["7z"], Archive),
    ("application/x-rar", &["rar"], Archive),
    ("application/gzip", &[], Archive),
    ("application/msword", &["doc", "dot"], Office),
    ("application/vnd.ms-excel", &["xls", "xlt", "xla"], Office),
    ("application/vnd.ms-powerpoint", &["ppt", "pot", "pps", "ppa"], Office),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"], Office),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"], Office),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"], Office),
    ("application/vnd.oasis.opendocument.text", &["odt"], Office),
    ("application/vnd.oasis.opendocument.spreadsheet", &["ods"], Office),
    ("application/vnd.oasis.opendocument.presentation", &["odp"], Office),
    ("application/vnd.oasis.opendocument.graphics", &["odg"], Office),
    ("application/vnd.oasis.opendocument.formula", &["odf"], Office),
    ("application/postscript", &["ai", "eps", "ps"], Drawing),
    ("text/rtf", &["rtf"], Office),
    ("application/json", &["json"], Text),
    ("text/plain", &["txt"], Text),
    ("text/csv", &["csv"], Text),
    ("text/tab-separated-values", &["tsv"], Text),
    ("text/css", &["css"], Text),
    ("text/html", &["html", "htm"], Text),
    ("application/xml", &["xml", "xsl", "xsd", "kml"], Text),
    ("application/javascript", &["js"], Executable),
    ("application/x-php", &["php", "phtml", "php3"], Executable),
    ("application/x-msdownload", &["exe", "com", "dll", "scr"], Executable),
    ("application/x-msmetafile", &["wmf", "emf"], Drawing),
    ("application/x-sh", &["sh"], Executable),
    ("application/java", &["class"], Executable),
];

/// Extensions whose content is recognised: other content under them is never theirs.
const RECOGNISED: &[&str] = &[
    "gif", "jpeg", "jpg", "png", "swf", "psd", "bmp", "tiff", "tif", "jpc", "jp2", "jpx", "jb2", "swc",
    "iff", "wbmp", "xbm", "djvu", "ogx", "ogg", "ogv", "oga", "spx", "opus", "mid", "pdf", "wmf", "xcf",
    "webm", "mkv", "mka", "webp", "mp3", "svg", "stl",
    // MediaWiki doesn't know these; we allow them, so their content has to be theirs as well.
    "avif", "heic", "jxl",
];

/// Other names of the types above.
const ALIASES: &[(&str, &str)] = &[
    ("application/font-sfnt", "font/sfnt"),
    ("application/font-woff", "font/woff"),
    ("application/octet-stream", UNKNOWN),
    ("application/rtf", "text/rtf"),
    ("application/svg+xml", "image/svg+xml"),
    ("application/vnd.rar", "application/x-rar"),
    ("application/x-empty", UNKNOWN),
    ("application/x-ogg", "application/ogg"),
    ("application/x-zip", "application/zip"),
    ("application/xhtml+xml", "text/html"),
    ("audio/m4a", "video/mp4"),
    ("audio/mid", "audio/midi"),
    ("audio/mp3", "audio/mpeg"),
    ("audio/ogg", "application/ogg"),
    ("audio/opus", "application/ogg"),
    ("audio/wave", "audio/wav"),
    ("audio/x-flac", "audio/flac"),
    ("audio/x-wav", "audio/wav"),
    ("image/bmp", "image/x-bmp"),
    ("image/heif", "image/heic"),
    ("image/pjpeg", "image/jpeg"),
    ("image/svg", "image/svg+xml"),
    ("image/vnd.adobe.photoshop", "image/x-photoshop"),
    ("image/vnd.microsoft.icon", "image/x-icon"),
    ("image/x-djvu", "image/vnd.djvu"),
    ("image/x-ms-bmp", "image/x-bmp"),
    ("image/x-png", "image/png"),
    ("image/x.djvu", "image/vnd.djvu"),
    ("text/javascript", "application/javascript"),
    ("text/xml", "application/xml"),
    ("video/ogg", "application/ogg"),
    ("video/x-m4v", "video/mp4"),
    ("video/x-ms-wmv", "video/x-ms-asf"),
];

/// The name that we use for a type.
pub(crate) fn canonical(mime: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == mime).map_or(mime, |(_, name)| name)
}

fn extensions(mime: &str) -> Option<&'static [&'static str]> {
    let mime = canonical(mime);
    TYPES.iter().find(|(name, extensions, _)| *name == mime && !extensions.is_empty()).map(|(_, e, _)| *e)
}

/// The type that an extension stands for.
pub(crate) fn of_extension(extension: &str) -> Option<&'static str> {
    let extension = extension.to_ascii_lowercase();
    TYPES.iter().find(|(_, extensions, _)| extensions.contains(&extension.as_str())).map(|(name, _, _)| *name)
}

fn is_recognised(extension: &str) -> bool {
    RECOGNISED.contains(&extension.to_ascii_lowercase().as_str())
}

/// The extension that a file of this type gets when its name has none.
pub fn guess_extension(mime: &str) -> Option<&'static str> {
    extensions(mime).map(|e| e[0])
}

/// The type of a content under a name: containers that many formats share are told apart by the extension, and
/// unknown content is what its extension says unless that would have been recognised.
pub fn logical_type(mime: &str, extension: &str) -> String {
    let by_name = of_extension(extension);
    let belongs = |prefixes: &[&str]| by_name.filter(|t| prefixes.iter().any(|p| t.starts_with(p)));
    let told = match canonical(mime) {
        UNKNOWN if is_recognised(extension) => UNKNOWN,
        UNKNOWN => by_name.unwrap_or(UNKNOWN),
        OPC => belongs(&["application/vnd.openxmlformats-"]).unwrap_or("application/zip"),
        ODF => belongs(&["application/vnd.oasis.opendocument."]).unwrap_or("application/zip"),
        "text/plain" => by_name.filter(|t| class(t) == Text).unwrap_or("text/plain"),
        other => other,
    };
    told.to_owned()
}

/// The type as answers about the stash show it. MediaWiki resolves the two names of MP3 once for a stashed file and
/// twice for a published one, and they are aliases of each other.
pub fn stash_type(mime: &str) -> &str {
    if mime == "audio/mpeg" { "audio/mp3" } else { mime }
}

/// Whether a file of this (logical) type may have this extension.
pub fn matches(mime: &str, extension: &str) -> bool {
    if mime == UNKNOWN {
        return !is_recognised(extension);
    }
    match extensions(mime) {
        Some(known) => known.contains(&extension.to_ascii_lowercase().as_str()),
        None => of_extension(extension).is_none(),
    }
}

/// The class of a type.
pub(crate) fn class(mime: &str) -> MediaType {
    let mime = canonical(mime);
    match TYPES.iter().find(|(name, _, _)| *name == mime) {
        Some((_, _, class)) => *class,
        None if mime.starts_with("text/") => Text,
        None => MediaType::Unknown,
    }
}

#[cfg(test)]
mod tests;
