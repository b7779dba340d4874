//! The test harness itself.

use crate::support::Home;

#[test]
fn children_can_be_interrupted_when_the_test_run_ignores_sigint() {
    const INNER: &str = "HARNESS_INNER";
    let home = Home::empty();
    if std::env::var_os(INNER).is_some() {
        // Ends by the signal, or goes on and ends with 0.
        assert_eq!(home.shell("kill -INT $$; exit 0").status, -1);
        return;
    }
    let test = "cases::harness::children_can_be_interrupted_when_the_test_run_ignores_sigint";
    let own = std::env::current_exe().unwrap();
    let run = home
        .command("/bin/sh")
        .args(["-c", r#"trap "" INT; exec "$0" --exact "$1""#])
        .arg(own)
        .arg(test)
        .env(INNER, "1")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && stdout.contains("1 passed"), "{stdout}");
}
