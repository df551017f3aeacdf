//! The namespaces of elements that drawing programs write and that no reader runs.

/// How long a mangled name may be.
const MANGLED_LIMIT: usize = 200;

const ALLOWED: &[&str] = &[
    "",
    "http://www.w3.org/2000/svg",
    "adobe:ns:meta/",
    "http://creativecommons.org/ns#",
    "http://inkscape.sourceforge.net/dtd/sodipodi-0.dtd",
    "http://ns.adobe.com/adobeillustrator/10.0/",
    "http://ns.adobe.com/adobesvgviewerextensions/3.0/",
    "http://ns.adobe.com/extensibility/1.0/",
    "http://ns.adobe.com/flows/1.0/",
    "http://ns.adobe.com/illustrator/1.0/",
    "http://ns.adobe.com/imagereplacement/1.0/",
    "http://ns.adobe.com/pdf/1.3/",
    "http://ns.adobe.com/photoshop/1.0/",
    "http://ns.adobe.com/saveforweb/1.0/",
    "http://ns.adobe.com/variables/1.0/",
    "http://ns.adobe.com/xap/1.0/",
    "http://ns.adobe.com/xap/1.0/g/",
    "http://ns.adobe.com/xap/1.0/g/img/",
    "http://ns.adobe.com/xap/1.0/mm/",
    "http://ns.adobe.com/xap/1.0/rights/",
    "http://ns.adobe.com/xap/1.0/stype/dimensions#",
    "http://ns.adobe.com/xap/1.0/stype/font#",
    "http://ns.adobe.com/xap/1.0/stype/manifestitem#",
    "http://ns.adobe.com/xap/1.0/stype/resourceevent#",
    "http://ns.adobe.com/xap/1.0/stype/resourceref#",
    "http://ns.adobe.com/xap/1.0/t/pg/",
    "http://purl.org/dc/elements/1.1",
    "http://purl.org/dc/elements/1.1/",
    "http://schemas.microsoft.com/visio/2003/svgextensions/",
    "http://sodipodi.sourceforge.net/dtd/sodipodi-0.dtd",
    "http://taptrix.com/inkpad/svg_extensions",
    "http://web.resource.org/cc/",
    "http://www.freesoftware.fsf.org/bkchem/cdml",
    "http://www.inkscape.org/namespaces/inkscape",
    "http://www.opengis.net/gml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/tr/rec-rdf-syntax/",
];

/// Whether elements of a namespace may stay. Old Illustrator files have the names of entities in place of their
/// values.
pub(crate) fn is_allowed(namespace: &str) -> bool {
    if namespace.len() > MANGLED_LIMIT {
        return false;
    }
    let namespace = namespace.to_lowercase();
    ALLOWED.contains(&namespace.as_str()) || is_mangled(&namespace)
}

/// `&ns_name;`, escaped any number of times.
fn is_mangled(namespace: &str) -> bool {
    let Some(mut rest) = namespace.strip_prefix('&') else { return false };
    while let Some(shorter) = rest.strip_prefix("#38;") {
        rest = shorter;
    }
    let name = rest.strip_prefix("ns_").and_then(|r| r.strip_suffix(';'));
    name.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}
