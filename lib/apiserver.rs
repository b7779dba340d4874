//! One cluster's API server: requests and answers, the types that it serves, and limits on what it may send.

pub mod budget;
pub mod discovery;
pub mod mapper;
pub mod protocol;
pub mod query_state;
pub mod response_body;
pub mod server;
#[cfg(test)]
pub mod testing;
pub mod wellknown;
pub mod workers;
