use protocol::Reaction;

use crate::backoff::Backoff;
use crate::turn::Turn;
use crate::{Effect, Link, Stop};

/// The time from [`Effect::Connect`] to `welcome`, in milliseconds; beyond it the attempt has failed.
const ATTEMPT: u64 = 10_000;
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
/// The code of our own closes.
const NORMAL: u16 = 1000;

/// The socket, seen from here: whether there is one, how it does, and when there is the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    state: State,
    backoff: Backoff,
    /// When the link was lost; empty while nothing is wrong.
    away_since: Option<u64>,
    /// What the server asked for before a close.
    retry_after: Option<u64>,
    /// When an instance last went away from under us.
    went_away_at: Option<u64>,
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
    Stopped(Stop),
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
    pub(crate) fn link(&self) -> Link {
        let away = |retry_at| match self.away_since {
            Some(since) => Link::Away { retry_at, since },
            None => Link::Starting,
        };
        match self.state {
            State::Idle => Link::Starting,
            State::Connecting { since } => away(since),
            State::Live(_) => Link::Live,
            State::Waiting { until } => away(until),
            State::Stopped(stop) => Link::Stopped(stop),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, State::Live(_))
    }

    pub(crate) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. })
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

    pub(crate) fn closed(&mut self, code: u16, turn: &Turn) {
        self.credit(turn.now);
        if !self.is_live() && !self.is_connecting() {
            return;
        }
        let wait = match Reaction::to(code) {
            Reaction::Stop => {
                self.state = State::Stopped(Stop::from_code(code));
                return;
            }
            Reaction::BackOff => self.backoff.next(turn.jitter),
            Reaction::AtOnce => self.leave_instance(turn),
        };
        let wait = self.retry_after.take().unwrap_or(wait);
        self.wait(wait, turn.now);
    }

    pub(crate) fn stop(&mut self, stop: Stop, turn: &mut Turn) {
        turn.effect(Effect::Close(NORMAL));
        self.state = State::Stopped(stop);
    }

    pub(crate) fn due(&mut self, turn: &mut Turn) {
        let now = turn.now;
        match &self.state {
            State::Waiting { until } if *until <= now => self.connect(turn),
            State::Connecting { since } if since.saturating_add(ATTEMPT) <= now => {
                turn.effect(Effect::Close(NORMAL));
                let wait = self.backoff.next(turn.jitter);
                let wait = self.retry_after.take().unwrap_or(wait);
                self.wait(wait, now);
            }
            State::Live(pulse) if pulse.dead_at() <= now => self.give_up(turn),
            State::Live(pulse) if pulse.ping_at().is_some_and(|at| at <= now) => self.probe(u64::MAX, turn),
            State::Idle | State::Connecting { .. } | State::Live(_) | State::Waiting { .. } | State::Stopped(_) => {}
        }
    }

    /// The network is back, or the person is: no reason to wait any longer.
    pub(crate) fn hurry(&mut self, turn: &mut Turn) {
        match &self.state {
            State::Waiting { .. } => self.connect(turn),
            State::Live(pulse) if pulse.dead_at() <= turn.now => {
                self.give_up(turn);
                self.connect(turn);
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
        match &self.state {
            State::Idle | State::Stopped(_) => None,
            State::Connecting { since } => Some(since.saturating_add(ATTEMPT)),
            State::Waiting { until } => Some(*until),
            State::Live(pulse) => Some(pulse.ping_at().map_or(pulse.dead_at(), |ping| ping.min(pulse.dead_at()))),
        }
    }

    fn connect(&mut self, turn: &mut Turn) {
        turn.effect(Effect::Connect);
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
        turn.effect(Effect::Close(NORMAL));
        self.backoff.reset();
        self.retry_after = None;
        let wait = self.backoff.next(turn.jitter);
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
            Some(before) if turn.now.abs_diff(before) < GOOD => self.backoff.next(turn.jitter),
            Some(_) | None => (turn.jitter * AT_ONCE) as u64,
        }
    }
}
