//! Device codes: a person signs in on one screen for a device that shows another (RFC 8628).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_api::oauth::{DEVICE_INTERVAL_SECONDS, RequestedClaims};
use portcullis_model::{ApplicationId, SecretText, TenantId, UnixTime};

use super::SignedIn;
use super::bounded::{Bounded, NoRoom};

/// The device codes that were given.
#[derive(Debug)]
pub(crate) struct Devices {
    codes: Bounded<Device>,
    /// Of the code that a person types, the one that the device holds.
    by_user_code: Mutex<HashMap<String, (Arc<SecretText>, UnixTime)>>,
}

/// What a device asked for, and what became of it.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) tenant: TenantId,
    pub(crate) application: ApplicationId,
    pub(crate) audience: String,
    pub(crate) claims: RequestedClaims,
    pub(crate) state: DeviceState,
    pub(crate) asked: Option<UnixTime>,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum DeviceState {
    Pending,
    Declined,
    SignedIn(Box<SignedIn>),
}

/// What a device is told that asks.
#[derive(Debug)]
pub(crate) enum Polled {
    Unknown,
    TooOften,
    Pending,
    Declined,
    SignedIn(Box<SignedIn>, String),
}

impl Devices {
    pub(super) fn new() -> Self {
        Self { codes: Bounded::new(5_000, 50), by_user_code: Mutex::default() }
    }

    pub(crate) fn insert(
        &self,
        code: &Arc<SecretText>,
        user_code: &str,
        device: Device,
        from: IpAddr,
        now: UnixTime,
    ) -> Result<(), NoRoom> {
        let ends = now.plus(DEVICE_SECONDS.into());
        let mut by_user_code = self.by_user_code.lock().unwrap_or_else(PoisonError::into_inner);
        by_user_code.retain(|_, (_, ends)| now < *ends);
        if by_user_code.contains_key(user_code) {
            return Err(NoRoom);
        }
        self.codes.insert(code.expose(), device, from, (now, ends))?;
        by_user_code.insert(user_code.to_owned(), (Arc::clone(code), ends));
        Ok(())
    }

    /// The device code of a code that a person typed, in whatever case and with or without the hyphen.
    pub(crate) fn of_user_code(&self, typed: &str, now: UnixTime) -> Option<Arc<SecretText>> {
        if typed.len() > 32 {
            return None;
        }
        let letters: String = typed.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase();
        let (first, second) = letters.split_at_checked(4)?;
        let by_user_code = self.by_user_code.lock().unwrap_or_else(PoisonError::into_inner);
        let (code, ends) = by_user_code.get(&format!("{first}-{second}"))?;
        (now < *ends).then(|| Arc::clone(code))
    }

    /// Looks at what a device asked for, as long as nobody has answered.
    pub(crate) fn pending<R>(
        &self,
        code: &SecretText,
        now: UnixTime,
        look: impl FnOnce(&mut Device) -> R,
    ) -> Option<R> {
        let look = |device: &mut Device| matches!(device.state, DeviceState::Pending).then(|| look(device));
        self.codes.with(code.expose(), now, look).flatten()
    }

    /// What to tell a device of a client. What a person granted is told once.
    pub(crate) fn poll(
        &self,
        code: &SecretText,
        client: ApplicationId,
        claims: &RequestedClaims,
        now: UnixTime,
    ) -> Polled {
        let look = |device: &mut Device| {
            if device.application != client {
                return Some(Polled::Unknown);
            }
            let pause = i64::from(DEVICE_INTERVAL_SECONDS) - 2;
            let hasty = device.asked.is_some_and(|asked| now < asked.plus(pause));
            device.asked = Some(now);
            // Microsoft's libraries tell what the token must say with this request, not with the one before.
            device.claims.clone_from(claims);
            match device.state {
                DeviceState::Pending if hasty => Some(Polled::TooOften),
                DeviceState::Pending => Some(Polled::Pending),
                DeviceState::Declined | DeviceState::SignedIn(_) => None,
            }
        };
        match self.codes.with(code.expose(), now, look) {
            None => Polled::Unknown,
            Some(Some(told)) => told,
            Some(None) => match self.codes.take(code.expose(), now) {
                Some(Device { state: DeviceState::SignedIn(signed_in), audience, .. }) => {
                    Polled::SignedIn(signed_in, audience)
                }
                Some(_) => Polled::Declined,
                None => Polled::Unknown,
            },
        }
    }
}

/// For how long a device code is good, in seconds.
pub(crate) const DEVICE_SECONDS: u32 = 900;
