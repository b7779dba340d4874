//! The corpora of the fuzz targets, run through their checks: inputs that fuzzing has found are tried in every
//! test run, without fuzzing.

use crate::fuzz::CHECKS;
use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz");

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_file_of_the_corpora_passes_its_check() {
    for (name, check) in CHECKS {
        let folder = Path::new(FOLDER).join("corpus").join(name);
        let files = names(&folder);
        assert!(!files.is_empty(), "{} is empty", folder.display());
        for file in files {
            let file = folder.join(file);
            let bytes = std::fs::read(&file).unwrap();
            assert!(catch_unwind(|| check(&bytes)).is_ok(), "{}", file.display());
        }
    }
}

#[test]
fn fuzz_targets_checks_and_corpora_agree() {
    let checks: BTreeSet<String> = CHECKS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&Path::new(FOLDER).join("corpus")), checks);
    let sources = checks.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&Path::new(FOLDER).join("targets")), sources);
    let makefile = include_str!("../../Makefile");
    let targets = makefile
        .lines()
        .find_map(|line| line.strip_prefix("FUZZ_TARGETS ?= "));
    assert_eq!(
        targets
            .unwrap()
            .split(' ')
            .map(str::to_owned)
            .collect::<BTreeSet<_>>(),
        checks
    );
    let manifest = include_str!("../fuzz/Cargo.toml");
    for name in checks {
        assert!(
            manifest.contains(&format!("path = \"targets/{name}.rs\"")),
            "{name}"
        );
    }
}
