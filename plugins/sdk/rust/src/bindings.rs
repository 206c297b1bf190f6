//! The generated bindings: the only `generate!` of all Rust plugins, once per kind of plugin.
//!
//! A world for each export and not one for all, because a component must export all that its world exports. The others
//! take their imports from the first.

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
            "portcullis:policy/request@0.2.0": super::authorization::portcullis::policy::request,
            "portcullis:policy/principal@0.2.0": super::authorization::portcullis::policy::principal,
            "portcullis:policy/network@0.2.0": super::authorization::portcullis::policy::network,
            "portcullis:policy/directory@0.2.0": super::authorization::portcullis::policy::directory,
            "portcullis:policy/access@0.2.0": super::authorization::portcullis::policy::access,
            "portcullis:policy/clock@0.2.0": super::authorization::portcullis::policy::clock,
            "portcullis:policy/data@0.2.0": super::authorization::portcullis::policy::data,
            "portcullis:policy/settings@0.2.0": super::authorization::portcullis::policy::settings,
            "portcullis:policy/counter@0.2.0": super::authorization::portcullis::policy::counter,
            "portcullis:policy/log@0.2.0": super::authorization::portcullis::policy::log,
            "portcullis:policy/decision@0.2.0": super::authorization::portcullis::policy::decision,
        },
    });
}

#[expect(missing_docs, reason = "generated")]
pub mod configuration {
    wit_bindgen::generate!({
        path: "../../../wit/policy",
        world: "configured-plugin",
        pub_export_macro: true,
        with: {
            "portcullis:policy/request@0.2.0": super::authorization::portcullis::policy::request,
            "portcullis:policy/principal@0.2.0": super::authorization::portcullis::policy::principal,
            "portcullis:policy/network@0.2.0": super::authorization::portcullis::policy::network,
            "portcullis:policy/directory@0.2.0": super::authorization::portcullis::policy::directory,
            "portcullis:policy/clock@0.2.0": super::authorization::portcullis::policy::clock,
            "portcullis:policy/data@0.2.0": super::authorization::portcullis::policy::data,
            "portcullis:policy/settings@0.2.0": super::authorization::portcullis::policy::settings,
            "portcullis:policy/counter@0.2.0": super::authorization::portcullis::policy::counter,
            "portcullis:policy/log@0.2.0": super::authorization::portcullis::policy::log,
        },
    });
}

/// What tests in wasm import: a package of its own, which no plugin may use.
#[cfg(all(feature = "test-util", target_arch = "wasm32"))]
pub(crate) mod test {
    wit_bindgen::generate!({
        path: "../../../wit/policy-test",
        world: "test",
    });
}

pub(crate) use authorization::portcullis::policy as imports;
