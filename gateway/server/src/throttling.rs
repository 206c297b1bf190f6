//! How many requests there is room for: of one vault, of one caller, and bad tokens of one address.
//!
//! A budget is one sum for ten seconds. A request takes a part of it: one of `limit` of its class (wire contract,
//! section 17). Requests that are refused for want of room take none.
//!
//! Vaults and callers are counted once a request is permitted, so whoever may not use a vault cannot use up its budget,
//! and the keys of the windows are vaults and principals that exist. What outsiders can send are bad tokens; they have
//! a budget for each address, which no vault and no caller shares.

mod class;
mod window;
mod windows;

use std::net::IpAddr;

use portcullis_engine::KeyMeter;
use portcullis_model::{ApplicationId, Budget, KeySpec, Operation, OverLimit, PrincipalId, UnixTime, VaultId};

use quick_cache::sync::Cache;

use self::class::Class;
use self::windows::Windows;
use crate::config::ThrottlingConfig;

/// Counts requests.
#[derive(Debug)]
pub(crate) struct Throttling {
    config: ThrottlingConfig,
    vaults: Windows<VaultId>,
    callers: Windows<PrincipalId>,
    addresses: Windows<IpAddr>,
    /// Wrong secrets of applications, from wherever.
    applications: Windows<ApplicationId>,
    /// From where applications have shown the right secret of late: nobody keeps them out by showing wrong ones.
    good: Cache<(IpAddr, ApplicationId), ()>,
}

/// A request that was counted. The use of a key takes the rest of its cost when the engine says which key it is.
#[derive(Debug)]
pub(crate) struct Admitted<'a> {
    throttling: &'a Throttling,
    vault: VaultId,
    caller: PrincipalId,
    /// What it has taken.
    cost: u64,
    at: UnixTime,
}

impl Throttling {
    pub(crate) fn new(config: ThrottlingConfig) -> Self {
        let windows = config.remembered;
        Self {
            config,
            vaults: Windows::new(windows),
            callers: Windows::new(windows),
            addresses: Windows::new(windows),
            applications: Windows::new(windows),
            good: Cache::new(GOOD_ADDRESSES),
        }
    }

    /// Counts a permitted request.
    pub(crate) fn admit(
        &self,
        operation: Operation,
        vault: VaultId,
        caller: PrincipalId,
        now: UnixTime,
    ) -> Result<Admitted<'_>, OverLimit> {
        let class = Class::of(operation);
        let cost = self.cost(class);
        let admitted = Admitted { throttling: self, vault, caller, cost, at: now };
        admitted.take(class, cost)?;
        Ok(admitted)
    }

    /// Whether an address may show one more token. `address` stands for all that a client can move about in.
    pub(crate) fn may_show_token(&self, address: IpAddr, now: UnixTime) -> Result<(), OverLimit> {
        let (cost, most) = self.bad_token();
        self.addresses.room(address, cost, BUDGET, now).map_err(|seconds| OverLimit {
            budget: Budget::Address,
            class: "bad token",
            most,
            seconds,
        })
    }

    /// Counts a bad token. That there is no room is said to the next one.
    pub(crate) fn count_bad_token(&self, address: IpAddr, now: UnixTime) {
        let _ = self.addresses.take(address, self.bad_token().0, BUDGET, now);
    }

    /// Whether an address may show one more secret of an application.
    pub(crate) fn may_show_secret(
        &self,
        address: IpAddr,
        application: ApplicationId,
        now: UnixTime,
    ) -> Result<(), OverLimit> {
        if self.good.get(&(address, application)).is_some() {
            return Ok(());
        }
        let (cost, most) = self.bad_token();
        let over = |seconds| OverLimit { budget: Budget::Address, class: "wrong secret", most, seconds };
        self.addresses.room(address, cost, BUDGET, now).map_err(over)?;
        self.applications.room(application, cost, BUDGET, now).map_err(over)
    }

    /// Counts a wrong secret. That there is no room is said to the next one.
    pub(crate) fn count_wrong_secret(&self, address: IpAddr, application: ApplicationId, now: UnixTime) {
        self.good.remove(&(address, application));
        let cost = self.bad_token().0;
        let _ = self.addresses.take(address, cost, BUDGET, now);
        let _ = self.applications.take(application, cost, BUDGET, now);
    }

    /// Remembers that an application has shown the right secret from an address.
    pub(crate) fn showed_secret(&self, address: IpAddr, application: ApplicationId) {
        self.good.insert((address, application), ());
    }

    fn bad_token(&self) -> (u64, u64) {
        let most = u64::from(self.config.bad_tokens);
        (BUDGET / most, most)
    }

    /// The part of a vault's budget that a request of a class takes.
    fn cost(&self, class: Class) -> u64 {
        BUDGET / u64::from(class.limit(&self.config))
    }

    fn over(&self, budget: Budget, class: Class, seconds: u32) -> OverLimit {
        let limit = u64::from(class.limit(&self.config));
        let most = match budget {
            Budget::Caller => limit * u64::from(self.config.caller_percent) / 100,
            Budget::Vault | Budget::Address => limit,
        };
        OverLimit { budget, class: class.name(), most, seconds }
    }

    fn callers_budget(&self) -> u64 {
        BUDGET * u64::from(self.config.caller_percent) / 100
    }
}

impl Admitted<'_> {
    /// Takes a cost of both budgets, or of none.
    fn take(&self, class: Class, cost: u64) -> Result<(), OverLimit> {
        let Self { throttling, vault, caller, at, .. } = *self;
        throttling
            .callers
            .take(caller, cost, throttling.callers_budget(), at)
            .map_err(|seconds| throttling.over(Budget::Caller, class, seconds))?;
        throttling.vaults.take(vault, cost, BUDGET, at).map_err(|seconds| {
            throttling.callers.give_back(caller, cost, at);
            throttling.over(Budget::Vault, class, seconds)
        })
    }

    /// Counts one more page that a filtered list judges, as so many requests.
    pub(crate) fn judges_a_page(&self) -> Result<(), OverLimit> {
        self.take(Class::Other, self.throttling.cost(Class::Other).saturating_mul(PAGE))
    }
}

impl KeyMeter for Admitted<'_> {
    fn count(&self, key: KeySpec) -> Result<(), OverLimit> {
        let Self { throttling, vault, caller, cost, at } = *self;
        let class = Class::of_key(key);
        let rest = throttling.cost(class).saturating_sub(cost);
        if rest == 0 {
            return Ok(());
        }
        self.take(class, rest).inspect_err(|_| {
            throttling.callers.give_back(caller, cost, at);
            throttling.vaults.give_back(vault, cost, at);
        })
    }
}

/// A vault's budget. So fine that the parts of requests add up to what they should: rounded down, the parts of all
/// requests that fit are at most this, and those of one more are above it for all limits that can be configured.
const BUDGET: u64 = 1 << 50;
/// What judging a page of 25 items counts as, in other requests.
const PAGE: u64 = 3;
/// How many addresses of applications are remembered.
const GOOD_ADDRESSES: usize = 10_000;

#[cfg(test)]
mod tests;
