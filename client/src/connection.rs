use protocol::ClosePolicy;

use crate::backoff::Backoff;
use crate::effects::Effects;
use crate::rotation::Rotation;
use crate::{ConnectionStatus, Effect, StopReason};

/// The time from [`Effect::Connect`] to `welcome`, in milliseconds; beyond it the attempt has failed.
pub(crate) const CONNECT_TIMEOUT: u64 = 10_000;
/// A connection that lived this long was a good one: the back-off starts over.
const STABLE_AFTER: u64 = 5_000;
/// How long a link that is in doubt has for a sign of life, in milliseconds.
const PROBE_TIMEOUT: u64 = 5_000;
/// The longest wait before an instance that goes away is left for another one, in milliseconds.
const MAX_INSTANCE_GONE_DELAY: f64 = 250.0;
/// The longest wait that a server can ask for, in milliseconds.
pub(crate) const MAX_RETRY_AFTER: u64 = 300_000;
/// Less than this between heartbeats would be a storm of pings, in milliseconds.
const MIN_HEARTBEAT: u64 = 1_000;
/// The sockets, seen from here: whether there is one, how it does, and when there is the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    state: State,
    /// The socket that the state is about.
    socket: u32,
    /// The latest socket that was opened.
    opened: u32,
    /// The change to another socket before the present one is cut.
    rotation: Rotation,
    backoff: Backoff,
    /// When the link was lost; empty while nothing is wrong.
    away_since: Option<u64>,
    /// What the server asked for before a close.
    retry_after: Option<u64>,
    /// When an instance last went away from under us.
    instance_gone_at: Option<u64>,
}

/// Which of the sockets something is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketRole {
    Current,
    /// The one that is being opened to take the place of the present one.
    Next,
    /// The one whose place the present one has taken.
    Previous,
    /// One that was let go.
    Closed,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Idle,
    Connecting {
        since: u64,
    },
    Live(Heartbeat),
    Waiting {
        until: u64,
    },
    Stopped(StopReason),
}

#[derive(Clone, Debug)]
struct Heartbeat {
    welcomed_at: u64,
    interval: u64,
    received_at: u64,
    /// Set by a ping: when the link is given up without a sign of life, if that is before two heartbeats of silence.
    probe_until: Option<u64>,
}

impl Heartbeat {
    fn dead_at(&self) -> u64 {
        let silent = self.received_at.saturating_add(self.interval.saturating_mul(2));
        self.probe_until.map_or(silent, |probe| probe.min(silent))
    }

    /// When a `tick` is overdue enough to ask.
    fn ping_at(&self) -> Option<u64> {
        let due = self.received_at.saturating_add(self.interval).saturating_add(self.interval / 2);
        self.probe_until.is_none().then_some(due)
    }
}

impl Connection {
    pub(crate) fn status(&self) -> ConnectionStatus {
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

    pub(crate) fn role(&self, socket: u32) -> SocketRole {
        match self.rotation {
            Rotation::Opening { socket: next, .. } if next == socket => SocketRole::Next,
            Rotation::Draining { socket: last, .. } if last == socket => SocketRole::Previous,
            _ if self.socket == socket && (self.is_live() || self.is_connecting()) => SocketRole::Current,
            _ => SocketRole::Closed,
        }
    }

    /// The server asks for a change of sockets. The next one is opened beside the present one.
    pub(crate) fn rotate(&mut self, effects: &mut Effects) {
        if self.is_live() && matches!(self.rotation, Rotation::None | Rotation::Scheduled { .. }) {
            self.opened += 1;
            effects.push(Effect::Connect(self.opened));
            self.rotation = Rotation::Opening { socket: self.opened, since: effects.now };
        }
    }

    /// The next socket is welcome, and takes the place of the present one, which stays for what is on its way.
    pub(crate) fn take_over(&mut self, heartbeat: u64, effects: &mut Effects) {
        let last = std::mem::replace(&mut self.socket, self.opened);
        self.welcome(heartbeat, effects.now);
        self.rotation = Rotation::draining(last, effects.now);
        effects.socket = self.socket;
    }

    /// Every room is joined on the present socket: nothing is missed by letting the last one go.
    pub(crate) fn finish_rotation(&mut self, effects: &mut Effects) {
        self.rotation.abort(effects);
    }

    pub(crate) fn is_draining(&self) -> bool {
        matches!(self.rotation, Rotation::Draining { .. })
    }

    pub(crate) fn start(&mut self, effects: &mut Effects) {
        if matches!(self.state, State::Idle) {
            self.connect(effects);
        }
    }

    pub(crate) fn welcome(&mut self, heartbeat: u64, now: u64) {
        let interval = heartbeat.max(MIN_HEARTBEAT);
        self.state = State::Live(Heartbeat { welcomed_at: now, interval, received_at: now, probe_until: None });
        self.away_since = None;
        self.retry_after = None;
    }

    /// Anything came on the socket.
    pub(crate) fn received(&mut self, now: u64) {
        if let State::Live(heartbeat) = &mut self.state {
            heartbeat.received_at = now;
            heartbeat.probe_until = None;
        }
    }

    /// The server says how long to wait after its coming close.
    pub(crate) fn set_retry_after(&mut self, after: u64) {
        self.retry_after = Some(after.min(MAX_RETRY_AFTER));
    }

    pub(crate) fn closed(&mut self, socket: u32, code: u16, effects: &mut Effects) {
        match self.role(socket) {
            SocketRole::Current => self.current_closed(code, effects),
            SocketRole::Next => self.rotation = Rotation::scheduled(effects),
            SocketRole::Previous => self.rotation = Rotation::None,
            SocketRole::Closed => {}
        }
    }

    /// The present socket is gone.
    fn current_closed(&mut self, code: u16, effects: &mut Effects) {
        self.reset_backoff_if_stable(effects.now);
        let wait = match ClosePolicy::to(code) {
            ClosePolicy::Stop => {
                self.rotation.abort(effects);
                self.state = State::Stopped(StopReason::from_code(code));
                return;
            }
            _ if self.fall_back_to_next(effects) => return,
            ClosePolicy::BackOff => self.backoff.next(effects.random),
            ClosePolicy::AtOnce => self.instance_gone_delay(effects),
        };
        let wait = self.retry_after.take().unwrap_or(wait);
        self.wait(wait, effects.now);
    }

    /// Where the next socket is being opened already, that is the connection to wait for.
    fn fall_back_to_next(&mut self, effects: &mut Effects) -> bool {
        let Rotation::Opening { socket, since } = self.rotation else {
            self.rotation.abort(effects);
            return false;
        };
        self.rotation = Rotation::None;
        self.socket = socket;
        self.state = State::Connecting { since };
        self.away_since.get_or_insert(effects.now);
        true
    }

    pub(crate) fn stop(&mut self, stop: StopReason, effects: &mut Effects) {
        effects.close(self.socket);
        self.rotation.abort(effects);
        self.state = State::Stopped(stop);
    }

    pub(crate) fn handle_timeout(&mut self, effects: &mut Effects) {
        let now = effects.now;
        match &self.state {
            State::Waiting { until } if *until <= now => self.connect(effects),
            State::Connecting { since } if since.saturating_add(CONNECT_TIMEOUT) <= now => {
                effects.close(self.socket);
                let wait = self.backoff.next(effects.random);
                let wait = self.retry_after.take().unwrap_or(wait);
                self.wait(wait, now);
            }
            State::Live(heartbeat) if heartbeat.dead_at() <= now => self.close_dead(effects),
            State::Live(heartbeat) if heartbeat.ping_at().is_some_and(|at| at <= now) => self.ping(u64::MAX, effects),
            State::Idle | State::Connecting { .. } | State::Live(_) | State::Waiting { .. } | State::Stopped(_) => {}
        }
        if self.rotation.handle_timeout(effects) {
            self.rotate(effects);
        }
    }

    /// The network is back, or the person is: no reason to wait any longer.
    pub(crate) fn retry_now(&mut self, effects: &mut Effects) {
        match &self.state {
            State::Waiting { .. } => self.connect(effects),
            State::Live(heartbeat) if heartbeat.dead_at() <= effects.now => {
                self.close_dead(effects);
                if !self.is_connecting() {
                    self.connect(effects);
                }
            }
            State::Live(_) => self.probe(effects),
            State::Idle | State::Connecting { .. } | State::Stopped(_) => {}
        }
    }

    /// Asks for a sign of life, unless there was one just now.
    pub(crate) fn probe(&mut self, effects: &mut Effects) {
        let until = effects.now.saturating_add(PROBE_TIMEOUT);
        if let State::Live(heartbeat) = &self.state
            && effects.now.saturating_sub(heartbeat.received_at) > PROBE_TIMEOUT
            && heartbeat.probe_until.is_none_or(|probe| probe > until)
        {
            self.ping(until, effects);
        }
    }

    pub(crate) fn online(&mut self, effects: &mut Effects) {
        self.backoff.reset();
        self.retry_now(effects);
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        let state = match &self.state {
            State::Idle | State::Stopped(_) => None,
            State::Connecting { since } => Some(since.saturating_add(CONNECT_TIMEOUT)),
            State::Waiting { until } => Some(*until),
            State::Live(heartbeat) => {
                Some(heartbeat.ping_at().map_or(heartbeat.dead_at(), |ping| ping.min(heartbeat.dead_at())))
            }
        };
        [state, self.rotation.deadline()].into_iter().flatten().min()
    }

    fn connect(&mut self, effects: &mut Effects) {
        self.opened += 1;
        self.socket = self.opened;
        effects.socket = self.socket;
        effects.push(Effect::Connect(self.socket));
        self.state = State::Connecting { since: effects.now };
    }

    fn ping(&mut self, until: u64, effects: &mut Effects) {
        if let State::Live(heartbeat) = &mut self.state {
            heartbeat.probe_until = Some(until);
            effects.transmit(&protocol::ClientFrame::Ping);
        }
    }

    /// The link is dead: nobody will tell.
    fn close_dead(&mut self, effects: &mut Effects) {
        effects.close(self.socket);
        self.backoff.reset();
        self.retry_after = None;
        if self.fall_back_to_next(effects) {
            return;
        }
        let wait = self.backoff.next(effects.random);
        self.wait(wait, effects.now);
    }

    fn wait(&mut self, wait: u64, now: u64) {
        self.away_since.get_or_insert(now);
        self.state = State::Waiting { until: now.saturating_add(wait) };
    }

    /// A socket that lived is a reason to trust the next one.
    fn reset_backoff_if_stable(&mut self, now: u64) {
        if let State::Live(heartbeat) = &self.state
            && now.saturating_sub(heartbeat.welcomed_at) >= STABLE_AFTER
        {
            self.backoff.reset();
        }
    }

    /// At once to another instance, unless that one goes away too: then there may be none.
    fn instance_gone_delay(&mut self, effects: &Effects) -> u64 {
        let before = self.instance_gone_at.replace(effects.now);
        match before {
            Some(before) if effects.now.abs_diff(before) < STABLE_AFTER => self.backoff.next(effects.random),
            Some(_) | None => (effects.random * MAX_INSTANCE_GONE_DELAY) as u64,
        }
    }
}
