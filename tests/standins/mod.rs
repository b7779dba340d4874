//! Stand-ins for the clouds' own tools: executables beside this file, which a test links into its home's `bin`.
//!
//! | stand-in | takes |
//! |---|---|
//! | `aws` | `[--region R] eks get-token --cluster-name N --output json`, and what setup runs |
//! | `gke-gcloud-auth-plugin` | no argument at all |
//! | `kubelogin` | `get-token --login azurecli\|devicecode --server-id AKS [--client-id …] [--tenant-id …]` |
//! | `corp-login` | `token --cluster N`: a plugin that only the user knows |
//! | `gcloud`, `az`, `aliyun` | what setup runs |
//!
//! Each fails on any other call, notes every call below the home's `standins`, reads `KUBERNETES_EXEC_INFO` as the
//! real ones do, sees to it that its stdin is closed, and mints the token that the test says. They are scripts of
//! sh that are never written while tests run: one that was just written may be busy when it is to be run.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// All of them.
pub const ALL: [&str; 7] = [
    "aws",
    "gke-gcloud-auth-plugin",
    "kubelogin",
    "corp-login",
    "gcloud",
    "az",
    "aliyun",
];

/// The behaviour of a credential plugin. The file `TOOL.mode` says it, `TOOL.CLUSTER.mode` for one cluster's runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// A token, in the version that was asked for.
    Token,
    /// A token, in `client.authentication.k8s.io/v1` whatever was asked for.
    V1,
    /// The same in `v1beta1`.
    V1Beta1,
    /// A client certificate instead of a token: that of [`Standins::certificate`].
    Certificate,
    /// A token that expired an hour ago.
    Expired,
    /// A token that expires in three seconds.
    Soon,
    /// A word on stderr, and nothing more for ten minutes.
    Hang,
    /// Output without end.
    FloodStdout,
    /// Complaints without end.
    FloodStderr,
    /// 3 MB of complaints, and a token.
    Noisy,
    /// Status 1, and a message that drives a terminal.
    Fail,
    /// Text that is not a credential.
    Rubbish,
    /// Not a word.
    Nothing,
    /// Asks on its terminal for the code 1234; fails where another one is asking.
    Ask,
    /// Waits until [`Standins::gather`] says that enough are running.
    Gather,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Mode::Token => "token",
            Mode::V1 => "v1",
            Mode::V1Beta1 => "v1beta1",
            Mode::Certificate => "certificate",
            Mode::Expired => "expired",
            Mode::Soon => "soon",
            Mode::Hang => "hang",
            Mode::FloodStdout => "flood-stdout",
            Mode::FloodStderr => "flood-stderr",
            Mode::Noisy => "noisy",
            Mode::Fail => "fail",
            Mode::Rubbish => "rubbish",
            Mode::Nothing => "nothing",
            Mode::Ask => "ask",
            Mode::Gather => "gather",
        }
    }
}

/// The stand-ins in one home.
pub struct Standins {
    home: PathBuf,
}

impl Standins {
    /// Links all of them into the `bin` of a home folder, which the test puts on PATH.
    pub fn in_home(home: &Path) -> Self {
        Self::some(home, &ALL)
    }

    /// Links these.
    pub fn some(home: &Path, tools: &[&str]) -> Self {
        let (bin, own) = (
            home.join("bin"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standins"),
        );
        std::fs::create_dir_all(&bin).expect("a folder below home");
        std::fs::create_dir_all(home.join("standins")).expect("a folder below home");
        for tool in tools {
            symlink(own.join(tool), bin.join(tool)).expect("a link below home");
        }
        Self {
            home: home.to_owned(),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.join("standins").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("a file below home");
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.file(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Sets the behaviour of a tool from now on.
    pub fn mode(&self, tool: &str, mode: Mode) {
        self.write(&format!("{tool}.mode"), mode.word());
    }

    /// Sets the behaviour of `aws` from now on for one cluster.
    pub fn mode_for(&self, cluster: &str, mode: Mode) {
        self.write(&format!("aws.{cluster}.mode"), mode.word());
    }

    /// The token that a tool mints, `{cluster}` and `{run}` (counted from 1, a cluster) filled in; without this
    /// it is `{cluster}-token`. The cluster of `gke-gcloud-auth-plugin` is `gke`, that of `kubelogin` is `aks`, or
    /// `device` with a device code.
    pub fn token(&self, tool: &str, token: &str) {
        self.write(&format!("{tool}.token"), token);
    }

    /// The certificate and the key that [`Mode::Certificate`] gives, in PEM.
    pub fn certificate(&self, certificate: &str, key: &str) {
        self.write("certificate", certificate);
        self.write("key", key);
    }

    /// How many [`Mode::Gather`] waits for; those that are there then are counted in [`Self::gathered`].
    pub fn gather(&self, count: usize) {
        self.write("gather", &count.to_string());
    }

    /// How many ran at once, as each of them saw it.
    pub fn gathered(&self) -> Vec<usize> {
        let seen = self.lines("gathered");
        seen.iter()
            .map(|count| count.trim().parse().expect("a number"))
            .collect()
    }

    /// Sets the call that a tool takes from setup, besides the one for the current user, and what it then does, in sh.
    pub fn fetch(&self, tool: &str, call: &str, act: &str) {
        self.write(&format!("{tool}.fetch"), call);
        self.write(&format!("{tool}.act"), act);
    }

    /// Logs out of a tool.
    pub fn log_out(&self, tool: &str) {
        self.write(&format!("{tool}.out"), "");
    }

    /// Every call so far, in order: the tool and its arguments.
    pub fn calls(&self) -> Vec<String> {
        self.lines("calls")
    }

    /// How many credentials a tool was asked for.
    pub fn runs(&self, tool: &str) -> usize {
        let runs = self.lines("runs");
        runs.iter()
            .filter(|run| run.split(' ').next() == Some(tool))
            .count()
    }

    /// `CORP_REALM` in the environment of every run of `corp-login`.
    pub fn realms(&self) -> Vec<String> {
        self.lines("realms")
    }

    /// `KUBERNETES_EXEC_INFO` of every run so far.
    pub fn asked(&self) -> Vec<serde_json::Value> {
        let asked = self.lines("info");
        asked
            .iter()
            .map(|line| serde_json::from_str(line).expect("a question"))
            .collect()
    }

    /// The processes that [`Mode::Hang`] began.
    pub fn hanging(&self) -> Vec<i32> {
        let pids = self.lines("hanging");
        pids.iter().map(|pid| pid.parse().expect("a process")).collect()
    }
}
