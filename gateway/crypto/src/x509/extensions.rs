//! The extensions of certificates and requests.

use super::der::{explicit, known, named_bits, octets, oid, sequence, tag, tlv};
use super::spec::{CertificateSpec, Role};
use super::usage;

/// What the specification says, one encoded Extension after the other.
pub(super) fn of_spec(spec: &CertificateSpec) -> Vec<u8> {
    let mut extensions = Vec::new();
    if !spec.key_usage.is_empty() {
        extensions.extend(critical(known::KEY_USAGE, &named_bits(usage::to_bits(&spec.key_usage))));
    }
    extensions.extend(basic_constraints(spec.role));
    if !spec.ekus.is_empty() {
        let ekus: Vec<u8> = spec.ekus.iter().flat_map(|eku| oid(eku.as_bytes())).collect();
        extensions.extend(extension(known::EXTENDED_KEY_USAGE, &sequence(&[&ekus])));
    }
    if !spec.names.is_empty() {
        // RFC 5280 section 4.2.1.6: critical if the subject says nothing.
        let write = if spec.subject.is_empty() { critical } else { extension };
        extensions.extend(write(known::SUBJECT_ALT_NAME, &spec.names.to_der()));
    }
    extensions
}

/// The identifiers of the subject's and of the authority's key.
pub(super) fn key_ids(subject: &[u8], authority: &[u8]) -> Vec<u8> {
    let authority = sequence(&[&tlv(tag::context(0), &[authority])]);
    let subject = extension(known::SUBJECT_KEY_ID, &octets(subject));
    [subject, extension(known::AUTHORITY_KEY_ID, &authority)].concat()
}

/// The member `extensions` of a TBSCertificate.
pub(super) fn member(extensions: &[u8]) -> Vec<u8> {
    explicit(3, &[&sequence(&[extensions])])
}

fn basic_constraints(role: Role) -> Vec<u8> {
    match role {
        Role::EndEntity => extension(known::BASIC_CONSTRAINTS, &sequence(&[])),
        Role::Authority => critical(known::BASIC_CONSTRAINTS, &sequence(&[&TRUE])),
    }
}

fn extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &octets(value)])
}

fn critical(id: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &TRUE, &octets(value)])
}

const TRUE: [u8; 3] = [tag::BOOLEAN, 1, 0xff];
