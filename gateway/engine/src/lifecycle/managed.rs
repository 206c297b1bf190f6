//! Objects that belong to a certificate are changed through it alone.

use portcullis_model::ObjectName;

use super::Lifecycle;
use crate::EngineError;
use crate::record::{Hand, Meta};

/// Who changes an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    /// A call about the object itself.
    Itself,
    /// A call about the certificate that it belongs to.
    Certificate,
}

impl Lifecycle<'_> {
    /// Refuses changes of a managed object that do not come through its certificate, and the reverse, so that an
    /// object never passes from one hand to the other.
    pub(crate) fn refuse_foreign(&self, name: &ObjectName, meta: &Meta, through: Through) -> Result<(), EngineError> {
        match (meta.hand, through) {
            (Hand::Own, Through::Itself) | (Hand::Certificate, Through::Certificate) => Ok(()),
            (Hand::Certificate, Through::Itself) => {
                Err(EngineError::Managed { kind: self.objects.kind(), name: name.clone() })
            }
            (Hand::Own, Through::Certificate) => Err(self.exists(name)),
        }
    }

    /// Refuses a name that an object has which belongs to no certificate.
    pub(crate) async fn refuse_own(&self, name: &ObjectName) -> Result<(), EngineError> {
        match self.objects.active(name).await? {
            Some(stored) => self.refuse_foreign(name, &stored.head.meta, Through::Certificate),
            None => Ok(()),
        }
    }

    pub(crate) fn exists(&self, name: &ObjectName) -> EngineError {
        EngineError::AlreadyExists { kind: self.objects.kind(), name: name.clone() }
    }
}
