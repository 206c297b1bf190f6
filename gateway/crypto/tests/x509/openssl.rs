//! The `openssl` command.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Runs openssl with some input and gives what it wrote.
pub(super) fn run(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let output = output(arguments, input);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {}: {said}", arguments.join(" "));
    output.stdout
}

/// Runs openssl and tells how it ended.
pub(super) fn output(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that has failed already reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// What openssl prints, as text.
pub(super) fn text(arguments: &[&str], input: &[u8]) -> String {
    String::from_utf8(run(arguments, input)).unwrap()
}

/// Whether this openssl has the old ciphers, which some builds leave out.
pub(super) fn has_legacy() -> bool {
    output(&["list", "-providers", "-provider", "legacy"], b"").status.success()
}

/// A new key, as PKCS #8.
pub(super) fn generate(arguments: &[&str]) -> Vec<u8> {
    pkcs8(&run(&[&["genpkey"], arguments].concat(), b""))
}

/// A key in PEM as PKCS #8 in DER, where `pkey -outform DER` would write the older form.
pub(super) fn pkcs8(pem: &[u8]) -> Vec<u8> {
    run(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], pem)
}

/// A folder for the files of a test.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file and gives its path.
    pub(super) fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        Path::new(self.0.path()).join(name)
    }
}
