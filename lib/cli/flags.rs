//! The flags that several tools have, in groups. A flag is written once: in its group, which the tools have and the
//! wrapper forwards.

mod clusters;
mod credentials;
mod ctx;
mod discover;
mod doctor;
mod fleet;
mod limits;
mod output;
mod refused;
mod setup;
mod strategy;
mod switch;

pub use clusters::ClusterColumnArgs;
pub use credentials::{AccessArgs, ActAsArgs, KubeconfigArgs};
pub use ctx::CtxArgs;
pub use discover::DiscoverArgs;
pub use doctor::DoctorArgs;
pub use fleet::{AccessibleArgs, FleetArgs};
pub use limits::{CacheArgs, LimitArgs, RunArgs, TimeoutArgs};
pub use output::{
    ColorArgs, OutputArgs, OutputName, OutputParser, PagerArgs, StatusArgs, StreamArgs, TableArgs,
    TemplateArgs, VerboseArgs,
};
pub use refused::RefusedArgs;
pub use setup::SetupArgs;
pub use strategy::StrategyArgs;
pub use switch::as_switch;
