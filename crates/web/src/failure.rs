//! How a handler ends when it cannot answer: a trouble to show, or a detour (sign in, prove yourself again).

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use sakimori_words::{Trouble, TroubleKind};

use crate::address;

/// What a handler returns.
pub type Answer = Result<Response, Failure>;

/// Why a handler did not answer.
#[derive(Debug)]
pub enum Failure {
    /// Something went wrong; the error page (or the API's JSON) shows it.
    Trouble(Trouble),
    /// Nobody is signed in; after signing in the visitor returns to `next`.
    SignIn {
        /// Path to return to.
        next: String,
    },
    /// The person must prove again who they are; afterwards they return to `next`.
    StepUp {
        /// Path to return to.
        next: String,
    },
}

impl Failure {
    /// A trouble with its particulars.
    pub fn new(kind: &'static TroubleKind, detail: impl Into<String>) -> Self {
        Self::Trouble(Trouble::new(kind, detail))
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Turns a crate's error, which has `fn trouble(&self) -> Trouble`, into a [`Failure`] so that `?` works in handlers.
macro_rules! fails_with {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for $crate::failure::Failure {
            fn from(error: $error) -> Self {
                Self::Trouble(error.trouble())
            }
        }
    )+};
}

pub(crate) use fails_with;

/// A trouble on its way to the middleware that dresses it in the visitor's language.
#[derive(Clone)]
pub(crate) struct Undressed(pub(crate) Arc<Trouble>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Trouble(trouble) => {
                let status = StatusCode::from_u16(trouble.kind.status)
                    .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut response = status.into_response();
                response.extensions_mut().insert(Undressed(Arc::new(trouble)));
                response
            }
            Self::SignIn { next } => {
                Redirect::to(&address::with_query("/sign-in", &[("next", &next)])).into_response()
            }
            Self::StepUp { next } => {
                Redirect::to(&address::with_query("/step-up", &[("next", &next)])).into_response()
            }
        }
    }
}
