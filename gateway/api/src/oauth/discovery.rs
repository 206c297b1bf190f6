//! Discovery documents (wire contract, section 3.1).

use http::StatusCode;
use portcullis_model::TenantId;
use portcullis_model::keys::ReleaseSigner;
use serde_json::json;

use super::route::ProtocolVersion;
use crate::{Answer, Hosts};

/// The discovery document of a tenant. Clients take the tenant's id from the first segment of `token_endpoint`.
///
/// Of what is not served, only what clients demand is named: MSAL refuses a document without `authorization_endpoint`.
#[must_use]
pub fn openid_configuration(hosts: &Hosts, tenant: &TenantId, version: ProtocolVersion) -> Answer {
    let authority = hosts.login_authority(tenant);
    let (protocol, issuer) = match version {
        ProtocolVersion::V1 => ("oauth2", format!("{authority}/")),
        ProtocolVersion::V2 => ("oauth2/v2.0", format!("{authority}/v2.0")),
    };
    let keys = match version {
        ProtocolVersion::V1 => format!("{authority}/discovery/keys"),
        ProtocolVersion::V2 => format!("{authority}/discovery/v2.0/keys"),
    };
    Answer::json(
        StatusCode::OK,
        &json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
            "token_endpoint": format!("{authority}/{protocol}/token"),
            "jwks_uri": keys,
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "client_secret_basic", "private_key_jwt"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": [
                "client_credentials", "authorization_code", "refresh_token",
                "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "oid", "tid", "ver"],
            "request_uri_parameter_supported": false,
            "tenant_region_scope": null,
            "cloud_instance_name": hosts.login_host(),
        }),
    )
}

/// The answer about hosts that belong together: ours alone.
#[must_use]
pub fn instance_discovery(hosts: &Hosts, tenant: &TenantId) -> Answer {
    let host = hosts.login_host();
    Answer::json(
        StatusCode::OK,
        &json!({
            "tenant_discovery_endpoint":
                format!("{}/v2.0/.well-known/openid-configuration", hosts.login_authority(tenant)),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }),
    )
}

/// The key that signs id tokens. Access tokens are of another form and opaque to clients.
#[must_use]
pub fn keys(signer: &dyn ReleaseSigner) -> Answer {
    crate::release_keys(signer)
}

/// How users sign in: with a password that this gateway knows. It says nothing of the user whom the client asked for.
#[must_use]
pub fn user_realm(hosts: &Hosts) -> Answer {
    Answer::json(
        StatusCode::OK,
        &json!({
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": hosts.login_host(),
            "cloud_instance_name": hosts.login_host(),
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }),
    )
}
