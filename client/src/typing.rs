use protocol::{User, limits};

/// How long a typing notification is shown, in milliseconds.
const TIMEOUT: u64 = 6_000;
/// The least time between two notifications that the client sends, in milliseconds.
const SEND_INTERVAL: u64 = 3_000;

/// Who is typing in a room, and when the client last sent a notification.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typing {
    /// Each person with the time at which the notification expires. Bounded like the list of people.
    typists: Vec<(User, u64)>,
    sent_at: Option<u64>,
}

impl Typing {
    /// Records that a person is typing. Returns whether they were not shown before.
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

    /// Removes a person who sent a message or left. Returns whether they were shown.
    pub(crate) fn stopped(&mut self, id: &str) -> bool {
        self.remove(|(user, _)| user.id == id)
    }

    /// Removes expired notifications. Returns whether there were any.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        self.remove(|(_, until)| *until <= now)
    }

    /// When the next notification expires.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.typists.iter().map(|(_, until)| *until).min()
    }

    pub(crate) fn typists(&self, now: u64) -> Vec<User> {
        self.typists.iter().filter(|(_, until)| *until > now).map(|(user, _)| user.clone()).collect()
    }

    /// Whether to send a notification now. If so, records it as sent.
    pub(crate) fn should_send(&mut self, now: u64) -> bool {
        let may = self.sent_at.is_none_or(|at| now.abs_diff(at) >= SEND_INTERVAL);
        if may {
            self.sent_at = Some(now);
        }
        may
    }

    /// Forgets the last notification, because the message was sent. The next keystroke sends a new one.
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
    fn typing_lasts_six_seconds_and_is_prolonged() {
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
    fn stopped_person_is_no_longer_shown() {
        let mut typing = Typing::default();
        typing.started(user("a"), 0);
        assert!(!typing.stopped("b"));
        assert!(typing.stopped("a"));
        assert!(typing.typists(1).is_empty());
    }

    #[test]
    fn own_typing_is_sent_every_three_seconds_at_most() {
        let mut typing = Typing::default();
        let said: Vec<u64> = (0..8_000).step_by(500).filter(|now| typing.should_send(*now)).collect();
        assert_eq!(said, [0, 3_000, 6_000]);
    }
}
