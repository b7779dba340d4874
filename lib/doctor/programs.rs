//! kubectl, the plugin that it is to find, and the plugin's own stages.

use super::report::Report;
use crate::program;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

/// The time for kubectl to print its version, for which it asks no server.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// Checks that each is there; `stages` are the plugin's.
pub fn check(runtime: &Runtime, stages: &[&str], report: &mut Report) {
    kubectl(runtime, report);
    plugin(stages, report);
}

fn kubectl(runtime: &Runtime, report: &mut Report) {
    // Newer kubectls say where they are.
    let named = std::env::var_os("KUBECTL_PATH")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let Some(kubectl) = named
        .filter(|file| program::is_executable(file))
        .or_else(|| program::find("kubectl"))
    else {
        let remedy = "install kubectl for kubectl mc; kubectl-mc and the mc-* tools work without it";
        report.warn("kubectl", "it is not on PATH".into(), remedy);
        return;
    };
    let name = kubectl.display();
    match version(runtime, &kubectl) {
        Ok(version) => report.ok("kubectl", format!("{version}, {name}")),
        Err(problem) => {
            report.warn(
                "kubectl",
                format!("{name} does not say its version: {problem}"),
                "install it anew",
            );
        }
    }
}

fn version(runtime: &Runtime, program: &Path) -> Result<String, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Versions {
        client_version: Version,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: String,
    }
    let args = ["version", "--client", "--output=json"];
    // It would run the current context's credential plugin even for its own version.
    let nothing = Path::new("/dev/null");
    let text = program::run::run(runtime, program, &args, Some(nothing), VERSION_LIMIT)?;
    let versions: Versions =
        serde_json::from_str(&text).map_err(|_| "its answer is no JSON of a version".to_owned())?;
    Ok(versions.client_version.git_version)
}

fn plugin(stages: &[&str], report: &mut Report) {
    let folder = program::own_folder().ok();
    let folder = folder.as_deref();
    let missing: Vec<&str> = stages
        .iter()
        .copied()
        .filter(|stage| {
            let beside = folder.is_some_and(|folder| program::is_executable(&folder.join(stage)));
            !beside && program::find(stage).is_none()
        })
        .collect();
    if !missing.is_empty() {
        let problem = format!("{} are neither beside it nor on PATH", missing.join(", "));
        report.fail(
            "plugin",
            problem,
            "install all binaries of kubectl-mc into one folder: make install",
        );
    }
    match program::find("kubectl-mc") {
        None => {
            let folder = folder.map_or("its folder".into(), |folder| folder.display().to_string());
            let remedy = format!("add {folder} to PATH, so that kubectl finds it");
            report.warn("plugin", "kubectl-mc is not on PATH".into(), &remedy);
        }
        Some(found) => {
            let real = std::fs::canonicalize(&found).ok();
            let (theirs, ours) = (real.as_deref().and_then(|file| file.parent()), folder);
            if theirs == ours {
                let version = env!("CARGO_PKG_VERSION");
                report.ok("plugin", format!("kubectl-mc {version}, {}", found.display()));
            } else {
                let problem = format!(
                    "{} stands first on PATH, and is another installation",
                    found.display()
                );
                report.warn(
                    "plugin",
                    problem,
                    "remove one of the two, or change the order of PATH",
                );
            }
        }
    }
}
