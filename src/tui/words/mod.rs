//! Every text of the screen, in each language: a table for each part of the screen. A text that is missing in one
//! language does not compile.

mod advice;
mod charts;
mod config;
mod keeping;
mod runs;
mod status;

pub use advice::AdviceWords;
pub use charts::ChartWords;
pub use config::ConfigWords;
pub use keeping::KeepingWords;
pub use runs::RunsWords;
pub use status::StatusWords;

use crate::config::Language;

/// The texts of one language.
#[derive(Debug)]
pub struct Words {
    /// The Config screen.
    pub config: ConfigWords,
    /// The Runs screen.
    pub runs: RunsWords,
    /// What goes wrong, and what to try.
    pub advice: AdviceWords,
    /// The curves looked at more closely.
    pub charts: ChartWords,
    /// What is copied, or written to a file.
    pub keeping: KeepingWords,
    /// What is so.
    pub status: StatusWords,
}

static ENGLISH: Words = Words {
    advice: advice::ENGLISH,
    charts: charts::ENGLISH,
    config: config::ENGLISH,
    keeping: keeping::ENGLISH,
    runs: runs::ENGLISH,
    status: status::ENGLISH,
};
static CHINESE: Words = Words {
    advice: advice::CHINESE,
    charts: charts::CHINESE,
    config: config::CHINESE,
    keeping: keeping::CHINESE,
    runs: runs::CHINESE,
    status: status::CHINESE,
};

impl Words {
    /// Those of the configuration; `auto` goes by the locale.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &ENGLISH,
            Language::Zh => &CHINESE,
            Language::Auto => Self::of_locale(|name| std::env::var(name).ok()),
        }
    }

    /// The first of these that is set counts, as for every program (POSIX, "Environment Variables", 8.2).
    fn of_locale(variable: impl Fn(&str) -> Option<String>) -> &'static Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
        if set.is_some_and(|locale| locale.starts_with("zh")) { &CHINESE } else { &ENGLISH }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        let of = |set: &'static [(&str, &str)]| {
            let found = Words::of_locale(move |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            std::ptr::eq(found, &raw const CHINESE)
        };
        assert!(of(&[("LANG", "zh_CN.UTF-8")]));
        assert!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_TW"), ("LANG", "en_GB.UTF-8")]));
        assert!(!of(&[("LC_ALL", "C.UTF-8"), ("LANG", "zh_CN.UTF-8")]));
        assert!(!of(&[]));
    }
}
