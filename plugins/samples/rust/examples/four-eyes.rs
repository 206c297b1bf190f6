//! The component of [`policy_samples::four_eyes`].

portcullis_plugin::export_conditional_access!(policy_samples::FourEyes);
