//! The vendors of managed Kubernetes, and how people and hubs spell them. Setup, the access providers and the hub's
//! addon all read names of vendors here.

#[cfg(feature = "cluster")]
pub(crate) mod forms;

/// A vendor's managed Kubernetes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Vendor {
    /// Amazon's.
    Eks,
    /// Google's.
    Gke,
    /// Microsoft's.
    Aks,
    /// Alibaba's.
    Ack,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Eks, Self::Gke, Self::Aks, Self::Ack];

    /// The product's short name, as the property `cluster.type` has it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Gke => "gke",
            Self::Aks => "aks",
            Self::Ack => "ack",
        }
    }

    /// The cloud's short name, as the property `cloud.provider` has it.
    pub const fn cloud(self) -> &'static str {
        match self {
            Self::Eks => "aws",
            Self::Gke => "gcp",
            Self::Aks => "azure",
            Self::Ack => "alibaba",
        }
    }

    /// The spellings of the product, in lower case and without separators.
    pub const fn products(self) -> &'static [&'static str] {
        match self {
            Self::Eks => &[
                "eks",
                "awseks",
                "amazoneks",
                "amazonelastickubernetesservice",
                "awselastickubernetesservice",
            ],
            Self::Gke => &[
                "gke",
                "googlegke",
                "gcpgke",
                "googlecloudgke",
                "gkeautopilot",
                "gkefleet",
                "googlekubernetesengine",
            ],
            Self::Aks => &[
                "aks",
                "azureaks",
                "microsoftaks",
                "microsoftazureaks",
                "azurekubernetesservice",
            ],
            Self::Ack => &["ack", "alibabaack", "alibabacloudack", "alicloudack", "aliyunack"],
        }
    }

    /// The spellings of the cloud, in lower case and without separators.
    pub const fn clouds(self) -> &'static [&'static str] {
        match self {
            Self::Eks => &["aws", "amazon", "amazonwebservices"],
            Self::Gke => &["gcp", "google", "gce", "googlecloud", "googlecloudplatform"],
            Self::Aks => &["azure", "microsoft", "microsoftazure"],
            Self::Ack => &["alibaba", "alibabacloud", "alicloud", "aliyun"],
        }
    }

    /// The vendor of a product: `EKS`, `AWS EKS`, `google-gke`. A cloud alone is no product, and neither is what merely
    /// begins like one (`EKS Anywhere`).
    pub fn of_product(text: &str) -> Option<Self> {
        find(text, Self::products)
    }

    /// The vendor of a cloud: `AWS`, `Google Cloud`.
    pub fn of_cloud(text: &str) -> Option<Self> {
        find(text, Self::clouds)
    }

    /// The vendor of a product or of a cloud.
    pub fn named(text: &str) -> Option<Self> {
        Self::of_product(text).or_else(|| Self::of_cloud(text))
    }
}

/// Tells whether what a hub says of a vendor or a cloud says nothing, as Open Cluster Management's `auto-detect`.
pub fn says_nothing(text: &str) -> bool {
    const NOTHING: [&str; 3] = ["auto-detect", "other", "unknown"];
    text.is_empty() || NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

fn find(text: &str, spellings: fn(Vendor) -> &'static [&'static str]) -> Option<Vendor> {
    // No spelling is longer, and a hub may send texts of any length.
    if text.len() > 64 {
        return None;
    }
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_' | '.' | '/'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Vendor::ALL
        .into_iter()
        .find(|vendor| spellings(*vendor).contains(&plain.as_str()))
}

#[cfg(test)]
mod tests {
    use super::Vendor;

    #[test]
    fn spellings_of_vendors() {
        for (text, product, named) in [
            ("eks", Some(Vendor::Eks), Some(Vendor::Eks)),
            ("AWS EKS", Some(Vendor::Eks), Some(Vendor::Eks)),
            ("aws-eks", Some(Vendor::Eks), Some(Vendor::Eks)),
            ("Amazon EKS", Some(Vendor::Eks), Some(Vendor::Eks)),
            ("AWS", None, Some(Vendor::Eks)),
            ("Google GKE", Some(Vendor::Gke), Some(Vendor::Gke)),
            ("GCP GKE", Some(Vendor::Gke), Some(Vendor::Gke)),
            ("Google Cloud", None, Some(Vendor::Gke)),
            ("Azure AKS", Some(Vendor::Aks), Some(Vendor::Aks)),
            ("Microsoft Azure", None, Some(Vendor::Aks)),
            ("Alibaba ACK", Some(Vendor::Ack), Some(Vendor::Ack)),
            ("Alibaba Cloud", None, Some(Vendor::Ack)),
            ("EKS Anywhere", None, None),
            ("OpenShift on AWS", None, None),
            ("kubernetes", None, None),
            ("", None, None),
        ] {
            assert_eq!(Vendor::of_product(text), product, "{text}");
            assert_eq!(Vendor::named(text), named, "{text}");
        }
        assert_eq!(Vendor::named(&"eks".repeat(1000)), None);
    }
}
