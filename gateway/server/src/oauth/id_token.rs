//! Id tokens: what a client is told about the person who signed in (OpenID Connect Core 1.0, section 2).

use portcullis_crypto::jose::base64url;
use portcullis_identity::{Account, IssuedToken};
use portcullis_model::UnixTime;
use portcullis_model::keys::{ReleaseSigner, SigningFailed};
use serde_json::json;

use crate::sign_in::SignedIn;

/// The id token of a sign-in.
pub(super) fn id_token(
    signer: &dyn ReleaseSigner,
    authority: &str,
    signed_in: &SignedIn,
    account: Option<&Account>,
    issued: &IssuedToken,
    now: UnixTime,
) -> Result<String, SigningFailed> {
    let (user, authentication) = (&issued.principal, &signed_in.authentication);
    let name = account.map(|account| account.name.as_str());
    let claims = json!({
        "ver": "2.0",
        "iss": format!("{authority}/v2.0"),
        "aud": signed_in.application,
        "sub": user.id,
        "oid": user.id,
        "tid": user.tenant,
        "name": user.display_name,
        "preferred_username": name,
        "upn": name,
        "iat": now.0,
        "nbf": now.0,
        "exp": issued.expires.0,
        "auth_time": authentication.time.0,
        "amr": authentication.methods,
        "acrs": authentication.contexts,
        "nonce": signed_in.nonce,
        "sid": authentication.session,
    });
    let header = json!({"typ": "JWT", "alg": "ES256", "kid": signer.kid()});
    let part = |value: &serde_json::Value| base64url::encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = signer.sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", base64url::encode(&signature)))
}

/// `client_info`: who signed in, as clients name their accounts.
pub(super) fn client_info(signed_in: &SignedIn) -> String {
    base64url::encode(json!({"uid": signed_in.user, "utid": signed_in.tenant}).to_string().as_bytes())
}
