//! The page of results: the targets, the comparison with earlier binaries, and every figure.

use crate::measure::{self, Figures, Measured};
use std::fmt::Write as _;
use std::process::Command;

/// A figure of the earlier binaries may be exceeded by this factor: the noise of a quiet machine.
const WORSE: f64 = 1.05;

/// The results so far.
#[derive(Default)]
pub struct Page {
    targets: Vec<Target>,
    comparisons: Vec<Comparison>,
    sections: String,
}

/// A figure and its limit.
struct Target {
    name: String,
    measured: f64,
    limit: f64,
    unit: &'static str,
}

/// A contender's figures as factors of those of the earlier binaries.
struct Comparison {
    name: String,
    wall: f64,
    cpu: f64,
    memory: f64,
}

impl Page {
    /// Adds a figure that has a limit.
    pub fn target(&mut self, name: impl Into<String>, measured: f64, limit: f64, unit: &'static str) {
        let name = name.into();
        eprintln!("{name}: {measured:.2}{unit}, at most {limit}{unit}");
        self.targets.push(Target {
            name,
            measured,
            limit,
            unit,
        });
    }

    /// Adds the table of one scenario.
    pub fn section(&mut self, heading: &str, rows: &[Measured], members: Option<usize>) {
        let table = table(rows, members);
        eprint!("\n{heading}\n{table}");
        write!(self.sections, "\n## {heading}\n\n{table}").unwrap();
        for row in rows {
            let Some(before) = row.before else { continue };
            self.comparisons.push(Comparison {
                name: format!("{}: {heading}", row.name),
                wall: row.figures.wall_ms / before.wall_ms,
                cpu: row.figures.cpu_ms / before.cpu_ms,
                memory: row.figures.peak_mb / before.peak_mb,
            });
        }
    }

    /// Returns the page as Markdown. `before` names the commit of the earlier binaries.
    pub fn print(&self, before: Option<&str>) -> String {
        let mut text = header(before);
        text += "\n## Targets\n\n| | measured | at most | met |\n|---|---|---|---|\n";
        for Target {
            name,
            measured,
            limit,
            unit,
        } in &self.targets
        {
            let met = if measured <= limit { "yes" } else { "no" };
            writeln!(text, "| {name} | {measured:.2}{unit} | {limit}{unit} | {met} |").unwrap();
        }
        if let Some(commit) = before {
            write!(
                text,
                "\n## Beside commit {commit}\n\nFactors of the earlier binaries' figures; one above {WORSE} is worse.\n\n\
                 | | wall | CPU | memory | worse |\n|---|---|---|---|---|\n"
            )
            .unwrap();
            for Comparison {
                name,
                wall,
                cpu,
                memory,
            } in &self.comparisons
            {
                let worse: Vec<&str> = [("wall", wall), ("CPU", cpu), ("memory", memory)]
                    .into_iter()
                    .filter(|(_, factor)| **factor > WORSE)
                    .map(|(figure, _)| figure)
                    .collect();
                let worse = worse.join(", ");
                writeln!(text, "| {name} | {wall:.2} | {cpu:.2} | {memory:.2} | {worse} |").unwrap();
            }
        }
        text + &self.sections
    }
}

/// Returns a Markdown table. The ratios are to its first row.
fn table(rows: &[Measured], members: Option<usize>) -> String {
    let mut text = String::from(
        "| | wall ms | CPU ms | CPU ms a cluster | peak MB | wall | CPU |\n|---|---|---|---|---|---|---|\n",
    );
    let reference = rows[0].figures;
    for row in rows {
        line(&mut text, row.name, row.figures, reference, members);
        if let Some(before) = row.before {
            line(
                &mut text,
                &format!("{}, before", row.name),
                before,
                reference,
                members,
            );
        }
    }
    text
}

fn line(text: &mut String, name: &str, figures: Figures, reference: Figures, members: Option<usize>) {
    let per_cluster = members.map_or_else(String::new, |members| {
        format!("{:.2}", figures.cpu_ms / members as f64)
    });
    writeln!(
        text,
        "| {name} | {:.1} | {:.1} | {per_cluster} | {:.1} | {:.2} × | {:.2} × |",
        figures.wall_ms,
        figures.cpu_ms,
        figures.peak_mb,
        figures.wall_ms / reference.wall_ms,
        figures.cpu_ms / reference.cpu_ms,
    )
    .unwrap();
}

fn header(before: Option<&str>) -> String {
    let output = |program: &str, args: &[&str]| {
        let output = Command::new(program).args(args).output();
        output
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .unwrap_or_default()
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "))
        .unwrap_or("unknown CPU");
    format!(
        "# Benchmark of the pipeline\n\n\
         Command: `make bench`, at commit {}. Machine: {} × {cpu}, {}. Medians of {}; the simulated \
         fleet runs on the same cores.{}\n",
        output("git", &["describe", "--always", "--dirty"]),
        std::thread::available_parallelism().map_or(0, usize::from),
        output("uname", &["-sr"]),
        measure::how_often(),
        before.map_or_else(String::new, |commit| format!(
            " Beside the binaries of commit {commit}, in turns."
        )),
    )
}
