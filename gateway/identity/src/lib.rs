//! Who calls: tokens, the token issuer and the directory of principals.
//!
//! Depends on model and crypto; the only crate that names biscuit-auth. It knows no HTTP: the server reads the
//! header and chooses status and code for each error. It keeps nothing: the [`Directory`] is handed in with each
//! call, so that whoever is disabled or removed is refused at once, whatever token they hold.
//!
//! # The token
//!
//! An access token is a [Biscuit](https://www.biscuitsec.org) signed with Ed25519, in URL-safe base64. Clients
//! treat it as opaque. Its authority block, format version 1, holds, one each but where it says otherwise:
//!
//! | fact | meaning |
//! |---|---|
//! | `portcullis_token(1)` | the version of this table |
//! | `tenant("<guid>")` | the tenant that issued it |
//! | `principal("<guid>")` | the object id of the caller (`oid`) |
//! | `application("<guid>")` | the client application (`appid`) |
//! | `idtyp("app")` | `app` for a service principal, `user` for a user |
//! | `audience("https://vault.example")` | the one resource it is for, without trailing slash |
//! | `issued_at(<date>)` | when it was issued, and not before when it is valid |
//! | `expires(<date>)` | from when on it is not valid |
//! | `token_id("<hex>")` | its own name in audit records (`uti`) |
//! | `capability("cp1")` | optional: the client handles claims challenges |
//! | `capability("on_behalf")` | optional: an application exchanged a user's token for it |
//! | `client(1)` | how the client application showed who it is: 0 not at all, 1 secret, 2 assertion (`appidacr`) |
//! | `method("pwd")` | any number: how a person showed who they are (`amr`) |
//! | `authenticated_at(<date>)` | when they did (`auth_time`) |
//! | `context("c1")` | any number: the authentication contexts that are satisfied (`acrs`) |
//! | `session("<hex>")` | optional: the sign-in that it comes from (`sid`) |
//!
//! and `check if time($t), $t < <date>` with the same date as `expires`, for other implementations. Only facts of
//! the authority block say who the caller is: Biscuit's scoping makes what a later block claims invisible there.
//!
//! Several texts can spell one token: base64 with or without padding, Protobuf with or without defaults. What is
//! signed is the same in all. Recognise a token by its revocation ids ([`Caller::revocation_ids`]), never by its text.
//!
//! # Attenuation
//!
//! Whoever holds a token can append a block of checks without any key ([`attenuate`]), and the result can only do
//! less. When a request is judged ([`Attenuation::permits`]), these facts are true:
//!
//! | fact | meaning |
//! |---|---|
//! | `operation("SecretGet")` | the operation, by its name in the table of operations |
//! | `vault("dev")` | the vault, if the operation concerns one |
//! | `object("secrets", "db-password")` | the object in lower case, if the operation names one; a list does not |
//! | `time(<date>)` | the present second |
//! | `source_in("10.0.0.0/8")` | one for each network that the client's address is in, in canonical text, from `/0` to `/32` or `/128`; an IPv4-mapped address counts as IPv4 |
//!
//! These are plain facts, so any implementation of Biscuit can write and test such checks. A fact of the last kind
//! is only made when a check of the token can see it.
//!
//! biscuit-auth looks at its limits between iterations only: one rule that joins a few hundred facts with each
//! other several times, or one check that does, would run for hours. So appended blocks may hold facts and checks,
//! but no rules and no regular expressions, and the steps that their checks can take are counted from the text
//! before anything runs ([`TokenLimits::check_steps`]). What is over that bound is refused with the token
//! ([`AuthenticateError::TooComplex`]).
//!
//! # Time
//!
//! A token is valid from 5 minutes before `issued_at` (another gateway's clock may be ahead of ours) until, and not
//! including, `expires`. The reference grants 5 minutes after that as well (wire contract, section 2.5); our own
//! tokens get none: who issues and who checks is the same gateway, and "ten minutes" should mean ten.

mod account;
mod assertion;
mod attenuate;
mod attenuation;
mod audience;
mod authentication;
mod authenticator;
mod caller;
mod client;
mod directory;
mod group;
mod issuer;
mod keys;
mod limits;
mod principal;
pub mod record;
mod registration;
mod token;

pub use account::Account;
pub use assertion::{Assertion, AssertionError, AssertionReplays, ForeignToken};
#[cfg(any(test, feature = "test-util"))]
pub use attenuate::attenuate_beyond_bounds;
pub use attenuate::{AttenuateError, Restrictions, attenuate, revocation_ids};
pub use attenuation::{Attenuation, AttenuationRefusal, TokenRequest};
pub use audience::{Audience, Audiences, AudiencesError};
pub use authentication::{Authentication, ClientStrength, MULTI_FACTOR, ONE_TIME_CODE, PASSWORD};
pub use authenticator::{AuthenticateError, Authenticator, Expected};
pub use caller::Caller;
pub use client::{Client, ClientError};
pub use directory::{Directory, DirectoryError, DirectoryParts};
pub use group::{CyclicGroup, Group};
pub use issuer::{ClientCredentials, Grant, IssueError, IssuedToken, TokenIssuer, TokenLifetime, TokenLifetimeError};
pub use keys::VerifyingKey;
pub use limits::TokenLimits;
pub use principal::{ClientSecret, Principal, PrincipalKind};
pub use registration::{ClientCertificate, FederatedCredential, Registration, RegistrationKind, UnusableCertificate};
pub use token::Complexity;
