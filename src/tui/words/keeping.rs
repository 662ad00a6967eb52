//! What is taken off the screen: to the clipboard, or to a file.

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct KeepingWords {
    pub copied: fn(what: &str) -> String,
    pub nothing_to_copy: &'static str,
    pub numbers: fn(step: &str) -> String,
    pub layer: fn(name: &str) -> String,
    pub cell: fn(truth: &str, taken: &str) -> String,
    pub picture: fn(index: &str, split: &str) -> String,
    pub line: &'static str,
    pub screen_written: fn(path: &str) -> String,
    pub screen_not_written: fn(path: &str, error: &str) -> String,
}

pub(super) const ENGLISH: KeepingWords = KeepingWords {
    copied: |what| format!("copied: {what}"),
    nothing_to_copy: "there is nothing to copy here yet",
    numbers: |step| format!("the numbers of step {step}"),
    layer: |name| format!("the row of {name}"),
    cell: |truth, taken| format!("{truth} taken for {taken}"),
    picture: |index, split| format!("picture {index} of {split}"),
    line: "the line of the log",
    screen_written: |path| format!("the screen is in {path}"),
    screen_not_written: |path, error| format!("can't write the screen to {path}: {error}"),
};

pub(super) const CHINESE: KeepingWords = KeepingWords {
    copied: |what| format!("已复制：{what}"),
    nothing_to_copy: "这里还没有可复制的内容",
    numbers: |step| format!("第 {step} 步的数值"),
    layer: |name| format!("{name} 层的一行"),
    cell: |truth, taken| format!("{truth} 判为 {taken}"),
    picture: |index, split| format!("{split}的第 {index} 张图片"),
    line: "该行日志",
    screen_written: |path| format!("屏幕已存为 {path}"),
    screen_not_written: |path, error| format!("无法将屏幕写入 {path}：{error}"),
};
