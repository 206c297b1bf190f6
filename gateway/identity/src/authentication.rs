//! How a caller showed who they are, as the token remembers it.

use portcullis_model::UnixTime;

/// How a caller showed who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// The methods, by their names of RFC 8176 (`amr`), such as `pwd`, `otp` and `mfa`; none for applications.
    pub methods: Vec<Box<str>>,
    /// When a person last showed them (`auth_time`); when the token was asked for, for an application.
    pub time: UnixTime,
    /// The authentication contexts that were satisfied (`acrs`), such as `c1`.
    pub contexts: Vec<Box<str>>,
    /// How the client application showed who it is (`appidacr`).
    pub client: ClientStrength,
    /// The sign-in that all tokens of one session share (`sid`).
    pub session: Option<Box<str>>,
    /// Whether the client application exchanged a token that a person had given to another client.
    pub on_behalf: bool,
}

/// How a client application showed who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientStrength {
    /// Not at all: a public client, which anybody's device can claim to be.
    Public,
    /// With a secret.
    Secret,
    /// With a signed assertion, or as a managed identity.
    Assertion,
}

impl Authentication {
    /// That of an application by itself.
    #[must_use]
    pub const fn of_application(client: ClientStrength, time: UnixTime) -> Self {
        Self { methods: Vec::new(), time, contexts: Vec::new(), client, session: None, on_behalf: false }
    }

    /// Whether a person used a second factor.
    #[must_use]
    pub fn is_multi_factor(&self) -> bool {
        self.methods.iter().any(|method| &**method == MULTI_FACTOR)
    }
}

impl ClientStrength {
    /// The value of `appidacr`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Public => 0,
            Self::Secret => 1,
            Self::Assertion => 2,
        }
    }

    pub(crate) const fn of_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Public),
            1 => Some(Self::Secret),
            2 => Some(Self::Assertion),
            _ => None,
        }
    }
}

/// The method that says that there were two.
pub const MULTI_FACTOR: &str = "mfa";
/// A password.
pub const PASSWORD: &str = "pwd";
/// A one-time code.
pub const ONE_TIME_CODE: &str = "otp";
