//! Registrations of applications, and service principals.

use std::collections::HashSet;

use portcullis_identity::{ClientCertificate, Principal, PrincipalKind, Registration, RegistrationKind};
use portcullis_model::directory::{ApplicationChanges, DirectoryOutcome, ObjectRef, WantedCertificate};
use portcullis_model::{ApplicationId, PrincipalId};

use super::{Context, DirectoryRefusal, describe};
use crate::ManagementError;
use crate::record::{Record, principal_key, registration_key, signed_out_key};
use crate::service::Change;

impl Context<'_> {
    pub(super) fn application_create(
        &self,
        wanted: &ApplicationChanges,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        self.check_room()?;
        let registration = Registration {
            id: PrincipalId::random(),
            tenant: self.asker.tenant,
            application: ApplicationId::random(),
            display_name: String::new(),
            kind: RegistrationKind::Application,
            identifier_uris: Vec::new(),
            redirect_uris: Vec::new(),
            public_client: false,
            secrets: Vec::new(),
            certificates: Vec::new(),
            federated: Vec::new(),
        };
        let registration = self.changed(registration, wanted)?;
        let outcome = DirectoryOutcome::Created(Box::new(describe::registration(&registration)));
        Ok((put(registration), outcome))
    }

    pub(super) fn application_update(
        &self,
        application: &ObjectRef,
        changes: &ApplicationChanges,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().registration(application)?;
        self.declared.check_application(stored.id, (stored.tenant, stored.application))?;
        Ok((put(self.changed(Registration::clone(stored), changes)?), DirectoryOutcome::Done))
    }

    /// Removes a registration and the service principal with it: nothing could show any more that it is the application.
    pub(super) fn application_delete(
        &self,
        application: &ObjectRef,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().registration(application)?;
        self.declared.check_application(stored.id, (stored.tenant, stored.application))?;
        let principal = self.state.directory().by_application(stored.tenant, stored.application);
        let mut change = Change::none();
        if let Some(principal) = principal {
            self.declared.check(principal.id)?;
            self.check_not_self(principal.id)?;
            change = self.out_of_groups(principal.id);
            change.deletes.push(principal_key(principal.id).into_bytes());
            change.deletes.push(signed_out_key(principal.id).into_bytes());
        }
        change.deletes.push(registration_key(stored.tenant, stored.application).into_bytes());
        Ok((change, DirectoryOutcome::Done))
    }

    pub(super) fn principal_create(
        &self,
        application: ApplicationId,
        enabled: bool,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        self.check_room()?;
        let (directory, tenant) = (self.state.directory(), self.asker.tenant);
        if directory.by_application(tenant, application).is_some() {
            return Err(DirectoryRefusal::Taken { property: "appId" }.into());
        }
        let registration = directory.registration(tenant, application).ok_or_else(|| DirectoryRefusal::Invalid {
            property: "appId",
            why: "no application of that id is registered in the tenant; register it first".to_owned(),
        })?;
        let principal = Principal {
            id: PrincipalId::random(),
            tenant,
            kind: PrincipalKind::ServicePrincipal,
            application: Some(application),
            display_name: registration.display_name.clone(),
            enabled,
            groups: Vec::new(),
            secrets: Vec::new(),
        };
        let outcome = DirectoryOutcome::Created(Box::new(describe::principal(directory, &principal)));
        let puts = vec![Record::Principal(Box::new(principal))];
        Ok((Change { puts, deletes: Vec::new() }, outcome))
    }

    pub(super) fn principal_update(
        &self,
        principal: &ObjectRef,
        display_name: Option<&String>,
        enabled: Option<bool>,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().service_principal(principal)?;
        self.declared.check(stored.id)?;
        let disables = enabled == Some(false) && stored.enabled;
        if disables {
            self.check_not_self(stored.id)?;
        }
        let changed = Principal {
            display_name: display_name.unwrap_or(&stored.display_name).clone(),
            enabled: enabled.unwrap_or(stored.enabled),
            // Those of groups come from the groups.
            groups: Vec::new(),
            ..Principal::clone(stored)
        };
        let signed_out = disables.then(|| self.signed_out(stored.id));
        let puts = std::iter::once(Record::Principal(Box::new(changed))).chain(signed_out).collect();
        Ok((Change { puts, deletes: Vec::new() }, DirectoryOutcome::Done))
    }

    pub(super) fn principal_delete(
        &self,
        principal: &ObjectRef,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().service_principal(principal)?;
        self.declared.check(stored.id)?;
        self.check_not_self(stored.id)?;
        let mut change = self.out_of_groups(stored.id);
        change.deletes.extend([principal_key(stored.id).into_bytes(), signed_out_key(stored.id).into_bytes()]);
        Ok((change, DirectoryOutcome::Done))
    }

    fn changed(
        &self,
        mut registration: Registration,
        changes: &ApplicationChanges,
    ) -> Result<Registration, DirectoryRefusal> {
        if let Some(name) = &changes.display_name {
            registration.display_name.clone_from(name);
        }
        if let Some(uris) = &changes.identifier_uris {
            self.check_identifiers(&registration, uris)?;
            registration.identifier_uris.clone_from(uris);
        }
        if let Some(uris) = &changes.redirect_uris {
            if !uris.iter().all(|uri| Registration::is_redirect_uri(uri)) {
                let why = "a place to send people back to begins with https://, or with http://localhost, and has no fragment";
                return Err(DirectoryRefusal::Invalid { property: "redirectUris", why: why.to_owned() });
            }
            registration.redirect_uris.clone_from(uris);
        }
        registration.public_client = changes.public_client.unwrap_or(registration.public_client);
        if let Some(wanted) = &changes.certificates {
            registration.certificates = certificates(&registration.certificates, wanted)?;
        }
        Ok(registration)
    }

    /// Tokens for an application are asked by these names, so no two applications of a tenant share one.
    fn check_identifiers(&self, registration: &Registration, uris: &[String]) -> Result<(), DirectoryRefusal> {
        let property = "identifierUris";
        let distinct: HashSet<&String> = uris.iter().collect();
        if distinct.len() != uris.len() || !uris.iter().all(|uri| Registration::is_identifier_uri(uri)) {
            let why = "a name is like api://backend, and each is given once";
            return Err(DirectoryRefusal::Invalid { property, why: why.to_owned() });
        }
        let others = self.state.directory().registrations();
        let mut others = others.filter(|it| it.tenant == registration.tenant && it.id != registration.id);
        let taken = others.any(|other| uris.iter().any(|uri| other.is_named(uri)));
        if taken { Err(DirectoryRefusal::Taken { property }) } else { Ok(()) }
    }
}

fn certificates(
    known: &[ClientCertificate],
    wanted: &[WantedCertificate],
) -> Result<Vec<ClientCertificate>, DirectoryRefusal> {
    let refuse = |why: String| DirectoryRefusal::Invalid { property: "keyCredentials", why };
    let mut ids = HashSet::new();
    let one = |wanted: &WantedCertificate| {
        let certificate = match wanted {
            WantedCertificate::Known(id) => known.iter().find(|it| it.id == *id).cloned().ok_or_else(|| {
                refuse("a certificate is named by its keyId alone and is not one of the application's".to_owned())
            })?,
            WantedCertificate::New { id, der } => {
                ClientCertificate::new(id.clone(), der.clone()).map_err(|error| refuse(error.to_string()))?
            }
        };
        if ids.insert(certificate.id.clone()) {
            Ok(certificate)
        } else {
            Err(refuse("two certificates have the same keyId".to_owned()))
        }
    };
    wanted.iter().map(one).collect()
}

fn put(registration: Registration) -> Change {
    Change { puts: vec![Record::Registration(Box::new(registration))], deletes: Vec::new() }
}
