//! XMP: the properties that describe a picture.

use std::io::Cursor;

use commonhold_core::Data;

use super::{Entries, text};
use crate::xml::{Fault, Reader, Token};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
const BASIC: &str = "http://ns.adobe.com/xap/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const CC: &str = "http://creativecommons.org/ns#";

/// How a property's values are shown.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Single,
    Ordered,
    Unordered,
    Languages,
}

/// Namespace, name, our name, and form.
const PROPERTIES: &[(&str, &str, &str, Form)] = &[
    (DC, "title", "ObjectName", Form::Languages),
    (DC, "description", "ImageDescription", Form::Languages),
    (DC, "rights", "Copyright", Form::Languages),
    (DC, "creator", "Artist", Form::Ordered),
    (DC, "subject", "Keywords", Form::Unordered),
    (DC, "contributor", "dc-contributor", Form::Unordered),
    (DC, "coverage", "dc-coverage", Form::Single),
    (DC, "date", "dc-date", Form::Ordered),
    (DC, "identifier", "Identifier", Form::Single),
    (DC, "language", "LanguageCode", Form::Unordered),
    (DC, "publisher", "dc-publisher", Form::Unordered),
    (DC, "relation", "dc-relation", Form::Unordered),
    (DC, "source", "dc-source", Form::Single),
    (DC, "type", "dc-type", Form::Unordered),
    (RIGHTS, "Marked", "Copyrighted", Form::Single),
    (RIGHTS, "Certificate", "RightsCertificate", Form::Single),
    (RIGHTS, "Owner", "CopyrightOwner", Form::Unordered),
    (RIGHTS, "UsageTerms", "UsageTerms", Form::Languages),
    (RIGHTS, "WebStatement", "WebStatement", Form::Single),
    (BASIC, "CreatorTool", "Software", Form::Single),
    (BASIC, "Label", "Label", Form::Single),
    (BASIC, "Nickname", "Nickname", Form::Single),
    (BASIC, "Rating", "Rating", Form::Single),
    (PHOTOSHOP, "AuthorsPosition", "AuthorsPosition", Form::Single),
    (PHOTOSHOP, "CaptionWriter", "Writer", Form::Single),
    (PHOTOSHOP, "City", "CityDest", Form::Single),
    (PHOTOSHOP, "Country", "CountryDest", Form::Single),
    (PHOTOSHOP, "Credit", "Credit", Form::Single),
    (PHOTOSHOP, "Headline", "Headline", Form::Single),
    (PHOTOSHOP, "Instructions", "SpecialInstructions", Form::Single),
    (PHOTOSHOP, "Source", "Source", Form::Single),
    (PHOTOSHOP, "State", "ProvinceOrStateDest", Form::Single),
    (CC, "license", "LicenseUrl", Form::Single),
    (CC, "morePermissions", "MorePermissionsUrl", Form::Single),
    (CC, "attributionName", "AttributionName", Form::Single),
    (CC, "attributionURL", "AttributionUrl", Form::Single),
];

/// What a packet says; nothing if it is damaged.
pub(super) fn read(packet: &[u8]) -> Entries {
    let packet = packet.trim_ascii_start();
    properties(packet).unwrap_or_default()
}

/// A property being read.
struct Open {
    name: &'static str,
    form: Form,
    depth: usize,
    /// Text directly in the property.
    own: String,
    /// The items so far with their languages; the last may still be open.
    items: Vec<(Option<String>, String)>,
    is_item: bool,
}

fn properties(packet: &[u8]) -> Result<Entries, Fault> {
    let mut source = Cursor::new(packet);
    let mut reader = Reader::new(&mut source)?;
    let mut found = Entries::new();
    let mut path: Vec<bool> = Vec::new();
    let mut open: Option<Open> = None;
    while let Some(token) = reader.next()? {
        match token {
            Token::Start(element) => {
                let is_description = &*element.ns == RDF && element.local == "Description";
                if is_description {
                    for attribute in &element.attributes {
                        let property = PROPERTIES.iter().find(|(ns, local, _, form)| {
                            *form == Form::Single
                                && attribute.local == *local
                                && attribute.ns.as_deref() == Some(*ns)
                        });
                        if let (Some((_, _, name, _)), Some(value)) =
                            (property, text::printable(&attribute.value))
                        {
                            found.push(((*name).to_owned(), value.into()));
                        }
                    }
                }
                if let Some(open) = &mut open {
                    if &*element.ns == RDF && element.local == "li" {
                        let language = element.attributes.iter().find(|a| a.local == "lang");
                        open.items.push((language.map(|l| l.value.to_lowercase()), String::new()));
                        open.is_item = true;
                    }
                } else if path.last() == Some(&true) {
                    let property = PROPERTIES
                        .iter()
                        .find(|(ns, local, ..)| *ns == &*element.ns && *local == element.local);
                    if let Some((_, _, name, form)) = property {
                        let resource = element.attributes.iter().find(|a| a.local == "resource");
                        let own = resource.map(|r| r.value.clone()).unwrap_or_default();
                        open = Some(Open {
                            name,
                            form: *form,
                            depth: path.len(),
                            own,
                            items: Vec::new(),
                            is_item: false,
                        });
                    }
                }
                path.push(is_description);
            }
            Token::Text(text) => match &mut open {
                Some(Open { is_item: true, items, .. }) => {
                    if let Some((_, item)) = items.last_mut() {
                        item.push_str(&text);
                    }
                }
                Some(open) => open.own.push_str(&text),
                None => {}
            },
            Token::End => {
                path.pop();
                if let Some(item) = &mut open {
                    item.is_item = false;
                }
                if let Some(done) = open.take_if(|o| o.depth == path.len())
                    && let Some(value) = done.value()
                {
                    found.push((done.name.to_owned(), value));
                }
            }
            // No program writes one, and its entities could make much of little.
            Token::Doctype(_) => return Err(Fault::Malformed),
            Token::Instruction(_) => {}
        }
    }
    Ok(found)
}

impl Open {
    fn value(&self) -> Option<Data> {
        let items = self.items.iter().filter_map(|(l, t)| Some((l, text::printable(t)?)));
        let list = |kind: &str| {
            let texts = items.clone().enumerate().map(|(i, (_, t))| (i.to_string(), Data::from(t)));
            texts.chain([("_type".to_owned(), kind.into())]).collect::<Entries>()
        };
        let entries = match self.form {
            Form::Single => return text::printable(&self.own).map(Data::from),
            Form::Ordered => list("ol"),
            Form::Unordered => list("ul"),
            Form::Languages => {
                let language = |l: &Option<String>| l.clone().unwrap_or_else(|| "x-default".to_owned());
                let texts = items.map(|(l, t)| (language(l), Data::from(t)));
                texts.chain([("_type".to_owned(), "lang".into())]).collect()
            }
        };
        (entries.len() > 1).then_some(Data::Map(entries))
    }
}
