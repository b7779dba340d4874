//! Results of client-go 0.36.3 for these templates. Keys are visited in sorted order there, too.

/// The data that the templates are evaluated over.
pub(super) const LIST: &str = r#"{"kind":"List","apiVersion":"v1","items":[{"metadata":{"name":"web","labels":{"app.kubernetes.io/name":"shop"}},"spec":{"replicas":3,"ratio":2.5,"whole":2.0,"paused":false,"gone":null,"note":"<a&b>","containers":[{"name":"c0","ports":[80,443]},{"name":"c1","ports":[]},{"name":"c2"},{"name":"c3"}]}},{"metadata":{"name":"db"},"spec":{"replicas":10,"ratio":1e21,"paused":true,"containers":[{"name":"d0","ports":[5432]}]}}]}"#;

/// Templates and their output where missing keys are allowed.
pub(super) const OUTPUTS: &[(&str, &str)] = &[
    ("hello", "hello"),
    ("{.kind}", "List"),
    ("a {.kind} b", "a List b"),
    ("{$.kind}{@.kind}{['kind']}", "ListListList"),
    ("{.items[*].metadata.name}", "web db"),
    ("{.items[*]['metadata.name','spec.replicas']}", "web db 3 10"),
    ("{.items[*]['metadata.name', 'missing']}", "web db"),
    ("{.items[0,1].metadata.name}", "web db"),
    (r#"{.items[0].metadata.labels.app\.kubernetes\.io/name}"#, "shop"),
    (
        r#"{.items[0].metadata.labels['app\.kubernetes\.io/name']}"#,
        "shop",
    ),
    (
        "{.items[0].metadata}",
        r#"{"labels":{"app.kubernetes.io/name":"shop"},"name":"web"}"#,
    ),
    ("{.items[0].spec.note}", "<a&b>"),
    (
        "{.items[0].spec.containers[0]}",
        r#"{"name":"c0","ports":[80,443]}"#,
    ),
    ("{.items[0].spec.containers[0].ports}", "[80,443]"),
    (
        "{.items[*].spec.ratio} {.items[0].spec.whole} {.items[0].spec.gone} {.items[0].spec.paused}",
        "2.5 1e+21 2 null false",
    ),
    (
        "{.items[0].spec}",
        r#"{"containers":[{"name":"c0","ports":[80,443]},{"name":"c1","ports":[]},{"name":"c2"},{"name":"c3"}],"gone":null,"note":"\u003ca\u0026b\u003e","paused":false,"ratio":2.5,"replicas":3,"whole":2}"#,
    ),
    ("{.missing}", ""),
    ("{.missing.deeper[0]}", ""),
    ("{..name}", "web c0 c1 c2 c3 db d0"),
    ("{..ports}", "[80,443] [] [5432]"),
    (
        "{..}",
        r#"{"apiVersion":"v1","items":[{"metadata":{"labels":{"app.kubernetes.io/name":"shop"},"name":"web"},"spec":{"containers":[{"name":"c0","ports":[80,443]},{"name":"c1","ports":[]},{"name":"c2"},{"name":"c3"}],"gone":null,"note":"\u003ca\u0026b\u003e","paused":false,"ratio":2.5,"replicas":3,"whole":2}},{"metadata":{"name":"db"},"spec":{"containers":[{"name":"d0","ports":[5432]}],"paused":true,"ratio":1e+21,"replicas":10}}],"kind":"List"} v1 [{"metadata":{"labels":{"app.kubernetes.io/name":"shop"},"name":"web"},"spec":{"containers":[{"name":"c0","ports":[80,443]},{"name":"c1","ports":[]},{"name":"c2"},{"name":"c3"}],"gone":null,"note":"\u003ca\u0026b\u003e","paused":false,"ratio":2.5,"replicas":3,"whole":2}},{"metadata":{"name":"db"},"spec":{"containers":[{"name":"d0","ports":[5432]}],"paused":true,"ratio":1e+21,"replicas":10}}] {"metadata":{"labels":{"app.kubernetes.io/name":"shop"},"name":"web"},"spec":{"containers":[{"name":"c0","ports":[80,443]},{"name":"c1","ports":[]},{"name":"c2"},{"name":"c3"}],"gone":null,"note":"\u003ca\u0026b\u003e","paused":false,"ratio":2.5,"replicas":3,"whole":2}} {"labels":{"app.kubernetes.io/name":"shop"},"name":"web"} {"app.kubernetes.io/name":"shop"} shop web {"containers":[{"name":"c0","ports":[80,443]},{"name":"c1","ports":[]},{"name":"c2"},{"name":"c3"}],"gone":null,"note":"\u003ca\u0026b\u003e","paused":false,"ratio":2.5,"replicas":3,"whole":2} [{"name":"c0","ports":[80,443]},{"name":"c1","ports":[]},{"name":"c2"},{"name":"c3"}] {"name":"c0","ports":[80,443]} c0 [80,443] {"name":"c1","ports":[]} c1 {"name":"c2"} c2 {"name":"c3"} c3 <a&b> {"metadata":{"name":"db"},"spec":{"containers":[{"name":"d0","ports":[5432]}],"paused":true,"ratio":1e+21,"replicas":10}} {"name":"db"} db {"containers":[{"name":"d0","ports":[5432]}],"paused":true,"ratio":1e+21,"replicas":10} [{"name":"d0","ports":[5432]}] {"name":"d0","ports":[5432]} d0 [5432] List"#,
    ),
    ("{...name}", "web c0 c1 c2 c3 db d0"),
    (
        "{.items[0].metadata.*}",
        r#"{"app.kubernetes.io/name":"shop"} web"#,
    ),
    ("{.items[0].metadata.name.*}", "119 101 98"),
    ("{.items[0].spec.containers[*].name}", "c0 c1 c2 c3"),
    ("{.items[0].spec.containers[].name}", "c0"),
    ("{.items[0].spec.containers[1:3].name}", "c1 c2"),
    ("{.items[0].spec.containers[-2:].name}", "c2 c3"),
    ("{.items[0].spec.containers[-1].name}", "c3"),
    ("{.items[0].spec.containers[:-1].name}", "c0 c1 c2"),
    ("{.items[0].spec.containers[::2].name}", "c0 c2"),
    ("{.items[0].spec.containers[1::2].name}", "c1 c3"),
    ("{.items[0].spec.containers[9:9].name}", ""),
    ("{.items[*].spec.containers[0:0].name}", ""),
    (
        r#"{.items[*].spec.containers[?(@.name=="c2")]}"#,
        r#"{"name":"c2"}"#,
    ),
    ("{.items[?(@.spec.replicas>3)].metadata.name}", "db"),
    ("{.items[?(@.spec.replicas>=3)].metadata.name}", "web db"),
    ("{.items[?(@.spec.replicas<10)].metadata.name}", "web"),
    ("{.items[?(@.spec.replicas<=10)].metadata.name}", "web db"),
    ("{.items[?(@.spec.replicas!=3)].metadata.name}", "db"),
    ("{.items[?(@.spec.ratio>2.4)].metadata.name}", "web db"),
    ("{.items[?(@.spec.paused==true)].metadata.name}", "db"),
    ("{.items[?(@.metadata.labels)].metadata.name}", "web"),
    ("{.items[?(@.missing)].metadata.name}", ""),
    ("{.items[?(@.metadata.name=='db')].metadata.name}", "db"),
    (r#"{.items[?(@.metadata.name>"e")].metadata.name}"#, "web"),
    (r#"{.items[?( @.metadata.name == "db" )].metadata.name}"#, "db"),
    (r#"{.items[?("db"==@.metadata.name)].metadata.name}"#, "db"),
    ("{.items[?(@.spec.containers[9])].metadata.name}", "web db"),
    (r#"{.items[?(.metadata.name=="web")].metadata.name}"#, "web"),
    (
        r#"{range .items[*]}{.metadata.name}{"\t"}{.spec.replicas}{"\n"}{end}"#,
        "web\t3\ndb\t10\n",
    ),
    (
        "{range .items[*]}{.metadata.name}:{range .spec.containers[*]}{.name},{end};{end}.",
        "web:c0,c1,c2,c3,;db:d0,;.",
    ),
    (
        "{range .items[*]}{range .spec.containers[*]}{.name},{end}{range .spec.containers[*]}{.name}.{end};{end}",
        "c0,c1,c2,c3,c0.c1.c2.c3.;d0,d0.;",
    ),
    ("{range .missing[*]}{.name}{end}after", "after"),
    ("{range .items[0].spec.gone}[{@}]{end}", "[<no value>]"),
    ("{range .items[*]}{.metadata.name}", "webdb"),
    ("{range .items[*]}{end}{.kind}", "List"),
    (
        r#"{"\n"}{'\t'}{"\u00e9\x41\101\"\\ "}{'it"s'}{"it's"}"#,
        "\n\téAA\"\\ it\"sit's",
    ),
    (r#"{"{"}{'}'}"#, "{}"),
    ("{true}{false}", "truefalse"),
    ("{.kind .apiVersion}", ""),
    ("}]", "}]"),
];

/// Templates that cannot be evaluated where missing keys are not allowed.
pub(super) const ERRORS: &[(&str, &str)] = &[
    ("{.missing}", "missing is not found"),
    (r#"{.items[?(@.metadata.labels.x=="y")]}"#, "x is not found"),
    ("{range .items[*]}{.missing}{end}", "missing is not found"),
    ("{range .items[*]}{.metadata.labels}{end}", "labels is not found"),
    ("{hello}", "unrecognized identifier hello"),
    ("{.items[9]}", "array index out of bounds: index 9, length 2"),
    ("{.items[-3]}", "array index out of bounds: index -1, length 2"),
    ("{.items[1:0]}", "starting index 1 is greater than ending index 0"),
    ("{.items[0:9]}", "array index out of bounds: index 8, length 2"),
    ("{.items[0:2:0]}", "step must be > 0"),
    ("{.items[0:2:-1]}", "step must be > 0"),
    ("{.kind[0]}", "string is not array or slice"),
    ("{.items[0][0]}", "map[string]interface {} is not array or slice"),
    ("{.items[0].spec.replicas[0]}", "int64 is not array or slice"),
    ("{.items[0].spec.ratio[0]}", "float64 is not array or slice"),
    ("{.items[0].spec.paused[0]}", "bool is not array or slice"),
    ("{1[0]}", "int is not array or slice"),
    (
        "{.kind[?(@.x)]}",
        "List is not array or slice and cannot be filtered",
    ),
    (
        "{.items[0].metadata[?(@.x)]}",
        "map[labels:map[app.kubernetes.io/name:shop] name:web] is not array or slice and cannot be filtered",
    ),
    (
        "{.items[0].spec.gone[?(@.x)]}",
        "<nil> is not array or slice and cannot be filtered",
    ),
    (
        "{.items[?(@.spec.replicas>2.5)]}",
        "incompatible types for comparison",
    ),
    ("{.items[?(@.spec.ratio>2)]}", "incompatible types for comparison"),
    (
        r#"{.items[?(@.spec.replicas=="3")]}"#,
        "incompatible types for comparison",
    ),
    ("{.items[?(@.spec.paused>true)]}", "invalid type for comparison"),
    ("{.items[?(@.spec.containers==1)]}", "invalid type for comparison"),
    ("{.items[?(@.spec<>1)]}", "unrecognized filter operator <>"),
    (
        r#"{.items[?(@.spec.containers[*].name=="c0")]}"#,
        "can only compare one element at a time",
    ),
    ("{end}", "not in range, nothing to end"),
    ("{range .items[*]}{end}{end}", "not in range, nothing to end"),
];

/// Texts that are no templates.
pub(super) const UNPARSABLE: &[(&str, &str)] = &[
    ("{", "unclosed action"),
    ("{.a", "unclosed action"),
    ("{.a{.b}", "unrecognized character in action: U+007B '{'"),
    ("{.items[0}", "unterminated array"),
    ("{.items[a]}", "invalid array index a"),
    ("{.items[1:2:3:4]}", "invalid array index 1:2:3:4"),
    ("{.items[-]}", "array index - is not a number"),
    (
        "{.items[99999999999999999999]}",
        "array index 99999999999999999999 is not a number",
    ),
    ("{.items['a]}", "invalid array index 'a"),
    ("{.items[?(@.a==1}", "unterminated filter"),
    ("{.items[?(@.a==1)}", "unclosed array expect ]"),
    (r#"{.items[?(@.a=="1)]}"#, "unterminated filter"),
    (
        "{.items[?(@.a==)]}",
        "unrecognized character in action: U+003D '='",
    ),
    ("{.items[?(==1)]}", "unrecognized character in action: U+003D '='"),
    (
        r#"{.items[?(@.a=~"b")]}"#,
        "unrecognized character in action: U+007E '~'",
    ),
    (r#"{"a}"#, "unterminated quoted string"),
    (r#"{'a"}"#, "unterminated quoted string"),
    (r#"{"\q"}"#, r#"unquote string "\q" error invalid syntax"#),
    (r#"{"\'"}"#, r#"unquote string "\'" error invalid syntax"#),
    (r#"{"\ud800"}"#, r#"unquote string "\ud800" error invalid syntax"#),
    ("{1.2.3}", "cannot parse number 1.2.3"),
    ("{+}", "cannot parse number +"),
    ("{|}", "unrecognized character in action: U+007C '|'"),
    ("{.a | .b}", "unrecognized character in action: U+007C '|'"),
    ("{....a}", "invalid multiple recursive descent"),
    ("{..*}", "unrecognized character in action: U+002A '*'"),
    ("{*}", "unrecognized character in action: U+002A '*'"),
];

/// Templates and their output as indented JSON.
pub(super) const JSON: &[(&str, &str)] = &[
    ("{.items[*].metadata.name}", "[\n    \"web\",\n    \"db\"\n]\n"),
    (
        "{.items[*].spec.containers[0]}",
        "[\n    {\n        \"name\": \"c0\",\n        \"ports\": [\n            80,\n            443\n        ]\n    },\n    {\n        \"name\": \"d0\",\n        \"ports\": [\n            5432\n        ]\n    }\n]\n",
    ),
    (
        "{.items[0].spec.note}{.missing}",
        "[\n    \"\\u003ca\\u0026b\\u003e\"\n]\n[]\n",
    ),
    (
        "text{.items[0].spec.ratio}",
        "[\n    \"text\"\n]\n[\n    2.5\n]\n",
    ),
    (
        "{range .items[*]}{.metadata.name}{end}",
        "[\n    \"web\"\n]\n[\n    \"db\"\n]\n",
    ),
];
