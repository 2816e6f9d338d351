//! Starts and ends instances, and divides the traffic among them.

use std::{fmt, mem, net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};

use super::{
    ServiceConfig,
    instance::{Instance, InstanceChange, InstanceCommand, InstanceState, run_instance},
    load_balancer::MAX_WAIT,
    rollout::{Revision, Rollout},
    scaling::decide,
};
use crate::harness::EnvVars;

/// `K_SERVICE` of all instances.
pub const SERVICE_NAME: &str = "sala";
/// The largest maximum number of instances.
const MAX_INSTANCES: usize = 16;
/// How long no instance is started after one that did not start.
const START_PAUSE: Duration = Duration::from_secs(2);

/// A service with its instances.
pub struct Platform {
    pub service: ServiceConfig,
    redis_url: String,
    env: EnvVars,
    /// The oldest first. The last one may still be rolled out.
    pub revisions: Vec<Revision>,
    pub rollout: Option<Rollout>,
    pub instances: Vec<Instance>,
    /// Requests that wait for an instance.
    pub waiting: usize,
    tasks: JoinSet<()>,
    changes: mpsc::UnboundedSender<(usize, InstanceChange)>,
    log: Box<dyn Fn(String) + Send + Sync>,
    /// How many instances were started, and how many revisions deployed, so far.
    started: usize,
    pub deployed: usize,
    /// Whether the present shortage was logged.
    is_full: bool,
    /// No instance is started before.
    paused_until: Instant,
    /// How long the first instance took until it served.
    pub cold_start: Option<Duration>,
    /// Instances that did not end in time after SIGTERM.
    pub killed: usize,
    /// Instances that did not start, or ended without SIGTERM.
    pub crashed: usize,
    /// Requests closed at the timeout, and how many of them were logged.
    pub timed_out: usize,
    timed_out_logged: usize,
}

impl Platform {
    /// A service without instances. What becomes of those that it starts goes to `changes`, for [`Self::update`].
    pub fn new(
        redis_url: &str,
        service: ServiceConfig,
        env: EnvVars,
        changes: mpsc::UnboundedSender<(usize, InstanceChange)>,
        log: Box<dyn Fn(String) + Send + Sync>,
    ) -> anyhow::Result<Self> {
        validate(service.min, service.max)?;
        Ok(Self {
            service,
            redis_url: redis_url.to_owned(),
            env,
            revisions: vec![Revision { percent: 100, ..Revision::new(1) }],
            rollout: None,
            instances: Vec::new(),
            waiting: 0,
            tasks: JoinSet::new(),
            changes,
            log,
            started: 0,
            deployed: 1,
            is_full: false,
            paused_until: Instant::now(),
            cold_start: None,
            killed: 0,
            crashed: 0,
            timed_out: 0,
            timed_out_logged: 0,
        })
    }

    /// Takes the next step, after a change of an instance or because of the load.
    pub fn update(&mut self, change: Option<(usize, InstanceChange)>) {
        match change {
            Some((number, InstanceChange::Ready(address))) => self.record_ready(number, address),
            Some((number, end)) => self.remove(number, end),
            None => {}
        }
        let timed_out = self.timed_out - mem::replace(&mut self.timed_out_logged, self.timed_out);
        if timed_out > 0 {
            let timeout = self.service.timeout.as_secs();
            self.log(format!("requests closed at the timeout of {timeout} s: {timed_out}"));
        }
        self.advance_rollout();
        self.scale();
    }

    /// Sets the minimum number of instances, and the maximum unless it is `None`.
    pub fn set_scale(&mut self, min: usize, max: Option<usize>) -> anyhow::Result<()> {
        let max = max.unwrap_or(self.service.max);
        validate(min, max)?;
        (self.service.min, self.service.max) = (min, max);
        Ok(())
    }

    /// Kills an instance.
    pub fn kill(&self, number: usize) -> anyhow::Result<()> {
        let instance = self.serving().find(|instance| instance.number == number);
        let instance = instance.with_context(|| format!("no instance {number} serves"))?;
        instance.commands.try_send(InstanceCommand::Kill).context("it is about to end")
    }

    /// Starts an instance of a revision.
    pub fn launch(&mut self, revision: &str) {
        self.started += 1;
        let number = self.started;
        let mut env = self.env.clone();
        let names = [("K_SERVICE", SERVICE_NAME), ("K_CONFIGURATION", SERVICE_NAME), ("K_REVISION", revision)];
        env.extend(names.map(|(name, value)| (name, value.to_owned())));
        env.push(("REQUEST_TIMEOUT", self.service.timeout.as_secs().to_string()));
        let (instance, commands) = Instance::new(number, revision);
        self.tasks.spawn(run_instance(number, self.redis_url.clone(), env, commands, self.changes.clone()));
        self.log(format!("{} starts (waiting requests: {})", instance.name(), self.waiting));
        self.instances.push(instance);
    }

    /// Ends the traffic of an instance, and sends it SIGTERM.
    pub fn terminate(&mut self, number: usize, reason: &str) {
        let Some(instance) = self.instance(number) else { return };
        instance.state = InstanceState::Ending;
        instance.requests_at_termination = instance.requests;
        // An instance that has just ended receives nothing; the news of that follows.
        let _ = instance.commands.try_send(InstanceCommand::Terminate);
        let (name, requests) = (instance.name(), instance.requests);
        self.log(format!("{name} is asked to end: {reason} (requests: {requests})"));
    }

    pub fn serving(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|instance| instance.is_serving())
    }

    pub fn log(&self, line: String) {
        (self.log)(line);
    }

    pub fn instance(&mut self, number: usize) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.number == number)
    }

    /// The percentage of the traffic that an instance gets: its part of that of its revision.
    pub fn share(&self, instance: &Instance) -> f64 {
        let percent = self.revisions.iter().find(|one| one.name == instance.revision).map_or(0, |one| one.percent);
        let serving = self.serving().filter(|one| one.revision == instance.revision).count();
        f64::from(percent) / serving as f64
    }

    fn record_ready(&mut self, number: usize, address: SocketAddr) {
        let Some(instance) = self.instance(number) else { return };
        (instance.state, instance.address, instance.idle_since) =
            (InstanceState::Serving, Some(address), Instant::now());
        let (name, took) = (instance.name(), instance.since.elapsed());
        self.cold_start.get_or_insert(took);
        let serving = self.serving().count();
        self.log(format!("{name} serves after {:.2} s (serving instances: {serving})", took.as_secs_f64()));
    }

    fn remove(&mut self, number: usize, end: InstanceChange) {
        let Some(index) = self.instances.iter().position(|instance| instance.number == number) else { return };
        let instance = self.instances.remove(index);
        let (name, requests) = (instance.name(), instance.requests_at_termination);
        let line = match end {
            InstanceChange::Ready(_) => unreachable!("it is not an end"),
            InstanceChange::Terminated(took) => {
                format!("{name} ended after {:.2} s (requests that moved: {requests})", took.as_secs_f64())
            }
            InstanceChange::Killed(error) => {
                self.killed += 1;
                format!("{name} had to be killed: {error:#}")
            }
            InstanceChange::Died(status) => {
                self.crashed += 1;
                format!("{name} died without having been asked to ({status})")
            }
            InstanceChange::NotStarted(error) => {
                self.crashed += 1;
                self.paused_until = Instant::now() + START_PAUSE;
                format!("{name} does not start: {error:#}")
            }
        };
        self.log(line);
    }

    /// Starts and terminates instances of the revisions that have traffic.
    fn scale(&mut self) {
        let all_waiting = self.waiting;
        let largest = self.revisions.iter().map(|revision| revision.percent).max();
        for Revision { name, percent } in self.revisions.clone() {
            if percent == 0 {
                continue;
            }
            let own = self.instances.iter().filter(|one| one.revision == name && one.state != InstanceState::Ending);
            let own: Vec<&Instance> = own.collect();
            // Waiting requests are counted for the revision with most of the traffic.
            let waiting = if Some(percent) == largest { all_waiting } else { 0 };
            let decision = decide(&self.service, &own, waiting);
            let has_no_capacity = |one: &&Instance| one.is_serving() && one.requests >= self.service.concurrency;
            let is_full = waiting > 0 && own.len() >= self.service.max && own.iter().all(has_no_capacity);
            for (number, reason) in decision.terminate {
                self.terminate(number, reason);
            }
            if Instant::now() >= self.paused_until {
                (0..decision.start).for_each(|_| self.launch(&name));
            }
            if Some(percent) == largest && !mem::replace(&mut self.is_full, is_full) && is_full {
                self.log(format!("no instance has capacity (waiting requests: {waiting}, for {MAX_WAIT:?} at most)"));
            }
        }
    }
}

/// The state of the service.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Revision { name, percent } in &self.revisions {
            writeln!(f, "{name} gets {percent} % of the traffic")?;
        }
        if self.instances.is_empty() {
            writeln!(f, "no instance: the next request starts one")?;
        } else {
            writeln!(f, "{:>4}  {:<16} {:<9} {:>5}  {:>8}  {:>6}", "", "revision", "state", "port", "requests", "age")?;
        }
        for Instance { number, revision, address, state, since, requests, .. } in &self.instances {
            let port = address.map_or_else(|| "–".to_owned(), |address| address.port().to_string());
            let (state, age) = (format!("{state:?}").to_lowercase(), since.elapsed().as_secs());
            writeln!(f, "{number:>4}  {revision:<16} {state:<9} {port:>5}  {requests:>8}  {age:>4} s")?;
        }
        match self.waiting {
            0 => Ok(()),
            waiting => writeln!(f, "waiting requests: {waiting}"),
        }
    }
}

fn validate(min: usize, max: usize) -> anyhow::Result<()> {
    ensure!((1..=MAX_INSTANCES).contains(&max), "the maximum is 1 to {MAX_INSTANCES} instances, and not {max}");
    ensure!(min <= max, "the minimum of {min} instances exceeds the maximum of {max}");
    Ok(())
}

#[cfg(test)]
impl Platform {
    /// A platform that starts nothing by itself.
    pub fn without_processes(concurrency: usize) -> Self {
        let second = Duration::from_secs(1);
        let service =
            ServiceConfig { min: 0, max: 5, concurrency, timeout: second * 60, idle: second * 30, step: second };
        Self::new("", service, EnvVars::new(), mpsc::unbounded_channel().0, Box::new(drop)).expect("it is valid")
    }

    /// Adds an instance that serves already.
    pub fn add_serving(&mut self, revision: &str, address: SocketAddr) {
        let (mut instance, _) = Instance::new(self.instances.len() + 1, revision);
        (instance.state, instance.address) = (InstanceState::Serving, Some(address));
        self.instances.push(instance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_gets_its_share_with_any_number_of_instances() {
        for (revisions, expected) in [
            (vec![(100, 3)], vec![100.0 / 3.0]),
            (vec![(90, 3), (10, 1)], vec![30.0, 10.0]),
            (vec![(50, 1), (50, 2)], vec![50.0, 25.0]),
            (vec![(0, 2), (100, 1)], vec![0.0, 100.0]),
        ] {
            let mut platform = Platform::without_processes(2);
            for (index, (percent, instances)) in revisions.iter().enumerate() {
                let name = format!("revision{index}");
                (0..*instances).for_each(|_| platform.add_serving(&name, "127.0.0.1:1".parse().unwrap()));
                platform.revisions.push(Revision { name, percent: *percent });
            }
            let mut shares: Vec<f64> = platform.instances.iter().map(|instance| platform.share(instance)).collect();
            shares.dedup();
            assert_eq!(shares, expected, "{revisions:?}");
        }
    }
}
