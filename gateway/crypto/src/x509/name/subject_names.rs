//! Subject alternative names.

use std::net::IpAddr;

use super::NameError;
use crate::x509::der::{Malformed, Reader, explicit, known, oid, tag, tlv};

/// The subject alternative names of a certificate (RFC 5280 section 4.2.1.6).
///
/// Those that are added one by one are checked for their form. Those that were read from a foreign certificate may be
/// stranger, but none has control characters or spaces, so that no reader can cut one short.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubjectNames {
    dns_names: Vec<String>,
    emails: Vec<String>,
    upns: Vec<String>,
    uris: Vec<String>,
    ip_addresses: Vec<IpAddr>,
}

impl SubjectNames {
    /// How many may be added in all.
    pub const LIMIT: usize = 100;

    /// Adds the name of a host, which may begin with the wildcard label `*`.
    pub fn add_dns_name(&mut self, name: &str) -> Result<(), NameError> {
        let host = name.strip_prefix("*.").unwrap_or(name);
        let fits = name.len() <= 253 && host.split('.').all(is_label);
        self.room()?;
        self.dns_names.push(checked(name, "DNS name", fits)?);
        Ok(())
    }

    /// Adds an address of electronic mail, in ASCII.
    pub fn add_email(&mut self, email: &str) -> Result<(), NameError> {
        self.room()?;
        self.emails.push(checked(email, "email address", is_ascii_text(email, 320) && has_two_sides(email))?);
        Ok(())
    }

    /// Adds a Microsoft user principal name, `user@domain`.
    pub fn add_upn(&mut self, upn: &str) -> Result<(), NameError> {
        self.room()?;
        self.upns.push(checked(upn, "user principal name", is_upn(upn) && has_two_sides(upn))?);
        Ok(())
    }

    /// Adds an absolute URI.
    pub fn add_uri(&mut self, uri: &str) -> Result<(), NameError> {
        self.room()?;
        let absolute = uri.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty());
        self.uris.push(checked(uri, "URI", is_ascii_text(uri, LONGEST_URI) && absolute)?);
        Ok(())
    }

    /// Adds an IP address.
    pub fn add_ip_address(&mut self, address: IpAddr) -> Result<(), NameError> {
        self.room()?;
        self.ip_addresses.push(address);
        Ok(())
    }

    /// The names of hosts.
    #[must_use]
    pub fn dns_names(&self) -> &[String] {
        &self.dns_names
    }

    /// The addresses of electronic mail.
    #[must_use]
    pub fn emails(&self) -> &[String] {
        &self.emails
    }

    /// The user principal names.
    #[must_use]
    pub fn upns(&self) -> &[String] {
        &self.upns
    }

    /// The URIs.
    #[must_use]
    pub fn uris(&self) -> &[String] {
        &self.uris
    }

    /// The IP addresses.
    #[must_use]
    pub fn ip_addresses(&self) -> &[IpAddr] {
        &self.ip_addresses
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Reads GeneralNames; kinds that we have no member for are left out. There may be more than we would write, as the
    /// certificate around them is bounded.
    pub(in crate::x509) fn from_der(names: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::of_sequence(names)?;
        let mut read = Self::default();
        while !reader.is_empty() {
            let name = reader.element()?;
            match name.tag {
                OTHER_NAME => read.upns.extend(upn(name.content)?),
                EMAIL => read.emails.push(foreign(name.content)?),
                DNS_NAME => read.dns_names.push(foreign(name.content)?),
                URI => read.uris.push(foreign(name.content)?),
                IP_ADDRESS => read.ip_addresses.push(address(name.content)?),
                _ => {}
            }
        }
        Ok(read)
    }

    pub(in crate::x509) fn to_der(&self) -> Vec<u8> {
        let text = |tag: u8, names: &[String]| names.iter().flat_map(|name| tlv(tag, &[name.as_bytes()])).collect();
        let parts: [Vec<u8>; 5] = [
            text(DNS_NAME, &self.dns_names),
            text(EMAIL, &self.emails),
            self.upns.iter().flat_map(|upn| other_name(upn)).collect(),
            text(URI, &self.uris),
            self.ip_addresses.iter().flat_map(|address| ip(*address)).collect(),
        ];
        tlv(tag::SEQUENCE, &[&parts.concat()])
    }

    const fn count(&self) -> usize {
        self.dns_names.len() + self.emails.len() + self.upns.len() + self.uris.len() + self.ip_addresses.len()
    }

    const fn room(&self) -> Result<(), NameError> {
        if self.count() < Self::LIMIT { Ok(()) } else { Err(NameError::TooMany { limit: Self::LIMIT }) }
    }
}

fn checked(name: &str, kind: &'static str, fits: bool) -> Result<String, NameError> {
    if fits { Ok(name.to_owned()) } else { Err(NameError::Alternative { kind, name: name.to_owned() }) }
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(allowed)
}

fn is_scheme(scheme: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(allowed)
}

fn is_ascii_text(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_upn(text: &str) -> bool {
    (1..=LONGEST_UPN).contains(&text.len()) && !text.chars().any(|character| character.is_control() || character == ' ')
}

fn has_two_sides(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

fn foreign(content: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(content).map_err(|_| Malformed)?;
    if is_ascii_text(text, LONGEST_URI) { Ok(text.to_owned()) } else { Err(Malformed) }
}

fn address(content: &[u8]) -> Result<IpAddr, Malformed> {
    let four = <[u8; 4]>::try_from(content).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(content).map(IpAddr::from)).map_err(|_| Malformed)
}

fn upn(content: &[u8]) -> Result<Option<String>, Malformed> {
    let mut reader = Reader::new(content);
    if reader.expect(tag::OID)? != known::UPN {
        return Ok(None);
    }
    let mut value = reader.explicit(0)?;
    reader.finish()?;
    let text = std::str::from_utf8(value.expect(tag::UTF8_STRING)?).map_err(|_| Malformed)?;
    value.finish()?;
    if is_upn(text) { Ok(Some(text.to_owned())) } else { Err(Malformed) }
}

fn other_name(upn: &str) -> Vec<u8> {
    let value = explicit(0, &[&tlv(tag::UTF8_STRING, &[upn.as_bytes()])]);
    tlv(OTHER_NAME, &[&oid(known::UPN), &value])
}

fn ip(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => tlv(IP_ADDRESS, &[&address.octets()]),
        IpAddr::V6(address) => tlv(IP_ADDRESS, &[&address.octets()]),
    }
}

// The CHOICE GeneralName.
const OTHER_NAME: u8 = tag::constructed(0);
const EMAIL: u8 = tag::context(1);
const DNS_NAME: u8 = tag::context(2);
const URI: u8 = tag::context(6);
const IP_ADDRESS: u8 = tag::context(7);

const LONGEST_URI: usize = 2048;
const LONGEST_UPN: usize = 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all() -> SubjectNames {
        let mut names = SubjectNames::default();
        names.add_dns_name("*.example.com").unwrap();
        names.add_email("a@example.com").unwrap();
        names.add_upn("müller@contoso.local").unwrap();
        names.add_uri("spiffe://contoso/app").unwrap();
        names.add_ip_address("192.0.2.1".parse().unwrap()).unwrap();
        names.add_ip_address("2001:db8::1".parse().unwrap()).unwrap();
        names
    }

    #[test]
    fn reads_what_it_writes() {
        assert_eq!(SubjectNames::from_der(&all().to_der()).unwrap(), all());
    }

    #[test]
    fn refuses_names_of_another_form() {
        let mut names = SubjectNames::default();
        for name in ["", "ü.example", "a b", "*", "a.*.b", "a..b", "a.", "a\0.example", "a.example\0.b"] {
            assert!(names.add_dns_name(name).is_err(), "{name:?}");
        }
        for email in ["", "a", "@b", "a@", "a@b@c", "a@b\0", "ü@b", "a b@c"] {
            assert!(names.add_email(email).is_err(), "{email:?}");
        }
        for upn in ["", "a", "a@b\0c", "a@\n"] {
            assert!(names.add_upn(upn).is_err(), "{upn:?}");
        }
        for uri in ["", "a", ":b", "1a:b", "http:", "http://a b", "http://a\0"] {
            assert!(names.add_uri(uri).is_err(), "{uri:?}");
        }
        assert!(names.is_empty());
    }

    #[test]
    fn refuses_control_characters_in_foreign_names() {
        let names = |name: Vec<u8>| tlv(tag::SEQUENCE, &[&name]);
        for kind in [EMAIL, DNS_NAME, URI] {
            assert!(SubjectNames::from_der(&names(tlv(kind, &[b"a@good:x\0.evil"]))).is_err());
            assert!(SubjectNames::from_der(&names(tlv(kind, &[b"a@good:x.evil"]))).is_ok());
        }
        assert!(SubjectNames::from_der(&names(other_name("a@b\0c"))).is_err());
        assert!(SubjectNames::from_der(&names(tlv(IP_ADDRESS, &[&[1, 2, 3]]))).is_err());
    }

    #[test]
    fn holds_a_hundred() {
        let mut names = SubjectNames::default();
        for number in 0..SubjectNames::LIMIT {
            names.add_dns_name(&format!("host{number}.example")).unwrap();
        }
        assert_eq!(names.add_dns_name("one.more"), Err(NameError::TooMany { limit: 100 }));
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = SubjectNames::from_der(&bytes);
            let _ = SubjectNames::from_der(&tlv(tag::SEQUENCE, &[&bytes]));
        }
    }
}
