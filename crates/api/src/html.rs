//! Text in HTML.

use commonhold_core::title::Title;
use commonhold_repo::Urls;

/// Escapes text for element content and quoted attributes, in the way that PHP does.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#039;"),
            c => out.push(c),
        }
    }
    out
}

/// A comment on an edit or an upload: escaped, in one line, with its links to pages.
pub(crate) fn comment(urls: &Urls, text: &str) -> String {
    let text = text.replace('\n', " ");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("[[") {
        let link = rest[start + 2..].find("]]").map(|end| &rest[start + 2..start + 2 + end]);
        let Some((inside, title)) = link.and_then(|inside| Some((inside, target(inside)?))) else {
            out.push_str(&escape(&rest[..start + 2]));
            rest = &rest[start + 2..];
            continue;
        };
        out.push_str(&escape(&rest[..start]));
        let shown = inside.split_once('|').map_or(inside, |(_, shown)| shown).trim_start_matches(':');
        let (href, name) = (urls.page(&title.prefixed_dbkey()), title.prefixed_text());
        out.push_str(&format!(
            "<a href=\"{}\" title=\"{}\">{}</a>",
            escape(&href),
            escape(&name),
            escape(shown)
        ));
        rest = &rest[start + 2 + inside.len() + 2..];
    }
    out.push_str(&escape(rest));
    out
}

/// The page that a link leads to.
fn target(inside: &str) -> Option<Title> {
    let name = inside.split('|').next().unwrap_or(inside);
    Title::parse(name.split('#').next().unwrap_or(name)).ok()
}

#[cfg(test)]
mod tests {
    use commonhold_repo::SiteSettings;

    use super::*;

    #[test]
    fn comments_show_their_links_and_nothing_else() {
        let urls = Urls::new(&SiteSettings { public_url: "http://h".into(), ..SiteSettings::default() });
        let shown = |text: &str| comment(&urls, text);
        assert_eq!(shown("<b>\"it's\"</b>\n & co"), "&lt;b&gt;&quot;it&#039;s&quot;&lt;/b&gt;  &amp; co");
        assert_eq!(shown("[[not parsed"), "[[not parsed");
        assert_eq!(shown("[[<script>]]"), "[[&lt;script&gt;]]");
        assert_eq!(
            shown("see [[file:a b.png|<this>]]."),
            "see <a href=\"http://h/w/index.php?title=File:A_b.png\" title=\"File:A b.png\">&lt;this&gt;</a>."
        );
    }
}
