//! The way out: an SMTP relay of the office (smarthost). This program delivers to nobody's mail server itself.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustls::ClientConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::error::MailError;
use crate::returned::{is_of_address, line};
use crate::smtp::{Reply, Talk, Wire};

/// How long the relay may take for a letter: RFC 5321 4.5.3.2 lets it think for ten minutes after the last dot, relays of one's own
/// house take seconds.
const LETTER_LIMIT: Duration = Duration::from_secs(180);

/// How the way to the relay is kept from listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Not at all: only to this machine.
    Plain,
}

/// The office's relay.
pub struct RelaySettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// Account and password, when it asks for them.
    pub account: Option<(String, Zeroizing<String>)>,
    /// The name this machine calls itself; empty for the machine's own.
    pub own_name: String,
    /// An authority (PEM) that is trusted besides those of the machine.
    pub authority_pem: Option<Vec<u8>>,
}

/// What the relay did with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// It took the letter: it answers for it from now on.
    Accepted,
    /// It does not take this letter now.
    NotNow {
        /// Its words.
        said: String,
    },
    /// It will never take this letter.
    Never {
        /// Its words.
        said: String,
        /// Whether they speak of the address.
        of_address: bool,
    },
    /// It cannot be reached, or takes nothing from us at all: no letter is to blame.
    Stopped {
        /// What stands in the way.
        obstacle: Obstacle,
        /// What was said about it.
        said: String,
    },
}

/// What stands in the way of every letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody answers there, or the line breaks.
    Line,
    /// Nothing would keep the letters from listeners.
    NoEncryption,
    /// Its certificate is another's, or nobody we trust stands behind it.
    Certificate,
    /// It does not accept our account.
    Account,
    /// It takes nothing from us, in its own words.
    Refusal,
}

/// Takes letters for delivery.
#[async_trait]
pub trait Relay: Send + Sync {
    /// Hands one message over, from `return_path` to `to`.
    async fn hand_over(&self, return_path: &str, to: &str, message: &[u8]) -> HandOver;
}

/// A relay that speaks SMTP.
pub struct SmtpRelay {
    settings: RelaySettings,
    tls: Option<TlsConnector>,
}

impl SmtpRelay {
    /// The way to that relay. Connects when a letter goes out.
    ///
    /// # Errors
    /// When plain text would leave this machine, or the authority is not readable.
    pub fn new(settings: RelaySettings) -> Result<Self, MailError> {
        let tls = tls(&settings)?;
        Ok(Self { settings, tls })
    }

    async fn converse(
        &self,
        return_path: &str,
        to: &Address,
        message: &[u8],
    ) -> Result<HandOver, Stopped> {
        let RelaySettings { host, port, security, .. } = &self.settings;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        match (&self.tls, security) {
            (Some(tls), Security::Tls) => {
                let mut talk = Talk::new(self.secured(tls, stream).await?);
                fine(talk.reply().await?, Obstacle::Refusal)?;
                self.deliver(talk, return_path, to, message).await
            }
            (Some(tls), _) => {
                let mut talk = Talk::new(stream);
                fine(talk.reply().await?, Obstacle::Refusal)?;
                fine(talk.ask(&self.hello()).await?, Obstacle::Refusal)?;
                // A relay that does not offer it refuses the command: nothing is sent in the clear.
                fine(talk.ask("STARTTLS").await?, Obstacle::NoEncryption)?;
                let talk = Talk::new(self.secured(tls, talk.into_wire()?).await?);
                self.deliver(talk, return_path, to, message).await
            }
            (None, _) => {
                let mut talk = Talk::new(stream);
                fine(talk.reply().await?, Obstacle::Refusal)?;
                self.deliver(talk, return_path, to, message).await
            }
        }
    }

    async fn secured(
        &self,
        tls: &TlsConnector,
        stream: TcpStream,
    ) -> Result<impl Wire + use<>, Stopped> {
        let name = ServerName::try_from(self.settings.host.clone()).map_err(io::Error::other)?;
        tls.connect(name, stream).await.map_err(|error| Stopped::securing(&error))
    }

    async fn deliver<S: Wire>(
        &self,
        mut talk: Talk<S>,
        return_path: &str,
        to: &Address,
        message: &[u8],
    ) -> Result<HandOver, Stopped> {
        let offered = fine(talk.ask(&self.hello()).await?, Obstacle::Refusal)?;
        if let Some((account, password)) = &self.settings.account {
            fine(talk.authenticate(&offered, account, password).await?, Obstacle::Account)?;
        }
        let opened = talk.ask(&format!("MAIL FROM:<{return_path}>")).await?;
        fine(opened, Obstacle::Refusal)?;
        let named = talk.ask(&format!("RCPT TO:<{to}>")).await?;
        if !named.is_fine() {
            return refusal(&named, true);
        }
        let ready = talk.ask("DATA").await?;
        if !ready.is_fine() {
            return refusal(&ready, false);
        }
        let taken = talk.message(message).await?;
        if !taken.is_fine() {
            return refusal(&taken, false);
        }
        // It has the letter; whether it says good-bye is of no interest.
        let _ = tokio::time::timeout(Duration::from_secs(5), talk.ask("QUIT")).await;
        Ok(HandOver::Accepted)
    }

    fn hello(&self) -> String {
        let own = self.settings.own_name.as_str();
        let fits = !own.is_empty()
            && own.bytes().all(|one| one.is_ascii_alphanumeric() || b".-".contains(&one));
        // RFC 5321 4.1.3: who has no name says its address.
        format!("EHLO {}", if fits { own } else { "[127.0.0.1]" })
    }
}

#[async_trait]
impl Relay for SmtpRelay {
    async fn hand_over(&self, return_path: &str, to: &str, message: &[u8]) -> HandOver {
        let to = match Address::parse(to) {
            Ok(to) => to,
            Err(error) => return HandOver::Never { said: error.to_string(), of_address: true },
        };
        let conversation = self.converse(return_path, &to, message);
        match tokio::time::timeout(LETTER_LIMIT, conversation).await {
            Ok(Ok(handed)) => handed,
            Ok(Err(Stopped { obstacle, said })) => {
                HandOver::Stopped { obstacle, said: line(&said) }
            }
            Err(_) => HandOver::Stopped {
                obstacle: Obstacle::Line,
                said: "the relay does not answer".to_owned(),
            },
        }
    }
}

/// The conversation ended before any letter was spoken of.
struct Stopped {
    obstacle: Obstacle,
    said: String,
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self { obstacle: Obstacle::Line, said: error.to_string() }
    }
}

impl Stopped {
    /// TLS could not begin.
    fn securing(error: &io::Error) -> Self {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        let obstacle = match cause {
            Some(rustls::Error::InvalidCertificate(_)) => Obstacle::Certificate,
            Some(_) => Obstacle::NoEncryption,
            None => Obstacle::Line,
        };
        Self { obstacle, said: error.to_string() }
    }
}

fn fine(reply: Reply, obstacle: Obstacle) -> Result<Reply, Stopped> {
    if reply.is_fine() { Ok(reply) } else { Err(Stopped { obstacle, said: reply.said() }) }
}

/// What a refusal means: of the recipient, or of the message.
fn refusal(reply: &Reply, of_recipient: bool) -> Result<HandOver, Stopped> {
    let said = line(&reply.said());
    match reply.code {
        // Who are you, shutting down, a command it does not know: it takes nothing from us, whatever the letter.
        530 | 534 | 535 | 538 => Err(Stopped { obstacle: Obstacle::Account, said }),
        421 | 454 | 500 | 502..=504 => Err(Stopped { obstacle: Obstacle::Refusal, said }),
        400..=499 => Ok(HandOver::NotNow { said }),
        _ => Ok(HandOver::Never { of_address: of_recipient && is_of_address(&said), said }),
    }
}

fn tls(settings: &RelaySettings) -> Result<Option<TlsConnector>, MailError> {
    let refused = |why: String| MailError::Relay { why };
    if settings.security == Security::Plain {
        return if is_this_machine(&settings.host) {
            Ok(None)
        } else {
            Err(refused(format!("{}: without TLS only to this machine", settings.host)))
        };
    }
    let authorities: Result<Vec<_>, _> = match &settings.authority_pem {
        Some(pem) => CertificateDer::pem_slice_iter(pem).collect(),
        None => Ok(vec![]),
    };
    let authorities = authorities.map_err(|error| refused(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |error: rustls::Error| refused(error.to_string());
    let verifier = Verifier::new_with_extra_roots(authorities, Arc::clone(&provider));
    let verifier = verifier.map_err(wrong)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, text: &str, of_recipient: bool) -> Option<HandOver> {
        refusal(&Reply { code, lines: vec![text.to_owned()] }, of_recipient).ok()
    }

    #[test]
    fn a_relay_that_refuses_us_is_not_taken_for_a_dead_address() {
        assert_eq!(refused(535, "5.7.8 bad password", true), None);
        assert_eq!(refused(421, "4.3.2 closing", true), None);
        let never = |handed: Option<HandOver>| match handed {
            Some(HandOver::Never { of_address, .. }) => of_address,
            other => panic!("{other:?}"),
        };
        assert!(matches!(refused(450, "4.2.0 greylisted", true), Some(HandOver::NotNow { .. })));
        assert!(never(refused(550, "5.1.1 user unknown", true)));
        assert!(!never(refused(554, "5.7.1 relaying denied", true)));
        assert!(!never(refused(554, "5.6.0 the content is refused", false)));
    }

    #[test]
    fn plain_text_does_not_leave_this_machine() {
        let settings = |host: &str| RelaySettings {
            host: host.to_owned(),
            port: 25,
            security: Security::Plain,
            account: None,
            own_name: String::new(),
            authority_pem: None,
        };
        assert!(tls(&settings("127.0.0.1")).is_ok());
        assert!(tls(&settings("localhost")).is_ok());
        assert!(tls(&settings("smtp.example.jp")).is_err());
        assert!(tls(&settings("192.0.2.1")).is_err());
    }
}
