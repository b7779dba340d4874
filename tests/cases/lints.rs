//! The project's own lints (`tests/lint`), on made-up sources.

use crate::support::Home;

/// Runs the lints on these files; returns their status and what they print.
fn lint(files: &[(&str, &str)]) -> (i32, String) {
    let home = Home::empty();
    for (file, text) in files {
        home.write(file, text);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lint");
    let outcome = home.run("/bin/sh", &[script, home.path().to_str().unwrap()]);
    assert_eq!(outcome.stderr, "");
    (outcome.status, outcome.stdout)
}

#[test]
fn doc_comments_must_not_begin_with_a_question() {
    let fine = "//! Reads.\n//! What follows is a second line.\n\n// Whether this is read does not matter.\n\
                /// Whatever comes, this begins with another word.\nfn f() {}\n";
    assert_eq!(lint(&[("lib/a.rs", fine)]), (0, String::new()));
    let wrong = "//! Who reads this.\n\n/// Whether it is so.\nfn f() {}\n\n    /// Reads.\n    fn g() {}\n\n    /// Be it so.\n";
    let (status, said) = lint(&[
        ("lib/a.rs", fine),
        ("tests/b.rs", wrong),
        ("bins/c.rs", "/// What.\n"),
    ]);
    assert_eq!(status, 1);
    assert_eq!(
        said,
        "doc comments that do not begin with a verb or a noun:\n\
         bins/c.rs:1:/// What.\n\
         tests/b.rs:1://! Who reads this.\n\
         tests/b.rs:3:/// Whether it is so.\n\
         tests/b.rs:9:    /// Be it so.\n"
    );
}

#[test]
fn a_name_must_not_be_that_of_more_than_two_types() {
    let twice = [
        ("lib/a.rs", "pub struct Kind;\nenum Error {}\n"),
        (
            "lib/b.rs",
            "pub(crate) enum Kind {}\npub struct Error;\nimpl X for Y {\n    type Kind = u8;\n}\n",
        ),
        (
            "lib/c.rs",
            "pub struct Error;\n\n#[cfg(test)]\nmod tests {\n    struct Kind;\n}\n",
        ),
        ("lib/c/tests.rs", "struct Kind;\n"),
        ("tests/d.rs", "struct Kind;\n"),
    ];
    assert_eq!(lint(&twice), (0, String::new()));
    let thrice = [&twice[..], &[("lib/e.rs", "\ntype Kind<'a> = &'a str;\n")]].concat();
    let (status, said) = lint(&thrice);
    assert_eq!(status, 1);
    assert_eq!(
        said,
        "names that more than two types of the library have:\nKind\n    lib/a.rs:1\n    lib/b.rs:1\n    lib/e.rs:2\n"
    );
}
