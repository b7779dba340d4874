//! Templates and columns of the user's own: `-o go-template=…`, `jsonpath=…`, `custom-columns=…` and their kind.

use kubectl_mc::exit::FailOn;
use kubectl_mc::format::{self, FormatFlags};
use kubectl_mc::term::{Terminal, is_hostile};
use serde::de::IgnoredAny;

/// The formats that take an argument of text.
const FORMATS: [&str; 8] = [
    "go-template",
    "jsonpath",
    "jsonpath-as-json",
    "custom-columns",
    "custom-columns-file",
    "csv",
    "tsv",
    "go-template-file",
];

/// The line between the argument and the objects.
const BORDER: &str = "\n---\n";

/// The first byte chooses a format and options; then comes its argument, and after a line of `---` an object
/// in each line.
pub fn check(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let (argument, objects) = text.split_once(BORDER).unwrap_or((&text, "{}"));
    let name = FORMATS[usize::from(choice & 7)];
    let is_file = name.ends_with("-file");
    let flags = FormatFlags {
        output: &format!("{name}={}", if is_file { "file" } else { argument }),
        template: "",
        allow_missing_keys: choice & 8 == 0,
    };
    let Ok(understood) = format::parse_output_with(flags, &mut |_| Ok(argument.as_bytes().to_vec())) else {
        return;
    };
    let single = choice & 16 != 0;
    let mut stream = String::new();
    for object in objects.lines() {
        if serde_json::from_str::<IgnoredAny>(object).is_ok() {
            stream.push_str(&format!(
                "{{\"kind\":\"Object\",\"cluster\":\"a\",\"name\":\"x\",\"single\":{single},\"object\":{object}}}\n"
            ));
        }
    }
    stream.push_str("{\"kind\":\"Result\",\"cluster\":\"a\",\"ok\":true}\n");
    let options = format::Options {
        output: understood.output,
        wide: false,
        show_cluster_column: choice & 32 == 0,
        no_headers: false,
        show_kind: false,
        stream: choice & 64 != 0,
        list: false,
        escape_formulas: false,
        verbose: false,
        memory: format::MOST_HELD,
        fail_on: FailOn::Any,
        clusters: format::ClusterColumns::default(),
        terminal: Terminal {
            is_terminal: choice & 128 != 0,
            color: false,
        },
    };
    let is_terminal = options.terminal.is_terminal;
    let mut out = Vec::new();
    format::run(options, stream.as_bytes(), &mut out, &mut |_| ()).expect("memory takes everything");
    let out = String::from_utf8(out).expect("UTF-8 in, UTF-8 out");
    let is_raw = |c: char| is_hostile(c) && c != '\n' && c != '\t';
    assert!(
        !is_terminal || !out.contains(is_raw),
        "raw control character on a terminal: {out:?}"
    );
}
