//! The secret of a certificate in another form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_crypto::x509::{Bundle, read_pkcs12, write_pem};
use portcullis_model::{ContentType, SecretForm, SecretText};
use zeroize::Zeroizing;

use crate::EngineError;
use crate::record::{Hand, Meta};

/// From PKCS #12 to PEM, or as it is; other conversions are refused (wire contract, section 9).
pub(super) fn convert(meta: &Meta, value: &str, wanted: SecretForm) -> Result<SecretText, EngineError> {
    let form = meta.content_type.as_ref().map(ContentType::as_str).and_then(SecretForm::from_content_type);
    match (meta.hand, form, wanted) {
        (Hand::Certificate, Some(SecretForm::Pkcs12), SecretForm::Pem) => {
            let file = STANDARD.decode(value).map_err(|_| EngineError::NoConversion)?;
            let bundle = read_pkcs12(&Zeroizing::new(file), "").map_err(|_| EngineError::NoConversion)?;
            let Bundle { private_key, certificates } = bundle;
            let key = private_key.as_ref().map(|key| key.as_slice());
            Ok(SecretText::new(write_pem(key, &certificates).to_string()))
        }
        (Hand::Certificate, Some(form), wanted) if form == wanted => Ok(SecretText::new(value.to_owned())),
        (Hand::Certificate | Hand::Own, _, _) => Err(EngineError::NoConversion),
    }
}
