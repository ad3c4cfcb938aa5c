//! Who is visiting: extractors that turn a request into a guest or a signed-in person, and the ways a visit ends.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderValue, request};
use axum::response::{Html, IntoResponse, Redirect, Response};
use sakimori_identity::{
    Action, Client, Denied, IdentityError, Permit, Principal, Resource, Role, decide,
};
use sakimori_ledger::LedgerError;
use sakimori_words::{Lang, OrganisationKind};

use crate::arrival::Arrival;
use crate::failure::{Answer, Failure, fails_with};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::{DemoBar, Frame, HelpPhone, MenuLink};
use crate::profile::{self, Profile};
use crate::site::Site;
use crate::{address, screens, troubles, wording};

fails_with!(IdentityError, LedgerError);

/// A visitor, signed in or not, on a page that is open to everybody.
pub(crate) struct Guest {
    pub(crate) site: Arc<Site>,
    pub(crate) arrival: Arrival,
    pub(crate) query: Form,
}

/// A signed-in person on a page of the organisation.
pub(crate) struct Visit {
    pub(crate) site: Arc<Site>,
    pub(crate) principal: Principal,
    arrival: Arrival,
    query: Form,
}

impl Guest {
    /// The visitor's language.
    pub(crate) const fn lang(&self) -> Lang {
        self.arrival.lang
    }

    /// The surroundings of a page whose title is the word `title`.
    pub(crate) async fn frame(&self, title: &str) -> Frame {
        let mut frame = frame_for(&self.site, &self.arrival).await;
        frame.title = wording::say(self.arrival.lang, title);
        frame.narrow = true;
        frame
    }

    /// The surroundings of a page that is the same whoever asks, so that caches may keep it.
    pub(crate) async fn frame_for_all(&self, title: String) -> Frame {
        let mut frame = frame_of(&self.site, &self.arrival, None).await;
        frame.title = title;
        frame.flash = None;
        frame
    }

    /// Where the request comes from, for the throttle and the list of sessions.
    pub(crate) fn client(&self) -> Client {
        self.arrival.client()
    }
}

impl Visit {
    /// The visitor's language.
    pub(crate) const fn lang(&self) -> Lang {
        self.arrival.lang
    }

    /// The session token.
    pub(crate) fn token(&self) -> &str {
        self.arrival.token.as_deref().unwrap_or_default()
    }

    /// Where the request comes from.
    pub(crate) fn client(&self) -> Client {
        self.arrival.client()
    }

    /// Whether a page refreshes itself or comes back after a form, so that nobody opened it anew.
    pub(crate) const fn is_still_there(&self) -> bool {
        self.arrival.live || !self.arrival.reads
    }

    /// The query string as a form: filters, search words, page marks.
    pub(crate) fn query(&self) -> Form {
        self.query.clone()
    }

    /// Passes the gate for something that holds no personal information.
    pub(crate) async fn pass(
        &self,
        action: Action,
        kind: &'static str,
        id: &str,
    ) -> Result<Permit, Failure> {
        self.through(action, self.resource(kind, id), "").await
    }

    /// Passes the gate for something that can hold personal information; `purpose` goes into the access record.
    pub(crate) async fn pass_personal(
        &self,
        action: Action,
        kind: &'static str,
        id: &str,
        purpose: &str,
    ) -> Result<Permit, Failure> {
        self.through(action, self.resource(kind, id).personal(), purpose).await
    }

    /// Passes the gate for what belongs to the person's own institution in the register, and to no other. Recorded when it acts.
    pub(crate) async fn pass_in_portal(
        &self,
        action: Action,
        kind: &'static str,
        id: &str,
    ) -> Result<Permit, Failure> {
        self.through(action, self.own_resource(kind, id), "").await
    }

    /// Passes the gate for the person's own account.
    pub(crate) async fn pass_own(&self, kind: &'static str, id: &str) -> Result<Permit, Failure> {
        self.through(Action::ManageOwnAccount, self.own_resource(kind, id), "").await
    }

    /// Whether the person belongs to an institution in the register and not to the organisation itself.
    pub(crate) fn is_member(&self) -> bool {
        self.principal.has(Role::Member)
    }

    /// Passes the gate for a list that can hold personal information and draws itself anew; recorded once a minute.
    pub(crate) async fn pass_to_list(
        &self,
        action: Action,
        kind: &'static str,
        page: &str,
    ) -> Result<Permit, Failure> {
        let resource = self.resource(kind, "").personal();
        let passed = self.site.gate.pass_to_list(&self.principal, action, resource, page).await;
        passed.map_err(|denied| self.refused(&denied))
    }

    /// Opens a page that only offers `action` and shows nothing personal: refusals are on record, looks are not.
    pub(crate) async fn look(
        &self,
        action: Action,
        kind: &'static str,
        id: &str,
    ) -> Result<(), Failure> {
        if self.may(action) { Ok(()) } else { self.pass(action, kind, id).await.map(drop) }
    }

    /// Whether the gate would let the person do it right now; `false` also when a fresh code is missing.
    pub(crate) fn is_ready_for(&self, action: Action) -> bool {
        let resource = self.resource("", "");
        decide(&self.principal, action, &resource, self.site.clock.now()).allowed
    }

    /// Whether the person could do it, perhaps after a fresh code: for showing or leaving out a button. Handlers use `pass`.
    pub(crate) fn may(&self, action: Action) -> bool {
        may(&self.site, &self.principal, action)
    }

    /// The surroundings of a page whose title is the word `title`.
    pub(crate) async fn frame(&self, title: &str) -> Frame {
        self.frame_titled(wording::say(self.arrival.lang, title)).await
    }

    /// The surroundings of a page with a title of its own.
    pub(crate) async fn frame_titled(&self, title: String) -> Frame {
        let mut frame = frame_of(&self.site, &self.arrival, Some(&self.principal)).await;
        frame.title = title;
        frame
    }

    /// Ends the handling of a form: leads to `path`, where `flash` is shown.
    pub(crate) fn done(&self, path: &str, flash: &Flash) -> Answer {
        Ok(go(&self.site, path, Some(flash)))
    }

    fn own_resource(&self, kind: &'static str, id: &str) -> Resource {
        Resource::new(self.principal.organisation.clone(), kind, id)
    }

    fn resource(&self, kind: &'static str, id: &str) -> Resource {
        Resource::new(self.site.settings.organisation.clone(), kind, id)
    }

    async fn through(
        &self,
        action: Action,
        resource: Resource,
        purpose: &str,
    ) -> Result<Permit, Failure> {
        let passed = self.site.gate.pass(&self.principal, action, resource, purpose).await;
        passed.map_err(|denied| self.refused(&denied))
    }

    fn refused(&self, denied: &Denied) -> Failure {
        match denied {
            // A form that was sent cannot be replayed by a redirect, so the person returns to where forms are: the same path.
            Denied::StepUp { .. } => Failure::StepUp { next: self.arrival.return_path() },
            other => Failure::Trouble(other.trouble()),
        }
    }
}

impl FromRequestParts<Arc<Site>> for Guest {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut request::Parts,
        site: &Arc<Site>,
    ) -> Result<Self, Failure> {
        let query = Form::read(parts.uri.query().unwrap_or_default().as_bytes());
        Ok(Self { site: Arc::clone(site), arrival: Arrival::read(parts, &site.settings), query })
    }
}

impl FromRequestParts<Arc<Site>> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut request::Parts,
        site: &Arc<Site>,
    ) -> Result<Self, Failure> {
        let Guest { site, arrival, query } = Guest::from_request_parts(parts, site).await?;
        match recognise(&site, &arrival).await? {
            Some(principal) => Ok(Self { site, principal, arrival, query }),
            None if arrival.is_api() => Err(IdentityError::SignedOut.into()),
            None => Err(Failure::SignIn { next: arrival.return_path() }),
        }
    }
}

impl FromRequest<Arc<Site>> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Failure> {
        let body = bytes::Bytes::from_request(request, site).await.map_err(|refused| {
            let kind = match refused.status().as_u16() {
                413 => &troubles::TOO_LARGE,
                _ => &troubles::UNREADABLE,
            };
            Failure::new(kind, refused.to_string())
        })?;
        Ok(Self::read(&body))
    }
}

/// Draws a page.
pub(crate) fn page(template: &impl Template) -> Answer {
    let text =
        template.render().map_err(|error| Failure::new(&troubles::NOT_DRAWN, error.to_string()))?;
    Ok(Html(text).into_response())
}

/// Leads to `path` (of this site) after a form was taken, where `flash` is shown.
pub(crate) fn go(site: &Site, path: &str, flash: Option<&Flash>) -> Response {
    let mut response = Redirect::to(address::local(path)).into_response();
    if let Some(flash) = flash {
        set_cookie(
            &mut response,
            site,
            &site.settings.flash_cookie(),
            &flash.to_cookie(),
            Some(60),
        );
    }
    response
}

/// Sets a cookie that only the server reads and only this site sends; without an age it ends with the browser.
pub(crate) fn set_cookie(
    response: &mut Response,
    site: &Site,
    name: &str,
    value: &str,
    max_age_s: Option<u32>,
) {
    let secure = if site.settings.tls { "; Secure" } else { "" };
    let age = max_age_s.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(SET_COOKIE, line);
    }
}

/// Whether the person could do it, perhaps after a fresh code.
pub(crate) fn may(site: &Site, principal: &Principal, action: Action) -> bool {
    let resource = Resource::new(site.settings.organisation.clone(), "", "");
    // The moment of the last code counts as now: a button is shown when one more code would open it.
    decide(principal, action, &resource, principal.stepped_up_at).allowed
}

/// The surroundings for whoever sent this request.
pub(crate) async fn frame_for(site: &Site, arrival: &Arrival) -> Frame {
    let principal = recognise(site, arrival).await.ok().flatten();
    frame_of(site, arrival, principal.as_ref()).await
}

async fn recognise(site: &Site, arrival: &Arrival) -> Result<Option<Principal>, IdentityError> {
    match &arrival.token {
        Some(token) => site.identity.session(token).await,
        None => Ok(None),
    }
}

async fn frame_of(site: &Site, arrival: &Arrival, principal: Option<&Principal>) -> Frame {
    // The page is drawn even when the profile cannot be read: the error page itself needs a frame.
    let profile = profile::load(site.store.as_ref()).await.ok().flatten();
    let (menu, menu_more) = principal.map(|who| menu_of(site, arrival, who)).unwrap_or_default();
    Frame {
        lang: arrival.lang,
        title: String::new(),
        organisation: profile.as_ref().map(|own| own.organisation.name.clone()).unwrap_or_default(),
        person: principal.map(person_line(arrival.lang)),
        menu,
        menu_more,
        here: arrival.return_path(),
        reopens: arrival.reads,
        flash: arrival.flash.as_ref().and_then(|flash| flash.message(arrival.lang)),
        help: help_phone(site, arrival.lang, profile.as_ref()),
        demo: site.demo.as_ref().map(|demo| DemoBar { people: demo.people(), sites: demo.sites() }),
        live: false,
        narrow: false,
        now: site.clock.now(),
    }
}

fn person_line(lang: Lang) -> impl Fn(&Principal) -> String {
    move |principal| {
        let roles: Vec<String> =
            principal.roles.iter().map(|role: &Role| role.label().get(lang).to_owned()).collect();
        match lang {
            Lang::Ja => format!("{}（{}）", principal.name, roles.join("・")),
            Lang::En => format!("{} ({})", principal.name, roles.join(", ")),
        }
    }
}

fn menu_of(
    site: &Site,
    arrival: &Arrival,
    principal: &Principal,
) -> (Vec<MenuLink>, Vec<MenuLink>) {
    if principal.has(Role::Member) {
        return (screens::portal::menu(arrival), vec![]);
    }
    let mut entries: Vec<_> = screens::all()
        .filter_map(|screen| screen.menu.as_ref().map(|entry| (screen.path, entry)))
        .filter(|(_, entry)| entry.side.is_none_or(|side| side == site.settings.side))
        .filter(|(_, entry)| may(site, principal, entry.action))
        .collect();
    entries.sort_by_key(|(_, entry)| entry.place);
    let link = |path: &'static str, word: &str| MenuLink {
        path,
        label: wording::say(arrival.lang, word),
        current: arrival.is_under(path),
    };
    let (bar, more): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(_, entry)| entry.place < 50);
    (
        bar.into_iter().map(|(path, entry)| link(path, entry.word)).collect(),
        more.into_iter().map(|(path, entry)| link(path, entry.word)).collect(),
    )
}

/// The office that answers questions about incidents, with the number that is right today.
fn help_phone(site: &Site, lang: Lang, profile: Option<&Profile>) -> Option<HelpPhone> {
    // The ministry would only be told its own number.
    if profile.is_some_and(|own| own.organisation.kind == OrganisationKind::Ministry) {
        return None;
    }
    let prefecture = profile.and_then(|own| own.organisation.prefecture);
    let sheet = site.content.call_sheet(
        site.clock.now(),
        prefecture,
        profile.map(Profile::vendors).unwrap_or_default(),
        profile.map(|own| own.local_contacts.as_slice()).unwrap_or_default(),
    );
    let entry = sheet.first(sakimori_content::ContactRole::Ministry)?;
    let line = entry.dial()?;
    Some(HelpPhone {
        // The office's full name is long; the call sheet has it.
        name: wording::say(lang, "contact-role-ministry"),
        phone: line.phone.clone(),
        dial: line.phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
    })
}

impl Arrival {
    /// The request as the throttle and the list of sessions see it.
    fn client(&self) -> Client {
        Client {
            source: self.caller_text(),
            device: self.device.clone(),
            agent: self.agent.clone(),
        }
    }
}

/// The browser's own words about itself, cut to a length a list can show.
pub(crate) fn agent_of(parts: &request::Parts) -> String {
    let agent =
        parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    agent.chars().take(200).collect()
}
