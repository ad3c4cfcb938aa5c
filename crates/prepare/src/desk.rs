//! The desk: keeps the list, and the institution's own names for makers and products.

use std::collections::BTreeMap;
use std::sync::Arc;

use sakimori_content::NameAlias;
use sakimori_ledger::{Fact, LedgerError, Put, Record, Store};
use sakimori_words::{AssetId, Chance, Clock, Instant, Inventory, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::asset::{Asset, AssetFields, FIELD_CHARS_MAX};
use crate::error::PrepareError;
use crate::file::{AssetsFile, read_assets};

/// [`Asset`] by id.
const ASSETS: &str = "asset";
/// [`OwnAlias`] by kind and name.
const ALIASES: &str = "asset-alias";
/// When the list was last changed, under one key.
const CHANGED: &str = "asset-list";
const CHANGED_KEY: &str = "changed";
/// Stream of the facts.
const STREAM: &str = "assets";
/// Most lines: what one read of the ledger returns at most.
const ASSETS_MAX: usize = 10_000;
/// Facts of one commit: an import of any size stays within what an engine takes at once.
const FACTS_AT_ONCE: usize = 500;

/// The person who does it.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The account.
    pub person: &'a PersonId,
    /// 氏名.
    pub name: &'a str,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// Lines that are new.
    pub n_added: usize,
    /// Lines that were changed.
    pub n_changed: usize,
    /// Lines that were the same already.
    pub n_same: usize,
    /// The file, with the rows that were not understood.
    pub file: AssetsFile,
}

/// What an own name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnAliasKind {
    /// A maker.
    Vendor,
    /// A product.
    Product,
}

/// Another name that the institution uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnAlias {
    /// What for.
    pub kind: OwnAliasKind,
    /// The name and the others.
    #[serde(flatten)]
    pub names: NameAlias,
}

/// The list of devices of one institution. Share it in an `Arc`.
pub struct AssetDesk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl AssetDesk {
    /// The list kept in this ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    /// Every line, retired ones too, in the order in which they were added.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self) -> Result<Vec<Asset>, PrepareError> {
        read_all(&self.store.list(ASSETS, None, ASSETS_MAX).await?)
    }

    /// One line.
    ///
    /// # Errors
    /// [`PrepareError::Unknown`], or the ledger's.
    pub async fn get(&self, id: &AssetId) -> Result<Asset, PrepareError> {
        Ok(self.load(id).await?.0)
    }

    /// The list as other stages see it; `None` when nothing was ever put on it. A list whose lines are all retired is an empty list.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn inventory(&self) -> Result<Option<Inventory>, PrepareError> {
        let Some(record) = self.store.get(CHANGED, CHANGED_KEY).await? else { return Ok(None) };
        let changed_at: Instant = record.read()?;
        let assets = self.list().await?;
        let present = assets.iter().filter(|asset| asset.retired_at.is_none());
        Ok(Some(Inventory { changed_at, products: present.map(Asset::owned).collect() }))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// [`PrepareError::Unfit`], [`PrepareError::Twice`], [`PrepareError::Full`], or the ledger's.
    pub async fn add(&self, fields: AssetFields, by: By<'_>) -> Result<Asset, PrepareError> {
        fit(&fields)?;
        let all = self.list().await?;
        check_room(all.len())?;
        check_single(&all, None, &fields)?;
        let asset = self.new_asset(fields, by);
        let put = Put::new(ASSETS, asset.id.as_str(), &asset)?.absent();
        let fact = self.fact("asset_added", by, &asset)?.put(put).put(self.changed()?);
        self.store.commit(vec![fact]).await?;
        Ok(asset)
    }

    /// Changes what a line says. A retired line that is changed is back on the list.
    ///
    /// # Errors
    /// [`PrepareError::Unknown`], [`PrepareError::Unfit`], [`PrepareError::Twice`], or the ledger's.
    pub async fn change(
        &self,
        id: &AssetId,
        fields: AssetFields,
        by: By<'_>,
    ) -> Result<Asset, PrepareError> {
        fit(&fields)?;
        let (asset, version) = self.load(id).await?;
        check_single(&self.list().await?, Some(id), &fields)?;
        let asset = self.with(asset, fields, None, by);
        self.keep("asset_changed", asset, version, by).await
    }

    /// Takes a line off the list (廃棄・撤去); it stays readable.
    ///
    /// # Errors
    /// [`PrepareError::Unknown`], or the ledger's.
    pub async fn retire(&self, id: &AssetId, by: By<'_>) -> Result<Asset, PrepareError> {
        let (asset, version) = self.load(id).await?;
        let fields = asset.fields.clone();
        let asset = self.with(asset, fields, Some(self.clock.now()), by);
        self.keep("asset_retired", asset, version, by).await
    }

    /// Takes a CSV file over: rows of a line that is there change it, others are added, lines the file does not name stay. The
    /// same file again changes nothing.
    ///
    /// # Errors
    /// [`PrepareError::File`], [`PrepareError::Full`], or the ledger's. Rows that are not understood are no error; they come
    /// back in [`Import::file`].
    pub async fn import(&self, bytes: &[u8], by: By<'_>) -> Result<Import, PrepareError> {
        let file = read_assets(bytes)?;
        let records = self.store.list(ASSETS, None, ASSETS_MAX).await?;
        let mut known = BTreeMap::new();
        for record in &records {
            let asset: Asset = record.read()?;
            let place = known.entry(asset.fields.key());
            // Of a retired line and its successor the successor counts.
            let place = place.or_insert_with(|| (asset.clone(), Some(record.version)));
            if place.0.retired_at.is_some() {
                *place = (asset, Some(record.version));
            }
        }
        let (mut import, mut changed) = (Import::default(), BTreeMap::new());
        for fields in &file.rows {
            let key = fields.key();
            match known.get(&key).cloned() {
                Some((asset, _)) if asset.fields == *fields && asset.retired_at.is_none() => {
                    import.n_same += 1;
                }
                Some((asset, version)) => {
                    import.n_changed += 1;
                    let asset = self.with(asset, fields.clone(), None, by);
                    known.insert(key.clone(), (asset.clone(), version));
                    changed.insert(key, (asset, version));
                }
                None => {
                    import.n_added += 1;
                    let asset = self.new_asset(fields.clone(), by);
                    known.insert(key.clone(), (asset.clone(), None));
                    changed.insert(key, (asset, None));
                }
            }
        }
        check_room(known.len().saturating_sub(1))?;
        import.file = file;
        self.keep_all(changed.into_values().collect(), by).await?;
        Ok(import)
    }

    /// The institution's own names, by kind and name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn aliases(&self) -> Result<Vec<OwnAlias>, PrepareError> {
        read_all(&self.store.list(ALIASES, None, ASSETS_MAX).await?)
    }

    /// Says that a maker or product is also called otherwise here.
    ///
    /// # Errors
    /// [`PrepareError::Unfit`], or the ledger's.
    pub async fn name(
        &self,
        kind: OwnAliasKind,
        name: &str,
        also: &str,
        by: By<'_>,
    ) -> Result<(), PrepareError> {
        for text in [name, also] {
            if text.trim().is_empty() || text.chars().count() > FIELD_CHARS_MAX {
                let why = sakimori_words::Text::new("名称を入力してください", "write a name");
                return Err(PrepareError::Unfit { field: "name", why });
            }
        }
        let key = alias_key(kind, name);
        let record = self.store.get(ALIASES, &key).await?;
        let version = record.as_ref().map(|record| record.version);
        let kept: Option<OwnAlias> = record.map(|record| record.read()).transpose()?;
        let mut alias = kept.unwrap_or_else(|| OwnAlias {
            kind,
            names: NameAlias { name: name.trim().to_owned(), also: vec![] },
        });
        let also = also.trim().to_owned();
        if alias.names.also.contains(&also) {
            return Ok(());
        }
        alias.names.also.push(also);
        let put = expecting(Put::new(ALIASES, &key, &alias)?, version);
        let fact = self.fact("asset_name_added", by, &alias)?.put(put);
        self.store.commit(vec![fact]).await?;
        Ok(())
    }

    /// Takes all own names of a maker or product back.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn unname(
        &self,
        kind: OwnAliasKind,
        name: &str,
        by: By<'_>,
    ) -> Result<(), PrepareError> {
        let put = Put::removal(ALIASES, alias_key(kind, name));
        let fact = self.fact("asset_name_removed", by, &json!({ "kind": kind, "name": name }))?;
        self.store.commit(vec![fact.put(put)]).await?;
        Ok(())
    }

    fn new_asset(&self, fields: AssetFields, by: By<'_>) -> Asset {
        let now = self.clock.now();
        Asset {
            id: AssetId::new(now, self.chance.as_ref()),
            fields,
            added_at: now,
            changed_at: now,
            changed_by: by.person.clone(),
            changed_by_name: by.name.to_owned(),
            retired_at: None,
        }
    }

    fn with(
        &self,
        asset: Asset,
        fields: AssetFields,
        retired_at: Option<Instant>,
        by: By<'_>,
    ) -> Asset {
        Asset {
            fields,
            changed_at: self.clock.now(),
            changed_by: by.person.clone(),
            changed_by_name: by.name.to_owned(),
            retired_at,
            ..asset
        }
    }

    async fn load(&self, id: &AssetId) -> Result<(Asset, u64), PrepareError> {
        let record = self.store.get(ASSETS, id.as_str()).await?.ok_or(PrepareError::Unknown)?;
        Ok((record.read()?, record.version))
    }

    async fn keep(
        &self,
        kind: &str,
        asset: Asset,
        version: u64,
        by: By<'_>,
    ) -> Result<Asset, PrepareError> {
        let put = Put::new(ASSETS, asset.id.as_str(), &asset)?.version(version);
        let fact = self.fact(kind, by, &asset)?.put(put).put(self.changed()?);
        self.store.commit(vec![fact]).await?;
        Ok(asset)
    }

    /// A large file is kept in several commits; importing it again after a stop goes on where it ended.
    async fn keep_all(
        &self,
        changed: Vec<(Asset, Option<u64>)>,
        by: By<'_>,
    ) -> Result<(), PrepareError> {
        for some in changed.chunks(FACTS_AT_ONCE) {
            let mut facts = Vec::new();
            for (asset, version) in some {
                let put = expecting(Put::new(ASSETS, asset.id.as_str(), asset)?, *version);
                facts.push(self.fact("asset_imported", by, asset)?.put(put));
            }
            facts.push(
                self.fact("assets_imported", by, &json!({ "n": some.len() }))?.put(self.changed()?),
            );
            self.store.commit(facts).await?;
        }
        Ok(())
    }

    fn changed(&self) -> Result<Put, LedgerError> {
        Put::new(CHANGED, CHANGED_KEY, &self.clock.now())
    }

    fn fact(&self, kind: &str, by: By<'_>, body: &impl Serialize) -> Result<Fact, LedgerError> {
        Fact::new(STREAM, kind, self.clock.now(), by.person.as_str(), body)
    }
}

fn alias_key(kind: OwnAliasKind, name: &str) -> String {
    let kind = match kind {
        OwnAliasKind::Vendor => "vendor",
        OwnAliasKind::Product => "product",
    };
    format!("{kind}/{}", name.trim())
}

fn fit(fields: &AssetFields) -> Result<(), PrepareError> {
    match fields.fault() {
        Some((field, why)) => Err(PrepareError::Unfit { field, why }),
        None => Ok(()),
    }
}

fn check_room(n: usize) -> Result<(), PrepareError> {
    if n >= ASSETS_MAX { Err(PrepareError::Full { limit: ASSETS_MAX }) } else { Ok(()) }
}

fn check_single(
    all: &[Asset],
    own: Option<&AssetId>,
    fields: &AssetFields,
) -> Result<(), PrepareError> {
    let key = fields.key();
    let others = all.iter().filter(|asset| Some(&asset.id) != own);
    if others.filter(|asset| asset.retired_at.is_none()).any(|asset| asset.fields.key() == key) {
        return Err(PrepareError::Twice);
    }
    Ok(())
}

/// A put that expects the record in the version it was read in; `None`: not there yet.
fn expecting(put: Put, version: Option<u64>) -> Put {
    match version {
        Some(version) => put.version(version),
        None => put.absent(),
    }
}

fn read_all<T: serde::de::DeserializeOwned>(records: &[Record]) -> Result<Vec<T>, PrepareError> {
    records.iter().map(|record| record.read().map_err(PrepareError::from)).collect()
}
