//! A Table of an API server's: whatever it holds, what is written are whole Row records.

#![no_main]

use kubectl_mc::exec::get::subject::Subject;
use kubectl_mc::exec::get::table::{Rows, Style};
use kubectl_mc::record::Record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (u8, &str)| {
    let (choice, text) = data;
    let subject = Subject {
        cluster: "c",
        resource: "pods".into(),
        type_: "pod".into(),
        ..Subject::default()
    };
    let style = Style {
        wide: choice & 1 != 0,
        namespace_column: choice & 2 != 0,
        label_columns: if choice & 4 != 0 { vec!["app".into()] } else { Vec::new() },
        show_labels: choice & 8 != 0,
        numbered: choice & 16 != 0,
    };
    let mut rows = Rows::new(&subject, style);
    let mut out = Vec::new();
    // Two pages: the second may leave out the columns.
    let _ = rows.table(text, &mut out).and_then(|_| rows.table(text, &mut out));
    let lines = String::from_utf8(out).expect("UTF-8 in, UTF-8 out");
    let mut count = 0;
    for line in lines.lines() {
        let record = Record::parse(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(matches!(record, Record::Row(_)), "{line}");
        count += 1;
    }
    assert_eq!(count, rows.items);
});
