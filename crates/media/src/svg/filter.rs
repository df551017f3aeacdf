//! What is wrong with a single element.

use super::{css, namespaces};
use crate::Reason;
use crate::xml::{Attribute, Element};

/// The key for elements of strange namespaces.
pub(crate) const NAMESPACE: &str = "uploadscriptednamespace";
/// The key for elements that run.
pub(crate) const SCRIPT: &str = "uploaded-script-svg";

/// The attributes whose values are style.
const STYLED: &[&str] = &[
    "font",
    "clip-path",
    "fill",
    "filter",
    "marker",
    "marker-end",
    "marker-mid",
    "marker-start",
    "mask",
    "stroke",
];

/// Attributes by which an animation says what another attribute is to be.
const ANIMATED: &[&str] = &["by", "from", "to", "values"];

/// The first fault of an element, without what is between its tags.
pub(crate) fn fault_of(element: &Element) -> Option<Reason> {
    if !namespaces::is_allowed(&element.ns) {
        return Some(Reason::new(NAMESPACE).with(&*element.ns));
    }
    let name = element.local.to_lowercase();
    if ["script", "handler", "stylesheet", "iframe"].contains(&name.as_str()) {
        return Some(Reason::new(SCRIPT).with(name));
    }
    element.attributes.iter().find_map(|attribute| fault_of_attribute(&name, attribute))
}

fn fault_of_attribute(element: &str, attribute: &Attribute) -> Option<Reason> {
    let local = attribute.local.to_lowercase();
    let value = attribute.value.to_lowercase();
    let of_attribute = |key| Some(Reason::new(key).with(attribute.name()).with(&*value));
    let of_element = |key| Some(Reason::new(key).with(element).with(attribute.name()).with(&*value));
    if local.starts_with("on") {
        return of_attribute("uploaded-event-handler-on-svg");
    }
    if local == "href" {
        let is_link = element == "a" && (value.starts_with("http://") || value.starts_with("https://"));
        if !value.is_empty() && !value.starts_with("data:") && !value.starts_with('#') && !is_link {
            return of_element("uploaded-href-attribute-svg");
        }
        if value.starts_with("data:") && !is_raster(&value) {
            return of_element("uploaded-href-unsafe-target-svg");
        }
    }
    if local == "attributename" {
        if element == "animate" && value.rsplit(':').next() == Some("href") {
            return of_element("uploaded-animate-svg");
        }
        if matches!(element, "set" | "animate") && value.starts_with("on") {
            return Some(
                Reason::new("uploaded-setting-event-handler-svg")
                    .with(element)
                    .with("attributename")
                    .with(value),
            );
        }
        if element == "set" && value.contains("href") {
            return Some(Reason::new("uploaded-setting-href-svg"));
        }
    }
    if element == "set" && local == "to" && is_address(&value) {
        return Some(Reason::new("uploaded-wrong-setting-svg").with(value));
    }
    if local == "handler" && is_address(&value) {
        return of_attribute("uploaded-setting-handler-svg");
    }
    if local == "style" && css::is_hostile_style(&value) {
        return of_attribute("uploaded-remote-url-svg");
    }
    let is_styled = STYLED.contains(&local.as_str()) || local == "cursor";
    // MediaWiki doesn't resolve escapes here, and doesn't know cursors; browsers do both.
    if is_styled && (css::is_hostile(&value) || css::is_hostile_style(&value)) {
        return of_attribute("uploaded-remote-url-svg");
    }
    // What an attribute is set to later may load as well.
    let is_animated = matches!(element, "set" | "animate") && ANIMATED.contains(&local.as_str());
    if is_animated && css::is_hostile_style(&value) {
        return Some(Reason::new("uploaded-wrong-setting-svg").with(value));
    }
    if element == "image" && local == "filter" && css::has_foreign_url(&value) {
        return of_element("uploaded-image-filter-svg");
    }
    None
}

fn is_address(value: &str) -> bool {
    ["http:", "https:", "data:", "script:"].iter().any(|scheme| value.contains(scheme))
}

/// Whether an (already lower-cased) `data:` address holds pixels in a format that can't run.
fn is_raster(value: &str) -> bool {
    let Some((head, _)) = value.strip_prefix("data:").and_then(|v| v.split_once(',')) else { return false };
    let mut parts = head.trim_start().split(';');
    let kind = parts.next().unwrap_or_default().trim_end();
    let is_parameter = |part: &str| {
        let part = part.trim();
        let token = |t: &str| {
            !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+*'%{}|~".contains(c))
        };
        part == "base64"
            || part.split_once('=').is_some_and(|(name, v)| token(name) && token(v.trim_matches('"')))
    };
    ["image/gif", "image/jpeg", "image/jpg", "image/png"].contains(&kind) && parts.all(is_parameter)
}
