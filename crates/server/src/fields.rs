//! The fields of a query string.

use axum::http::Uri;

/// All of them. Where several have the same name, the last one counts, as in PHP.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Those of an address.
    pub(crate) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.any_of(&[name])
    }

    /// The same of a field that has several names.
    pub(crate) fn any_of(&self, names: &[&str]) -> Option<&str> {
        let given = self.0.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        given.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_fields_counts() {
        let uri = "/w/thumb.php?f=A%20b+c.png&w=1&width=2&empty&f=D.png".parse().unwrap();
        let fields = Fields::of(&uri);
        assert_eq!(fields.get("f"), Some("D.png"));
        assert_eq!(fields.any_of(&["w", "width"]), Some("2"));
        assert_eq!((fields.get("empty"), fields.get("none")), (Some(""), None));
        assert_eq!(Fields::of(&"/?f=A%20b+c.png".parse().unwrap()).get("f"), Some("A b c.png"));
        assert_eq!(Fields::of(&"/".parse().unwrap()).get("f"), None);
    }
}
