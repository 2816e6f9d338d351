use std::{fs, path::Path};

/// Checks each file of a target's corpus. Returns how many there are, and how many the check found worth something.
pub fn check(target: &str, check: impl Fn(&[u8]) -> bool) -> (usize, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let (mut files, mut worth) = (0, 0);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        // Shown where the check fails, which knows only what is in it.
        println!("{}", path.display());
        files += 1;
        worth += usize::from(check(&fs::read(&path).unwrap()));
    }
    (files, worth)
}
