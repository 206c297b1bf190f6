//! The component of [`policy_samples::ListByPrefix`].

portcullis_plugin::export_conditional_access!(policy_samples::ListByPrefix);
