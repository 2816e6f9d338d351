use protocol::{User, limits};

/// How long a sign of writing lasts, in milliseconds.
const LASTS: u64 = 6_000;
/// The least time between two signs of our own, in milliseconds.
const EVERY: u64 = 3_000;

/// Who is writing in a room, and when we last said that we are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typing {
    /// With the time at which it is over; bounded like the list of people.
    writers: Vec<(User, u64)>,
    said_at: Option<u64>,
}

impl Typing {
    /// Somebody writes. True if they did not before.
    pub(crate) fn note(&mut self, user: User, now: u64) -> bool {
        let until = now.saturating_add(LASTS);
        if let Some(writer) = self.writers.iter_mut().find(|(writer, _)| writer.id == user.id) {
            let shown = writer.1 > now;
            *writer = (user, until);
            return !shown;
        }
        let room = self.writers.len() < limits::PEOPLE;
        if room {
            self.writers.push((user, until));
        }
        room
    }

    /// Somebody stopped writing: they said it, or left. True if they were writing.
    pub(crate) fn end(&mut self, id: &str) -> bool {
        self.remove(|(user, _)| user.id == id)
    }

    /// Removes those whose time is over. True if there were some.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        self.remove(|(_, until)| *until <= now)
    }

    /// When the next one's time is over.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.writers.iter().map(|(_, until)| *until).min()
    }

    pub(crate) fn writers(&self, now: u64) -> Vec<User> {
        self.writers.iter().filter(|(_, until)| *until > now).map(|(user, _)| user.clone()).collect()
    }

    /// Whether it is time to say that we write, and if so notes that we did.
    pub(crate) fn may_say(&mut self, now: u64) -> bool {
        let may = self.said_at.is_none_or(|at| now.abs_diff(at) >= EVERY);
        if may {
            self.said_at = Some(now);
        }
        may
    }

    /// What was written is sent: the next letter begins something new.
    pub(crate) fn sent(&mut self) {
        self.said_at = None;
    }

    fn remove(&mut self, over: impl Fn(&(User, u64)) -> bool) -> bool {
        let before = self.writers.len();
        self.writers.retain(|writer| !over(writer));
        self.writers.len() != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> User {
        User { id: id.into(), name: id.to_uppercase() }
    }

    #[test]
    fn a_sign_lasts_six_seconds_and_a_new_one_prolongs_it() {
        let mut typing = Typing::default();
        assert!(typing.note(user("a"), 1_000));
        assert!(!typing.note(user("a"), 3_000), "already shown");
        assert_eq!(typing.deadline(), Some(9_000));
        assert_eq!(typing.writers(8_999), [user("a")]);
        assert!(typing.writers(9_000).is_empty());
        assert!(!typing.expire(8_999));
        assert!(typing.expire(9_000));
        assert_eq!(typing.deadline(), None);
    }

    #[test]
    fn who_is_done_writing_is_no_longer_shown() {
        let mut typing = Typing::default();
        typing.note(user("a"), 0);
        assert!(!typing.end("b"));
        assert!(typing.end("a"));
        assert!(typing.writers(1).is_empty());
    }

    #[test]
    fn we_say_it_every_three_seconds_at_most() {
        let mut typing = Typing::default();
        let said: Vec<u64> = (0..8_000).step_by(500).filter(|now| typing.may_say(*now)).collect();
        assert_eq!(said, [0, 3_000, 6_000]);
    }
}
