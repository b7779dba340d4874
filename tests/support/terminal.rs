//! A command on a pseudo-terminal.

use super::Outcome;
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command};

/// Runs a command whose three streams are a terminal of 100 columns, on which `typed` is typed ahead.
pub fn run(command: Command, typed: &str) -> Outcome {
    run_with(command, typed, &[])
}

/// The same; each time that a prompt is shown, its reply is typed.
pub fn run_with(command: Command, typed: &str, replies: &[(&str, &str)]) -> Outcome {
    let (mut controller, mut child) = spawn_typing(command, typed);
    let mut shown = Vec::new();
    let mut piece = [0; 4096];
    let mut answered = 0;
    // The end of a terminal is an error of input, EIO.
    while let Ok(count @ 1..) = controller.read(&mut piece) {
        shown.extend_from_slice(&piece[..count]);
        let rest = String::from_utf8_lossy(&shown[answered..]).into_owned();
        for (prompt, reply) in replies {
            if rest.contains(prompt) {
                answered = shown.len();
                controller.write_all(reply.as_bytes()).unwrap();
            }
        }
    }
    let status = child.wait().unwrap().code().unwrap_or(-1);
    Outcome {
        status,
        stdout: String::from_utf8(shown).unwrap().replace("\r\n", "\n"),
        stderr: String::new(),
    }
}

/// Starts a command whose three streams are a terminal of 100 columns; gives the other side of that.
pub fn spawn(command: Command) -> (File, Child) {
    spawn_typing(command, "")
}

fn spawn_typing(mut command: Command, typed: &str) -> (File, Child) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = OpenOptions::new()
        .read(true)
        .write(true)
        // Else it could become this process's own terminal, whose end is a SIGHUP to all that runs here.
        .custom_flags(i32::try_from(OFlags::NOCTTY.bits()).unwrap())
        .open(name.to_str().unwrap())
        .unwrap();
    let size = rustix::termios::Winsize {
        ws_row: 50,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(&terminal, size).unwrap();
    command
        .stdin(terminal.try_clone().unwrap())
        .stdout(terminal.try_clone().unwrap())
        .stderr(terminal);
    let mut controller = File::from(controller);
    controller.write_all(typed.as_bytes()).unwrap();
    let child = command.spawn().unwrap();
    // The command holds copies of the terminal, which end with it; without them reading would never end.
    (controller, child)
}
