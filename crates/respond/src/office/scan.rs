//! A look for what could name a patient in free text, before it leaves or is kept.

/// Looks for what could name a patient. A port: the case room's scrubber can take the place of [`look_for_patients`].
pub type PatientScan = fn(&str) -> Vec<Suspect>;

/// A piece of text that could name a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The piece, as it stands in the text.
    pub piece: String,
}

/// Words that stand before what names a patient.
const NAMING: [&str; 10] = [
    "患者番号",
    "患者ID",
    "患者ＩＤ",
    "患者氏名",
    "患者名",
    "診察券",
    "生年月日",
    "被保険者",
    "カルテ番号",
    "保険証",
];

/// So many digits in a row may be a patient's number; a telephone number has hyphens or begins with 0.
const DIGITS_MIN: usize = 6;

/// Finds words that introduce a patient's particulars, and long numbers that are no telephone numbers or dates.
///
/// It is a reminder, not a proof: a name alone is not found. Bounded by the length of the text.
#[must_use]
pub fn look_for_patients(text: &str) -> Vec<Suspect> {
    let named = NAMING.iter().filter(|word| text.contains(**word)).map(|word| (*word).to_owned());
    let numbers = text
        .split(|c: char| !c.is_numeric() && !"-－ー".contains(c))
        .filter(|run| looks_like_a_number_of_somebody(run))
        .map(str::to_owned);
    named.chain(numbers).map(|piece| Suspect { piece }).collect()
}

fn looks_like_a_number_of_somebody(run: &str) -> bool {
    let n_digits = run.chars().filter(|c| c.is_numeric()).count();
    let is_plain = run.chars().all(char::is_numeric);
    let is_phone = run.starts_with(['0', '０']) && n_digits >= 10;
    // 20261120 is a day; patients' numbers of eight digits that begin so are rare and would only be a reminder missed.
    let is_day = n_digits == 8 && run.starts_with("20");
    is_plain && n_digits >= DIGITS_MIN && !is_phone && !is_day
}
