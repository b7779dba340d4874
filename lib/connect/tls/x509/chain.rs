//! Builds and verifies chains from a server's certificate to a trusted one (Go's `Certificate.Verify`).

use super::alternative_names::ip_address;
use super::certificate::{self, Certificate, Parties};
use super::distinguished_name::display;
use super::extensions::CERTIFICATE_SIGN;
use super::key::{PublicKey, bit_length, rsa_parts};
use super::pool::Pool;
use super::signature::{self, Algorithm};
use super::{constraints, der, host_name, oid, policy};

/// The certificate that a fault is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Whose {
    pub place: CertificatePlace,
    /// The subject, which may be empty.
    pub subject: String,
}

/// The place of a certificate in a chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CertificatePlace {
    /// The server's own certificate.
    Leaf,
    /// A certificate that the server sent besides its own.
    Sent,
    /// A trusted certificate.
    Trusted,
}

/// Says why a server is not trusted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// A certificate that cannot be parsed.
    Malformed(Whose, &'static str),
    /// The time of expiry, in seconds since 1970.
    Expired(Whose, i64),
    NotYetValid(Whose, i64),
    /// A critical extension that is not supported.
    Critical(Whose, String),
    /// The certificate's names, none of which is the wanted one.
    Name(Vec<String>),
    /// No chain leads to a trusted certificate. If there is a certificate with the issuer's name, the fault says why it
    /// cannot be the issuer.
    UnknownAuthority(Parties, Option<Box<Fault>>),
    /// A certificate that may not issue others, or did not issue this one.
    NoIssuer(Whose, &'static str),
    /// A certificate in the chain that is not meant for servers.
    Purpose(Whose),
    /// A name that an authority is not allowed to certify.
    Constraint(String),
    /// A required policy is missing.
    Policy,
    /// An RSA key that is too large, and its bits.
    TooLarge(Whose, usize),
    /// A kind of key that no TLS server can have.
    Key,
    /// A key that cannot be used, in a certificate of which nothing else is checked.
    UnusableKey(&'static str),
    /// Too many certificates with equal names.
    TooManyChecks,
}

/// The largest RSA key of a certificate that a server sends (Go's `crypto/tls`): a larger one would take long to check.
const MOST_RSA_BITS: usize = 8192;

/// The most signatures that are checked for one server.
const MOST_CHECKS: u32 = 100;

/// The most names that an error lists.
const MOST_NAMES: usize = 20;

/// Verifies that a server with these certificates has this name, at this time, if the roots are trusted.
pub(crate) fn verify(
    leaf: &[u8],
    sent: &[impl AsRef<[u8]>],
    roots: &Pool,
    host: &str,
    now: i64,
) -> Result<(), Fault> {
    let certificate = read(leaf, CertificatePlace::Leaf)?;
    let sent = sent
        .iter()
        .map(|der| read(der.as_ref(), CertificatePlace::Sent))
        .collect::<Result<Vec<_>, _>>()?;
    if certificate.key == PublicKey::Other {
        return Err(Fault::Key);
    }
    is_in_force(&certificate, CertificatePlace::Leaf, now)?;
    if roots.contains(certificate.subject, leaf) {
        judge(&[&certificate])?;
    } else {
        let mut search = Search {
            sent: &sent,
            roots,
            now,
            checks: 0,
            of_chains: None,
        };
        if let Err(why) = search.from(&[&certificate]) {
            return Err(match search.of_chains {
                Some(fault) => fault,
                None if search.checks > MOST_CHECKS => Fault::TooManyChecks,
                None => Fault::UnknownAuthority(certificate::names(leaf), why.map(Box::new)),
            });
        }
    }
    if host_name::matches(&certificate.extensions.names, host) {
        return Ok(());
    }
    let names = &certificate.extensions.names;
    let addresses = names.addresses.iter().filter_map(|bytes| ip_address(bytes));
    let presented = names.dns.iter().map(ToString::to_string);
    let all = presented.chain(addresses.map(|address| address.to_string()));
    let mut listed: Vec<String> = all.take(MOST_NAMES).collect();
    let more = (names.dns.len() + names.addresses.len()).saturating_sub(MOST_NAMES);
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    Err(Fault::Name(listed))
}

fn read(der: &[u8], place: CertificatePlace) -> Result<Certificate<'_>, Fault> {
    let whose = || Whose {
        place,
        subject: certificate::names(der).subject,
    };
    let certificate = certificate::parse(der).map_err(|why| Fault::Malformed(whose(), why))?;
    if let PublicKey::Rsa(key) = certificate.key {
        let bits = rsa_parts(key).map_or(0, |(modulus, _)| bit_length(modulus));
        if bits > MOST_RSA_BITS {
            return Err(Fault::TooLarge(whose(), bits));
        }
    }
    Ok(certificate)
}

fn whose(certificate: &Certificate<'_>, place: CertificatePlace) -> Whose {
    let name = der::Reader::new(certificate.subject).read(der::SEQUENCE);
    Whose {
        place,
        subject: display(name.unwrap_or_default()),
    }
}

/// Checks what must be true of every certificate in a chain.
fn is_in_force(certificate: &Certificate<'_>, place: CertificatePlace, now: i64) -> Result<(), Fault> {
    if let Some(extension) = certificate.extensions.unhandled {
        return Err(Fault::Critical(whose(certificate, place), der::dotted(extension)));
    }
    if now < certificate.not_before {
        return Err(Fault::NotYetValid(
            whose(certificate, place),
            certificate.not_before,
        ));
    }
    if now > certificate.not_after {
        return Err(Fault::Expired(whose(certificate, place), certificate.not_after));
    }
    Ok(())
}

/// The search for a chain.
struct Search<'a> {
    sent: &'a [Certificate<'a>],
    roots: &'a Pool,
    now: i64,
    checks: u32,
    /// The fault of a chain that does lead to a root.
    of_chains: Option<Fault>,
}

impl Search<'_> {
    /// Looks for a way from the end of a chain to a root. If there is none, the error says why the likeliest issuer cannot
    /// be it.
    fn from(&mut self, chain: &[&Certificate<'_>]) -> Result<(), Option<Fault>> {
        let Some(last) = chain.last() else {
            return Err(None);
        };
        let roots: Vec<_> = self
            .roots
            .of(last.issuer)
            .filter_map(|der| certificate::parse(der).ok())
            .collect();
        let roots = roots.iter().map(|root| (CertificatePlace::Trusted, root));
        let sent = self.sent.iter().map(|sent| (CertificatePlace::Sent, sent));
        let of_name = sent.filter(|(_, sent)| sent.subject == last.issuer);
        let mut issuers: Vec<_> = roots.chain(of_name).collect();
        // Roots come first.
        issuers.sort_by_key(|(place, issuer)| (*place == CertificatePlace::Sent, unlikeliness(issuer, last)));
        let mut why = None;
        for (place, issuer) in issuers {
            let found = match self.consider(issuer, place, chain) {
                Ok(longer) if place == CertificatePlace::Sent => self.from(&longer),
                Ok(longer) => judge(&longer).map_err(|fault| {
                    self.of_chains.get_or_insert(fault);
                    None
                }),
                Err(fault) => Err(fault),
            };
            match found {
                Ok(()) => return Ok(()),
                Err(fault) => why = why.or(fault),
            }
        }
        Err(why)
    }

    /// Appends an issuer to a chain, if it did issue its last certificate.
    fn consider<'c>(
        &mut self,
        issuer: &'c Certificate<'c>,
        place: CertificatePlace,
        chain: &[&'c Certificate<'c>],
    ) -> Result<Vec<&'c Certificate<'c>>, Option<Fault>> {
        self.checks += 1;
        if self.checks > MOST_CHECKS || issuer.key == PublicKey::Other || is_in(issuer, chain) {
            return Err(None);
        }
        let Some(child) = chain.last() else {
            return Err(None);
        };
        let not = |why| Err(Some(Fault::NoIssuer(whose(issuer, place), why)));
        let extensions = &issuer.extensions;
        match extensions.basic_constraints {
            None if issuer.version == 3 => return not("it has no basic constraints that make it a CA"),
            None if place == CertificatePlace::Sent => return not("it has version 1 and is not a root"),
            Some(constraints) if !constraints.is_ca => {
                return not("its basic constraints say that it is not a CA");
            }
            _ => {}
        }
        if extensions.key_usage != 0 && extensions.key_usage & CERTIFICATE_SIGN == 0 {
            return not("its key usage does not include signing certificates");
        }
        match child.algorithm {
            Algorithm::Known(scheme) => {
                if !signature::is_valid(issuer.key, scheme, child.tbs, child.signature) {
                    return not("its key did not make the signature");
                }
            }
            Algorithm::Insecure("MD5") => return not("the signature is made with MD5, which is insecure"),
            Algorithm::Insecure(_) => return not("the signature is made with SHA-1, which is insecure"),
            Algorithm::Unknown => return not("the signature is of an unknown algorithm"),
        }
        is_in_force(issuer, place, self.now).map_err(Some)?;
        let most = extensions
            .basic_constraints
            .and_then(|constraints| constraints.path_length);
        let between = u64::try_from(chain.len()).unwrap_or(u64::MAX).saturating_sub(1);
        if most.is_some_and(|most| between > most) {
            return not("there are more authorities below it than its path length allows");
        }
        let mut longer = chain.to_vec();
        longer.push(issuer);
        Ok(longer)
    }
}

/// Ranks an issuer by how its key identifier fits the one that a certificate names; 0 is best.
fn unlikeliness(issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> u8 {
    let (its, wanted) = (
        issuer.extensions.subject_key,
        certificate.extensions.authority_key,
    );
    match (its == wanted, its.is_empty() != wanted.is_empty()) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

/// Returns true if a chain contains a certificate with the same name and key.
fn is_in(candidate: &Certificate<'_>, chain: &[&Certificate<'_>]) -> bool {
    chain.iter().any(|certificate| {
        candidate.subject == certificate.subject
            && candidate.key_info == certificate.key_info
            && candidate.extensions.alternative_names == certificate.extensions.alternative_names
    })
}

/// Checks policies, purposes and name constraints of a whole chain.
fn judge(chain: &[&Certificate<'_>]) -> Result<(), Fault> {
    if !policy::is_valid(chain) {
        return Err(Fault::Policy);
    }
    let last = chain.len().saturating_sub(1);
    for (index, certificate) in chain.iter().enumerate() {
        let purposes = &certificate.extensions.purposes;
        let is_for_servers = purposes.is_empty()
            || purposes
                .iter()
                .any(|purpose| *purpose == oid::ANY_PURPOSE || *purpose == oid::SERVER_AUTH);
        if !is_for_servers {
            let place = match index {
                0 => CertificatePlace::Leaf,
                _ if index == last => CertificatePlace::Trusted,
                _ => CertificatePlace::Sent,
            };
            return Err(Fault::Purpose(whose(certificate, place)));
        }
    }
    let names: Vec<_> = chain
        .iter()
        .map(|certificate| &certificate.extensions)
        .map(|extensions| (&extensions.names, extensions.constraints.as_ref()))
        .collect();
    constraints::check(&names).map_err(Fault::Constraint)
}
