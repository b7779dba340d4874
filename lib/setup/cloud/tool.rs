//! The tools of the clouds.

use crate::vendor::Vendor;

/// A cloud's own tool.
#[derive(Debug)]
pub struct CloudTool {
    /// The cloud as people call it.
    pub cloud: &'static str,
    /// The tool's program.
    pub program: &'static str,
    /// The arguments with which it prints who is logged in. gcloud succeeds and prints nothing if nobody is.
    pub who: &'static [&'static str],
    /// The command that logs in.
    login: &'static str,
}

/// Returns the tool of a vendor's cloud.
pub fn tool(vendor: Vendor) -> &'static CloudTool {
    match vendor {
        Vendor::Eks => &CloudTool {
            cloud: "AWS",
            program: "aws",
            who: &["sts", "get-caller-identity"],
            login: "aws configure",
        },
        Vendor::Gke => &CloudTool {
            cloud: "Google Cloud",
            program: "gcloud",
            who: &[
                "auth",
                "list",
                "--filter=status:ACTIVE",
                "--format=value(account)",
            ],
            login: "gcloud auth login",
        },
        Vendor::Aks => &CloudTool {
            cloud: "Azure",
            program: "az",
            who: &["account", "show"],
            login: "az login",
        },
        Vendor::Ack => &CloudTool {
            cloud: "Alibaba Cloud",
            program: "aliyun",
            who: &["sts", "GetCallerIdentity"],
            login: "aliyun configure",
        },
    }
}

impl CloudTool {
    /// Returns the message that the tool is not installed.
    pub fn not_found(&self) -> String {
        format!(
            "{} CLI not found. Install it or configure context manually.",
            self.cloud
        )
    }

    /// Returns the message that nobody is logged in.
    pub fn not_authenticated(&self) -> String {
        let Self { cloud, login, .. } = self;
        format!("Not authenticated to {cloud}. Run '{login}' or set up manually.")
    }
}
