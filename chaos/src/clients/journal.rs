use protocol::Reason;

use super::SessionAffinity;

/// What one person wrote down. Times are milliseconds since the run began.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The person's id.
    pub who: String,
    pub room: String,
    /// All that the person said, in that order.
    pub said: Vec<SentMessage>,
    /// What the client let go of because it is in the history.
    pub acknowledged: Vec<AcknowledgedMessage>,
    /// Ids that were acknowledged and which the client then showed as lost.
    pub lost: Vec<String>,
    /// Places that `sent` told of.
    pub acknowledged_seqs: Vec<(String, u64)>,
    /// What the list showed: a new view each time that it was replaced.
    pub views: Vec<TimelineView>,
    /// When the banner came, and when the room was joined again.
    pub outages: Vec<Outage>,
    /// Codes of the sockets that the other side closed; 1006 where there was none.
    pub closes: Vec<u16>,
    /// How often the server asked for a change of socket.
    pub rotations: usize,
    /// How often the server would not do something because it could not.
    pub refusals: usize,
    /// Who was taken off the list of those who are here, and when.
    pub departures: Vec<Departure>,
    /// How often the platform led the person back to the same instance.
    pub affinity: SessionAffinity,
    /// When the person was gone without a word, if so.
    pub vanished: Option<u64>,
    /// What the list showed at the end.
    pub screen: Screen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    pub id: String,
    pub at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    pub who: String,
    pub at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgedMessage {
    pub id: String,
    pub at: u64,
}

/// A stretch of the room as it appeared on a screen, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineView {
    pub since: u64,
    /// Why it took the place of the view before it; empty where nothing was said.
    pub declared: Option<Reason>,
    pub lines: Vec<DisplayedEvent>,
}

/// A line that has its place in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayedEvent {
    pub seq: u64,
    /// `<author's id>/<message's id>`.
    pub key: String,
    pub at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    pub since: u64,
    /// Empty while it lasts.
    pub until: Option<u64>,
}

/// A list as it looks at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// What has a place: its number and key.
    pub sent: Vec<(u64, String)>,
    /// Keys of what is on its way.
    pub pending: Vec<String>,
    /// Keys of what is marked as failed.
    pub failed: Vec<String>,
    /// How many people are said to be here.
    pub here: u64,
}

impl Journal {
    /// Views that replaced another because the room's history was lost, or a part of it.
    pub fn resets(&self) -> impl Iterator<Item = &TimelineView> {
        self.views.iter().filter(|view| matches!(view.declared, Some(Reason::Epoch | Reason::Fork | Reason::Unknown)))
    }

    /// The first line that came after that time.
    pub fn heard_after(&self, at: u64) -> Option<&DisplayedEvent> {
        self.views.iter().flat_map(|view| &view.lines).find(|line| line.at >= at)
    }
}
