//! `wasi:random`: a sequence that is the same in every evaluation.

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use super::System;
use crate::stopped::Stopped;

/// What a guest may ask for at once, in bytes.
const BYTES: u64 = 4096;

type Cx<'a, T> = StoreContextMut<'a, T>;

pub(super) fn add_to_linker<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    for (interface, infix) in [("wasi:random/random@0.2.0", ""), ("wasi:random/insecure@0.2.0", "insecure-")] {
        let mut random = linker.instance(interface)?;
        random.func_wrap(&format!("get-{infix}random-bytes"), |mut cx: Cx<'_, T>, (length,): (u64,)| {
            bytes(cx.data_mut(), length).map(|bytes| (bytes,))
        })?;
        random.func_wrap(&format!("get-{infix}random-u64"), |mut cx: Cx<'_, T>, (): ()| {
            next(cx.data_mut()).map(|value| (value,))
        })?;
    }
    linker.instance("wasi:random/insecure-seed@0.2.0")?.func_wrap("insecure-seed", |mut cx: Cx<'_, T>, (): ()| {
        let sandbox = cx.data_mut();
        Ok(((next(sandbox)?, next(sandbox)?),))
    })
}

fn bytes(sandbox: &mut impl System, length: u64) -> wasmtime::Result<Vec<u8>> {
    if length > BYTES {
        return Err(Stopped::too_much("random bytes"));
    }
    let length = usize::try_from(length).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend(next(sandbox)?.to_le_bytes());
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// The number that follows from how many calls are left: every evaluation starts with the same.
fn next(sandbox: &mut impl System) -> wasmtime::Result<u64> {
    sandbox.count_system_call()?;
    // The finaliser of SplitMix64: hash tables of a guest want bits that look random.
    let mut value = sandbox.system_calls_left().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Ok(value ^ (value >> 31))
}
