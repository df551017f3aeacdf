//! Lists of all files: orders, filters, continuation.

use commonhold_core::{Hashes, MediaInfo, Timestamp};

use super::{NOW, Result, content, make_user, png, upload};
use crate::ops::files::{self, AllImages, FileVersion, ImageSort, Publication};
use crate::{Db, DbError};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    names_are_in_the_order_of_their_bytes(make()).await?;
    prefixes_are_taken_as_they_stand(make()).await?;
    ranges_include_their_ends(make()).await?;
    filters_choose_and_combine(make()).await?;
    only_current_versions_are_listed(make()).await?;
    lists_go_on_where_they_were(make()).await
}

async fn publish_all(db: &Db, names: &'static [&'static str]) -> Result<()> {
    db.write(|tx| names.iter().try_for_each(|name| files::publish(tx, &upload(name, 1, NOW)).map(|_| ())))
        .await
}

async fn listed(db: &Db, wanted: AllImages) -> Result<Vec<String>> {
    let found = db.read(move |read| files::all_images(read, &wanted)).await?;
    Ok(found.into_iter().map(|version| version.name).collect())
}

fn all() -> AllImages {
    AllImages { limit: 1_000, ..AllImages::default() }
}

/// In the order of their bytes, which is none that people use.
const NAMES: &[&str] = &[
    "!.png",
    "A B.png",
    "A.png",
    "AB.png",
    "A_B.png",
    "Aa.png",
    "B.png",
    "Z.png",
    "a.png",
    "e\u{301}.png",
    "z.png",
    "É.png",
    "ß.png",
    "é.png",
    "中.png",
    "\u{FFFD}.png",
    "\u{10000}.png",
    "\u{1F600}.png",
];

async fn names_are_in_the_order_of_their_bytes(db: Db) -> Result<()> {
    db.write(|tx| {
        for name in NAMES.iter().rev() {
            files::publish(tx, &upload(name, 1, NOW))?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    assert!(NAMES.is_sorted());
    let backwards: Vec<&str> = NAMES.iter().rev().copied().collect();
    for sort in [ImageSort::Name, ImageSort::Timestamp] {
        // All of one time, so that the second order is by name too.
        assert_eq!(listed(&db, AllImages { sort, ..all() }).await?, NAMES);
        assert_eq!(listed(&db, AllImages { sort, descending: true, ..all() }).await?, backwards);
    }
    assert_eq!(listed(&db, AllImages { limit: 3, ..all() }).await?, NAMES[..3]);
    assert_eq!(listed(&db, AllImages { limit: 0, ..all() }).await?, [""; 0]);
    for (index, name) in NAMES.iter().enumerate() {
        let from = Some((*name).to_owned());
        assert_eq!(listed(&db, AllImages { from: from.clone(), ..all() }).await?, NAMES[index..]);
        assert_eq!(listed(&db, AllImages { to: from, ..all() }).await?, NAMES[..=index]);
    }
    Ok(())
}

async fn prefixes_are_taken_as_they_stand(db: Db) -> Result<()> {
    publish_all(
        &db,
        &[
            "100%.png",
            "100x.png",
            "A%B.png",
            "A_B.png",
            "AxB.png",
            "a_b.png",
            "A\\B.png",
            "It's.png",
            "x\u{D7FF}a",
            "x\u{D7FF}b",
            "x\u{E000}a",
            "y\u{10FFFF}a",
            "y\u{10FFFF}\u{10FFFF}b",
            "z.png",
            "\u{10FFFF}.png",
        ],
    )
    .await?;
    for (prefix, found) in [
        ("100%", &["100%.png"][..]),
        ("%", &[]),
        ("_", &[]),
        ("A", &["A%B.png", "A\\B.png", "A_B.png", "AxB.png"]),
        ("A_", &["A_B.png"]),
        ("A%", &["A%B.png"]),
        ("A\\", &["A\\B.png"]),
        ("a", &["a_b.png"]),
        ("It'", &["It's.png"]),
        ("' OR 1=1 --", &[]),
        ("x\u{D7FF}", &["x\u{D7FF}a", "x\u{D7FF}b"]),
        ("y\u{10FFFF}", &["y\u{10FFFF}a", "y\u{10FFFF}\u{10FFFF}b"]),
        ("\u{10FFFF}", &["\u{10FFFF}.png"]),
        ("z.png", &["z.png"]),
        ("z.pngs", &[]),
    ] {
        let wanted = AllImages { prefix: Some(prefix.to_owned()), ..all() };
        assert_eq!(listed(&db, wanted.clone()).await?, found, "{prefix}");
        let mut backwards = found.to_vec();
        backwards.reverse();
        assert_eq!(listed(&db, AllImages { descending: true, ..wanted }).await?, backwards, "{prefix}");
    }
    assert_eq!(listed(&db, AllImages { prefix: Some(String::new()), ..all() }).await?.len(), 15);
    Ok(())
}

async fn ranges_include_their_ends(db: Db) -> Result<()> {
    db.write(|tx| {
        for (second, name) in (0..).zip(["E", "D", "C", "B", "A"]) {
            files::publish(tx, &upload(name, 1, NOW + second))?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    let text = |name: &str| Some(name.to_owned());
    let time = |second: i64| Some(NOW + second);
    let by_time = AllImages { sort: ImageSort::Timestamp, ..all() };
    let down = AllImages { descending: true, ..all() };
    let down_by_time = AllImages { descending: true, ..by_time.clone() };
    for (wanted, found) in [
        (AllImages { from: text("B"), to: text("D"), ..all() }, &["B", "C", "D"][..]),
        (AllImages { from: text("Bb"), to: text("Cc"), ..all() }, &["C"]),
        (AllImages { from: text("D"), to: text("B"), ..down.clone() }, &["D", "C", "B"]),
        (AllImages { from: text("D"), to: text("B"), ..all() }, &[]),
        (AllImages { start: time(1), end: time(3), ..by_time.clone() }, &["D", "C", "B"]),
        (AllImages { start: time(3), ..by_time.clone() }, &["B", "A"]),
        (AllImages { end: time(0), ..by_time }, &["E"]),
        (AllImages { start: time(3), end: time(1), ..down_by_time.clone() }, &["B", "C", "D"]),
        (AllImages { end: time(4), ..down_by_time }, &["A"]),
        (AllImages { from: text("C"), prefix: text("C"), ..all() }, &["C"]),
        (AllImages { from: text("D"), prefix: text("C"), ..all() }, &[]),
    ] {
        let said = format!("{wanted:?}");
        assert_eq!(listed(&db, wanted).await?, found, "{said}");
    }
    Ok(())
}

async fn filters_choose_and_combine(db: Db) -> Result<()> {
    db.write(|tx| {
        let bot = make_user(tx, "Robot", &["sysop", "bot"])?;
        let odd = make_user(tx, "Odd", &["Bot", "bots", "a bot", "x\"bot\"x"])?;
        let sized = |size: u64, number: u8| Hashes { size, ..content(number) };
        let of = |mime: &str| MediaInfo { mime: mime.to_owned(), ..png() };
        for (name, user_id, user_name, hashes, mime) in [
            ("A", bot, "Robot", sized(0, 1), "image/png"),
            ("B", odd, "Odd", sized(100, 2), "image/jpeg"),
            ("C", 0, "192.0.2.1", sized(u64::from(u32::MAX) + 1, 3), "image/svg+xml"),
            ("D", bot, "Robot", sized(i64::MAX as u64, 2), "image/png"),
        ] {
            let user_name = user_name.to_owned();
            let new = Publication { user_id, user_name, hashes, info: of(mime), ..upload(name, 0, NOW) };
            files::publish(tx, &new)?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    let mimes = |all: &[&str]| super::strings(all);
    for (wanted, found) in [
        (AllImages { user: Some("Robot".to_owned()), ..all() }, &["A", "D"][..]),
        (AllImages { user: Some("robot".to_owned()), ..all() }, &[]),
        (AllImages { user: Some("192.0.2.1".to_owned()), ..all() }, &["C"]),
        (AllImages { bots: Some(true), ..all() }, &["A", "D"]),
        (AllImages { bots: Some(false), ..all() }, &["B", "C"]),
        (AllImages { min_size: Some(100), ..all() }, &["B", "C", "D"]),
        (AllImages { max_size: Some(100), ..all() }, &["A", "B"]),
        (AllImages { min_size: Some(101), max_size: Some(1 << 32), ..all() }, &["C"]),
        (AllImages { min_size: Some(i64::MAX), ..all() }, &["D"]),
        (AllImages { max_size: Some(i64::MIN), ..all() }, &[]),
        (AllImages { sha1: Some(content(2).sha1), ..all() }, &["B", "D"]),
        (AllImages { sha1: Some(content(9).sha1), ..all() }, &[]),
        (AllImages { mime: mimes(&["image/png"]), ..all() }, &["A", "D"]),
        (AllImages { mime: mimes(&["image/jpeg", "image/svg+xml", "x"]), ..all() }, &["B", "C"]),
        (AllImages { mime: mimes(&["IMAGE/PNG", "image/%"]), ..all() }, &[]),
        (
            AllImages {
                sort: ImageSort::Timestamp,
                descending: true,
                from: Some("D".to_owned()),
                to: Some("A".to_owned()),
                start: Some(NOW),
                end: Some(NOW),
                user: Some("Robot".to_owned()),
                bots: Some(true),
                min_size: Some(0),
                max_size: Some(i64::MAX),
                mime: mimes(&["image/png", "image/gif"]),
                continue_at: Some((NOW, "D".to_owned())),
                ..all()
            },
            &["D", "A"],
        ),
    ] {
        let said = format!("{wanted:?}");
        assert_eq!(listed(&db, wanted).await?, found, "{said}");
    }
    let found = db.read(|read| files::current(read, "D")).await?;
    assert_eq!(found.map(|version| version.hashes.size), Some(i64::MAX as u64));
    Ok(())
}

async fn only_current_versions_are_listed(db: Db) -> Result<()> {
    for number in 0..3 {
        db.write(move |tx| files::publish(tx, &upload("A", number, NOW + i64::from(number)))).await?;
    }
    let found = db.read(|read| files::all_images(read, &all())).await?;
    let [version] = &found[..] else { panic!("{found:?}") };
    assert_eq!((version.timestamp, version.hashes), (NOW + 2, content(2)));
    let wanted = AllImages { sha1: Some(content(1).sha1), ..all() };
    assert_eq!(listed(&db, wanted).await?, [""; 0], "what a file was doesn't count");
    Ok(())
}

async fn lists_go_on_where_they_were(db: Db) -> Result<()> {
    const FILES: u8 = 30;
    db.write(|tx| {
        for number in 0..FILES {
            // Some share a time.
            let now: Timestamp = NOW + i64::from(number * 7 % 4);
            files::publish(tx, &upload(&format!("{number:02}"), number, now))?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    for sort in [ImageSort::Name, ImageSort::Timestamp] {
        for descending in [false, true] {
            let whole = listed(&db, AllImages { sort, descending, ..all() }).await?;
            assert_eq!(whole.len(), usize::from(FILES));
            for limit in [1, 4, 30] {
                let mut parts: Vec<String> = Vec::new();
                let mut continue_at = None;
                loop {
                    // One more than the page, to know where the next one begins.
                    let wanted = AllImages { sort, descending, continue_at, limit: limit + 1, ..all() };
                    let mut page: Vec<FileVersion> =
                        db.read(move |read| files::all_images(read, &wanted)).await?;
                    let next = page.drain(page.len().min(limit as usize)..).next();
                    parts.extend(page.into_iter().map(|version| version.name));
                    continue_at = next.map(|version| (version.timestamp, version.name));
                    if continue_at.is_none() {
                        break;
                    }
                }
                assert_eq!(parts, whole, "{sort:?}, descending: {descending}, pages of {limit}");
            }
        }
    }
    Ok(())
}
