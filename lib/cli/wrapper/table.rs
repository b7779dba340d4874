//! The table of verbs: which programs a verb starts, and which flags each of them is given.

use super::args::Verb;
use crate::cli::flags::{
    AccessArgs, AccessibleArgs, ActAsArgs, CacheArgs, ClusterColumnArgs, ColorArgs, CtxArgs, DiscoverArgs,
    DoctorArgs, KubeconfigArgs, LimitArgs, OutputArgs, RunArgs, SetupArgs, StatusArgs, StrategyArgs,
    StreamArgs, TableArgs, TimeoutArgs, VerboseArgs,
};
use clap::{Args, Command};

/// Adds a group of flags to a command.
type FlagGroup = fn(Command) -> Command;

/// A program as a verb starts it.
pub struct Program {
    pub name: &'static str,
    /// Words that it is always given.
    pub words: &'static [&'static str],
    /// True if it is given the verb, with the verb's own flags.
    pub takes_verb: bool,
    /// The flag that it takes the output format by, if it does.
    pub output_flag: Option<&'static str>,
    /// True if it sorts, or waits until the end for any other reason, unless it is told to stream.
    pub waits_for_all: bool,
    /// True if it shows on a terminal what it waits for.
    pub shows_progress: bool,
    /// The groups of flags that it is given as they were typed.
    pub groups: &'static [&'static [FlagGroup]],
    /// True if it ends by itself when its input does. Such a program gets no signal: it prints what has arrived.
    pub ends_with_input: bool,
}

const NO_FLAGS: Program = Program {
    name: "",
    words: &[],
    takes_verb: false,
    output_flag: None,
    waits_for_all: false,
    shows_progress: false,
    groups: &[],
    ends_with_input: false,
};

const RESOLVER: &[FlagGroup] = &[
    KubeconfigArgs::augment_args,
    AccessArgs::augment_args,
    AccessibleArgs::augment_args,
];

const DISCOVER: Program = Program {
    name: "mc-discover",
    shows_progress: true,
    groups: &[&[DiscoverArgs::augment_args]],
    ..NO_FLAGS
};

const RESOLVE: Program = Program {
    name: "mc-resolve",
    groups: &[RESOLVER],
    ..NO_FLAGS
};

const EXEC: Program = Program {
    name: "mc-exec",
    takes_verb: true,
    output_flag: Some("for"),
    shows_progress: true,
    groups: &[&[
        LimitArgs::augment_args,
        RunArgs::augment_args,
        TimeoutArgs::augment_args,
        KubeconfigArgs::augment_args,
        AccessArgs::augment_args,
        ActAsArgs::augment_args,
        CacheArgs::augment_args,
        StatusArgs::augment_args,
    ]],
    ..NO_FLAGS
};

const MERGE: Program = Program {
    name: "mc-merge",
    waits_for_all: true,
    groups: &[&[
        StrategyArgs::augment_args,
        StreamArgs::augment_args,
        StatusArgs::augment_args,
    ]],
    ends_with_input: true,
    ..NO_FLAGS
};

const FORMAT: Program = Program {
    name: "mc-format",
    output_flag: Some("output"),
    waits_for_all: true,
    // -v of mc-resolve and mc-exec prints a line for every cluster: `clusters -v` is for the former, and mc-format's
    // has the reason of every cluster that did not answer.
    groups: &[&[
        TableArgs::augment_args,
        StreamArgs::augment_args,
        StatusArgs::augment_args,
        VerboseArgs::augment_args,
    ]],
    ends_with_input: true,
    ..NO_FLAGS
};

/// The pipe of every verb of mc-exec.
pub const PIPE: &[Program] = &[DISCOVER, RESOLVE, EXEC, MERGE, FORMAT];

/// Returns the programs that a verb starts, in the order of the pipe. One that is alone talks with the person itself.
pub fn programs(verb: Option<&Verb>) -> &'static [Program] {
    match verb {
        Some(Verb::Exec(_)) => PIPE,
        Some(Verb::Clusters(_)) => &[
            DISCOVER,
            Program {
                groups: &[RESOLVER, &[VerboseArgs::augment_args]],
                ..RESOLVE
            },
            Program {
                groups: &[&[
                    TableArgs::augment_args,
                    ClusterColumnArgs::augment_args,
                    VerboseArgs::augment_args,
                ]],
                ..FORMAT
            },
        ],
        // They are answered by the wrapper itself.
        Some(Verb::Config(_) | Verb::Shell(_)) => &[],
        Some(Verb::Setup(_)) => &[Program {
            name: "mc-setup",
            groups: &[&[
                DiscoverArgs::augment_args,
                SetupArgs::augment_args,
                AccessArgs::augment_args,
                ColorArgs::augment_args,
            ]],
            ..NO_FLAGS
        }],
        Some(Verb::Doctor(_)) => &[Program {
            name: "mc-doctor",
            groups: &[&[
                DiscoverArgs::augment_args,
                DoctorArgs::augment_args,
                AccessArgs::augment_args,
                OutputArgs::augment_args,
                ColorArgs::augment_args,
            ]],
            ..NO_FLAGS
        }],
        Some(Verb::Ctx(_)) => &[Program {
            name: "mc-ctx",
            groups: &[&[
                CtxArgs::augment_args,
                DiscoverArgs::augment_args,
                AccessArgs::augment_args,
                OutputArgs::augment_args,
                TableArgs::augment_args,
            ]],
            ..NO_FLAGS
        }],
        // `kubectl mc --refresh` asks the hubs anew and reports what has changed.
        None => &[Program {
            words: &["--changes"],
            ..DISCOVER
        }],
    }
}
