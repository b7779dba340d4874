//! True if a server's certificate leads to one that is trusted (Go's `Certificate.Verify`).

use super::alternative_names::ip_address;
use super::certificate::{self, Certificate, Parties};
use super::distinguished_name::display;
use super::extensions::CERTIFICATE_SIGN;
use super::key::{PublicKey, bit_length, rsa_parts};
use super::pool::Pool;
use super::signature::{self, Algorithm};
use super::{constraints, der, host_name, oid, policy};

/// Which certificate something is wrong with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Whose {
    pub place: Place,
    /// Its subject, which may be empty.
    pub subject: String,
}

/// Where a certificate comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// The server's own.
    Leaf,
    /// Sent by the server beside its own.
    Sent,
    /// One that is trusted.
    Trusted,
}

/// Why a server is not trusted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// A certificate that cannot be read.
    Malformed(Whose, &'static str),
    /// Seconds since 1970.
    Expired(Whose, i64),
    NotYetValid(Whose, i64),
    /// An extension that is marked critical and that nobody here understands.
    Critical(Whose, String),
    /// The names that the certificate bears in place of the one that was asked for.
    Name(Vec<String>),
    /// No chain leads to what is trusted. Where there is a certificate of the issuer's name, this says why it does not
    /// serve.
    UnknownAuthority(Parties, Option<Box<Fault>>),
    /// An issuer that may not issue, or did not issue this one.
    NoIssuer(Whose, &'static str),
    /// A purpose other than being a server's, in the chain.
    Purpose(Whose),
    /// A name that an authority may not vouch for.
    Constraint(String),
    /// Policies that are required, and not there.
    Policy,
    /// An RSA key of so many bits.
    TooLarge(Whose, usize),
    /// A key that no TLS server can have.
    Key,
    /// A key that cannot be read, in a certificate of which nothing else counts.
    UnusableKey(&'static str),
    /// Too many certificates of equal names.
    TooManyChecks,
}

/// RSA keys in certificates that are sent are no larger (Go's `crypto/tls`): checking them would take long.
const MOST_RSA_BITS: usize = 8192;

/// How many signatures are checked for one server.
const MOST_CHECKS: u32 = 100;

/// How many names an error lists.
const MOST_NAMES: usize = 20;

/// Says whether a server with these certificates, its own first, is one of this name, now, in the eyes of those who trust
/// the roots.
pub(crate) fn verify(
    leaf: &[u8],
    sent: &[impl AsRef<[u8]>],
    roots: &Pool,
    host: &str,
    now: i64,
) -> Result<(), Fault> {
    let certificate = read(leaf, Place::Leaf)?;
    let sent = sent
        .iter()
        .map(|der| read(der.as_ref(), Place::Sent))
        .collect::<Result<Vec<_>, _>>()?;
    if certificate.key == PublicKey::Other {
        return Err(Fault::Key);
    }
    is_in_force(&certificate, Place::Leaf, now)?;
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

fn read(der: &[u8], place: Place) -> Result<Certificate<'_>, Fault> {
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

fn whose(certificate: &Certificate<'_>, place: Place) -> Whose {
    let name = der::Reader::new(certificate.subject).read(der::SEQUENCE);
    Whose {
        place,
        subject: display(name.unwrap_or_default()),
    }
}

/// Checks what holds for every certificate of a chain.
fn is_in_force(certificate: &Certificate<'_>, place: Place, now: i64) -> Result<(), Fault> {
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
    /// The fault of chains that do lead to a root.
    of_chains: Option<Fault>,
}

impl Search<'_> {
    /// Looks for a way from the end of a chain to a root; where there is none, says why the likeliest issuer does not
    /// serve.
    fn from(&mut self, chain: &[&Certificate<'_>]) -> Result<(), Option<Fault>> {
        let Some(last) = chain.last() else {
            return Err(None);
        };
        let mut why = None;
        let roots = self.roots;
        let mut of_name: Vec<_> = roots
            .of(last.issuer)
            .filter_map(|der| certificate::parse(der).ok())
            .collect();
        of_name.sort_by_key(|issuer| unlikeliness(issuer, last));
        for root in &of_name {
            match self.consider(root, Place::Trusted, chain) {
                Ok(longer) => match judge(&longer) {
                    Ok(()) => return Ok(()),
                    Err(fault) => {
                        self.of_chains.get_or_insert(fault);
                    }
                },
                Err(fault) => why = why.or(fault),
            }
        }
        let sent = self.sent;
        let mut of_name: Vec<_> = sent
            .iter()
            .filter(|certificate| certificate.subject == last.issuer)
            .collect();
        of_name.sort_by_key(|issuer| unlikeliness(issuer, last));
        for issuer in of_name {
            match self.consider(issuer, Place::Sent, chain) {
                Ok(longer) => match self.from(&longer) {
                    Ok(()) => return Ok(()),
                    Err(fault) => why = why.or(fault),
                },
                Err(fault) => why = why.or(fault),
            }
        }
        Err(why)
    }

    /// The chain with an issuer at its end, if it is one.
    fn consider<'c>(
        &mut self,
        issuer: &'c Certificate<'c>,
        place: Place,
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
            None if place == Place::Sent => return not("it is of version 1 and no root"),
            Some(constraints) if !constraints.is_ca => {
                return not("its basic constraints say that it is no CA");
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
            Algorithm::Insecure("MD5") => return not("the signature is made with MD5, which proves nothing"),
            Algorithm::Insecure(_) => return not("the signature is made with SHA-1, which proves nothing"),
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

/// How far an issuer's key identifier is from that which a certificate names.
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

/// Returns whether a chain has a certificate of the same name and key.
fn is_in(candidate: &Certificate<'_>, chain: &[&Certificate<'_>]) -> bool {
    chain.iter().any(|certificate| {
        candidate.subject == certificate.subject
            && candidate.key_info == certificate.key_info
            && candidate.extensions.alternative_names == certificate.extensions.alternative_names
    })
}

/// Checks what a whole chain has to agree on.
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
                0 => Place::Leaf,
                _ if index == last => Place::Trusted,
                _ => Place::Sent,
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
