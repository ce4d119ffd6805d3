//! Answers as OTLP/HTTP wants them: an empty message, or a `google.rpc.Status` in the encoding of the request.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use prost::Message as _;

use super::{Encoding, Limits};
use crate::batch::Signal;
use crate::core::Refusal;

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    #[error("read this content type: expected application/x-protobuf or application/json")]
    ContentType,
    #[error("read this content encoding: expected gzip or none")]
    ContentEncoding,
    #[error("take a body of more than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("inflate a body to more than {limit} bytes")]
    InflatedTooLarge { limit: usize },
    #[error("decode a body that would occupy more than {limit} bytes")]
    DecodedTooLarge { limit: usize },
    #[error("take {found} items in one request: the limit is {limit}")]
    Items { found: u64, limit: u64 },
    #[error("take {found} attributes in one place: the limit is {limit}")]
    Attributes { found: usize, limit: usize },
    #[error("take a key or value of {found} bytes: the limit is {limit}")]
    Value { found: usize, limit: usize },
    #[error("read the body to its end")]
    Interrupted { source: axum::Error },
    #[error("inflate the body as gzip")]
    Gzip { source: std::io::Error },
    #[error("decode the body as {signal}: {reason}")]
    Undecodable { signal: Signal, reason: String },
    #[error("take another request now")]
    Busy,
    #[error(transparent)]
    Refused(Refusal),
}

impl Rejection {
    fn status(&self) -> StatusCode {
        match self {
            Self::ContentType | Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. }
            | Self::InflatedTooLarge { .. }
            | Self::DecodedTooLarge { .. }
            | Self::Items { .. }
            | Self::Attributes { .. }
            | Self::Value { .. }
            | Self::Refused(Refusal::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Interrupted { .. } | Self::Gzip { .. } | Self::Undecodable { .. } => StatusCode::BAD_REQUEST,
            Self::Busy | Self::Refused(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// `google.rpc.Status`, without its details.
#[derive(Clone, PartialEq, prost::Message, serde::Serialize)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// `google.rpc.Code`.
mod code {
    pub(super) const INVALID_ARGUMENT: i32 = 3;
    pub(super) const RESOURCE_EXHAUSTED: i32 = 8;
    pub(super) const UNAVAILABLE: i32 = 14;
}

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An empty message: no bytes as protobuf, `{}` as JSON. There is never a partial success.
pub(super) fn success(encoding: Encoding) -> Response {
    match encoding {
        Encoding::Protobuf => (StatusCode::OK, [(CONTENT_TYPE, PROTOBUF)]).into_response(),
        Encoding::Json => (StatusCode::OK, [(CONTENT_TYPE, JSON)], "{}").into_response(),
    }
}

pub(super) fn failure(encoding: Encoding, rejection: &Rejection, limits: &Limits) -> Response {
    let status = rejection.status();
    let code = match status {
        StatusCode::SERVICE_UNAVAILABLE => code::UNAVAILABLE,
        StatusCode::PAYLOAD_TOO_LARGE => code::RESOURCE_EXHAUSTED,
        _ => code::INVALID_ARGUMENT,
    };
    let message = RpcStatus { code, message: format!("cannot {rejection}") };
    let mut response = match encoding {
        Encoding::Protobuf => (status, [(CONTENT_TYPE, PROTOBUF)], message.encode_to_vec()).into_response(),
        Encoding::Json => {
            let text = serde_json::to_vec(&message).expect("a number and a string are always JSON");
            (status, [(CONTENT_TYPE, JSON)], text).into_response()
        }
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(limits.retry_after_s));
    }
    response
}
