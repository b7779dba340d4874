//! As much of X.509 (RFC 5280) as an error message needs: who a certificate says it is, and who issued it.

/// The names in a certificate.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Names {
    /// Whose certificate it is.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Whether both are the same name, byte for byte.
    pub self_issued: bool,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// 2.5.4.10
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// The names in a DER certificate; empty ones where it cannot be read.
pub(crate) fn names(der: &[u8]) -> Names {
    read_names(der).unwrap_or_default()
}

fn read_names(der: &[u8]) -> Option<Names> {
    let (_, certificate, _) = element(der)?;
    let (_, mut rest, _) = element(certificate)?;
    // [0] version, serial number, signature algorithm.
    if rest.first() == Some(&0xa0) {
        rest = element(rest)?.2;
    }
    rest = element(rest)?.2;
    rest = element(rest)?.2;
    let (_, issuer, rest) = element(rest)?;
    let (_, _validity, rest) = element(rest)?;
    let (_, subject, _) = element(rest)?;
    Some(Names {
        subject: display(subject),
        issuer: display(issuer),
        self_issued: subject == issuer,
    })
}

/// A DER element: tag, contents, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let length = if first < 0x80 {
        usize::from(first)
    } else {
        let count = usize::from(first & 0x7f);
        let bytes = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
        rest = &rest[count..];
        bytes
            .iter()
            .fold(0, |length, &byte| length << 8 | usize::from(byte))
    };
    Some((tag, rest.get(..length)?, &rest[length..]))
}

/// The common name of a distinguished name, or its organisation.
fn display(name: &[u8]) -> String {
    attribute(name, COMMON_NAME)
        .or_else(|| attribute(name, ORGANIZATION))
        .unwrap_or_default()
}

fn attribute(mut name: &[u8], wanted: &[u8]) -> Option<String> {
    while let Some((SET, mut set, rest)) = element(name) {
        while let Some((SEQUENCE, pair, others)) = element(set) {
            let (tag, oid, value) = element(pair)?;
            if tag == OBJECT_IDENTIFIER && oid == wanted {
                let (_, text, _) = element(value)?;
                return Some(String::from_utf8_lossy(text).into_owned());
            }
            set = others;
        }
        name = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn the_common_name_is_read() {
        let mut parameters = rcgen::CertificateParams::new(vec!["host".into()]).unwrap();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, "Corp");
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Kube CA ü");
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let read = names(certificate.der());
        assert_eq!(
            (read.subject.as_str(), read.issuer.as_str(), read.self_issued),
            ("Kube CA ü", "Kube CA ü", true)
        );
        for length in 0..certificate.der().len() {
            names(&certificate.der()[..length]);
        }
    }
}
