//! The cryptography of TLS: rustls' provider with ring, and key exchange on P-521, which Go supports too.

use rustls::crypto::{ActiveKeyExchange, CryptoProvider, SharedSecret, SupportedKxGroup, ring};
use rustls::{Error, NamedGroup, PeerMisbehaved, SupportedCipherSuite};
use std::sync::{Arc, LazyLock};

pub(crate) static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = ring::default_provider();
    // AES-128 is offered first, as by Go: AES-256 comes with SHA-384, of which a handshake computes dozens, and for which
    // processors rarely have instructions.
    let is_expensive = |suite: &SupportedCipherSuite| {
        suite
            .suite()
            .as_str()
            .is_some_and(|name| name.ends_with("SHA384"))
    };
    provider.cipher_suites.sort_by_key(is_expensive);
    // Last, as it is slow. Before TLS 1.3 a server may only use a key on this curve if the client offers it.
    provider.kx_groups.push(&P521);
    Arc::new(provider)
});

/// Key exchange on P-521.
#[derive(Debug)]
struct P521;

struct Exchange {
    secret: p521::ecdh::EphemeralSecret,
    public: Vec<u8>,
}

impl SupportedKxGroup for P521 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = p521::ecdh::EphemeralSecret::random(&mut rsa::rand_core::OsRng);
        let public = p521::EncodedPoint::from(secret.public_key()).as_bytes().to_vec();
        Ok(Box::new(Exchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // TLS allows only uncompressed points.
        if peer.first() != Some(&4) {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        let peer = p521::PublicKey::from_sec1_bytes(peer).map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        let shared = self.secret.diffie_hellman(&peer);
        Ok(SharedSecret::from(&shared.raw_secret_bytes()[..]))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}
