//! Kills at random moments, while files are written: whatever is killed and whenever, files are whole or not there,
//! no file that is left holds a secret, success is reported only if everything was done, and the killed tool is named.

use crate::fleet::{Fleet, Spec};
use crate::support::processes::child;
use crate::support::{Home, Soak, binaries, soak};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The number of kills in each of the two tests.
fn kills() -> usize {
    match soak() {
        None => 10,
        Some(Soak::Short) => 25,
        Some(Soak::Full) => 100,
    }
}

/// Xorshift. The moments of the kills differ from run to run anyway.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Kills the wrapper or one of its stages; returns whether it was still running.
fn kill(wrapper: &Child, victim: &str) -> bool {
    let pid = match victim {
        "kubectl-mc" => Some(Pid::from_child(wrapper)),
        stage => child(wrapper.id(), stage),
    };
    // It may have ended in the meantime; our own child is not reaped yet.
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// Asserts that no file of a home holds a secret, and that those of the cache are whole.
fn check_files(home: &Home, secrets: &[&str]) {
    for file in home.files() {
        // A process that still runs may rename or remove the file.
        let Ok(bytes) = std::fs::read(home.path().join(&file)) else {
            continue;
        };
        let text = String::from_utf8(bytes).unwrap();
        if file != ".kube/config" {
            assert!(!secrets.iter().any(|secret| text.contains(secret)), "{file}");
        }
        if file.ends_with(".ndjson") || file.ends_with(".json") {
            for line in text.lines() {
                serde_json::from_str::<serde::de::IgnoredAny>(line).unwrap();
            }
        }
    }
}

#[test]
fn random_kills_keep_the_caches_whole() {
    let fleet = Fleet::start(Spec::new(4));
    let home = Home::of(&fleet);
    // Both caches are written in every run.
    home.write(".kube/kubectl-mc-config.yaml", "discovery:\n  cacheTTL: 0s\n");
    let get = ["get", "pods,widgets", "-A", "-o", "csv"];
    let reference = home.mc(&get).expect(0);
    let secrets: Vec<&str> = fleet.members().map(|member| member.token()).collect();
    let victims = [
        "kubectl-mc",
        "mc-discover",
        "mc-resolve",
        "mc-exec",
        "mc-merge",
        "mc-format",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..kills() {
        for cached in home.files().into_iter().filter(|file| file.contains("discovery")) {
            std::fs::remove_file(home.path().join(cached)).unwrap();
        }
        let started = home.start("kubectl-mc", &get);
        std::thread::sleep(Duration::from_micros(random.below(120_000)));
        let victim = victims[random.below(victims.len() as u64) as usize];
        kill(&started, victim);
        let output = started.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            assert_eq!(
                String::from_utf8(output.stdout).unwrap(),
                reference,
                "after killing {victim}"
            );
        } else if let Some(status) = output.status.code() {
            // A stage that was killed after it had printed everything is reported as well.
            let says = format!("{victim} was killed by signal 9");
            assert!(status == 1 && stderr.contains(&says), "{status}: {stderr}");
        } else {
            assert_eq!(victim, "kubectl-mc");
        }
        check_files(&home, &secrets);
        let again = home.mc(&get);
        assert_eq!(again.stderr, "", "after killing {victim}");
        assert_eq!(again.expect(0), reference);
    }
}

/// A context of the name that the cloud's tool would give it, which is there already.
const CONTEXT: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/one";

/// A mapping as a person writes it.
const MAPPING: &str = "# mine\nclusters:\n  # the first\n  zero: hub   # why\n\n# end\n";

/// A configuration as a person writes it.
const CONFIG: &str = "# mine\nexecution:\n  timeout: 60s\n";

/// Waits until setup has begun to write: a temporary file or a backup is there, or it has ended.
fn await_writing(folder: &Path, child: &mut Child) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        let names = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let mut names = names.map(|entry| entry.file_name().into_string().unwrap());
        if names.any(|name| name.starts_with(".kubectl-mc-") || name.ends_with(".bak"))
            || child.try_wait().unwrap().is_some()
        {
            return;
        }
    }
}

/// A home in which setup has one cluster to map, and a hub to keep.
struct Unmapped {
    fleet: Fleet,
    home: Home,
    mapping: PathBuf,
    config: PathBuf,
}

impl Unmapped {
    fn new() -> Self {
        let mut spec = Spec::named(&["one"]);
        spec.members[0].properties = [("cloud.provider", "aws"), ("region", "eu-west-1")]
            .map(|(key, value)| (key.into(), value.into()))
            .into();
        let fleet = Fleet::start(spec);
        let home = Home::empty();
        home.script("aws", "echo me\n");
        let kubeconfig = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
        let (before, contexts) = kubeconfig.split_once("contexts:\n").unwrap();
        let (contexts, _) = contexts.split_once("current-context:").unwrap();
        let contexts = contexts.replace("- name: \"one\"\n", &format!("- name: {CONTEXT}\n"));
        home.write(
            ".kube/config",
            &format!("{before}contexts:\n{contexts}current-context: {CONTEXT}\n"),
        );
        let file = |name| home.path().join(".kube").join(name);
        let (mapping, config) = (file("kubectl-mc-clusters.yaml"), file("kubectl-mc-config.yaml"));
        let unmapped = Self {
            fleet,
            home,
            mapping,
            config,
        };
        unmapped.reset();
        unmapped
    }

    fn folder(&self) -> &Path {
        self.mapping.parent().unwrap()
    }

    /// Restores both files, and removes backups and temporary files.
    fn reset(&self) {
        std::fs::write(&self.mapping, MAPPING).unwrap();
        std::fs::write(&self.config, CONFIG).unwrap();
        for file in self.home.files() {
            if file.contains("/.kubectl-mc-") || file.ends_with(".bak") {
                std::fs::remove_file(self.home.path().join(file)).unwrap();
            }
        }
    }

    /// Both files.
    fn read(&self) -> [String; 2] {
        [&self.mapping, &self.config].map(|file| std::fs::read_to_string(file).unwrap())
    }

    /// Their backups, where there are any.
    fn kept(&self) -> [Option<String>; 2] {
        [&self.mapping, &self.config]
            .map(|file| std::fs::read_to_string(file.with_extension("yaml.bak")).ok())
    }

    fn command(&self, line: &str) -> Command {
        let mut command = self.home.command("/bin/sh");
        let path = format!(
            "{}:{}:/usr/bin:/bin",
            binaries().display(),
            self.home.path().join("bin").display()
        );
        command.args(["-c", line]).env("PATH", path);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts setup; the shell becomes it.
    fn start(&self) -> Child {
        self.command("exec kubectl-mc setup --yes --hub-context=hub")
            .spawn()
            .unwrap()
    }
}

#[test]
fn full_disk_leaves_the_mapping_file_unchanged() {
    let unmapped = Unmapped::new();
    // No file may have a byte in it.
    let line = "trap '' XFSZ; ulimit -f 0; kubectl-mc setup --yes --hub-context=hub";
    let output = unmapped.command(line).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("cannot change ") && stderr.contains("kubectl-mc-clusters.yaml: "),
        "{stderr}"
    );
    assert_eq!(unmapped.read(), [MAPPING, CONFIG]);
    assert_eq!(unmapped.kept(), [None, None]);
    let left = unmapped.home.files();
    assert!(
        !left.iter().any(|file| file.contains("/.kubectl-mc-")),
        "{left:?}"
    );
}

#[test]
fn random_kills_keep_the_mapping_file_whole() {
    let unmapped = Unmapped::new();
    let output = unmapped.start().wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let done = unmapped.read();
    assert!(done[0].contains(&format!("\n  one: {CONTEXT}\n")), "{done:?}");
    assert!(done[0].contains("\nhubContext: hub\n"), "{done:?}");
    // The hub is written first, then the cluster.
    let with_hub = done[0].replace(&format!("  one: {CONTEXT}\n"), "");
    let states = [MAPPING, &with_hub, &done[0]];

    let secrets: Vec<&str> = unmapped.fleet.members().map(|member| member.token()).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..kills() {
        unmapped.reset();
        let mut setup = unmapped.start();
        // Half of them while files are written, the others anywhere.
        if random.below(2) == 0 {
            await_writing(unmapped.folder(), &mut setup);
            std::thread::sleep(Duration::from_micros(random.below(40_000)));
        } else {
            std::thread::sleep(Duration::from_micros(random.below(200_000)));
        }
        let victim = ["kubectl-mc", "mc-setup", "mc-setup"][random.below(3) as usize];
        kill(&setup, victim);
        // This waits for mc-setup as well, which has the same stdout.
        let output = setup.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        check_files(&unmapped.home, &secrets);
        let now = unmapped.read();
        assert!(
            states.contains(&now[0].as_str()) && now[1] == CONFIG,
            "after killing {victim}: {now:?}"
        );
        let kept = unmapped.kept();
        assert!(
            kept[0].as_deref().is_none_or(|kept| kept == MAPPING) && kept[1].is_none(),
            "after killing {victim}: {kept:?}"
        );
        assert!(
            now[0] == MAPPING || unmapped.kept()[0].is_some(),
            "{victim}: mapped without a backup"
        );
        match output.status.code() {
            Some(0) => assert_eq!(now, done, "success is said of half a setup"),
            Some(status) => {
                let says = format!("{victim} was killed by signal 9");
                assert!(status == 1 && stderr.contains(&says), "{status}: {stderr}");
            }
            None => assert_eq!(victim, "kubectl-mc"),
        }
        // The next run completes what was left.
        let again = unmapped.start().wait_with_output().unwrap();
        assert!(again.status.success(), "{again:?}");
        assert_eq!(unmapped.read(), done);
    }
}
