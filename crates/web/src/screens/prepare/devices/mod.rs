//! The list of devices and systems: seen, added to, changed, retired, brought in as CSV and taken along.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Path};
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_prepare::{
    ASSETS_FILE_BYTES_MAX, Asset, AssetFields, AssetKind, AssetsFileError, By, FIELD_CHARS_MAX,
    Import, NOTE_CHARS_MAX, OwnAliasKind, PrepareError, asset_rows,
};
use sakimori_words::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};
use sakimori_words::{AssetId, Instant};

use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::visit::{Visit, page};
use crate::{paper, upload, wording};

/// What a browser puts around a file.
const AROUND_BYTES: usize = 64 * 1024;

/// What own names are for, by the spelling of forms.
const NAME_KINDS: [(&str, OwnAliasKind, &str); 2] = [
    ("vendor", OwnAliasKind::Vendor, "devices-name-vendor"),
    ("product", OwnAliasKind::Product, "devices-name-product"),
];

/// The routes of the list.
pub(super) fn routes() -> Router<Arc<Site>> {
    let file = DefaultBodyLimit::max(ASSETS_FILE_BYTES_MAX + AROUND_BYTES);
    Router::new()
        .route("/devices", get(show))
        .route("/devices/new", get(new).post(add))
        .route("/devices/import", get(offer).post(import).layer(file))
        .route("/devices/export.csv", get(export))
        .route("/devices/names", post(name))
        .route("/devices/names/remove", post(unname))
        .route("/devices/{id}", get(one).post(change))
        .route("/devices/{id}/retire", post(retire))
}

#[derive(Template)]
#[template(path = "screens/prepare/devices/list.html")]
struct ListPage {
    frame: Frame,
    form: Form,
    summary: Option<String>,
    rows: Vec<Row>,
    retired: Vec<Row>,
    names: Vec<NameRow>,
    name_kinds: Vec<Choice>,
    may_change: bool,
}

struct Row {
    id: AssetId,
    number: String,
    vendor: String,
    product: String,
    version: String,
    place: String,
    kind: String,
    quantity: u32,
    contact: String,
}

struct NameRow {
    kind: &'static str,
    kind_word: String,
    name: String,
    also: String,
}

#[derive(Template)]
#[template(path = "screens/prepare/devices/one.html")]
struct OnePage {
    frame: Frame,
    form: Form,
    action: String,
    kinds: Vec<Choice>,
    asset: Option<About>,
    may_change: bool,
}

/// What stands beside the fields of a line that is there.
struct About {
    product: String,
    changed: String,
    retired_at: Option<Instant>,
}

#[derive(Template)]
#[template(path = "screens/prepare/devices/import.html")]
struct ImportPage {
    frame: Frame,
    form: Form,
    done: Option<Done>,
}

/// What an import came to.
struct Done {
    summary: String,
    noted: Option<String>,
    refused: Vec<(u64, String, String)>,
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ViewAssets, "asset", "").await?;
    draw(&visit, Form::new()).await
}

async fn draw(visit: &Visit, mut form: Form) -> Answer {
    if form.text("name-kind").is_empty() {
        form.set("name-kind", "vendor");
    }
    let frame = visit.frame("devices-title").await;
    let assets = visit.site.assets.list().await?;
    let inventory = visit.site.assets.inventory().await?;
    let summary = inventory.map(|list| {
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("devices", &list.n_devices()),
            ("lines", &list.products.len()),
            ("at", &frame.minute(list.changed_at)),
        ];
        wording::say_with(frame.lang, "devices-summary", &values)
    });
    let (present, retired): (Vec<&Asset>, Vec<&Asset>) =
        assets.iter().partition(|asset| asset.retired_at.is_none());
    page(&ListPage {
        form,
        summary,
        rows: present.into_iter().map(|asset| row(&frame, asset)).collect(),
        retired: retired.into_iter().map(|asset| row(&frame, asset)).collect(),
        names: names(visit, &frame).await?,
        name_kinds: NAME_KINDS.map(|(value, _, word)| Choice::new(value, frame.t(word))).into(),
        may_change: visit.may(Action::ManageAssets),
        frame,
    })
}

async fn names(visit: &Visit, frame: &Frame) -> Result<Vec<NameRow>, Failure> {
    let aliases = visit.site.assets.aliases().await?;
    let row = |alias: sakimori_prepare::OwnAlias| {
        let found = NAME_KINDS.iter().find(|(_, kind, _)| *kind == alias.kind);
        let (kind, word) = found.map_or(("vendor", ""), |(value, _, word)| (*value, *word));
        let also = alias.names.also.join("、");
        NameRow { kind, kind_word: frame.t(word), name: alias.names.name, also }
    };
    Ok(aliases.into_iter().map(row).collect())
}

fn row(frame: &Frame, asset: &Asset) -> Row {
    let fields = &asset.fields;
    Row {
        id: asset.id.clone(),
        number: fields.number.clone(),
        vendor: fields.vendor.clone(),
        product: fields.product.clone(),
        version: fields.version.clone(),
        place: fields.place.clone(),
        kind: frame.text(&fields.kind.words()).to_owned(),
        quantity: fields.quantity,
        contact: fields.contact.clone(),
    }
}

async fn new(visit: Visit) -> Answer {
    visit.look(Action::ManageAssets, "asset", "").await?;
    let mut form = Form::new();
    form.set("device-quantity", 1);
    form.set("device-kind", "system");
    one_page(&visit, form, None).await
}

async fn add(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::ManageAssets, "asset", "").await?;
    let fields = read(&mut form);
    if form.fine() {
        match visit.site.assets.add(fields, by(&visit)).await {
            Ok(asset) => {
                let flash = Flash::new("flash-device-added").with("name", asset.fields.product);
                return visit.done("/devices", &flash);
            }
            Err(error) => note(&mut form, error)?,
        }
    }
    one_page(&visit, form, None).await
}

async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::ViewAssets, "asset", &id).await?;
    let asset = visit.site.assets.get(&AssetId::from(id)).await?;
    one_page(&visit, fill(&asset.fields), Some(&asset)).await
}

async fn change(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::ManageAssets, "asset", &id).await?;
    let id = AssetId::from(id);
    let fields = read(&mut form);
    if form.fine() {
        match visit.site.assets.change(&id, fields, by(&visit)).await {
            Ok(asset) => {
                let flash = Flash::new("flash-device-changed").with("name", asset.fields.product);
                return visit.done("/devices", &flash);
            }
            Err(error) => note(&mut form, error)?,
        }
    }
    let asset = visit.site.assets.get(&id).await?;
    one_page(&visit, form, Some(&asset)).await
}

async fn retire(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::ManageAssets, "asset", &id).await?;
    let asset = visit.site.assets.retire(&AssetId::from(id), by(&visit)).await?;
    let flash = Flash::new("flash-device-retired").with("name", asset.fields.product);
    visit.done("/devices", &flash)
}

async fn one_page(visit: &Visit, form: Form, asset: Option<&Asset>) -> Answer {
    let frame = match asset {
        Some(asset) => visit.frame_titled(asset.fields.product.clone()).await,
        None => visit.frame("devices-new").await,
    };
    let about = asset.map(|asset| About {
        product: asset.fields.product.clone(),
        changed: wording::say_with(
            frame.lang,
            "devices-changed",
            &[("at", &frame.minute(asset.changed_at)), ("name", &asset.changed_by_name)],
        ),
        retired_at: asset.retired_at,
    });
    page(&OnePage {
        form,
        action: asset.map_or("/devices/new".to_owned(), |asset| format!("/devices/{}", asset.id)),
        kinds: KINDS
            .map(|(value, kind)| Choice::new(value, frame.text(&kind.words()).to_owned()))
            .into(),
        asset: about,
        may_change: visit.may(Action::ManageAssets),
        frame,
    })
}

/// The kinds by the spelling of forms.
const KINDS: [(&str, AssetKind); 2] =
    [("system", AssetKind::System), ("medical-device", AssetKind::MedicalDevice)];

fn fill(fields: &AssetFields) -> Form {
    let mut form = Form::new();
    form.set("device-number", &fields.number);
    form.set("device-vendor", &fields.vendor);
    form.set("device-product", &fields.product);
    form.set("device-version", &fields.version);
    form.set("device-place", &fields.place);
    let kind = KINDS.iter().find(|(_, kind)| *kind == fields.kind);
    form.set("device-kind", kind.map_or("system", |(value, _)| value));
    form.set("device-quantity", fields.quantity);
    form.set("device-contact", &fields.contact);
    form.set("device-note", &fields.note);
    form
}

fn read(form: &mut Form) -> AssetFields {
    AssetFields {
        number: form.limited("device-number", FIELD_CHARS_MAX),
        vendor: form.limited("device-vendor", FIELD_CHARS_MAX),
        product: form.required("device-product", FIELD_CHARS_MAX),
        version: form.limited("device-version", FIELD_CHARS_MAX),
        place: form.limited("device-place", FIELD_CHARS_MAX),
        kind: form.choice("device-kind", &KINDS).unwrap_or_default(),
        quantity: form.number("device-quantity").unwrap_or(1),
        contact: form.limited("device-contact", FIELD_CHARS_MAX),
        note: form.limited("device-note", NOTE_CHARS_MAX),
    }
}

/// What the desk says about a field stands at that field; everything else is a trouble.
fn note(form: &mut Form, error: PrepareError) -> Result<(), Failure> {
    match error {
        PrepareError::Unfit { field, why } => {
            form.wrong(&format!("device-{field}"), Problem::said(why));
        }
        PrepareError::Twice => form.wrong("device-product", Problem::new("problem-device-twice")),
        other => return Err(other.into()),
    }
    Ok(())
}

async fn export(visit: Visit) -> Answer {
    visit.pass(Action::ViewAssets, "asset", "export.csv").await?;
    let assets = visit.site.assets.list().await?;
    let present = assets.iter().filter(|asset| asset.retired_at.is_none());
    let mut text = String::from(BYTE_ORDER_MARK);
    for row in asset_rows(present.map(|asset| &asset.fields)) {
        push_row(&mut text, row.iter().map(|cell| safe(cell)));
    }
    let of = format!("devices-{}", visit.site.settings.organisation);
    Ok(paper::csv_file(&of, &visit.site.clock.now().to_string(), text))
}

async fn offer(visit: Visit) -> Answer {
    visit.look(Action::ManageAssets, "asset", "import").await?;
    import_page(&visit, Form::new(), None).await
}

async fn import(visit: Visit, file: Result<Multipart, MultipartRejection>) -> Answer {
    visit.pass(Action::ManageAssets, "asset", "import").await?;
    let (mut form, bytes) = upload::read(file, "device-file").await?;
    match visit.site.assets.import(&bytes, by(&visit)).await {
        Ok(import) => import_page(&visit, form, Some(import)).await,
        Err(PrepareError::File(error)) => {
            let word = match error {
                AssetsFileError::NoHeading => "problem-devices-heading",
                AssetsFileError::TooLarge => "problem-devices-large",
            };
            form.wrong("device-file", Problem::new(word));
            import_page(&visit, form, None).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn import_page(visit: &Visit, form: Form, import: Option<Import>) -> Answer {
    let frame = visit.frame("devices-import").await;
    let done = import.map(|import| done(&frame, import));
    page(&ImportPage { form, done, frame })
}

fn done(frame: &Frame, import: Import) -> Done {
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("added", &import.n_added),
        ("changed", &import.n_changed),
        ("same", &import.n_same),
        ("refused", &import.file.refused.len()),
    ];
    let noted = import.file.noted.join("、");
    let refused = import.file.refused.into_iter();
    Done {
        summary: wording::say_with(frame.lang, "devices-imported", &values),
        noted: Some(noted).filter(|names| !names.is_empty()),
        refused: refused
            .map(|row| (row.line, frame.text(&row.why).to_owned(), row.cells))
            .collect(),
    }
}

async fn name(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::ManageAssets, "asset_name", "").await?;
    let kind = form.choice("name-kind", &NAME_KINDS.map(|(value, kind, _)| (value, kind)));
    let name = form.required("name-known", FIELD_CHARS_MAX);
    let also = form.required("name-also", FIELD_CHARS_MAX);
    match kind.filter(|_| form.fine()) {
        Some(kind) => {
            visit.site.assets.name(kind, &name, &also, by(&visit)).await?;
            visit.done("/devices#names", &Flash::new("flash-device-name-added"))
        }
        None => draw(&visit, form).await,
    }
}

async fn unname(visit: Visit, mut form: Form) -> Answer {
    visit.pass(Action::ManageAssets, "asset_name", "").await?;
    let kind = form.choice("kind", &NAME_KINDS.map(|(value, kind, _)| (value, kind)));
    if let Some(kind) = kind {
        let name = form.text("name").to_owned();
        visit.site.assets.unname(kind, &name, by(&visit)).await?;
    }
    visit.done("/devices#names", &Flash::new("flash-device-name-removed"))
}

fn by(visit: &Visit) -> By<'_> {
    By { person: &visit.principal.person, name: &visit.principal.name }
}
