//! The object identifiers that the module knows, as the content bytes of their DER.

/// rsaEncryption (RFC 8017): 1.2.840.113549.1.1.1.
pub(in crate::x509) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// sha256WithRSAEncryption (RFC 8017): 1.2.840.113549.1.1.11.
pub(in crate::x509) const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
/// sha384WithRSAEncryption (RFC 8017): 1.2.840.113549.1.1.12.
pub(in crate::x509) const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
/// sha512WithRSAEncryption (RFC 8017): 1.2.840.113549.1.1.13.
pub(in crate::x509) const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];
/// id-ecPublicKey (RFC 5480): 1.2.840.10045.2.1.
pub(in crate::x509) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// ecdsa-with-SHA256 (RFC 5758): 1.2.840.10045.4.3.2.
pub(in crate::x509) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// ecdsa-with-SHA384 (RFC 5758): 1.2.840.10045.4.3.3.
pub(in crate::x509) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
/// ecdsa-with-SHA512 (RFC 5758): 1.2.840.10045.4.3.4.
pub(in crate::x509) const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
/// secp256r1 (RFC 5480): 1.2.840.10045.3.1.7.
pub(in crate::x509) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// secp384r1 (RFC 5480): 1.3.132.0.34.
pub(in crate::x509) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// secp521r1 (RFC 5480): 1.3.132.0.35.
pub(in crate::x509) const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
/// secp256k1 (SEC 2): 1.3.132.0.10.
pub(in crate::x509) const P256K: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];
/// id-ce-subjectKeyIdentifier (RFC 5280): 2.5.29.14.
pub(in crate::x509) const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
/// id-ce-keyUsage (RFC 5280): 2.5.29.15.
pub(in crate::x509) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// id-ce-subjectAltName (RFC 5280): 2.5.29.17.
pub(in crate::x509) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// id-ce-basicConstraints (RFC 5280): 2.5.29.19.
pub(in crate::x509) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// id-ce-authorityKeyIdentifier (RFC 5280): 2.5.29.35.
pub(in crate::x509) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
/// id-ce-extKeyUsage (RFC 5280): 2.5.29.37.
pub(in crate::x509) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// extensionRequest (RFC 2985): 1.2.840.113549.1.9.14.
pub(in crate::x509) const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
/// Microsoft's user principal name, an otherName: 1.3.6.1.4.1.311.20.2.3.
pub(in crate::x509) const UPN: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03];
/// id-data (RFC 5652): 1.2.840.113549.1.7.1.
pub(in crate::x509) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// id-signedData (RFC 5652): 1.2.840.113549.1.7.2.
pub(in crate::x509) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// id-encryptedData (RFC 5652): 1.2.840.113549.1.7.6.
pub(in crate::x509) const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
/// keyBag (RFC 7292): 1.2.840.113549.1.12.10.1.1.
pub(in crate::x509) const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01];
/// pkcs8ShroudedKeyBag (RFC 7292): 1.2.840.113549.1.12.10.1.2.
pub(in crate::x509) const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02];
/// certBag (RFC 7292): 1.2.840.113549.1.12.10.1.3.
pub(in crate::x509) const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03];
/// x509Certificate (RFC 2985): 1.2.840.113549.1.9.22.1.
pub(in crate::x509) const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
/// localKeyId (RFC 2985): 1.2.840.113549.1.9.21.
pub(in crate::x509) const LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15];
/// pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292): 1.2.840.113549.1.12.1.3.
pub(in crate::x509) const PBE_SHA1_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
/// pbeWithSHAAnd128BitRC2-CBC (RFC 7292): 1.2.840.113549.1.12.1.5.
pub(in crate::x509) const PBE_SHA1_RC2_128: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x05];
/// pbeWithSHAAnd40BitRC2-CBC (RFC 7292): 1.2.840.113549.1.12.1.6.
pub(in crate::x509) const PBE_SHA1_RC2_40: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x06];
/// id-PBES2 (RFC 8018): 1.2.840.113549.1.5.13.
pub(in crate::x509) const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
/// id-PBKDF2 (RFC 8018): 1.2.840.113549.1.5.12.
pub(in crate::x509) const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
/// id-hmacWithSHA1 (RFC 8018): 1.2.840.113549.2.7.
pub(in crate::x509) const HMAC_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x07];
/// id-hmacWithSHA256 (RFC 8018): 1.2.840.113549.2.9.
pub(in crate::x509) const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
/// id-hmacWithSHA384 (RFC 8018): 1.2.840.113549.2.10.
pub(in crate::x509) const HMAC_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0a];
/// id-hmacWithSHA512 (RFC 8018): 1.2.840.113549.2.11.
pub(in crate::x509) const HMAC_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0b];
/// des-ede3-cbc (RFC 8018): 1.2.840.113549.3.7.
pub(in crate::x509) const DES_EDE3_CBC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07];
/// id-aes128-CBC (NIST): 2.16.840.1.101.3.4.1.2.
pub(in crate::x509) const AES128_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02];
/// id-aes192-CBC (NIST): 2.16.840.1.101.3.4.1.22.
pub(in crate::x509) const AES192_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16];
/// id-aes256-CBC (NIST): 2.16.840.1.101.3.4.1.42.
pub(in crate::x509) const AES256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];
/// id-sha1 (RFC 3279): 1.3.14.3.2.26.
pub(in crate::x509) const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// id-sha256 (NIST): 2.16.840.1.101.3.4.2.1.
pub(in crate::x509) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// id-sha384 (NIST): 2.16.840.1.101.3.4.2.2.
pub(in crate::x509) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
/// id-sha512 (NIST): 2.16.840.1.101.3.4.2.3.
pub(in crate::x509) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::Oid;

    #[test]
    fn are_the_published_identifiers() {
        let known = [
            (RSA_ENCRYPTION, "1.2.840.113549.1.1.1"),
            (RSA_SHA256, "1.2.840.113549.1.1.11"),
            (RSA_SHA384, "1.2.840.113549.1.1.12"),
            (RSA_SHA512, "1.2.840.113549.1.1.13"),
            (EC_PUBLIC_KEY, "1.2.840.10045.2.1"),
            (ECDSA_SHA256, "1.2.840.10045.4.3.2"),
            (ECDSA_SHA384, "1.2.840.10045.4.3.3"),
            (ECDSA_SHA512, "1.2.840.10045.4.3.4"),
            (P256, "1.2.840.10045.3.1.7"),
            (P384, "1.3.132.0.34"),
            (P521, "1.3.132.0.35"),
            (P256K, "1.3.132.0.10"),
            (SUBJECT_KEY_ID, "2.5.29.14"),
            (KEY_USAGE, "2.5.29.15"),
            (SUBJECT_ALT_NAME, "2.5.29.17"),
            (BASIC_CONSTRAINTS, "2.5.29.19"),
            (AUTHORITY_KEY_ID, "2.5.29.35"),
            (EXTENDED_KEY_USAGE, "2.5.29.37"),
            (EXTENSION_REQUEST, "1.2.840.113549.1.9.14"),
            (UPN, "1.3.6.1.4.1.311.20.2.3"),
            (DATA, "1.2.840.113549.1.7.1"),
            (SIGNED_DATA, "1.2.840.113549.1.7.2"),
            (ENCRYPTED_DATA, "1.2.840.113549.1.7.6"),
            (KEY_BAG, "1.2.840.113549.1.12.10.1.1"),
            (SHROUDED_KEY_BAG, "1.2.840.113549.1.12.10.1.2"),
            (CERT_BAG, "1.2.840.113549.1.12.10.1.3"),
            (X509_CERTIFICATE, "1.2.840.113549.1.9.22.1"),
            (LOCAL_KEY_ID, "1.2.840.113549.1.9.21"),
            (PBE_SHA1_3DES, "1.2.840.113549.1.12.1.3"),
            (PBE_SHA1_RC2_128, "1.2.840.113549.1.12.1.5"),
            (PBE_SHA1_RC2_40, "1.2.840.113549.1.12.1.6"),
            (PBES2, "1.2.840.113549.1.5.13"),
            (PBKDF2, "1.2.840.113549.1.5.12"),
            (HMAC_SHA1, "1.2.840.113549.2.7"),
            (HMAC_SHA256, "1.2.840.113549.2.9"),
            (HMAC_SHA384, "1.2.840.113549.2.10"),
            (HMAC_SHA512, "1.2.840.113549.2.11"),
            (DES_EDE3_CBC, "1.2.840.113549.3.7"),
            (AES128_CBC, "2.16.840.1.101.3.4.1.2"),
            (AES192_CBC, "2.16.840.1.101.3.4.1.22"),
            (AES256_CBC, "2.16.840.1.101.3.4.1.42"),
            (SHA1, "1.3.14.3.2.26"),
            (SHA256, "2.16.840.1.101.3.4.2.1"),
            (SHA384, "2.16.840.1.101.3.4.2.2"),
            (SHA512, "2.16.840.1.101.3.4.2.3"),
        ];
        for (bytes, dotted) in known {
            assert_eq!(dotted.parse::<Oid>().unwrap().as_bytes(), bytes, "{dotted}");
        }
    }
}
