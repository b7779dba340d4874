//! The simulated fleet that the contenders query, in a process of its own that is not measured.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The size of a fleet.
#[derive(Clone, Copy)]
pub struct Scenario {
    pub members: usize,
    pub pods: usize,
    /// Round trip, in milliseconds.
    pub latency_ms: u64,
    /// Minimum size of a pod, in bytes; `None` leaves the pods as recorded.
    pub pod_bytes: Option<usize>,
}

impl Scenario {
    pub const fn new(members: usize, pods: usize, latency_ms: u64) -> Self {
        Self {
            members,
            pods,
            latency_ms,
            pod_bytes: None,
        }
    }

    pub fn heading(self) -> String {
        let Self {
            members,
            pods,
            latency_ms,
            pod_bytes,
        } = self;
        let size = pod_bytes.map_or_else(String::new, |bytes| format!(" of {bytes} bytes"));
        format!("{members} members × {pods} pods{size}, {latency_ms} ms of latency")
    }
}

/// A simulated fleet in a process of its own, with a home folder for what asks it.
pub struct Fleet {
    process: Child,
    home: tempfile::TempDir,
}

impl Fleet {
    pub fn start(bins: &Path, scenario: Scenario) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(bins.join("examples/fleet"))
            .args(["--dir".as_ref(), home.path().join("fleet").as_os_str()])
            .args([
                "--members",
                &scenario.members.to_string(),
                "--pods",
                &scenario.pods.to_string(),
            ])
            .args(["--latency", &format!("{}ms", scenario.latency_ms)])
            .args(scenario.pod_bytes.map(|bytes| format!("--pod-bytes={bytes}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the fleet example, which make bench builds");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), "ready");
        Self { process, home }
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.home.path().join("fleet/kubeconfig")
    }

    /// A command with the fleet's home folder and kubeconfig, and nothing else of the environment but PATH.
    pub fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("KUBECONFIG", self.kubeconfig())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Fleet {
    /// Ends the fleet, and returns how often each cluster was asked.
    pub fn end(&mut self) -> serde_json::Value {
        // Its stdin closing ends it.
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
        let counters = std::fs::read(self.home.path().join("fleet/counters.json")).unwrap();
        serde_json::from_slice(&counters).unwrap()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
