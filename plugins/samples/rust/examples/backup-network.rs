//! The component of [`policy_samples::backup_network`].

portcullis_plugin::export_conditional_access!(policy_samples::BackupNetwork);
