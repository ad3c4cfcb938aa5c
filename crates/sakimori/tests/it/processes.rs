//! One hub, several processes behind a real proxy: whoever answers, it is the same house.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sakimori_federation::{HTTP_SETTINGS, HttpWire, Post, SecretKey};
use sakimori_identity::{Client, Identity, IdentitySettings, NewPerson, Role, Side};
use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_web::profile::{self, Profile};
use sakimori_words::{Instant, Organisation, OrganisationKind};

use crate::house::{House, Peer, free_port, printed, run, wait_for};
use crate::http::ask;
use crate::postgres_server::Server;

/// The time now: sessions and questions of this test meet processes that look at the real clock.
#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the others run on it too")]
fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap())
}

/// Starts nginx in front of `behind`, which it asks in turn: one address speaks plain HTTP, the other TLS.
fn proxy(folder: &Path, behind: &[SocketAddr]) -> (Peer, SocketAddr, SocketAddr) {
    let (address, secure, place) = (free_port(), free_port(), folder.display());
    let servers: String = behind.iter().map(|one| format!("server {one};")).collect();
    let unused = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let unused = unused.map(|one| format!("{one}_temp_path {place}/{one};")).concat();
    let settings = format!(
        "daemon off; master_process off; pid {place}/nginx.pid; error_log {place}/error.log; events {{}}
         http {{
           access_log off; {unused}
           upstream hub {{ {servers} }}
           server {{
             listen {address}; listen {secure} ssl;
             ssl_certificate {place}/proxy.pem; ssl_certificate_key {place}/proxy.key.pem;
             location / {{
               proxy_pass http://hub;
               proxy_set_header Host $http_host;
               proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
             }}
           }}
         }}"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, settings).unwrap();
    let nginx = Command::new("nginx")
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(&file)
        .stderr(Stdio::null())
        .spawn();
    let nginx = Peer(nginx.expect("nginx is installed by `cargo xtask setup-peers`"));
    wait_for("the proxy answers", || std::net::TcpStream::connect(address).is_ok());
    (nginx, address, secure)
}

/// What this test does inside the hub, as one more process beside the others.
struct Inside {
    store: Arc<dyn Store>,
    clock: Arc<StepClock>,
    post: Arc<Post>,
}

fn organisation(id: &str, kind: OrganisationKind, name: &str) -> Organisation {
    Organisation { id: id.into(), kind, name: name.to_owned(), prefecture: None, institution: None }
}

async fn post(store: &Arc<dyn Store>, key: SecretKey, me: Organisation) -> Arc<Post> {
    let clock = Arc::new(StepClock::new(now()));
    Arc::new(Post::new(Arc::clone(store), clock, Arc::new(SeededChance::new(5)), me, key))
}

impl Inside {
    async fn new(data: &Path, ledger: &str) -> Self {
        let store = sakimori_ledger::open(ledger).await.unwrap();
        let record = store.get("installation", "organisation").await.unwrap().unwrap();
        let id: String = record.read().unwrap();
        let key = std::fs::read(data.join("keys").join("organisation")).unwrap();
        let me = organisation(&id, OrganisationKind::Prefecture, "見本県");
        let post = post(&store, SecretKey::from_bytes(&key.try_into().unwrap()), me).await;
        Self { store, clock: Arc::new(StepClock::new(now())), post }
    }

    /// Saves the profile with that name, as a screen would.
    async fn name(&self, name: &str) {
        let organisation = Organisation { name: name.to_owned(), ..self.post.me() };
        let own = Profile { organisation, local_contacts: vec![] };
        profile::save(self.store.as_ref(), &own, "officer", now()).await.unwrap();
    }

    /// The cookie of somebody who has signed in.
    async fn cookie(&self, port: u16) -> String {
        let settings = IdentitySettings {
            demonstration: true,
            ..IdentitySettings::new(self.post.me().id, Side::Hub)
        };
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let identity = Identity::new(store, clock, Arc::new(SeededChance::new(6)), settings);
        let officer = NewPerson {
            sign_in_name: "yamada".to_owned(),
            display_name: "山田".to_owned(),
            roles: BTreeSet::from([Role::Officer]),
            password: "long enough for anybody 2026".to_owned(),
        };
        let person = identity.create_person(officer).await.unwrap();
        let client = Client { source: "127.0.0.1".to_owned(), device: None, agent: String::new() };
        let token = identity.sign_in_for_demonstration(&person.id, &client).await.unwrap().token;
        format!("__Host-sakimori_hub-{port}={token}")
    }

    /// What the others below have told about themselves, as the process that works delivered it.
    async fn names(&self) -> Vec<String> {
        let roll = self.post.roll().await.unwrap();
        roll.iter().map(|known| known.organisation.name.clone()).collect()
    }
}

#[test]
#[ignore = "needs PostgreSQL and nginx"]
fn a_hub_of_three_processes_behind_a_proxy_is_one_house_and_lives_on_when_one_dies() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hub");
    std::fs::create_dir_all(&data).unwrap();
    let ledger = server.address("");
    let settings = format!("role = \"hub\"\nledger = \"{ledger}\"\nproxies = [\"127.0.0.1\"]\n");
    std::fs::write(data.join("sakimori.toml"), settings).unwrap();
    let whole = House::start(&data);
    let answering = [House::answer(&data), House::answer(&data)];
    let address = |house: &House| house.address.strip_prefix("https://").unwrap().parse().unwrap();
    let own: SocketAddr = address(&whole);
    let behind = [own, address(&answering[0]), address(&answering[1])];
    let (out, in_data) = (folder.path().display().to_string(), data.display().to_string());
    let made = run(&["proxy-certificate", "hub.example.jp", "--out", &out, "--data", &in_data]);
    assert!(made.status.success(), "{}", printed(&made));
    let (_nginx, front, secure) = proxy(folder.path(), &behind);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let inside = runtime.block_on(Inside::new(&data, &ledger));

    let cookie = runtime.block_on(inside.cookie(own.port()));
    let today = || ask(front, "GET", "/today", &[("Cookie", &cookie)], b"").status;
    assert!((0..9).all(|_| today() == 200), "signed in once, known to all");

    runtime.block_on(inside.name("みほん県"));
    let introduced = || ask(front, "POST", "/federation/v1/introduction", &[], b"");
    wait_for("all introduce themselves by the new name", || {
        (0..9).all(|_| introduced().payload().contains("みほん県"))
    });

    let wire = HttpWire::new(HTTP_SETTINGS);
    let hospital = runtime.block_on(async {
        let ledger = format!("sqlite:{}", folder.path().join("hospital").display());
        let store = sakimori_ledger::open(&ledger).await.unwrap();
        let me = organisation("hospital", OrganisationKind::Institution, "みどり病院");
        let hospital = post(&store, SecretKey::from_bytes(&[7; 32]), me.clone()).await;
        let code = inside.post.invite("officer", "みどり病院", None).await.unwrap().to_string();
        hospital.enrol_with(&format!("https://{secure}"), &code, "admin", &wire).await.unwrap();
        let renamed = Organisation { name: "みどり総合病院".to_owned(), ..me };
        hospital.describe(renamed).await.unwrap();
        for _ in 0..6 {
            hospital.exchange_once(&inside.post.me().id, &wire).await.unwrap();
        }
        hospital
    });
    wait_for("what came in by any process is delivered by the one that works", || {
        runtime.block_on(inside.names()).contains(&"みどり総合病院".to_owned())
    });

    let [dies, lives] = answering;
    dies.kill();
    assert!((0..9).all(|_| today() == 200), "the proxy asks the others");
    runtime.block_on(async {
        hospital.exchange_once(&inside.post.me().id, &wire).await.unwrap();
    });
    lives.stop();
    whole.stop();
}

#[test]
fn a_further_process_is_refused_where_the_ledger_cannot_be_shared() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let refusal = || {
        let refused = run(&["serve", "--data", &data]);
        assert!(!refused.status.success());
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    assert!(refusal().contains("SK-NODE-014"), "{}", refusal());
    let house = House::start(folder.path());
    assert!(refusal().contains("SK-NODE-038"), "{}", refusal());
    house.stop();
}
