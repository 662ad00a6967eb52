//! The Log screen.

use crate::session::Level;

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct LogWords {
    pub filter: fn(Level) -> &'static str,
    pub nothing_yet: &'static str,
    pub none_of_level: &'static str,
    pub following: &'static str,
    pub not_following: &'static str,
    pub level: &'static str,
    pub search: &'static str,
    pub next: &'static str,
    pub follow: &'static str,
    pub not_found: &'static str,
    pub found: fn(&str) -> String,
    pub type_part: &'static str,
}

pub(super) const ENGLISH: LogWords = LogWords {
    filter: |least| match least {
        Level::Debug => "all levels",
        Level::Info => "info and above",
        Level::Warn => "warnings and above",
        Level::Error => "errors",
    },
    nothing_yet: "what happens will be told here: data, epochs, checkpoints, warnings",
    none_of_level: "no message is of this level; f shows others",
    following: "following",
    not_following: "not following",
    level: "level",
    search: "search",
    next: "next",
    follow: "follow",
    not_found: "not found",
    found: |count| format!("{count} found"),
    type_part: "part of a message; Enter goes to the newest that has it",
};

pub(super) const CHINESE: LogWords = LogWords {
    filter: |least| match least {
        Level::Debug => "所有级别",
        Level::Info => "信息及以上",
        Level::Warn => "警告及以上",
        Level::Error => "错误",
    },
    nothing_yet: "这里记录发生的事情：数据、轮次、检查点、警告",
    none_of_level: "没有这个级别的消息，按 f 查看其他级别",
    following: "跟随中",
    not_following: "未跟随",
    level: "级别",
    search: "搜索",
    next: "下一处",
    follow: "跟随",
    not_found: "未找到",
    found: |count| format!("找到 {count} 条"),
    type_part: "消息的一部分；Enter 跳到最新的匹配",
};
