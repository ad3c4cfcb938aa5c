//! Troubles of the binary itself, and the list of everybody's for `sakimori explain`.

use sakimori_words::{Retry, TroubleKind};

/// The command line was not understood.
pub(crate) const WRONG_USE: TroubleKind = TroubleKind {
    code: "SK-NODE-001",
    status: 400,
    what: ["コマンドの書き方が違います", "the command line was not understood"],
    now: ["`sakimori --help` で使い方を確かめてください", "see `sakimori --help`"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Standard output could not be written.
pub(crate) const OUTPUT: TroubleKind = TroubleKind {
    code: "SK-NODE-002",
    status: 500,
    what: ["結果を書き出せません", "the result could not be written"],
    now: [
        "出力先の空き容量と権限を確かめてください",
        "check the space and permissions where the output goes",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The data folder cannot be used.
pub(crate) const DATA_FOLDER: TroubleKind = TroubleKind {
    code: "SK-NODE-003",
    status: 500,
    what: ["データフォルダを使えません", "the data folder cannot be used"],
    now: [
        "フォルダの場所・権限・空き容量を確かめ、`--data` で別の場所を指定することもできます",
        "check its place, permissions and free space, or name another with `--data`",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// An address could not be listened on.
pub(crate) const LISTEN: TroubleKind = TroubleKind {
    code: "SK-NODE-004",
    status: 500,
    what: ["待ち受けアドレスを開けません", "cannot listen on the address"],
    now: [
        "同じ番号を使う別のプログラムがないか確かめるか、`--listen`・`--syslog` で別の番号を指定してください",
        "see whether another program uses it, or give another with `--listen` / `--syslog`",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The settings file is wrong.
pub(crate) const SETTINGS: TroubleKind = TroubleKind {
    code: "SK-NODE-005",
    status: 500,
    what: ["設定ファイルを読めません", "the settings file cannot be read"],
    now: [
        "示された行を直してから、もう一度起動してください",
        "correct the line shown, then start again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A key or certificate could not be made or read.
pub(crate) const KEYS: TroubleKind = TroubleKind {
    code: "SK-NODE-006",
    status: 500,
    what: ["鍵または証明書を扱えません", "a key or certificate cannot be used"],
    now: [
        "`keys` フォルダの権限を確かめてください。鍵を消すと、登録し直しが必要になります",
        "check the permissions of the `keys` folder; deleting a key means enrolling again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A file given on the command line could not be read.
pub(crate) const FILE: TroubleKind = TroubleKind {
    code: "SK-NODE-007",
    status: 400,
    what: ["ファイルを読み書きできません", "a file cannot be read or written"],
    now: ["ファイル名と権限を確かめてください", "check the name and its permissions"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// An unknown trouble code was asked for.
pub(crate) const NO_SUCH_CODE: TroubleKind = TroubleKind {
    code: "SK-NODE-008",
    status: 404,
    what: ["そのコードはありません", "there is no such code"],
    now: ["`sakimori explain` で一覧を見られます", "`sakimori explain` lists all codes"],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A syslog sender's data was more than one frame may hold, or its TLS could not be agreed.
pub(crate) const INTAKE: TroubleKind = TroubleKind {
    code: "SK-NODE-009",
    status: 400,
    what: ["ログの受信で問題がありました", "a log sender could not be understood"],
    now: [
        "送信側の設定（宛先・ポート・TLS の証明書）を確かめてください。受け取った分は保存されています",
        "check the sender (address, port, TLS certificate); what was received is kept",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// The demonstration is not ready.
pub(crate) const DEMO: TroubleKind = TroubleKind {
    code: "SK-NODE-010",
    status: 503,
    what: ["デモの準備ができていません", "the demonstration is not ready"],
    now: ["数秒待ってから、もう一度開いてください", "wait a few seconds and open the page again"],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// The folder holds an earlier demonstration.
pub(crate) const DEMO_FOLDER: TroubleKind = TroubleKind {
    code: "SK-NODE-041",
    status: 409,
    what: [
        "このフォルダでは、前にデモを動かしています",
        "a demonstration ran in this folder before",
    ],
    now: [
        "`--data` に新しいフォルダを指定してください。デモは毎回はじめから動きます。前のフォルダは捨てて構いません",
        "give `--data` a new folder. A demonstration begins anew each time and is not continued; the old folder may be thrown away",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A neighbour was named that is not enrolled, or not clearly.
pub(crate) const NEIGHBOUR: TroubleKind = TroubleKind {
    code: "SK-NODE-011",
    status: 400,
    what: ["どの連携先か決められません", "it is not clear which neighbour is meant"],
    now: [
        "示された名前か ID のどれか一つを指定してください。相手がいなければ、先に連携先として登録してください",
        "give one of the names or ids shown; if it is not there, enrol with it first",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A dropped file holds nothing that could be read as a log.
pub(crate) const NOT_A_LOG: TroubleKind = TroubleKind {
    code: "SK-NODE-012",
    status: 400,
    what: ["ログとして読めるものがありません", "nothing in the file could be read as a log"],
    now: [
        "圧縮やパスワードを解いてから、もう一度受信フォルダに置いてください。元のファイルは failed フォルダにあります",
        "unpack it or remove its password and drop it again; the file is in the `failed` folder",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Another process uses the data folder.
pub(crate) const IN_USE: TroubleKind = TroubleKind {
    code: "SK-NODE-013",
    status: 409,
    what: ["データフォルダは別の Sakimori が使っています", "another Sakimori uses the data folder"],
    now: [
        "動いている Sakimori を止めるか、`--data` で別のフォルダを指定してください",
        "stop the one that runs, or name another folder with `--data`",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Something that was there is gone from the data folder.
pub(crate) const MISSING: TroubleKind = TroubleKind {
    code: "SK-NODE-014",
    status: 500,
    what: [
        "データフォルダから、あるはずのものがなくなっています",
        "something is missing from the data folder",
    ],
    now: [
        "フォルダに触らず、写しを取ってから、安全管理責任者に連絡してください",
        "leave the folder as it is, copy it, and call the safety officer",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A file that the record names is missing or changed.
pub(crate) const FILES_ON_RECORD: TroubleKind = TroubleKind {
    code: "SK-NODE-015",
    status: 500,
    what: [
        "証拠の写真・届いた文書・添付資料に、なくなったもの、または記録のハッシュ値と違うものがあります",
        "photographs of evidence, papers or attached files are missing, or differ from their digests on record",
    ],
    now: [
        "そのフォルダに触らず、写しを取ってください。証拠の写真は、撮影した機器や控えに元の写真があれば、証拠の画面から改めて登録できます（同じ写真なら元の場所に戻ります）。文書や添付資料は、控えから同じファイルをフォルダに戻せます",
        "leave the folder as it is and copy it; when the camera or a copy still has a picture of evidence, hand it in again on the page of the item (the same picture takes its old place); papers and attached files can be put back into the folder from a copy",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A message about the head of a log cannot be believed.
pub(crate) const LOG_HEAD: TroubleKind = TroubleKind {
    code: "SK-NODE-020",
    status: 400,
    what: [
        "ログの写しについての連絡を受け入れられません",
        "a message about the head of a log cannot be believed",
    ],
    now: [
        "相手の機関に電話で確かめてください。相手の鍵が変わったときは、登録し直しが必要です",
        "ask the other organisation by telephone; if its key changed, it has to enrol anew",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A sender over HTTP showed no token that opens the door.
pub(crate) const SENDER_TOKEN: TroubleKind = TroubleKind {
    code: "SK-NODE-021",
    status: 401,
    what: [
        "送信用のトークンがないか、有効ではありません",
        "there is no token, or it is not one that works",
    ],
    now: [
        "「ログの送信元」の「送信元のトークンと証明書」でトークンを作り、Authorization: Bearer に設定してください",
        "make a token under “Log sources”, “Tokens and certificates of senders”, and send it as Authorization: Bearer",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A body is longer than can be stored together.
pub(crate) const BODY_TOO_LARGE: TroubleKind = TroubleKind {
    code: "SK-NODE-022",
    status: 413,
    what: [
        "一度に送られたログが多すぎます。何も保存していません",
        "too many records were sent at once; none of them was kept",
    ],
    now: [
        "送信側の設定で、1回に送る量を 4 MB 以下にしてから、同じログを送り直してください",
        "set the sender to 4 MB or less at once, then send the same records again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A body did not arrive in time.
pub(crate) const BODY_SLOW: TroubleKind = TroubleKind {
    code: "SK-NODE-023",
    status: 408,
    what: [
        "送信が時間内に終わりませんでした。何も保存していません",
        "the body did not arrive in time; none of it was kept",
    ],
    now: [
        "回線の混み具合を確かめ、1回に送る量を減らして送り直してください",
        "check the line, and send again in smaller portions",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// A body is not what it claims to be.
pub(crate) const BODY_UNREADABLE: TroubleKind = TroubleKind {
    code: "SK-NODE-024",
    status: 400,
    what: [
        "送られた内容を読み取れません。何も保存していません",
        "the body cannot be read; none of it was kept",
    ],
    now: [
        "Content-Type と Content-Encoding が実際の内容と合っているか確かめてください。JSON でないログは text/plain で送れます",
        "see whether Content-Type and Content-Encoding tell the truth; what is not JSON can be sent as text/plain",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A body is of a kind that is not read here.
pub(crate) const BODY_KIND: TroubleKind = TroubleKind {
    code: "SK-NODE-025",
    status: 415,
    what: [
        "この形式の内容は受け付けていません。何も保存していません",
        "bodies of this kind are not taken in; nothing was kept",
    ],
    now: [
        "/intake/v1/events には text/plain・application/x-ndjson・application/json を、FHIR には application/fhir+json を、圧縮は gzip を使ってください",
        "send text/plain, application/x-ndjson or application/json to /intake/v1/events and application/fhir+json to the FHIR address; pack with gzip only",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The door is too busy, or closing.
pub(crate) const INTAKE_BUSY: TroubleKind = TroubleKind {
    code: "SK-NODE-026",
    status: 429,
    what: [
        "同時に送られている量が多く、いまは受け付けられません。何も保存していません",
        "too much is being sent at once; nothing of this was kept",
    ],
    now: ["少し待ってから、同じログを送り直してください", "wait a moment and send the same again"],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// A log sender over TLS has no certificate, and one is asked for.
pub(crate) const NO_CERTIFICATE: TroubleKind = TroubleKind {
    code: "SK-NODE-027",
    status: 403,
    what: [
        "証明書を示さない送信元からの TLS を断りました",
        "a log sender without a certificate was refused",
    ],
    now: [
        "`sakimori sender-certificate 機器名 --out フォルダ` で証明書を作り、その機器に設定してください。証明書なしで受けるには sakimori.toml の syslog_tls_clients を \"any\" にします",
        "make one with `sakimori sender-certificate NAME --out FOLDER` and give it to the device; to take logs without certificates, set syslog_tls_clients = \"any\" in sakimori.toml",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A log sender's certificate is not one that is accepted.
pub(crate) const CERTIFICATE_REFUSED: TroubleKind = TroubleKind {
    code: "SK-NODE-028",
    status: 403,
    what: ["送信元の証明書を受け入れられません", "the certificate of a log sender is not accepted"],
    now: [
        "期限と発行元を確かめてください。別の認証局の証明書を使うときは、その認証局の PEM を keys/log-senders/ に置いて再起動してください",
        "check its dates and who issued it; to accept another authority, put its PEM file into keys/log-senders/ and restart",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A certificate cannot be made under that name or at that place.
pub(crate) const SENDER_CERTIFICATE: TroubleKind = TroubleKind {
    code: "SK-NODE-029",
    status: 400,
    what: ["送信元の証明書を作れません", "the certificate of a log sender cannot be made"],
    now: [
        "名前は半角の英数字と . - _ で64文字以内にし、まだ証明書のないフォルダを --out に指定してください",
        "name it with letters, digits and . - _ (at most 64), and give a folder in which there is none yet",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A log sender came with a certificate that was withdrawn.
pub(crate) const CERTIFICATE_WITHDRAWN: TroubleKind = TroubleKind {
    code: "SK-NODE-035",
    status: 403,
    what: [
        "失効させた証明書で接続してきた送信元を断りました",
        "a log sender with a withdrawn certificate was refused",
    ],
    now: [
        "その機器を使い続けるなら `sakimori sender-certificate` で証明書を作り直して入れ替えてください。心当たりがなければ、そのアドレスの機器を調べてください",
        "if the device is still in use, make it another one with `sakimori sender-certificate`; if you do not know it, find out what stands at that address",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A time stamp could not be asked for or kept.
pub(crate) const TIME_STAMP: TroubleKind = TroubleKind {
    code: "SK-NODE-030",
    status: 400,
    what: ["タイムスタンプを扱えません", "the time stamp cannot be used"],
    now: [
        "回答がこのデータフォルダで書き出した要求（`sakimori timestamp request`）に対するものか確かめ、必要なら要求からやり直してください",
        "see that it answers a request written from this data folder (`sakimori timestamp request`); if not, ask again",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// This build cannot search on many machines.
pub(crate) const GRID_ABSENT: TroubleKind = TroubleKind {
    code: "SK-NODE-031",
    status: 400,
    what: [
        "このプログラムには、複数台で検索する機能が入っていません",
        "this build cannot search on many machines",
    ],
    now: [
        "cargo feature `grid` を付けて作ったプログラムを使ってください（docs/grid.md）。1台での検索はそのまま使えます",
        "use a program built with the cargo feature `grid` (docs/grid.md); searches on one machine work as they are",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A way between the machines of a grid is not as it may be.
pub(crate) const GRID_TUNNEL: TroubleKind = TroubleKind {
    code: "SK-NODE-032",
    status: 400,
    what: ["分散検索のトンネルの指定が違います", "a tunnel of the search grid is given wrongly"],
    now: [
        "--in は「ネットワーク側=127.0.0.1側」、--out は「127.0.0.1側=ネットワーク側」の順に、IPアドレスと番号で指定してください（例: --in 192.0.2.10:51050=127.0.0.1:50050）。暗号化しない側は、このコンピューターの中だけで開けます",
        "give `--in NETWORK=LOCAL` and `--out LOCAL=NETWORK` as addresses with ports, e.g. --in 192.0.2.10:51050=127.0.0.1:50050; the side without TLS is one of 127.0.0.1",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// The certificate of a machine of the grid cannot be made.
pub(crate) const GRID_CERTIFICATE: TroubleKind = TroubleKind {
    code: "SK-NODE-033",
    status: 400,
    what: [
        "分散検索のコンピューターの証明書を作れません",
        "the certificate of a machine of the search grid cannot be made",
    ],
    now: [
        "名前は半角の英数字と . - _ で64文字以内にし、まだないフォルダを --out に指定してください",
        "name it with letters, digits and . - _ (at most 64), and give a folder that is not there yet",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Somebody else's TAXII server gave nothing.
pub(crate) const TAXII: TroubleKind = TroubleKind {
    code: "SK-NODE-036",
    status: 502,
    what: ["TAXII サーバーから読み取れません", "nothing can be read from the TAXII server"],
    now: [
        "アドレス、ユーザー名、パスワードのファイル、認証局（--authorities）を確かめて、もう一度実行してください。読み取りは前回の続きから始まります",
        "look at the address, the user name, the file with the password and the authorities (--authorities), and run it again; reading goes on where it stood",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// The key of a neighbour's signature files is not known yet.
pub(crate) const NO_MEDIUM_KEY: TroubleKind = TroubleKind {
    code: "SK-NODE-037",
    status: 404,
    what: [
        "その連携先の署名ファイルの鍵はまだ分かりません",
        "the key of that neighbour's signature files is not known yet",
    ],
    now: [
        "その機関から最初のファイルを `sakimori bundle read` で受け取ると分かります。先に知りたいときは、電話などで公開鍵を聞いてください",
        "it comes with the first file read by `sakimori bundle read`; to know it before, ask the organisation for its public key by telephone",
    ],
    call: ["", ""],
    retry: Retry::Later,
    clause: "",
};

/// Only a hub whose ledger is on PostgreSQL can be answered for by several processes.
pub(crate) const NOT_SHARED: TroubleKind = TroubleKind {
    code: "SK-NODE-038",
    status: 409,
    what: [
        "このデータフォルダには、もう一つのプロセスを置けません",
        "no further process can answer for this data folder",
    ],
    now: [
        "`serve` は、台帳を PostgreSQL に置いた行政のハブ（`up --role hub`）で使えます。台帳の移し方は `sakimori export`・`import` をご覧ください",
        "`serve` is for an office's hub (`up --role hub`) with its ledger on PostgreSQL; `sakimori export` and `import` move a ledger there",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A proxy's certificate cannot be made as asked.
pub(crate) const PROXY_CERTIFICATE: TroubleKind = TroubleKind {
    code: "SK-NODE-039",
    status: 400,
    what: ["プロキシの証明書を作れません", "the proxy's certificate cannot be made"],
    now: [
        "人と機関が使う名前を、半角の英数字と . - _ で64文字以内で指定するか、設定 `names` に書いてください",
        "give the names people and organisations use, with letters, digits and . - _ (at most 64), or write them into the setting `names`",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// A rotated file was packed and is damaged, or too large.
pub(crate) const PACKED_LOG: TroubleKind = TroubleKind {
    code: "SK-NODE-040",
    status: 422,
    what: [
        "切り替え後に圧縮されたログファイルを最後まで読めません",
        "a rotated log file that was packed cannot be read to its end",
    ],
    now: [
        "読めたところまでは取り込み、次のファイルに進みました。元のファイルの控えがあれば、受け取りフォルダに入れてください",
        "what could be read was taken in and reading went on in the next file; if there is a copy of the original, put it into the inbox",
    ],
    call: ["", ""],
    retry: Retry::No,
    clause: "",
};

/// Troubles declared by this crate.
pub(crate) const TROUBLES: &[TroubleKind] = &[
    WRONG_USE,
    OUTPUT,
    DATA_FOLDER,
    LISTEN,
    SETTINGS,
    KEYS,
    FILE,
    NO_SUCH_CODE,
    INTAKE,
    DEMO,
    DEMO_FOLDER,
    NEIGHBOUR,
    NOT_A_LOG,
    IN_USE,
    MISSING,
    FILES_ON_RECORD,
    LOG_HEAD,
    SENDER_TOKEN,
    BODY_TOO_LARGE,
    BODY_SLOW,
    BODY_UNREADABLE,
    BODY_KIND,
    INTAKE_BUSY,
    NO_CERTIFICATE,
    CERTIFICATE_REFUSED,
    CERTIFICATE_WITHDRAWN,
    SENDER_CERTIFICATE,
    TIME_STAMP,
    GRID_ABSENT,
    GRID_TUNNEL,
    GRID_CERTIFICATE,
    TAXII,
    NO_MEDIUM_KEY,
    NOT_SHARED,
    PROXY_CERTIFICATE,
    PACKED_LOG,
];

/// Every trouble of the program, crate by crate.
pub(crate) fn all() -> impl Iterator<Item = &'static TroubleKind> {
    [
        TROUBLES,
        sakimori_content::TROUBLES,
        sakimori_ledger::TROUBLES,
        sakimori_lake::TROUBLES,
        sakimori_evidence::TROUBLES,
        sakimori_sigma::TROUBLES,
        sakimori_print::TROUBLES,
        sakimori_identity::TROUBLES,
        sakimori_query::TROUBLES,
        sakimori_standards::TROUBLES,
        sakimori_federation::TROUBLES,
        sakimori_warn::TROUBLES,
        sakimori_prepare::TROUBLES,
        sakimori_register::TROUBLES,
        sakimori_mail::TROUBLES,
        sakimori_watch::TROUBLES,
        sakimori_respond::TROUBLES,
        sakimori_respond::OFFICE_TROUBLES,
        sakimori_share::TROUBLES,
        sakimori_web::TROUBLES,
    ]
    .into_iter()
    .flatten()
}
