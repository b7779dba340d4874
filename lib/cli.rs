//! A clap struct a tool.
