//! The component of [`policy_samples::BusinessHours`].

portcullis_plugin::export_conditional_access!(policy_samples::BusinessHours);
