//! The Confusion screen.

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct ConfusionWords {
    pub no_test: &'static str,
    pub no_validation: &'static str,
    pub at_step: fn(&str, &str, u32) -> String,
    pub validation_after: fn(u32, u32) -> String,
    pub after_epoch: fn(&str, u32) -> String,
    pub right: fn(&str) -> String,
    pub of_pictures: fn(&str) -> String,
    pub loss: fn(&str) -> String,
    pub mean_f1: fn(f64) -> String,
    pub counts: &'static str,
    pub percent: &'static str,
    pub before: &'static str,
    pub after: &'static str,
    pub opens: &'static str,
    pub when_epoch: fn(u32) -> String,
    pub when_step: fn(&str) -> String,
    pub of_latest: fn(&str) -> String,
    pub class_metrics: fn(f64, f64, f64) -> String,
    /// Count, support, class, percent.
    pub recognized: fn(&str, &str, &str, &str) -> String,
    /// Count, support, true class, predicted class, percent.
    pub taken_for: fn(&str, &str, &str, &str, &str) -> String,
    pub true_as: &'static str,
    pub macro_average: &'static str,
    pub weighted_average: &'static str,
    pub precision: &'static str,
    pub prec: &'static str,
    pub recall: &'static str,
    pub f1: &'static str,
    pub support: &'static str,
    pub in_each: fn(&str) -> String,
    pub epoch: fn(u32) -> String,
    pub class: &'static str,
    pub most_confused: &'static str,
}

pub(super) const ENGLISH: ConfusionWords = ConfusionWords {
    no_test: "the confusion matrix of the test set comes here once it was evaluated",
    no_validation: "the confusion matrix of the validation comes here after the first epoch",
    at_step: |split, step, epoch| format!("{split} at step {step}, in epoch {epoch}"),
    validation_after: |epoch, last| {
        if last > epoch {
            format!("validation after epoch {epoch}, latest: {last}")
        } else {
            format!("validation after epoch {epoch}, the latest")
        }
    },
    after_epoch: |split, epoch| format!("{split} after epoch {epoch}"),
    right: |accuracy| format!("{accuracy} right"),
    of_pictures: |count| format!(" of {count} pictures"),
    loss: |loss| format!("  loss {loss}"),
    mean_f1: |f1| format!("  mean F1 {f1:.4}"),
    counts: "counts",
    percent: "percent",
    before: "before",
    after: "after",
    opens: " opens its pictures",
    when_epoch: |epoch| format!("after epoch {epoch}"),
    when_step: |step| format!("at step {step}"),
    of_latest: |when| format!(", those of the latest pass, {when}"),
    class_metrics: |precision, recall, f1| format!("  precision {precision:.4}  recall {recall:.4}  F1 {f1:.4}"),
    recognized: |count, support, name, percent| format!("{count} of {support} {name} recognized: {percent}"),
    taken_for: |count, support, name, taken, percent| {
        format!("{count} of {support} {name} taken for {taken}: {percent}")
    },
    true_as: "true ↓ as →",
    macro_average: "macro",
    weighted_average: "weighted",
    precision: "precision",
    prec: "prec.",
    recall: "recall",
    f1: "F1",
    support: "support",
    in_each: |name| format!("{name} in each validation"),
    epoch: |epoch| format!("epoch {epoch}"),
    class: "class",
    most_confused: "most confused",
};

pub(super) const CHINESE: ConfusionWords = ConfusionWords {
    no_test: "评估测试集后，这里显示它的混淆矩阵",
    no_validation: "第一轮结束后，这里显示哪些类别被误判为哪些类别",
    at_step: |split, step, epoch| format!("{split}，第 {step} 步，第 {epoch} 轮中"),
    validation_after: |epoch, last| {
        if last > epoch {
            format!("验证集，第 {epoch} 轮后（最新为第 {last} 轮）")
        } else {
            format!("验证集，第 {epoch} 轮后（最新）")
        }
    },
    after_epoch: |split, epoch| format!("{split}，第 {epoch} 轮后"),
    right: |accuracy| format!("准确率 {accuracy}"),
    of_pictures: |count| format!("，共 {count} 张图片"),
    loss: |loss| format!("  损失 {loss}"),
    mean_f1: |f1| format!("  平均 F1 {f1:.4}"),
    counts: "数量",
    percent: "百分比",
    before: "上一轮",
    after: "下一轮",
    opens: " 查看这些图片",
    when_epoch: |epoch| format!("第 {epoch} 轮后"),
    when_step: |step| format!("第 {step} 步"),
    of_latest: |when| format!("，取自最近一次结果（{when}）"),
    class_metrics: |precision, recall, f1| format!("  精确率 {precision:.4}  召回率 {recall:.4}  F1 {f1:.4}"),
    recognized: |count, support, name, percent| format!("{support} 张 {name} 中 {count} 张识别正确：{percent}"),
    taken_for: |count, support, name, taken, percent| {
        format!("{support} 张 {name} 中 {count} 张误判为 {taken}：{percent}")
    },
    true_as: "真实↓预测→",
    macro_average: "宏平均",
    weighted_average: "加权平均",
    precision: "精确率",
    prec: "精确率",
    recall: "召回率",
    f1: "F1",
    support: "样本数",
    in_each: |name| format!("{name} 的历次验证"),
    epoch: |epoch| format!("第 {epoch} 轮"),
    class: "类别",
    most_confused: "最易混淆",
};
