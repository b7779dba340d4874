//! Unusual chains, each verified as by Go: most were tried with kubectl 1.36, the others follow from Go's source.

use super::certificate;
use super::chain::{CertificatePlace, Fault, verify};
use super::key::PublicKey;
use super::pool::Pool;
use super::signature::{self, Algorithm};
use crate::connect::tests::forge::*;
use rcgen::KeyPair;
use rustls_pki_types::CertificateDer;

/// 2026-11-30
const NOW: i64 = 1_796_000_000;
const HOST: &str = "127.0.0.1";

struct Keys {
    root: KeyPair,
    middle: KeyPair,
    leaf: KeyPair,
}

impl Keys {
    fn new() -> Self {
        let key = || KeyPair::generate().unwrap();
        Self {
            root: key(),
            middle: key(),
            leaf: key(),
        }
    }

    fn root(&self, extensions: &[Vec<u8>]) -> CertificateDer<'static> {
        Forged::new("root", extensions).self_signed(&self.root)
    }

    fn usual_root(&self) -> CertificateDer<'static> {
        self.root(&[authority(true, None)])
    }

    /// Returns a server's certificate, issued by the root.
    fn leaf(&self, extensions: &[Vec<u8>]) -> CertificateDer<'static> {
        let extensions = [&[names(&[], &[&[127, 0, 0, 1]])], extensions].concat();
        Forged::new("server", &extensions).signed(&self.leaf, "root", &self.root)
    }

    fn middle(&self, subject: &str, extensions: &[Vec<u8>]) -> CertificateDer<'static> {
        Forged::new(subject, extensions).signed(&self.middle, "root", &self.root)
    }

    fn below_middle(&self, issuer: &str) -> CertificateDer<'static> {
        Forged::new("server", &[names(&[], &[&[127, 0, 0, 1]])]).signed(&self.leaf, issuer, &self.middle)
    }
}

fn pool(roots: &[CertificateDer<'static>]) -> Pool {
    let mut pool = Pool::default();
    for root in roots {
        let _ = pool.add(root.clone());
    }
    pool
}

fn judge(
    roots: &[CertificateDer<'static>],
    leaf: &CertificateDer<'static>,
    sent: &[CertificateDer<'static>],
) -> Result<(), Fault> {
    verify(leaf, sent, &pool(roots), HOST, NOW)
}

/// Returns why no issuer was found.
fn why(result: Result<(), Fault>) -> String {
    match result {
        Err(Fault::UnknownAuthority(_, Some(why))) => match *why {
            Fault::NoIssuer(_, why) => why.to_owned(),
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

#[test]
fn unusual_roots_are_trusted_as_by_go() {
    let keys = Keys::new();
    let leaf = keys.leaf(&[]);
    let certificate_sign = extension(&[15], true, &[3, 2, 2, 4]);
    for (what, root) in [
        ("usual", keys.usual_root()),
        (
            "with a key usage",
            keys.root(&[authority(true, None), certificate_sign]),
        ),
        ("version 1", Forged::v1("root").self_signed(&keys.root)),
        ("path length 0", keys.root(&[authority(true, Some(0))])),
        (
            "for servers and clients",
            keys.root(&[authority(true, None), purposes(&[CLIENTS, SERVERS])]),
        ),
        (
            "an unknown extension",
            keys.root(&[authority(true, None), extension(&[0x2a, 3, 4, 5], false, &[5, 0])]),
        ),
        (
            "issued by another",
            Forged::new("root", &[authority(true, None)]).signed(&keys.root, "x", &keys.leaf),
        ),
    ] {
        assert_eq!(judge(&[root], &leaf, &[]), Ok(()), "{what}");
    }
}

#[test]
fn roots_that_may_not_sign_are_refused() {
    let keys = Keys::new();
    let leaf = keys.leaf(&[]);
    let digital_signature = extension(&[15], true, &[3, 2, 7, 0x80]);
    let ask = |extensions: &[Vec<u8>]| judge(&[keys.root(extensions)], &leaf, &[]);
    assert_eq!(why(ask(&[])), "it has no basic constraints that make it a CA");
    assert_eq!(
        why(ask(&[authority(false, None)])),
        "its basic constraints say that it is not a CA"
    );
    assert_eq!(
        why(ask(&[authority(true, None), digital_signature])),
        "its key usage does not include signing certificates"
    );
    let unknown = extension(&[0x2a, 3, 4, 5], true, &[5, 0]);
    assert!(why(ask(&[authority(true, None), unknown])).contains("Critical"));
    let for_clients = ask(&[authority(true, None), purposes(&[CLIENTS])]);
    assert!(
        matches!(&for_clients, Err(Fault::Purpose(whose)) if whose.place == CertificatePlace::Trusted && whose.subject == "root"),
        "{for_clients:?}"
    );
    let old = Forged {
        not_after: "20250101000000Z",
        ..Forged::new("root", &[authority(true, None)])
    };
    let expired = judge(&[old.self_signed(&keys.root)], &leaf, &[]);
    assert!(why(expired).starts_with("Expired"));
    // A root of the same name, with another key.
    let other = Forged::new("root", &[authority(true, None)]).self_signed(&keys.middle);
    assert_eq!(
        why(judge(std::slice::from_ref(&other), &leaf, &[])),
        "its key did not make the signature"
    );
    assert_eq!(judge(&[other, keys.usual_root()], &leaf, &[]), Ok(()));
    assert!(matches!(
        judge(&[keys.middle("other", &[])], &leaf, &[]),
        Err(Fault::UnknownAuthority(_, None))
    ));
}

#[test]
fn leaf_certificates_are_verified_as_by_go() {
    let keys = Keys::new();
    let root = keys.usual_root();
    let ask = |extensions: &[Vec<u8>]| judge(std::slice::from_ref(&root), &keys.leaf(extensions), &[]);
    let policy = |id: &[u8]| sequence(&[&sequence(&[&element(6, &[id])])]);
    for (what, extensions) in [
        ("a CA", vec![authority(true, None)]),
        ("for anything", vec![purposes(&[ANYTHING])]),
        ("for others and servers", vec![purposes(&[CLIENTS, SERVERS])]),
        (
            "critical policies",
            vec![extension(&[32], true, &policy(&[0x2a, 3]))],
        ),
        (
            "critical inhibition of any policy",
            vec![extension(&[54], true, &[2, 1, 0])],
        ),
        ("name constraints of its own", vec![constraints(0xa0, 2, b"x")]),
        (
            "an unknown extension",
            vec![extension(&[0x2a, 3, 4, 5], false, &[5, 0])],
        ),
        (
            "key encipherment alone",
            vec![extension(&[15], true, &[3, 2, 5, 0x20])],
        ),
    ] {
        assert_eq!(ask(&extensions), Ok(()), "{what}");
    }
    let critical = ask(&[extension(&[0x2a, 3, 4, 5], true, &[5, 0])]);
    assert!(matches!(critical, Err(Fault::Critical(_, id)) if id == "1.2.3.4.5"));
    assert!(matches!(ask(&[purposes(&[CLIENTS])]), Err(Fault::Purpose(_))));
    let twice = extension(&[19], true, &sequence(&[]));
    assert!(matches!(
        ask(&[twice.clone(), twice]),
        Err(Fault::Malformed(_, "it has an extension twice"))
    ));
    for (serial, expected) in [
        (vec![0xfb], Err("its serial number is negative")),
        (vec![0], Ok(())),
        (vec![0x7f; 30], Ok(())),
        (vec![0, 1], Err("its serial number is malformed")),
    ] {
        let forged = Forged {
            serial: serial.clone(),
            ..Forged::new("server", &[names(&[], &[&[127, 0, 0, 1]])])
        };
        let judged = judge(
            std::slice::from_ref(&root),
            &forged.signed(&keys.leaf, "root", &keys.root),
            &[],
        );
        let judged = judged.map_err(|fault| match fault {
            Fault::Malformed(_, what) => what,
            _ => "other",
        });
        assert_eq!(judged, expected, "{serial:?}");
    }
    // Version 1 has no alternative names.
    let v1 = Forged::v1("127.0.0.1").signed(&keys.leaf, "root", &keys.root);
    assert_eq!(
        judge(std::slice::from_ref(&root), &v1, &[]),
        Err(Fault::Name(Vec::new()))
    );
    // The last GeneralizedTime.
    let endless = Forged {
        not_after: "99991231235959Z",
        ..Forged::new("server", &[names(&[], &[&[127, 0, 0, 1]])])
    };
    let endless = endless.signed(&keys.leaf, "root", &keys.root);
    assert_eq!(judge(&[root], &endless, &[]), Ok(()));
}

#[test]
fn trusted_leaf_needs_no_issuer() {
    let keys = Keys::new();
    let leaf = keys.leaf(&[]);
    assert_eq!(judge(std::slice::from_ref(&leaf), &leaf, &[]), Ok(()));
    let own =
        Forged::new("own", &[names(&[], &[&[127, 0, 0, 1]]), authority(true, None)]).self_signed(&keys.leaf);
    assert_eq!(judge(std::slice::from_ref(&own), &own, &[]), Ok(()));
    let v1 = Forged::v1("own").self_signed(&keys.leaf);
    assert_eq!(
        judge(std::slice::from_ref(&v1), &v1, &[]),
        Err(Fault::Name(Vec::new()))
    );
    let old = Forged {
        not_after: "20250101000000Z",
        ..Forged::new("own", &[names(&[], &[&[127, 0, 0, 1]])])
    }
    .self_signed(&keys.leaf);
    assert!(matches!(
        judge(std::slice::from_ref(&old), &old, &[]),
        Err(Fault::Expired(..))
    ));
}

#[test]
fn intermediates_may_be_in_any_order() {
    let keys = Keys::new();
    let root = keys.usual_root();
    let middle = keys.middle("middle", &[authority(true, None)]);
    let leaf = keys.below_middle("middle");
    let stranger = Forged::new("stranger", &[authority(true, None)]).self_signed(&keys.leaf);
    let roots = [root.clone()];
    assert_eq!(judge(&roots, &leaf, std::slice::from_ref(&middle)), Ok(()));
    let odd_order = [leaf.clone(), stranger, root.clone(), middle.clone()];
    assert_eq!(judge(&roots, &leaf, &odd_order), Ok(()));
    assert!(matches!(
        judge(&roots, &leaf, &[]),
        Err(Fault::UnknownAuthority(_, None))
    ));
    assert_eq!(judge(std::slice::from_ref(&middle), &leaf, &[]), Ok(()));
    for (what, middle) in [
        (
            "version 1",
            Forged::v1("middle").signed(&keys.middle, "root", &keys.root),
        ),
        ("no CA", keys.middle("middle", &[])),
    ] {
        assert!(judge(&roots, &leaf, &[middle]).is_err(), "{what}");
    }
    // More certificates than the path length allows.
    let short = keys.root(&[authority(true, Some(0))]);
    assert_eq!(
        why(judge(&[short], &leaf, std::slice::from_ref(&middle))),
        "there are more authorities below it than its path length allows"
    );
    // As in Go, a malformed certificate makes the whole chain invalid.
    let broken = CertificateDer::from(vec![0x30, 0]);
    assert!(matches!(
        judge(&roots, &leaf, &[middle, broken]),
        Err(Fault::Malformed(whose, _)) if whose.place == CertificatePlace::Sent
    ));
}

#[test]
fn search_ends_with_too_many_authorities_of_one_name() {
    let keys = Keys::new();
    // Each was issued by all others, so that there are far too many chains.
    let others: Vec<_> = (0..30)
        .map(|number| {
            let key = KeyPair::generate().unwrap();
            let mut forged = Forged::new("middle", &[authority(true, None)]);
            forged.serial = vec![number];
            forged.signed(&key, "middle", &keys.middle)
        })
        .collect();
    let leaf = keys.below_middle("middle");
    assert!(judge(&[keys.usual_root()], &leaf, &others).is_err());
    let mut endless = others.clone();
    endless.push(keys.middle("middle", &[authority(true, None)]));
    // The right issuer is the last of 31.
    assert_eq!(judge(&[keys.usual_root()], &leaf, &endless), Ok(()));
}

/// Returns name constraints with one subtree: 0xa0 permits, 0xa1 excludes; 2 is DNS, 7 an address, 6 a URI, 1 email.
fn constraints(list: u8, kind: u8, value: &[u8]) -> Vec<u8> {
    let subtree = sequence(&[&element(0x80 | kind, &[value])]);
    extension(&[30], true, &sequence(&[&element(list, &[&subtree])]))
}

#[test]
fn name_constraints_of_authorities_are_enforced() {
    let keys = Keys::new();
    let address = [127, 0, 0, 1];
    let leaf = |dns: &[&str], others: &[Vec<u8>]| {
        let dns = dns.iter().map(|name| element(0x82, &[name.as_bytes()]));
        let all: Vec<_> = dns
            .chain(others.to_vec())
            .chain([element(0x87, &[&address])])
            .collect();
        let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        Forged::new("server", &[extension(&[17], false, &sequence(&all))])
            .signed(&keys.leaf, "root", &keys.root)
    };
    let uri = |text: &str| vec![element(0x86, &[text.as_bytes()])];
    let email = |text: &str| vec![element(0x81, &[text.as_bytes()])];
    let (permit, exclude, dns, range) = (0xa0, 0xa1, 2, 7);
    for (list, kind, value, leaf, expected) in [
        (
            permit,
            dns,
            &b"example.com"[..],
            leaf(&["a.example.com"], &[]),
            true,
        ),
        (permit, dns, b"example.com", leaf(&["a.example.org"], &[]), false),
        (permit, dns, b".example.com", leaf(&["example.com"], &[]), false),
        (
            exclude,
            dns,
            b"bad.example.com",
            leaf(&["good.example.com"], &[]),
            true,
        ),
        (
            exclude,
            dns,
            b"bad.example.com",
            leaf(&["*.example.com"], &[]),
            false,
        ),
        (
            permit,
            range,
            &[127, 0, 0, 0, 255, 0, 0, 0],
            leaf(&["a"], &[]),
            true,
        ),
        (permit, range, &[10, 0, 0, 0, 255, 0, 0, 0], leaf(&[], &[]), false),
        (
            exclude,
            range,
            &[127, 0, 0, 0, 255, 0, 0, 0],
            leaf(&[], &[]),
            false,
        ),
        (
            permit,
            6,
            b"example.com",
            leaf(&[], &uri("spiffe://example.com/x")),
            true,
        ),
        (
            permit,
            6,
            b"example.com",
            leaf(&[], &uri("spiffe://example.org/x")),
            false,
        ),
        (permit, dns, b"x", leaf(&[], &uri("urn:x")), false),
        (
            permit,
            1,
            b"example.com",
            leaf(&[], &email("a@example.com")),
            true,
        ),
        (
            permit,
            1,
            b"b@example.com",
            leaf(&[], &email("a@example.com")),
            false,
        ),
    ] {
        let root = keys.root(&[authority(true, None), constraints(list, kind, value)]);
        let judged = judge(&[root], &leaf, &[]);
        let text = String::from_utf8_lossy(value);
        match expected {
            true => assert_eq!(judged, Ok(()), "{list} {kind} {text}"),
            false => assert!(
                matches!(judged, Err(Fault::Constraint(_))),
                "{list} {kind} {text}: {judged:?}"
            ),
        }
    }
    // An unsupported kind of name, in a critical extension.
    let odd = keys.root(&[authority(true, None), constraints(permit, 8, &[0x2a, 3])]);
    assert!(judge(&[odd], &leaf(&[], &[]), &[]).is_err());
}

#[test]
fn required_policy_must_be_valid_in_the_whole_chain() {
    let keys = Keys::new();
    let policies = |id: &[u8]| extension(&[32], false, &sequence(&[&sequence(&[&element(6, &[id])])]));
    let required = extension(&[36], true, &sequence(&[&element(0x80, &[&[0]])]));
    let leaf = |extensions: &[Vec<u8>]| {
        let extensions = [&[names(&[], &[&[127, 0, 0, 1]])], extensions].concat();
        Forged::new("server", &extensions).signed(&keys.leaf, "middle", &keys.middle)
    };
    let ask = |middle: &[Vec<u8>], of_leaf: &[Vec<u8>]| {
        let middle = keys.middle("middle", &[&[authority(true, None)], middle].concat());
        judge(&[keys.usual_root()], &leaf(of_leaf), &[middle])
    };
    let (one, other): (&[u8], &[u8]) = (&[0x2a, 3], &[0x2a, 4]);
    let with = |id: &[u8]| vec![required.clone(), policies(id)];
    assert_eq!(ask(&with(one), &[policies(one)]), Ok(()));
    assert_eq!(ask(&with(super::oid::ANY_POLICY), &[policies(one)]), Ok(()));
    assert_eq!(ask(&with(one), &[policies(other)]), Err(Fault::Policy));
    assert_eq!(ask(&with(one), &[]), Err(Fault::Policy));
    assert_eq!(ask(&[policies(one)], &[policies(other)]), Ok(()));
    let mapped = extension(
        &[33],
        true,
        &sequence(&[&sequence(&[&element(6, &[one]), &element(6, &[other])])]),
    );
    let middle = [required, policies(one), mapped];
    assert_eq!(ask(&middle, &[policies(other)]), Ok(()));
    assert_eq!(ask(&middle, &[policies(one)]), Err(Fault::Policy));
}

/// Returns a certificate that OpenSSL made, and its key.
macro_rules! made {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../tests/data/x509/", $name, ".pem")),
            include_str!(concat!("../../../../tests/data/x509/", $name, ".key.pem")),
        )
    };
}

fn der(pem: &str) -> Vec<u8> {
    crate::connect::tls::pem::blocks(pem.as_bytes()).remove(0).bytes
}

#[test]
fn openssl_signatures_of_every_algorithm_are_verified() {
    use crate::connect::tls::private_key::Key;
    for (name, certificate, key) in [
        made!("p224-sha256"),
        made!("p224-sha512"),
        made!("p256-sha384"),
        made!("p256-sha512"),
        made!("p384-sha256"),
        made!("p384-sha512"),
        made!("p521-sha256"),
        made!("p521-sha384"),
        made!("p521-sha512"),
        made!("rsa1024-sha256"),
        made!("rsa1024-pss-sha384"),
        made!("rsa1536-sha512"),
        made!("rsa2048-pss-sha512"),
        made!("rsa2048-e3-sha256"),
        made!("rsa3072-three-primes"),
        made!("rsa8192-sha512"),
        made!("rsa9216-sha256"),
        made!("ed25519"),
    ] {
        let certificate = der(certificate);
        let parsed = certificate::parse(&certificate).unwrap();
        let Algorithm::Known(scheme) = parsed.algorithm else {
            panic!("{name}: {:?}", parsed.algorithm);
        };
        let is_valid = |tbs: &[u8]| signature::is_valid(parsed.key, scheme, tbs, parsed.signature);
        assert!(is_valid(parsed.tbs), "{name}");
        let mut changed = parsed.tbs.to_vec();
        changed[20] ^= 1;
        assert!(!is_valid(&changed), "{name}");
        // As its own root. A server may not send RSA keys over 8192 bits.
        let judged = judge(
            &[CertificateDer::from(certificate.clone())],
            &certificate.clone().into(),
            &[],
        );
        match name {
            "rsa9216-sha256" => assert!(matches!(judged, Err(Fault::TooLarge(_, 9216))), "{judged:?}"),
            _ => assert_eq!(judged, Ok(()), "{name}"),
        }
        let key = Key::parse(&der(key)).unwrap();
        assert!(key.belongs_to(parsed.key), "{name}");
        assert!(!key.belongs_to(PublicKey::Other), "{name}");
        assert_eq!(certificate::public_key(&certificate), Ok(parsed.key));
        assert_eq!(certificate::names(&certificate).subject, name);
    }
}

#[test]
fn signatures_with_insecure_hashes_are_refused() {
    let (_, old, _) = made!("rsa2048-sha1");
    let old = CertificateDer::from(der(old));
    let keys = Keys::new();
    // The root itself is trusted, but not its signature on others.
    assert_eq!(judge(std::slice::from_ref(&old), &old, &[]), Ok(()));
    let parsed = certificate::parse(&old).unwrap();
    assert_eq!(parsed.algorithm, Algorithm::Insecure("SHA-1"));
    assert!(judge(&[keys.usual_root()], &old, &[]).is_err());
}

#[test]
fn cut_or_changed_certificates_are_refused_without_a_panic() {
    let keys = Keys::new();
    let whole = keys.leaf(&[
        authority(true, Some(3)),
        constraints(0xa0, 2, b"x"),
        purposes(&[SERVERS]),
    ]);
    assert!(certificate::parse(&whole).is_ok());
    for at in 0..whole.len() {
        assert!(certificate::parse(&whole[..at]).is_err());
        let mut changed = whole.to_vec();
        for byte in [0, 0x80, 0xff, changed[at] ^ 1] {
            changed[at] = byte;
            let _ = certificate::parse(&changed);
            let _ = certificate::names(&changed);
            let _ = certificate::public_key(&changed);
        }
    }
    let longer = [&whole[..], &[0]].concat();
    assert_eq!(certificate::parse(&longer).unwrap_err(), "something follows it");
}

#[test]
fn names_of_a_certificate_are_found() {
    let mut parameters = rcgen::CertificateParams::new(vec!["host".into()]).unwrap();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(rcgen::DnType::OrganizationName, "Corp");
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, "Kube CA ü");
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let read = certificate::names(certificate.der());
    assert_eq!(
        (read.subject.as_str(), read.issuer.as_str(), read.self_issued),
        ("Kube CA ü", "Kube CA ü", true)
    );
}
