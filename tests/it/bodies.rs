//! Bodies that parse, for the operations of the data plane.

use portcullis_model::Operation;
use serde_json::{Value, json};

/// base64url of 32 bytes: a digest of SHA-256, a key of AES, whatever a row below wants.
const BYTES: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The digest of no component.
pub(crate) const DIGEST: &str = "abababababababababababababababababababababababababababababababab";

/// A body for an operation of the data plane; an empty object for one that has none.
pub(crate) fn data(operation: Operation) -> Value {
    match operation {
        Operation::RoleDefinitionPut => json!({"properties": {
            "roleName": "a role", "permissions": [{"actions": ["*/read"]}], "assignableScopes": ["/subscriptions/0"],
        }}),
        Operation::DenyAssignmentPut => json!({"properties": {
            "denyAssignmentName": "a denial", "permissions": [{"actions": ["*/write"]}], "principals": [{"id": "nobody"}],
        }}),
        Operation::SecretSet => json!({"value": "v"}),
        Operation::SecretRestore | Operation::KeyRestore | Operation::CertificateRestore => json!({"value": "AAAA"}),
        Operation::KeyCreate => json!({"kty": "EC"}),
        Operation::KeyImport => json!({"key": {"kty": "oct", "k": BYTES}}),
        Operation::KeyEncrypt | Operation::KeyDecrypt | Operation::KeyWrap | Operation::KeyUnwrap => {
            json!({"alg": "RSA-OAEP", "value": BYTES})
        }
        Operation::KeySign => json!({"alg": "RS256", "value": BYTES}),
        Operation::KeyVerify => json!({"alg": "RS256", "digest": BYTES, "value": BYTES}),
        // A certificate that waits for no one leaves the name to the operations that follow.
        Operation::CertificateCreate => json!({"policy": {
            "issuer": {"name": "Self"}, "x509_props": {"subject": "CN=a"}, "key_props": {"kty": "EC"},
        }}),
        Operation::CertificateImport => json!({"value": "AAAA"}),
        Operation::CertificatePendingMerge => json!({"x5c": ["AAAA"]}),
        Operation::CertificatePendingUpdate => json!({"cancellation_requested": true}),
        Operation::CertificateContactsSet => json!({"contacts": [{"email": "a@one.example"}]}),
        Operation::CertificateIssuerSet => json!({"provider": "Portcullis"}),
        Operation::KeyRelease => json!({"target": "a.b.c"}),
        Operation::RandomBytes => json!({"count": 8}),
        Operation::PluginPut => json!({"properties": {"component": DIGEST, "mode": "off"}}),
        _ => json!({}),
    }
}
