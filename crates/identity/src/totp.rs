//! One-time codes of an authenticator app (RFC 6238): SHA-1, six digits, 30 seconds, because that is what every app does.

use sakimori_words::{Chance, Instant, SECOND_MICROS};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use totp_rs::{Builder, Secret, Totp};

use crate::token;

/// Length of a step in seconds.
const STEP_SECONDS: u64 = 30;
/// Steps a telephone's clock may be off, to either side.
const DRIFT_STEPS: u64 = 1;
/// Name of the account in the app: the program, then the sign-in name.
const ISSUER: &str = "Sakimori";

/// An authenticator as the private shelf keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Authenticator {
    /// The shared secret in hexadecimal.
    secret: String,
    /// The last step whose code was used. Codes of it and before are refused, so each works once.
    last_step: u64,
}

impl Authenticator {
    /// A new one, which has used no code yet.
    pub(crate) fn new(chance: &dyn Chance) -> Self {
        let mut bytes = [0_u8; 20];
        chance.fill(&mut bytes);
        let secret = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { secret, last_step: 0 }
    }

    /// The same authenticator after `typed` was used at `now`; `None` when the code does not fit or was used already.
    pub(crate) fn after(&self, typed: &str, now: Instant) -> Option<Self> {
        let typed = digits(typed)?;
        let totp = self.totp()?;
        let now_step = step_at(now);
        let first = now_step.saturating_sub(DRIFT_STEPS).max(self.last_step.saturating_add(1));
        (first..=now_step.saturating_add(DRIFT_STEPS))
            .find(|step| {
                let code = totp.generate(step.saturating_mul(STEP_SECONDS)).to_string();
                code.as_bytes().ct_eq(typed.as_bytes()).into()
            })
            .map(|last_step| Self { secret: self.secret.clone(), last_step })
    }

    /// For the QR code.
    pub(crate) fn uri(&self, sign_in_name: &str) -> String {
        let account = percent_encoded(sign_in_name);
        format!(
            "otpauth://totp/{ISSUER}:{account}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits=6&period={STEP_SECONDS}",
            token::base32(&self.bytes())
        )
    }

    /// The secret for typing.
    pub(crate) fn typed_secret(&self) -> String {
        token::in_groups(&token::base32(&self.bytes()), " ")
    }

    /// The code an app shows at `now`.
    #[cfg(test)]
    pub(crate) fn code(&self, now: Instant) -> String {
        self.totp().unwrap().generate(step_at(now) * STEP_SECONDS).to_string()
    }

    /// The authenticator whose secret is shown as `typed`, as an app would hold it.
    #[cfg(test)]
    pub(crate) fn from_hex(secret: &str) -> Self {
        Self { secret: secret.to_owned(), last_step: 0 }
    }

    fn totp(&self) -> Option<Totp> {
        let bytes: [u8; 20] = self.bytes().try_into().ok()?;
        Builder::new().with_secret(Secret::new_stack(bytes)).build().ok()
    }

    fn bytes(&self) -> Vec<u8> {
        let digits: Vec<u32> = self.secret.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let byte = |pair: &[u32]| pair.iter().fold(0, |byte, digit| byte * 16 + digit);
        digits.chunks(2).filter_map(|pair| u8::try_from(byte(pair)).ok()).collect()
    }
}

fn step_at(now: Instant) -> u64 {
    u64::try_from(now.as_micros() / SECOND_MICROS).unwrap_or(0) / STEP_SECONDS
}

/// Six digits, also typed full-width or with blanks.
fn digits(typed: &str) -> Option<String> {
    let narrow = typed.chars().map(token::narrow).filter(|typed| !typed.is_whitespace());
    let digits: String = narrow.take(7).collect();
    (digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(digits)
}

/// Sign-in names have nothing that needs more than this.
fn percent_encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
