//! The component of [`policy_samples::business_hours`].

portcullis_plugin::export_conditional_access!(policy_samples::BusinessHours);
