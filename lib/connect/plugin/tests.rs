use super::{ClusterInfo, FAILURE_LASTS, Plugin, Plugins};
use crate::connect::deadline::HeldUp;
use crate::connect::error::Error;
use crate::mutex::lock;
use crate::record::Reason;
use kube::config::{Cluster, ExecConfig};
use secrecy::ExposeSecret as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const V1: &str = "client.authentication.k8s.io/v1";

/// Returns a plugin that is a line of shell, in a folder of its own. (A script that was just written could be busy when it
/// is run, as another test may be forking.)
fn shell(folder: &Path, line: &str) -> ExecConfig {
    ExecConfig {
        api_version: Some(V1.into()),
        command: Some("/bin/sh".into()),
        args: Some(vec!["-c".into(), format!("cd {}; {line}", folder.display())]),
        interactive_mode: Some(kube::config::ExecInteractiveMode::Never),
        ..ExecConfig::default()
    }
}

/// Returns a command that prints a token and counts its runs.
fn prints(token: &str) -> String {
    format!(
        r#"echo run >> runs; echo '{{"apiVersion":"{V1}","kind":"ExecCredential","status":{{"token":"{token}"}}}}'"#
    )
}

fn runs(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("runs"))
        .unwrap_or_default()
        .lines()
        .count()
}

fn plugin(exec: &ExecConfig) -> Arc<Plugin> {
    Plugins::for_tests(Duration::from_secs(20))
        .plugin("c", exec, None)
        .unwrap()
}

async fn fails(exec: &ExecConfig) -> Error {
    let error = plugin(exec).credential(&HeldUp::default()).await.unwrap_err();
    assert_eq!(error.reason, Reason::CredentialPlugin);
    error
}

#[tokio::test]
async fn clusters_with_equal_exec_share_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let exec = shell(folder.path(), &format!("sleep 0.1; {}", prints("t")));
    let plugins = Plugins::for_tests(Duration::from_secs(20));
    let all = (0..50).map(|_| {
        let plugin = plugins.plugin("c", &exec, None).unwrap();
        async move { plugin.credential(&HeldUp::default()).await.unwrap() }
    });
    for credential in futures_util::future::join_all(all).await {
        assert_eq!(credential.token.as_ref().unwrap().expose_secret(), "t");
    }
    assert_eq!(runs(folder.path()), 1);
    let other = ExecConfig {
        env: Some(vec![
            [("name".into(), "A".into()), ("value".into(), "b".into())].into(),
        ]),
        ..exec
    };
    plugins
        .plugin("c", &other, None)
        .unwrap()
        .credential(&HeldUp::default())
        .await
        .unwrap();
    assert_eq!(runs(folder.path()), 2);
}

/// A variable is a map, whose order differs each time.
#[test]
fn equal_environments_are_the_same_plugin() {
    let plugins = Plugins::for_tests(Duration::from_secs(1));
    let made = |value: &str| {
        let env = [("name".into(), "A".into()), ("value".into(), value.into())];
        let exec = ExecConfig {
            env: Some(vec![env.into()]),
            ..shell(Path::new("/"), "")
        };
        plugins.plugin("c", &exec, None).unwrap()
    };
    let first = made("b");
    assert!((0..64).all(|_| Arc::ptr_eq(&first, &made("b"))));
    assert!(!Arc::ptr_eq(&first, &made("c")));
}

#[tokio::test]
async fn run_goes_on_when_its_waiter_gives_up() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("until [ -e go ]; do sleep 0.01; done; {}", prints("t"));
    let plugin = plugin(&shell(folder.path(), &line));
    let no_login = HeldUp::default();
    let impatient = tokio::time::timeout(Duration::from_millis(50), plugin.credential(&no_login));
    assert!(impatient.await.is_err());
    std::fs::write(folder.path().join("go"), "").unwrap();
    plugin.credential(&HeldUp::default()).await.unwrap();
    assert_eq!(runs(folder.path()), 1);
}

#[tokio::test]
async fn failure_is_returned_to_everyone_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"echo run >> runs; printf '\033[31mlog in\033[0m first\n' >&2; exit 3"#;
    let plugin = plugin(&shell(folder.path(), line));
    for _ in 0..3 {
        let error = plugin.credential(&HeldUp::default()).await.unwrap_err();
        assert_eq!(
            error.message,
            "the credential plugin sh failed (exit status: 3): log in first"
        );
    }
    assert_eq!(runs(folder.path()), 1);
    if let Some((when, _)) = &mut lock(&plugin.state).failed {
        *when = when.checked_sub(FAILURE_LASTS).unwrap();
    }
    plugin.credential(&HeldUp::default()).await.unwrap_err();
    assert!(runs(folder.path()) > 1);
}

#[tokio::test]
async fn timeout_kills_the_plugin_and_its_helpers() {
    let folder = tempfile::tempdir().unwrap();
    let line = "sleep 600 & echo $! > helper; echo 'open https://login' >&2; wait";
    let plugins = Plugins::for_tests(Duration::from_millis(300));
    let plugin = plugins.plugin("c", &shell(folder.path(), line), None).unwrap();
    let error = plugin.credential(&HeldUp::default()).await.unwrap_err();
    assert_eq!(
        error.message,
        "the credential plugin sh has not ended within 300ms: open https://login"
    );
    let helper = std::fs::read_to_string(folder.path().join("helper")).unwrap();
    let process = rustix::process::Pid::from_raw(helper.trim().parse().unwrap()).unwrap();
    let begun = Instant::now();
    // It may stay a zombie until init reaps it.
    let is_alive = || {
        rustix::process::test_kill_process(process).is_ok()
            && std::fs::read_to_string(format!("/proc/{}/stat", helper.trim()))
                .is_ok_and(|stat| !stat.contains(") Z "))
    };
    while is_alive() && begun.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!is_alive());
}

#[tokio::test]
async fn helper_that_keeps_the_pipe_open_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = plugin(&shell(folder.path(), &format!("sleep 60 & {}", prints("t"))));
    let begun = Instant::now();
    plugin.credential(&HeldUp::default()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(50));
}

#[tokio::test]
async fn endless_or_malformed_answers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = fails(&shell(folder.path(), "yes 0123456789")).await;
    assert!(
        error.message.ends_with("answers more than 1048576 bytes"),
        "{error}"
    );
    let error = fails(&shell(
        folder.path(),
        "yes complaint | head -c 3000000 >&2; exit 1",
    ))
    .await;
    assert!(error.message.contains("complaint") && error.message.len() < 10 * 1024);
    let error = fails(&shell(folder.path(), "echo please log in")).await;
    assert!(
        error
            .message
            .contains("not answer an ExecCredential in JSON or YAML (line 1, column 1)"),
        "{error}"
    );
    let error = fails(&shell(folder.path(), "true")).await;
    assert!(error.message.ends_with("answers nothing"), "{error}");
}

#[tokio::test]
async fn missing_plugin_is_reported_with_its_install_hint() {
    for (command, expected) in [
        ("no-such-plugin", "it is not on PATH (no-such-plugin)"),
        ("/not/there/aws", "there is no such file (/not/there/aws)"),
    ] {
        let exec = ExecConfig {
            command: Some(command.into()),
            install_hint: Some("\u{1b}[1mbrew install\nit".into()),
            ..shell(Path::new("/"), "")
        };
        let error = fails(&exec).await;
        assert!(error.message.contains("is not installed"), "{error}");
        assert!(error.message.ends_with(expected), "{error}");
        assert_eq!(error.hint.unwrap(), "brew install it");
    }
}

#[tokio::test]
async fn plugin_gets_exec_info_environment_and_no_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!(
        "printf %s \"$KUBERNETES_EXEC_INFO\" > info; printf %s \"$EXTRA\" > extra; cat > stdin; {}",
        prints("t")
    );
    let mut exec = shell(folder.path(), &line);
    exec.env = Some(vec![
        [("name".into(), "EXTRA".into()), ("value".into(), "e".into())].into(),
    ]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    plugin(&exec).credential(&HeldUp::default()).await.unwrap();
    assert_eq!(
        read("info"),
        r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}"#
    );
    assert_eq!((read("extra").as_str(), read("stdin").as_str()), ("e", ""));

    let cluster: Cluster = serde_yaml::from_str(
        "{server: 'https://h', certificate-authority-data: Y2E=, tls-server-name: n, extensions: \
         [{name: client.authentication.k8s.io/exec, extension: {audience: a}}]}",
    )
    .unwrap();
    let info = ClusterInfo::of("c", &cluster).unwrap();
    exec.provide_cluster_info = true;
    let plugins = Plugins::for_tests(Duration::from_secs(20));
    plugins
        .plugin("c", &exec, Some(info.clone()))
        .unwrap()
        .credential(&HeldUp::default())
        .await
        .unwrap();
    assert_eq!(
        read("info"),
        r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"server":"https://h","tls-server-name":"n","certificate-authority-data":"Y2E=","config":{"audience":"a"}},"interactive":false}}"#
    );
    // A plugin that is told the cluster runs once for each.
    plugins
        .plugin("c", &exec, Some(info))
        .unwrap()
        .credential(&HeldUp::default())
        .await
        .unwrap();
    plugins
        .plugin("c", &exec, Some(ClusterInfo::default()))
        .unwrap()
        .credential(&HeldUp::default())
        .await
        .unwrap();
    assert_eq!(runs(folder.path()), 3);
}

#[tokio::test]
async fn refused_credential_is_renewed_once_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = plugin(&shell(folder.path(), &prints("t")));
    let first = plugin.credential(&HeldUp::default()).await.unwrap();
    let no_login = HeldUp::default();
    let renewals = (0..10).map(|_| plugin.renew(&first, &no_login));
    assert!(
        futures_util::future::join_all(renewals)
            .await
            .iter()
            .all(|renewed| *renewed)
    );
    assert_eq!(runs(folder.path()), 2);
    let second = plugin.credential(&HeldUp::default()).await.unwrap();
    assert!(!plugin.renew(&second, &no_login).await);
    assert_eq!(runs(folder.path()), 2);
}

#[tokio::test]
async fn interactive_mode_without_a_terminal() {
    use std::io::IsTerminal as _;
    if std::io::stdin().is_terminal() || std::io::stderr().is_terminal() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut exec = shell(folder.path(), &prints("t"));
    exec.interactive_mode = Some(kube::config::ExecInteractiveMode::Always);
    assert!(fails(&exec).await.message.contains("and there is none"));
    exec.interactive_mode = Some(kube::config::ExecInteractiveMode::IfAvailable);
    plugin(&exec).credential(&HeldUp::default()).await.unwrap();
    assert_eq!(runs(folder.path()), 1);
}

#[test]
fn exec_configurations_that_kubectl_refuses_are_refused() {
    let good = shell(Path::new("/"), "");
    for (exec, expected) in [
        (
            ExecConfig {
                command: None,
                ..good.clone()
            },
            "no command",
        ),
        (
            ExecConfig {
                api_version: None,
                ..good.clone()
            },
            "no apiVersion",
        ),
        (
            ExecConfig {
                api_version: Some("client.authentication.k8s.io/v1alpha1".into()),
                ..good.clone()
            },
            "v1alpha1",
        ),
        (
            ExecConfig {
                interactive_mode: None,
                ..good.clone()
            },
            "no interactiveMode",
        ),
        (
            ExecConfig {
                env: Some(vec![[("value".into(), "s3cret".into())].into()]),
                ..good.clone()
            },
            "without a name",
        ),
    ] {
        let error = Plugins::for_tests(Duration::from_secs(1))
            .plugin("prod", &exec, None)
            .unwrap_err();
        assert_eq!(error.reason, Reason::Unresolved);
        assert!(
            error.message.contains(expected) && error.message.contains("\"prod\""),
            "{error}"
        );
        assert!(!error.message.contains("s3cret"));
    }
    let secret = ExecConfig {
        args: Some(vec!["s3cret".into()]),
        ..good
    };
    assert!(!format!("{:?}", plugin(&secret)).contains("s3cret"));
}
