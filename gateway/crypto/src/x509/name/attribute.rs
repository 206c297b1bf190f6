//! The attribute types of distinguished names.

use super::NameError;
use crate::x509::Oid;
use crate::x509::der::{Element, Malformed, Reader, oid, sequence, tag, tlv};

/// One attribute of a distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    oid: Oid,
    value: String,
}

impl Attribute {
    /// An attribute by the name of its type and its value, which must suit each other.
    pub(super) fn new(name: &str, value: String) -> Result<Self, NameError> {
        let oid = oid_of(name).ok_or_else(|| NameError::UnknownType { name: name.to_owned() })?;
        let fits = match known(&oid) {
            Some(kind) => kind.fits(&value),
            None => is_text(&value) && value.chars().count() <= LONGEST_UNKNOWN,
        };
        if fits { Ok(Self { oid, value }) } else { Err(NameError::Value { attribute: name.to_owned() }) }
    }

    /// An attribute of a certificate, which may be longer than those we write, but has no control characters.
    pub(super) fn from_der(attribute: Reader<'_>) -> Result<Self, Malformed> {
        let mut attribute = attribute;
        let oid = Oid::from_der(attribute.expect(tag::OID)?).map_err(|_| Malformed)?;
        let value = decode(attribute.element()?)?;
        attribute.finish()?;
        if value.chars().any(char::is_control) { Err(Malformed) } else { Ok(Self { oid, value }) }
    }

    pub(super) fn to_der(&self) -> Vec<u8> {
        let tag = known(&self.oid).map_or(tag::UTF8_STRING, |kind| kind.form.tag());
        // A foreign certificate may have had what the usual string type cannot say.
        let tag = if self.value.is_ascii() { tag } else { tag::UTF8_STRING };
        sequence(&[&oid(self.oid.as_bytes()), &tlv(tag, &[self.value.as_bytes()])])
    }

    /// The short name of its type, or `OID.` and the identifier.
    pub(super) fn name(&self) -> String {
        known(&self.oid).map_or_else(|| format!("OID.{}", self.oid), |kind| kind.names[0].to_owned())
    }

    pub(super) fn value(&self) -> &str {
        &self.value
    }
}

struct Kind {
    /// The name that is written, then those that are read as well.
    names: &'static [&'static str],
    oid: &'static str,
    form: Form,
    /// The upper bound in characters, from RFC 5280 appendix A.1 where it has one.
    longest: usize,
}

#[derive(Clone, Copy)]
enum Form {
    Text,
    Printable,
    Country,
    Ascii,
}

impl Form {
    const fn tag(self) -> u8 {
        match self {
            Self::Text => tag::UTF8_STRING,
            Self::Printable | Self::Country => tag::PRINTABLE_STRING,
            Self::Ascii => tag::IA5_STRING,
        }
    }
}

impl Kind {
    fn fits(&self, value: &str) -> bool {
        let form = match self.form {
            Form::Text => true,
            Form::Printable => value.bytes().all(is_printable),
            Form::Country => value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Form::Ascii => value.is_ascii(),
        };
        form && is_text(value) && value.chars().count() <= self.longest
    }
}

fn oid_of(name: &str) -> Option<Oid> {
    let named = KINDS.iter().find(|kind| kind.names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    let dotted = named.map_or_else(|| name.strip_prefix("OID.").unwrap_or(name), |kind| kind.oid);
    dotted.parse().ok()
}

fn known(oid: &Oid) -> Option<&'static Kind> {
    let dotted = oid.to_string();
    KINDS.iter().find(|kind| kind.oid == dotted)
}

fn is_text(value: &str) -> bool {
    !value.is_empty() && !value.chars().any(char::is_control)
}

/// The alphabet of PrintableString (X.680 section 41.4).
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

fn decode(value: Element<'_>) -> Result<String, Malformed> {
    let bytes = value.content;
    match value.tag {
        tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING | tag::NUMERIC_STRING | tag::VISIBLE_STRING => {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Malformed)
        }
        // Written as Latin-1 by everyone, whatever T.61 says.
        tag::TELETEX_STRING => Ok(bytes.iter().copied().map(char::from).collect()),
        tag::BMP_STRING => wide(bytes),
        tag::UNIVERSAL_STRING => wider(bytes),
        _ => Err(Malformed),
    }
}

fn wide(bytes: &[u8]) -> Result<String, Malformed> {
    let (units, rest) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    if !rest.is_empty() {
        return Err(Malformed);
    }
    char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| Malformed)
}

fn wider(bytes: &[u8]) -> Result<String, Malformed> {
    let (units, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Malformed);
    }
    units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit)).ok_or(Malformed)).collect()
}

const LONGEST_UNKNOWN: usize = 256;

const fn kind(names: &'static [&'static str], oid: &'static str, form: Form, longest: usize) -> Kind {
    Kind { names, oid, form, longest }
}

/// Written as .NET writes them, hence as Azure does: `S` and `E` where RFC 4514 has `ST` and nothing.
static KINDS: &[Kind] = &[
    kind(&["CN"], "2.5.4.3", Form::Text, 64),
    kind(&["O"], "2.5.4.10", Form::Text, 64),
    kind(&["OU"], "2.5.4.11", Form::Text, 64),
    kind(&["L"], "2.5.4.7", Form::Text, 128),
    kind(&["S", "ST"], "2.5.4.8", Form::Text, 128),
    kind(&["C"], "2.5.4.6", Form::Country, 2),
    kind(&["E", "EMAIL", "emailAddress"], "1.2.840.113549.1.9.1", Form::Ascii, 255),
    kind(&["DC"], "0.9.2342.19200300.100.1.25", Form::Ascii, 63),
    kind(&["UID"], "0.9.2342.19200300.100.1.1", Form::Text, 256),
    kind(&["STREET"], "2.5.4.9", Form::Text, 128),
    kind(&["PostalCode"], "2.5.4.17", Form::Text, 40),
    kind(&["SERIALNUMBER"], "2.5.4.5", Form::Printable, 64),
    kind(&["T", "TITLE"], "2.5.4.12", Form::Text, 64),
    kind(&["G", "GN", "givenName"], "2.5.4.42", Form::Text, 64),
    kind(&["I", "initials"], "2.5.4.43", Form::Text, 64),
    kind(&["SN", "surname"], "2.5.4.4", Form::Text, 64),
    kind(&["Description"], "2.5.4.13", Form::Text, 1024),
    kind(&["dnQualifier"], "2.5.4.46", Form::Printable, 64),
];
