//! Suspicious mail: examined on the command line, and taken in from the folder the mail server delivers to.

use crate::house::{House, count, count_all, printed, run, wait_for};

const DANGEROUS: &str = "From: Support <support@rnidori-hp.example>\r\nTo: <soumu@midori-hp.example>\r\n\
    Subject: invoice\r\nMessage-ID: <9@rnidori-hp.example>\r\n\r\nhttps://203.0.113.9/x\r\n";
const PLAIN: &str = "From: Tanaka <tanaka@sakura-lab.example>\r\nTo: <kensa@midori-hp.example>\r\n\
    Subject: results\r\n\r\nhello\r\n";

#[test]
fn a_mail_is_examined_without_a_server_and_the_exit_code_says_what_it_came_to() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (bad, plain) = (place("bad.eml", DANGEROUS), place("plain.eml", PLAIN));
    let examine = |files: &[&str]| {
        run(&[&["mail", "examine", "--own-domain", "midori-hp.example"], files].concat())
    };
    let output = examine(&[&bad]);
    assert_eq!(output.status.code(), Some(1));
    let text = printed(&output);
    assert!(text.contains("dangerous") && text.contains("Do not open it"), "{text}");
    assert!(text.contains("hxxps://203[.]0[.]113[.]9/x"), "{text}");
    let output = examine(&[&plain]);
    assert_eq!(output.status.code(), Some(0));
    assert!(printed(&output).contains("does not mean it is safe"));
    let output = examine(&[&plain, &bad, "--format", "json"]);
    let lines: Vec<serde_json::Value> =
        printed(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[1]["examined"]["verdict"], "dangerous");
    assert_eq!(examine(&[]).status.code(), Some(2));
    assert_eq!(examine(&[&place("no.eml", "hello")]).status.code(), Some(3));
    assert_eq!(examine(&[&plain, "/nowhere/x.eml"]).status.code(), Some(3));
}

#[test]
fn what_the_mail_server_delivers_is_kept_in_the_log_and_what_is_no_mail_is_set_aside() {
    let data = tempfile::tempdir().unwrap();
    let house = House::start(data.path());
    let folder = data.path().join("inbox/suspicious-mail");
    std::fs::write(folder.join("strange.eml"), DANGEROUS).unwrap();
    std::fs::write(folder.join("new/1795178820.M1.mx01"), PLAIN).unwrap();
    std::fs::write(folder.join("photo.eml"), b"\x89PNG\r\n").unwrap();
    wait_for("the mails are not taken in", || {
        count_all(data.path(), "source = 'sakimori/mail'") == 2
            && folder.join("done/strange.eml").is_file()
            && folder.join("done/1795178820.M1.mx01").is_file()
            && folder.join("failed/photo.eml.txt").is_file()
    });
    assert_eq!(count(data.path(), "source LIKE 'inbox/%'"), 0, "a mail is no log file");
    assert_eq!(count_all(data.path(), "src['message-id'] = '9@rnidori-hp.example'"), 1);
    assert_eq!(
        std::fs::read_dir(folder.join("answers")).unwrap().count(),
        0,
        "nobody of the house asked"
    );
    house.stop();
}
