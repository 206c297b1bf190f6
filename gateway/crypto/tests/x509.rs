//! Certificates and their files against the `openssl` command, and against hostile bytes.

#[cfg(test)]
#[path = "x509/mod.rs"]
mod x509;
