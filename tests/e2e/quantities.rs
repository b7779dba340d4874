//! Sums of random quantities, against those of Kubernetes' own library (`servers/quantities`).

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// How many quantities are added up.
const QUANTITIES: usize = 10_000;

/// The greatest number of summands.
const MOST: u64 = 20;

/// A generator of numbers (xorshift64*), the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit
    }

    fn digits(&mut self, most: u64) -> String {
        let count = 1 + self.below(most);
        (0..count)
            .map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap()))
            .collect()
    }

    /// Returns a quantity: of any suffix, negative, tiny or huge.
    fn quantity(&mut self) -> String {
        const SUFFIXES: [&str; 17] = [
            "", "n", "u", "m", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2",
        ];
        let sign = if self.below(5) == 0 { "-" } else { "" };
        let suffix = SUFFIXES[usize::try_from(self.below(17)).unwrap()];
        let most = match suffix {
            "P" | "T" => 4,
            _ if suffix.ends_with('i') => 19,
            _ => 9,
        };
        let whole = self.digits(most);
        match self.below(3) {
            0 => format!("{sign}{whole}.{}{suffix}", self.digits(12)),
            _ => format!("{sign}{whole}{suffix}"),
        }
    }
}

/// Runs a command with an input, and returns its output.
fn output(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn sums_of_random_quantities_are_those_of_kubernetes() {
    let mut random = Random(7);
    let (mut lines, mut rows, mut count) = (Vec::new(), String::new(), 0);
    while count < QUANTITIES {
        let summands: Vec<String> = (0..=random.below(MOST)).map(|_| random.quantity()).collect();
        count += summands.len();
        for (index, quantity) in summands.iter().enumerate() {
            // Of different clusters, so that every cluster has a part of every sum.
            writeln!(
                rows,
                r#"{{"kind":"Row","cluster":"c{}","name":"x","columns":{{"LINE":"{}"}},"fields":{{"v":"{quantity}"}}}}"#,
                index % 3,
                lines.len()
            )
            .unwrap();
        }
        lines.push(summands.join(" "));
    }
    let servers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/servers");
    let mut go = Command::new("go");
    go.args(["run", "-mod=readonly", "./quantities"])
        .current_dir(servers);
    let expected = output(&mut go, &(lines.join("\n") + "\n"));
    let mut merge = Command::new(env!("CARGO_BIN_EXE_mc-merge"));
    merge.args(["--group-by=LINE", "--sum=.v"]);
    let mut sums = vec![String::new(); lines.len()];
    for line in output(&mut merge, &rows).lines() {
        let group: serde_json::Value = serde_json::from_str(line).unwrap();
        let number: usize = group["by"]["LINE"].as_str().unwrap().parse().unwrap();
        sums[number] = group["computed"][0]["value"].as_str().unwrap().to_owned();
    }
    for ((sum, expected), line) in sums.iter().zip(expected.lines()).zip(&lines) {
        assert_eq!(sum, expected, "{line}");
    }
    assert_eq!(expected.lines().count(), lines.len());
}
