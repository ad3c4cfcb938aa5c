//! What a disk says of itself, and where it is mounted: files of `/sys`, `/run/udev` and `/proc`, read and nothing else.

use std::path::{Path, PathBuf};

use crate::manifest::SourceFacts;

const TEXT_BYTES_MAX: u64 = 1024 * 1024;

/// The facts of a source that is read byte for byte.
#[must_use]
pub fn source_facts(path: &Path, size_bytes: u64) -> SourceFacts {
    let mut facts = SourceFacts {
        path: path.display().to_string(),
        size_bytes,
        host: host(),
        ..SourceFacts::default()
    };
    if let Some(disk) = block_device(path) {
        (facts.model, facts.serial) = disk.model_and_serial();
        facts.mounted_at = mounted_at(&disk.names, &text(Path::new("/proc/self/mounts")));
    }
    facts
}

/// Name of this machine, or nothing.
#[must_use]
pub fn host() -> String {
    text(Path::new("/proc/sys/kernel/hostname"))
}

/// Whether `folder`, or the folder above it that is there, lies on the disk `source`.
#[must_use]
pub fn lies_on(folder: &Path, source: &Path) -> bool {
    let there = folder.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("."));
    let Some(source) = block_device(source) else { return false };
    let Some(target) = file_system_device(there) else { return false };
    target.starts_with(&source.sys) || source.sys.starts_with(target)
}

/// Folders at which one of `devices` is mounted.
pub(crate) fn mounted_at(devices: &[String], mounts: &str) -> Vec<String> {
    let lines = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (device, folder) = (words.next()?, words.next()?);
        devices.iter().any(|own| own == device).then(|| folder.to_owned())
    });
    lines.collect()
}

struct BlockDevice {
    /// Its folder below `/sys/devices`.
    sys: PathBuf,
    number: String,
    /// Its path in `/dev` and those of its partitions.
    names: Vec<String>,
}

impl BlockDevice {
    fn at(number: String) -> Option<Self> {
        let sys = std::fs::canonicalize(Path::new("/sys/dev/block").join(&number)).ok()?;
        let own = sys.file_name()?.to_string_lossy().into_owned();
        let below = std::fs::read_dir(&sys).into_iter().flatten().flatten();
        let below = below.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let partitions = below.filter(|name| name.starts_with(&own));
        let names = std::iter::once(own.clone()).chain(partitions);
        let names = names.map(|name| format!("/dev/{name}")).collect();
        Some(Self { sys, number, names })
    }

    fn model_and_serial(&self) -> (String, String) {
        let disk = self.whole();
        let udev = text(&Path::new("/run/udev/data").join(format!("b{}", self.number)));
        let model = first(&[text(&disk.join("device/model")), udev_value(&udev, "ID_MODEL")]);
        let serial = first(&[
            udev_value(&udev, "ID_SERIAL_SHORT"),
            text(&disk.join("device/serial")),
            text(&disk.join("serial")),
            text(&disk.join("device/wwid")),
        ]);
        (model, serial)
    }

    /// The folder of the disk that a partition belongs to, or its own.
    fn whole(&self) -> PathBuf {
        let is_partition = self.sys.join("partition").is_file();
        let above = self.sys.parent().filter(|_| is_partition);
        above.unwrap_or(&self.sys).to_path_buf()
    }
}

fn first(values: &[String]) -> String {
    values.iter().find(|value| !value.is_empty()).cloned().unwrap_or_default()
}

pub(crate) fn udev_value(data: &str, name: &str) -> String {
    let values = data.lines().filter_map(|line| line.strip_prefix("E:")?.split_once('='));
    let mut own = values.filter(|(key, _)| *key == name);
    own.next().map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// The start of a small file, without line ends and what a terminal would obey; nothing when there is none.
fn text(path: &Path) -> String {
    let bytes = crate::container::read_bounded(path, TEXT_BYTES_MAX).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    text.replace(|c: char| c.is_control() && c != '\n', " ")
}

#[cfg(target_os = "linux")]
fn block_device(path: &Path) -> Option<BlockDevice> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let metadata = std::fs::metadata(path).ok()?;
    let is_block = metadata.file_type().is_block_device();
    is_block.then(|| BlockDevice::at(number(metadata.rdev()))).flatten()
}

#[cfg(target_os = "linux")]
fn file_system_device(folder: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let number = number(std::fs::metadata(folder).ok()?.dev());
    std::fs::canonicalize(Path::new("/sys/dev/block").join(number)).ok()
}

/// `major:minor` of a device number, as Linux packs it (makedev(3)).
#[cfg(target_os = "linux")]
fn number(device: u64) -> String {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    format!("{major}:{}", minor & 0xffff_ffff)
}

#[cfg(not(target_os = "linux"))]
fn block_device(_: &Path) -> Option<BlockDevice> {
    None
}

#[cfg(not(target_os = "linux"))]
fn file_system_device(_: &Path) -> Option<PathBuf> {
    None
}
