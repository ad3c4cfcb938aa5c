//! A real Postfix takes our letters over STARTTLS with an account, delivers them, and returns what it cannot deliver into the folder
//! that `docs/mail.md` says. It runs in a folder of the test, as root, on ports of its own.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use sakimori_mail::{Mailroom, Tally};
use sakimori_register::Way;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_web::matter_of;
use sakimori_words::{Clock, Trouble};

use super::tests::Office as TestOffice;
use super::{Mailing, Office, RelayTrouble, secret};
use crate::node::returned_mail::ReturnedFolder;
use crate::settings::{MailSecurity, Settings};

const PASSWORD: &str = "correct horse battery";

/// What an administrator is told to write.
const DOCUMENTED: &str = include_str!("../../../../../docs/mail.md");

struct Postfix {
    folder: tempfile::TempDir,
    /// The port with STARTTLS and accounts.
    port: u16,
    /// A port without either.
    bare_port: u16,
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = self.command("stop");
    }
}

impl Postfix {
    /// Starts it; what comes back lands in the data folder `data`.
    fn start(data: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, port: free(), bare_port: free() };
        open_to_all(server.folder.path());
        for sub in ["etc", "etc/sasl", "queue", "data", "mail"] {
            std::fs::create_dir(server.path(sub)).unwrap();
        }
        chown(server.path("data"), Some(uid()), None).unwrap();
        std::fs::set_permissions(server.path("mail"), PermissionsExt::from_mode(0o777)).unwrap();
        server.write_certificate();
        server.write_account();
        server.write("etc/main.cf", &(server.main() + &documented(data)));
        server.write("etc/master.cf", &server.services());
        assert!(server.command("start"), "{}", server.log());
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", server.port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("Postfix does not answer:\n{}", server.log());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn command(&self, what: &str) -> bool {
        let mut command = Command::new("postfix");
        let command = command.arg("-c").arg(self.path("etc")).arg(what);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// An authority (`ca.pem`), a certificate of it for 127.0.0.1, and an authority that has nothing to do with either.
    fn write_certificate(&self) {
        let authority = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            self.write(name, &params.self_signed(&key).unwrap().pem());
            (params, key)
        };
        authority("other-ca.pem");
        let (params, key) = authority("ca.pem");
        let issuer = Issuer::from_params(&params, &key);
        let own = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&own, &issuer).unwrap();
        self.write("cert.pem", &certificate.pem());
        self.write("key.pem", &own.serialize_pem());
    }

    fn write_account(&self) {
        let base = self.path("etc/sasl/accounts");
        self.write(
            "etc/sasl/smtpd.conf",
            &format!(
                "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {}\n",
                base.display()
            ),
        );
        let mut setting = Command::new("saslpasswd2")
            .args(["-p", "-c", "-u", "mail.pref.example.jp", "-f"])
            .arg(&base)
            .arg("sakimori")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        setting.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(setting.wait().unwrap().success());
        chown(&base, Some(uid()), None).unwrap();
    }

    fn main(&self) -> String {
        let folder = self.folder.path().display();
        format!(
            "compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.pref.example.jp
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination = hospital.example.jp
local_recipient_maps =
alias_maps = inline:{{ {{ jimu = {folder}/mail/jimu }} }}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain = mail.pref.example.jp
cyrus_sasl_config_path = {folder}/etc/sasl
"
        )
    }

    fn services(&self) -> String {
        let Self { port, bare_port, .. } = self;
        format!(
            "127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{bare_port} inet n - n - - smtpd -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"
        )
    }
}

/// The lines of the documentation, with this data folder and this server's account in place of those of the example.
fn documented(data: &Path) -> String {
    let (_, rest) = DOCUMENTED.split_once("```\n# /etc/postfix/main.cf\n").unwrap();
    let (lines, _) = rest.split_once("```").unwrap();
    assert!(lines.contains("/var/lib/sakimori\n") && lines.contains("static:998\n"));
    let lines = lines.replace("/var/lib/sakimori", &data.display().to_string());
    lines.replace("static:998", &format!("static:{}", uid()))
}

/// The account of the installed Postfix: it stands for that of Sakimori as well.
fn uid() -> u32 {
    std::fs::metadata("/var/lib/postfix").unwrap().uid()
}

fn open_to_all(folder: &Path) {
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
}

/// An office beside that server.
struct Beside {
    office: TestOffice,
    server: Postfix,
    room: Arc<Mailroom>,
    settings: Settings,
}

impl Beside {
    async fn start() -> Self {
        let office = TestOffice::start(false).await;
        let data = office.data();
        let server = Postfix::start(data);
        let mut settings = office.settings.clone();
        settings.mail.on = true;
        settings.mail.relay = format!("127.0.0.1:{}", server.port);
        settings.mail.security = MailSecurity::StartTls;
        settings.mail.account = "sakimori".to_owned();
        settings.mail.returns = "henso@henso.pref.example.jp".to_owned();
        settings.mail.authority = server.path("ca.pem");
        for (name, password) in [("password", PASSWORD), ("wrong", "guessed")] {
            std::fs::write(data.join(name), password).unwrap();
        }
        settings.mail.password_file = "password".into();
        let clock: Arc<dyn Clock> = Arc::<StepClock>::clone(&office.clock);
        let secret = secret(data, &SeededChance::new(5)).unwrap();
        let room = Mailroom::new(Arc::clone(&office.house().store), clock, secret);
        Self { office, server, room: Arc::new(room), settings }
    }

    async fn mailing(&self, settings: &Settings) -> Mailing {
        let clock: Arc<dyn Clock> = Arc::<StepClock>::clone(&self.office.clock);
        let office = Office {
            house: &self.office.running().house,
            room: &self.room,
            clock: &clock,
            chance: &SeededChance::new(6),
            data: self.office.data(),
            settings,
        };
        Mailing::open(&office, RelayTrouble::default()).await.unwrap().unwrap()
    }

    /// What keeps these settings from sending.
    async fn trouble(&self, change: impl FnOnce(&mut Settings)) -> Trouble {
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.mailing(&settings).await.send_due().await.unwrap_err()
    }

    /// The folder for returned mail, belonging to the account that delivers into it.
    fn returned_folder(&self) -> ReturnedFolder {
        let inbox = self.office.data().join("inbox");
        let returned = ReturnedFolder::open(&inbox).unwrap();
        open_to_all(self.office.data());
        open_to_all(&inbox);
        for folder in [returned.path().to_path_buf(), returned.path().join("new")] {
            chown(folder, Some(uid()), None).unwrap();
        }
        returned
    }
}

#[tokio::test]
#[ignore = "needs postfix (cargo xtask setup-peers)"]
async fn a_real_server_delivers_our_letters_and_its_own_bounce_names_the_institution() {
    let beside = Beside::start().await;
    let mut mailing = beside.mailing(&beside.settings).await;
    let mut returned = beside.returned_folder();
    beside.office.enter("見本医院", "jimu@hospital.example.jp", Way::Mail).await;
    beside.office.enter("見本病院", "gone@hospital.example.jp", Way::Mail).await;
    let key = beside.office.release().await;
    let matter = matter_of(&beside.office.house().warnings.warning(&key).await.unwrap());
    mailing.queue_released().await.unwrap();
    assert_eq!(beside.room.tally(&matter).await.unwrap().unwrap().waiting, 2);

    let wrong = beside.trouble(|one| one.mail.password_file = "wrong".into()).await;
    assert_eq!(wrong.kind.code, "SK-MAIL-010", "{wrong:?}");
    assert!(wrong.detail.starts_with("535"), "{wrong:?}");
    let authority = beside.server.path("other-ca.pem");
    let strange = beside.trouble(|one| one.mail.authority = authority).await;
    assert_eq!(strange.kind.code, "SK-MAIL-009", "{strange:?}");
    let port = beside.server.bare_port;
    let bare = beside.trouble(|one| one.mail.relay = format!("127.0.0.1:{port}")).await;
    assert_eq!(bare.kind.code, "SK-MAIL-008", "{bare:?}");
    let silent = beside.trouble(|one| one.mail.relay = "127.0.0.1:1".to_owned()).await;
    assert_eq!(silent.kind.code, "SK-MAIL-007", "{silent:?}");
    assert_eq!(beside.room.tally(&matter).await.unwrap().unwrap().waiting, 2, "nothing is lost");

    assert_eq!(mailing.send_due().await.unwrap(), 2, "{}", beside.server.log());
    let mut tally = Tally::default();
    for _ in 0..300 {
        returned.look(&beside.room, "henso").await;
        tally = beside.room.tally(&matter).await.unwrap().unwrap();
        if tally.returned > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let expected = Tally { sent: 1, returned: 1, to_call: 1, ..Tally::default() };
    assert_eq!(tally, expected, "{}", beside.server.log());
    let calls = beside.room.to_call(&matter, 10).await.unwrap();
    assert_eq!(calls[0].name, "見本病院");
    assert!(calls[0].said.starts_with("5.1.1"), "{}", calls[0].said);
    let delivered = std::fs::read_to_string(beside.server.path("mail/jimu")).unwrap();
    assert!(delivered.contains("with ESMTPSA"), "encrypted and with an account:\n{delivered}");
    assert!(delivered.contains("\nTo: jimu@hospital.example.jp\n"), "{delivered}");
    beside.office.stop().await;
}
