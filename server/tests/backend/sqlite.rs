use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use server::backend::sqlite;

use crate::site::{Site, assert_chain, draft, room};

/// The folder that the child of [`a_kill_loses_no_acknowledged_event`] writes to.
const FOLDER: &str = "SALA_TEST_FOLDER";

#[tokio::test]
async fn a_restart_keeps_everything() {
    let (site, room) = (Site::sqlite(), room("lobby"));
    let instance = site.open().await;
    for _ in 0..10 {
        instance.say(&room).await;
    }
    let before = instance.0.history.before(&room, None, 100).await.unwrap();
    drop(instance);
    assert_eq!(site.open().await.0.history.before(&room, None, 100).await.unwrap(), before);
}

#[tokio::test]
async fn a_kill_loses_no_acknowledged_event() {
    let (dir, room) = (tempfile::tempdir().unwrap(), room("lobby"));
    let mut acknowledged = 0;
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::appends_until_it_is_killed", "--ignored", "--nocapture", "--test-threads=1"])
            .env(FOLDER, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Only complete lines count; the pipe outlives the child.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let told = |line: String| line.strip_prefix("acknowledged ").and_then(|seq| seq.parse::<u64>().ok());
        let goal = acknowledged + 100;
        acknowledged = lines.by_ref().filter_map(told).find(|seq| *seq >= goal).expect("the child gets there");
        child.kill().unwrap();
        acknowledged = lines.filter_map(told).last().unwrap_or(acknowledged);
        child.wait().unwrap();

        let backend = sqlite::open(dir.path(), 100_000).unwrap();
        let range = backend.history.after(&room, 0, 100_000).await.unwrap();
        assert!(range.head.seq >= acknowledged && range.head.seq == range.events.len() as u64);
        assert_chain(&range.events);
        acknowledged = range.head.seq;
    }
}

#[tokio::test]
#[ignore = "the child process of a_kill_loses_no_acknowledged_event"]
async fn appends_until_it_is_killed() {
    let folder = std::env::var_os(FOLDER).expect("the parent names a folder");
    let backend = sqlite::open(Path::new(&folder), 100_000).unwrap();
    let room = room("lobby");
    let mut out = std::io::stdout();
    // Far more than the parent waits for.
    let mut next = backend.history.before(&room, None, 1).await.unwrap().head.seq + 1;
    for _ in 0..100_000 {
        let mut draft = draft("u_ana", &next.to_string());
        draft.uid = format!("uid-{next}");
        next = backend.broker.append(&room, &draft).await.unwrap().seq + 1;
        // One write, so that no line is cut.
        out.write_all(format!("acknowledged {}\n", next - 1).as_bytes()).unwrap();
    }
}

#[tokio::test]
async fn a_second_process_on_the_folder_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let first = sqlite::open(dir.path(), 100).unwrap();
    let error = sqlite::open(dir.path(), 100).err().expect("it is taken").to_string();
    assert!(
        error.contains("already running") && error.contains(&format!("DATA_DIR={}", dir.path().display())),
        "{error}"
    );
    drop(first);
    sqlite::open(dir.path(), 100).unwrap();
}

#[tokio::test]
async fn an_unusable_folder_is_named_in_the_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = format!("{:#}", sqlite::open(&file.join("data"), 100).err().unwrap());
    assert!(error.contains("DATA_DIR") && error.contains("file/data"), "{error}");
}

#[tokio::test]
async fn a_foreign_or_newer_file_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(sqlite::open(dir.path(), 100).unwrap());
    let file = dir.path().join("sala.db");
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = format!("{:#}", sqlite::open(dir.path(), 100).err().unwrap());
    assert!(error.contains("DATA_DIR") && error.contains("newer version of Sala"), "{error}");

    let text = "This is no database, and longer than the header of one. ".repeat(10);
    std::fs::write(&file, &text).unwrap();
    let error = format!("{:#}", sqlite::open(dir.path(), 100).err().unwrap());
    assert!(error.contains("DATA_DIR") && error.contains("not a database"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

/// A file as a release without read positions left it.
#[tokio::test]
async fn a_file_of_an_older_version_is_migrated() {
    let dir = tempfile::tempdir().unwrap();
    let lobby = room("lobby");
    let site = sqlite::open(dir.path(), 100).unwrap();
    let sent = site.broker.append(&lobby, &draft("ana", "1")).await.unwrap();
    drop(site);
    let db = rusqlite::Connection::open(dir.path().join("sala.db")).unwrap();
    db.execute_batch("DROP TABLE reads; PRAGMA user_version = 1").unwrap();
    drop(db);
    let site = sqlite::open(dir.path(), 100).unwrap();
    assert_eq!(site.history.heads(&[lobby]).await.pop().unwrap().unwrap().seq, sent.seq);
}

#[tokio::test]
async fn dropping_with_a_full_update_queue_ends_the_thread() {
    let (site, room) = (Site::sqlite(), room("lobby"));
    let instance = site.open().await;
    instance.subscribe(&room).await;
    let broker = std::sync::Arc::clone(&instance.0.broker);
    let appending = tokio::spawn(async move {
        // More than the queues of updates and jobs hold; nothing receives the updates.
        let all = (0..6_000).map(|id| {
            let (broker, room) = (std::sync::Arc::clone(&broker), room.clone());
            async move { broker.append(&room, &draft("u_ana", &id.to_string())).await.map(|receipt| receipt.seq) }
        });
        futures_util::future::join_all(all).await
    });
    // The writer blocks once the queue is full.
    while instance.0.updates.len() < server::backend::UPDATE_QUEUE {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let updates = instance.0.updates;
    drop((instance.0.broker, instance.0.history, instance.0.presence, instance.0.read_markers));
    appending.abort();
    assert!(appending.await.unwrap_err().is_cancelled());
    // Drops the last handle to the writer while the receiver still exists.
    assert_eq!(updates.len(), server::backend::UPDATE_QUEUE);
    site.open().await;
}
