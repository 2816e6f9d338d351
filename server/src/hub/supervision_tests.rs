//! Background tasks survive panics, and rooms do not delay each other.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics_exporter_prometheus::PrometheusBuilder;
use protocol::{Command, MessageId, RoomName};
use tokio::{
    sync::{Mutex as AsyncMutex, mpsc},
    time::{sleep, timeout},
};

use super::{
    Hub, LeaveReason, shards,
    simulation::{backend::SimulatedBackend, client::SimulatedMember, harness::Fault},
};
use crate::{
    backend::{BackendUpdate, StoredEvent},
    supervisor::{Start, lock},
};

#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogBuffer {
    fn text(&self) -> String {
        String::from_utf8(lock(&self.0).clone()).unwrap()
    }
}

struct SupervisedHub {
    hub: Arc<Hub>,
    backend: Arc<SimulatedBackend>,
    room: RoomName,
    client: SimulatedMember,
    sent: u32,
}

impl SupervisedHub {
    async fn start() -> Self {
        let (simulated, backend) = SimulatedBackend::start();
        let (hub, room, mut client) = (Hub::new(backend), RoomName::new("lobby").unwrap(), SimulatedMember::new(0));
        client.connect();
        hub.join(&room, &client.connection, &client.user, &client.send_queue, None).await.unwrap();
        Self { hub, backend: simulated, room, client, sent: 0 }
    }

    async fn send(&mut self, fault: Fault) {
        self.sent += 1;
        self.backend.set_fault(fault);
        let id = MessageId::new(&format!("m{}", self.sent)).unwrap();
        self.hub.run_command(&self.room, &self.client.user, &id, Command::send("x"), 1).await.unwrap();
    }

    /// Makes a task panic.
    async fn provoke(&mut self, task: &'static str) {
        match task {
            "dispatcher" | "shard" | "fan_out" => lock(&self.hub.armed_panics).push(task),
            "maintenance" => self.backend.arm_panic("heads"),
            "presence" => self.backend.arm_panic("refresh"),
            "read_markers" => {
                self.backend.arm_panic("store");
                self.hub.set_read_marker(&self.room, &self.client.user.id, &self.client.connection, 0, None);
            }
            "repair" => {
                self.backend.arm_panic("after");
                self.send(Fault::Dropped).await;
            }
            "leave" => {
                self.backend.arm_panic("leave");
                self.hub.leave(&self.room, "another", LeaveReason::Requested);
            }
            other => panic!("{other}"),
        }
        self.send(Fault::None).await;
        sleep(Duration::from_secs(20)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_background_task_restarts_after_a_panic() {
    for task in ["dispatcher", "shard", "fan_out", "maintenance", "presence", "read_markers", "repair", "leave"] {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _recorder = metrics::set_default_local_recorder(&recorder);
        let log = LogBuffer::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let _subscriber = tracing::subscriber::set_default(subscriber);

        let mut fixture = SupervisedHub::start().await;
        if matches!(task, "dispatcher" | "shard") {
            // Only the restart finds what was lost.
            fixture.backend.set_lossless();
        }
        fixture.send(Fault::None).await;
        fixture.provoke(task).await;
        fixture.client.read().await;
        assert_eq!(fixture.client.cursor, Some(fixture.backend.cursor()), "{task}: the lost update is repaired");

        let count = format!("sala_task_panics_total{{task=\"{task}\"}} 1");
        assert!(recorder.handle().render().contains(&count), "{task}: {}", recorder.handle().render());
        assert!(log.text().contains(&format!("a background task panicked task=\"{task}\"")), "{task}: {}", log.text());

        fixture.send(Fault::None).await;
        sleep(Duration::from_secs(1)).await;
        fixture.client.read().await;
        assert_eq!(fixture.client.cursor, Some(fixture.backend.cursor()), "{task}: members are served");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_busy_room_does_not_delay_another() {
    let mut fixture = SupervisedHub::start().await;
    let busy = RoomName::new("busy").unwrap();
    fixture.hub.snapshot(&busy).await.unwrap();
    let room = fixture.hub.find_room(&busy).unwrap();
    let (held, release) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel::<()>());
    let holder = std::thread::spawn(move || {
        let _state = room.lock();
        held.0.send(()).unwrap();
        release.1.recv().unwrap();
    });
    held.1.await.unwrap();
    let event = StoredEvent { seq: 1, uid: "u".into(), prev: String::new(), body: "{}".into() };
    fixture.backend.publish(BackendUpdate::Appended { room: busy, epoch: "epoch-0".into(), event }).await;
    fixture.send(Fault::None).await;
    let served = timeout(Duration::from_secs(5), async {
        while fixture.client.cursor != Some(fixture.backend.cursor()) {
            sleep(Duration::from_millis(1)).await;
            fixture.client.read().await;
        }
    });
    assert!(served.await.is_ok(), "the room waits for another");
    release.0.send(()).unwrap();
    holder.join().unwrap();
}

/// Dispatches two updates of one room to shards that hold one update each. Returns their receivers.
async fn dispatch_two(fixture: &mut SupervisedHub) -> Vec<mpsc::Receiver<BackendUpdate>> {
    let (shards, receivers) = (0..shards::SHARDS).map(|_| mpsc::channel(1)).unzip::<_, _, Vec<_>, Vec<_>>();
    let (updates, receiver) = mpsc::channel(2);
    for _ in 0..2 {
        fixture.send(Fault::Dropped).await;
        updates.send(fixture.backend.last_update(&fixture.room)).await.unwrap();
    }
    let hub = Arc::downgrade(&fixture.hub);
    tokio::spawn(shards::dispatch(hub, Arc::new(shards), Arc::new(AsyncMutex::new(receiver)), Start::First));
    sleep(Duration::from_millis(500)).await;
    receivers
}

#[tokio::test(start_paused = true)]
async fn a_full_shard_makes_the_room_read_what_did_not_fit() {
    let mut fixture = SupervisedHub::start().await;
    let _receivers = dispatch_two(&mut fixture).await;
    fixture.client.read().await;
    assert_eq!(fixture.client.cursor, Some(fixture.backend.cursor()));
}

#[tokio::test(start_paused = true)]
async fn a_full_shard_of_a_lossless_backend_makes_the_dispatcher_wait() {
    let mut fixture = SupervisedHub::start().await;
    fixture.backend.set_lossless();
    let mut receivers = dispatch_two(&mut fixture).await;
    fixture.client.read().await;
    assert_ne!(fixture.client.cursor, Some(fixture.backend.cursor()), "nothing is read from the history");
    let receiver = receivers.iter_mut().find(|receiver| !receiver.is_empty()).expect("one shard has an update");
    for expected in [1, 2] {
        let received = timeout(Duration::from_secs(1), receiver.recv()).await;
        let Ok(Some(BackendUpdate::Appended { event, .. })) = received else { panic!("an event: {received:?}") };
        assert_eq!(event.seq, expected, "in order");
    }
}

#[tokio::test(start_paused = true)]
async fn heads_of_a_lossless_backend_are_not_polled() {
    let mut fixture = SupervisedHub::start().await;
    fixture.backend.set_lossless();
    fixture.send(Fault::Dropped).await;
    sleep(Duration::from_secs(20)).await;
    fixture.client.read().await;
    assert_ne!(fixture.client.cursor, Some(fixture.backend.cursor()), "heads were compared");
    fixture.backend.possible_gap().await;
    sleep(Duration::from_secs(1)).await;
    fixture.client.read().await;
    assert_eq!(fixture.client.cursor, Some(fixture.backend.cursor()));
}
