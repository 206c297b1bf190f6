//! `wasi:clocks`: clocks that stand still.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower};

use super::System;
use super::io::pollable;

/// `wasi:clocks/wall-clock.datetime`.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

type Cx<'a, T> = StoreContextMut<'a, T>;

pub(super) fn add_to_linker<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut monotonic = linker.instance("wasi:clocks/monotonic-clock@0.2.0")?;
    for name in ["now", "resolution"] {
        monotonic.func_wrap(name, |mut cx: Cx<'_, T>, (): ()| {
            cx.data_mut().count_system_call()?;
            Ok((1_u64,))
        })?;
    }
    // Whatever time it is to wait for has come.
    for name in ["subscribe-instant", "subscribe-duration"] {
        monotonic.func_wrap(name, |mut cx: Cx<'_, T>, (_,): (u64,)| {
            cx.data_mut().count_system_call()?;
            Ok((pollable(),))
        })?;
    }
    let mut wall = linker.instance("wasi:clocks/wall-clock@0.2.0")?;
    for name in ["now", "resolution"] {
        wall.func_wrap(name, |mut cx: Cx<'_, T>, (): ()| {
            cx.data_mut().count_system_call()?;
            Ok((Datetime { seconds: 0, nanoseconds: 1 },))
        })?;
    }
    Ok(())
}
