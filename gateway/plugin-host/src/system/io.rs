//! `wasi:io`: streams that are closed or lead nowhere, and waiting that is over at once.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType};

use super::System;

/// `wasi:io/error.error`; none is ever made.
pub(super) enum IoError {}

/// `wasi:io/poll.pollable`: always ready.
pub(super) enum Pollable {}

/// `wasi:io/streams.input-stream`: always at its end.
pub(super) enum InputStream {}

/// `wasi:io/streams.output-stream`: takes everything.
pub(super) enum OutputStream {}

/// The representation of standard output.
pub(crate) const STDOUT: u32 = 1;

/// The representation of standard error.
pub(crate) const STDERR: u32 = 2;

/// What an output stream takes at once, in bytes.
const WRITABLE: u64 = 4096;

/// `wasi:io/streams.stream-error`.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum StreamError {
    /// Never said.
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    /// There is no more.
    #[component(name = "closed")]
    Closed,
}

/// The type of a resource of `wasi:io`, which other interfaces use by its name.
pub(crate) fn resource(name: &str) -> Option<ResourceType> {
    match name {
        "error" => Some(ResourceType::host::<IoError>()),
        "pollable" => Some(ResourceType::host::<Pollable>()),
        "input-stream" => Some(ResourceType::host::<InputStream>()),
        "output-stream" => Some(ResourceType::host::<OutputStream>()),
        _ => None,
    }
}

type Cx<'a, T> = StoreContextMut<'a, T>;

pub(super) fn add_to_linker<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut error = linker.instance("wasi:io/error@0.2.0")?;
    error.resource("error", ResourceType::host::<IoError>(), |_, _| Ok(()))?;
    error.func_wrap("[method]error.to-debug-string", |mut cx: Cx<'_, T>, (_,): (Resource<IoError>,)| {
        cx.data_mut().count_system_call()?;
        Ok((String::new(),))
    })?;
    let mut poll = linker.instance("wasi:io/poll@0.2.0")?;
    poll.resource("pollable", ResourceType::host::<Pollable>(), |_, _| Ok(()))?;
    poll.func_wrap("[method]pollable.ready", |mut cx: Cx<'_, T>, (_,): (Resource<Pollable>,)| {
        cx.data_mut().count_system_call()?;
        Ok((true,))
    })?;
    poll.func_wrap("[method]pollable.block", |mut cx: Cx<'_, T>, (_,): (Resource<Pollable>,)| {
        cx.data_mut().count_system_call()
    })?;
    poll.func_wrap("poll", |mut cx: Cx<'_, T>, (waiting,): (Vec<Resource<Pollable>>,)| {
        cx.data_mut().count_system_call()?;
        let ready: Vec<u32> = (0..).take(waiting.len()).collect();
        Ok((ready,))
    })?;
    let mut streams = linker.instance("wasi:io/streams@0.2.0")?;
    streams.resource("input-stream", ResourceType::host::<InputStream>(), |_, _| Ok(()))?;
    streams.resource("output-stream", ResourceType::host::<OutputStream>(), |_, _| Ok(()))?;
    add_input(&mut streams)?;
    add_output(&mut streams)
}

fn add_input<T: System>(streams: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    for name in ["read", "blocking-read"] {
        streams.func_wrap(
            &format!("[method]input-stream.{name}"),
            |mut cx: Cx<'_, T>, (_, _): (Resource<InputStream>, u64)| {
                cx.data_mut().count_system_call()?;
                Ok((Err::<Vec<u8>, _>(StreamError::Closed),))
            },
        )?;
    }
    for name in ["skip", "blocking-skip"] {
        streams.func_wrap(
            &format!("[method]input-stream.{name}"),
            |mut cx: Cx<'_, T>, (_, _): (Resource<InputStream>, u64)| {
                cx.data_mut().count_system_call()?;
                Ok((Err::<u64, _>(StreamError::Closed),))
            },
        )?;
    }
    streams.func_wrap("[method]input-stream.subscribe", |mut cx: Cx<'_, T>, (_,): (Resource<InputStream>,)| {
        cx.data_mut().count_system_call()?;
        Ok((pollable(),))
    })
}

fn add_output<T: System>(streams: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    streams.func_wrap("[method]output-stream.check-write", |mut cx: Cx<'_, T>, (_,): (Resource<OutputStream>,)| {
        cx.data_mut().count_system_call()?;
        Ok((Ok::<_, StreamError>(WRITABLE),))
    })?;
    for name in ["write", "blocking-write-and-flush"] {
        streams.func_wrap(
            &format!("[method]output-stream.{name}"),
            |mut cx: Cx<'_, T>, (stream, bytes): (Resource<OutputStream>, Vec<u8>)| {
                cx.data_mut().write(stream.rep(), &bytes)?;
                Ok((Ok::<_, StreamError>(()),))
            },
        )?;
    }
    for name in ["flush", "blocking-flush"] {
        streams.func_wrap(
            &format!("[method]output-stream.{name}"),
            |mut cx: Cx<'_, T>, (_,): (Resource<OutputStream>,)| {
                cx.data_mut().count_system_call()?;
                Ok((Ok::<_, StreamError>(()),))
            },
        )?;
    }
    for name in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        streams.func_wrap(
            &format!("[method]output-stream.{name}"),
            |mut cx: Cx<'_, T>, (_, _): (Resource<OutputStream>, u64)| {
                cx.data_mut().count_system_call()?;
                Ok((Ok::<_, StreamError>(()),))
            },
        )?;
    }
    for name in ["splice", "blocking-splice"] {
        streams.func_wrap(
            &format!("[method]output-stream.{name}"),
            |mut cx: Cx<'_, T>, (_, _, _): (Resource<OutputStream>, Resource<InputStream>, u64)| {
                cx.data_mut().count_system_call()?;
                Ok((Err::<u64, _>(StreamError::Closed),))
            },
        )?;
    }
    streams.func_wrap("[method]output-stream.subscribe", |mut cx: Cx<'_, T>, (_,): (Resource<OutputStream>,)| {
        cx.data_mut().count_system_call()?;
        Ok((pollable(),))
    })
}

pub(super) fn pollable() -> Resource<Pollable> {
    Resource::new_own(0)
}
