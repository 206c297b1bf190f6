//! The traced imports: each builds a question, has it answered and recorded, and converts the answer. One file per
//! interface.

mod access;
mod clock;
mod counter;
mod data;
mod directory;
pub(crate) mod log;
mod network;
mod principal;
mod request;
mod settings;
mod v0_1;

use portcullis_policy::{Answer, Failure};
use wasmtime::component::{HasSelf, Linker};

use crate::bindings;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

/// Adds the interfaces of `portcullis:policy`, of every version that is served.
pub(crate) fn add_to_linker(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    bindings::request::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::principal::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::network::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::directory::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::access::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::clock::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::settings::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::data::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::counter::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    bindings::log::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    v0_1::add_to_linker(linker)
}

fn bool(answer: &Answer) -> wasmtime::Result<bool> {
    match answer {
        Answer::Bool(value) => Ok(*value),
        _ => Err(wrong_form()),
    }
}

fn text(answer: &Answer) -> wasmtime::Result<String> {
    match answer {
        Answer::Name(text) => Ok((*text).to_owned()),
        Answer::Text(text) => Ok(text.as_ref().to_owned()),
        _ => Err(wrong_form()),
    }
}

fn optional_text(answer: &Answer) -> wasmtime::Result<Option<String>> {
    match answer {
        Answer::Nothing => Ok(None),
        answer => text(answer).map(Some),
    }
}

/// The facts answered in a form that the question does not have. That is the gateway's fault, and denies.
fn wrong_form() -> wasmtime::Error {
    Stopped(Failure::Trapped("the gateway's answer has the wrong form".into())).into()
}
