//! Reads a body frame by frame, inflating as it comes, and stops at the first byte over a limit.

use std::io::{self, Write};

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt as _;

use super::{Limits, Rejection};

/// The body as the decoder wants it.
pub(super) async fn read(headers: &HeaderMap, mut body: Body, limits: &Limits) -> Result<Vec<u8>, Rejection> {
    let mut sink = Sink::for_encoding(headers, limits)?;
    // A stated length only ever saves work: what arrives is counted all the same.
    let stated = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if stated.is_some_and(|stated| stated > limits.max_body_bytes) {
        return Err(Rejection::BodyTooLarge { limit: limits.max_body_bytes });
    }
    let mut arrived = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|source| Rejection::Interrupted { source })?;
        let Ok(data) = frame.into_data() else { continue };
        arrived += data.len();
        if arrived > limits.max_body_bytes {
            return Err(Rejection::BodyTooLarge { limit: limits.max_body_bytes });
        }
        sink.take(&data)?;
    }
    sink.finish()
}

enum Sink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Sink {
    fn for_encoding(headers: &HeaderMap, limits: &Limits) -> Result<Self, Rejection> {
        let bounded = Bounded { bytes: Vec::new(), limit: limits.max_inflated_bytes, over: false };
        let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
        let (first, second) = (encodings.next(), encodings.next());
        match first.map_or(&b""[..], |value| value.as_bytes().trim_ascii()) {
            _ if second.is_some() => Err(Rejection::ContentEncoding),
            b"" => Ok(Self::Plain(bounded)),
            given if given.eq_ignore_ascii_case(b"identity") => Ok(Self::Plain(bounded)),
            given if given.eq_ignore_ascii_case(b"gzip") => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(bounded)))),
            _ => Err(Rejection::ContentEncoding),
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Rejection> {
        let (taken, bounded) = match self {
            Self::Plain(bounded) => (bounded.write_all(data), &*bounded),
            Self::Gzip(gzip) => (gzip.write_all(data), gzip.get_ref()),
        };
        taken.map_err(|error| bounded.rejection(error))
    }

    fn finish(self) -> Result<Vec<u8>, Rejection> {
        match self {
            Self::Plain(bounded) => Ok(bounded.bytes),
            Self::Gzip(mut gzip) => {
                let finished = gzip.try_finish();
                finished.map_err(|error| gzip.get_ref().rejection(error))?;
                gzip.finish().map(|bounded| bounded.bytes).map_err(|source| Rejection::Gzip { source })
            }
        }
    }
}

/// A buffer that takes up to its limit and then fails, so that an inflating stream stops in its tracks.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    over: bool,
}

impl Bounded {
    fn rejection(&self, error: io::Error) -> Rejection {
        if self.over { Rejection::InflatedTooLarge { limit: self.limit } } else { Rejection::Gzip { source: error } }
    }
}

impl Write for Bounded {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + data.len() > self.limit {
            self.over = true;
            return Err(io::Error::other("over the limit"));
        }
        self.bytes.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
