//! What the commands say, in Japanese and English.

use std::path::Path;

use sakimori_evidence::{Damage, Fault, Manifest, Misfit, Range, Taken, Verified};
use sakimori_words::Lang;

/// Ranges that are named one by one; the rest is counted.
const RANGES_MAX: usize = 50;

/// Evidence was taken.
pub(super) fn taken(taken: &Taken, folder: &Path, lang: Lang) -> String {
    let manifest = &taken.manifest;
    let bad = Range::sum_bytes(&manifest.bad_ranges);
    let (folder, n_bad) = (folder.display(), manifest.bad_ranges.len());
    let (size, stored) = (manifest.size_bytes, manifest.chunks.stored_bytes);
    let mut lines = match lang {
        Lang::Ja => vec![
            format!("取得が完了しました: {folder}"),
            format!(
                "大きさ: {size} バイト（保存 {stored} バイト、今回の読み取り {} バイト）",
                taken.read_bytes
            ),
        ],
        Lang::En => vec![
            format!("evidence taken: {folder}"),
            format!("size: {size} bytes (stored {stored}, read in this run {})", taken.read_bytes),
        ],
    };
    lines.push(format!("SHA-256: {}", manifest.sha256));
    lines.push(format!("BLAKE3:  {}", manifest.blake3));
    if bad > 0 {
        lines.push(match lang {
            Lang::Ja => format!("読み取れなかった範囲: {n_bad} か所、{bad} バイト（ゼロで埋め、manifest.json に記録しました）"),
            Lang::En => format!("unreadable: {bad} bytes in {n_bad} ranges (zeros in the image, recorded in manifest.json)"),
        });
    }
    lines.extend(given_up(manifest, lang));
    lines.extend(recognised(manifest, lang));
    lines.extend(listed(manifest, lang));
    lines.push(match lang {
        Lang::Ja => "SHA-256 を紙の記録にも書き写してください。あとで確かめるには: sakimori evidence verify フォルダ".to_owned(),
        Lang::En => "copy the SHA-256 onto the paper record as well; to check later: sakimori evidence verify FOLDER".to_owned(),
    });
    lines.join("\n")
}

fn given_up(manifest: &Manifest, lang: Lang) -> Option<String> {
    let n_bytes = Range::sum_bytes(&manifest.given_up_ranges);
    (n_bytes > 0).then(|| match lang {
        Lang::Ja => format!("うち {n_bytes} バイトは、時間の上限のため細かく読み直していません。--patience を長くして別のフォルダに取り直すと、読める部分が増えることがあります"),
        Lang::En => format!("{n_bytes} bytes of it were not read again in small pieces because the time for it was over; another acquisition into another folder with a longer --patience may read more"),
    })
}

fn recognised(manifest: &Manifest, lang: Lang) -> Option<String> {
    let what = &manifest.source.recognised;
    let label = match lang {
        Lang::Ja => "形式",
        Lang::En => "recognised as",
    };
    (!what.is_empty()).then(|| format!("{label}: {what}"))
}

fn listed(manifest: &Manifest, lang: Lang) -> Option<String> {
    let list = manifest.list.as_ref()?;
    let (file, n, failed) = (&list.file, list.entries, list.failed);
    Some(match (lang, list.cut) {
        (Lang::Ja, false) => format!("一覧: {file}（{n} 件、うち読み取れないもの {failed} 件）"),
        (Lang::En, false) => format!("list: {file} ({n} entries, {failed} of them not read)"),
        (Lang::Ja, true) => {
            format!("一覧: {file}（{n} 件。途中までです。元のファイルはすべて保存しました）")
        }
        (Lang::En, true) => {
            format!("list: {file} ({n} entries; it stops early, the file itself is whole)")
        }
    })
}

/// The source is mounted.
pub(super) fn mounted(place: &str, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!(
            "注意: このディスクは {place} で使用中です。取得の間にも書き換わるため、途中で止まると続きは取れないことがあります。できれば取り外すか、別の機器につないで取得してください"
        ),
        Lang::En => format!(
            "note: this disk is in use at {place}; it changes while it is read, and a stopped acquisition may not go on; better unmount it, or connect it to another machine"
        ),
    }
}

/// There may be too little room.
pub(super) const fn may_not_fit(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => {
            "注意: 保存先の空きは、取得元の大きさより小さいです。圧縮で収まることもあります。足りなくなったら、空きを作って --resume で続けられます"
        }
        Lang::En => {
            "note: there is less free space than the source is long; packed it may fit, and if not, make room and go on with --resume"
        }
    }
}

/// What `verify` found.
pub(super) fn verified(found: &Verified, manifest: &Manifest, lang: Lang) -> String {
    let mut lines = Vec::new();
    if found.is_sound() {
        lines.push(match lang {
            Lang::Ja => format!(
                "証拠は取得したときのままです（{} バイト、{} チャンク）",
                found.size_bytes, manifest.chunks.count
            ),
            Lang::En => format!(
                "the evidence is as it was taken ({} bytes, {} chunks)",
                found.size_bytes, manifest.chunks.count
            ),
        });
        lines.push(format!("SHA-256: {}", manifest.sha256));
        lines.push(format!("BLAKE3:  {}", manifest.blake3));
    }
    lines.extend(found.misfits.iter().map(|misfit| misfit_line(*misfit, lang).to_owned()));
    if !found.damage.is_empty() {
        lines.push(damaged(&found.damage, lang));
    }
    lines.extend(files(found, lang));
    let bad = Range::sum_bytes(&manifest.bad_ranges);
    if bad > 0 {
        lines.push(match lang {
            Lang::Ja => format!(
                "取得のときに読み取れなかった範囲: {} か所、{bad} バイト",
                manifest.bad_ranges.len()
            ),
            Lang::En => format!(
                "unreadable when it was taken: {bad} bytes in {} ranges",
                manifest.bad_ranges.len()
            ),
        });
    }
    lines.push(match lang {
        Lang::Ja => format!(
            "manifest.json の SHA-256（受け渡しの記録と比べてください）: {}",
            found.manifest_sha256
        ),
        Lang::En => format!(
            "SHA-256 of manifest.json (compare with the custody record): {}",
            found.manifest_sha256
        ),
    });
    lines.push(String::new());
    lines.join("\n")
}

fn files(found: &Verified, lang: Lang) -> Option<String> {
    if found.n_files == 0 {
        let n = found.n_files_compared;
        return (n > 0).then(|| match lang {
            Lang::Ja => format!("比べたファイル: {n} 件"),
            Lang::En => format!("files compared: {n}"),
        });
    }
    let names = found.files.join("\n  ");
    Some(match lang {
        Lang::Ja => format!("一覧と合わないファイル: {} 件\n  {names}", found.n_files),
        Lang::En => format!("files that are not as listed: {}\n  {names}", found.n_files),
    })
}

const fn misfit_line(misfit: Misfit, lang: Lang) -> &'static str {
    let [ja, en] = match misfit {
        Misfit::Index => [
            "索引（chunks.idx）が、取得したときのものではありません",
            "the index (chunks.idx) is not the one that was written",
        ],
        Misfit::Chunks => [
            "チャンクの数が、全体の長さと合いません",
            "the number of chunks does not fit the length",
        ],
        Misfit::Sha256 => ["全体の SHA-256 が一致しません", "the SHA-256 of the whole differs"],
        Misfit::Blake3 => ["全体の BLAKE3 が一致しません", "the BLAKE3 of the whole differs"],
        Misfit::List => [
            "一覧（list.jsonl）がないか、取得したときのものではありません",
            "the list (list.jsonl) is missing or not the one that was written",
        ],
        Misfit::DataFiles => {
            ["データファイルの長さの合計が合いません", "the lengths of the data files do not fit"]
        }
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// The damaged ranges, the first of them one by one.
pub(super) fn damaged(damage: &[Damage], lang: Lang) -> String {
    let total: u64 = damage.iter().map(|damage| damage.range.length).sum();
    let n = damage.len();
    let mut lines = vec![match lang {
        Lang::Ja => format!("壊れている範囲: {n} か所、{total} バイト"),
        Lang::En => format!("damaged: {total} bytes in {n} ranges"),
    }];
    let named = damage.iter().take(RANGES_MAX);
    lines.extend(
        named.map(|damage| format!("  {}  {}", span(damage.range), why(&damage.fault, lang))),
    );
    if n > RANGES_MAX {
        lines.push("  …".to_owned());
    }
    lines.join("\n")
}

fn span(range: Range) -> String {
    format!("{}-{}", range.offset, range.offset.saturating_add(range.length).saturating_sub(1))
}

fn why(fault: &Fault, lang: Lang) -> String {
    let (file, [ja, en]) = match fault {
        Fault::Record => ("chunks.idx", ["索引が欠けています", "no sound record in the index"]),
        Fault::NoFile(file) => (file.as_str(), ["ファイルがありません", "the file is missing"]),
        Fault::Unread(file) => {
            (file.as_str(), ["途中までしかないか、読めません", "ends too early or cannot be read"])
        }
        Fault::Packing(file) => (file.as_str(), ["展開できません", "cannot be unpacked"]),
        Fault::Digest(file) => {
            (file.as_str(), ["内容が書き換わっています", "the content was changed"])
        }
    };
    match lang {
        Lang::Ja => format!("{file}: {ja}"),
        Lang::En => format!("{file}: {en}"),
    }
}
