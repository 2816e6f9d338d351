use protocol::Reason;

use super::SessionAffinity;

/// What one client logged. Times are milliseconds since the start of the run. A message's key is
/// `<author's id>/<message's id>`.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The user's id.
    pub user: String,
    pub room: String,
    /// All messages that the client sent, in order.
    pub sent: Vec<Timed>,
    /// Messages that left the outbox because they are in the history.
    pub acknowledged: Vec<Timed>,
    /// Ids of acknowledged messages that the client then showed as lost.
    pub lost: Vec<String>,
    /// Ids and the `seq` that the acknowledgement named.
    pub acknowledged_seqs: Vec<(String, u64)>,
    /// What the timeline showed: a new view each time it was replaced.
    pub views: Vec<TimelineView>,
    pub outages: Vec<Outage>,
    /// Codes of the sockets that the other side closed; 1006 for those without a close frame.
    pub close_codes: Vec<u16>,
    /// How often the server asked for a change of socket.
    pub rotations: usize,
    /// How often the server refused a command as temporarily unavailable.
    pub refusals: usize,
    /// Who disappeared from the member list.
    pub departures: Vec<Timed>,
    pub affinity: SessionAffinity,
    /// When the client vanished without closing its socket, if it did.
    pub vanished: Option<u64>,
    /// The screen at the end.
    pub screen: Screen,
}

/// When something happened to a message, or to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    pub id: String,
    pub at: u64,
}

/// A stretch of the room as it appeared on a screen, event by event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineView {
    pub since: u64,
    /// Why it replaced the previous view; `None` if no reason was given.
    pub declared: Option<Reason>,
    pub events: Vec<DisplayedEvent>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayedEvent {
    pub seq: u64,
    pub key: String,
    pub at: u64,
}

/// From the loss of the connection to the completed join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    pub since: u64,
    /// `None` while it lasts.
    pub until: Option<u64>,
}

/// What a screen shows at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// The `seq` and key of everything that is in the history.
    pub sent: Vec<(u64, String)>,
    /// Keys of pending messages.
    pub pending: Vec<String>,
    /// Keys of failed messages.
    pub failed: Vec<String>,
    /// The displayed number of members.
    pub members: u64,
}

impl Journal {
    /// Views that replaced another one because history was lost.
    pub fn resets(&self) -> impl Iterator<Item = &TimelineView> {
        self.views.iter().filter(|view| matches!(view.declared, Some(Reason::Epoch | Reason::Fork | Reason::Unknown)))
    }

    /// The first event that appeared at or after a time.
    pub fn first_event_after(&self, at: u64) -> Option<&DisplayedEvent> {
        self.views.iter().flat_map(|view| &view.events).find(|event| event.at >= at)
    }

    pub fn key(&self, id: &str) -> String {
        format!("{}/{id}", self.user)
    }
}
