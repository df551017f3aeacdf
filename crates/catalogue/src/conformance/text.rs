//! Texts that other programs stumble over come back as they were, wherever they are put.

use commonhold_core::title::{FileTitle, ns};
use commonhold_core::{Data, MediaInfo, Timestamp};

use super::{NOW, Result, fresh_filekey, png, upload};
use crate::ops::accounts::{self, BotPassword, NewUser};
use crate::ops::files::{self, AllImages, Publication};
use crate::ops::logs::{self, NewLog};
use crate::ops::pages::{self, NewRevision};
use crate::ops::sessions::{self, SessionRow};
use crate::ops::stash::{self, StashRow};
use crate::{Db, DbError, Tx};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    any_text_can_be_a_name(make()).await?;
    any_text_can_be_said(make()).await?;
    texts_may_be_long(make()).await?;
    numbers_have_64_bits(make()).await
}

/// Everything but U+0000, which PostgreSQL doesn't take.
const TEXTS: &[&str] = &[
    "it's",
    "''",
    "\"quoted\"",
    "100%",
    "%s %1$s %%",
    "a_b",
    "back\\slash",
    "\\'",
    "\\",
    "?1 ?",
    "$1 $$",
    ":name @name",
    "Robert'); DROP TABLE users; --",
    "/* comment */",
    "two\nlines\r\n\tand a tab",
    " spaces around ",
    "{\"json\": [1]}",
    "NULL",
    "null",
    "0",
    "é",
    "e\u{301}",
    "日本語",
    "עברית",
    "\u{202E}over\u{200D}",
    "\u{1F469}\u{200D}\u{1F680}",
    "\u{1}\u{1F}\u{7F}\u{80}",
    "\u{FEFF}",
    "\u{D7FF}\u{E000}\u{FFFE}\u{FFFF}\u{10FFFF}",
    "ı İ ſ ß ﬁ Σς",
    "x'00'",
];

async fn any_text_can_be_a_name(db: Db) -> Result<()> {
    db.write(|tx| TEXTS.iter().try_for_each(|text| name_everything(tx, text))).await?;
    db.read(|read| {
        let mut sorted = TEXTS.to_vec();
        sorted.sort_unstable();
        let users: Vec<String> =
            accounts::list_users(read, None, 1_000)?.into_iter().map(|user| user.name).collect();
        assert_eq!(users, sorted);
        let wanted = AllImages { limit: 1_000, ..AllImages::default() };
        let images: Vec<String> =
            files::all_images(read, &wanted)?.into_iter().map(|version| version.name).collect();
        assert_eq!(images, sorted);
        for text in TEXTS {
            let name = (*text).to_owned();
            let user = accounts::user_by_name(read, text)?;
            assert_eq!(user.as_ref().map(|user| user.name.as_str()), Some(*text));
            let Some(user) = user else { continue };
            assert_eq!(user.groups, [*text]);
            let app = accounts::bot_password(read, user.id, text)?;
            assert_eq!(app.map(|app| (app.app_id, app.grants)), Some((name.clone(), vec![name.clone()])));
            let found = pages::by_titles(read, &[(ns::FILE, name.clone())])?;
            assert_eq!(found.iter().map(|page| page.dbkey.as_str()).collect::<Vec<_>>(), [*text]);
            assert_eq!(logs::of_title(read, ns::FILE, text, 10)?.len(), 2, "{text:?}");
            assert_eq!(accounts::throttle_count(read, text, NOW, 60)?, 1, "{text:?}");
            let wanted = AllImages { user: Some(name.clone()), mime: vec![name.clone()], ..wanted.clone() };
            let images: Vec<String> = files::all_images(read, &wanted)?.into_iter().map(|v| v.name).collect();
            assert_eq!(images, [*text]);
            let wanted = AllImages { prefix: Some(name.clone()), ..wanted };
            assert_eq!(files::all_images(read, &wanted)?.len(), 1, "{text:?}");
        }
        Ok(())
    })
    .await
}

/// Puts a text wherever a text is looked for.
fn name_everything(tx: &mut dyn Tx, text: &str) -> Result<()> {
    let name = text.to_owned();
    let new = NewUser { name: name.clone(), password_hash: None, groups: vec![name.clone()], now: NOW };
    let Some(id) = accounts::create_user(tx, &new)? else { panic!("{text:?} is taken") };
    let app = BotPassword {
        user_id: id,
        app_id: name.clone(),
        hash: name.clone(),
        grants: vec![name.clone()],
        created: NOW,
    };
    accounts::put_bot_password(tx, &app)?;
    accounts::throttle_failures(tx, text, NOW, 60)?;
    let info = MediaInfo { mime: name.clone(), ..png() };
    tx.lock(text)?;
    files::lock(tx, &FileTitle::from_db(text))?;
    files::publish(tx, &Publication { info, user_name: name, ..upload(text, 1, NOW) })?;
    Ok(())
}

async fn any_text_can_be_said(db: Db) -> Result<()> {
    let user = db.write(|tx| super::make_user(tx, "Ada", &[])).await?;
    for text in TEXTS.iter().chain(&[""]) {
        db.write(move |tx| {
            let said = (*text).to_owned();
            let revision = NewRevision {
                user_id: user,
                user_name: text,
                comment: text,
                content: text,
                minor: false,
                now: NOW,
            };
            let page = pages::create(tx, 0, text, &revision)?;
            let Some(page) = pages::by_ids(tx, &[page])?.pop() else { panic!("no page") };
            assert_eq!(pages::text(tx, &page)?.as_ref(), Some(&said));
            assert_eq!(page.length, text.len() as i64);

            let params =
                Data::map([("4::text", said.clone().into()), ("nul", "a\0b".into()), (text, Data::Null)]);
            let entry = NewLog {
                log_type: text,
                action: text,
                now: NOW,
                user_id: user,
                user_name: text,
                ns: 0,
                dbkey: text,
                page_id: page.id,
                comment: text,
                params: params.clone(),
            };
            logs::insert(tx, &entry)?;
            let log = logs::of_title(tx, 0, text, 10)?;
            let [entry] = &log[..] else { panic!("{log:?}") };
            assert_eq!([&entry.log_type, &entry.action, &entry.user_name, &entry.comment], [&said; 4]);
            assert_eq!(entry.params, params);

            accounts::set_password(tx, user, text)?;
            let found = accounts::user_by_id(tx, user)?.and_then(|user| user.password_hash);
            assert_eq!(found.as_ref(), Some(&said));

            let session = SessionRow {
                id_hash: text.as_bytes().to_vec(),
                user_id: Some(user),
                secret: text.as_bytes().to_vec(),
                app_id: Some(said.clone()),
                created: NOW,
                last_seen: NOW,
            };
            sessions::insert(tx, &session)?;
            assert_eq!(sessions::get(tx, text.as_bytes())?, Some(session));

            let row = StashRow {
                filename: said.clone(),
                partial: Some(said.clone()),
                ..super::stash::chunked(fresh_filekey(), user)
            };
            stash::insert(tx, &row)?;
            assert_eq!(stash::get(tx, &row.filekey)?, Some(row));

            let new = Publication { comment: said.clone(), page_text: said, ..upload(text, 1, NOW) };
            let made = files::publish(tx, &new)?.version;
            assert_eq!(files::by_id(tx, made.version_id)?, Some(made));
            Ok::<_, DbError>(())
        })
        .await?;
    }
    Ok(())
}

async fn texts_may_be_long(db: Db) -> Result<()> {
    let text = "Lorem ipsum \u{1F600} ".repeat(120_000);
    let expected = text.clone();
    let page = db.write(move |tx| pages::create(tx, 0, "Long", &super::revision(&text, NOW))).await?;
    let found = db
        .read(move |read| match pages::by_ids(read, &[page])?.pop() {
            Some(page) => pages::text(read, &page),
            None => Ok(None),
        })
        .await?;
    assert!(found == Some(expected));
    Ok(())
}

async fn numbers_have_64_bits(db: Db) -> Result<()> {
    for (number, seconds) in (1..).zip([i64::MIN, -1, 0, 1 << 31, 1 << 32, i64::MAX]) {
        let at = Timestamp::from_unix(seconds);
        let row = SessionRow {
            id_hash: vec![number],
            user_id: None,
            secret: Vec::new(),
            app_id: None,
            created: at,
            last_seen: at,
        };
        db.write(move |tx| {
            sessions::insert(tx, &row)?;
            assert_eq!(sessions::get(tx, &row.id_hash)?.as_ref(), Some(&row));
            Ok::<_, DbError>(())
        })
        .await?;
    }
    Ok(())
}
