//! Other programs open our workbooks.

use std::process::Command;

use super::sample::report;
use crate::xlsx;

fn written(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, xlsx(&report()).unwrap()).unwrap();
    (folder, path)
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Where `cargo xtask setup-peers` puts Python packages.
const PYTHON_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers/python");

const LOOK: &str = r"
import openpyxl, sys
book = openpyxl.load_workbook(sys.argv[1])
print([(sheet.title, sheet.sheet_state) for sheet in book])
page = book.worksheets[0]
print(page.page_setup.paperSize, page.page_setup.fitToWidth, page.sheet_properties.pageSetUpPr.fitToPage)
dates = [cell for row in page for cell in row if getattr(cell, 'is_date', False)]
print([(cell.value.isoformat(), cell.number_format) for cell in dates])
";

#[test]
#[ignore = "needs openpyxl (cargo xtask setup-peers)"]
fn openpyxl_reads_sheets_paper_and_dates() {
    let (_folder, path) = written("report.xlsx");
    let seen = output(
        Command::new("python3").args(["-c", LOOK]).arg(&path).env("PYTHONPATH", PYTHON_FOLDER),
    );
    insta::assert_snapshot!("openpyxl", seen);
}

#[test]
#[ignore = "needs LibreOffice (cargo xtask setup-peers)"]
fn libreoffice_turns_it_into_csv() {
    let (folder, path) = written("report.xlsx");
    let profile =
        format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    output(
        Command::new("soffice")
            .args([
                "--headless",
                &profile,
                "--convert-to",
                "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true",
            ])
            .arg("--outdir")
            .arg(folder.path())
            .arg(&path),
    );
    let csv = std::fs::read_to_string(folder.path().join("report.csv")).unwrap();
    for part in
        ["令和8年11月20日 18時40分", "令和元年5月1日", "サイバー攻撃等事案報告書", "調査中", "以上"]
    {
        assert!(csv.contains(part), "{part} is missing:\n{csv}");
    }
}
