use std::{fs, path::Path};

/// Checks each file of a target's corpus. Returns the number of files, and for how many of them `check` returned true.
pub fn check(target: &str, check: impl Fn(&[u8]) -> bool) -> (usize, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let (mut files, mut worth) = (0, 0);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        // Identifies the file if the check fails.
        println!("{}", path.display());
        files += 1;
        worth += usize::from(check(&fs::read(&path).unwrap()));
    }
    (files, worth)
}
