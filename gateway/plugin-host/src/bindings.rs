//! The generated bindings, one `bindgen!` for each version of `portcullis:policy` that is served: the only ones of the
//! workspace. Generated types do not leave the crate. Version 0.1 is frozen; `asked/v0_1.rs` answers it with what
//! answers 0.2.

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

mod generated_0_1 {
    wasmtime::component::bindgen!({
        path: "../../wit/policy@0.1",
        world: "plugin",
        imports: { default: trappable },
    });
}

pub(crate) use generated_for_tests::portcullis::policy_test::harness;

pub(crate) use generated::exports::portcullis::policy::{authorization, conditional_access, configuration};
pub(crate) use generated::portcullis::policy::{
    access, clock, counter, data, decision, directory, log, network, principal, request, settings,
};

/// Version 0.1.
pub(crate) mod v0_1 {
    pub(crate) use super::generated_0_1::exports::portcullis::policy::{authorization, conditional_access};
    pub(crate) use super::generated_0_1::portcullis::policy::{
        clock, directory, log, network, principal, request, settings,
    };
}
