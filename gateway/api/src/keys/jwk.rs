//! Keys with their private members, as importers send them (RFC 7517).

use portcullis_model::keys::{PrivateBytes, PrivateJwk, PrivateRsa};
use portcullis_model::{Curve, KeyOperations, KeyType, SecretText};
use serde::Deserialize;

use super::properties::{key_ops, key_type};
use crate::ApiError;
use crate::json::{Member, WrongType};
use crate::member::{invalid, private, public, required};

/// A JSON Web Key. Members that this key's type has not are not read.
#[derive(Debug, Deserialize)]
pub(crate) struct JwkBody {
    #[serde(default)]
    kty: Member<String>,
    #[serde(default)]
    key_ops: Member<Vec<Member<String>>>,
    #[serde(default)]
    crv: Member<String>,
    #[serde(default)]
    n: Member<SecretText>,
    #[serde(default)]
    e: Member<SecretText>,
    #[serde(default)]
    d: Member<SecretText>,
    #[serde(default)]
    dp: Member<SecretText>,
    #[serde(default)]
    dq: Member<SecretText>,
    #[serde(default)]
    qi: Member<SecretText>,
    #[serde(default)]
    p: Member<SecretText>,
    #[serde(default)]
    q: Member<SecretText>,
    #[serde(default)]
    k: Member<SecretText>,
    #[serde(default)]
    x: Member<SecretText>,
    #[serde(default)]
    y: Member<SecretText>,
    #[serde(default)]
    key_hsm: Member<SecretText>,
}

impl JwkBody {
    /// The key and what it is for, if that is said.
    pub(crate) fn read(self) -> Result<(PrivateJwk, Option<KeyOperations>), ApiError> {
        let key_type = key_type(self.kty, "key.kty")?;
        if self.key_hsm.optional().map_err(invalid("key.key_hsm"))?.is_some() {
            return Err(ApiError::bad_parameter(
                "Property key.key_hsm has invalid value: it is for keys of an HSM, and this vault has none",
            ));
        }
        let operations = key_ops(self.key_ops, "key.key_ops")?;
        let key = match key_type {
            KeyType::Rsa => PrivateJwk::Rsa(Box::new(PrivateRsa {
                n: public(self.n, "key.n")?.ok_or_else(required("key.n"))?,
                e: public(self.e, "key.e")?.ok_or_else(required("key.e"))?,
                d: number(self.d, "key.d")?,
                p: number(self.p, "key.p")?,
                q: number(self.q, "key.q")?,
                dp: number(self.dp, "key.dp")?,
                dq: number(self.dq, "key.dq")?,
                qi: number(self.qi, "key.qi")?,
            })),
            KeyType::Ec => {
                let curve = self.crv.optional().map_err(invalid("key.crv"))?.ok_or_else(required("key.crv"))?;
                PrivateJwk::Ec {
                    curve: curve.parse::<Curve>().map_err(|_| invalid("key.crv")(WrongType))?,
                    x: public(self.x, "key.x")?.ok_or_else(required("key.x"))?,
                    y: public(self.y, "key.y")?.ok_or_else(required("key.y"))?,
                    d: number(self.d, "key.d")?.ok_or_else(required("key.d"))?,
                }
            }
            KeyType::Oct => PrivateJwk::Oct { k: number(self.k, "key.k")?.ok_or_else(required("key.k"))? },
        };
        Ok((key, operations))
    }
}

fn number(member: Member<SecretText>, property: &'static str) -> Result<Option<PrivateBytes>, ApiError> {
    Ok(private(member, property)?.map(PrivateBytes::new))
}
