//! `wasi:cli`: no environment, no arguments, no terminal; standard error is kept for the log.

use portcullis_policy::Failure;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use super::io::{InputStream, OutputStream, STDERR, STDOUT};
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

/// `wasi:cli/terminal-input.terminal-input`; none is ever made.
enum TerminalInput {}

/// `wasi:cli/terminal-output.terminal-output`; none is ever made.
enum TerminalOutput {}

type Cx<'a> = StoreContextMut<'a, Sandbox>;

pub(super) fn add_to_linker(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    add_environment(linker)?;
    add_exit(linker)?;
    add_streams(linker)?;
    add_terminals(linker)
}

fn add_environment(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    let mut environment = linker.instance("wasi:cli/environment@0.2.0")?;
    environment.func_wrap("get-environment", |mut cx: Cx<'_>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((Vec::<(String, String)>::new(),))
    })?;
    environment.func_wrap("get-arguments", |mut cx: Cx<'_>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((Vec::<String>::new(),))
    })?;
    environment.func_wrap("initial-cwd", |mut cx: Cx<'_>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((None::<String>,))
    })
}

fn add_exit(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    let mut exit = linker.instance("wasi:cli/exit@0.2.0")?;
    exit.func_wrap("exit", |_: Cx<'_>, (_,): (Result<(), ()>,)| Err::<(), _>(exited()))?;
    exit.func_wrap("exit-with-code", |_: Cx<'_>, (_,): (u8,)| Err::<(), _>(exited()))
}

fn exited() -> wasmtime::Error {
    Stopped(Failure::Trapped("it exited in place of deciding".into())).into()
}

fn add_streams(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    linker.instance("wasi:cli/stdin@0.2.0")?.func_wrap("get-stdin", |mut cx: Cx<'_>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((Resource::<InputStream>::new_own(0),))
    })?;
    for (interface, function, rep) in
        [("wasi:cli/stdout@0.2.0", "get-stdout", STDOUT), ("wasi:cli/stderr@0.2.0", "get-stderr", STDERR)]
    {
        linker.instance(interface)?.func_wrap(function, move |mut cx: Cx<'_>, (): ()| {
            cx.data_mut().count_system_call()?;
            Ok((Resource::<OutputStream>::new_own(rep),))
        })?;
    }
    Ok(())
}

fn add_terminals(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    let mut input = linker.instance("wasi:cli/terminal-input@0.2.0")?;
    input.resource("terminal-input", ResourceType::host::<TerminalInput>(), |_, _| Ok(()))?;
    let mut output = linker.instance("wasi:cli/terminal-output@0.2.0")?;
    output.resource("terminal-output", ResourceType::host::<TerminalOutput>(), |_, _| Ok(()))?;
    linker.instance("wasi:cli/terminal-stdin@0.2.0")?.func_wrap("get-terminal-stdin", |mut cx: Cx<'_>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((None::<Resource<TerminalInput>>,))
    })?;
    for (interface, function) in [
        ("wasi:cli/terminal-stdout@0.2.0", "get-terminal-stdout"),
        ("wasi:cli/terminal-stderr@0.2.0", "get-terminal-stderr"),
    ] {
        linker.instance(interface)?.func_wrap(function, |mut cx: Cx<'_>, (): ()| {
            cx.data_mut().count_system_call()?;
            Ok((None::<Resource<TerminalOutput>>,))
        })?;
    }
    Ok(())
}
