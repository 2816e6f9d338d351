use rand::Rng;

/// The parts of the traffic that a new revision gets, one after the other, in percent.
pub const SPLIT: [u32; 3] = [10, 50, 100];

/// What was deployed at one time.
#[derive(Clone, Debug)]
pub struct Revision {
    pub name: String,
    /// The part of the traffic that it gets, in percent.
    pub share: u32,
}

impl Revision {
    /// Named as Cloud Run names them, such as `sala-00001-kfd`.
    pub fn of(service: &str, number: usize) -> Self {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz";
        let mut rng = rand::rng();
        let suffix: String = (0..3).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect();
        Self { name: format!("{service}-{number:05}-{suffix}"), share: 0 }
    }
}

/// Gives the last revision so much of the traffic, and the one before it the rest.
pub fn split(revisions: &mut [Revision], share: u32) {
    if let Some((last, before)) = revisions.split_last_mut() {
        last.share = share;
        for revision in &mut *before {
            revision.share = 0;
        }
        if let Some(previous) = before.last_mut() {
            previous.share = 100 - share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_revisions_have_all_of_the_traffic() {
        let mut revisions: Vec<Revision> = (1..=3).map(|number| Revision::of("sala", number)).collect();
        assert!(revisions[0].name.starts_with("sala-00001-"), "{}", revisions[0].name);
        for (count, share, shares) in [(1, 100, vec![100]), (2, 10, vec![90, 10]), (3, 50, vec![0, 50, 50])] {
            split(&mut revisions[..count], share);
            assert_eq!(revisions[..count].iter().map(|revision| revision.share).collect::<Vec<_>>(), shares);
        }
    }
}
