//! Tokens for sending over HTTP: who has one, making one, revoking one. Certificates for sending over TLS: which are accepted,
//! withdrawing one.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_watch::{
    By, NewSender, SENDER_NAME_CHARS_MAX, SenderCertificateView, SenderView, SendersError,
};

use crate::failure::{Answer, fails_with};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::ports::HttpDoor;
use crate::site::Site;
use crate::visit::{Visit, page};

fails_with!(SendersError);

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/sources/senders", get(list).post(add))
        .route("/sources/senders/revoke", post(revoke))
        .route("/sources/senders/certificates/withdraw", post(withdraw))
}

#[derive(Template)]
#[template(path = "screens/logs/senders/page.html")]
struct SendersPage {
    frame: Frame,
    form: Form,
    senders: Vec<SenderView>,
    certificates: Vec<SenderCertificateView>,
    door: Option<HttpDoor>,
}

#[derive(Template)]
#[template(path = "screens/logs/senders/token.html")]
struct TokenPage {
    frame: Frame,
    made: NewSender,
    address: String,
}

async fn list(visit: Visit) -> Answer {
    visit.look(Action::ManageSources, "log_sender", "").await?;
    senders_page(&visit, Form::new()).await
}

async fn add(visit: Visit, mut form: Form) -> Answer {
    let name = form.required("sender-name", SENDER_NAME_CHARS_MAX);
    visit.pass(Action::ManageSources, "log_sender", short(&name)).await?;
    if !form.fine() {
        return senders_page(&visit, form).await;
    }
    match visit.site.senders.add(&name, by(&visit)).await {
        Ok(made) => token_page(&visit, made).await,
        Err(SendersError::Name { .. }) => {
            form.wrong("sender-name", Problem::new("problem-sender-name"));
            senders_page(&visit, form).await
        }
        Err(SendersError::Taken { .. }) => {
            form.wrong("sender-name", Problem::new("problem-sender-taken"));
            senders_page(&visit, form).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn revoke(visit: Visit, form: Form) -> Answer {
    let name = form.text("name");
    visit.pass(Action::ManageSources, "log_sender", short(name)).await?;
    let sender = visit.site.senders.revoke(name, by(&visit)).await?;
    visit.done("/sources/senders", &Flash::new("flash-sender-revoked").with("name", sender.name))
}

async fn withdraw(visit: Visit, form: Form) -> Answer {
    let fingerprint = form.text("fingerprint");
    visit.pass(Action::ManageSources, "sender_certificate", short(fingerprint)).await?;
    let certificate = visit.site.senders.withdraw_certificate(fingerprint, by(&visit)).await?;
    let flash = Flash::new("flash-certificate-withdrawn").with("name", certificate.name);
    visit.done("/sources/senders", &flash)
}

/// What was typed, as far as an access record needs it.
fn short(name: &str) -> &str {
    name.char_indices()
        .nth(SENDER_NAME_CHARS_MAX)
        .map_or(name, |(end, _)| name.get(..end).unwrap_or_default())
}

fn by(visit: &Visit) -> By<'_> {
    By { person: &visit.principal.person, name: &visit.principal.name }
}

async fn senders_page(visit: &Visit, form: Form) -> Answer {
    page(&SendersPage {
        frame: visit.frame("senders-title").await,
        form,
        senders: visit.site.senders.list().await?,
        certificates: visit.site.senders.certificates().await?,
        door: visit.site.control.http_door(),
    })
}

async fn token_page(visit: &Visit, made: NewSender) -> Answer {
    let mut frame = visit.frame("senders-token-title").await;
    frame.narrow = true;
    let base = visit.site.control.http_door().map(|door| door.base).unwrap_or_default();
    page(&TokenPage { frame, made, address: format!("{base}/intake/v1/events") })
}
