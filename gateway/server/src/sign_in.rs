//! People who sign in: what is pending between two requests, all of it in memory, bounded and short-lived.

pub(crate) mod attempts;
mod bounded;
mod codes;
pub(crate) mod devices;
mod page;
mod pending;
pub(crate) mod verify;

use std::sync::Arc;

use portcullis_crypto::jose::base64url;
use portcullis_crypto::{Random, RandomError};
use portcullis_identity::Authentication;
use portcullis_model::{ApplicationId, PrincipalId, SecretText, TenantId, UnixTime};
use zeroize::Zeroizing;

pub(crate) use codes::{CodeGrant, CodeRefusal};
pub(crate) use devices::{Device, DeviceState};
pub(crate) use page::{Page, form_post, html, redirect};
pub(crate) use pending::{Pending, Purpose, Stage};

/// Everything that is pending.
#[derive(Debug)]
pub(crate) struct SignIns {
    pub(crate) attempts: attempts::Attempts,
    pub(crate) pending: pending::SignInsPending,
    pub(crate) codes: codes::Codes,
    pub(crate) devices: devices::Devices,
    pub(crate) verifier: verify::Verifier,
    random: Arc<dyn Random>,
}

/// A person who has signed in, to an application.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) user: PrincipalId,
    pub(crate) tenant: TenantId,
    pub(crate) application: ApplicationId,
    pub(crate) authentication: Authentication,
    pub(crate) nonce: Option<String>,
}

impl SignIns {
    pub(crate) fn new(random: Arc<dyn Random>, now: UnixTime) -> Result<Self, RandomError> {
        Ok(Self {
            attempts: attempts::Attempts::new(),
            pending: pending::SignInsPending::new(),
            codes: codes::Codes::new(),
            devices: devices::Devices::new(),
            verifier: verify::Verifier::new(&*random, now)?,
            random,
        })
    }

    /// A new secret of 256 bits, as text.
    pub(crate) fn secret(&self) -> Result<SecretText, RandomError> {
        let mut bytes = Zeroizing::new([0; 32]);
        self.random.fill(&mut *bytes)?;
        Ok(SecretText::new(base64url::encode(&*bytes)))
    }

    /// A code that people read from one screen and type on another: eight letters without vowels, in two groups.
    pub(crate) fn user_code(&self) -> Result<String, RandomError> {
        let mut code = String::with_capacity(9);
        while code.len() < 9 {
            if code.len() == 4 {
                code.push('-');
            }
            let mut byte = [0; 1];
            self.random.fill(&mut byte)?;
            // What is above the greatest multiple is drawn again, so that all letters are as likely.
            if let Some(letter) = LETTERS.get(usize::from(byte[0] & 31)) {
                code.push(char::from(*letter));
            }
        }
        Ok(code)
    }
}

const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
