//! Answers of the services: JSON, with a low-cardinality error type where something failed.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use telemetry::ErrorType;

use crate::call::CallError;

/// The body of an answer that is an error.
#[derive(Debug, Serialize, Deserialize)]
struct Problem {
    error: String,
}

/// 200 with a body.
pub(crate) fn ok<T: Serialize>(body: &T) -> Response {
    Json(body).into_response()
}

/// An error that its caller can tell by status and type.
pub(crate) fn failed(status: StatusCode, error: &'static str) -> Response {
    let mut response = (status, Json(Problem { error: error.to_owned() })).into_response();
    response.extensions_mut().insert(ErrorType(error));
    response
}

/// What a callee answered, in the name of the service that asked it.
pub(crate) fn passed_on(answer: Result<Bytes, CallError>) -> Response {
    match answer {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(CallError::Status(StatusCode::NOT_FOUND)) => failed(StatusCode::NOT_FOUND, "not_found"),
        Err(CallError::NoAnswer("timeout")) => failed(StatusCode::GATEWAY_TIMEOUT, "timeout"),
        Err(CallError::NoAnswer(_) | CallError::Status(_)) => failed(StatusCode::BAD_GATEWAY, "upstream"),
    }
}
