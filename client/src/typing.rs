use protocol::{User, limits};

/// How long a sign of writing lasts, in milliseconds.
const TIMEOUT: u64 = 6_000;
/// The least time between two signs of our own, in milliseconds.
const SEND_INTERVAL: u64 = 3_000;

/// Who is writing in a room, and when we last said that we are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typing {
    /// With the time at which it is over; bounded like the list of people.
    typists: Vec<(User, u64)>,
    sent_at: Option<u64>,
}

impl Typing {
    /// Somebody writes. True if they did not before.
    pub(crate) fn started(&mut self, user: User, now: u64) -> bool {
        let until = now.saturating_add(TIMEOUT);
        if let Some(typist) = self.typists.iter_mut().find(|(typist, _)| typist.id == user.id) {
            let shown = typist.1 > now;
            *typist = (user, until);
            return !shown;
        }
        let room = self.typists.len() < limits::PEOPLE;
        if room {
            self.typists.push((user, until));
        }
        room
    }

    /// Somebody stopped writing: they said it, or left. True if they were writing.
    pub(crate) fn stopped(&mut self, id: &str) -> bool {
        self.remove(|(user, _)| user.id == id)
    }

    /// Removes those whose time is over. True if there were some.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        self.remove(|(_, until)| *until <= now)
    }

    /// When the next one's time is over.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.typists.iter().map(|(_, until)| *until).min()
    }

    pub(crate) fn typists(&self, now: u64) -> Vec<User> {
        self.typists.iter().filter(|(_, until)| *until > now).map(|(user, _)| user.clone()).collect()
    }

    /// Whether it is time to say that we write, and if so notes that we did.
    pub(crate) fn should_send(&mut self, now: u64) -> bool {
        let may = self.sent_at.is_none_or(|at| now.abs_diff(at) >= SEND_INTERVAL);
        if may {
            self.sent_at = Some(now);
        }
        may
    }

    /// What was written is sent: the next letter begins something new.
    pub(crate) fn reset_sent(&mut self) {
        self.sent_at = None;
    }

    fn remove(&mut self, over: impl Fn(&(User, u64)) -> bool) -> bool {
        let before = self.typists.len();
        self.typists.retain(|typist| !over(typist));
        self.typists.len() != before
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
        assert!(typing.started(user("a"), 1_000));
        assert!(!typing.started(user("a"), 3_000), "already shown");
        assert_eq!(typing.deadline(), Some(9_000));
        assert_eq!(typing.typists(8_999), [user("a")]);
        assert!(typing.typists(9_000).is_empty());
        assert!(!typing.expire(8_999));
        assert!(typing.expire(9_000));
        assert_eq!(typing.deadline(), None);
    }

    #[test]
    fn who_is_done_writing_is_no_longer_shown() {
        let mut typing = Typing::default();
        typing.started(user("a"), 0);
        assert!(!typing.stopped("b"));
        assert!(typing.stopped("a"));
        assert!(typing.typists(1).is_empty());
    }

    #[test]
    fn we_say_it_every_three_seconds_at_most() {
        let mut typing = Typing::default();
        let said: Vec<u64> = (0..8_000).step_by(500).filter(|now| typing.should_send(*now)).collect();
        assert_eq!(said, [0, 3_000, 6_000]);
    }
}
