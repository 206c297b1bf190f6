//! Distinguished names.

use std::fmt;
use std::str::FromStr;

use super::NameError;
use super::attribute::Attribute;
use super::text;
use crate::x509::der::{Malformed, Reader, sequence, tag, tlv};

/// A distinguished name, such as `CN=example.com, O=Contoso, C=DE`.
///
/// Its text begins with the most specific part and its DER with the most general one (RFC 4514 section 2.1), as .NET
/// and hence Azure have it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DistinguishedName {
    /// In the order of the text.
    names: Vec<Vec<Attribute>>,
}

impl DistinguishedName {
    /// Whether it says nothing, which only the alternative names of a certificate make up for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(in crate::x509) fn from_der(name: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::of_sequence(name)?;
        let (mut names, mut count) = (Vec::new(), 0);
        while !reader.is_empty() {
            let relative = relative_name(Reader::new(reader.expect(tag::SET)?))?;
            count += relative.len();
            if count > text::MAX_ATTRIBUTES {
                return Err(Malformed);
            }
            names.push(relative);
        }
        names.reverse();
        Ok(Self { names })
    }

    pub(in crate::x509) fn to_der(&self) -> Vec<u8> {
        let names: Vec<Vec<u8>> = self.names.iter().rev().map(|attributes| set(attributes)).collect();
        sequence(&[&names.concat()])
    }
}

impl FromStr for DistinguishedName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        Ok(Self { names: text::parse(text)? })
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attribute = |attribute: &Attribute| format!("{}={}", attribute.name(), text::quote(attribute.value()));
        let relative = |name: &Vec<Attribute>| name.iter().map(attribute).collect::<Vec<_>>().join(" + ");
        f.write_str(&self.names.iter().map(relative).collect::<Vec<_>>().join(", "))
    }
}

fn relative_name(mut set: Reader<'_>) -> Result<Vec<Attribute>, Malformed> {
    let mut attributes = Vec::new();
    while !set.is_empty() {
        attributes.push(Attribute::from_der(set.sequence()?)?);
    }
    if attributes.is_empty() { Err(Malformed) } else { Ok(attributes) }
}

/// A SET OF is sorted by its encoded elements (X.690 section 11.6).
fn set(attributes: &[Attribute]) -> Vec<u8> {
    let mut encoded: Vec<Vec<u8>> = attributes.iter().map(Attribute::to_der).collect();
    encoded.sort();
    tlv(tag::SET, &[&encoded.concat()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<DistinguishedName, NameError> {
        text.parse()
    }

    #[test]
    fn reads_the_forms_that_azure_takes() {
        let cases = [
            ("CN=example.com", "CN=example.com"),
            ("cn = a , o=b ;C=DE", "CN=a, O=b, C=DE"),
            (r"OU=a\, b", r#"OU="a, b""#),
            (r#"O="Contoso, ""the"" Inc.""#, r#"O="Contoso, ""the"" Inc.""#),
            (r"CN=\41\c3\a9\ ", r#"CN="Aé ""#),
            ("ST=Bayern, EMAIL=a@b.example", "S=Bayern, E=a@b.example"),
            ("CN=a+UID=b, DC=contoso, DC=com", "CN=a + UID=b, DC=contoso, DC=com"),
            ("OID.1.2.3=x, 2.5.4.3=y", "OID.1.2.3=x, CN=y"),
        ];
        for (text, written) in cases {
            let name = parse(text).unwrap();
            assert_eq!(name.to_string(), written);
            assert_eq!(parse(written).unwrap(), name);
            assert_eq!(DistinguishedName::from_der(&name.to_der()).unwrap().to_string(), written);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let wrong = |text: &str| parse(text).unwrap_err();
        for text in ["", "  ", "CN=a,", ",CN=a", "CN=a,,O=b"] {
            assert_eq!(wrong(text), NameError::Empty, "{text:?}");
        }
        assert!(matches!(wrong("example.com"), NameError::NotAttribute { .. }));
        assert!(matches!(wrong("FOO=a"), NameError::UnknownType { name } if name == "FOO"));
        for text in ["CN=", "CN=a\0b", "C=DEU", "C=D1", "DC=ü", "SERIALNUMBER=a*b", "CN=\\ff", "CN=\\00"] {
            assert!(matches!(wrong(text), NameError::Value { .. }), "{text:?}");
        }
        for text in ["CN=\"a", "CN=a\\", "CN=\"a\"b", "CN=\\zz", "CN=#0401", "CN=a\"b"] {
            assert_eq!(wrong(text), NameError::Escape, "{text:?}");
        }
        parse(&format!("CN={}", "a".repeat(64))).unwrap();
        assert!(matches!(wrong(&format!("CN={}", "a".repeat(65))), NameError::Value { .. }));
        assert_eq!(wrong(&vec!["DC=a"; 33].join(",")), NameError::TooLong);
        assert_eq!(wrong(&"a".repeat(3000)), NameError::TooLong);
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(values in proptest::collection::vec("\\PC{1,20}", 1..6)) {
            let text: Vec<String> = values.iter().map(|value| format!("O={}", text::quote(value))).collect();
            let name = parse(&text.join(",")).unwrap();
            prop_assert_eq!(&parse(&name.to_string()).unwrap(), &name);
            prop_assert_eq!(&DistinguishedName::from_der(&name.to_der()).unwrap(), &name);
        }

        #[test]
        fn takes_any_text(text in ".{0,60}") {
            let _ = parse(&text);
            let _ = parse(&format!("CN={text}"));
        }

        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = DistinguishedName::from_der(&bytes);
        }
    }
}
