//! Command lines of `kubectl get` made up at random, from the words of `words.txt`.
//!
//! Two lines of three are made of words that are right by themselves, so that most of them succeed; the others get
//! a wrong word here and there. What the man page lists as different is left out where it can be seen coming:
//! watching, `-f` with `-l` or `--sort-by`, several types with `--sort-by`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The words: sections that begin with `[NAME]`, a word a line, `%` for the empty one.
static WORDS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut section = None;
    for line in include_str!("words.txt").lines() {
        let name = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        // A word may look like a heading; headings come after an empty line.
        match (name, section.take()) {
            (Some(name), None) => section = Some(name),
            (_, Some(name)) if line.is_empty() => {
                assert!(sections.contains_key(name), "words.txt: [{name}] is empty");
            }
            (_, None) => assert!(line.is_empty() || line.starts_with("# "), "words.txt: {line}"),
            (_, Some(name)) => {
                let word = if line == "%" { "" } else { line };
                sections.entry(name).or_default().push(word);
                section = Some(name);
            }
        }
    }
    sections
});

/// A command line.
#[derive(Debug)]
pub struct Line {
    /// The words after `get`.
    pub words: Vec<String>,
    /// The file that is its standard input.
    pub input: Option<&'static str>,
    /// True if it is run by a user who may not see everything.
    pub viewer: bool,
    /// The value of the last `-o`.
    pub output: String,
}

/// The line with this number of those that a seed begins.
pub fn line(seed: u64, number: u64) -> Line {
    let mut dice = Dice(seed);
    let mut dice = Dice(dice.roll() ^ number);
    let right = dice.of_ten(7);
    let maker = Maker {
        dice,
        right,
        flags: Vec::new(),
        words: Vec::new(),
        input: None,
        namespace: None,
        asks: Asks::List,
    };
    maker.make()
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same sequence for a seed on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() >> 33).expect("31 bits") % end
    }

    fn of_ten(&mut self, chances: usize) -> bool {
        self.below(10) < chances
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The kind of request, as far as the other flags depend on it.
#[derive(Clone, Copy, PartialEq)]
enum Asks {
    List,
    /// Several types.
    Lists,
    /// One object.
    Object,
    Objects,
    Files,
    Raw,
}

/// A flag with its value.
struct Flag {
    words: Vec<String>,
    /// The format, if it is `-o`.
    output: Option<String>,
}

struct Maker {
    dice: Dice,
    /// True if only valid words are used.
    right: bool,
    flags: Vec<Flag>,
    words: Vec<String>,
    input: Option<&'static str>,
    /// Where the objects are that are named.
    namespace: Option<&'static str>,
    asks: Asks,
}

impl Maker {
    fn make(mut self) -> Line {
        match self.dice.below(100) {
            0..45 => self.types(),
            45..60 => self.names(),
            60..77 => self.paths(),
            77..88 => self.files(),
            88..92 => self.raw(),
            92..95 => self.kustomization(),
            95..98 => self.jumble(),
            _ => {}
        }
        self.namespace();
        for _ in 0..self.dice.below(6) {
            self.feature();
        }
        self.finish()
    }

    /// Puts flags and words into some order.
    fn finish(mut self) -> Line {
        for i in (1..self.flags.len()).rev() {
            let j = self.dice.below(i + 1);
            self.flags.swap(i, j);
        }
        let last = self.flags.iter().rev().find_map(|flag| flag.output.clone());
        let mut line: Vec<Vec<String>> = self.flags.into_iter().map(|flag| flag.words).collect();
        // Short flags without a value join what comes after them.
        for i in (1..line.len()).rev() {
            let joins = line[i - 1] == ["-A"] && line[i][0].starts_with('-') && !line[i][0].starts_with("--");
            if joins && line[i][0].len() > 1 && self.dice.of_ten(5) {
                let joined = format!("-A{}", &line[i][0][1..]);
                line[i][0] = joined;
                line.remove(i - 1);
            }
        }
        if self.dice.below(30) == 0 {
            line.push(vec!["--".into()]);
            line.extend(self.words.into_iter().map(|word| vec![word]));
        } else {
            let mut at = 0;
            for word in self.words {
                // Mostly in front of the flags, as people write them.
                if !self.dice.of_ten(7) {
                    at += self.dice.below(line.len() - at + 1);
                }
                line.insert(at, vec![word]);
                at += 1;
            }
        }
        Line {
            words: line.concat(),
            input: self.input,
            viewer: self.dice.below(12) == 0,
            output: last.unwrap_or_default(),
        }
    }

    /// A word of section `name`, or at times of its wrong ones.
    fn word(&mut self, name: &str) -> &'static str {
        let wrong = format!("wrong {name}");
        let section = if !self.right && WORDS.contains_key(&*wrong) && self.dice.of_ten(3) {
            &wrong
        } else {
            name
        };
        self.dice.pick(&WORDS[section])
    }

    fn flag(&mut self, long: &str, short: Option<char>, value: &str) {
        let output = (long == "output").then(|| value.to_owned());
        // Kubectl takes either.
        let long = if self.dice.below(20) == 0 {
            long.replace('-', "_")
        } else {
            long.to_owned()
        };
        let words = match (short, self.dice.below(5)) {
            // Only after = is that a value here.
            _ if value.starts_with('-') => vec![format!("--{long}={value}")],
            (Some(short), 0) => vec![format!("-{short}"), value.into()],
            (Some(short), 1) if !value.is_empty() => vec![format!("-{short}{value}")],
            (Some(short), 2) if !value.is_empty() => vec![format!("-{short}={value}")],
            (_, 3) => vec![format!("--{long}"), value.into()],
            _ => vec![format!("--{long}={value}")],
        };
        self.flags.push(Flag { words, output });
    }

    fn switch(&mut self, long: &str, short: Option<char>) {
        let name = match short {
            Some(short) if self.dice.of_ten(7) => format!("-{short}"),
            _ => format!("--{long}"),
        };
        let word = match self.dice.below(4) {
            0 => format!("{name}={}", self.word("booleans")),
            _ => name,
        };
        self.flags.push(Flag {
            words: vec![word],
            output: None,
        });
    }

    // What to get.

    fn one_type(&mut self) -> String {
        let section = if self.dice.of_ten(6) {
            "common types"
        } else {
            "types"
        };
        match self.right || self.dice.of_ten(8) {
            true => self.dice.pick(&WORDS[section]).to_owned(),
            false => self.dice.pick(&WORDS["wrong types"]).to_owned(),
        }
    }

    fn types(&mut self) {
        let count = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3][self.dice.below(10)];
        let types: Vec<String> = (0..count).map(|_| self.one_type()).collect();
        let types = types.join(",");
        if types.contains(',') || ["all", "gadgets", "api-extensions"].contains(&&*types) {
            self.asks = Asks::Lists;
        }
        self.words.push(types);
    }

    /// An object, in the namespace of those before it if all is to be right.
    fn object(&mut self) -> (&'static str, &'static str) {
        loop {
            let object = self.dice.pick(&WORDS["objects"]);
            let mut parts = object.split(' ');
            let mut part = || parts.next().expect("type, name, namespace");
            let (kind, name, namespace) = (part(), part(), part());
            if namespace == "-" {
                return (kind, name);
            }
            if !self.right || self.namespace.is_none_or(|before| before == namespace) {
                self.namespace = Some(namespace);
                return (kind, name);
            }
        }
    }

    fn names(&mut self) {
        let (kind, name) = self.object();
        self.asks = Asks::Object;
        let kind = if self.right || self.dice.of_ten(9) {
            kind.to_owned()
        } else {
            self.one_type()
        };
        self.words.extend([kind, name.into()]);
        while self.dice.of_ten(3) {
            self.asks = Asks::Objects;
            let word = match self.right {
                true => name,
                false if self.dice.of_ten(5) => self.dice.pick(&WORDS["wrong names"]),
                false => self.object().1,
            };
            let at = 1 + self.dice.below(self.words.len());
            self.words.insert(at, word.to_owned());
        }
    }

    fn paths(&mut self) {
        self.asks = Asks::Object;
        loop {
            let (kind, name) = self.object();
            let (mut kind, mut name) = (kind.to_owned(), name);
            if !self.right && self.dice.of_ten(1) {
                kind = self.one_type();
            }
            if !self.right && self.dice.of_ten(3) {
                name = self.dice.pick(&WORDS["wrong names"]);
            }
            self.words.push(format!("{kind}/{name}"));
            if !self.dice.of_ten(4) {
                return;
            }
            self.asks = Asks::Objects;
        }
    }

    fn files(&mut self) {
        self.asks = Asks::Files;
        loop {
            let file = self.word("files");
            if file == "-" {
                self.input = Some(
                    self.dice
                        .pick(&["pod.yaml", "two.yaml", "empty.yaml", "stream.json"]),
                );
            }
            self.flag("filename", Some('f'), file);
            if !self.dice.of_ten(2) {
                break;
            }
        }
        if self.dice.of_ten(2) {
            self.switch("recursive", Some('R'));
        }
    }

    fn kustomization(&mut self) {
        self.asks = Asks::Files;
        let folder = self.word("kustomizations");
        self.flag("kustomize", Some('k'), folder);
        if !self.right && self.dice.of_ten(1) {
            self.switch("recursive", Some('R'));
        }
    }

    fn raw(&mut self) {
        self.asks = Asks::Raw;
        let path = self.word("raw paths");
        self.flag("raw", None, path);
    }

    /// Words of all kinds, side by side.
    fn jumble(&mut self) {
        self.asks = Asks::Lists;
        for _ in 0..=self.dice.below(3) {
            let section = self
                .dice
                .pick(&["types", "common types", "wrong types", "wrong names", "objects"]);
            let word = self.dice.pick(&WORDS[section]);
            let word = word.split(' ').next().expect("a first word");
            match self.dice.below(3) {
                0 => self
                    .words
                    .push(format!("{word}/{}", self.dice.pick(&WORDS["wrong names"]))),
                _ => self.words.push(word.to_owned()),
            }
        }
    }

    // How to get and to show it.

    fn namespace(&mut self) {
        if let (Some(namespace), true) = (self.namespace, self.right || self.dice.of_ten(8)) {
            if namespace != "default" || self.dice.of_ten(2) {
                self.flag("namespace", Some('n'), namespace);
            }
            return;
        }
        let lists = matches!(self.asks, Asks::List | Asks::Lists);
        if lists && self.dice.of_ten(4) {
            self.switch("all-namespaces", Some('A'));
        } else if (lists || !self.right) && self.dice.of_ten(4) {
            let namespace = self.word("namespaces");
            self.flag("namespace", Some('n'), namespace);
        }
    }

    fn feature(&mut self) {
        let lists = matches!(self.asks, Asks::List | Asks::Lists);
        if self.asks == Asks::Raw && (self.right || self.dice.of_ten(8)) {
            return;
        }
        match self.dice.below(100) {
            0..30 => self.output(),
            30..38 if lists || (!self.right && self.asks != Asks::Files) => {
                let selector = self.word("selectors");
                self.flag("selector", Some('l'), selector);
            }
            38..43 if lists || !self.right => {
                let selector = self.word("field selectors");
                self.flag("field-selector", None, selector);
            }
            43..49 => {
                let columns = self.word("label columns");
                self.flag("label-columns", Some('L'), columns);
            }
            49..54 => self.switch("show-labels", None),
            54..60 => self.switch("show-kind", None),
            60..66 => self.switch("no-headers", None),
            66..74 if self.asks == Asks::List || (self.asks == Asks::Object && self.right) => {
                let key = self.word("sort keys");
                self.flag("sort-by", None, key);
            }
            74..77 => self.switch("ignore-not-found", None),
            77..80 => {
                let size = self.word("chunk sizes");
                self.flag("chunk-size", None, size);
            }
            80..84 => self.switch("server-print", None),
            84..86 => self.switch("show-managed-fields", None),
            86..88 => self.switch("allow-missing-template-keys", None),
            88..90 if !self.right || matches!(self.asks, Asks::Object) => {
                let subresource = self.word("subresources");
                self.flag("subresource", None, subresource);
            }
            90..92 => {
                let timeout = self.word("request timeouts");
                self.flag("request-timeout", None, timeout);
            }
            92..94 => self.impersonation(),
            94..95 => self.switch("warnings-as-errors", None),
            95..97 if !self.right => {
                let word = self.dice.pick(&WORDS["wrong flags"]);
                self.flags.push(Flag {
                    words: vec![word.into()],
                    output: None,
                });
            }
            97..98 if !self.right => self.switch("output-watch-events", None),
            98..99 if !self.right => self.raw(),
            _ if !self.right => self.namespace(),
            _ => self.output(),
        }
    }

    fn impersonation(&mut self) {
        let user = self.dice.pick(&WORDS["users"]);
        if self.right || self.dice.of_ten(8) {
            self.flag("as", None, user);
        }
        if self.right || self.dice.of_ten(5) {
            self.flag("as-group", None, "system:masters");
        }
        while self.dice.of_ten(3) {
            let group = self.dice.pick(&WORDS["groups"]);
            self.flag("as-group", None, group);
        }
        if self.dice.of_ten(3) {
            self.flag("as-uid", None, "1");
        }
    }

    fn output(&mut self) {
        let over_list = match self.asks {
            Asks::Object => false,
            Asks::Files => self.dice.of_ten(5),
            _ => true,
        };
        let over_list = if self.right {
            over_list
        } else {
            over_list != (self.dice.below(10) == 0)
        };
        let (name, template) = match self.dice.below(20) {
            0..7 => {
                let format = self.word("plain formats");
                return self.flag("output", Some('o'), format);
            }
            7 => {
                let format = self.dice.pick(&WORDS["template files"]);
                return self.flag("output", Some('o'), format);
            }
            8..12 => ("jsonpath", self.jsonpath(over_list)),
            12 => ("jsonpath-as-json", self.jsonpath(over_list)),
            13..16 => ("go-template", self.go_template(over_list)),
            16 => ("template", self.go_template(over_list)),
            _ => ("custom-columns", self.columns()),
        };
        match self.dice.below(8) {
            0 => {
                self.flag("output", Some('o'), name);
                self.flag("template", None, &template);
            }
            1 if name == "go-template" => self.flag("template", None, &template),
            2 if !self.right => {
                self.flag("output", Some('o'), &format!("{name}={template}"));
                self.flag("template", None, "{{.kind}}");
            }
            _ => self.flag("output", Some('o'), &format!("{name}={template}")),
        }
    }

    fn field(&mut self) -> String {
        let section = if !self.right && self.dice.of_ten(2) {
            "wrong fields"
        } else {
            "object fields"
        };
        let mut field = self.dice.pick(&WORDS[section]).to_owned();
        if !self.right && self.dice.of_ten(1) {
            let (a, b) = (self.dice.below(5), self.dice.below(4));
            let step = self.dice.below(4);
            field.push_str(&match self.dice.below(6) {
                0 => format!("[{a}]"),
                1 => format!("[-{a}]"),
                2 => format!("[{b}:{a}]"),
                3 => format!("[-{b}:{a}:{step}]"),
                4 => "[*]".into(),
                _ => ".name".into(),
            });
        }
        field
    }

    fn jsonpath(&mut self, over_list: bool) -> String {
        let mut template = String::new();
        let range = over_list && self.dice.of_ten(4);
        if range {
            template.push_str(self.dice.pick(&[
                "{range .items[*]}",
                "{range .items[0:3]}",
                "{range .items[?(@.kind)]}",
            ]));
        }
        for _ in 0..=self.dice.below(4) {
            match self.dice.below(10) {
                0..2 => template.push_str(&format!("{{{}}}", self.dice.pick(&WORDS["texts"]))),
                2 => template.push_str(self.dice.pick(&WORDS["plain texts"])),
                _ => {
                    let items = match over_list && !range && !self.dice.of_ten(2) {
                        true => self.dice.pick(&[
                            ".items[*]",
                            ".items[*]",
                            ".items[0]",
                            ".items[-1:]",
                            ".items[0:2]",
                            ".items[::2]",
                            ".items[0,1]",
                            ".items[?(@.metadata.name==\"web\")]",
                            ".items[?(@.metadata.labels.app=='web')]",
                            "$.items[*]",
                        ]),
                        false => "",
                    };
                    let field = self.field();
                    template.push_str(&format!("{{{items}{field}}}"));
                }
            }
        }
        if range && (self.right || self.dice.of_ten(9)) {
            template.push_str("{\"\\n\"}{end}");
        }
        template
    }

    fn go_template(&mut self, over_list: bool) -> String {
        let mut template = String::new();
        let range = over_list && self.dice.of_ten(7);
        if range {
            template.push_str("{{range .items}}");
        }
        for _ in 0..=self.dice.below(3) {
            match self.dice.below(10) {
                0 => template.push_str(self.dice.pick(&WORDS["plain texts"])),
                1..4 => template.push_str(self.dice.pick(&WORDS["go blocks"])),
                _ => {
                    let expression = self.dice.pick(&WORDS["go expressions"]);
                    let trims = self.dice.below(8);
                    let (open, close) = (
                        if trims == 0 { "{{- " } else { "{{" },
                        if trims == 1 { " -}}" } else { "}}" },
                    );
                    template.push_str(&format!("{open}{expression}{close}"));
                }
            }
        }
        if range && (self.right || self.dice.of_ten(9)) {
            template.push_str("{{\"\\n\"}}{{end}}");
        }
        template
    }

    fn columns(&mut self) -> String {
        if !self.right && self.dice.of_ten(2) {
            return self.dice.pick(&WORDS["wrong columns"]).to_owned();
        }
        let columns: Vec<String> = (0..=self.dice.below(4))
            .map(|_| {
                let heading = self.dice.pick(&WORDS["column headings"]);
                let mut field = self.field();
                // Columns are parted at every comma.
                while self.right && field.contains(',') {
                    field = self.field();
                }
                format!("{heading}:{field}")
            })
            .collect();
        columns.join(",")
    }
}
