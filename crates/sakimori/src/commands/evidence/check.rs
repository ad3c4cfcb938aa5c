//! `sakimori evidence verify FOLDER` and `export FOLDER --raw FILE`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use sakimori_evidence::{DAMAGED, Evidence, Progress};
use sakimori_words::Trouble;

use super::words;
use crate::commands::Outcome;
use crate::data_folder;
use crate::files;
use crate::troubles;
use crate::world::World;

/// Reads everything again.
pub(super) fn verify(folder: &Path, world: &World) -> Result<Outcome, Trouble> {
    let evidence = match Evidence::open(folder) {
        Ok(evidence) => evidence,
        // Evidence that cannot even be opened is a check that fails.
        Err(error) => {
            world.note(&error.trouble().render(world.lang));
            return Ok(Outcome::Findings);
        }
    };
    let bar = world.progress_bytes(evidence.manifest.size_bytes, world.say(["確認中", "checking"]));
    let found = evidence.verify(&mut |progress: Progress| bar.set_position(progress.done_bytes));
    bar.finish_and_clear();
    let found = found.map_err(|error| error.trouble())?;
    world.print(&words::verified(&found, &evidence.manifest, world.lang))?;
    if found.is_sound() {
        return Ok(Outcome::Fine);
    }
    let trouble = Trouble::new(&DAMAGED, folder.display().to_string());
    world.note(&trouble.render(world.lang));
    Ok(Outcome::Findings)
}

/// Gives the raw bytes back; `-` is standard output.
pub(super) fn export(folder: &Path, to: &Path, world: &World) -> Result<Outcome, Trouble> {
    let evidence = Evidence::open(folder).map_err(|error| error.trouble())?;
    let size_bytes = evidence.manifest.size_bytes;
    let mut out: Box<dyn Write> = if to == Path::new("-") {
        Box::new(BufWriter::new(std::io::stdout().lock()))
    } else {
        new_file(to)?
    };
    let bar = world.progress_bytes(size_bytes, world.say(["書き出し中", "writing"]));
    let tell = &mut |progress: Progress| bar.set_position(progress.done_bytes);
    let damage = evidence.export(out.as_mut(), tell);
    bar.finish_and_clear();
    let damage = damage.map_err(|error| error.trouble())?;
    if damage.is_empty() {
        return Ok(Outcome::Fine);
    }
    let trouble = Trouble::new(&DAMAGED, words::damaged(&damage, world.lang));
    world.note(&trouble.render(world.lang));
    Ok(Outcome::Findings)
}

/// A file that is not there yet: nothing is written over by mistake, least of all a disk.
fn new_file(path: &Path) -> Result<Box<dyn Write>, Trouble> {
    if path.symlink_metadata().is_ok() {
        return Err(Trouble::new(&troubles::FILE, format!("{}: is there already", path.display())));
    }
    let file: File =
        data_folder::private_file(path).map_err(|error| files::refused(path, &error))?;
    Ok(Box::new(file))
}
