//! A year of a hospital's logs through the log store: what taking them in, keeping and searching them costs.
//!
//! `lake_year FOLDER EVENTS` writes `FOLDER/lake` (the store) and `FOLDER/raw/*.zst` (the same lines as text) and prints figures;
//! `lake_year FOLDER` searches a store that is there, `lake_year --searches` says what is asked.
//! `cargo xtask bench lake` runs it beside other engines.

#![expect(clippy::print_stdout, reason = "the measurement goes to the terminal")]

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant as Stopwatch;

use anyhow::{Context as _, Result, bail};
use sakimori_content::Content;
use sakimori_lake::{
    Lake, LakeReader, LakeSettings, RetentionDays, SEAL_AFTER_BYTES, SigningKey, open_catalogue,
    open_store,
};
use sakimori_query::{Limits, Query, Sight};
use sakimori_watch::sources::{
    Context, CsvMap, FileContext, Limits as FileLimits, Reading, read_file_with, read_line,
};
use sakimori_words::{Clock, Event, Instant, jst_date};

/// As in the program itself.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DAYS: u64 = 365;
/// 2025-11-21 00:00 in Japan.
const BEGIN: Instant = Instant::from_micros(1_763_650_800_000_000);
const PORTION: usize = 1_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match &*arguments {
        [folder, events] => {
            let folder = PathBuf::from(folder);
            threads.block_on(ingest(&folder, events.parse().context("EVENTS")?))?;
            threads.block_on(search(&folder))
        }
        [what] if what == "--searches" => {
            SEARCHES.iter().for_each(|(name, sql)| println!("{name}\t{sql}"));
            Ok(())
        }
        [folder] => threads.block_on(search(Path::new(folder))),
        _ => bail!("lake_year FOLDER [EVENTS], lake_year --searches"),
    }
}

/// A clock that stands where the generated day is.
struct DayClock(AtomicI64);

impl Clock for DayClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}

fn settings(folder: &Path) -> Result<LakeSettings> {
    let store = folder.join("lake").join("store");
    Ok(LakeSettings {
        dir: folder.join("lake"),
        catalogue: open_catalogue(&folder.join("lake"), "")?,
        segments: open_store(&store.display().to_string(), &[])?,
        retention: RetentionDays::all(400),
        seal_after_bytes: SEAL_AFTER_BYTES,
        seal_after_seconds: 6 * 3_600,
        signer: SigningKey::from_bytes(&[7; 32]),
        seen_up_to: 0,
        origin: "sakimori.example/bench/year".to_owned(),
    })
}

async fn ingest(folder: &Path, n_events: u64) -> Result<()> {
    let clock = Arc::new(DayClock(AtomicI64::new(BEGIN.as_micros())));
    let lake = Lake::open(settings(folder)?, clock.clone()).await?;
    std::fs::create_dir_all(folder.join("raw"))?;
    let maps = maps()?;
    let (mut taking, mut sealing, mut compacting) =
        (Used::default(), Used::default(), Used::default());
    let mut chance = Chance(1);
    for day in 0..DAYS {
        let lines = Lines::of_day(day, share(n_events, day), &mut chance);
        lines.keep(&folder.join("raw").join(format!("{day:03}.zst")))?;
        clock.0.store(lines.until.as_micros(), Ordering::SeqCst);
        let from = Used::now()?;
        for portion in lines.lines.chunks(PORTION) {
            lake.append(&Lines::read(portion)).await?;
        }
        for portion in lines.read_records(&maps)?.chunks(PORTION) {
            lake.append(portion).await?;
        }
        taking.add(from)?;
        let from = Used::now()?;
        lake.seal().await?;
        sealing.add(from)?;
        let from = Used::now()?;
        while lake.compact().await?.is_some() {}
        compacting.add(from)?;
        clock.0.store(lines.until.plus_days(8).as_micros(), Ordering::SeqCst);
        lake.sweep().await?;
    }
    let status = lake.status().await?;
    let per_second = |used: &Used| status.events as f64 / used.cpu_seconds;
    println!("events {}, raw {} B/event", status.events, status.raw_bytes / status.events);
    println!(
        "stored {:.1} B/event",
        stored_bytes(&folder.join("lake"))? as f64 / status.events as f64
    );
    println!(
        "taking in (reading, fsync): {:.0} events/CPU s, {:.0} s wall",
        per_second(&taking),
        taking.wall_seconds
    );
    println!("sealing: {:.0} events/CPU s", per_second(&sealing));
    println!("compacting: {:.0} events/CPU s", per_second(&compacting));
    let all = taking.cpu_seconds + sealing.cpu_seconds;
    println!("taking in and sealing: {:.0} events/CPU s", status.events as f64 / all);
    println!("peak {} MiB", peak_mib()?);
    Ok(())
}

/// How many of the events a day has: fewer at weekends.
fn share(n_events: u64, day: u64) -> u64 {
    // The first day is a Friday.
    let weight = if matches!((day + 5) % 7, 6 | 0) { 2 } else { 5 };
    n_events * weight * 7 / (29 * DAYS)
}

fn maps() -> Result<Vec<CsvMap>> {
    let content = Content::embedded()?;
    content.csv_maps().iter().map(|map| Ok(CsvMap::parse(&map.text)?)).collect()
}

/// The lines of one day, as they come from four kinds of sources.
struct Lines {
    lines: Vec<(&'static str, Instant, String)>,
    records: String,
    until: Instant,
}

impl Lines {
    fn of_day(day: u64, n: u64, chance: &mut Chance) -> Self {
        let begin = BEGIN.plus_days(i64::try_from(day).unwrap_or(0));
        let mut seconds: Vec<i64> = (0..n).map(|_| chance.second()).collect();
        seconds.sort_unstable();
        let mut lines = Vec::new();
        let mut records =
            "職員ID,職員名,患者ID,操作,日時,端末名,IPアドレス,画面,処理番号\n".to_owned();
        for second in seconds {
            let at = begin.plus_seconds(second);
            match chance.below(100) {
                0..55 => lines.push(("syslog/10.0.0.254", at, traffic(at, chance))),
                55..60 => lines.push(("syslog/10.0.0.254", at, vpn(at, chance))),
                60..80 => lines.push(("http/wec01", at, windows(at, chance))),
                _ => records.push_str(&record(at, chance)),
            }
        }
        Self { lines, records, until: begin.plus_days(1) }
    }

    /// Keeps the lines as a person would without a log store: text, compressed.
    fn keep(&self, path: &Path) -> Result<()> {
        let mut zstd = Command::new("zstd")
            .args(["-q", "-3", "-f", "-o"])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .context("zstd")?;
        let mut to = std::io::BufWriter::new(zstd.stdin.take().context("zstd")?);
        for (_, _, line) in &self.lines {
            writeln!(to, "{line}")?;
        }
        to.write_all(self.records.as_bytes())?;
        drop(to);
        if !zstd.wait()?.success() {
            bail!("zstd");
        }
        Ok(())
    }

    fn read(lines: &[(&'static str, Instant, String)]) -> Vec<Event> {
        let read = |(source, at, line): &(&str, Instant, String)| {
            let context = Context { source: (*source).to_owned(), received_at: *at };
            read_line(line.as_bytes(), &context)
        };
        lines.iter().map(read).collect()
    }

    fn read_records(&self, maps: &[CsvMap]) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        let context = Context { source: "inbox/ehr.csv".to_owned(), received_at: self.until };
        let file = FileContext {
            name: "ehr.csv",
            context: &context,
            written_by: self.until,
            maps,
            wanted: None,
        };
        let mut each = |reading: Reading<'_>| {
            if let Reading::Event { event, .. } = reading {
                events.push(event);
            }
        };
        read_file_with(
            &file,
            &mut Cursor::new(self.records.as_bytes()),
            &FileLimits::STANDARD,
            &mut each,
        )?;
        Ok(events)
    }
}

/// Numbers that are the same in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_of<T: Copy + Default>(&mut self, all: &[T]) -> T {
        let n = usize::try_from(self.below(all.len() as u64)).unwrap_or(0);
        all.get(n).copied().unwrap_or_default()
    }

    /// A second of the day: most of them between eight and nineteen.
    fn second(&mut self) -> i64 {
        let busy = self.below(10) < 8;
        let second = if busy { 8 * 3_600 + self.below(11 * 3_600) } else { self.below(86_400) };
        i64::try_from(second).unwrap_or(0)
    }
}

fn local(at: Instant) -> (String, String) {
    let second = at.as_micros().div_euclid(1_000_000) + 9 * 3_600;
    let of_day = second.rem_euclid(86_400);
    let time = format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60);
    (jst_date(at).strftime("%Y-%m-%d").to_string(), time)
}

fn traffic(at: Instant, chance: &mut Chance) -> String {
    let (date, time) = local(at);
    let nanos = at.as_micros() * 1_000 + i64::try_from(chance.below(1_000_000_000)).unwrap_or(0);
    let (client, peer) = (chance.below(800), chance.below(3_000));
    let (action, policy) =
        if chance.below(50) == 0 { ("deny", 0) } else { ("close", 1 + chance.below(30)) };
    let (port, service) = chance.one_of(&[(443, "HTTPS"), (80, "HTTP"), (53, "DNS"), (445, "SMB")]);
    format!(
        "<189>date={date} time={time} devname=\"FG-OSAKA-01\" devid=\"FG100FTK20000001\" eventtime={nanos} tz=\"+0900\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" vd=\"root\" srcip=10.20.{}.{} srcport={} srcintf=\"lan\" dstip=203.0.{}.{} dstport={port} dstintf=\"wan1\" sessionid={} proto=6 action=\"{action}\" policyid={policy} policytype=\"policy\" service=\"{service}\" dstcountry=\"Japan\" srccountry=\"Reserved\" trandisp=\"snat\" duration={} sentbyte={} rcvdbyte={} sentpkt={} rcvdpkt={}",
        client / 250,
        client % 250,
        1_024 + chance.below(64_000),
        peer / 250,
        peer % 250,
        chance.below(1 << 32),
        chance.below(600),
        chance.below(100_000),
        chance.below(2_000_000),
        chance.below(300),
        chance.below(2_000)
    )
}

fn vpn(at: Instant, chance: &mut Chance) -> String {
    let (date, time) = local(at);
    let nanos = at.as_micros() * 1_000 + i64::try_from(chance.below(1_000_000_000)).unwrap_or(0);
    let (action, user) = if chance.below(5) == 0 {
        ("ssl-login-fail", chance.below(400))
    } else {
        ("tunnel-up", chance.below(40))
    };
    format!(
        "<189>date={date} time={time} devname=\"FG-OSAKA-01\" devid=\"FG100FTK20000001\" eventtime={nanos} tz=\"+0900\" logid=\"0101039424\" type=\"event\" subtype=\"vpn\" level=\"information\" vd=\"root\" logdesc=\"SSL VPN\" action=\"{action}\" tunneltype=\"ssl-tunnel\" tunnelid={} remip=198.51.100.{} user=\"maint{user:03}\" group=\"vendors\" reason=\"N/A\" msg=\"SSL tunnel\"",
        chance.below(1 << 31),
        chance.below(250)
    )
}

fn windows(at: Instant, chance: &mut Chance) -> String {
    let (date, time) = local(at.plus_seconds(-9 * 3_600));
    let (id, text) = chance.one_of(&[
        (4624, "logon"),
        (4634, "logoff"),
        (4672, "privileges"),
        (4768, "tgt"),
        (4769, "ticket"),
        (4625, "failure"),
    ]);
    let (user, host) = (chance.below(600), chance.below(300));
    format!(
        r#"{{"System":{{"Provider":{{"Name":"Microsoft-Windows-Security-Auditing","Guid":"{{54849625-5478-4994-a5ba-3e3b0328c30d}}"}},"EventID":{id},"Version":2,"Level":0,"Task":12544,"Opcode":0,"Keywords":"0x8020000000000000","TimeCreated":"{date}T{time}.{:07}Z","EventRecordID":{},"Correlation":{{"ActivityID":"{{{:08x}-{:04x}-{:04x}-a5ba-{:012x}}}"}},"Execution":{{"ProcessID":{},"ThreadID":{}}},"Channel":"Security","Computer":"PC-{host:03}.hospital.example"}},"EventData":{{"TargetUserName":"n{user:04}","TargetDomainName":"HOSPITAL","TargetLogonId":"0x{:x}","LogonType":"3","IpAddress":"10.20.{}.{}","IpPort":"{}","Status":"0x0","LogonProcessName":"Kerberos","What":"{text}"}}}}"#,
        chance.below(10_000_000),
        chance.0 >> 40,
        chance.below(1 << 32),
        chance.below(1 << 16),
        chance.below(1 << 16),
        chance.below(1 << 48),
        500 + chance.below(300),
        chance.below(9_000),
        chance.below(1 << 32),
        chance.below(4),
        chance.below(250),
        1_024 + chance.below(64_000)
    )
}

fn record(at: Instant, chance: &mut Chance) -> String {
    let (date, time) = local(at);
    let staff = chance.below(500);
    let what = chance.one_of(&["参照", "参照", "参照", "更新", "印刷", "検索"]);
    let screens = ["カルテ記載", "処方オーダー", "検査結果", "看護記録", "画像参照"];
    let screen = chance.one_of(&screens);
    format!(
        "n{staff:04},職員{staff:03},{:07},{what},{} {time},WARD-{:02}-{:02},10.20.{}.{},{screen},{:016x}\n",
        chance.below(60_000),
        date.replace('-', "/"),
        staff % 12,
        staff % 7,
        staff % 4,
        staff % 250,
        chance.next()
    )
}

/// CPU and wall time, added up.
#[derive(Clone, Copy, Default)]
struct Used {
    cpu_seconds: f64,
    wall_seconds: f64,
}

impl Used {
    fn now() -> Result<(f64, Stopwatch)> {
        Ok((cpu_seconds()?, Stopwatch::now()))
    }

    fn add(&mut self, (cpu, wall): (f64, Stopwatch)) -> Result<()> {
        self.cpu_seconds += cpu_seconds()? - cpu;
        self.wall_seconds += wall.elapsed().as_secs_f64();
        Ok(())
    }
}

/// CPU seconds of all threads of this process so far, ended ones too.
fn cpu_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // Behind the program's name, which may hold anything, come the other fields; the 12th and 13th of them are ticks.
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? as f64 / 100.0)
}

fn peak_mib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? / 1_024)
}

fn stored_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let of = entry.metadata()?;
        bytes += if of.is_dir() { stored_bytes(&entry.path())? } else { of.len() };
    }
    Ok(bytes)
}

/// What people ask; every one is asked again and again, the first answer is not counted.
const SEARCHES: [(&str, &str); 12] = [
    (
        "one patient, the year",
        "SELECT time, \"user\", activity FROM events WHERE patient = '0012345'",
    ),
    ("one VPN account, the year", "SELECT count(*) FROM events WHERE \"user\" = 'maint017'"),
    ("an address never seen", "SELECT count(*) FROM events WHERE src_ip = '192.0.2.99'"),
    (
        "one account's day",
        "SELECT activity, count(*) FROM events WHERE \"user\" = 'n0042' AND time >= '2026-03-10' AND time < '2026-03-11' GROUP BY 1",
    ),
    (
        "count by source, a week",
        "SELECT source, count(*) FROM events WHERE time >= '2026-03-09' AND time < '2026-03-16' GROUP BY 1",
    ),
    (
        "top ten of failures, a month",
        "SELECT src_ip, count(*) AS n FROM events WHERE status = 'failure' AND time >= '2026-03-01' AND time < '2026-04-01' GROUP BY 1 ORDER BY n DESC LIMIT 10",
    ),
    (
        "top ten readers by patients, the year",
        "SELECT \"user\", count(DISTINCT patient) AS n FROM events WHERE class_uid = 6005 GROUP BY 1 ORDER BY n DESC LIMIT 10",
    ),
    (
        "count by source and status, the year",
        "SELECT source, status, count(*) FROM events GROUP BY 1, 2",
    ),
    (
        "the record of one event",
        "SELECT raw FROM events WHERE patient = '0012345' ORDER BY time LIMIT 1",
    ),
    (
        "a field of one's own, a day",
        "SELECT count(*) FROM events WHERE src['LogonType'] = '3' AND time >= '2026-03-10' AND time < '2026-03-11'",
    ),
    (
        "substring, a day",
        "SELECT count(*) FROM events WHERE raw LIKE '%9f3a7c1%' AND time >= '2026-03-10' AND time < '2026-03-11'",
    ),
    ("substring, the year", "SELECT count(*) FROM events WHERE raw LIKE '%9f3a7c1%'"),
];

const ASKED: usize = 20;

async fn search(folder: &Path) -> Result<()> {
    let settings = settings(folder)?;
    let reader = LakeReader::open(&settings.dir, settings.catalogue, settings.segments);
    let clock = Stopwatch::now();
    let segments = reader.snapshot().await?.segments.len();
    println!("opened in {:.0} ms: {segments} segments", clock.elapsed().as_secs_f64() * 1e3);
    let query = Query::new(reader)?;
    for (what, sql) in SEARCHES {
        let limits = Limits { seconds: 300, ..Limits::SCREEN };
        let mut rows = query.sql(sql, Sight::Full, limits).await?.rows.len();
        let from = cpu_seconds()?;
        let mut wall = Vec::new();
        for _ in 0..ASKED {
            let clock = Stopwatch::now();
            rows = query.sql(sql, Sight::Full, limits).await?.rows.len();
            wall.push(clock.elapsed().as_secs_f64() * 1e3);
        }
        let cpu = (cpu_seconds()? - from) * 1e3 / ASKED as f64;
        wall.sort_by(f64::total_cmp);
        println!(
            "{what}: {cpu:.0} CPU ms, wall p95 {:.0} ms, {rows} rows",
            wall.get(ASKED - 1).unwrap_or(&0.0)
        );
    }
    println!("peak {} MiB", peak_mib()?);
    Ok(())
}
