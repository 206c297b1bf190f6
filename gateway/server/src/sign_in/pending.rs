//! Sign-ins between two pages.

use std::net::IpAddr;
use std::sync::Arc;

use portcullis_api::oauth::RequestedClaims;
use portcullis_crypto::sha256;
use portcullis_model::{ApplicationId, PrincipalId, SecretText, TenantId, UnixTime};
use subtle::ConstantTimeEq as _;

use super::bounded::{Bounded, NoRoom};

/// The sign-ins that have begun.
#[derive(Debug)]
pub(crate) struct SignInsPending(Bounded<Pending>);

/// A sign-in that has begun.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// The SHA-256 of the cookie of the browser in which it began: no other can go on with it.
    pub(crate) browser: [u8; 32],
    pub(crate) purpose: Purpose,
    pub(crate) stage: Stage,
}

/// What a sign-in is for.
#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    /// A device, whose code the person has not typed yet.
    SomeDevice,
    /// A device.
    Device { code: Arc<SecretText>, tenant: TenantId, application: ApplicationId, claims: RequestedClaims },
    /// A client, to which the person is sent back.
    Client {
        tenant: TenantId,
        application: ApplicationId,
        redirect_uri: String,
        state: Option<String>,
        nonce: Option<String>,
        challenge: String,
        form_post: bool,
        claims: RequestedClaims,
    },
}

/// How far a sign-in has come.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    /// The person types the code that their device shows.
    UserCode,
    /// They type name and password; the client may have said which name.
    Password { name: String },
    /// They have shown the password and type a one-time code.
    OneTimeCode { user: PrincipalId, name: String },
}

impl SignInsPending {
    pub(super) fn new() -> Self {
        Self(Bounded::new(10_000, 200))
    }

    pub(crate) fn insert(&self, id: &SecretText, pending: Pending, from: IpAddr, now: UnixTime) -> Result<(), NoRoom> {
        self.0.insert(id.expose(), pending, from, (now, now.plus(SECONDS)))
    }

    /// A sign-in, if it began in the browser that has this cookie.
    pub(crate) fn find(&self, id: &SecretText, cookie: &str, now: UnixTime) -> Option<Pending> {
        self.0
            .with(id.expose(), now, |pending| pending.clone())
            .filter(|pending| sha256(cookie.as_bytes()).ct_eq(&pending.browser).into())
    }

    pub(crate) fn change(&self, id: &SecretText, now: UnixTime, change: impl FnOnce(&mut Pending)) -> bool {
        self.0.with(id.expose(), now, change).is_some()
    }

    /// Ends a sign-in. False if it has ended before.
    pub(crate) fn end(&self, id: &SecretText, now: UnixTime) -> bool {
        self.0.take(id.expose(), now).is_some()
    }
}

const SECONDS: i64 = 600;
