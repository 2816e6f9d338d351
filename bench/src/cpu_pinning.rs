//! Pins the server to one core and the generator to another. Without `taskset` or a second core nothing is pinned.

use std::{num::NonZero, path::Path, process::Stdio, thread::available_parallelism};

use tokio::process::Command;

const SERVER_CORE: &str = "0";
const GENERATOR_CORE: &str = "1";

/// Whether processes are pinned.
#[derive(Clone, Copy, Debug)]
pub struct CpuPinning {
    active: bool,
}

impl CpuPinning {
    /// Pins this process. Its children and threads inherit that.
    pub async fn pin_generator() -> Self {
        let has_cores = available_parallelism().map_or(1, NonZero::get) > 1;
        let active = has_cores && pin_self().await;
        if !active {
            eprintln!("Without taskset and two cores the load generator takes CPU time from the server.");
        }
        Self { active }
    }

    /// A command that runs a program on the server's core.
    pub fn server_command(self, program: &Path) -> Command {
        if !self.active {
            return Command::new(program);
        }
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", SERVER_CORE]).arg(program);
        command
    }
}

async fn pin_self() -> bool {
    let id = std::process::id().to_string();
    let mut taskset = Command::new("taskset");
    taskset.args(["--all-tasks", "--cpu-list", "--pid", GENERATOR_CORE, &id]).stdout(Stdio::null());
    taskset.status().await.is_ok_and(|status| status.success())
}
