//! The conditional-access hook.

use std::marker::PhantomData;

use crate::bindings::conditional_access::exports::portcullis::policy::conditional_access;
use crate::bindings::imports::decision::Refusal;
use crate::obligation::permission;
use crate::{Gateway, Host, Obligation};

/// The opinion of a conditional-access plugin. A block ends the matter; a challenge ends it unless another blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Every policy that applies is satisfied.
    Grant {
        /// The policy; at most 256 bytes.
        rule: String,
        /// What the gateway must do when the request is allowed, too; at most 16.
        obligations: Vec<Obligation>,
    },
    /// A policy blocks the request.
    Block {
        /// The policy; at most 256 bytes.
        rule: String,
        /// Why, for the caller; at most 2048 bytes.
        reason: String,
    },
    /// The caller must come back with a token that fulfils these claims.
    Challenge {
        /// The policy; at most 256 bytes.
        rule: String,
        /// Why, for the caller; at most 2048 bytes.
        reason: String,
        /// The claims: a JSON object as OpenID Connect's `claims` parameter; at most 4096 bytes.
        claims: String,
    },
    /// No policy applies.
    NotApplicable,
}

impl Access {
    /// Grants by a policy.
    pub fn grant(rule: impl Into<String>) -> Self {
        Self::Grant { rule: rule.into(), obligations: Vec::new() }
    }

    /// The same, with something that the gateway must do; whoever does not grant cannot demand anything.
    #[must_use]
    pub fn demanding(mut self, obligation: Obligation) -> Self {
        if let Self::Grant { obligations, .. } = &mut self {
            obligations.push(obligation);
        }
        self
    }

    /// Blocks by a policy and for a reason.
    pub fn block(rule: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Block { rule: rule.into(), reason: reason.into() }
    }

    /// Demands claims by a policy and for a reason.
    pub fn challenge(rule: impl Into<String>, reason: impl Into<String>, claims: impl Into<String>) -> Self {
        Self::Challenge { rule: rule.into(), reason: reason.into(), claims: claims.into() }
    }
}

/// A plugin that judges circumstances.
pub trait ConditionalAccess {
    /// Judges the request about which the host answers.
    fn evaluate(host: &impl Host) -> Access;
}

/// Exports a [`ConditionalAccess`] from the component. Exports nothing outside of wasm, where the names of
/// component exports do not link.
#[macro_export]
macro_rules! export_conditional_access {
    ($plugin:ty) => {
        // Off wasm, too, the plugin is one.
        const _: fn(&$crate::Gateway) -> $crate::Access = <$plugin as $crate::ConditionalAccess>::evaluate;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::__private::ConditionalAccess<$plugin>;
            $crate::__private::conditional_access::export!(Exported with_types_in $crate::__private::conditional_access);
        };
        // Elsewhere nothing is exported; the plugin still counts as used.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = || {
            const fn exported<T: $crate::ConditionalAccess>() {}
            exported::<$plugin>();
        };
    };
}

/// What [`export_conditional_access!`] exports.
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: ConditionalAccess> conditional_access::Guest for Exported<T> {
    fn evaluate() -> conditional_access::Access {
        match T::evaluate(&Gateway) {
            Access::Grant { rule, obligations } => conditional_access::Access::Grant(permission(rule, obligations)),
            Access::Block { rule, reason } => conditional_access::Access::Block(Refusal { rule, reason }),
            Access::Challenge { rule, reason, claims } => {
                conditional_access::Access::Challenge(conditional_access::Demand { rule, reason, claims })
            }
            Access::NotApplicable => conditional_access::Access::NotApplicable,
        }
    }
}
