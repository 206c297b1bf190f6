//! The `WWW-Authenticate` headers of 401 answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use portcullis_model::TenantId;

use crate::Hosts;

/// The challenge of a vault: where to get a token, and for what. One header, both values quoted, comma and space
/// between them: no client parses anything else alike (wire contract, section 2.2).
#[must_use]
pub fn vault_challenge(hosts: &Hosts, tenant: &TenantId) -> HeaderValue {
    value(&format!(
        r#"Bearer authorization="{}", resource="{}""#,
        hosts.login_authority(tenant),
        hosts.vault_resource()
    ))
}

/// The challenge of the management plane (wire contract, section 13).
#[must_use]
pub fn management_challenge(hosts: &Hosts, tenant: &TenantId) -> HeaderValue {
    value(&format!(
        r#"Bearer authorization_uri="{}", error="invalid_token", error_description="The access token is missing or not acceptable.""#,
        hosts.login_authority(tenant)
    ))
}

/// The challenge that asks for a fresher or stronger token (wire contract, section 2.4). Only for callers whose token
/// carries `xms_cc` with `cp1`; others get a 403. `claims` is an OpenID `claims` request as JSON; it is sent in standard
/// base64, which every client decodes.
#[must_use]
pub fn claims_challenge(hosts: &Hosts, claims: &str) -> HeaderValue {
    value(&format!(
        r#"Bearer realm="", authorization_uri="{}/common/oauth2/authorize", client_id="{RESOURCE_CLIENT_ID}", error="insufficient_claims", claims="{}""#,
        hosts.login_url(),
        STANDARD.encode(claims)
    ))
}

/// The client id that the reference names in claims challenges.
const RESOURCE_CLIENT_ID: &str = "00000003-0000-0000-c000-000000000000";

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("host names, GUIDs and base64 are printable")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hosts, tenant};

    #[test]
    fn the_challenge_of_a_vault_is_as_every_client_reads_it() {
        assert_eq!(
            vault_challenge(&hosts(), &tenant()),
            "Bearer authorization=\"https://login.portcullis.test:8443/11111111-1111-1111-1111-111111111111\", \
             resource=\"https://vault.portcullis.test:8443\""
        );
    }

    /// The example of the Microsoft identity platform's page on claims challenges.
    #[test]
    fn a_claims_challenge_carries_its_claims_in_standard_base64() {
        let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
        assert_eq!(
            claims_challenge(&hosts(), claims),
            "Bearer realm=\"\", authorization_uri=\"https://login.portcullis.test:8443/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", \
             claims=\"eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19\""
        );
    }

    #[test]
    fn claims_cannot_leave_their_place_in_the_header() {
        let value = claims_challenge(&hosts(), "\", error=\"x\"\r\nx: y\u{e9}");
        assert_eq!(value.to_str().unwrap().matches("error=").count(), 1);
    }
}
