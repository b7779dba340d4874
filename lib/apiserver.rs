//! What one API server says: requests to it, the types that it serves, and the limits that its answers are held to.

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
