//! The layers of the library: a room (a module of `lib/`) imports only rooms that stand below it in the map in
//! `lib/lib.rs`, modules of one folder import each other in one direction, and what several modules of a folder need
//! is a file of its own and not in the folder's root file.

use crate::support::imports::{Import, Module, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Returns what breaks the rules, a line each; `map` are the rooms from the highest to the lowest.
fn offences(tree: &Tree, map: &[String]) -> Vec<String> {
    let mut offences = unmapped(tree, map);
    offences.extend(tree.imports.iter().filter_map(|import| going_up(import, map)));
    offences.extend(tree.imports.iter().filter_map(from_own_root));
    let folders: BTreeSet<&[String]> = tree
        .modules
        .iter()
        .flat_map(|module| (0..module.len()).map(|end| &module[..end]))
        .collect();
    for folder in folders {
        offences.extend(circles(tree, folder));
    }
    offences
}

/// Returns the rooms in the order of the map, a table in the documentation of lib.rs. Its first column names them.
fn rooms(documentation: &str) -> Vec<String> {
    let rows = documentation
        .lines()
        .filter_map(|line| line.strip_prefix("//! |"));
    let first_cells = rows.filter_map(|row| row.split('|').next());
    let names = first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.map(|name| name.trim_end_matches('/').to_owned()).collect()
}

/// Rooms that the map lacks, and those that it names for nothing.
fn unmapped(tree: &Tree, map: &[String]) -> Vec<String> {
    let rooms: BTreeSet<&String> = tree.modules.iter().filter_map(|module| module.first()).collect();
    let named: BTreeSet<&String> = map.iter().collect();
    let missing = rooms
        .difference(&named)
        .map(|room| format!("lib.rs: the map lacks `{room}`"));
    let extra = named
        .difference(&rooms)
        .map(|room| format!("lib.rs: the map names `{room}`, and there is no such module"));
    let twice = map
        .iter()
        .enumerate()
        .filter(|(index, room)| map[..*index].contains(room))
        .map(|(_, room)| format!("lib.rs: the map names `{room}` twice"));
    missing.chain(extra).chain(twice).collect()
}

/// An import of a room above its own.
fn going_up(import: &Import, map: &[String]) -> Option<String> {
    let place_of = |module: &Module| map.iter().position(|room| Some(room) == module.first());
    let (from, to) = (place_of(&import.from)?, place_of(&import.to)?);
    let (from_room, to_room) = (&map[from], &map[to]);
    (to < from).then(|| format!("{} goes up, from {from_room} to {to_room}", shown(import)))
}

/// An import from the root file of a folder that the importing module is in.
fn from_own_root(import: &Import) -> Option<String> {
    let Import { from, to, .. } = import;
    let is_own_root = !to.is_empty() && to.len() < from.len() && from.starts_with(to);
    is_own_root.then(|| {
        format!(
            "{} is from its own folder's root file, {}.rs",
            shown(import),
            to.join("/")
        )
    })
}

/// Circles among the modules of a folder.
fn circles(tree: &Tree, folder: &[String]) -> Vec<String> {
    let mut imports: BTreeMap<(&String, &String), Vec<&Import>> = BTreeMap::new();
    for import in &tree.imports {
        let is_within = |module: &Module| module.starts_with(folder) && module.len() > folder.len();
        if is_within(&import.from) && is_within(&import.to) {
            let (from, to) = (&import.from[folder.len()], &import.to[folder.len()]);
            if from != to {
                imports.entry((from, to)).or_default().push(import);
            }
        }
    }
    let siblings: BTreeSet<&String> = imports.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let mut reached: BTreeSet<(&String, &String)> = imports.keys().copied().collect();
    for through in &siblings {
        for from in &siblings {
            for to in &siblings {
                if reached.contains(&(*from, *through)) && reached.contains(&(*through, *to)) {
                    reached.insert((*from, *to));
                }
            }
        }
    }
    let circular = imports
        .iter()
        .filter(|((from, to), _)| reached.contains(&(*to, *from)));
    let folder = folder.join("/");
    let lines = circular.map(|((from, to), imports)| {
        let places: Vec<String> = imports.iter().map(|import| shown(import)).collect();
        format!("circle in {folder}/, {from} -> {to}: {}", places.join(", "))
    });
    lines.collect()
}

fn shown(import: &Import) -> String {
    format!("{}: `{}`", import.place, import.path)
}

#[test]
fn imports_of_the_library_go_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lib");
    let map = rooms(&std::fs::read_to_string(folder.join("lib.rs")).unwrap());
    let tree = Tree::read(&folder);
    // It reads what it is to judge.
    assert!(tree.modules.len() > 200 && tree.imports.len() > 1000);
    let offences = offences(&tree, &map);
    assert!(
        offences.is_empty(),
        "{} offences:\n{}",
        offences.len(),
        offences.join("\n")
    );
}

/// The offences of a made-up library with the rooms `high`, `middle` and `low`.
fn offences_of(files: &[(&str, &str)]) -> Vec<String> {
    let map = ["high", "middle", "low"].map(str::to_owned);
    let mut all: BTreeMap<String, String> = map
        .iter()
        .map(|room| (format!("{room}.rs"), String::new()))
        .collect();
    all.insert("lib.rs".into(), "mod high;\nmod middle;\nmod low;\n".into());
    all.extend(
        files
            .iter()
            .map(|(file, text)| ((*file).to_owned(), (*text).to_owned())),
    );
    offences(&Tree::of(&all), &map)
}

#[test]
fn imports_that_go_down_are_fine() {
    let files = [
        (
            "high.rs",
            "mod a;\nmod b;\nuse crate::middle::Thing;\npub use a::A;\n",
        ),
        (
            "high/a.rs",
            "use super::b::B;\nuse crate::{low, middle::{self, Thing}};\n",
        ),
        ("high/b.rs", "use std::fmt;\npub(in crate::high) struct B;\n"),
        (
            "middle.rs",
            "fn f() -> crate::low::Thing { crate::low::thing() }\n",
        ),
    ];
    assert_eq!(offences_of(&files), [""; 0]);
}

#[test]
fn an_import_that_goes_up_is_an_offence() {
    for (text, line, path) in [
        ("use crate::high;\n", 1, "crate::high"),
        (
            "\nuse crate::{\n    low::x,\n    high::{y as z},\n};\n",
            4,
            "crate::high::y",
        ),
        ("pub use super::high::*;\n", 1, "super::high"),
        ("fn f() {\n    crate::high::g();\n}\n", 2, "crate::high::g"),
        (
            "mod inner {\n    fn f() { super::super::high::g() }\n}\n",
            2,
            "super::super::high::g",
        ),
        ("impl From<crate::high::T> for T {}\n", 1, "crate::high::T"),
        (
            "fn f<'a>(c: char) -> bool { c == '\"' || crate::high::f() }\n",
            1,
            "crate::high::f",
        ),
    ] {
        let expected = format!("middle.rs:{line}: `{path}` goes up, from middle to high");
        assert_eq!(offences_of(&[("middle.rs", text)]), [expected], "{text}");
    }
}

#[test]
fn comments_strings_and_tests_import_nothing() {
    for text in [
        "//! See [`crate::high`].\n/* use crate::high; /* crate::high::f */ */\n",
        "const A: &str = \"crate::high::f \\\" crate::high::f\";\n",
        "const A: &str = r#\"\"crate::high::f\"#;\nconst B: &[u8] = br\"crate::high\";\n",
        "#[cfg(test)]\nmod tests {\n    use crate::high::f;\n}\n",
        "#[cfg(test)]\n#[allow(dead_code)]\nuse crate::high::{self, f};\n",
        "#[cfg(all(test, unix))]\nfn f(a: [u8; 2], b: u8) {\n    crate::high::f(a, b)\n}\n",
        "#[cfg(all(not(windows), test))]\nmod tests;\n",
        "struct S {\n    #[cfg(test)]\n    field: crate::high::T,\n    other: crate::low::T,\n}\n",
        "#![cfg(test)]\nuse crate::high;\n",
    ] {
        let files = [
            ("middle.rs", text),
            ("middle/tests.rs", "use crate::high;\nuse super::f;\n"),
        ];
        let files = &files[..1 + usize::from(text.contains("mod tests;"))];
        assert_eq!(offences_of(files), [""; 0], "{text}");
    }
    // What comes after the tests is read, and so is what is not for tests alone.
    for text in [
        "#[cfg(test)]\nmod tests {}\nuse crate::high;\n",
        "\n#[cfg(any(test, unix))]\nuse crate::high;\n",
        "\n#[cfg(all(not(test), unix))]\nuse crate::high;\n",
    ] {
        let expected = "middle.rs:3: `crate::high` goes up, from middle to high";
        assert_eq!(offences_of(&[("middle.rs", text)]), [expected], "{text}");
    }
}

#[test]
fn an_import_from_the_own_root_file_is_an_offence() {
    let files = [
        ("high.rs", "mod a;\npub struct Root;\n"),
        ("high/a.rs", "mod deep;\nuse super::Root;\n"),
        (
            "high/a/deep.rs",
            "use super::super::Root;\nfn f() { crate::high::a::g() }\n",
        ),
    ];
    let expected = [
        "high/a.rs:2: `super::Root` is from its own folder's root file, high.rs",
        "high/a/deep.rs:1: `super::super::Root` is from its own folder's root file, high.rs",
        "high/a/deep.rs:2: `crate::high::a::g` is from its own folder's root file, high/a.rs",
    ];
    assert_eq!(offences_of(&files), expected);
}

#[test]
fn a_circle_of_siblings_is_an_offence_in_any_folder() {
    let files = [
        ("low/a.rs", "use super::b;\n"),
        ("low/b/deep.rs", "use super::super::c::C;\n"),
        ("low/b.rs", ""),
        ("low/c.rs", "use super::{a::A, d};\n"),
        ("low/d.rs", ""),
    ];
    let expected = [
        "circle in low/, a -> b: low/a.rs:1: `super::b`",
        "circle in low/, b -> c: low/b/deep.rs:1: `super::super::c::C`",
        "circle in low/, c -> a: low/c.rs:1: `super::a::A`",
    ];
    assert_eq!(offences_of(&files), expected);
}

#[test]
fn the_map_names_every_room_once() {
    let text = "//! A library.\n//!\n//! | room | what for |\n//! |---|---|\n//! | [`high`] | up, with `words` |\n\
                //! | `middle/`, `low` | down |\npub mod high;\n";
    assert_eq!(rooms(text), ["high", "middle", "low"]);
    let map = ["high", "gone", "high"].map(str::to_owned);
    let files = [("high.rs", ""), ("new.rs", ""), ("new/part.rs", "")];
    let files = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
    assert_eq!(
        offences(&Tree::of(&files.into()), &map),
        [
            "lib.rs: the map lacks `new`",
            "lib.rs: the map names `gone`, and there is no such module",
            "lib.rs: the map names `high` twice",
        ]
    );
}
