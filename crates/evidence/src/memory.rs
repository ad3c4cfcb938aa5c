//! Memory images made by other programs: what they are, by their first bytes; and how to make one.

use sakimori_words::Lang;

/// How many first bytes [`recognise_memory`] wants.
pub const MEMORY_HEAD_BYTES: usize = 4096;

/// First bytes and what begins with them.
const HEADS: &[(&[u8], &str)] = &[
    // LiME: magic 0x4C694D45, version 1; AVML without compression writes the same.
    (b"EMiL\x01\x00\x00\x00", "lime"),
    // AVML with compression: magic 0x4C4D5641, version 2.
    (b"AVML\x02\x00\x00\x00", "avml-compressed"),
    // VMware snapshot and suspend files: 0xbed2bed0 and its relatives.
    (b"\xd0\xbe\xd2\xbe", "vmware-vmsn"),
    (b"\xd1\xba\xd1\xba", "vmware-vmsn"),
    (b"\xd2\xbe\xd2\xbe", "vmware-vmsn"),
    (b"\xd3\xbe\xd3\xbe", "vmware-vmsn"),
    (b"PAGEDU64", "windows-crash-dump"),
    (b"PAGEDUMP", "windows-crash-dump"),
    (b"MDMP", "windows-minidump"),
    (b"HIBR", "windows-hibernation"),
    (b"hibr", "windows-hibernation"),
    (b"LibvirtQemudSave", "libvirt-save"),
    (b"QEVM", "qemu-savevm"),
    (b"KDUMP   ", "kdump"),
];

/// What a memory image is; `unknown` when nothing says so. Raw images (`.vmem`, `.raw` of `WinPmem`) have no head of their own and are
/// taken by their name.
#[must_use]
pub fn recognise_memory(head: &[u8], file_name: &str) -> &'static str {
    if let Some((_, name)) = HEADS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return name;
    }
    let name = file_name.to_ascii_lowercase();
    let ends = |ending: &str| name.ends_with(ending);
    // An ELF core file says so in its type (4, little endian, at byte 16).
    let is_core = head.starts_with(b"\x7fELF") && head.get(16..18) == Some(&[4, 0]);
    match () {
        () if is_core => "elf-core",
        () if head.starts_with(b"PK\x03\x04") && ends(".aff4") => "aff4",
        () if ends(".vmem") => "vmware-vmem",
        () if ends(".raw") || ends(".mem") || ends(".dd") => "raw-by-name",
        () => "unknown",
    }
}

/// Guided steps for taking memory.
#[must_use]
pub const fn memory_guide(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => GUIDE_JA,
        Lang::En => GUIDE_EN,
    }
}

const GUIDE_JA: &str = include_str!("memory_guide_ja.txt");
const GUIDE_EN: &str = include_str!("memory_guide_en.txt");
