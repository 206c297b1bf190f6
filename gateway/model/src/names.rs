//! Names as the wire shows them: a value that exists is well-formed.

use std::fmt;
use std::str::FromStr;

/// Says what is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not 3 to 24 letters, digits and single hyphens, beginning with a letter, ending with a letter or digit.
    #[error(
        "a vault name has 3 to 24 letters, digits and single hyphens, begins with a letter and ends with a letter or digit"
    )]
    Vault,
    /// Not 1 to 127 letters, digits and hyphens.
    #[error("an object name has 1 to 127 letters, digits and hyphens")]
    Object,
    /// Not 32 hexadecimal digits.
    #[error("an object version has 32 hexadecimal digits")]
    Version,
    /// Longer than 255 characters.
    #[error("a content type has at most 255 characters")]
    ContentType,
    /// Not 1 to 90 letters, digits, `_`, `-`, `.`, `(`, `)`, or ends with a full stop.
    #[error("a resource group name has 1 to 90 letters, digits, `_`, `-`, `.`, `(` and `)`, and does not end with `.`")]
    ResourceGroup,
    /// Not an id of the form `/subscriptions/../virtualNetworks/../subnets/..`.
    #[error(
        "a subnet id has the form /subscriptions/{{s}}/resourceGroups/{{g}}/providers/Microsoft.Network/virtualNetworks/{{v}}/subnets/{{n}}"
    )]
    Subnet,
    /// Not an id of the form `/subscriptions/../privateEndpoints/..`.
    #[error(
        "a private endpoint id has the form /subscriptions/{{s}}/resourceGroups/{{g}}/providers/Microsoft.Network/privateEndpoints/{{n}}"
    )]
    PrivateEndpoint,
    /// Not 1 to 80 letters, digits, `_`, `-`, `.`.
    #[error("a connection name has 1 to 80 letters, digits, `_`, `-` and `.`, and begins with a letter or digit")]
    Connection,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $error:ident, $check:expr, $canonical:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> bool = $check;
                let canonical: fn(&str) -> String = $canonical;
                if check(text) { Ok(Self(canonical(text).into())) } else { Err(NameError::$error) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name!(
    /// A vault's name, in lower case: the first label of its host name.
    VaultName, Vault,
    |text| {
        let bytes = text.as_bytes();
        (3..=24).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            && bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
            && !text.contains("--")
    },
    str::to_ascii_lowercase
);

name!(
    /// A version of an object: 32 hexadecimal digits, lower case.
    ObjectVersion, Version,
    |text| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()),
    str::to_ascii_lowercase
);

name!(
    /// A secret's content type, at most 255 characters.
    ContentType, ContentType,
    |text| text.chars().count() <= 255,
    str::to_owned
);

name!(
    /// A resource group's name. The spelling is kept; ids made of it compare case-insensitively.
    ResourceGroupName, ResourceGroup,
    |text| {
        (1..=90).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.()".contains(&b))
            && !text.ends_with('.')
    },
    str::to_owned
);

name!(
    /// The full resource id of a virtual network's subnet, in lower case.
    SubnetId, Subnet,
    |text| {
        let lower = text.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        matches!(
            parts.as_slice(),
            ["", "subscriptions", s, "resourcegroups", g, "providers", "microsoft.network", "virtualnetworks", v, "subnets", n]
                if [s, g, v, n].iter().all(|part| !part.is_empty())
        ) && text.len() <= 1024
            && text.bytes().all(|b| b.is_ascii_graphic())
    },
    str::to_ascii_lowercase
);

name!(
    /// The full resource id of a private endpoint, in lower case.
    PrivateEndpointId, PrivateEndpoint,
    |text| {
        let lower = text.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        matches!(
            parts.as_slice(),
            ["", "subscriptions", s, "resourcegroups", g, "providers", "microsoft.network", "privateendpoints", n]
                if [s, g, n].iter().all(|part| !part.is_empty())
        ) && text.len() <= 1024
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b';')
    },
    str::to_ascii_lowercase
);

name!(
    /// The name of a private endpoint connection at its vault, in lower case.
    ConnectionName, Connection,
    |text| {
        (1..=80).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
            && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
    },
    str::to_ascii_lowercase
);

impl ObjectVersion {
    /// Makes the version id whose sixteen bytes are given.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        use fmt::Write as _;
        let mut text = String::with_capacity(32);
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }
}

/// The name of a key, secret or certificate.
///
/// Names compare case-insensitively and keep the spelling of their creation, as the reference's do.
#[derive(Clone)]
pub struct ObjectName {
    spelled: Box<str>,
    folded: Box<str>,
}

impl ObjectName {
    /// The name as its creator spelled it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// The name in lower case: what is compared, stored as a key and shown to policies.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl FromStr for ObjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let ok = (1..=127).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !ok {
            return Err(NameError::Object);
        }
        Ok(Self { spelled: text.into(), folded: text.to_ascii_lowercase().into() })
    }
}

impl PartialEq for ObjectName {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for ObjectName {}

impl std::hash::Hash for ObjectName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectName({})", self.spelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_and_refuses_vault_names() {
        for good in ["dev", "Kv1", "a-b-c", "abcdefghijklmnopqrstuvwx"] {
            assert!(good.parse::<VaultName>().is_ok(), "{good}");
        }
        for bad in ["", "ab", "1ab", "-ab", "ab-", "a--b", "a_b", "abcdefghijklmnopqrstuvwxy", "käse", "a.b"] {
            assert!(bad.parse::<VaultName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn object_names_compare_without_case_and_keep_their_spelling() {
        let name: ObjectName = "Db-Password".parse().unwrap();
        assert_eq!(name, "dB-pASSWORD".parse().unwrap());
        assert_eq!(name.as_str(), "Db-Password");
        for bad in ["", "a/b", "a.b", "a b", "ä", "a\0", &"x".repeat(128)] {
            assert!(bad.parse::<ObjectName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn private_endpoint_ids_are_folded_and_no_subnet_ids() {
        let id = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/privateEndpoints/Pe";
        assert_eq!(id.parse::<PrivateEndpointId>().unwrap().as_str(), id.to_ascii_lowercase());
        assert!(id.parse::<SubnetId>().is_err());
        for bad in [id.replace("Pe", ""), format!("{id}/x"), format!("{id};a=b"), "pe".to_owned()] {
            assert!(bad.parse::<PrivateEndpointId>().is_err(), "{bad}");
        }
        for bad in ["", "-a", "a b", "a/b", &"a".repeat(81)] {
            assert!(bad.parse::<ConnectionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn subnet_ids_are_folded_and_checked() {
        let id = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/N";
        assert_eq!(id.parse::<SubnetId>().unwrap().as_str(), id.to_ascii_lowercase());
        assert!("/subscriptions/s/resourceGroups/g".parse::<SubnetId>().is_err());
        assert!(id.replace("/N", "/").parse::<SubnetId>().is_err());
    }
}
