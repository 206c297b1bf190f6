//! The authorisation hook.

use std::marker::PhantomData;

use crate::bindings::authorization::exports::portcullis::policy::authorization;
use crate::bindings::imports::decision::Refusal;
use crate::obligation::permission;
use crate::{Gateway, Host, Obligation};

/// The opinion of an authorisation plugin. A request is allowed when at least one plugin allows it and none denies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// The request is allowed.
    Allow {
        /// The rule that allowed it, such as a role assignment's id; at most 256 bytes.
        rule: String,
        /// What the gateway must do then; at most 16.
        obligations: Vec<Obligation>,
    },
    /// The request is denied, whatever others say.
    Deny {
        /// The rule that denied it; at most 256 bytes.
        rule: String,
        /// Why, for the caller; at most 2048 bytes.
        reason: String,
    },
    /// Nothing is said for or against it.
    Abstain {
        /// Why, for the caller whom nobody else allows; at most 2048 bytes.
        reason: String,
    },
}

impl Opinion {
    /// Allows by a rule.
    pub fn allow(rule: impl Into<String>) -> Self {
        Self::Allow { rule: rule.into(), obligations: Vec::new() }
    }

    /// The same, with something that the gateway must do; whoever does not allow cannot demand anything.
    #[must_use]
    pub fn demanding(mut self, obligation: Obligation) -> Self {
        if let Self::Allow { obligations, .. } = &mut self {
            obligations.push(obligation);
        }
        self
    }

    /// Denies by a rule and for a reason.
    pub fn deny(rule: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Deny { rule: rule.into(), reason: reason.into() }
    }

    /// Says nothing, and why.
    pub fn abstain(reason: impl Into<String>) -> Self {
        Self::Abstain { reason: reason.into() }
    }
}

/// A plugin that authorises.
pub trait Authorization {
    /// Judges the request about which the host answers.
    fn evaluate(host: &impl Host) -> Opinion;
}

/// Exports an [`Authorization`] from the component. Exports nothing outside of wasm, where the names of component
/// exports do not link.
#[macro_export]
macro_rules! export_authorization {
    ($plugin:ty) => {
        // Off wasm, too, the plugin is one.
        const _: fn(&$crate::Gateway) -> $crate::Opinion = <$plugin as $crate::Authorization>::evaluate;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::__private::Authorization<$plugin>;
    $crate::__private::authorization::export!(Exported with_types_in $crate::__private::authorization);
        };
        // Elsewhere nothing is exported; the plugin still counts as used.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = || {
            const fn exported<T: $crate::Authorization>() {}
            exported::<$plugin>();
        };
    };
}

/// What [`export_authorization!`] exports.
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Authorization> authorization::Guest for Exported<T> {
    fn evaluate() -> authorization::Opinion {
        match T::evaluate(&Gateway) {
            Opinion::Allow { rule, obligations } => authorization::Opinion::Allow(permission(rule, obligations)),
            Opinion::Deny { rule, reason } => authorization::Opinion::Deny(Refusal { rule, reason }),
            Opinion::Abstain { reason } => authorization::Opinion::Abstain(reason),
        }
    }
}
