//! A running organisation: everything that one data folder holds, opened and put to work.

pub(crate) mod copy;
pub(crate) mod digest_files;
mod doors;
pub(crate) mod installation;
mod keeping;
pub(crate) mod mailing;
mod offices;
mod population;
mod ports;
mod post_office;
mod printer;
mod reports;
mod retro;
mod returned_mail;
mod serve;
mod sightings;
pub(crate) mod stores;
mod upkeep;
pub(crate) mod watcher;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sakimori_content::Content;
use sakimori_federation::{HTTP_SETTINGS, Handler, HttpWire, Post, Wire};
use sakimori_identity::{Gate, Identity, IdentitySettings, Side};
use sakimori_lake::proof::Cosigner;
use sakimori_lake::{Lake, LakeReader, SigningKey, VerifyingKey};
use sakimori_ledger::Store;
use sakimori_mail::Mailroom;
use sakimori_prepare::{AssetDesk, ChecklistDesk};
use sakimori_query::Pseudonyms;
use sakimori_register::Register;
use sakimori_respond::{CaseDesk, OfficeDesk};
use sakimori_share::ShareDesk;
use sakimori_standards::taxii;
use sakimori_warn::WarningDesk;
use sakimori_warn::paper::PaperDesk;
use sakimori_watch::access_review::Reviews;
use sakimori_watch::mail::{MailDesk, MailShelf, NoShelf};
use sakimori_watch::maintenance::MaintenanceDesk;
use sakimori_watch::retro::Retro;
use sakimori_watch::{
    Behaviour, Detector, Findings, RuleLists, RuleText, SavedSearches, Senders, SourceBook,
};
use sakimori_web::ports::{Carrier, Demo, HttpDoor, Keeping, LogProof, MailFacts};
use sakimori_web::{RegisteredMembers, Site, SiteSettings};
use sakimori_words::{Clock, OrganisationId, Trouble};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use self::mailing::{Mailing, RelayTrouble};
use self::population::Population;
use self::returned_mail::ReturnedFolder;
use crate::csv_maps::FOLDER;
use crate::data_folder::{self, Held};
use crate::failing::Failing;
use crate::heads;
use crate::intake::http::HttpIntake;
use crate::intake::inbox::Inbox;
use crate::intake::losses::{Counted, LossBook};
use crate::intake::mail_folder::MailFolder;
use crate::intake::{self, Pipeline};
use crate::keys::Keys;
use crate::settings::{self, Role, Settings, TlsClients};
use crate::tls::senders::SenderTls;
use crate::tls::withdrawn::Withdrawn;
use crate::tls::{self, Tls};
use crate::troubles;
use crate::world::World;

/// Stored events that may wait for the watcher before intake slows down.
const WATCHER_QUEUE: usize = 20_000;

/// How long the parts may take to stop before they are dropped.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// What to start.
pub(crate) struct Plan {
    /// The data folder; made when it is not there.
    pub(crate) data: PathBuf,
    /// How.
    pub(crate) settings: Settings,
    /// The demonstration it is part of.
    pub(crate) demo: Option<Arc<dyn Demo>>,
    /// Whether people may be entered without credentials; only in a demonstration.
    pub(crate) demonstration: bool,
}

/// Which part of an organisation's work a process does.
enum Part {
    /// All of it; the data folder is its own for as long as this lives.
    Whole { _held: Held },
    /// It answers browsers and other organisations at this address, beside the process that does all.
    Answering(SocketAddr),
}

/// A started organisation.
pub(crate) struct Running {
    /// The address of its screens.
    pub(crate) address: String,
    /// The one-time setup link, while no account exists.
    pub(crate) setup_link: Option<String>,
    /// Where it takes in syslog over TCP, when it does.
    pub(crate) syslog_tcp: Option<SocketAddr>,
    /// What it holds.
    pub(crate) house: Arc<House>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    working: Vec<JoinHandle<()>>,
    watching: Option<JoinHandle<()>>,
    lake: Option<Arc<Lake>>,
    clock: Arc<dyn Clock>,
    failing: Failing,
    _part: Part,
}

/// The opened parts of an organisation.
pub(crate) struct House {
    pub(crate) organisation: OrganisationId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) post: Arc<Post>,
    pub(crate) wire: Arc<dyn Wire>,
    pub(crate) hurry: Arc<Notify>,
    pub(crate) content: Arc<Content>,
    pub(crate) warnings: Arc<WarningDesk>,
    pub(crate) shares: Arc<ShareDesk>,
    pub(crate) register: Arc<Register>,
}

/// Opens the data folder and starts every part.
///
/// # Errors
/// When a store, key, port or the content cannot be used. Nothing is left running then.
pub(crate) async fn start(plan: Plan, world: &World) -> Result<Running, Trouble> {
    data_folder::make(&plan.data)?;
    // Held before the settings are written: a start that is refused changes nothing for the one that runs.
    let held = data_folder::hold(&plan.data)?;
    if Settings::load(&plan.data)?.as_ref() != Some(&plan.settings) {
        plan.settings.save(&plan.data)?;
    }
    let builder = Builder::open(plan, Part::Whole { _held: held }, world).await?;
    builder.start().await
}

/// Opens what another process holds and works in, and answers at `listen` beside it. What comes in is kept in the common ledger; the other
/// one takes it from there within seconds.
///
/// # Errors
/// SK-NODE-014 when nothing was set up there, SK-NODE-038 when the ledger cannot be shared, or when a store or the port cannot be used.
pub(crate) async fn start_answering(
    data: PathBuf,
    listen: SocketAddr,
    world: &World,
) -> Result<Running, Trouble> {
    let file = data.join(settings::FILE_NAME);
    let missing = || Trouble::new(&troubles::MISSING, file.display().to_string());
    let settings = Settings::load(&data)?.ok_or_else(missing)?;
    if !settings.may_be_shared() {
        return Err(Trouble::new(&troubles::NOT_SHARED, data.display().to_string()));
    }
    stores::check_own_key(&data)?;
    let plan = Plan { data, settings, demo: None, demonstration: false };
    Builder::open(plan, Part::Answering(listen), world).await?.start().await
}

impl Running {
    /// Waits for something after which the organisation cannot go on; for ever when nothing of the kind happens.
    pub(crate) async fn failure(&self) -> Trouble {
        self.failing.reason().await
    }

    /// Stops taking in, finishes what was taken in, and closes. Bounded: what does not stop in time is dropped, and what was
    /// acknowledged is on the disk anyway.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = tokio::time::timeout(STOP_LIMIT, self.serving).await;
        self.working.iter().for_each(JoinHandle::abort);
        for task in self.working {
            // A door that hangs in a dead network mount cannot be waited for.
            let _ = tokio::time::timeout(STOP_LIMIT, task).await;
        }
        if let Some(watching) = self.watching {
            let _ = tokio::time::timeout(STOP_LIMIT, watching).await;
        }
        // Sealed events are proved byte by byte; an unsealed tail that is damaged looks like an unfinished write.
        if let Some(lake) = self.lake {
            match tokio::time::timeout(STOP_LIMIT, lake.seal()).await {
                Ok(Ok(_)) => {
                    let store = self.house.store.as_ref();
                    let witness = upkeep::witness(&lake, store, self.clock.as_ref());
                    let _ = tokio::time::timeout(STOP_LIMIT, witness).await;
                }
                Ok(Err(error)) => {
                    tracing::warn!(trouble = %error.trouble(), "the log stays unsealed");
                }
                Err(_) => tracing::warn!("the log stays unsealed: sealing takes too long"),
            }
        }
    }
}

impl Part {
    /// Where this process listens.
    fn listen(&self, settings: &Settings) -> SocketAddr {
        match self {
            Self::Whole { .. } => settings.listen,
            Self::Answering(listen) => *listen,
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Whole { .. })
    }
}

/// Everything between opening and starting.
struct Builder {
    plan: Plan,
    world: World,
    house: Arc<House>,
    tls: Tls,
    lake: Option<Arc<Lake>>,
    book: Arc<Mutex<SourceBook>>,
    behaviour: Arc<Mutex<Behaviour>>,
    findings: Arc<Findings>,
    maintenance: Arc<MaintenanceDesk>,
    retro: Arc<Retro>,
    senders: Arc<Senders>,
    losses: LossBook,
    failing: Failing,
    part: Part,
}

/// The letters of an office, and what its screens show of them.
struct Letters {
    room: Arc<Mailroom>,
    facts: Option<MailFacts>,
    trouble: RelayTrouble,
}

/// What the desks between organisations stand on.
struct Base<'a> {
    store: &'a Arc<dyn Store>,
    post: &'a Arc<Post>,
    content: &'a Arc<Content>,
    world: &'a World,
}

impl Base<'_> {
    fn warnings(&self, role: Role, register: &Arc<Register>) -> WarningDesk {
        let desk = WarningDesk::new(
            Arc::clone(self.store),
            Arc::clone(self.post),
            Arc::clone(self.content),
            Arc::clone(&self.world.clock),
            Arc::clone(&self.world.chance),
        );
        match role {
            Role::Hub => desk.with_members(Arc::new(RegisteredMembers(Arc::clone(register)))),
            Role::Node => desk,
        }
    }

    fn shares(&self, register: &Arc<Register>) -> ShareDesk {
        let population = Population { post: Arc::clone(self.post), register: Arc::clone(register) };
        ShareDesk::new(
            Arc::clone(self.store),
            Arc::clone(self.post),
            Arc::clone(self.content),
            Arc::new(population),
            Arc::clone(&self.world.clock),
            Arc::clone(&self.world.chance),
        )
    }
}

impl Builder {
    async fn open(plan: Plan, part: Part, world: &World) -> Result<Self, Trouble> {
        let keys = Keys::open(&plan.data)?;
        let names = tls::server_names(&plan.settings.names, part.listen(&plan.settings).ip());
        let tls = tls::open(&keys, &names, world.clock.as_ref())?;
        let store = stores::ledger(&plan.data, &plan.settings).await?;
        let (clock, chance) = (Arc::clone(&world.clock), Arc::clone(&world.chance));
        let post = stores::post(&plan.data, &plan.settings, &store, world).await?;
        let organisation = post.me().id;
        let identity = IdentitySettings {
            demonstration: plan.demonstration,
            ..IdentitySettings::new(organisation.clone(), side(plan.settings.role))
        };
        let lake = match plan.settings.role {
            Role::Hub => None,
            Role::Node => {
                let seen = watcher::looked_up_to(store.as_ref()).await;
                let seen = seen.map_err(|error| error.trouble())?;
                let lake = stores::lake(&plan.data, &plan.settings, &organisation, seen, world);
                let lake = lake.await?;
                upkeep::tell_recovery(&lake, seen, store.as_ref(), world).await?;
                upkeep::seal_backlog(&lake, store.as_ref(), clock.as_ref()).await;
                Some(Arc::new(lake))
            }
        };
        let findings =
            Arc::new(Findings::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&chance)));
        let maintenance = Arc::new(MaintenanceDesk::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&chance),
        ));
        let retro = Arc::new(Retro::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&chance),
            Arc::clone(&findings),
        ));
        let senders =
            Arc::new(Senders::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&chance)));
        let post = Arc::new(post);
        let content = Arc::new(Content::embedded().map_err(|error| error.trouble())?);
        let register =
            Arc::new(Register::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&chance)));
        let base = Base { store: &store, post: &post, content: &content, world };
        let warnings = base.warnings(plan.settings.role, &register);
        let shares = base.shares(&register);
        let house = House {
            organisation,
            identity: Arc::new(Identity::new(
                Arc::clone(&store),
                Arc::clone(&clock),
                Arc::clone(&chance),
                identity,
            )),
            post,
            wire: Arc::new(HttpWire::new(HTTP_SETTINGS)),
            hurry: Arc::new(Notify::new()),
            content,
            warnings: Arc::new(warnings),
            shares: Arc::new(shares),
            register,
            store,
        };
        let book = Arc::new(Mutex::new(SourceBook::new()));
        let behaviour = Arc::new(Mutex::new(Behaviour::new()));
        let (world, house) = (world.clone(), Arc::new(house));
        let failing = Failing::new();
        let losses = LossBook::default();
        Ok(Self {
            plan,
            world,
            house,
            tls,
            lake,
            book,
            behaviour,
            findings,
            maintenance,
            retro,
            senders,
            losses,
            failing,
            part,
        })
    }

    async fn start(self) -> Result<Running, Trouble> {
        let listen = self.part.listen(&self.plan.settings);
        let listener = serve::listen(listen).await?;
        let address = listener.local_addr().unwrap_or(listen);
        let (stop, stopped) = watch::channel(false);
        let mut working = Vec::new();
        let mut watching = None;
        let mut doors = Vec::new();
        let (moved_by, moved) = watch::channel(0);
        let proof = Arc::new(Mutex::new(LogProof::NotChecked));
        let mut stopped_intake = None;
        let mut http_intake = None;
        let mut mail = self.mail_desk(Arc::new(NoShelf));
        if let Some(lake) = &self.lake {
            let (sender, receiver) = mpsc::channel(WATCHER_QUEUE);
            let pipeline = Arc::new(Pipeline::new(
                Arc::clone(lake),
                Arc::clone(&self.world.clock),
                sender,
                moved_by,
                self.failing.clone(),
            ));
            stopped_intake = Some(pipeline.stopped());
            let rules = crate::rules::of_node(&self.house.content, &self.plan.data);
            // Without its list a rule does not run; a wrong file of lists keeps no other rule, and no node, from working.
            let lists = crate::rules::lists_of_node(&self.plan.data).unwrap_or_else(|trouble| {
                pipeline.note_trouble(&trouble);
                RuleLists::default()
            });
            watching = Some(tokio::spawn(self.watcher(lake, &rules, &lists).watch(receiver)));
            mail = self.mail_desk(Arc::clone(&pipeline) as Arc<dyn MailShelf>);
            let folder =
                MailFolder::open(&self.inbox_folder(), Arc::clone(&mail), Arc::clone(&pipeline))?;
            working.push(tokio::spawn(folder.watch()));
            doors = self.open_doors(lake, &pipeline, &mut working).await?;
            http_intake = Some(Arc::new(HttpIntake::new(&pipeline, Arc::clone(&self.senders))));
            working.push(tokio::spawn(intake::watch_clock(Arc::clone(&pipeline))));
            working.extend(self.log_rounds(lake, &proof, (rules, lists)));
        }
        let syslog_tcp =
            doors.iter().find(|(carrier, _)| *carrier == Carrier::Tcp).map(|(_, address)| *address);
        let is_here = self.plan.settings.segments.is_empty();
        let log = ports::LogStore {
            folder: is_here.then(|| self.plan.data.clone()),
            reader: self.reader()?,
            clock: Arc::clone(&self.world.clock),
            retention: self.plan.settings.retention_days,
            proof,
            moved,
            stopped: stopped_intake,
        };
        let room = self.mailroom()?;
        let letters = self.mailing(&room, &mut working).await?;
        let site = self.site(address, doors, log, mail, letters)?;
        let router = self.router(site, http_intake);
        working.extend(self.rounds()?);
        let acceptor =
            (!address.ip().is_loopback()).then(|| TlsAcceptor::from(Arc::clone(&self.tls.server)));
        let shown = self.base(address);
        Ok(Running {
            setup_link: self.setup_link(&shown).await?,
            address: shown,
            syslog_tcp,
            house: Arc::clone(&self.house),
            stop,
            serving: tokio::spawn(serve::serve(
                listener,
                acceptor,
                router,
                self.plan.settings.proxies.into(),
                stopped,
            )),
            working,
            watching,
            lake: self.lake,
            clock: Arc::clone(&self.world.clock),
            failing: self.failing,
            _part: self.part,
        })
    }

    /// The link for the first person; only the process that does all hands it out.
    async fn setup_link(&self, shown: &str) -> Result<Option<String>, Trouble> {
        if !self.part.is_whole() {
            return Ok(None);
        }
        let token = self.house.identity.setup_token().await.map_err(|error| error.trouble())?;
        Ok(token.map(|token| format!("{shown}/setup?token={token}")))
    }

    /// The regular work on the log.
    fn log_rounds(
        &self,
        lake: &Arc<Lake>,
        proof: &Arc<Mutex<LogProof>>,
        (rules, lists): (Vec<RuleText>, RuleLists),
    ) -> Vec<JoinHandle<()>> {
        let (data, house) = (|| self.plan.data.clone(), || Arc::clone(&self.house));
        let (store, clock) = (|| Arc::clone(&self.house.store), || Arc::clone(&self.world.clock));
        let (desk, reader) = (Arc::clone(&self.retro), lake.reader());
        let looking_back = retro::LookingBack { desk, reader, rules, lists };
        vec![
            tokio::spawn(upkeep::prove(data(), store(), clock(), Arc::clone(proof))),
            tokio::spawn(upkeep::seal(Arc::clone(lake), store(), clock())),
            tokio::spawn(upkeep::tend(Arc::clone(lake))),
            tokio::spawn(copy::keep(data(), house(), self.world.clone())),
            tokio::spawn(upkeep::count(Arc::clone(&self.findings))),
            tokio::spawn(looking_back.work()),
            tokio::spawn(upkeep::offer_heads(house(), lake.reader().catalogue(), clock())),
        ]
    }

    /// The regular work beside the log.
    fn rounds(&self) -> Result<Vec<JoinHandle<()>>, Trouble> {
        let house = || Arc::clone(&self.house);
        let mut rounds = Vec::new();
        if self.plan.settings.may_be_shared() {
            rounds.push(tokio::spawn(upkeep::know_ourselves(house())));
        }
        if !self.part.is_whole() {
            return Ok(rounds);
        }
        rounds.push(tokio::spawn(self.post_office()?.work()));
        rounds.push(tokio::spawn(upkeep::tidy(house(), Arc::clone(&self.world.clock))));
        rounds.push(tokio::spawn(upkeep::return_sightings(house(), Arc::clone(&self.retro))));
        if self.house.post.me().kind.is_office() {
            rounds.push(tokio::spawn(upkeep::chase(house())));
            rounds.push(tokio::spawn(upkeep::tell_sums(house())));
            let clock = Arc::clone(&self.world.clock);
            rounds.push(tokio::spawn(upkeep::publish_cases(house(), clock)));
        }
        Ok(rounds)
    }

    fn watcher(&self, lake: &Lake, rules: &[RuleText], lists: &RuleLists) -> watcher::Watcher {
        watcher::Watcher {
            detector: Detector::with_lists(rules, lists),
            behaviour: Arc::clone(&self.behaviour),
            findings: Arc::clone(&self.findings),
            book: Arc::clone(&self.book),
            maintenance: Arc::clone(&self.maintenance),
            store: Arc::clone(&self.house.store),
            reader: lake.reader(),
            failing: self.failing.clone(),
        }
    }

    /// Opens every way in for logs.
    async fn open_doors(
        &self,
        lake: &Arc<Lake>,
        pipeline: &Arc<Pipeline>,
        working: &mut Vec<JoinHandle<()>>,
    ) -> Result<Vec<(Carrier, SocketAddr)>, Trouble> {
        let settings = &self.plan.settings;
        let udp = intake::udp::listen(settings.syslog)?;
        let mut address = settings.syslog;
        address.set_port(udp.local_addr().map_or(address.port(), |own| own.port()));
        let tcp = intake::tcp::listen(address).await?;
        let tls = intake::tcp::listen(settings.syslog_tls).await?;
        let tls_address = tls.local_addr().unwrap_or(settings.syslog_tls);
        let withdrawn = Withdrawn::open(Arc::clone(&self.senders)).await;
        let withdrawn = withdrawn.map_err(|error| error.trouble())?;
        working.push(tokio::spawn(Arc::clone(&withdrawn).watch()));
        let clients = settings.syslog_tls_clients;
        let sender_tls = SenderTls::open(&self.tls, &self.plan.data, clients, withdrawn)?;
        let store = Arc::clone(&self.house.store);
        let inbox =
            Inbox::open(self.inbox_folder(), Arc::clone(pipeline), Arc::clone(lake), store)?
                .with_csv_maps(Arc::clone(&self.house.content), self.plan.data.join(FOLDER));
        if let Some(inode) = intake::udp::inode(&udp) {
            let counted = Counted { inode, door: format!("udp {address}") };
            working.push(tokio::spawn(intake::losses::count(
                counted,
                self.losses.clone(),
                Arc::clone(&self.house.store),
                Arc::clone(pipeline),
            )));
        }
        let sender_tls = Some(Arc::new(sender_tls));
        working.push(tokio::spawn(intake::udp::receive(udp, Arc::clone(pipeline))));
        working.push(tokio::spawn(intake::tcp::serve(tcp, None, Arc::clone(pipeline))));
        working.push(tokio::spawn(intake::tcp::serve(tls, sender_tls, Arc::clone(pipeline))));
        working.push(tokio::spawn(inbox.watch()));
        for path in &settings.follow {
            let follow = intake::follow::follow(
                path.clone(),
                lake.reader(),
                Arc::clone(&self.house.store),
                Arc::clone(pipeline),
            );
            working.push(tokio::spawn(follow));
        }
        Ok(vec![(Carrier::Udp, address), (Carrier::Tcp, address), (Carrier::Tls, tls_address)])
    }

    fn site(
        &self,
        address: SocketAddr,
        doors: Vec<(Carrier, SocketAddr)>,
        log: ports::LogStore,
        mail: Arc<MailDesk>,
        letters: Letters,
    ) -> Result<Site, Trouble> {
        let (house, world) = (&self.house, &self.world);
        let (store, clock, chance) = (&house.store, &world.clock, &world.chance);
        let reader = log.reader.clone();
        let query = stores::query(log.reader.clone(), &self.plan.settings)?;
        let secret = Keys::open(&self.plan.data)?.secret("patients", chance.as_ref())?;
        let pseudonyms = Pseudonyms::new(*secret);
        Ok(Site {
            settings: SiteSettings {
                organisation: house.organisation.clone(),
                slug: self.slug(address),
                side: side(self.plan.settings.role),
                tls: self.is_secure(address),
            },
            clock: Arc::clone(clock),
            chance: Arc::clone(chance),
            store: Arc::clone(store),
            identity: Arc::clone(&house.identity),
            gate: Gate::new(Arc::clone(store), Arc::clone(clock)),
            content: Arc::clone(&house.content),
            findings: Arc::clone(&self.findings),
            maintenance: Arc::clone(&self.maintenance),
            mail,
            retro: Arc::clone(&self.retro),
            senders: Arc::clone(&self.senders),
            papers: Arc::new(PaperDesk::new(
                Arc::clone(store),
                Arc::clone(clock),
                Arc::clone(chance),
            )),
            paper_files: Arc::new(digest_files::DigestFiles::of_papers(&self.plan.data)),
            checklists: Arc::new(ChecklistDesk::new(Arc::clone(store), Arc::clone(clock))),
            assets: Arc::new(AssetDesk::new(
                Arc::clone(store),
                Arc::clone(clock),
                Arc::clone(chance),
            )),
            saved_searches: Arc::new(SavedSearches::new(Arc::clone(store), Arc::clone(clock))),
            cases: self.case_desk(),
            pictures: Arc::new(digest_files::DigestFiles::of_photographs(&self.plan.data)),
            presence: sakimori_web::Presence::default(),
            office: self.office_desk(),
            post: Arc::clone(&house.post),
            taxii: Arc::new(taxii::Server::new(
                Arc::clone(store),
                Arc::clone(clock),
                Arc::clone(chance),
            )),
            warnings: Arc::clone(&house.warnings),
            shares: Arc::clone(&house.shares),
            population: Arc::new(Population {
                post: Arc::clone(&house.post),
                register: Arc::clone(&house.register),
            }),
            register: Arc::clone(&house.register),
            mailroom: letters.room,
            access_reviews: Arc::new(Reviews::new(Arc::clone(store), Arc::clone(clock))),
            record_accesses: Arc::new(ports::Accesses {
                data: self.plan.data.clone(),
                query: stores::query(reader.clone(), &self.plan.settings)?,
                pseudonyms: pseudonyms.clone(),
                chance: Arc::clone(chance),
            }),
            search: Arc::new(ports::LogSearch { query, pseudonyms }),
            lake: Arc::new(log),
            keeping: self.keeping(),
            heads: Arc::new(self.heads(reader)?),
            printer: Arc::new(printer::Press::new(&self.plan.data)),
            control: Arc::new(ports::Control {
                post: Arc::clone(&house.post),
                wire: Arc::clone(&house.wire),
                hurry: Arc::clone(&house.hurry),
                doors,
                http_door: self.lake.as_ref().map(|_| HttpDoor {
                    base: self.base(address),
                    only_here: address.ip().is_loopback(),
                }),
                asks_certificates: self.plan.settings.syslog_tls_clients == TlsClients::Certificate,
                losses: self.losses.clone(),
                clock: Arc::clone(clock),
                host: self
                    .shown(address)
                    .rsplit_once(':')
                    .map_or_else(String::new, |(host, _)| host.to_owned()),
                inbox: self.lake.as_ref().map(|_| self.inbox_folder()),
                authority_pem: Some(self.tls.ca_pem.clone()),
                book: Arc::clone(&self.book),
                behaviour: Arc::clone(&self.behaviour),
                mail: letters.facts,
                relay_trouble: letters.trouble,
            }),
            demo: self.plan.demo.clone(),
        })
    }

    fn mailroom(&self) -> Result<Arc<Mailroom>, Trouble> {
        let secret = mailing::secret(&self.plan.data, self.world.chance.as_ref())?;
        let (store, clock) = (Arc::clone(&self.house.store), Arc::clone(&self.world.clock));
        Ok(Arc::new(Mailroom::new(store, clock, secret)))
    }

    /// Puts the office's mail to work, when it is switched on.
    async fn mailing(
        &self,
        room: &Arc<Mailroom>,
        working: &mut Vec<JoinHandle<()>>,
    ) -> Result<Letters, Trouble> {
        let trouble = RelayTrouble::default();
        let mut letters =
            Letters { room: Arc::clone(room), facts: None, trouble: Arc::clone(&trouble) };
        if self.plan.settings.role == Role::Node {
            return Ok(letters);
        }
        let office = mailing::Office {
            house: &self.house,
            room,
            clock: &self.world.clock,
            chance: self.world.chance.as_ref(),
            data: &self.plan.data,
            settings: &self.plan.settings,
        };
        if let Some(mailing) = Mailing::open(&office, trouble).await? {
            let returned = ReturnedFolder::open(&self.inbox_folder())?;
            letters.facts = Some(mailing.facts(returned.path())?);
            if self.part.is_whole() {
                working.push(tokio::spawn(mailing.work(returned)));
            }
        }
        Ok(letters)
    }

    /// The desk that takes suspicious mail in and keeps its bytes on `shelf`.
    fn mail_desk(&self, shelf: Arc<dyn MailShelf>) -> Arc<MailDesk> {
        let (store, findings) = (Arc::clone(&self.house.store), Arc::clone(&self.findings));
        let (clock, chance) = (Arc::clone(&self.world.clock), Arc::clone(&self.world.chance));
        Arc::new(MailDesk::new(store, clock, chance, findings, shelf))
    }

    fn keeping(&self) -> Arc<dyn Keeping> {
        let Some(lake) = &self.lake else { return Arc::new(keeping::NoLogs) };
        let settings = &self.plan.settings;
        Arc::new(keeping::LogKeeping {
            lake: Arc::clone(lake),
            store: Arc::clone(&self.house.store),
            clock: Arc::clone(&self.world.clock),
            cases: self.case_desk(),
            days: settings.retention_days,
            disk: settings.segments.is_empty().then(|| self.plan.data.clone()),
        })
    }

    /// The heads of logs for the screens.
    fn heads(&self, reader: LakeReader) -> Result<ports::Heads, Trouble> {
        let own = match self.lake {
            Some(_) => Some((reader, self.log_key()?)),
            None => None,
        };
        Ok(ports::Heads {
            own,
            store: Arc::clone(&self.house.store),
            post: Arc::clone(&self.house.post),
            clock: Arc::clone(&self.world.clock),
            read: tokio::sync::Mutex::new(None),
        })
    }

    /// The key of our own log.
    fn log_key(&self) -> Result<VerifyingKey, Trouble> {
        let keys = Keys::open(&self.plan.data)?;
        let secret = keys.secret("lake", self.world.chance.as_ref())?;
        Ok(SigningKey::from_bytes(&secret).verifying_key())
    }

    /// Whoever takes messages about the heads of logs: a node keeps answers, an office watches.
    fn head_handler(&self) -> Result<Arc<dyn Handler>, Trouble> {
        let (store, clock) = (Arc::clone(&self.house.store), Arc::clone(&self.world.clock));
        match self.plan.settings.role {
            Role::Node => Ok(Arc::new(heads::Keeper { store, clock, key: self.log_key()? })),
            Role::Hub => {
                let name = format!("sakimori.witness/{}", self.house.organisation);
                let keys = Keys::open(&self.plan.data)?;
                let secret = keys.secret("witness", self.world.chance.as_ref())?;
                let cosigner = Cosigner::new(&name, SigningKey::from_bytes(&secret));
                let cosigner = cosigner.ok_or_else(|| Trouble::new(&troubles::KEYS, name))?;
                Ok(Arc::new(heads::Watch { store, clock, cosigner }))
            }
        }
    }

    fn reader(&self) -> Result<LakeReader, Trouble> {
        match &self.lake {
            Some(lake) => Ok(lake.reader()),
            // A hub keeps no logs: its search finds an empty store.
            None => stores::lake_reader(&self.plan.data),
        }
    }

    fn router(&self, site: Site, http_intake: Option<Arc<HttpIntake>>) -> axum::Router {
        let doors = doors::Doors {
            post: Arc::clone(&self.house.post),
            authority: Arc::new(self.tls.ca_der.clone()),
            arrived: Arc::clone(&self.house.hurry),
        };
        let screens = sakimori_web::router(Arc::new(site));
        match self.plan.settings.role {
            Role::Hub => doors::routes(doors).merge(screens),
            // Nobody enrols under an institution: it dials, and is never dialled. Its log senders hand in here.
            Role::Node => http_intake.map(intake::http::routes).unwrap_or_default().merge(screens),
        }
    }

    fn post_office(&self) -> Result<post_office::PostOffice, Trouble> {
        let reports: Vec<Arc<dyn Handler>> = match self.plan.settings.role {
            Role::Node => vec![Arc::new(reports::Replies(self.case_desk()))],
            Role::Hub => {
                let (desk, post) = (self.office_desk(), Arc::clone(&self.house.post));
                let reports = reports::Reports { desk: desk.clone(), post: Arc::clone(&post) };
                vec![Arc::new(reports), Arc::new(offices::Offices { desk, post })]
            }
        };
        Ok(post_office::PostOffice {
            post: Arc::clone(&self.house.post),
            wire: Arc::clone(&self.house.wire),
            clock: Arc::clone(&self.world.clock),
            chance: Arc::clone(&self.world.chance),
            handlers: reports
                .into_iter()
                .chain([
                    Arc::clone(&self.house.warnings) as Arc<dyn Handler>,
                    Arc::clone(&self.house.shares) as Arc<dyn Handler>,
                    self.head_handler()?,
                ])
                .collect(),
            arrived: Arc::clone(&self.house.hurry),
        })
    }

    fn case_desk(&self) -> CaseDesk {
        let (house, world) = (&self.house, &self.world);
        let (clock, chance) = (Arc::clone(&world.clock), Arc::clone(&world.chance));
        CaseDesk::new(Arc::clone(&house.store), clock, chance, Arc::clone(&house.content))
    }

    fn office_desk(&self) -> OfficeDesk {
        let (store, world) = (&self.house.store, &self.world);
        let post = Arc::clone(&self.house.post);
        OfficeDesk::new(
            Arc::clone(store),
            Arc::clone(&world.clock),
            Arc::clone(&world.chance),
            move || post.me(),
        )
    }

    fn inbox_folder(&self) -> PathBuf {
        self.plan.data.join(&self.plan.settings.inbox)
    }

    /// The address of the screens before the path.
    fn base(&self, address: SocketAddr) -> String {
        let scheme = if self.is_secure(address) { "https" } else { "http" };
        format!("{scheme}://{}", self.shown(address))
    }

    /// Whether browsers come by TLS. Loopback speaks plain HTTP, any other address TLS; in front of loopback a proxy may speak it.
    fn is_secure(&self, address: SocketAddr) -> bool {
        !address.ip().is_loopback() || !self.plan.settings.proxies.is_empty()
    }

    /// The name in cookies: of several processes that answer for one house it is the same.
    fn slug(&self, address: SocketAddr) -> String {
        let port = match self.plan.settings.listen.port() {
            0 => address.port(),
            own => own,
        };
        format!("{}-{port}", role_word(self.plan.settings.role))
    }

    /// The address others are told: a name from the settings, else the machine's own name when it listens everywhere. Proxies listen
    /// where browsers look by themselves.
    fn shown(&self, address: SocketAddr) -> String {
        let settings = &self.plan.settings;
        let host = match settings.names.first() {
            Some(name) if !settings.proxies.is_empty() => return name.clone(),
            Some(name) => name.clone(),
            None if address.ip().is_unspecified() => "localhost".to_owned(),
            None => return address.to_string(),
        };
        format!("{host}:{}", address.port())
    }
}

const fn side(role: Role) -> Side {
    match role {
        Role::Node => Side::Node,
        Role::Hub => Side::Hub,
    }
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Node => "node",
        Role::Hub => "hub",
    }
}
