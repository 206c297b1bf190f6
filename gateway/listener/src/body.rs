//! Reading the body of a request, within bounds.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is longer than allowed, or says so.
    #[error("the body is longer than {max} bytes")]
    TooLarge {
        /// The bound.
        max: usize,
    },
    /// The body was not complete in time.
    #[error("the body was not complete in time")]
    TooSlow,
    /// The client went away, or broke the framing.
    #[error("the body could not be read")]
    Broken {
        /// What the stream said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Reads a whole body of at most `max_bytes`, within `total_timeout` however steadily it drips.
///
/// A body that is over the bound is refused, and what is left of it is discarded, up to 1 MiB: a client that is
/// still writing when the connection is closed would never read why. A body that arrives in one piece is not copied.
pub async fn read_body<B>(mut body: B, max_bytes: usize, total_timeout: Duration) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = body.size_hint().lower();
    let read = if announced > u64::try_from(max_bytes).unwrap_or(u64::MAX) {
        Err(BodyError::TooLarge { max: max_bytes })
    } else {
        let reading = collect(&mut body, max_bytes);
        tokio::time::timeout(total_timeout, reading).await.map_err(|_| BodyError::TooSlow)?
    };
    if matches!(read, Err(BodyError::TooLarge { .. })) {
        // The refusal stands however this ends.
        let _ = tokio::time::timeout(DISCARDING.min(total_timeout), discard(&mut body, DISCARDED)).await;
    }
    read
}

/// Reads what is left of a body that nobody wants, up to a bound and no longer than a time, and throws it away: a
/// client that is still writing when the connection is closed would never read why it was refused.
pub async fn discard_body<B>(body: &mut B, max_bytes: usize, timeout: Duration)
where
    B: Body<Data = Bytes> + Unpin,
{
    // However this ends, the refusal stands.
    let _ = tokio::time::timeout(timeout, discard(body, max_bytes)).await;
}

/// How long a client may go on writing a body that is too large.
const DISCARDING: Duration = Duration::from_secs(1);

/// How much of a body that is too large is read and thrown away.
const DISCARDED: usize = 1 << 20;

async fn discard<B>(body: &mut B, most: usize)
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut discarded = 0;
    while discarded < most {
        let Some(Ok(frame)) = body.frame().await else { return };
        discarded += frame.data_ref().map_or(0, Bytes::len);
    }
}

async fn collect<B>(body: &mut B, max: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let first = next(body, 0, max).await?;
    let Some(second) = next(body, first.as_ref().map_or(0, Bytes::len), max).await? else {
        return Ok(first.unwrap_or_default());
    };
    let mut whole = BytesMut::from(first.unwrap_or_default());
    whole.extend_from_slice(&second);
    while let Some(piece) = next(body, whole.len(), max).await? {
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// The next piece of data, if `max` leaves room for it after the bytes that are there. Trailers are skipped.
async fn next<B>(body: &mut B, have: usize, max: usize) -> Result<Option<Bytes>, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let Some(frame) = body.frame().await else { return Ok(None) };
        let frame = frame.map_err(|error| BodyError::Broken { source: error.into() })?;
        match frame.into_data() {
            Ok(data) if data.len() > max.saturating_sub(have) => return Err(BodyError::TooLarge { max }),
            Ok(data) => return Ok(Some(data)),
            Err(_trailers) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::Frame;

    use super::*;

    /// Gives its pieces, then ends or hangs.
    struct Pieces {
        pieces: VecDeque<&'static str>,
        hangs: bool,
    }

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.pieces.pop_front() {
                Some(piece) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))),
                None if self.hangs => Poll::Pending,
                None => Poll::Ready(None),
            }
        }
    }

    fn pieces(pieces: &[&'static str], hangs: bool) -> Pieces {
        Pieces { pieces: pieces.iter().copied().collect(), hangs }
    }

    const LONG: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn joins_pieces_up_to_the_bound() {
        for (given, expected) in
            [(&[][..], ""), (&["abc"], "abc"), (&["ab", "c"], "abc"), (&["a", "b", "c", "d"], "abcd")]
        {
            let body = read_body(pieces(given, false), 4, LONG).await.expect("within the bound");
            assert_eq!(body, expected);
        }
    }

    #[tokio::test]
    async fn refuses_what_exceeds_the_bound() {
        for given in [&["abcde"][..], &["abcd", "e"], &["a", "b", "c", "d", "e"]] {
            let refused = read_body(pieces(given, false), 4, LONG).await;
            assert!(matches!(refused, Err(BodyError::TooLarge { max: 4 })), "{given:?}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn refuses_an_announced_length() {
        let announced = http_body_util::Full::new(Bytes::from_static(b"abcde"));
        assert!(matches!(read_body(announced, 4, LONG).await, Err(BodyError::TooLarge { max: 4 })));
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_on_a_body_that_stalls() {
        let stalled = read_body(pieces(&["a"], true), 4, LONG).await;
        assert!(matches!(stalled, Err(BodyError::TooSlow)));
    }
}
