//! Takes one source byte for byte, or goes on: `take_image SOURCE FOLDER [resume] [mark=MIB]`. For benches and for tests
//! that kill it.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use sakimori_evidence::{
    AcquireError, FileSource, Kind, Layout, Request, Said, Source, Tool, acquire_image,
    resume_image, source_facts,
};
use sakimori_words::{Clock, Instant};

/// The time does not matter here.
struct Never;

impl Clock for Never {
    fn now(&self) -> Instant {
        Instant::from_micros(0)
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [source, folder, rest @ ..] = words.as_slice() else { return ExitCode::from(2) };
    let resume = rest.iter().any(|word| word == "resume");
    let mark = rest.iter().find_map(|word| word.strip_prefix("mark=")?.parse::<u64>().ok());
    let usual = Layout::USUAL;
    let layout = Layout { mark_bytes: mark.map_or(usual.mark_bytes, |mib| mib << 20), ..usual };
    match take(Path::new(source), Path::new(folder), resume, layout) {
        Ok(line) => say(&line),
        Err(error) => {
            say(&error.trouble().to_string());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "the one writer of this tool")]
fn say(line: &str) {
    println!("{line}");
}

fn take(path: &Path, folder: &Path, resume: bool, layout: Layout) -> Result<String, AcquireError> {
    let mut source = FileSource::open(path)?;
    let facts = source_facts(path, source.size_bytes());
    let request = Request {
        folder: folder.to_path_buf(),
        said: Said::default(),
        tool: Tool::default(),
        layout,
        patience: Duration::from_secs(60),
        clock: &Never,
    };
    let taken = if resume {
        resume_image(&request, Kind::Disk, &facts, &mut source, None, &mut |_| {})
    } else {
        acquire_image(&request, Kind::Disk, facts, &mut source, None, &mut |_| {})
    }?;
    Ok(format!("read {} sha256 {}", taken.read_bytes, taken.manifest.sha256))
}
