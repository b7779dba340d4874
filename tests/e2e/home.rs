//! A home folder of its own for every test, and commands run in it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::apiserver::{self, User};
use crate::fleet::{HUB, RICH, fleet};

/// A home folder with a kubeconfig, and nothing else in the environment: what a test's commands see.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A home with the usual kubeconfig.
    pub fn new() -> Home {
        Home::with_users(&[])
    }

    /// A home in which the contexts of some clusters are for other users.
    pub fn with_users(users: &[(&str, User)]) -> Home {
        Home::holding(&fleet().folder, &fleet().kubeconfig(users))
    }

    /// A home with this kubeconfig, below `folder`.
    pub fn holding(folder: &Path, kubeconfig: &Value) -> Home {
        let folder = TempDir::with_prefix_in("home-", folder).expect("a temporary folder");
        let home = Home { folder };
        // JSON is YAML, and the reader under test takes both.
        home.write(".kube/config", &kubeconfig.to_string());
        home
    }

    /// This home with the CLUSTER column off, so that one member's output is kubectl's.
    pub fn plain(self) -> Home {
        self.write(
            ".kube/kubectl-mc-config.yaml",
            "output:\n  showClusterColumn: false\n",
        );
        self
    }

    /// `kubectl mc get` on the one rich member.
    pub fn mc_get(&self, args: &[&str]) -> Outcome {
        self.get(&[&["--clusters", RICH, "--hub-context", HUB], args].concat())
    }

    /// `kubectl get` on the same member.
    pub fn kubectl_get(&self, args: &[&str]) -> Outcome {
        self.kubectl(&[&["--context", RICH, "get"], args].concat())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the home folder.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a file below home")).expect("a folder below home");
        fs::write(path, text).expect("a file below home");
    }

    /// A command in this home, which sees nothing else.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let path = format!(
            "{}:{}:/usr/bin:/bin",
            binaries().display(),
            apiserver::assets().display()
        );
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", path)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs `kubectl-mc get` with `args`.
    pub fn get(&self, args: &[&str]) -> Outcome {
        self.run("kubectl-mc", &[&["get"], args].concat())
    }

    /// Runs one of the binaries under test.
    pub fn run(&self, program: &str, args: &[&str]) -> Outcome {
        Outcome::of(self.command(binaries().join(program)).args(args).output(), args)
    }

    /// A command of the binaries under test, of the pinned kubectl or of the system, with pipes for its output.
    pub fn piped(&self, program: &str, args: &[&str]) -> Command {
        let own = [binaries().join(program), apiserver::assets().join(program)];
        let path = own.into_iter().find(|path| path.is_file());
        let mut command = self.command(path.unwrap_or_else(|| program.into()));
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a shell line, with the binaries under test and the pinned kubectl on PATH.
    pub fn shell(&self, line: &str) -> Outcome {
        Outcome::of(self.command("/bin/sh").args(["-c", line]).output(), &[line])
    }

    /// Runs the pinned kubectl.
    pub fn kubectl(&self, args: &[&str]) -> Outcome {
        Outcome::of(
            self.command(apiserver::assets().join("kubectl"))
                .args(args)
                .output(),
            args,
        )
    }

    /// Runs kubectl on cluster `name` with `input`, which must succeed.
    pub fn feed(&self, name: &str, args: &[&str], input: &Value) {
        let mut command = self.command(apiserver::assets().join("kubectl"));
        command.args(["--context", name]).args(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl starts");
        // kubectl reads its input to the end before it writes, so that this cannot stall.
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin
            .write_all(input.to_string().as_bytes())
            .expect("kubectl reads");
        drop(stdin);
        let outcome = Outcome::of(child.wait_with_output(), args);
        assert_eq!(outcome.status, 0, "{name}: kubectl {args:?}:\n{}", outcome.stderr);
    }
}

/// The folder of the binaries under test.
fn binaries() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_kubectl-mc"))
        .parent()
        .expect("a folder")
        .to_owned()
}

/// The output of a command. It may not be UTF-8, as kubectl can be made to write such.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().escape_ascii().to_string())
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Of a process that has ended.
    pub fn of(output: std::io::Result<Output>, args: &[&str]) -> Outcome {
        let output = output.unwrap_or_else(|e| panic!("{args:?} does not start: {e}"));
        Outcome {
            // A signal has no status; no program under test exits with this one.
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// This outcome with nothing on stderr.
    pub fn without_stderr(&self) -> Outcome {
        Outcome {
            status: self.status,
            stdout: self.stdout.clone(),
            stderr: String::new(),
        }
    }

    /// The standard output of a command that must have succeeded.
    pub fn success(self) -> String {
        assert_eq!(
            self.status, 0,
            "status {}:\n{}{}",
            self.status, self.stdout, self.stderr
        );
        self.stdout
    }
}
