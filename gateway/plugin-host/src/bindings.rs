//! The generated bindings: the only `bindgen!`s of the workspace. Generated types do not leave the crate.

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/policy",
        world: "plugin",
        imports: { default: trappable },
    });
}

mod generated_for_tests {
    wasmtime::component::bindgen!({
        path: "../../wit/policy-test",
        world: "test",
        imports: { default: trappable },
    });
}

pub(crate) use generated_for_tests::portcullis::policy_test::harness;

pub(crate) use generated::exports::portcullis::policy::{authorization, conditional_access};
pub(crate) use generated::portcullis::policy::{clock, directory, log, network, principal, request, settings};
