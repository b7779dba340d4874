//! Requests to one API server with a deadline.

use super::paged_list::Pages;
use crate::connect::{Client, Deadline, Error};
use std::sync::Arc;
use std::time::Duration;

const JSON: &str = "application/json";

/// An API server that answers list requests until a deadline.
#[derive(Debug)]
pub struct ApiClient {
    client: Client,
    timeout: Duration,
    deadline: Deadline,
}

impl ApiClient {
    /// Starts the time. The time that a person needs to log in does not count.
    pub fn new(client: Client, timeout: Duration) -> Self {
        Self {
            deadline: Deadline::new(timeout, [Arc::clone(client.logins())]),
            client,
            timeout,
        }
    }
}

impl Pages for ApiClient {
    async fn page(&mut self, path_and_query: &str, limit: usize) -> Result<Vec<u8>, Error> {
        let answer = self.client.get_bytes(path_and_query, JSON, limit);
        let answer = self.deadline.bound(answer).await;
        Ok(answer
            .unwrap_or_else(|| Err(self.client.timeout_error(self.timeout)))?
            .1)
    }
}
