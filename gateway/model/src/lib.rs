//! The vocabulary of the gateway: names, ids, operations, calls, outcomes and time.
//!
//! Every other room speaks these types. This crate depends on no other crate of the workspace, does no
//! input or output, and knows neither HTTP nor JSON shapes nor how records are stored.

mod access_policy;
mod algorithm;
mod attributes;
mod call;
mod certificate_policy;
mod ids;
mod key_operations;
mod key_spec;
mod names;
mod network_rules;
mod operation;
mod over_limit;
mod period;
mod plugin;
mod private_endpoint;
mod release_policy;
mod resource;
mod resource_path;
mod rotation_policy;
mod secret_text;
mod time;
mod wire_names;

pub use access_policy::{
    AccessPolicy, AccessPolicyChange, AccessPolicyPermissions, MAX_ACCESS_POLICIES, PermissionCategory, PermissionModel,
};
pub use algorithm::{EncryptionAlgorithm, SignatureAlgorithm, WrapAlgorithm};
pub use attributes::{AttributeChanges, Attributes, ObjectAttributes, RecoveryLevel, Tags, TagsError};
pub use call::{
    Call, ListItem, ListPosition, Listed, Listing, Lists, ObjectPage, Outcome, Page, access, certificates, directory,
    keys, management, plugins, schedules, secrets, what_if,
};
pub use certificate_policy::{
    AlternativeNames, CertificateKey, CertificatePolicy, CertificateProperties, IssuerChoice, LifetimeAction,
    LifetimeTrigger, MAX_LIFETIME_ACTIONS, MAX_POLICY_NAMES, PolicyChanges, PolicyError, SecretForm,
};
pub use ids::{
    ApplicationId, Generation, ParseIdError, PrincipalId, RequestId, RoleAssignmentId, RoleDefinitionId,
    SubscriptionId, TenantId, VaultId,
};
pub use key_operations::{KeyOperation, KeyOperations};
pub use key_spec::{Curve, KeySpec, KeyType, OctSize, RsaSize};
pub use names::{
    ConnectionName, ContentType, NameError, ObjectName, ObjectVersion, PrivateEndpointId, ResourceGroupName, SubnetId,
    VaultName,
};
pub use network_rules::{
    Bypass, DefaultAction, MAX_IP_RULES, MAX_SUBNET_RULES, NetworkAcls, NetworkRuleChanges, NetworkRules,
    PublicNetworkAccess,
};
pub use operation::{AccessPolicyPermission, Method, ObjectKind, Operation, OperationRow, Plane, Scope};
pub use over_limit::{Budget, OverLimit};
pub use period::{Period, PeriodError};
pub use plugin::{ComponentDigest, PluginName, PluginNameError};
pub use private_endpoint::{ConnectionStatus, PrivateEndpointConnection};
pub use release_policy::{
    MAX_RELEASE_NONCE_BYTES, MAX_RELEASE_POLICY_BYTES, MAX_RELEASE_TARGET_BYTES, ReleasePolicy, ReleaseWrapping,
};
pub use resource::{Resource, VaultPath};
pub use resource_path::ResourcePath;
pub use rotation_policy::{RotationPolicy, RotationPolicyError, RotationTrigger};
pub use secret_text::SecretText;
pub use time::{Clock, ManualClock, SystemClock, UnixTime};
pub use wire_names::UnknownName;
