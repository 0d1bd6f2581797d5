use super::*;

const URL: &str = "https://localhost:1/kev.json";
const NOW: &str = "2026-11-21T10:00:00Z";
const DAY: u64 = 86_400;

/// A fetcher that asks nobody, with a copy of so many seconds of age.
fn with_copy(folder: &std::path::Path, bytes: &[u8], age: i64, offline: bool) -> Fetcher {
    let now: Timestamp = NOW.parse().unwrap();
    let work = folder.join("work");
    std::fs::create_dir_all(&work).unwrap();
    let cache = folder.join("cache");
    let mut env = Env::of([("FINDGATE_CACHE_DIR", cache.to_str().unwrap())], &work);
    env.now = now;
    let budget = Duration::from_secs(2);
    let fetcher = Fetcher::new(&env, None, (Instant::now() + budget, budget), offline);
    fetcher.cache.as_ref().unwrap().keep(URL, bytes, now - jiff::SignedDuration::from_secs(age)).unwrap();
    fetcher
}

fn address(digest: Option<String>) -> Address {
    Address { url: URL.to_owned(), digest, max_age: Duration::from_secs(8 * DAY) }
}

fn good(_: &[u8]) -> Worth {
    Worth::Good
}

#[test]
fn a_young_copy_is_used_without_asking_and_an_older_one_where_nobody_answers() {
    let folder = tempfile::tempdir().unwrap();
    let day = DAY as i64;
    for (age, worth, is_asked, is_used) in [
        (0, Worth::Good, false, true),
        (2 * day, Worth::Good, false, true),
        (2 * day + 1, Worth::Good, true, true),
        (8 * day, Worth::Good, true, true),
        (8 * day + 1, Worth::Good, true, false),
        (-day, Worth::Good, false, true),
        (-2 * day, Worth::Good, true, false),
        (0, Worth::Old, true, true),
        (0, Worth::Damaged, true, false),
    ] {
        let fetcher = with_copy(folder.path(), b"copy", age, false);
        let got = fetcher.get(&address(None), &|_| worth);
        let Said { notes, warnings } = fetcher.said();
        assert_eq!(got.is_ok(), is_used, "{age} {worth:?} {got:?}");
        assert_eq!(notes.iter().any(|note| note.contains("GET")), is_asked, "{age} {worth:?} {notes:?}");
        assert_eq!(warnings.len(), usize::from(is_used && is_asked), "{warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("is used instead")), "{warnings:?}");
    }
}

#[test]
fn a_copy_with_the_digest_that_is_named_never_grows_old_and_no_other_is_used() {
    let folder = tempfile::tempdir().unwrap();
    for offline in [true, false] {
        let fetcher = with_copy(folder.path(), b"copy", 4000 * DAY as i64, offline);
        assert_eq!(fetcher.get(&address(Some(digest(b"copy"))), &good).unwrap(), b"copy");
        assert_eq!(fetcher.said(), Said::default());
        let fetcher = with_copy(folder.path(), b"copy", 0, offline);
        let error = format!("{:#}", fetcher.get(&address(Some(digest(b"other"))), &good).unwrap_err());
        let word = if offline { "with --snapshot nobody is asked" } else { "cannot fetch https://localhost:1/" };
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn without_a_network_only_a_copy_that_is_young_enough_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let fetcher = with_copy(folder.path(), b"copy", 7 * DAY as i64, true);
    assert_eq!(fetcher.get(&address(None), &good).unwrap(), b"copy");
    let fetcher = with_copy(folder.path(), b"copy", 9 * DAY as i64, true);
    let error = fetcher.get(&address(None), &good).unwrap_err().to_string();
    assert!(error.contains("is older than `max_age` allows") && error.contains("put the file into"), "{error}");
    let other = Address { url: "https://localhost:1/other".to_owned(), ..address(None) };
    let error = fetcher.get(&other, &good).unwrap_err().to_string();
    assert!(error.contains("no copy is kept in") && error.contains("run it once with the network"), "{error}");
}

#[test]
fn a_copy_in_the_work_tree_is_used_only_with_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let mut fetcher = with_copy(folder.path(), b"copy", 0, true);
    let env = Env::of([("FINDGATE_CACHE_DIR", "kept")], &folder.path().join("work"));
    fetcher.cache = Cache::of(&env);
    fetcher.cache.as_ref().unwrap().keep(URL, b"copy", NOW.parse().unwrap()).unwrap();
    let error = fetcher.get(&address(None), &good).unwrap_err().to_string();
    assert!(error.contains("lies in the work tree"), "{error}");
    assert_eq!(fetcher.get(&address(Some(digest(b"copy"))), &good).unwrap(), b"copy");
}
