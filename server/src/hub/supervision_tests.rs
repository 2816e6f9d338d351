//! Background tasks survive panics.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics_exporter_prometheus::PrometheusBuilder;
use protocol::{MessageId, RoomName};
use tokio::time::sleep;

use super::{
    Hub, LeaveReason,
    simulation::{backend::SimulatedBackend, client::SimulatedClient, harness::Fault},
};
use crate::supervisor::lock;

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

struct Fixture {
    hub: Arc<Hub>,
    backend: Arc<SimulatedBackend>,
    room: RoomName,
    client: SimulatedClient,
    sent: u32,
}

impl Fixture {
    async fn start() -> Self {
        let (simulated, backend) = SimulatedBackend::start();
        let (hub, room, mut client) = (Hub::new(backend), RoomName::new("lobby").unwrap(), SimulatedClient::new(0));
        client.connect();
        hub.join(&room, &client.connection, &client.user, &client.send_queue, None).await.unwrap();
        Self { hub, backend: simulated, room, client, sent: 0 }
    }

    async fn send(&mut self, fault: Fault) {
        self.sent += 1;
        self.backend.set_fault(fault);
        let id = MessageId::new(&format!("m{}", self.sent)).unwrap();
        self.hub.send(&self.room, &self.client.user, &id, "x", 1).await.unwrap();
    }

    /// Makes a task panic.
    async fn provoke(&mut self, task: &'static str) {
        match task {
            "dispatcher" => lock(&self.hub.armed_panics).push(task),
            "head_check" => self.backend.arm_panic("heads"),
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
    for task in ["dispatcher", "head_check", "presence", "read_markers", "repair", "leave"] {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _recorder = metrics::set_default_local_recorder(&recorder);
        let log = LogBuffer::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let _subscriber = tracing::subscriber::set_default(subscriber);

        let mut fixture = Fixture::start().await;
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
