//! The generated bindings: the only `bindgen!` of the workspace. Generated types do not leave the crate.

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/policy",
        world: "plugin",
        imports: { default: trappable },
    });
}

pub(crate) use generated::exports::portcullis::policy::{authorization, conditional_access};
pub(crate) use generated::portcullis::policy::{clock, directory, log, network, principal, request, settings};
