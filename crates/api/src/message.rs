//! Messages in the reader's words.

use std::sync::LazyLock;

use commonhold_core::{Message, Param};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// The English texts, by MediaWiki's message keys; parameters are `$p1`, `$p2` and so on.
const ENGLISH: &str = include_str!("../messages/en.ftl");

static BUNDLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let resource = FluentResource::try_new(ENGLISH.to_owned()).unwrap_or_else(|(partial, errors)| {
        tracing::error!(?errors, "some messages can't be read");
        partial
    });
    let mut bundle = FluentBundle::new_concurrent(Vec::new());
    bundle.set_use_isolating(false);
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(?errors, "some messages are there twice");
    }
    bundle
});

/// The text of a message. An unknown key is shown as itself.
pub fn text(message: &Message) -> String {
    let Some(pattern) = BUNDLE.get_message(&message.key).and_then(|m| m.value()) else {
        return format!("⧼{}⧽", message.key);
    };
    let mut args = FluentArgs::new();
    for (index, param) in message.params.iter().enumerate() {
        args.set(format!("p{}", index + 1), param_text(param));
    }
    let mut errors = Vec::new();
    let text = BUNDLE.format_pattern(pattern, Some(&args), &mut errors).into_owned();
    if !errors.is_empty() {
        tracing::error!(key = %message.key, ?errors, "a message has the wrong parameters");
    }
    text
}

fn param_text(param: &Param) -> String {
    match param {
        Param::Text(text) | Param::Plain(text) => text.clone(),
        Param::Num(number) | Param::Count(number) => number.to_string(),
        Param::Size(bytes) => size_text(*bytes),
        Param::List(items) => items.join(", "),
        Param::Message(message) => text(message),
    }
}

/// A number of bytes in the largest unit that leaves a whole part.
fn size_text(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KB", "MB", "GB", "TB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{size:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_where_the_text_wants_them() {
        let message = Message::new("apierror-missingparam").with("filename");
        assert!(text(&message).contains("filename"), "{}", text(&message));
        assert_eq!(text(&Message::new("no-such-key")), "⧼no-such-key⧽");
        assert_eq!(size_text(1536), "1.5 KB");
    }

    /// Every key that the sources name has a text.
    #[test]
    fn every_message_has_its_text() {
        fn sources(dir: &std::path::Path, out: &mut Vec<String>) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    sources(&path, out);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    out.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut texts = Vec::new();
        for name in ["api", "core", "repo", "media"] {
            sources(&crates.join(name).join("src"), &mut texts);
        }
        let mut missing = Vec::new();
        for source in &texts {
            for piece in source.split("Message::new(\"").skip(1) {
                let key = piece.split('"').next().unwrap();
                if BUNDLE.get_message(key).is_none() && key != "no-such-key" {
                    missing.push(key.to_owned());
                }
            }
        }
        missing.sort();
        missing.dedup();
        assert!(missing.is_empty(), "no text for {missing:?}");
    }
}
