//! Closed lists of names that the wire spells in one way only.

/// The text is not one of the names of a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct UnknownName {
    /// What was expected, such as "a signature algorithm".
    pub expected: &'static str,
}

/// Makes an enum out of rows `Variant = "wire name";`, with `ALL`, `as_str`, `FromStr` and `Display`.
macro_rules! wire_names {
    ($(#[doc = $enum_doc:literal])+ $name:ident, $what:literal:
        $($(#[doc = $doc:literal])+ $variant:ident = $wire:literal;)+) => {
        $(#[doc = $enum_doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as the wire spells it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::UnknownName;

            /// Compares exactly: another case or spelling is another name.
            fn from_str(text: &str) -> Result<Self, crate::UnknownName> {
                match text {
                    $($wire => Ok(Self::$variant),)+
                    _ => Err(crate::UnknownName { expected: $what }),
                }
            }
        }
    };
}

pub(crate) use wire_names;
