//! Words that many screens use: splits, units, how long something takes.

use crate::metrics::Split;
use crate::session::Level;
use crate::tui::format;

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct CommonWords {
    pub split: fn(Split) -> &'static str,
    pub level: fn(Level) -> &'static str,
    /// Roughly, from seconds.
    pub age: fn(f64) -> String,
    /// Exactly, from seconds.
    pub duration: fn(f64) -> String,
    /// Pictures a second.
    pub speed: fn(&str) -> String,
    pub steps_ago: fn(u64) -> String,
    /// Where one is among how many.
    pub place: fn(&str, &str) -> String,
    pub cancels: &'static str,
}

impl CommonWords {
    /// A part of the data by its name.
    pub fn split(&self, split: Split) -> &'static str {
        (self.split)(split)
    }
}

pub(super) const ENGLISH: CommonWords = CommonWords {
    split: |split| match split {
        Split::Train => "train",
        Split::Validation => "validation",
        Split::Test => "test",
    },
    level: |level| match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    },
    age: format::age,
    duration: format::duration,
    speed: |speed| format!("{speed} img/s"),
    steps_ago: |steps| match steps {
        1 => "1 step ago".into(),
        steps => format!("{} steps ago", format::count(steps)),
    },
    place: |place, count| format!("{place} of {count}"),
    cancels: "cancels",
};

pub(super) const CHINESE: CommonWords = CommonWords {
    split: |split| match split {
        Split::Train => "训练集",
        Split::Validation => "验证集",
        Split::Test => "测试集",
    },
    level: |level| match level {
        Level::Debug => "调试",
        Level::Info => "信息",
        Level::Warn => "警告",
        Level::Error => "错误",
    },
    age: |seconds| {
        let age = format::age(seconds);
        [("days", "天"), ("min", "分钟"), ("h", "小时"), ("s", "秒")]
            .into_iter()
            .find_map(|(unit, chinese)| Some(format!("{}{chinese}", age.strip_suffix(unit)?)))
            .unwrap_or(age)
    },
    duration: |seconds| format::duration(seconds).replace(" d", " 天").replace(" h", " 小时"),
    speed: |speed| format!("{speed} 张/秒"),
    steps_ago: |steps| format!("{} 步前", format::count(steps)),
    place: |place, count| format!("{place} / {count}"),
    cancels: "取消",
};
