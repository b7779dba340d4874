//! Requests while a person waits for completion: within [`LIMIT`], and without any way to disturb that person.

use crate::connect::{Client, Connector, ConnectorOptions, Error};
use crate::kubeconfig::Access;
use crate::program::group;
use crate::runtime::with_runtime;
use kube::config::ExecInteractiveMode;
use rustix::process::setsid;
use rustix::stdio::{dup2_stderr, dup2_stdin};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// The time for everything.
const LIMIT: Duration = Duration::from_millis(500);

/// The time until a request is given up, so that what is known without it can still be offered.
pub const TIME_TO_ASK: Duration = Duration::from_millis(440);

/// Credential plugins that neither ask nor open a browser, whatever the kubeconfig says of them.
const NEVER_ASK: [&str; 2] = ["gke-gcloud-auth-plugin", "aws-iam-authenticator"];

/// Calls `work` in a thread, and returns what it returns within the time limit.
pub fn within_limit<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    // If the receiver has gone, it was too late.
    let work = move || drop(sender.send(work()));
    std::thread::Builder::new().spawn(work).ok()?;
    let done = receiver.recv_timeout(LIMIT).ok();
    // A credential plugin may still run.
    group::end_all();
    done
}

/// Returns whether an access can be used without asking a person: its credentials are at hand, or come from a plugin that
/// never asks. Those of an OIDC provider may be renewed, which must not be cut short.
pub fn asks_nobody(access: &Access) -> bool {
    let user = &access.user;
    let is_quiet = user.exec.as_ref().is_none_or(|exec| {
        let command = exec.command.as_deref().map(Path::new);
        let name = command.and_then(Path::file_name).and_then(|name| name.to_str());
        exec.interactive_mode == Some(ExecInteractiveMode::Never)
            || name.is_some_and(|name| NEVER_ASK.contains(&name))
    });
    is_quiet && user.auth_provider.is_none()
}

/// Leaves the terminal, so that neither this process nor what it starts can read from it or write to it.
pub fn leave_terminal() {
    if let Ok(nothing) = OpenOptions::new().read(true).write(true).open("/dev/null") {
        // What cannot be redirected is not used either.
        let _ = dup2_stdin(&nothing);
        let _ = dup2_stderr(&nothing);
    }
    // A process that leads a group cannot, but no shell starts one like that to complete a line.
    let _ = setsid();
}

/// Asks one cluster. `None` if there is no answer in time.
pub fn ask<T>(
    access: &Access,
    limit: Duration,
    question: impl AsyncFnOnce(Client) -> Result<T, Error>,
) -> Option<T> {
    leave_terminal();
    let connector = Connector::new(ConnectorOptions {
        connect_timeout: limit,
        login_timeout: limit,
        ..ConnectorOptions::default()
    });
    let client = connector.client(access).ok()?;
    let answer = with_runtime(|runtime| {
        runtime.block_on(async { tokio::time::timeout(limit, question(client)).await })
    });
    answer.ok()?.ok()?.ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::asks_nobody;
    use crate::kubeconfig::Kubeconfig;
    use std::path::Path;

    #[test]
    fn only_credentials_that_never_ask_are_used() {
        let quiet = |user: &str| {
            let text = format!(
                "{{clusters: [{{name: a, cluster: {{server: 'https://a'}}}}], users: [{{name: u, user: {{{user}}}}}], \
                 contexts: [{{name: c, context: {{cluster: a, user: u}}}}]}}"
            );
            let kubeconfig = Kubeconfig::from_text(&text, Path::new("/k/config")).unwrap();
            asks_nobody(&kubeconfig.access("c").unwrap())
        };
        let exec = |command: &str, mode: &str| {
            quiet(&format!(
                "exec: {{apiVersion: client.authentication.k8s.io/v1beta1, command: {command}{mode}}}"
            ))
        };
        assert!(quiet("token: t"));
        assert!(quiet(""));
        assert!(exec("login", ", interactiveMode: Never"));
        assert!(exec("/opt/bin/gke-gcloud-auth-plugin", ""));
        assert!(!exec("kubelogin", ""));
        assert!(!exec("login", ", interactiveMode: IfAvailable"));
        assert!(!exec("login", ", interactiveMode: Always"));
        assert!(!quiet("auth-provider: {name: oidc, config: {id-token: t}}"));
    }
}
