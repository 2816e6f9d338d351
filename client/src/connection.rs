use protocol::ClosePolicy;

use crate::backoff::Backoff;
use crate::handover::Handover;
use crate::turn::Turn;
use crate::{ConnectionStatus, Effect, StopReason};

/// The time from [`Effect::Connect`] to `welcome`, in milliseconds; beyond it the attempt has failed.
pub(crate) const ATTEMPT: u64 = 10_000;
/// A connection that lived this long was a good one: the back-off starts over.
const GOOD: u64 = 5_000;
/// How long a link that is in doubt has for a sign of life, in milliseconds.
const PROBE: u64 = 5_000;
/// The longest wait before an instance that goes away is left for another one, in milliseconds.
const AT_ONCE: f64 = 250.0;
/// The longest wait that a server can ask for, in milliseconds.
pub(crate) const LONGEST_RETRY: u64 = 300_000;
/// Less than this between heartbeats would be a storm of pings, in milliseconds.
const SHORTEST_HEARTBEAT: u64 = 1_000;
/// The sockets, seen from here: whether there is one, how it does, and when there is the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    state: State,
    /// The socket that the state is about.
    socket: u32,
    /// The latest socket that was opened.
    opened: u32,
    /// The change to another socket before the present one is cut.
    handover: Handover,
    backoff: Backoff,
    /// When the link was lost; empty while nothing is wrong.
    away_since: Option<u64>,
    /// What the server asked for before a close.
    retry_after: Option<u64>,
    /// When an instance last went away from under us.
    went_away_at: Option<u64>,
}

/// Which of the sockets something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Present,
    /// The one that is being opened to take the place of the present one.
    Next,
    /// The one whose place the present one has taken.
    Last,
    /// One that was let go.
    Gone,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Idle,
    Connecting {
        since: u64,
    },
    Live(Pulse),
    Waiting {
        until: u64,
    },
    Stopped(StopReason),
}

#[derive(Clone, Debug)]
struct Pulse {
    welcomed_at: u64,
    heartbeat: u64,
    heard_at: u64,
    /// Set by a ping: when the link is given up without a sign of life, if that is before two heartbeats of silence.
    probe_until: Option<u64>,
}

impl Pulse {
    fn dead_at(&self) -> u64 {
        let silent = self.heard_at.saturating_add(self.heartbeat.saturating_mul(2));
        self.probe_until.map_or(silent, |probe| probe.min(silent))
    }

    /// When a `tick` is overdue enough to ask.
    fn ping_at(&self) -> Option<u64> {
        let due = self.heard_at.saturating_add(self.heartbeat).saturating_add(self.heartbeat / 2);
        self.probe_until.is_none().then_some(due)
    }
}

impl Connection {
    pub(crate) fn link(&self) -> ConnectionStatus {
        let away = |retry_at| match self.away_since {
            Some(since) => ConnectionStatus::Away { retry_at, since },
            None => ConnectionStatus::Starting,
        };
        match self.state {
            State::Idle => ConnectionStatus::Starting,
            State::Connecting { since } => away(since),
            State::Live(_) => ConnectionStatus::Live,
            State::Waiting { until } => away(until),
            State::Stopped(stop) => ConnectionStatus::Stopped(stop),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, State::Live(_))
    }

    pub(crate) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. })
    }

    /// The socket on which something is said.
    pub(crate) fn socket(&self) -> u32 {
        self.socket
    }

    pub(crate) fn source(&self, socket: u32) -> Source {
        match self.handover {
            Handover::Opening { socket: next, .. } if next == socket => Source::Next,
            Handover::Leaving { socket: last, .. } if last == socket => Source::Last,
            _ if self.socket == socket && (self.is_live() || self.is_connecting()) => Source::Present,
            _ => Source::Gone,
        }
    }

    /// The server asks for a change of sockets. The next one is opened beside the present one.
    pub(crate) fn rotate(&mut self, turn: &mut Turn) {
        if self.is_live() && matches!(self.handover, Handover::None | Handover::Planned { .. }) {
            self.opened += 1;
            turn.effect(Effect::Connect(self.opened));
            self.handover = Handover::Opening { socket: self.opened, since: turn.now };
        }
    }

    /// The next socket is welcome, and takes the place of the present one, which stays for what is on its way.
    pub(crate) fn take_over(&mut self, heartbeat: u64, turn: &mut Turn) {
        let last = std::mem::replace(&mut self.socket, self.opened);
        self.welcome(heartbeat, turn.now);
        self.handover = Handover::leaving(last, turn.now);
        turn.socket = self.socket;
    }

    /// Every room is joined on the present socket: nothing is missed by letting the last one go.
    pub(crate) fn arrived(&mut self, turn: &mut Turn) {
        self.handover.end(turn);
    }

    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.handover, Handover::Leaving { .. })
    }

    pub(crate) fn start(&mut self, turn: &mut Turn) {
        if matches!(self.state, State::Idle) {
            self.connect(turn);
        }
    }

    pub(crate) fn welcome(&mut self, heartbeat: u64, now: u64) {
        let heartbeat = heartbeat.max(SHORTEST_HEARTBEAT);
        self.state = State::Live(Pulse { welcomed_at: now, heartbeat, heard_at: now, probe_until: None });
        self.away_since = None;
        self.retry_after = None;
    }

    /// Anything came on the socket.
    pub(crate) fn heard(&mut self, now: u64) {
        if let State::Live(pulse) = &mut self.state {
            pulse.heard_at = now;
            pulse.probe_until = None;
        }
    }

    /// The server says how long to wait after its coming close.
    pub(crate) fn retry(&mut self, after: u64) {
        self.retry_after = Some(after.min(LONGEST_RETRY));
    }

    pub(crate) fn closed(&mut self, socket: u32, code: u16, turn: &mut Turn) {
        match self.source(socket) {
            Source::Present => self.lost(code, turn),
            Source::Next => self.handover = Handover::again(turn),
            Source::Last => self.handover = Handover::None,
            Source::Gone => {}
        }
    }

    /// The present socket is gone.
    fn lost(&mut self, code: u16, turn: &mut Turn) {
        self.credit(turn.now);
        let wait = match ClosePolicy::to(code) {
            ClosePolicy::Stop => {
                self.handover.end(turn);
                self.state = State::Stopped(StopReason::from_code(code));
                return;
            }
            _ if self.fall_forward(turn) => return,
            ClosePolicy::BackOff => self.backoff.next(turn.random),
            ClosePolicy::AtOnce => self.leave_instance(turn),
        };
        let wait = self.retry_after.take().unwrap_or(wait);
        self.wait(wait, turn.now);
    }

    /// Where the next socket is being opened already, that is the connection to wait for.
    fn fall_forward(&mut self, turn: &mut Turn) -> bool {
        let Handover::Opening { socket, since } = self.handover else {
            self.handover.end(turn);
            return false;
        };
        self.handover = Handover::None;
        self.socket = socket;
        self.state = State::Connecting { since };
        self.away_since.get_or_insert(turn.now);
        true
    }

    pub(crate) fn stop(&mut self, stop: StopReason, turn: &mut Turn) {
        turn.close(self.socket);
        self.handover.end(turn);
        self.state = State::Stopped(stop);
    }

    pub(crate) fn due(&mut self, turn: &mut Turn) {
        let now = turn.now;
        match &self.state {
            State::Waiting { until } if *until <= now => self.connect(turn),
            State::Connecting { since } if since.saturating_add(ATTEMPT) <= now => {
                turn.close(self.socket);
                let wait = self.backoff.next(turn.random);
                let wait = self.retry_after.take().unwrap_or(wait);
                self.wait(wait, now);
            }
            State::Live(pulse) if pulse.dead_at() <= now => self.give_up(turn),
            State::Live(pulse) if pulse.ping_at().is_some_and(|at| at <= now) => self.probe(u64::MAX, turn),
            State::Idle | State::Connecting { .. } | State::Live(_) | State::Waiting { .. } | State::Stopped(_) => {}
        }
        if self.handover.due(turn) {
            self.rotate(turn);
        }
    }

    /// The network is back, or the person is: no reason to wait any longer.
    pub(crate) fn hurry(&mut self, turn: &mut Turn) {
        match &self.state {
            State::Waiting { .. } => self.connect(turn),
            State::Live(pulse) if pulse.dead_at() <= turn.now => {
                self.give_up(turn);
                if !self.is_connecting() {
                    self.connect(turn);
                }
            }
            State::Live(_) => self.doubt(turn),
            State::Idle | State::Connecting { .. } | State::Stopped(_) => {}
        }
    }

    /// Asks for a sign of life, unless there was one just now.
    pub(crate) fn doubt(&mut self, turn: &mut Turn) {
        let until = turn.now.saturating_add(PROBE);
        if let State::Live(pulse) = &self.state
            && turn.now.saturating_sub(pulse.heard_at) > PROBE
            && pulse.probe_until.is_none_or(|probe| probe > until)
        {
            self.probe(until, turn);
        }
    }

    pub(crate) fn online(&mut self, turn: &mut Turn) {
        self.backoff.reset();
        self.hurry(turn);
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        let state = match &self.state {
            State::Idle | State::Stopped(_) => None,
            State::Connecting { since } => Some(since.saturating_add(ATTEMPT)),
            State::Waiting { until } => Some(*until),
            State::Live(pulse) => Some(pulse.ping_at().map_or(pulse.dead_at(), |ping| ping.min(pulse.dead_at()))),
        };
        [state, self.handover.deadline()].into_iter().flatten().min()
    }

    fn connect(&mut self, turn: &mut Turn) {
        self.opened += 1;
        self.socket = self.opened;
        turn.socket = self.socket;
        turn.effect(Effect::Connect(self.socket));
        self.state = State::Connecting { since: turn.now };
    }

    fn probe(&mut self, until: u64, turn: &mut Turn) {
        if let State::Live(pulse) = &mut self.state {
            pulse.probe_until = Some(until);
            turn.transmit(&protocol::ClientFrame::Ping);
        }
    }

    /// The link is dead: nobody will tell.
    fn give_up(&mut self, turn: &mut Turn) {
        turn.close(self.socket);
        self.backoff.reset();
        self.retry_after = None;
        if self.fall_forward(turn) {
            return;
        }
        let wait = self.backoff.next(turn.random);
        self.wait(wait, turn.now);
    }

    fn wait(&mut self, wait: u64, now: u64) {
        self.away_since.get_or_insert(now);
        self.state = State::Waiting { until: now.saturating_add(wait) };
    }

    /// A socket that lived is a reason to trust the next one.
    fn credit(&mut self, now: u64) {
        if let State::Live(pulse) = &self.state
            && now.saturating_sub(pulse.welcomed_at) >= GOOD
        {
            self.backoff.reset();
        }
    }

    /// At once to another instance, unless that one goes away too: then there may be none.
    fn leave_instance(&mut self, turn: &Turn) -> u64 {
        let before = self.went_away_at.replace(turn.now);
        match before {
            Some(before) if turn.now.abs_diff(before) < GOOD => self.backoff.next(turn.random),
            Some(_) | None => (turn.random * AT_ONCE) as u64,
        }
    }
}
