//! Callers for tests of other crates.

use std::sync::Arc;

use biscuit_auth::datalog::SymbolTable;
use portcullis_model::UnixTime;
use zeroize::Zeroizing;

use super::Caller;
use crate::keys::key_pair;
use crate::token::{Claims, VerifiedToken};
use crate::{Authentication, ClientStrength, Principal, Restrictions, TokenLimits, VerifyingKey};

impl Caller {
    /// A caller with a token as it was issued, valid at all times.
    #[must_use]
    pub fn for_test(principal: Arc<Principal>) -> Self {
        Self::with_blocks(principal, &[])
    }

    /// A caller with a token that was narrowed.
    #[must_use]
    pub fn for_test_attenuated(principal: Arc<Principal>, restrictions: &Restrictions) -> Self {
        Self::with_blocks(principal, std::slice::from_ref(restrictions))
    }

    fn with_blocks(principal: Arc<Principal>, blocks: &[Restrictions]) -> Self {
        let claims = Claims {
            tenant: principal.tenant,
            principal: principal.id,
            application: principal.application,
            kind: principal.kind,
            audience: "https://vault.test".into(),
            issued_at: UnixTime(0),
            expires: UnixTime(i64::MAX),
            token_id: "00000000000000000000000000000000".into(),
            claims_challenges: false,
            identity_provider: None,
            authentication: Authentication::of_application(ClientStrength::Secret, UnixTime(0)),
        };
        let (root, next) = (key_pair(&Zeroizing::new([1; 32])), key_pair(&Zeroizing::new([2; 32])));
        let mut token = claims
            .write()
            .and_then(|block| block.build_with_key_pair(&root, SymbolTable::new(), &next))
            .expect("the claims make an authority block");
        for restrictions in blocks {
            let block = restrictions.block().expect("a test gives at least one restriction");
            token = token.append_with_keypair(&next, block).expect("the token is not sealed");
        }
        let text = token.to_base64().expect("a token has a text");
        let token = VerifiedToken::read(&text, &VerifyingKey::new(root.public()), &TokenLimits::default())
            .expect("the token was made by the same key a moment ago");
        Self::new(principal, Arc::new(token))
    }
}

#[cfg(test)]
mod tests {
    use portcullis_model::{Operation, PrincipalId, TenantId};

    use super::*;
    use crate::{PrincipalKind, TokenRequest};

    #[test]
    fn callers_for_tests_are_like_others() {
        let principal = Arc::new(Principal {
            id: PrincipalId::from_bytes([1; 16]),
            tenant: TenantId::from_bytes([2; 16]),
            kind: PrincipalKind::User,
            application: None,
            display_name: String::new(),
            enabled: true,
            groups: vec![],
            secrets: vec![],
        });
        let plain = Caller::for_test(Arc::clone(&principal));
        assert_eq!((plain.tenant(), plain.application()), (principal.tenant, None));
        assert!(plain.attenuation().is_none());
        let restrictions = Restrictions { operations: vec![Operation::SecretGet], ..Restrictions::default() };
        let narrowed = Caller::for_test_attenuated(principal, &restrictions);
        let permits = |operation| {
            let source = [10, 0, 0, 1].into();
            let request = TokenRequest { operation, vault: None, object: None, source, now: UnixTime(1) };
            narrowed.attenuation().unwrap().permits(&request).is_ok()
        };
        assert!(permits(Operation::SecretGet) && !permits(Operation::SecretSet));
    }
}
