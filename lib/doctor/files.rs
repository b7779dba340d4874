//! The user's files: whether they can be read, and who else can.

use super::report::Report;
use crate::config::{Paths, unknown_variables};
use crate::kubeconfig::Kubeconfig;
use std::fs::Metadata;
use std::io;
use std::path::Path;

/// Checks the kubeconfig's files, our own two, and the cache. That a kubeconfig is wrong in itself is the
/// caller's to say.
pub fn check(paths: &Paths, kubeconfig: Option<&Kubeconfig>, report: &mut Report) {
    if let Some(kubeconfig) = kubeconfig {
        let count = kubeconfig.context_names().count();
        let there: Vec<String> = kubeconfig
            .files()
            .iter()
            .filter(|file| file.exists())
            .map(|file| file.display().to_string())
            .collect();
        if count == 0 {
            let looked: Vec<String> = kubeconfig
                .files()
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            let problem = format!("there are no contexts (looked at: {})", looked.join(", "));
            report.fail(
                "kubeconfig",
                problem,
                "set KUBECONFIG or --kubeconfig, or log in with your cloud's tool",
            );
        } else {
            report.ok("kubeconfig", format!("{}: {count} contexts", there.join(", ")));
        }
        for hidden in kubeconfig.hidden() {
            let problem = format!(
                "{} {:?} of {} is hidden: {} has another one of the same name",
                hidden.kind,
                hidden.name,
                hidden.file.display(),
                hidden.by.display()
            );
            report.warn("kubeconfig", problem, "rename one of the two");
        }
        for file in kubeconfig.files() {
            private(report, "kubeconfig", file, true);
        }
    }
    for said in unknown_variables(std::env::vars_os().map(|(name, _)| name)) {
        report.warn("config", said, "correct its name, or unset it");
    }
    let config = paths.config();
    let loaded = paths.load_config();
    match &loaded {
        Err(error) => report.fail("config", error.0.clone(), "correct the file or the variable"),
        Ok(_) => there(report, "config", &config),
    }
    let mapping = paths.mapping();
    match paths.load_mapping() {
        // Said once, where the way into the clusters is looked for.
        Err(_) => {}
        Ok(_) => there(report, "mapping", &mapping),
    }
    private(report, "config", &config, false);
    private(report, "mapping", &mapping, false);
    let folder = loaded.unwrap_or_default().discovery.cache_dir;
    cache(report, &paths.cache(folder.as_deref()));
}

fn there(report: &mut Report, check: &str, file: &Path) {
    let state = if file.exists() {
        ""
    } else {
        " is not there, and need not be"
    };
    report.ok(check, format!("{}{state}", file.display()));
}

/// Warns of a file that others can change or, where there are secrets in it, read.
fn private(report: &mut Report, check: &str, file: &Path, secret: bool) {
    let Ok(about) = std::fs::metadata(file) else {
        return;
    };
    let (others, verb) = match mode(&about) {
        mode if mode & 0o022 != 0 => (mode, "change"),
        mode if secret && mode & 0o044 != 0 => (mode, "read"),
        _ => return,
    };
    let name = file.display();
    let problem = format!("others can {verb} {name}: its mode is {:04o}", others & 0o7777);
    let remedy = format!("chmod {} {name}", if secret { "600" } else { "go-w" });
    report.warn(check, problem, &remedy);
}

/// Warns of a cache that cannot be written, or that others can write.
fn cache(report: &mut Report, folder: &Path) {
    let name = folder.display();
    match std::fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            report.ok("cache", format!("{name} is not there yet"));
        }
        Err(error) => {
            let remedy = "set KUBECTL_MC_CACHE_DIR to a folder of yours";
            report.warn("cache", format!("{name} cannot be looked at: {error}"), remedy);
        }
        Ok(about) if !about.is_dir() => {
            report.warn(
                "cache",
                format!("{name} is not a folder"),
                "remove it, or set KUBECTL_MC_CACHE_DIR",
            );
        }
        Ok(about) if mode(&about) & 0o022 != 0 => {
            report.warn(
                "cache",
                format!("others can write to {name}"),
                &format!("chmod 700 {name}"),
            );
        }
        // Gone at once.
        Ok(_) => match tempfile::tempfile_in(folder) {
            Ok(_) => report.ok("cache", format!("{name}")),
            Err(error) => {
                let remedy = format!("make it yours (chown, chmod 700), or set KUBECTL_MC_CACHE_DIR: {name}");
                report.warn("cache", format!("{name} cannot be written to: {error}"), &remedy);
            }
        },
    }
}

#[cfg(unix)]
fn mode(about: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode()
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0
}
