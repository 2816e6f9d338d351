use client::FailureReason;
use protocol::{NameProblem, RefusalCode, limits};

use super::words::{Words, number};

impl Words {
    /// What is wrong with the name of a room.
    pub fn of_room(self, problem: NameProblem) -> String {
        match problem {
            NameProblem::Missing => self.room_missing().to_owned(),
            NameProblem::TooLong => self.room_too_long(&number(limits::ROOM_NAME as u64)),
            NameProblem::Unshowable => self.room_unshowable().to_owned(),
        }
    }

    /// FailureReason something was not taken.
    pub fn why(self, why: &FailureReason) -> String {
        let words = match why {
            FailureReason::Refused(code) => return self.refusal(*code),
            FailureReason::Told(words) => words,
            FailureReason::Crowded => self.crowded(),
            FailureReason::TooLarge => self.too_large(),
            FailureReason::Lost => self.lost(),
            FailureReason::Gone => self.gone(),
        };
        words.to_owned()
    }

    /// FailureReason something was not done. What crosses the socket says it in English.
    pub fn refusal(self, code: RefusalCode) -> String {
        let words = match code {
            RefusalCode::TextTooLong => return self.text_too_long(&number(limits::TEXT as u64)),
            RefusalCode::TextEmpty => self.text_empty(),
            RefusalCode::RateLimited => self.rate_limited(),
            RefusalCode::TooManyRooms => self.too_many_rooms(),
            RefusalCode::Unavailable | RefusalCode::NotJoined => self.unavailable(),
            RefusalCode::BadId => self.sent_before(),
            RefusalCode::Forbidden => self.forbidden(),
            RefusalCode::BadFrame | RefusalCode::BadRoom | RefusalCode::Unknown => self.refused(),
        };
        words.to_owned()
    }
}
