//! Objects as they are told.

use portcullis_identity::{
    ClientCertificate, ClientSecret, Directory, Group, Principal, PrincipalKind, Registration, RegistrationKind,
};
use portcullis_model::directory::{CertificateDescription, DirectoryObject, PasswordDescription};

pub(super) fn principal(directory: &Directory, principal: &Principal) -> DirectoryObject {
    match (principal.kind, principal.application) {
        (PrincipalKind::ServicePrincipal, Some(application)) => {
            let registration = directory.registration(principal.tenant, application);
            let uris = registration.iter().flat_map(|registration| registration.identifier_uris.iter().cloned());
            let certificates = registration.iter().flat_map(|registration| &registration.certificates);
            DirectoryObject::ServicePrincipal {
                id: principal.id,
                application,
                display_name: principal.display_name.clone(),
                enabled: principal.enabled,
                names: std::iter::once(application.to_string()).chain(uris).collect(),
                managed: registration.is_some_and(|it| it.kind == RegistrationKind::ManagedIdentity),
                passwords: principal.secrets.iter().map(password).collect(),
                certificates: certificates.map(certificate).collect(),
            }
        }
        (PrincipalKind::User, _) | (PrincipalKind::ServicePrincipal, None) => DirectoryObject::User {
            id: principal.id,
            name: directory.account(principal.id).map(|account| account.name.clone()),
            display_name: principal.display_name.clone(),
            enabled: principal.enabled,
        },
    }
}

pub(super) fn group(group: &Group) -> DirectoryObject {
    DirectoryObject::Group {
        id: group.id,
        display_name: group.display_name.clone(),
        description: group.description.clone(),
        nickname: group.nickname.clone(),
    }
}

pub(super) fn registration(registration: &Registration) -> DirectoryObject {
    DirectoryObject::Application {
        id: registration.id,
        application: registration.application,
        display_name: registration.display_name.clone(),
        identifier_uris: registration.identifier_uris.clone(),
        redirect_uris: registration.redirect_uris.clone(),
        public_client: registration.public_client,
        passwords: registration.secrets.iter().map(password).collect(),
        certificates: registration.certificates.iter().map(certificate).collect(),
    }
}

pub(super) fn password(secret: &ClientSecret) -> PasswordDescription {
    PasswordDescription { id: secret.id.clone(), name: secret.name.clone(), expires: secret.expires }
}

fn certificate(known: &ClientCertificate) -> CertificateDescription {
    let (not_before, expires) = known.validity();
    CertificateDescription { id: known.id.clone(), thumbprint: *known.thumbprint(), not_before, expires }
}
