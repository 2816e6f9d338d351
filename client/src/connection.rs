use protocol::ClosePolicy;

use crate::backoff::Backoff;
use crate::effects::Effects;
use crate::rotation::Rotation;
use crate::{ConnectionStatus, Effect, StopReason};

/// How long `welcome` may take after [`Effect::Connect`], in milliseconds. After that, the attempt has failed.
pub(crate) const CONNECT_TIMEOUT: u64 = 10_000;
/// A connection that lives this long resets the back-off, in milliseconds.
const STABLE_AFTER: u64 = 5_000;
/// How long the server has to answer a probe, in milliseconds.
const PROBE_TIMEOUT: u64 = 5_000;
/// The longest delay before reconnecting after an instance has shut down, in milliseconds.
const MAX_INSTANCE_GONE_DELAY: f64 = 250.0;
/// The longest delay that a server can ask for, in milliseconds.
pub(crate) const MAX_RETRY_AFTER: u64 = 300_000;
/// The shortest accepted heartbeat interval, in milliseconds. A shorter one would cause too many pings.
const MIN_HEARTBEAT: u64 = 1_000;
/// The state of the connection: the current socket, the heartbeat, and when the next socket is opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    state: ConnectionPhase,
    /// The current socket.
    socket: u32,
    /// The socket that was opened last.
    opened: u32,
    /// The planned change to a new socket while the current one is open.
    rotation: Rotation,
    backoff: Backoff,
    /// When the connection was lost. `None` unless it is lost.
    away_since: Option<u64>,
    /// The delay that the server asked for in a `retry` frame.
    retry_after: Option<u64>,
    /// When an instance last closed the connection because it was shutting down.
    instance_gone_at: Option<u64>,
}

/// The role of a socket in the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketRole {
    Current,
    /// The socket that is being opened to replace the current one.
    Next,
    /// The socket that the current one has replaced.
    Previous,
    /// A socket that is no longer used.
    Closed,
}

#[derive(Clone, Debug, Default)]
enum ConnectionPhase {
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
    /// When the connection counts as dead because a ping was not answered. It counts as dead after two heartbeats of
    /// silence in any case.
    probe_until: Option<u64>,
}

impl Heartbeat {
    fn dead_at(&self) -> u64 {
        let silent = self.received_at.saturating_add(self.interval.saturating_mul(2));
        self.probe_until.map_or(silent, |probe| probe.min(silent))
    }

    /// When to send a ping because the `tick` is overdue. `None` while a ping is unanswered.
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
            ConnectionPhase::Idle => ConnectionStatus::Starting,
            ConnectionPhase::Connecting { since } => away(since),
            ConnectionPhase::Live(_) => ConnectionStatus::Live,
            ConnectionPhase::Waiting { until } => away(until),
            ConnectionPhase::Stopped(stop) => ConnectionStatus::Stopped(stop),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, ConnectionPhase::Live(_))
    }

    pub(crate) fn is_connecting(&self) -> bool {
        matches!(self.state, ConnectionPhase::Connecting { .. })
    }

    /// The socket to send on.
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

    /// Opens the next socket beside the current one, because the server asked for a rotation.
    pub(crate) fn rotate(&mut self, effects: &mut Effects) {
        if self.is_live() && matches!(self.rotation, Rotation::None | Rotation::Scheduled { .. }) {
            self.opened += 1;
            effects.push(Effect::Connect(self.opened));
            self.rotation = Rotation::Opening { socket: self.opened, since: effects.now };
        }
    }

    /// Makes the next socket the current one after its `welcome`. The previous socket stays open to receive what is in
    /// flight.
    pub(crate) fn take_over(&mut self, heartbeat: u64, effects: &mut Effects) {
        let last = std::mem::replace(&mut self.socket, self.opened);
        self.welcome(heartbeat, effects.now);
        self.rotation = Rotation::draining(last, effects.now);
        effects.socket = self.socket;
    }

    /// Closes the previous socket. Every room is joined on the current one, so no event is missed.
    pub(crate) fn finish_rotation(&mut self, effects: &mut Effects) {
        self.rotation.abort(effects);
    }

    pub(crate) fn is_draining(&self) -> bool {
        matches!(self.rotation, Rotation::Draining { .. })
    }

    pub(crate) fn start(&mut self, effects: &mut Effects) {
        if matches!(self.state, ConnectionPhase::Idle) {
            self.connect(effects);
        }
    }

    pub(crate) fn welcome(&mut self, heartbeat: u64, now: u64) {
        let interval = heartbeat.max(MIN_HEARTBEAT);
        self.state =
            ConnectionPhase::Live(Heartbeat { welcomed_at: now, interval, received_at: now, probe_until: None });
        self.away_since = None;
        self.retry_after = None;
    }

    /// Records that something was received on the current socket.
    pub(crate) fn received(&mut self, now: u64) {
        if let ConnectionPhase::Live(heartbeat) = &mut self.state {
            heartbeat.received_at = now;
            heartbeat.probe_until = None;
        }
    }

    /// Stores how long the client has to wait after the next close.
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

    /// Handles the close of the current socket.
    fn current_closed(&mut self, code: u16, effects: &mut Effects) {
        self.reset_backoff_if_stable(effects.now);
        let wait = match ClosePolicy::to(code) {
            ClosePolicy::Stop => {
                self.rotation.abort(effects);
                self.state = ConnectionPhase::Stopped(StopReason::from_code(code));
                return;
            }
            _ if self.fall_back_to_next(effects) => return,
            ClosePolicy::BackOff => self.backoff.next(effects.random),
            ClosePolicy::AtOnce => self.instance_gone_delay(effects),
        };
        let wait = self.retry_after.take().unwrap_or(wait);
        self.wait(wait, effects.now);
    }

    /// Makes the next socket the current one if it is being opened already. Returns whether it is.
    fn fall_back_to_next(&mut self, effects: &mut Effects) -> bool {
        let Rotation::Opening { socket, since } = self.rotation else {
            self.rotation.abort(effects);
            return false;
        };
        self.rotation = Rotation::None;
        self.socket = socket;
        self.state = ConnectionPhase::Connecting { since };
        self.away_since.get_or_insert(effects.now);
        true
    }

    pub(crate) fn stop(&mut self, stop: StopReason, effects: &mut Effects) {
        effects.close(self.socket);
        self.rotation.abort(effects);
        self.state = ConnectionPhase::Stopped(stop);
    }

    pub(crate) fn handle_timeout(&mut self, effects: &mut Effects) {
        let now = effects.now;
        match &self.state {
            ConnectionPhase::Waiting { until } if *until <= now => self.connect(effects),
            ConnectionPhase::Connecting { since } if since.saturating_add(CONNECT_TIMEOUT) <= now => {
                effects.close(self.socket);
                let wait = self.backoff.next(effects.random);
                let wait = self.retry_after.take().unwrap_or(wait);
                self.wait(wait, now);
            }
            ConnectionPhase::Live(heartbeat) if heartbeat.dead_at() <= now => self.close_dead(effects),
            ConnectionPhase::Live(heartbeat) if heartbeat.ping_at().is_some_and(|at| at <= now) => {
                self.ping(u64::MAX, effects)
            }
            ConnectionPhase::Idle
            | ConnectionPhase::Connecting { .. }
            | ConnectionPhase::Live(_)
            | ConnectionPhase::Waiting { .. }
            | ConnectionPhase::Stopped(_) => {}
        }
        if self.rotation.handle_timeout(effects) {
            self.rotate(effects);
        }
    }

    /// Reconnects without further delay, because the network is back or the person looks at the page. Probes a live
    /// connection.
    pub(crate) fn retry_now(&mut self, effects: &mut Effects) {
        match &self.state {
            ConnectionPhase::Waiting { .. } => self.connect(effects),
            ConnectionPhase::Live(heartbeat) if heartbeat.dead_at() <= effects.now => {
                self.close_dead(effects);
                if !self.is_connecting() {
                    self.connect(effects);
                }
            }
            ConnectionPhase::Live(_) => self.probe(effects),
            ConnectionPhase::Idle | ConnectionPhase::Connecting { .. } | ConnectionPhase::Stopped(_) => {}
        }
    }

    /// Sends a ping that has to be answered soon, unless something was received recently.
    pub(crate) fn probe(&mut self, effects: &mut Effects) {
        let until = effects.now.saturating_add(PROBE_TIMEOUT);
        if let ConnectionPhase::Live(heartbeat) = &self.state
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
            ConnectionPhase::Idle | ConnectionPhase::Stopped(_) => None,
            ConnectionPhase::Connecting { since } => Some(since.saturating_add(CONNECT_TIMEOUT)),
            ConnectionPhase::Waiting { until } => Some(*until),
            ConnectionPhase::Live(heartbeat) => {
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
        self.state = ConnectionPhase::Connecting { since: effects.now };
    }

    fn ping(&mut self, until: u64, effects: &mut Effects) {
        if let ConnectionPhase::Live(heartbeat) = &mut self.state {
            heartbeat.probe_until = Some(until);
            effects.transmit(&protocol::ClientFrame::Ping);
        }
    }

    /// Closes a dead connection. No close event reports it.
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
        self.state = ConnectionPhase::Waiting { until: now.saturating_add(wait) };
    }

    /// Resets the back-off if the current socket was live for long enough.
    fn reset_backoff_if_stable(&mut self, now: u64) {
        if let ConnectionPhase::Live(heartbeat) = &self.state
            && now.saturating_sub(heartbeat.welcomed_at) >= STABLE_AFTER
        {
            self.backoff.reset();
        }
    }

    /// Returns a short delay, because another instance can be reached at once. If two instances shut down in short
    /// succession, there may be no other one, so the back-off applies.
    fn instance_gone_delay(&mut self, effects: &Effects) -> u64 {
        let before = self.instance_gone_at.replace(effects.now);
        match before {
            Some(before) if effects.now.abs_diff(before) < STABLE_AFTER => self.backoff.next(effects.random),
            Some(_) | None => (effects.random * MAX_INSTANCE_GONE_DELAY) as u64,
        }
    }
}
