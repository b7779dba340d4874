use super::*;

/// Counts the certificates that are found with these variables.
fn count(variables: &[(&str, String)]) -> Result<usize, String> {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.clone())
    };
    Machine::from_lookup(lookup).map(|machine| machine.0.len())
}

#[test]
fn ssl_cert_file_and_ssl_cert_dir_name_roots() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("one")).unwrap();
    std::fs::create_dir(path("two")).unwrap();
    std::fs::create_dir(path("none")).unwrap();
    let write = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        std::fs::write(path(name), certificate.pem()).unwrap();
    };
    write("file.pem");
    write("one/a.pem");
    write("two/b.pem");
    std::os::unix::fs::symlink("a.pem", path("one/0123abcd.0")).unwrap();
    let text = |name: &str| path(name).display().to_string();
    let both = format!("{}:{}", text("one"), text("two"));
    let none = ("SSL_CERT_DIR", text("none"));
    assert_eq!(count(&[("SSL_CERT_FILE", text("file.pem")), none.clone()]), Ok(1));
    assert_eq!(
        count(&[
            ("SSL_CERT_FILE", text("file.pem")),
            ("SSL_CERT_DIR", both.clone())
        ]),
        Ok(3)
    );
    assert_eq!(
        count(&[("SSL_CERT_FILE", text("not-there")), ("SSL_CERT_DIR", both)]),
        Ok(2)
    );
    let error = count(&[("SSL_CERT_FILE", text("not-there")), none]).unwrap_err();
    assert!(error.contains("not-there") && error.contains("/none"), "{error}");
}
