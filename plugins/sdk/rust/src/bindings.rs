//! The generated bindings: the only `generate!` of all Rust plugins, once per kind of plugin.
//!
//! Two worlds and not one, because a component must export all that its world exports. The second takes its imports
//! from the first.

#[expect(missing_docs, reason = "generated")]
pub mod authorization {
    wit_bindgen::generate!({
        path: "../../../wit/policy",
        world: "authorization-plugin",
        pub_export_macro: true,
    });
}

#[expect(missing_docs, reason = "generated")]
pub mod conditional_access {
    wit_bindgen::generate!({
        path: "../../../wit/policy",
        world: "conditional-access-plugin",
        pub_export_macro: true,
        with: {
            "portcullis:policy/request@0.1.0": super::authorization::portcullis::policy::request,
            "portcullis:policy/principal@0.1.0": super::authorization::portcullis::policy::principal,
            "portcullis:policy/network@0.1.0": super::authorization::portcullis::policy::network,
            "portcullis:policy/directory@0.1.0": super::authorization::portcullis::policy::directory,
            "portcullis:policy/clock@0.1.0": super::authorization::portcullis::policy::clock,
            "portcullis:policy/settings@0.1.0": super::authorization::portcullis::policy::settings,
            "portcullis:policy/log@0.1.0": super::authorization::portcullis::policy::log,
        },
    });
}

pub(crate) use authorization::portcullis::policy as imports;
