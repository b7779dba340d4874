//! kubectl's JSONPath, over a whole object and over what it looks at.

use kubectl_mc::jsonpath::{Fields, Template, Tree, relaxed};

/// So many ranges are evaluated in no time.
const RANGES: usize = 6;

/// The first line is a template, the rest the JSON that it is evaluated over.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (template, json) = text.split_once('\n').unwrap_or((&text, "{}"));
    // Each range that never ends doubles the time of all after it, in client-go as well.
    if template.matches("range").count() > RANGES {
        return;
    }
    let _ = relaxed(template);
    let Ok(template) = Template::parse(template) else {
        return;
    };
    let Ok(value) = Tree::parse(json) else { return };
    for allow in [false, true] {
        for json in [false, true] {
            let template = template.clone().allow_missing_keys(allow).json_output(json);
            let mut output = String::new();
            if template.execute(&value, &mut output).is_err() {
                assert_eq!(output, "", "an error appends nothing");
            }
        }
    }
    let mut fields = Fields::default();
    template.add_fields(&mut fields);
    if let Ok(part) = fields.trim(json) {
        let part = Tree::parse(&part).expect("a part of JSON is JSON");
        let all = [true, false].map(|allow| template.clone().allow_missing_keys(allow));
        for template in &all {
            assert_eq!(
                template.find_results(&part),
                template.find_results(&value),
                "what is not read is not missed"
            );
        }
    } else {
        panic!("what is JSON as a whole is JSON in part");
    }
    let _ = template.reaches(&["metadata", "name"]);
}
