//! The component of [`policy_samples::StepUp`].

portcullis_plugin::export_conditional_access!(policy_samples::StepUp);
