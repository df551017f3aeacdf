//! Asking a wiki on loopback that answers as a test wants.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::net::TcpListener;

use super::*;
use crate::testing::Other;

/// A clock that is set.
#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + self.0.load(Ordering::Relaxed))
    }
}

/// A wiki that answers everything with this.
async fn saying(body: &str) -> Other {
    let reply = ok(body);
    Other::start(move |_| Some(reply.clone())).await
}

/// What was asked last, decoded.
fn last(other: &Other) -> HashMap<String, String> {
    let head = other.heads().pop().unwrap();
    let target = head.split(' ').nth(1).unwrap().to_owned();
    let (path, query) = target.split_once('?').unwrap();
    assert_eq!(path, "/w/api.php");
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// The shared repository at a port, and its clock.
fn shared(port: u16, timeout: Duration) -> (SharedRepository, Arc<Hands>) {
    let mut settings = Settings::default();
    settings.shared.api = Some(format!("http://127.0.0.1:{port}/w/api.php"));
    settings.shared.timeout = timeout;
    let hands = Arc::new(Hands::default());
    let (clock, threads) = (Arc::clone(&hands) as Arc<dyn Clock>, Arc::new(Pool::new("test", 1, 4).unwrap()));
    (SharedRepository::open(&settings, &clock, &threads).unwrap().unwrap(), hands)
}

fn names(names: &[&str]) -> Vec<FileTitle> {
    names.iter().map(|name| FileTitle::from_db(*name)).collect()
}

const LONG: Duration = Duration::from_mins(1);

const ONE_FILE: &str = r#"{"batchcomplete":true,"query":{"pages":[
    {"ns":6,"title":"Datei:Über uns.png","missing":true,"known":true,"imagerepository":"local","imageinfo":[{
        "timestamp":"2026-01-02T03:04:05Z","user":"Ada","size":5,"width":3,"height":2,
        "url":"https://files.example/%C3%9Cber_uns.png","descriptionurl":"/wiki/Datei:%C3%9Cber_uns.png",
        "sha1":"29e2a6ded9c0f1cfa6891f4e5e4de6112ceb2638","mime":"image/png","mediatype":"BITMAP"}]},
    {"ns":6,"title":"Datei:Other.png","missing":true,"imagerepository":""}]}}"#;

#[tokio::test]
async fn a_file_is_told_as_the_other_wiki_describes_it() {
    let other = saying(ONE_FILE).await;
    let (shared, _) = shared(other.port, LONG);
    let found = shared.files(&names(&["Über_uns.png", "Other.png"]), None).await;
    let expected = SharedFile {
        timestamp: Timestamp::from_unix(1_767_323_045),
        user: "Ada".to_owned(),
        url: Some("https://files.example/%C3%9Cber_uns.png".to_owned()),
        description_url: Some(format!("http://127.0.0.1:{}/wiki/Datei:%C3%9Cber_uns.png", other.port)),
        size: 5,
        width: 3,
        height: 2,
        sha1: Sha1::from_hex("29e2a6ded9c0f1cfa6891f4e5e4de6112ceb2638"),
        mime: "image/png".to_owned(),
        media_type: MediaType::Bitmap,
        thumb: None,
    };
    assert_eq!(found, HashMap::from([("Über_uns.png".to_owned(), expected)]));
    let asked = last(&other);
    assert_eq!(asked["titles"], "File:Über_uns.png|File:Other.png");
    assert_eq!((asked["prop"].as_str(), asked["iilocalonly"].as_str()), ("imageinfo", "1"));
    let head = other.heads()[0].to_lowercase();
    assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
    for never in ["authorization", "cookie", "referer"] {
        assert!(!head.contains(never), "{head}");
    }
}

#[tokio::test]
async fn what_was_said_counts_for_a_minute_also_that_there_is_nothing() {
    let other = saying(ONE_FILE).await;
    let (shared, clock) = shared(other.port, LONG);
    let both = names(&["Über_uns.png", "Other.png"]);
    shared.files(&both, None).await;
    clock.0.store(59, Ordering::Relaxed);
    assert_eq!((shared.files(&both, None).await.len(), other.heads().len()), (1, 1));
    clock.0.store(60, Ordering::Relaxed);
    assert_eq!((shared.files(&both[..1], None).await.len(), other.heads().len()), (1, 2));
}

#[tokio::test]
async fn files_are_found_by_their_content() {
    let body = r#"{"query":{"allimages":[
        {"name":"A_b.png","ns":6,"timestamp":"2026-01-02T03:04:05Z","user":"Ada"},
        {"name":"a|b.png"},{"name":"c.png"}]}}"#;
    let other = saying(body).await;
    let (shared, _) = shared(other.port, LONG);
    let sha1 = Sha1([7; 20]);
    // What can't be a name is no name.
    let copy = |name: &str, time: i64, user: &str| SharedCopy {
        name: FileTitle::from_db(name),
        timestamp: Timestamp::from_unix(time),
        user: user.to_owned(),
    };
    assert_eq!(shared.copies(sha1).await, [copy("A_b.png", 1_767_323_045, "Ada"), copy("C.png", 0, "")]);
    assert_eq!(shared.copies(sha1).await.len(), 2);
    assert_eq!((other.heads().len(), last(&other)["aisha1base36"].clone()), (1, sha1.base36()));
}

#[tokio::test]
async fn addresses_that_are_none_of_the_web_are_left_out() {
    let body = r#"{"query":{"pages":[{"ns":6,"title":"File:A.png","imageinfo":[
        {"timestamp":"20260102030405","url":"javascript:alert(1)","descriptionurl":"//files.example/A"}]}]}}"#;
    let other = saying(body).await;
    let (shared, _) = shared(other.port, LONG);
    let file = shared.files(&names(&["A.png"]), None).await.remove("A.png").unwrap();
    assert_eq!((file.url, file.description_url.as_deref()), (None, Some("http://files.example/A")));
}

/// What the other wiki says of thumbnails, in a file's entry.
async fn told(thumb: &str) -> Option<SharedThumb> {
    let entry = format!(r#"{{"timestamp":"20260102030405",{thumb}}}"#);
    let body = format!(r#"{{"query":{{"pages":[{{"ns":6,"title":"File:A.png","imageinfo":[{entry}]}}]}}}}"#);
    let other = saying(&body).await;
    let (shared, _) = shared(other.port, LONG);
    let file = shared.files(&names(&["A.png"]), Some(&SharedScaling::default())).await.remove("A.png");
    file.expect("the file is there whatever is said of its thumbnail").thumb
}

#[tokio::test]
async fn a_thumbnail_is_told_as_the_other_wiki_describes_it() {
    let whole = r#""thumburl":"/t/120px-A.png","thumbwidth":120,"thumbheight":80,"thumbmime":"image/png",
        "responsiveUrls":{"2":"https://files.example/2","1.5":"https://files.example/1","3":"https://files.example/3"}"#;
    let Some(SharedThumb::At { url, width, height, mime, denser }) = told(whole).await else { panic!() };
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/t/120px-A.png"), "{url}");
    assert_eq!((width, height, mime.as_deref()), (120, 80, Some("image/png")));
    let address = |n: u8| format!("https://files.example/{n}");
    assert_eq!(denser, [("1.5", address(1)), ("2", address(2))]);
    let failed = SharedThumb::Failed("<b>too large</b>".to_owned());
    assert_eq!(told(r#""thumberror":"<b>too large</b>""#).await, Some(failed));
}

#[tokio::test]
async fn what_can_not_be_a_thumbnail_is_none() {
    let long = "a".repeat(3000);
    for bad in [
        r#""thumburl":"javascript:alert(1)","thumbwidth":1,"thumbheight":1"#.to_owned(),
        r#""thumburl":"data:image/png;base64,AA==","thumbwidth":1,"thumbheight":1"#.to_owned(),
        format!(r#""thumburl":"https://files.example/{long}","thumbwidth":1,"thumbheight":1"#),
        r#""thumburl":"https://files.example/1","thumbwidth":-1,"thumbheight":1"#.to_owned(),
        r#""thumburl":"https://files.example/1","thumbwidth":1,"thumbheight":5000000000"#.to_owned(),
        r#""thumburl":"https://files.example/1","thumbwidth":"1","thumbheight":1"#.to_owned(),
        r#""thumburl":"https://files.example/1","thumbwidth":1"#.to_owned(),
        r#""thumburl":["https://files.example/1"],"thumbwidth":1,"thumbheight":1"#.to_owned(),
        format!(r#""thumberror":"{long}""#),
        r#""thumberror":{"code":"x"}"#.to_owned(),
    ] {
        assert_eq!(told(&bad).await, None, "{bad}");
    }
    // The rest counts without what is odd.
    let odd = r#""thumburl":"https://files.example/1","thumbwidth":1,"thumbheight":1,"thumbmime":7,"responsiveUrls":"#;
    for denser in ["[]", r#"{"1.5":1}"#, r#"{"2":"javascript:alert(1)","9":"https://files.example/9"}"#] {
        let thumb = told(&format!("{odd}{denser}")).await;
        let url = "https://files.example/1".to_owned();
        let expected = SharedThumb::At { url, width: 1, height: 1, mime: None, denser: Vec::new() };
        assert_eq!(thumb, Some(expected), "{denser}");
    }
}

#[tokio::test]
async fn thumbnails_are_asked_for_by_size_and_remembered_so() {
    let other = saying(ONE_FILE).await;
    let (shared, _) = shared(other.port, LONG);
    let file = names(&["Über_uns.png"]);
    let scaling = |width, param: &str| SharedScaling { width, height: Some(-5), param: param.to_owned() };
    shared.files(&file, None).await;
    let asked = last(&other);
    assert!(!asked.contains_key("iiurlwidth") && !asked["iiprop"].contains("thumb"), "{asked:?}");
    shared.files(&file, Some(&scaling(Some(120), "qlow-120px&titles=x"))).await;
    let asked = last(&other);
    assert_eq!((asked["iiurlwidth"].as_str(), asked["iiurlheight"].as_str()), ("120", "-5"));
    assert_eq!((asked["iiurlparam"].as_str(), asked["iilocalonly"].as_str()), ("qlow-120px&titles=x", "1"));
    assert_eq!((asked["titles"].as_str(), asked.len()), ("File:Über_uns.png", 10));
    shared.files(&file, Some(&scaling(None, ""))).await;
    let asked = last(&other);
    assert!(!asked.contains_key("iiurlwidth") && !asked.contains_key("iiurlparam"), "{asked:?}");
    shared.files(&file, Some(&scaling(Some(120), "qlow-120px&titles=x"))).await;
    shared.files(&file, None).await;
    assert_eq!(other.heads().len(), 3);
}

#[tokio::test]
async fn thumbnails_that_are_refused_or_take_too_long_hinder_nothing_else() {
    let of_thumb = |head: &str| head.contains("iiurlwidth");
    let refusing = Other::start(move |head| {
        Some(ok(if of_thumb(head) { r#"{"error":{"code":"urlparamnormal"}}"# } else { ONE_FILE }))
    });
    let silent = Other::start(move |head| (!of_thumb(head)).then(|| ok(ONE_FILE)));
    let file = names(&["Über_uns.png"]);
    let scaling = SharedScaling { width: Some(120), ..SharedScaling::default() };
    // Who refuses is well, and is asked again; who is silent isn't, for a while.
    for (other, questions) in [(refusing.await, 2), (silent.await, 1)] {
        let (shared, _) = shared(other.port, Duration::from_millis(300));
        for _ in 0..2 {
            assert!(shared.files(&file, Some(&scaling)).await.is_empty());
        }
        assert_eq!(other.heads().len(), questions);
        assert_eq!(shared.files(&file, None).await.len(), 1);
    }
}

#[tokio::test]
async fn no_answer_is_as_good_as_no_files_and_followed_by_a_rest() {
    let bad = [
        "HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 302 Found\r\nLocation: /w/api.php\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n.".to_owned(),
        ok("<html>"),
        ok(r#"{"error":{"code":"readapidenied"}}"#),
        ok("[]"),
        ok(&" ".repeat(600_000)),
    ];
    for reply in bad {
        let head = reply[..reply.len().min(60)].to_owned();
        let other = Other::start(move |_| Some(reply.clone())).await;
        let (shared, clock) = shared(other.port, LONG);
        let wanted = names(&["A.png"]);
        assert!(shared.files(&wanted, None).await.is_empty(), "{head}");
        assert!(shared.copies(Sha1([1; 20])).await.is_empty(), "{head}");
        assert_eq!(other.heads().len(), 1, "{head}");
        // It isn't taken for an answer.
        clock.0.store(10, Ordering::Relaxed);
        shared.files(&wanted, None).await;
        assert_eq!(other.heads().len(), 2, "{head}");
    }
}

#[tokio::test]
async fn a_wiki_that_is_silent_or_away_is_not_waited_for() {
    let silent = Other::start(|_| None).await;
    let (asking, _) = shared(silent.port, Duration::from_millis(100));
    assert!(asking.files(&names(&["A.png"]), None).await.is_empty());
    assert_eq!(silent.heads().len(), 1);
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let (asking, _) = shared(port, LONG);
    assert!(asking.files(&names(&["A.png"]), None).await.is_empty());
}

#[test]
fn many_names_are_asked_for_in_portions() {
    let sizes = |all: &[FileTitle]| ask::batches(all).iter().map(|b| b.len()).collect::<Vec<_>>();
    let short: Vec<FileTitle> = (0..120).map(|n| FileTitle::from_db(format!("{n}.png"))).collect();
    assert_eq!(sizes(&short), [50, 50, 20]);
    let long: Vec<FileTitle> =
        (0..10).map(|n| FileTitle::from_db(format!("{}{n}.png", "ü".repeat(110)))).collect();
    assert_eq!(sizes(&long), [6, 4]);
    assert_eq!(sizes(&short[..1]), [1]);
}
