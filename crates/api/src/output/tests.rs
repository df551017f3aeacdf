//! The literals are what a MediaWiki 1.39 prints for the same trees.

use commonhold_core::data::Data;
use proptest::prelude::*;

use super::*;

fn printed(value: impl Into<Value>, format: Format, version: Version) -> String {
    let options = OutputOptions { format, version, ..OutputOptions::default() };
    String::from_utf8(print(&value.into(), &options).body).unwrap()
}

fn v1(value: impl Into<Value>) -> String {
    printed(value, Format::Json, Version::V1)
}

fn v2(value: impl Into<Value>) -> String {
    printed(value, Format::Json, Version::V2)
}

fn php(value: impl Into<Value>) -> String {
    printed(value, Format::Php, Version::V1)
}

/// What is inside the root element.
fn xml(name: &'static str, value: impl Into<Value>) -> String {
    let text = printed(Map::new().with(name, value), Format::Xml, Version::V1);
    let inside =
        text.strip_prefix("<?xml version=\"1.0\"?><api>").and_then(|rest| rest.strip_suffix("</api>"));
    inside.unwrap_or(&text).to_owned()
}

#[test]
fn booleans() {
    let map = Map::new()
        .with("t", true)
        .with("f", false)
        .with("rt", Value::RealBool(true))
        .with("rf", Value::RealBool(false))
        .with("n", Value::Null);
    assert_eq!(v1(map.clone()), r#"{"t":"","rt":true,"rf":false,"n":null}"#);
    assert_eq!(v2(map.clone()), r#"{"t":true,"f":false,"rt":true,"rf":false,"n":null}"#);
    assert_eq!(php(map.clone()), r#"a:4:{s:1:"t";s:0:"";s:2:"rt";b:1;s:2:"rf";b:0;s:1:"n";N;}"#);
    assert_eq!(
        printed(map.clone(), Format::Php, Version::V2),
        r#"a:5:{s:1:"t";b:1;s:1:"f";b:0;s:2:"rt";b:1;s:2:"rf";b:0;s:1:"n";N;}"#
    );
    assert_eq!(xml("bools", map), r#"<bools t="" rt="" />"#);
}

#[test]
fn numbers() {
    let floats = [
        ("a", 1.5),
        ("b", 10.0),
        ("c", 1e25),
        ("d", 0.1),
        ("e", 1e-7),
        ("f", 123_456_789_012_345_680.0),
        ("g", -0.0),
        ("h", 1e15),
        ("i", 0.0001),
        ("j", 0.00001),
        ("k", 1e17),
        ("l", 100_000.0),
        ("m", 1e16),
    ];
    let map: Map = floats.into_iter().collect();
    assert_eq!(
        v1(map.clone()),
        r#"{"a":1.5,"b":10,"c":1.0e+25,"d":0.1,"e":1.0e-7,"f":1.2345678901234568e+17,"g":-0,"h":1000000000000000,"i":0.0001,"j":1.0e-5,"k":1.0e+17,"l":100000,"m":10000000000000000}"#
    );
    assert_eq!(
        php(map.clone()),
        r#"a:13:{s:1:"a";d:1.5;s:1:"b";d:10;s:1:"c";d:1.0E+25;s:1:"d";d:0.1;s:1:"e";d:1.0E-7;s:1:"f";d:1.2345678901234568E+17;s:1:"g";d:-0;s:1:"h";d:1000000000000000;s:1:"i";d:0.0001;s:1:"j";d:1.0E-5;s:1:"k";d:1.0E+17;s:1:"l";d:100000;s:1:"m";d:10000000000000000;}"#
    );
    assert_eq!(
        xml("floats", map),
        r#"<floats a="1.5" b="10" c="1.0E+25" d="0.1" e="1.0E-7" f="1.2345678901235E+17" g="-0" h="1.0E+15" i="0.0001" j="1.0E-5" k="1.0E+17" l="100000" m="1.0E+16" />"#
    );
    assert_eq!(v2(vec![i64::MIN, i64::MAX]), "[-9223372036854775808,9223372036854775807]");
    assert_eq!(v2(vec![f64::NAN, f64::INFINITY, -1234.5678]), "[null,null,-1234.5678]");
}

#[test]
fn text_in_json() {
    let text = "a\"/\\<>&'é\u{2028}\u{1F600}\t\n\r\x08\x0c\x01\x7f";
    let escaped = r#""a\"/\\<>&'\u00e9\u2028\ud83d\ude00\t\n\r\b\f\u0001"#.to_owned() + "\x7f\"";
    let plain = r#""a\"/\\<>&'é\u2028😀\t\n\r\b\f\u0001"#.to_owned() + "\x7f\"";
    let with = |version, utf8, ascii| {
        let options = OutputOptions { version, utf8, ascii, ..OutputOptions::default() };
        String::from_utf8(print(&text.into(), &options).body).unwrap()
    };
    assert_eq!(with(Version::V1, false, false), escaped);
    assert_eq!(with(Version::V1, true, false), plain);
    assert_eq!(with(Version::V2, false, false), plain);
    assert_eq!(with(Version::V2, false, true), escaped);
}

#[test]
fn lengths_in_php_are_bytes_and_numbered_keys_are_numbers() {
    let keys = ["01", "-5", "7", "-0", "+3", "0", "9223372036854775807", "9223372036854775808", "é"];
    let map: Map = keys.into_iter().map(|key| (key, "ä")).collect();
    let value = r#"s:2:"ä";"#;
    assert_eq!(
        php(map),
        [
            r#"a:9:{s:2:"01";"#,
            "i:-5;",
            "i:7;",
            r#"s:2:"-0";"#,
            r#"s:2:"+3";"#,
            "i:0;",
            "i:9223372036854775807;",
            r#"s:19:"9223372036854775808";"#,
            r#"s:2:"é";"#,
            "}"
        ]
        .join(value)
    );
}

#[test]
fn lists() {
    let items: Vec<Value> = vec![
        "a".into(),
        1.5.into(),
        true.into(),
        Value::Null,
        "".into(),
        " x\n\"".into(),
        Map::new().with("x", 1).into(),
        List::of("z", [1, 2]).into(),
        Vec::<i64>::new().into(),
        Map::new().into(),
    ];
    let list = List::of("r", items);
    assert_eq!(v2(list.clone()), r#"["a",1.5,true,null,""," x\n\"",{"x":1},[1,2],[],{}]"#);
    assert_eq!(
        xml("list", list),
        "<list><r>a</r><r>1.5</r><r>true</r><r /><r /><r> x\n\"</r><r x=\"1\" /><r><z>1</z><z>2</z></r><r /><r /></list>"
    );
    assert_eq!(xml("listn", vec!["a"]), "<listn><_v>a</_v></listn>");
}

#[test]
fn a_list_that_is_a_map_in_version_2() {
    let list = List::of("limit", [10, 20, 30]).indexed_in_v2();
    assert_eq!(v1(list.clone()), "[10,20,30]");
    assert_eq!(v2(list.clone()), r#"{"0":10,"1":20,"2":30}"#);
    assert_eq!(
        xml("bcassoc", list),
        r#"<bcassoc><limit _idx="0">10</limit><limit _idx="1">20</limit><limit _idx="2">30</limit></bcassoc>"#
    );
}

#[test]
fn a_map_that_is_a_list_in_version_2() {
    let mut map = Map::keyed_list("limit");
    assert_eq!((v1(map.clone()), v2(map.clone())), ("[]".into(), "[]".into()));
    map.set("5", 10).set("7", Map::new().with("a", 1));
    assert_eq!(v1(map.clone()), r#"{"5":10,"7":{"a":1}}"#);
    assert_eq!(v2(map.clone()), r#"[10,{"a":1}]"#);
    assert_eq!(php(map.clone()), r#"a:2:{i:5;i:10;i:7;a:1:{s:1:"a";i:1;}}"#);
    assert_eq!(
        xml("bcarray", map),
        r#"<bcarray><limit _idx="5">10</limit><limit _idx="7" a="1" /></bcarray>"#
    );
}

#[test]
fn numbered_entries_come_last_in_xml() {
    let map = Map::new().tagged("rev").with("5", 10).with("7", Map::new().with("a", 1)).with("k", 3);
    let map = map.with("m", Map::new().with("z", 1));
    assert_eq!(v2(map.clone()), r#"{"5":10,"7":{"a":1},"k":3,"m":{"z":1}}"#);
    assert_eq!(
        xml("numassoc", map),
        r#"<numassoc k="3"><m z="1" /><rev _idx="5">10</rev><rev _idx="7" a="1" /></numassoc>"#
    );
}

#[test]
fn contents() {
    let mut map = Map::new();
    map.set_content("text", "a\nb <c> & \"q\" 'z'").set("o", 1);
    assert_eq!(v1(map.clone()), r#"{"o":1,"*":"a\nb <c> & \"q\" 'z'"}"#);
    assert_eq!(v2(map.clone()), r#"{"text":"a\nb <c> & \"q\" 'z'","o":1}"#);
    assert_eq!(
        xml("cont", map.clone()),
        "<cont o=\"1\" xml:space=\"preserve\">a\nb &lt;c&gt; &amp; \"q\" 'z'</cont>"
    );
    map.set_content("text", "");
    assert_eq!(xml("cont", map.clone()), r#"<cont o="1" xml:space="preserve" />"#);
    map.set_content("text", Value::Null);
    assert_eq!(xml("cont", map.clone()), r#"<cont o="1" />"#);
    map.set_content("text", "x").set("l", List::of("ext", ["png"]));
    assert_eq!(
        xml("cont", map),
        r#"<cont o="1"><l><ext>png</ext></l><text xml:space="preserve">x</text></cont>"#
    );
}

#[test]
fn names_that_xml_does_not_allow() {
    for (key, name) in [
        ("a b", "_a.20.b"),
        ("é", "é"),
        ("1a", "_1a"),
        ("01", "_01"),
        ("+3", "_.2B.3"),
        ("a.b", "a.b"),
        ("a:b", "_a.3A.b"),
        ("", "_"),
        ("x-y", "x-y"),
        ("-a", "_-a"),
        (".b", "_.2E.b"),
        ("·c", "_·c"),
        ("日本", "日本"),
        ("\u{1F600}", "\u{1F600}"),
        ("ab é.", "_ab.20.é.2E."),
        ("é~", "_é.7E."),
        ("×", "_.D7."),
        ("\u{37e}", "_.37E."),
        ("\u{300}", "_\u{300}"),
        ("\u{2070}", "\u{2070}"),
    ] {
        let map = Map::new().with(key.to_owned(), 1);
        assert_eq!(xml("names", map), format!("<names {name}=\"1\" />"), "{key:?}");
        let map = Map::new().with(key.to_owned(), Map::new());
        assert_eq!(xml("names", map), format!("<names><{name} /></names>"), "{key:?}");
    }
}

#[test]
fn text_in_xml() {
    let map = Map::new().with("requestid", "a\"/\\<>&'é\u{2028}\t\n\r\x01\u{fffe}");
    assert_eq!(
        printed(map, Format::Xml, Version::V2),
        "<?xml version=\"1.0\"?><api requestid=\"a&quot;/\\&lt;&gt;&amp;&#039;é\u{2028}&#9;&#10;&#13;\u{fffd}\u{fffd}\" />"
    );
}

#[test]
fn the_xml_namespace_is_the_last_attribute() {
    let options = OutputOptions { format: Format::Xml, xml_namespace: true, ..OutputOptions::default() };
    let map = Map::new().with("batchcomplete", true).with("query", Map::new());
    assert_eq!(
        String::from_utf8(print(&map.into(), &options).body).unwrap(),
        "<?xml version=\"1.0\"?><api batchcomplete=\"\" xmlns=\"http://www.mediawiki.org/xml/api/\"><query /></api>"
    );
}

#[test]
fn callbacks() {
    for (callback, start) in [("a<b>['x\"].c$d()é 9-_", "/**/ab['x\"].cd9_({"), ("", "/**/({")] {
        let options = OutputOptions { callback: Some(callback.into()), ..OutputOptions::default() };
        let printed = print(&Map::new().into(), &options);
        assert_eq!(printed.body, format!("{start}}})").into_bytes());
        assert_eq!(printed.content_type, "text/javascript; charset=utf-8");
        assert_eq!(printed.file_name, "api-result.js");
    }
}

#[test]
fn types_and_file_names() {
    let of = |name: &str, wrapped| {
        let fm = name.ends_with("fm");
        let options = OutputOptions { format: Format::named(name), fm, wrapped, ..OutputOptions::default() };
        let printed = print(&Map::new().into(), &options);
        (printed.content_type, printed.file_name)
    };
    assert_eq!(of("json", false), ("application/json; charset=utf-8", "api-result.json"));
    assert_eq!(of("json", true), ("application/json; charset=utf-8", "api-result.json"));
    assert_eq!(of("xml", false), ("text/xml; charset=utf-8", "api-result.xml"));
    assert_eq!(of("php", false), ("application/vnd.php.serialized; charset=utf-8", "api-result.php"));
    assert_eq!(of("none", false), ("text/plain; charset=utf-8", "api-result.txt"));
    for page in ["jsonfm", "xmlfm", "phpfm", "rawfm"] {
        assert_eq!(of(page, false), ("text/html; charset=utf-8", "api-result.html"));
        let wrapped = ("text/mediawiki-api-prettyprint-wrapped; charset=utf-8", "api-result-wrapped.json");
        assert_eq!(of(page, true), wrapped);
    }
    assert_eq!(printed(Map::new().with("a", 1), Format::None, Version::V1), "");
}

fn answer() -> Value {
    let page = Map::new().with("pageid", 1).with("title", "<b>&");
    let mut pages = Map::keyed_list("page");
    pages.set("1", page);
    let query = Map::new().with("pages", pages).with("l", List::new("x"));
    Map::new().with("batchcomplete", true).with("query", query).into()
}

#[test]
fn pages_show_the_answer_indented_and_escaped() {
    let fm = |format| {
        let options = OutputOptions { format, fm: true, ..OutputOptions::default() };
        String::from_utf8(print(&answer(), &options).body).unwrap()
    };
    let json = r#"<pre class="api-pretty-content">{
    "batchcomplete": "",
    "query": {
        "pages": {
            "1": {
                "pageid": 1,
                "title": "&lt;b&gt;&amp;"
            }
        },
        "l": []
    }
}</pre>"#;
    assert!(fm(Format::Json).contains(json));
    let xml = r#"<pre class="api-pretty-content">&lt;?xml version="1.0"?&gt;
&lt;api batchcomplete=""&gt;
  &lt;query&gt;
    &lt;pages&gt;
      &lt;page _idx="1" pageid="1" title="&amp;lt;b&amp;gt;&amp;amp;" /&gt;
    &lt;/pages&gt;
    &lt;l /&gt;
  &lt;/query&gt;
&lt;/api&gt;</pre>"#;
    assert!(fm(Format::Xml).contains(xml));
    assert!(fm(Format::Php).contains("a:2:{s:13:\"batchcomplete\""));
    assert!(fm(Format::Raw).contains("\"batchcomplete\": true"));
}

#[test]
fn wrapped_pages_are_json() {
    let elapsed = Duration::from_millis(12);
    let options = OutputOptions { fm: true, wrapped: true, elapsed, ..OutputOptions::default() };
    let value = Map::new().with("continue", Map::new().with("rncontinue", "0|1").with("continue", "-||"));
    let body = print(&value.into(), &options).body;
    let wrapped: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        wrapped,
        serde_json::json!({
            "status": 200, "statustext": "OK", "modules": [], "time": 12,
            "html": "<pre class=\"api-pretty-content\">{\n    \"continue\": {\n        \"rncontinue\": \"0|1\",\n        \"continue\": \"-||\"\n    }\n}</pre>",
            "continue": {"rncontinue": "0|1", "continue": "-||"},
        })
    );
}

#[test]
fn data_becomes_values() {
    let data = Data::map([
        ("looped", Data::Bool(false)),
        ("list", Data::List(vec![Data::Int(1), Data::Null])),
        ("map", Data::map([("a", Data::Float(0.5))])),
    ]);
    let value = Value::from(&data);
    assert_eq!(v1(value.clone()), r#"{"list":[1,null],"map":{"a":0.5}}"#);
    assert_eq!(v1(value.with_real_bools()), r#"{"looped":false,"list":[1,null],"map":{"a":0.5}}"#);
}

#[test]
fn maps_keep_the_place_of_a_name() {
    let mut map = Map::new().with("a", 1).with("b", 2);
    map.set("a", 3);
    map.map_at("m").set("n", 5);
    map.map_at("m").set("o", 6);
    assert_eq!(v2(map.clone()), r#"{"a":3,"b":2,"m":{"n":5,"o":6}}"#);
    assert!(map.contains("a") && !map.contains("n"));
}

fn tree() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::RealBool),
        any::<i64>().prop_map(Value::Int),
        // Eighths: serde_json reads others without regard to their last bit.
        any::<i32>().prop_map(|n| Value::Float(f64::from(n) / 8.0)),
        any::<String>().prop_map(Value::Str),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|entries| entries.into_iter().collect::<Map>().into()),
        ]
    })
}

/// The tree as JSON's own library has it.
fn as_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(v) | Value::RealBool(v) => (*v).into(),
        Value::Int(v) => (*v).into(),
        // A whole number is written without a point, so that it is read as an integer.
        Value::Float(v) if v.fract() == 0.0 => serde_json::json!(*v as i64),
        Value::Float(v) => (*v).into(),
        Value::Str(v) => v.as_str().into(),
        Value::List(list) => list.items.iter().map(as_json).collect(),
        Value::Map(map) => {
            let entries = map.entries.iter();
            serde_json::Value::Object(
                entries.map(|e| (e.key.clone().into_owned(), as_json(&e.value))).collect(),
            )
        }
    }
}

proptest! {
    #[test]
    fn json_says_what_the_tree_says(value in tree(), ascii in any::<bool>(), fm in any::<bool>()) {
        let json = json::print(&plain::lower(&value, Version::V2), ascii, fm);
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), as_json(&value));
        prop_assert!(!ascii || json.is_ascii());
    }

    #[test]
    fn floats_are_read_back(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let written = number::float(number, number::Digits::Shortest, 'e');
        prop_assert_eq!(written.parse::<f64>().unwrap().to_bits(), number.to_bits());
    }

    #[test]
    fn xml_is_well_formed(value in tree()) {
        let text = printed(Map::new().with("value", value), Format::Xml, Version::V1);
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                    for attribute in tag.attributes() {
                        attribute.unwrap();
                    }
                }
                _ => {}
            }
        }
    }

    #[test]
    fn php_lengths_are_right(text in any::<String>()) {
        let written = php(text.clone());
        let inside = written.strip_prefix(&format!("s:{}:\"", text.len())).unwrap();
        prop_assert_eq!(inside.strip_suffix("\";").unwrap(), text);
    }
}
