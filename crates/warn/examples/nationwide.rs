//! One hub and every institution of the country: how long publishing, asking, answering and counting take.
//!
//! `nationwide ADDRESS [RECIPIENTS]`: the ledger's address (`sqlite:…`, `postgres://…`, empty) and how many institutions. Everything
//! runs in this process; signing the questions is not counted, checking and answering them is.
#![expect(clippy::print_stdout, reason = "the measurement goes to the terminal")]
#![expect(clippy::indexing_slicing, reason = "an index that is wrong ends the measurement")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use sakimori_content::Content;
use sakimori_federation::{MESSAGE_TYPE, MessageHeader, Post, SecretKey, seal_message};
use sakimori_ledger::Store;
use sakimori_testkit::SeededChance;
use sakimori_warn::exchange::{ACKNOWLEDGEMENT_TYPE, AcknowledgementV1};
use sakimori_warn::{
    Acknowledgement, Answer, NewCall, RowState, Selection, Signer, Stage, WarningContent,
    WarningDesk, WarningKey,
};
use sakimori_words::{
    Clock, Instant, MessageId, Organisation, OrganisationId, OrganisationKind, Prefecture, Tlp,
    parse_date,
};
use serde_json::{Value, json};

#[path = "../../federation/examples/asking/mod.rs"]
mod asking;

use self::asking::{Failure, now, spread};

/// Every hospital, clinic, dental clinic and pharmacy of the country (2024).
const RECIPIENTS: usize = 242_473;
/// Requests and answers under way at the same time.
const WIDE: usize = 128;
/// How many questions are asked for each measurement.
const QUESTIONS: usize = 20_000;
/// How many signed answers come by exchange.
const SIGNED: usize = 10_000;

/// The machine's clock.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Instant {
        now()
    }
}

/// The ministry with its desk, and the one key all institutions of this bench sign with.
struct Country {
    store: Arc<dyn Store>,
    post: Arc<Post>,
    desk: Arc<WarningDesk>,
    key: SecretKey,
    n: usize,
    institutions: Arc<Vec<Organisation>>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("nationwide ADDRESS [RECIPIENTS]")?;
    let n = arguments.next().map_or(Ok(RECIPIENTS), |n| n.parse())?;
    let country = Country::found(&address, n).await?;
    country.enrol_everybody().await?;
    let key = country.publish().await?;
    country.poll("the first question after it was published", json!({ "seq": 0 })).await?;
    country.poll("it is sent again, as nobody said that it came", json!({ "seq": 0 })).await?;
    let read = country.read_mark().await?;
    country.poll("it came", read.clone()).await?;
    country.poll("nothing new", read).await?;
    country.answer_by_telephone(&key).await?;
    country.answer_signed(&key).await?;
    country.look(&key).await?;
    println!("peak memory {} MiB, CPU {:.1} s in all", status("VmHWM:")? / 1024, cpu_seconds()?);
    Ok(())
}

impl Country {
    async fn found(address: &str, n: usize) -> Result<Self, Failure> {
        let store = sakimori_ledger::open(address).await?;
        let chance = Arc::new(SeededChance::new(1));
        let key = SecretKey::new(&*chance);
        let me = Organisation {
            id: "mhlw".into(),
            kind: OrganisationKind::Ministry,
            name: "厚生労働省".to_owned(),
            prefecture: None,
            institution: None,
        };
        let own = SecretKey::new(&*chance);
        let clock = Arc::new(Wall);
        let post = Post::new(Arc::clone(&store), clock.clone(), chance.clone(), me, own);
        let post = Arc::new(post);
        let content = Arc::new(Content::embedded()?);
        let desk = WarningDesk::new(Arc::clone(&store), Arc::clone(&post), content, clock, chance);
        let country = sakimori_testkit::register::country(1).into_iter().take(n);
        let institutions: Vec<Organisation> = country.map(|one| one.organisation).collect();
        let (n, institutions) = (institutions.len(), Arc::new(institutions));
        Ok(Self { store, post, desk: Arc::new(desk), key, n, institutions })
    }

    fn id(&self, n: usize) -> OrganisationId {
        self.institutions[n].id.clone()
    }

    async fn enrol_everybody(&self) -> Result<(), Failure> {
        let watch = Stopwatch::now();
        asking::lay_down(&*self.store, &self.institutions, &self.key).await?;
        let laid = watch.elapsed();
        let watch = Stopwatch::now();
        let n = self.post.roll().await?.len();
        println!(
            "{n} institutions laid down in {laid:.1?}, read into memory in {:.2?}",
            watch.elapsed()
        );
        Ok(())
    }

    async fn publish(&self) -> Result<WarningKey, Failure> {
        let mut content =
            WarningContent::empty("厚生労働省医政局", parse_date("2026-12-21").ok_or("no date")?);
        "年末年始のサイバーセキュリティ対策について".clone_into(&mut content.title);
        "事務連絡".clone_into(&mut content.number);
        content.body = "長期休暇の前に、次の点を確かめてください。".repeat(80);
        "医療情報担当 03-0000-0000".clone_into(&mut content.contact);
        let [author, officer] = ["author", "officer"].map(signer);
        let issued = self.desk.begin(content, &author).await?;
        self.desk.submit(&issued.key.id, &author).await?;
        let watch = Stopwatch::now();
        let issued = self.desk.release(&issued.key.id, &officer).await?;
        println!("published to {} in {:.1?} (goal: < 2 s)", self.n, watch.elapsed());
        Ok(issued.key)
    }

    /// How far an institution has read that has read the warning.
    async fn read_mark(&self) -> Result<Value, Failure> {
        let first = format!("{}/{:020}", self.id(0), 1);
        let queued = self.store.get("post-outbox", &first).await?.ok_or("nothing is queued")?;
        Ok(json!({ "seq": 1, "digest": queued.body.get("digest") }))
    }

    /// [`QUESTIONS`] institutions ask whether there is anything.
    async fn poll(&self, what: &str, have: Value) -> Result<(), Failure> {
        let questions = Arc::new(self.questions(&have));
        let post = Arc::clone(&self.post);
        let done = measure(questions.len(), move |n| {
            let (post, questions) = (Arc::clone(&post), Arc::clone(&questions));
            async move {
                let question = questions.get(n).ok_or("no such question")?;
                post.handle_exchange(question).await.map(drop).map_err(Failure::from)
            }
        })
        .await?;
        println!("{what}: {done} (goal: 4,041/s, p99 < 100 ms)");
        Ok(())
    }

    fn questions(&self, have: &Value) -> Vec<Vec<u8>> {
        let me = self.post.me().id;
        let at = Wall.now();
        let question = |n: usize| {
            let nonce = format!("{n}-{}", at.as_micros());
            let (whom, when) = ((&self.institutions[n].id, &me), (at, nonce.as_str()));
            asking::question(whom, when, (have, &json!([])), &self.key).into_bytes()
        };
        (0..QUESTIONS.min(self.n)).map(question).collect()
    }

    /// Answers that reach the hub itself: by telephone here, from the portal alike.
    async fn answer_by_telephone(&self, key: &WarningKey) -> Result<(), Failure> {
        let (desk, key, institutions) =
            (Arc::clone(&self.desk), key.clone(), Arc::clone(&self.institutions));
        let looking = Arc::new(AtomicBool::new(true));
        let looks =
            tokio::spawn(look_meanwhile(Arc::clone(&self.desk), key.clone(), Arc::clone(&looking)));
        let done = measure(self.n.min(100_000), move |n| {
            let (desk, key) = (Arc::clone(&desk), key.clone());
            let id = institutions[n].id.clone();
            async move {
                let call = NewCall {
                    by: signer("officer"),
                    spoke_with: "事務長".to_owned(),
                    answer: Some(if n % 9 == 0 { Answer::Affected } else { Answer::NotAffected }),
                    note: String::new(),
                };
                desk.record_call(&key, &id, &call).await.map(drop)?;
                Ok(())
            }
        })
        .await?;
        looking.store(false, Ordering::Release);
        println!("answers at the hub itself: {done} (goal: 10,000/s)");
        println!("coverage looked at meanwhile: {}", looks.await??);
        Ok(())
    }

    /// Answers institutions sign and bring by exchange: checked, kept, counted.
    async fn answer_signed(&self, key: &WarningKey) -> Result<(), Failure> {
        let n_signed = SIGNED.min(self.n);
        let questions: Arc<Vec<Vec<u8>>> =
            Arc::new((self.n - n_signed..self.n).map(|n| self.signed(key, n)).collect());
        let post = Arc::clone(&self.post);
        let watch = Stopwatch::now();
        let done = measure(n_signed, move |n| {
            let (post, questions) = (Arc::clone(&post), Arc::clone(&questions));
            async move {
                let question = questions.get(n).ok_or("no such question")?;
                post.handle_exchange(question).await.map(drop).map_err(Failure::from)
            }
        })
        .await?;
        let delivery = self.post.deliver(&[&*self.desk]).await?;
        let rate = delivery.n_taken as f64 / watch.elapsed().as_secs_f64();
        println!(
            "signed answers: taken in {done}; {} counted, {rate:.0}/s in all",
            delivery.n_taken
        );
        Ok(())
    }

    fn signed(&self, key: &WarningKey, n: usize) -> Vec<u8> {
        let (me, own, at) = (self.post.me().id, self.id(n), Wall.now());
        let word = Acknowledgement {
            warning: key.clone(),
            revision: 1,
            organisation: own.clone(),
            stage: Stage::Acknowledged,
            at,
            answer: Some(Answer::Checking),
            person: "情報 三郎".to_owned(),
            note: String::new(),
            n_relayed_to: 0,
            devices: None,
        };
        let header = MessageHeader {
            id: MessageId::new(at, &SeededChance::new(n as u64)),
            origin: own.clone(),
            to: Some(me.clone()),
            stream: "direct".to_owned(),
            seq: 1,
            message_type: ACKNOWLEDGEMENT_TYPE.to_owned(),
            created: at,
            expires: None,
            tlp: Tlp::Amber,
            exercise: false,
            in_reply_to: None,
            files: vec![],
        };
        let message = seal_message(&header, &json!(AcknowledgementV1::new(&word)), &self.key);
        debug_assert_eq!(message.payload_type(), MESSAGE_TYPE);
        let items = json!([{ "seq": 1, "envelope": { "message": message, "vias": [] } }]);
        let (nonce, have) = (format!("signed-{n}"), json!({ "seq": 0 }));
        asking::question((&own, &me), (at, &nonce), (&have, &items), &self.key).into_bytes()
    }

    /// The screen: numbers, and the first page of the silent in one prefecture and in the country.
    async fn look(&self, key: &WarningKey) -> Result<(), Failure> {
        let watch = Stopwatch::now();
        let counts = self.desk.coverage(key).await?.counts;
        let warning = self.desk.warning(key).await?;
        println!("{counts:?}");
        println!("numbers after the answers came: {:.1?}", watch.elapsed());
        for prefecture in [None, Prefecture::from_code(13)] {
            let silent = Selection { prefecture, state: RowState::Silent, ..Selection::default() };
            let mut times = vec![];
            for _ in 0..200 {
                let watch = Stopwatch::now();
                self.desk.coverage(key).await?;
                self.desk.coverage_rows(&warning, &silent, 0..100).await?;
                times.push(watch.elapsed());
            }
            let place = prefecture.map_or("the country", |one| one.name(sakimori_words::Lang::En));
            println!(
                "numbers and the first hundred silent of {place}: {} (goal: p99 < 100 ms)",
                spread(times)
            );
        }
        Ok(())
    }
}

/// Somebody looks at the numbers ten times a second.
async fn look_meanwhile(
    desk: Arc<WarningDesk>,
    key: WarningKey,
    looking: Arc<AtomicBool>,
) -> Result<String, Failure> {
    let mut times = vec![];
    while looking.load(Ordering::Acquire) {
        let watch = Stopwatch::now();
        desk.coverage(&key).await?;
        times.push(watch.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(spread(times))
}

/// Runs `act` for 0..n, [`WIDE`] at a time; the rate, the waits and the CPU time of each.
async fn measure<F>(
    n: usize,
    act: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Result<String, Failure>
where
    F: Future<Output = Result<(), Failure>> + Send,
{
    let (act, next) = (Arc::new(act), Arc::new(AtomicUsize::new(0)));
    let (watch, cpu) = (Stopwatch::now(), cpu_seconds()?);
    let workers: Vec<_> = (0..WIDE)
        .map(|_| {
            let (act, next) = (Arc::clone(&act), Arc::clone(&next));
            tokio::spawn(async move {
                let mut times = vec![];
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= n {
                        return Ok::<_, Failure>(times);
                    }
                    let watch = Stopwatch::now();
                    act(at).await?;
                    times.push(watch.elapsed());
                }
            })
        })
        .collect();
    let mut times = vec![];
    for worker in workers {
        times.extend(worker.await??);
    }
    let (seconds, cpu) = (watch.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let (rate, each) = (n as f64 / seconds, cpu * 1e6 / n as f64);
    Ok(format!("{rate:.0}/s, {WIDE} at a time, {}, {each:.0} CPU µs each", spread(times)))
}

fn signer(name: &str) -> Signer {
    Signer { person: name.into(), name: name.to_owned() }
}

/// A line of `/proc/self/status` in KiB (proc(5)).
fn status(name: &str) -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// CPU seconds of this process so far (proc(5); 100 ticks a second).
fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().ok_or("no fields")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
