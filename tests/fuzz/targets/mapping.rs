//! The user's mapping of clusters to contexts.

#![no_main]

use kubectl_mc::config::ClusterMapping;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|text: &str| {
    match ClusterMapping::from_text(text, Path::new("/nowhere/clusters")) {
        Ok(mapping) => assert!(mapping.hub_context.is_none_or(|name| !name.is_empty())),
        Err(error) => assert!(error.0.contains("/nowhere/clusters"), "{}", error.0),
    }
});
