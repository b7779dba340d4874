//! An API server's answer to a list, a Table or objects: whatever it holds, mc-exec writes whole
//! records.

use kubectl_mc::exec::get::objects::{AnswerShape, Objects, plain_rows, shape};
use kubectl_mc::exec::get::record_identity::RecordIdentity;
use kubectl_mc::exec::get::table::{Rows, Style};
use kubectl_mc::jsonpath::{Fields, Template};
use kubectl_mc::record::Record;
use std::sync::Arc;

/// The first byte chooses options, the rest is the answer.
pub fn check(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let text = &*String::from_utf8_lossy(text);
    let subject = RecordIdentity {
        cluster: "c",
        resource: "pods".into(),
        type_: "pod".into(),
        ..RecordIdentity::default()
    };
    let style = || Style {
        wide: choice & 1 != 0,
        namespace_column: choice & 2 != 0,
        label_columns: if choice & 4 != 0 {
            vec!["app".into()]
        } else {
            Vec::new()
        },
        show_labels: choice & 8 != 0,
        numbered: choice & 16 != 0,
        fields: None,
        names_only: choice & 32 != 0,
    };
    let mut out = Vec::new();
    let mut rows = Rows::new(&subject, style());
    // Two pages: the second may leave out the columns.
    let _ = rows
        .table(text, &mut out)
        .and_then(|_| rows.table(text, &mut out));
    assert_eq!(count(out, |record| matches!(record, Record::Row(_))), rows.items);

    if let Ok(shape) = shape(text)
        && shape != AnswerShape::Table
    {
        let mut out = Vec::new();
        let mut rows = Rows::new(&subject, style());
        let _ = plain_rows(&mut rows, text, &shape, &mut out);
        assert_eq!(count(out, |record| matches!(record, Record::Row(_))), rows.items);
    }

    // Whole, and what columns look at of each: as many.
    let mut fields = Fields::default();
    for path in ["{.metadata.name}", "{.spec.containers[*].image}"] {
        Template::parse(path).unwrap().add_fields(&mut fields);
    }
    let counts = [None, Some(Arc::new(fields))].map(|trim| {
        let mut out = Vec::new();
        let mut objects = Objects::new(&subject, choice & 32 != 0, trim);
        let _ = objects.list(text, &mut out);
        let _ = objects.object(text, &mut out);
        assert_eq!(
            count(out, |record| matches!(record, Record::Object(_))),
            objects.items
        );
        objects.items
    });
    assert_eq!(counts[0], counts[1]);
}

/// How many records there are, all of which must be of the right kind.
fn count(out: Vec<u8>, is_right: fn(&Record<'_>) -> bool) -> u64 {
    let lines = String::from_utf8(out).expect("UTF-8 in, UTF-8 out");
    let mut count = 0;
    for line in lines.lines() {
        let record = Record::parse(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(is_right(&record), "{line}");
        count += 1;
    }
    count
}
