//! Child processes that end with this one, however it ends.
//!
//! A test process can return, panic, be killed or lose its terminal, and `Drop` runs in the first two
//! cases at best (never for a `static`). So the children are ended by a shell of ours that reads their
//! process ids from a pipe: when this process is gone, for whatever reason, the kernel closes the pipe,
//! and the shell kills what it was told of and removes the fleet's folder. `PR_SET_PDEATHSIG` would be the
//! other way, but it watches the *thread* that spawned, and libtest's threads end with their test.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// `$1` is the folder to remove at the end.
const SCRIPT: &str = r#"
pids=" "
while read -r word pid; do
    case $word in
    end) pids="$pids$pid " ;;
    forget) pids="${pids%% $pid *} ${pids#* $pid }" ;;
    esac
done
[ -z "${pids# }" ] || kill -KILL $pids 2>/dev/null
# A killed server may hold its files for another moment.
for _ in 1 2 3 4 5; do rm -rf "$1" 2>/dev/null && break; sleep 0.1; done
"#;

/// Ends its children when it is dropped or when this process ends.
pub struct Reaper {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Reaper {
    /// A reaper that also removes `folder`.
    pub fn new(folder: &Path) -> Reaper {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "reaper"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of the way of Ctrl-C, which is for the test process; its end is the reaper's sign.
            .process_group(0)
            .spawn()
            .expect("sh starts");
        let pipe = shell.stdin.take();
        Reaper { shell, pipe }
    }

    /// Starts `command`, to be ended with this process.
    pub fn spawn(&mut self, command: &mut Command) -> Child {
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|e| {
                panic!("{} does not start: {e}", command.get_program().display());
            });
        let pipe = self.pipe.as_mut().expect("the pipe is open until drop");
        writeln!(pipe, "end {}", child.id()).expect("the reaper reads");
        child
    }

    /// Kills a child as a crash would, here and now. Its number may then become another process's, which the
    /// reaper must not end in its place.
    pub fn kill(&mut self, child: &mut Child) {
        let pipe = self.pipe.as_mut().expect("the pipe is open until drop");
        // While the child is not waited for, its number is its own.
        writeln!(pipe, "forget {}", child.id()).expect("the reaper reads");
        child.kill().expect("the child is killed");
        child.wait().expect("the child ends");
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.shell.wait();
    }
}
