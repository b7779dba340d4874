//! `--sort-by`: whatever the key and the object, what is written is a field of a record.

use kubectl_mc::exec::get::sort::SortKey;
use serde::de::IgnoredAny;
use serde_json::Value;

/// The first line is the key, the rest an object.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (key, object) = text.split_once('\n').unwrap_or((&text, "{}"));
    let Ok(Some(key)) = SortKey::parse(key) else {
        return;
    };
    if serde_json::from_str::<IgnoredAny>(object).is_err() {
        // It is of a record, or of an answer that has been read.
        return;
    }
    let mut record = b"{\"kind\":\"Row\"".to_vec();
    let Ok(has_value) = key.write(object, &mut record) else {
        return;
    };
    record.push(b'}');
    assert!(!record.contains(&b'\n'), "a record is one line");
    let record: Value = serde_json::from_slice(&record)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&record)));
    let values = record["sort"]["by"].as_array().expect("a list");
    assert_eq!(values.len(), usize::from(has_value));
}
