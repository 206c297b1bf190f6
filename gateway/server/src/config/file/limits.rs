//! `[limits]`: what a client may take.

use std::time::Duration;

use portcullis_listener::Limits;

use super::super::reader::{Noted, Reader, Value};

/// Reads `[limits]`: the listeners' limits, and the time that a request's body may take.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<(Limits, Duration), Noted> {
    let mut limits = Limits::default();
    let mut body_timeout = BODY_TIMEOUT;
    times(reader, &mut limits);
    reader.set("body_timeout", &mut body_timeout, time);
    counts(reader, &mut limits);
    sizes(reader, &mut limits);
    Ok((limits, body_timeout))
}

fn times(reader: &mut Reader<'_>, limits: &mut Limits) {
    reader.set("handshake_timeout", &mut limits.handshake_timeout, time);
    reader.set("header_timeout", &mut limits.header_timeout, time);
    reader.set("idle_timeout", &mut limits.idle_timeout, time);
    reader.set("drain_grace", &mut limits.drain_grace, time);
    reader.set("http2_keep_alive_interval", &mut limits.http2_keep_alive_interval, time);
    reader.set("http2_keep_alive_timeout", &mut limits.http2_keep_alive_timeout, time);
}

fn counts(reader: &mut Reader<'_>, limits: &mut Limits) {
    reader.set("max_connections", &mut limits.max_connections, count);
    reader.set("max_connections_per_client", &mut limits.max_connections_per_client, count);
    reader.set("max_handshakes_per_client", &mut limits.max_handshakes_per_client, count);
    reader.set("http1_max_headers", &mut limits.http1_max_headers, |value| value.integer(16, 1_000));
    let streams = &mut limits.http2_max_concurrent_streams;
    reader.set("http2_max_concurrent_streams", streams, |value| value.integer(1, 10_000));
    let resets = &mut limits.http2_max_pending_accept_reset_streams;
    reader.set("http2_max_pending_accept_reset_streams", resets, |value| value.integer(1, 10_000));
    let resets = &mut limits.http2_max_local_error_reset_streams;
    reader.set("http2_max_local_error_reset_streams", resets, |value| value.integer(1, 10_000));
}

fn sizes(reader: &mut Reader<'_>, limits: &mut Limits) {
    reader.set("http1_max_header", &mut limits.http1_max_header, |value| value.size(8 << 10, 16 << 20));
    reader.set("http1_max_buf", &mut limits.http1_max_buf, |value| value.size(8 << 10, 16 << 20));
    reader.set("http2_max_header_list", &mut limits.http2_max_header_list, |value| value.size(8 << 10, 16 << 20));
}

/// No limit can be switched off, and none is so long that adding it to the clock could overflow.
fn time(value: &Value<'_>) -> Result<Duration, Noted> {
    value.duration(Duration::from_millis(1), Duration::from_secs(3_600))
}

fn count(value: &Value<'_>) -> Result<usize, Noted> {
    value.integer(1, 1_000_000)
}

/// What a request's body may take by default.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
