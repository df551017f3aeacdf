//! Accounts, bot passwords, failed logins.

use super::{NOW, Result, at_once, make_user, strings};
use crate::ops::accounts::{self, BotPassword, NewUser, UserRow};
use crate::{Db, DbError};

pub(super) async fn run(make: &(dyn Fn() -> Db + Send + Sync)) -> Result<()> {
    accounts_come_back(make()).await?;
    a_name_is_given_once(make()).await?;
    a_name_that_many_want_is_given_once(make()).await?;
    passwords_and_groups_change_for_one_account(make()).await?;
    lists_of_accounts_go_on_where_they_were(make()).await?;
    bot_passwords_come_back(make()).await?;
    bot_passwords_are_replaced_and_deleted_one_by_one(make()).await?;
    bot_passwords_need_an_account(make()).await?;
    failed_logins_are_counted_within_their_window(make()).await?;
    failed_logins_at_once_are_all_counted(make()).await
}

fn named(name: &str) -> NewUser {
    NewUser { name: name.to_owned(), password_hash: None, groups: Vec::new(), now: NOW }
}

async fn accounts_come_back(db: Db) -> Result<()> {
    assert!(!db.read(|read| accounts::any_user(read)).await?);
    let new = NewUser {
        name: "Ada".to_owned(),
        password_hash: Some("$argon2id$v=19$x".to_owned()),
        groups: strings(&["sysop", "bot"]),
        now: NOW,
    };
    let expected = UserRow {
        id: 0,
        name: new.name.clone(),
        password_hash: new.password_hash.clone(),
        groups: new.groups.clone(),
        registration: NOW,
        edit_count: 0,
    };
    let Some(id) = db.write(move |tx| accounts::create_user(tx, &new)).await? else {
        panic!("a free name was refused");
    };
    assert!(id > 0, "0 stands for nobody");
    let expected = Some(UserRow { id, ..expected });
    db.read(move |read| {
        assert!(accounts::any_user(read)?);
        assert_eq!(accounts::user_by_id(read, id)?, expected);
        assert_eq!(accounts::user_by_name(read, "Ada")?, expected);
        assert_eq!(accounts::user_by_id(read, id + 1)?, None);
        assert_eq!(accounts::user_by_name(read, "Bob")?, None);
        Ok(())
    })
    .await
}

async fn a_name_is_given_once(db: Db) -> Result<()> {
    db.write(|tx| {
        let first = accounts::create_user(tx, &named("Ada"))?;
        assert!(first.is_some());
        // The transaction goes on after a refusal.
        assert_eq!(accounts::create_user(tx, &named("Ada"))?, None);
        let other = accounts::create_user(tx, &named("Bob"))?;
        assert!(other > first, "numbers grow");
        Ok(())
    })
    .await
}

async fn a_name_that_many_want_is_given_once(db: Db) -> Result<()> {
    let wants = (0..20).map(|_| {
        let db = db.clone();
        async move { db.write(|tx| accounts::create_user(tx, &named("Wanted"))).await }
    });
    let given: Vec<i64> = at_once(wants).await?.into_iter().flatten().collect();
    assert_eq!(given.len(), 1);
    let found = db.read(|read| accounts::user_by_name(read, "Wanted")).await?;
    assert_eq!(found.map(|user| user.id), given.first().copied());
    Ok(())
}

async fn passwords_and_groups_change_for_one_account(db: Db) -> Result<()> {
    let (ada, bob) = db
        .write(|tx| Ok::<_, DbError>((make_user(tx, "Ada", &["bot"])?, make_user(tx, "Bob", &[])?)))
        .await?;
    db.write(move |tx| {
        accounts::set_password(tx, ada, "new")?;
        accounts::set_groups(tx, bob, &strings(&["sysop", "odd \"name\""]))?;
        // Of an account that isn't there: nothing happens.
        accounts::set_password(tx, bob + 100, "new")?;
        accounts::set_groups(tx, bob + 100, &[])
    })
    .await?;
    let found = db.read(|read| accounts::list_users(read, None, 10)).await?;
    let found: Vec<_> = found
        .into_iter()
        .map(|user| (user.id, user.password_hash.unwrap_or_default(), user.groups))
        .collect();
    let expected = [
        (ada, "new".to_owned(), strings(&["bot"])),
        (bob, String::new(), strings(&["sysop", "odd \"name\""])),
    ];
    assert_eq!(found, expected);
    Ok(())
}

async fn lists_of_accounts_go_on_where_they_were(db: Db) -> Result<()> {
    let names = ["Zoë", "Ada", "Éva", "bob", "Bob", "Ada B", "Zoe"];
    db.write(move |tx| names.iter().try_for_each(|name| make_user(tx, name, &[]).map(|_| ()))).await?;
    let mut listed: Vec<String> = Vec::new();
    loop {
        let after = listed.last().cloned();
        let page = db.read(move |read| accounts::list_users(read, after.as_deref(), 2)).await?;
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        listed.extend(page.into_iter().map(|user| user.name));
    }
    assert_eq!(listed, ["Ada", "Ada B", "Bob", "Zoe", "Zoë", "bob", "Éva"], "by bytes");
    // A name after which to go on needn't exist.
    let page = db.read(|read| accounts::list_users(read, Some("Ada C"), 1)).await?;
    assert_eq!(page.first().map(|user| user.name.as_str()), Some("Bob"));
    Ok(())
}

fn bot(user_id: i64, app_id: &str, hash: &str) -> BotPassword {
    BotPassword {
        user_id,
        app_id: app_id.to_owned(),
        hash: hash.to_owned(),
        grants: strings(&["basic", "uploadfile"]),
        created: NOW,
    }
}

async fn bot_passwords_come_back(db: Db) -> Result<()> {
    let (ada, bob) =
        db.write(|tx| Ok::<_, DbError>((make_user(tx, "Ada", &[])?, make_user(tx, "Bob", &[])?))).await?;
    db.write(move |tx| {
        for (user, app) in [(ada, "upload"), (ada, "Upload"), (ada, "clean"), (bob, "upload")] {
            accounts::put_bot_password(tx, &bot(user, app, "hash"))?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    db.read(move |read| {
        assert_eq!(accounts::bot_password(read, ada, "upload")?, Some(bot(ada, "upload", "hash")));
        assert_eq!(accounts::bot_password(read, bob, "clean")?, None);
        let expected = ["Upload", "clean", "upload"].map(|app| bot(ada, app, "hash"));
        assert_eq!(accounts::bot_passwords(read, ada)?, expected);
        assert_eq!(accounts::bot_passwords(read, ada + bob)?, []);
        Ok(())
    })
    .await
}

async fn bot_passwords_are_replaced_and_deleted_one_by_one(db: Db) -> Result<()> {
    db.write(|tx| {
        let (ada, bob) = (make_user(tx, "Ada", &[])?, make_user(tx, "Bob", &[])?);
        for user in [ada, bob] {
            accounts::put_bot_password(tx, &bot(user, "upload", "old"))?;
        }
        let new = BotPassword { grants: Vec::new(), created: NOW + 5, ..bot(ada, "upload", "new") };
        accounts::put_bot_password(tx, &new)?;
        assert_eq!(accounts::bot_passwords(tx, ada)?, [new]);
        assert_eq!(accounts::bot_passwords(tx, bob)?, [bot(bob, "upload", "old")]);
        assert!(accounts::delete_bot_password(tx, ada, "upload")?);
        assert!(!accounts::delete_bot_password(tx, ada, "upload")?, "twice");
        assert_eq!(accounts::bot_passwords(tx, ada)?, []);
        assert_eq!(accounts::bot_passwords(tx, bob)?.len(), 1);
        Ok(())
    })
    .await
}

async fn bot_passwords_need_an_account(db: Db) -> Result<()> {
    let outcome = db.write(|tx| accounts::put_bot_password(tx, &bot(12, "upload", "hash"))).await;
    assert!(matches!(outcome, Err(DbError::Sqlite(_) | DbError::Postgres(_))), "{outcome:?}");
    assert_eq!(db.read(|read| accounts::bot_passwords(read, 12)).await?, []);
    Ok(())
}

async fn failed_logins_are_counted_within_their_window(db: Db) -> Result<()> {
    db.write(|tx| {
        const WINDOW: i64 = 300;
        assert_eq!(accounts::throttle_count(tx, "Ada|::1", NOW, WINDOW)?, 0);
        accounts::throttle_failures(tx, "Ada|::1", NOW, WINDOW)?;
        accounts::throttle_failures(tx, "Ada|::1", NOW + 299, WINDOW)?;
        accounts::throttle_failures(tx, "Bob|::1", NOW + 299, WINDOW)?;
        assert_eq!(accounts::throttle_count(tx, "Ada|::1", NOW + 299, WINDOW)?, 2);
        assert_eq!(accounts::throttle_count(tx, "ada|::1", NOW + 299, WINDOW)?, 0);
        // The window begins with the first failure.
        assert_eq!(accounts::throttle_count(tx, "Ada|::1", NOW + 300, WINDOW)?, 0);
        accounts::throttle_failures(tx, "Ada|::1", NOW + 300, WINDOW)?;
        assert_eq!(accounts::throttle_count(tx, "Ada|::1", NOW + 300, WINDOW)?, 1, "a new window");
        assert_eq!(accounts::throttle_count(tx, "Bob|::1", NOW + 300, WINDOW)?, 1);
        accounts::throttle_clear(tx, "Ada|::1")?;
        accounts::throttle_clear(tx, "Ada|::1")?;
        assert_eq!(accounts::throttle_count(tx, "Ada|::1", NOW + 300, WINDOW)?, 0);
        assert_eq!(accounts::throttle_count(tx, "Bob|::1", NOW + 300, WINDOW)?, 1);
        Ok(())
    })
    .await
}

async fn failed_logins_at_once_are_all_counted(db: Db) -> Result<()> {
    let failures = (0..60).map(|number| {
        let db = db.clone();
        let name = format!("{}|::1", number % 2);
        async move { db.write(move |tx| accounts::throttle_failures(tx, &name, NOW, 300)).await }
    });
    at_once(failures).await?;
    for name in ["0|::1", "1|::1"] {
        assert_eq!(db.read(move |read| accounts::throttle_count(read, name, NOW, 300)).await?, 30);
    }
    Ok(())
}
