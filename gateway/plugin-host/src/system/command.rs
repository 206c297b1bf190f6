//! `wasi:cli`: no environment and no terminal.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use super::System;
use super::io::{InputStream, OutputStream, STDERR, STDOUT};

/// `wasi:cli/terminal-input.terminal-input`; none is ever made.
enum TerminalInput {}

/// `wasi:cli/terminal-output.terminal-output`; none is ever made.
enum TerminalOutput {}

type Cx<'a, T> = StoreContextMut<'a, T>;

pub(super) fn add_to_linker<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add_environment(linker)?;
    add_exit(linker)?;
    add_streams(linker)?;
    add_terminals(linker)
}

fn add_environment<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut environment = linker.instance("wasi:cli/environment@0.2.0")?;
    environment.func_wrap("get-environment", |mut cx: Cx<'_, T>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((Vec::<(String, String)>::new(),))
    })?;
    environment.func_wrap("get-arguments", |mut cx: Cx<'_, T>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((cx.data().arguments(),))
    })?;
    environment.func_wrap("initial-cwd", |mut cx: Cx<'_, T>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((None::<String>,))
    })
}

fn add_exit<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut exit = linker.instance("wasi:cli/exit@0.2.0")?;
    exit.func_wrap("exit", |cx: Cx<'_, T>, (status,): (Result<(), ()>,)| {
        Err::<(), _>(cx.data().exited(status.is_ok()))
    })?;
    exit.func_wrap("exit-with-code", |cx: Cx<'_, T>, (status,): (u8,)| Err::<(), _>(cx.data().exited(status == 0)))
}

fn add_streams<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.instance("wasi:cli/stdin@0.2.0")?.func_wrap("get-stdin", |mut cx: Cx<'_, T>, (): ()| {
        cx.data_mut().count_system_call()?;
        Ok((Resource::<InputStream>::new_own(0),))
    })?;
    for (interface, function, rep) in
        [("wasi:cli/stdout@0.2.0", "get-stdout", STDOUT), ("wasi:cli/stderr@0.2.0", "get-stderr", STDERR)]
    {
        linker.instance(interface)?.func_wrap(function, move |mut cx: Cx<'_, T>, (): ()| {
            cx.data_mut().count_system_call()?;
            Ok((Resource::<OutputStream>::new_own(rep),))
        })?;
    }
    Ok(())
}

fn add_terminals<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut input = linker.instance("wasi:cli/terminal-input@0.2.0")?;
    input.resource("terminal-input", ResourceType::host::<TerminalInput>(), |_, _| Ok(()))?;
    let mut output = linker.instance("wasi:cli/terminal-output@0.2.0")?;
    output.resource("terminal-output", ResourceType::host::<TerminalOutput>(), |_, _| Ok(()))?;
    linker.instance("wasi:cli/terminal-stdin@0.2.0")?.func_wrap(
        "get-terminal-stdin",
        |mut cx: Cx<'_, T>, (): ()| {
            cx.data_mut().count_system_call()?;
            Ok((None::<Resource<TerminalInput>>,))
        },
    )?;
    for (interface, function) in [
        ("wasi:cli/terminal-stdout@0.2.0", "get-terminal-stdout"),
        ("wasi:cli/terminal-stderr@0.2.0", "get-terminal-stderr"),
    ] {
        linker.instance(interface)?.func_wrap(function, |mut cx: Cx<'_, T>, (): ()| {
            cx.data_mut().count_system_call()?;
            Ok((None::<Resource<TerminalOutput>>,))
        })?;
    }
    Ok(())
}
