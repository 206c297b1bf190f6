//! The component of [`policy_samples::step_up`].

portcullis_plugin::export_conditional_access!(policy_samples::StepUp);
