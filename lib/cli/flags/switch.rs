//! Flags that are on or off, in kubectl's form: `--flag`, `--flag=true` and `--flag=false`.

use clap::{Arg, ArgAction};
use std::any::TypeId;

/// Gives a flag of type bool kubectl's form, and leaves every other flag as it is. A group of flags applies it to all of
/// its flags: `#[command(mut_args(as_switch))]`.
pub fn as_switch(arg: Arg) -> Arg {
    if arg.get_value_parser().type_id() != TypeId::of::<bool>() {
        return arg;
    }
    // An Option<bool> has no default: None means that it was not typed.
    let needs_default = matches!(arg.get_action(), ArgAction::SetTrue) && arg.get_default_values().is_empty();
    let arg = match needs_default {
        true => arg.default_value("false"),
        false => arg,
    };
    arg.num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .hide_default_value(true)
        .hide_possible_values(true)
        .action(ArgAction::Set)
        .value_parser(parse_bool)
        .value_name("BOOL")
}

/// Reads a boolean as Go's strconv.ParseBool does: kubectl's flags take `--show-labels=1`.
fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}
