//! Metadata in the form of its first version, where every value is one text.

use commonhold_core::Data;

/// The entry that says which version of the form this is.
const VERSION: &str = "MEDIAWIKI_EXIF_VERSION";
/// Names of languages in themselves, for texts that are there in several.
const LANGUAGES: &[(&str, &str)] = &[
    ("ar", "العربية"),
    ("cs", "čeština"),
    ("da", "dansk"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("en", "English"),
    ("es", "español"),
    ("fa", "فارسی"),
    ("fi", "suomi"),
    ("fr", "français"),
    ("he", "עברית"),
    ("hu", "magyar"),
    ("it", "italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("nl", "Nederlands"),
    ("pl", "polski"),
    ("pt", "português"),
    ("ru", "русский"),
    ("sv", "svenska"),
    ("tr", "Türkçe"),
    ("uk", "українська"),
    ("zh", "中文"),
];

/// Renders what is a list to text.
pub(super) fn flattened(data: &Data) -> Data {
    let Data::Map(entries) = data else { return data.clone() };
    // Metadata of damaged files have no version, and stay as they are.
    if !entries.iter().any(|(name, value)| name == VERSION && *value == Data::Int(2)) {
        return data.clone();
    }
    let flat = entries.iter().map(|(name, value)| {
        let value = if name == VERSION { Data::Int(1) } else { one_value(value) };
        (name.clone(), value)
    });
    Data::Map(flat.collect())
}

/// A list of one is its item; others are lists in wikitext.
fn one_value(value: &Data) -> Data {
    let (kind, items) = match value {
        Data::List(items) => ("ul", items.iter().map(|item| ("", item)).collect::<Vec<_>>()),
        Data::Map(entries) => {
            let kind = match value.get("_type") {
                Some(Data::Str(kind)) => kind.as_str(),
                _ => "ul",
            };
            let items = entries.iter().filter(|(name, _)| name != "_type");
            (kind, items.map(|(name, item)| (name.as_str(), item)).collect())
        }
        scalar => return scalar.clone(),
    };
    if let [(_, only)] = items[..] {
        return one_value(only);
    }
    if kind == "lang" {
        return Data::Str(languages(&items));
    }
    let mark = if kind == "ol" { '#' } else { '*' };
    Data::Str(items.iter().map(|(_, item)| format!("\n{mark}{}", text(item))).collect())
}

/// The text for all languages, and then those for one each.
fn languages(items: &[(&str, &Data)]) -> String {
    let default = items.iter().find(|(code, _)| *code == "x-default");
    let mut all = default.map_or_else(String::new, |(_, item)| format!("{}\n", text(item)));
    for (code, item) in items.iter().filter(|(code, _)| *code != "x-default") {
        let main = code.split('-').next().unwrap_or(code);
        let name = LANGUAGES.iter().find(|(known, _)| *known == main).map_or(*code, |(_, name)| *name);
        all.push_str(&format!("\n*<strong>{name}:</strong> {}", text(item)));
    }
    all
}

fn text(value: &Data) -> String {
    match one_value(value) {
        Data::Str(text) => text,
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(truth) => if truth { "1" } else { "" }.to_owned(),
        Data::Null | Data::List(_) | Data::Map(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Data, expected: impl Into<Data>) {
        let data = Data::map([("X", value), (VERSION, Data::Int(2))]);
        assert_eq!(flattened(&data), Data::map([("X", expected.into()), (VERSION, Data::Int(1))]));
    }

    #[test]
    fn lists_become_texts() {
        check(Data::Int(7), 7i64);
        check(vec!["only"].into(), "only");
        check(vec![8i64, 8, 8].into(), "\n*8\n*8\n*8");
        check(Data::map([("0", "a".into()), ("1", "b".into()), ("_type", "ol".into())]), "\n#a\n#b");
        check(Data::map([("0", "a".into()), ("_type", "ul".into())]), "a");
        let title = Data::map([("x-default", "One".into()), ("de", "Eins".into()), ("_type", "lang".into())]);
        check(title, "One\n\n*<strong>Deutsch:</strong> Eins");
    }

    #[test]
    fn what_has_no_version_stays() {
        let damaged = Data::map([("_error", "0".into()), ("X", vec!["a", "b"].into())]);
        assert_eq!(flattened(&damaged), damaged);
    }
}
