//! Release: the body of `POST /keys/{name}[/{version}]/release`, and the signed answer.

use http::StatusCode;
use portcullis_model::keys::{KeyCall, KeyChoice, PublicJwk, ReleaseSigner, Released, SigningFailed};
use portcullis_model::{MAX_RELEASE_NONCE_BYTES, MAX_RELEASE_TARGET_BYTES, ObjectKind, ReleaseWrapping, SecretText};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::bundle::ReleasedBody;
use crate::json::{self, Member, WrongType};
use crate::member::{invalid, required, unreadable};
use crate::told::{IdForm, object_id};
use crate::{Answer, ApiError, ErrorCode, RenderContext, base64url};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    target: Member<SecretText>,
    #[serde(default)]
    nonce: Member<String>,
    #[serde(default)]
    enc: Member<String>,
}

pub(crate) fn parse(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let Body { target, nonce, enc } = json::parse(body).map_err(unreadable)?;
    let target = target.optional().map_err(invalid("target"))?.ok_or_else(required("target"))?;
    if target.expose().is_empty() || target.expose().len() > MAX_RELEASE_TARGET_BYTES {
        return Err(invalid("target")(WrongType));
    }
    let nonce = nonce.optional().map_err(invalid("nonce"))?;
    let printable = |nonce: &String| nonce.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !nonce.as_ref().is_none_or(|nonce| nonce.len() <= MAX_RELEASE_NONCE_BYTES && printable(nonce)) {
        return Err(invalid("nonce")(WrongType));
    }
    let enc = enc.optional().map_err(invalid("enc"))?;
    let wrapping = enc.map(|enc| enc.parse().map_err(|_| invalid("enc")(WrongType))).transpose()?;
    Ok(KeyCall::Release { key, target, nonce, wrapping: wrapping.unwrap_or(ReleaseWrapping::RsaAesKeyWrap) })
}

/// The answer: one JSON Web Signature (RFC 7515), so that whoever gets the key from others can tell whence it came.
pub(super) fn render(released: &Released, vault_url: &str, context: RenderContext<'_>) -> Answer {
    match sign(&*released.signer, &payload(released, vault_url, context)) {
        Ok(value) => Answer::json(StatusCode::OK, &SignedBody { value }),
        Err(error) => ApiError::new(ErrorCode::InternalServerError, error.to_string()).render(),
    }
}

#[derive(Serialize)]
struct SignedBody {
    value: String,
}

/// What is signed (wire contract, section 10.5).
fn payload(released: &Released, vault_url: &str, context: RenderContext<'_>) -> String {
    let Released { key, ciphertext, wrapping, nonce, wrapped_to, .. } = released;
    let enc = wrapping.as_str();
    let kid = object_id(vault_url, ObjectKind::Key, &key.name, &key.version, IdForm::WithVersion);
    let mut request = json!({"api-version": context.routed.api_version.as_str(), "enc": enc, "kid": kid});
    if let Some(nonce) = nonce {
        request["nonce"] = nonce.as_str().into();
    }
    let mut header = json!({"alg": "dir", "enc": enc});
    if let Some(kid) = wrapped_to {
        header["kid"] = kid.as_str().into();
    }
    let wrapped = json!({"schema_version": "1.0.0", "header": header, "ciphertext": base64url::encode(ciphertext)});
    let key = ReleasedBody::new(key, vault_url, base64url::encode(wrapped.to_string()));
    json!({"request": request, "response": {"key": key}}).to_string()
}

fn sign(signer: &dyn ReleaseSigner, payload: &str) -> Result<String, SigningFailed> {
    let header = json!({"alg": "ES256", "kid": signer.kid(), "typ": "JOSE"});
    let signed = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(payload));
    let signature = signer.sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", base64url::encode(signature)))
}

/// The set of keys that sign answers of releases, for whoever verifies them.
#[must_use]
pub fn release_keys(signer: &dyn ReleaseSigner) -> Answer {
    let keys: Vec<_> = match signer.public() {
        PublicJwk::Ec { curve, x, y } => vec![json!({
            "kid": signer.kid(), "kty": "EC", "use": "sig", "alg": "ES256", "crv": curve.as_str(),
            "x": base64url::encode(x), "y": base64url::encode(y),
        })],
        PublicJwk::Rsa { .. } | PublicJwk::Oct => Vec::new(),
    };
    Answer::json(StatusCode::OK, &json!({ "keys": keys }))
}
