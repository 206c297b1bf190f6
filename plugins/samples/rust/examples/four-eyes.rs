//! The component of [`policy_samples::FourEyes`].

portcullis_plugin::export_conditional_access!(policy_samples::FourEyes);
