//! The line for a state that matters.

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct BannerWords {
    pub not_saved: &'static str,
    pub download: &'static str,
    pub of_bytes: fn(&str, &str) -> String,
    pub best: &'static str,
    pub unfinished: &'static str,
    pub goes_on: &'static str,
    pub sample: &'static str,
    pub of_all: fn(&str) -> String,
    pub gets_all: &'static str,
    pub data: &'static str,
    /// Name, epoch, epochs, step, age.
    pub left_at: fn(&str, (u32, u32), &str, &str) -> String,
    pub no_best: &'static str,
    pub best_is: fn(&str, u32) -> String,
    pub saved_in: fn(&str) -> String,
}

pub(super) const ENGLISH: BannerWords = BannerWords {
    not_saved: " ✖ not saved ",
    download: " ↓ download ",
    of_bytes: |done, total| format!("{done} of {total}"),
    best: " ★ best ",
    unfinished: " ▲ unfinished ",
    goes_on: "goes on",
    sample: " ▲ sample ",
    of_all: |pictures| format!("{pictures} of the 70,000 pictures"),
    gets_all: "gets them all",
    data: " ▲ data ",
    left_at: |name, (epoch, epochs), step, age| format!("{name}: epoch {epoch} of {epochs}, step {step}, {age} ago"),
    no_best: "no epoch was validated",
    best_is: |accuracy, epoch| format!("validation accuracy {accuracy} in epoch {epoch}"),
    saved_in: |folder| format!(" · saved in {folder}"),
};

pub(super) const CHINESE: BannerWords = BannerWords {
    not_saved: " ✖ 未保存 ",
    download: " ↓ 下载 ",
    of_bytes: |done, total| format!("{done} / {total}"),
    best: " ★ 最佳 ",
    unfinished: " ▲ 未完成 ",
    goes_on: "接着训练",
    sample: " ▲ 样本 ",
    of_all: |pictures| format!("70,000 张图片中的 {pictures} 张"),
    gets_all: "下载全部",
    data: " ▲ 数据 ",
    left_at: |name, (epoch, epochs), step, age| format!("{name}：第 {epoch}/{epochs} 轮，第 {step} 步，{age}前"),
    no_best: "没有任何一轮经过验证",
    best_is: |accuracy, epoch| format!("验证准确率 {accuracy}，第 {epoch} 轮"),
    saved_in: |folder| format!(" · 保存在 {folder}"),
};
