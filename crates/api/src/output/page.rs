//! The pages people see when they open the API in a browser.

use std::time::Duration;

use super::plain::{self, Plain};
use super::value::Value;
use super::{Format, Version, json};

/// A page with the answer on it.
pub(super) fn page(text: &str, format: Format) -> String {
    let name = match format {
        Format::Json => "json",
        Format::Xml => "xml",
        Format::Php => "php",
        Format::Raw | Format::None => "raw",
    };
    let hint = if format == Format::Raw {
        "This is the answer as the modules built it, before any format was applied.".to_owned()
    } else {
        format!("This page shows the answer for people to read. Programs ask for <code>format={name}</code>.")
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"UTF-8\">\n\
         <title>API answer</title>\n<meta name=\"robots\" content=\"noindex,nofollow\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n</head>\n<body>\n<h1>API answer</h1>\n\
         <p>{hint} <a href=\"?action=help\">What the API can do</a>.</p>\n{}\n</body>\n</html>\n",
        content(text)
    )
}

/// The content of the page as JSON, for pages that show it inside themselves.
pub(super) fn wrapped(text: &str, answer: &Value, elapsed: Duration) -> String {
    let html = content(text);
    let proceed = answer
        .as_map()
        .and_then(|map| map.get("continue"))
        .map_or(Plain::Null, |value| plain::lower(value, Version::V2));
    let time = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
    let wrapped = Plain::Map(vec![
        ("status".into(), Plain::Int(200)),
        ("statustext".into(), Plain::Str("OK")),
        ("html".into(), Plain::Str(&html)),
        ("modules".into(), Plain::List(Vec::new())),
        ("continue".into(), proceed),
        ("time".into(), Plain::Int(time)),
    ]);
    json::print(&wrapped, false, false)
}

fn content(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<pre class=\"api-pretty-content\">{escaped}</pre>")
}
