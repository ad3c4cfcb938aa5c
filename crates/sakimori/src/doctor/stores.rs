//! Checks of what is kept: journal, log store, sources, hub, content.

use std::path::Path;
use std::sync::Arc;

use sakimori_content::{Content, Pack};
use sakimori_federation::{LinkStatus, Relation};
use sakimori_lake::{LakeStatus, Retention};
use sakimori_ledger::Store;
use sakimori_watch::OWN_SOURCES;
use sakimori_words::{Instant, Trouble};

use super::{Check, Verdict};
use crate::files;
use crate::node::stores;
use crate::settings::{GridSettings, Role, Settings};
use crate::world::World;

/// A source that has been quiet for so many hours is named.
const QUIET_HOURS: i64 = 24;

/// Bytes in a GiB.
const GIB: u64 = 1 << 30;

pub(super) async fn checks(data: &Path, settings: &Settings, world: &World) -> Vec<Check> {
    let mut checks = vec![content()];
    match stores::existing_ledger(data, settings).await {
        Err(trouble) => checks.push(Check::failed("journal", JOURNAL, &trouble)),
        Ok(store) => {
            checks.push(journal(store.as_ref()).await);
            checks.push(hub(data, settings, &store, world).await);
        }
    }
    if settings.role == Role::Node {
        match status(data, settings, world).await {
            Err(trouble) => checks.push(Check::failed("log", LOG, &trouble)),
            Ok(status) => {
                checks.push(log(data, &status));
                checks.extend(search(&settings.grid, status.events - status.hot_events));
                checks.push(sources(&status, world.clock.now()));
            }
        }
    }
    checks
}

const JOURNAL: [&str; 2] = ["記録", "journal"];
const LOG: [&str; 2] = ["ログの保存", "log store"];

async fn status(data: &Path, settings: &Settings, world: &World) -> Result<LakeStatus, Trouble> {
    let reader = stores::lake_reader(data)?;
    reader.status(settings.retention_days, world.clock.now()).await.map_err(|error| error.trouble())
}

fn content() -> Check {
    let problems = Content::check(&Pack::embedded());
    let seen = [format!("問題 {} 件", problems.len()), format!("{} problems", problems.len())];
    let check = Check::ok(
        "content",
        ["内容（連絡先・手順・検知）", "content (contacts, playbooks, detections)"],
        seen,
    );
    if problems.is_empty() {
        return check;
    }
    check.but(
        Verdict::Warn,
        ["`sakimori content check` で確かめてください", "see `sakimori content check`"],
    )
}

async fn journal(store: &dyn Store) -> Check {
    let report = match store.check().await {
        Ok(report) => report,
        Err(error) => return Check::failed("journal", JOURNAL, &error.trouble()),
    };
    let seen = [
        format!("{} 件、食い違い {} 件", report.n_entries, report.problems.len()),
        format!("{} entries, {} differ", report.n_entries, report.problems.len()),
    ];
    let check = Check::ok("journal", JOURNAL, seen);
    if report.problems.is_empty() {
        return check;
    }
    check.but(
        Verdict::Fail,
        [
            "`sakimori verify` で食い違いを確かめ、データフォルダを保全してください",
            "see `sakimori verify`, and preserve the data folder",
        ],
    )
}

/// Where searches over so many sealed events run; nothing where there is no grid.
fn search(grid: &GridSettings, sealed: u64) -> Option<Check> {
    let (scheduler, from) = (grid.scheduler?, grid.events_min);
    let [here_ja, here_en] = if sealed >= from {
        [format!("分散検索（{scheduler}）"), format!("on the grid of {scheduler}")]
    } else {
        ["このノードだけで検索".to_owned(), "on this node alone".to_owned()]
    };
    let seen = [
        format!("{here_ja}。封印済み {sealed} 件、分散検索は {from} 件から"),
        format!("{here_en}; {sealed} sealed events, the grid is asked from {from} on"),
    ];
    Some(Check::ok("search", ["検索する場所", "where searches run"], seen))
}

fn log(data: &Path, status: &LakeStatus) -> Check {
    let kept_days = u64::from(status.retention.kept_days).max(1);
    let days = status.retention.days.shortest();
    let forecast_gib = forecast_bytes(status, kept_days) / GIB;
    let seen = [
        format!(
            "{} 件、{} 日分。{days} 日以上の保存に約 {forecast_gib} GiB",
            status.events, status.retention.kept_days
        ),
        format!(
            "{} events over {} days; {days} days or more need about {forecast_gib} GiB",
            status.events, status.retention.kept_days
        ),
    ];
    let check = Check::ok("log", LOG, seen);
    let free_gib = files::free_bytes(data).unwrap_or_default() / GIB;
    // What this node writes itself is no log of the hospital.
    if status.sources.iter().all(|source| source.source.starts_with(OWN_SOURCES)) {
        return check.but(
            Verdict::Warn,
            ["ログの送信元を設定してください", "point a log source at this node"],
        );
    }
    if free_gib + status.bytes / GIB < forecast_gib {
        return check.but(
            Verdict::Warn,
            [
                "このままでは保存期間の前にディスクが足りなくなります",
                "at this rate the disk is too small for the retention",
            ],
        );
    }
    check
}

/// What all classes will take in their whole time at the rate so far; what is not sealed yet counts as traffic.
fn forecast_bytes(status: &LakeStatus, kept_days: u64) -> u64 {
    let Retention { days, classes, .. } = &status.retention;
    let whole = |bytes: u64, days: u32| bytes / kept_days * u64::from(days);
    let sealed = classes.iter().map(|class| whole(class.bytes, days.of(class.class))).sum::<u64>();
    let sealed_bytes: u64 = classes.iter().map(|class| class.bytes).sum();
    sealed + whole(status.bytes.saturating_sub(sealed_bytes), days.traffic)
}

fn sources(status: &LakeStatus, now: Instant) -> Check {
    let quiet = |last: Instant| {
        now.micros_since(last) > QUIET_HOURS * 3_600 * sakimori_words::SECOND_MICROS
    };
    // Dropped files end by nature; only what flows can fall silent.
    let flowing = status.sources.iter().filter(|source| {
        !source.source.starts_with("inbox/") && !source.source.starts_with(OWN_SOURCES)
    });
    let silent: Vec<&str> = flowing
        .clone()
        .filter(|source| quiet(source.last_event_at))
        .map(|source| source.source.as_str())
        .collect();
    let n_flowing = flowing.count();
    let seen = [
        format!("送信元 {n_flowing}、{QUIET_HOURS} 時間以上届かないもの {}", silent.len()),
        format!("{n_flowing} sources, {} silent for {QUIET_HOURS} hours", silent.len()),
    ];
    let check = Check::ok("sources", ["ログの送信元", "log sources"], seen);
    if silent.is_empty() {
        return check;
    }
    let (ja, en) = (
        format!("送信側を確かめてください: {}", silent.join("、")),
        format!("check: {}", silent.join(", ")),
    );
    check.but(Verdict::Warn, [&ja, &en])
}

async fn hub(data: &Path, settings: &Settings, store: &Arc<dyn Store>, world: &World) -> Check {
    match links(data, settings, store, world).await {
        Ok(links) => hub_check(&links, settings.role, world.clock.now()),
        Err(trouble) => Check::failed("hub", HUB, &trouble),
    }
}

const HUB: [&str; 2] = ["連携", "links to other organisations"];

fn hub_check(links: &[LinkStatus], role: Role, now: Instant) -> Check {
    let active = || links.iter().filter(|link| link.neighbour.is_active());
    let parents = || active().filter(|link| link.neighbour.relation == Relation::Parent);
    let (n_parents, n_children) = (parents().count(), active().count() - parents().count());
    let waiting: u64 = parents().map(|link| link.n_waiting).sum();
    let last = active().filter_map(|link| link.last_contact_at).max();
    let [ago_ja, ago_en] = ago(last, now);
    let check = Check::ok(
        "hub",
        HUB,
        [
            format!("上位 {n_parents}、下位 {n_children}、送信待ち {waiting}、最終交信 {ago_ja}"),
            format!(
                "{n_parents} above, {n_children} below, {waiting} messages waiting, last contact {ago_en}"
            ),
        ],
    );
    // The ministry has nobody above it, and an office without an institution below is only young.
    if n_parents == 0 && role == Role::Node {
        return check.but(
            Verdict::Warn,
            [
                "設定画面で、都道府県などから受け取ったコードを入力してください",
                "enter an office's code in the settings",
            ],
        );
    }
    let failing: Vec<&str> = parents()
        .filter(|link| link.n_failures > 0)
        .map(|link| link.neighbour.organisation.name.as_str())
        .collect();
    if failing.is_empty() {
        return check;
    }
    let (ja, en) = (
        format!("つながりません: {}。回線と相手のアドレスを確かめてください", failing.join("、")),
        format!("cannot be reached: {}; check the line and their address", failing.join(", ")),
    );
    check.but(Verdict::Warn, [&ja, &en])
}

/// How long ago the last contact was.
fn ago(last: Option<Instant>, now: Instant) -> [String; 2] {
    let Some(last) = last else { return ["まだなし".to_owned(), "never".to_owned()] };
    let minutes = now.micros_since(last).max(0) / (60 * sakimori_words::SECOND_MICROS);
    [format!("{minutes} 分前"), format!("{minutes} minutes ago")]
}

async fn links(
    data: &Path,
    settings: &Settings,
    store: &Arc<dyn Store>,
    world: &World,
) -> Result<Vec<LinkStatus>, Trouble> {
    let post = stores::existing_post(data, settings, store, world).await?;
    post.links().await.map_err(|error| error.trouble())
}

#[cfg(test)]
mod tests {
    use sakimori_words::Lang;

    use super::*;

    #[test]
    fn a_log_goes_to_the_grid_from_the_size_in_the_settings_on_and_that_is_said() {
        let scheduler = Some(std::net::SocketAddr::from(([127, 0, 0, 1], 50_050)));
        let grid = GridSettings { scheduler, events_min: 1_000 };
        let said = |sealed| search(&grid, sealed).unwrap().seen.get(Lang::En).to_owned();
        assert_eq!(
            said(999),
            "on this node alone; 999 sealed events, the grid is asked from 1000 on"
        );
        assert!(said(1_000).starts_with("on the grid of 127.0.0.1:50050;"));
        assert!(search(&GridSettings::default(), 1_000_000_000).is_none());
    }
}
