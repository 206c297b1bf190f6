//! Private endpoints of a vault: paths to it that its owner lets in or not, whatever its network rules say.

use crate::{ConnectionName, PrivateEndpointId};

/// What the vault's owner says of a connection. Only an approved one lets anybody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ConnectionStatus {
    /// Nobody has decided yet.
    Pending,
    /// It may be used.
    Approved,
    /// It may not be used; it can still be approved.
    Rejected,
    /// It was removed, or its vault was deleted, and is not there any more. A declaration does not bring it back.
    Disconnected,
}

impl ConnectionStatus {
    /// It as the wire shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Disconnected => "Disconnected",
        }
    }
}

/// The connection of a private endpoint to a vault.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PrivateEndpointConnection {
    /// Its name at the vault.
    pub name: ConnectionName,
    /// The private endpoint.
    pub endpoint: PrivateEndpointId,
    /// What the owner says of it.
    pub status: ConnectionStatus,
    /// Why, in words of the owner, at most 140 characters.
    pub description: String,
}

impl PrivateEndpointConnection {
    /// Whether what comes through an endpoint may come in by this connection.
    #[must_use]
    pub fn admits(&self, endpoint: &PrivateEndpointId) -> bool {
        match self.status {
            ConnectionStatus::Approved => self.endpoint == *endpoint,
            ConnectionStatus::Pending | ConnectionStatus::Rejected | ConnectionStatus::Disconnected => false,
        }
    }

    /// Whether it is there, as far as anybody is told.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        match self.status {
            ConnectionStatus::Pending | ConnectionStatus::Approved | ConnectionStatus::Rejected => true,
            ConnectionStatus::Disconnected => false,
        }
    }
}
