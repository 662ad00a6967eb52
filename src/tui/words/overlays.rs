//! What lies over a screen: help, command palette, questions.

/// A question with its answers.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct QuestionWords {
    pub name: &'static str,
    pub text: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
}

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct OverlayWords {
    pub keys: &'static str,
    pub not_now: &'static str,
    /// What a key does, and why it can't now.
    pub why_not: fn(&str, &str) -> String,
    pub more: &'static str,
    pub close: &'static str,
    pub take: &'static str,
    pub commands: &'static str,
    pub type_letters: &'static str,
    pub no_command: &'static str,
    pub leave: QuestionWords,
    pub stop: QuestionWords,
}

pub(super) const ENGLISH: OverlayWords = OverlayWords {
    keys: "keys",
    not_now: "Not now",
    why_not: |what, reason| format!("{what}: {reason}"),
    more: " ↓ more ",
    close: "close",
    take: "take it",
    commands: "commands",
    type_letters: "a few letters find a command",
    no_command: "no command has these letters",
    leave: QuestionWords {
        name: "leave",
        text: "A run is under way. Finish the step, save its weights and leave?",
        yes: "save and leave",
        no: "stay",
    },
    stop: QuestionWords {
        name: "stop",
        text: "End this run here? Its weights are saved as “last”, and R goes on with it if you change your mind.",
        yes: "stop the run",
        no: "keep training",
    },
};

pub(super) const CHINESE: OverlayWords = OverlayWords {
    keys: "按键",
    not_now: "现在不可用",
    why_not: |what, reason| format!("{what}：{reason}"),
    more: " ↓ 更多 ",
    close: "关闭",
    take: "确定",
    commands: "命令",
    type_letters: "输入几个字即可查找命令",
    no_command: "没有匹配的命令",
    leave: QuestionWords {
        name: "退出",
        text: "训练正在进行。完成当前这一步，保存权重并退出吗？",
        yes: "保存并退出",
        no: "不退出",
    },
    stop: QuestionWords {
        name: "停止",
        text: "就此结束训练吗？权重会保存为 last，之后如改变主意，可按 R 接着训练。",
        yes: "停止训练",
        no: "继续训练",
    },
};
