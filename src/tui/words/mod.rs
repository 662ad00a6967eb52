//! Every text of the screen, in each language: a table for each part of the screen. A text that is missing in one
//! language does not compile.

mod advice;
mod banner;
mod charts;
mod common;
mod config;
mod confusion;
mod curves;
mod keeping;
mod keys;
mod layers;
mod log;
mod overlays;
mod pictures;
mod refusals;
mod runs;
mod status;
mod train;

pub use advice::AdviceWords;
pub use banner::BannerWords;
pub use charts::ChartWords;
pub use common::CommonWords;
pub use config::ConfigWords;
pub use confusion::ConfusionWords;
pub use curves::CurveWords;
pub use keeping::KeepingWords;
pub use keys::KeyWords;
pub use layers::LayerWords;
pub use log::LogWords;
pub use overlays::{OverlayWords, QuestionWords};
pub use pictures::PictureWords;
pub use refusals::RefusalWords;
pub use runs::RunsWords;
pub use status::StatusWords;
pub use train::TrainWords;

use super::charset::Charset;
use crate::config::{Language, Ui};

/// The texts of one language.
#[derive(Debug)]
pub struct Words {
    /// What many screens use.
    pub common: CommonWords,
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
    /// What the keys do.
    pub keys: KeyWords,
    /// Why something can't be done now.
    pub refusals: RefusalWords,
    /// Help, command palette, questions.
    pub overlays: OverlayWords,
    /// The line for a state that matters.
    pub banner: BannerWords,
    /// The Train screen.
    pub train: TrainWords,
    /// The charts.
    pub curves: CurveWords,
    /// The Layers screen.
    pub layers: LayerWords,
    /// The Confusion screen.
    pub confusion: ConfusionWords,
    /// The Pictures screen.
    pub pictures: PictureWords,
    /// The Log screen.
    pub log: LogWords,
}

static ENGLISH: Words = Words {
    advice: advice::ENGLISH,
    charts: charts::ENGLISH,
    common: common::ENGLISH,
    config: config::ENGLISH,
    keeping: keeping::ENGLISH,
    runs: runs::ENGLISH,
    status: status::ENGLISH,
    keys: keys::ENGLISH,
    refusals: refusals::ENGLISH,
    overlays: overlays::ENGLISH,
    banner: banner::ENGLISH,
    train: train::ENGLISH,
    curves: curves::ENGLISH,
    layers: layers::ENGLISH,
    confusion: confusion::ENGLISH,
    pictures: pictures::ENGLISH,
    log: log::ENGLISH,
};
static CHINESE: Words = Words {
    advice: advice::CHINESE,
    charts: charts::CHINESE,
    common: common::CHINESE,
    config: config::CHINESE,
    keeping: keeping::CHINESE,
    runs: runs::CHINESE,
    status: status::CHINESE,
    keys: keys::CHINESE,
    refusals: refusals::CHINESE,
    overlays: overlays::CHINESE,
    banner: banner::CHINESE,
    train: train::CHINESE,
    curves: curves::CHINESE,
    layers: layers::CHINESE,
    confusion: confusion::CHINESE,
    pictures: pictures::CHINESE,
    log: log::CHINESE,
};

impl Words {
    /// Those of the configuration; `auto` goes by the locale. Where there is but ASCII, there is no Chinese.
    pub fn of(ui: &Ui) -> &'static Self {
        let chosen = Self::in_language(ui.language);
        if Charset::of(ui.charset) == Charset::Ascii { &ENGLISH } else { chosen }
    }

    /// Those of a language; `auto` goes by the locale.
    pub fn in_language(language: Language) -> &'static Self {
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
    use crate::config as settings;

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

    #[test]
    fn ascii_knows_no_chinese() {
        let of = |charset| {
            let images = settings::Images::Auto;
            let theme = settings::Theme::Dark;
            let ui = Ui { learning_rate_factor: 2.0, theme, language: Language::Zh, charset, images };
            std::ptr::eq(Words::of(&ui), &raw const CHINESE)
        };
        assert!(of(settings::Charset::Utf8));
        assert!(!of(settings::Charset::Ascii));
    }
}
