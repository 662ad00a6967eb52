//! What the engine is doing, in a word.

/// A word for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct StatusWords {
    pub failed: &'static str,
    pub leaving: &'static str,
    pub loading: &'static str,
    pub idle: &'static str,
    pub validating: &'static str,
    pub training: &'static str,
    pub paused: &'static str,
    pub evaluating: &'static str,
    pub finished: &'static str,
    pub stopped: &'static str,
}

pub(super) const ENGLISH: StatusWords = StatusWords {
    failed: "failed",
    leaving: "leaving",
    loading: "loading",
    idle: "idle",
    validating: "validating",
    training: "training",
    paused: "paused",
    evaluating: "evaluating",
    finished: "finished",
    stopped: "stopped",
};

pub(super) const CHINESE: StatusWords = StatusWords {
    failed: "失败",
    leaving: "正在退出",
    loading: "载入中",
    idle: "空闲",
    validating: "验证中",
    training: "训练中",
    paused: "已暂停",
    evaluating: "评估中",
    finished: "已完成",
    stopped: "已停止",
};
