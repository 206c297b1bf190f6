//! The component of [`policy_samples::BackupNetwork`].

portcullis_plugin::export_conditional_access!(policy_samples::BackupNetwork);
