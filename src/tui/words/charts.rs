//! The curves looked at more closely: axes, zoom, the cursor and what it reads off, another run beneath.

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct ChartWords {
    /// Two steps: the part of the run that is shown.
    pub zoomed: fn(&str, &str) -> String,
    /// The same where the newest step is in it.
    pub zoomed_newest: fn(&str) -> String,
    pub all: &'static str,
    /// The panel's name: a step.
    pub at_step: fn(&str) -> String,
    pub epoch: &'static str,
    pub training_time: &'static str,
    pub learning_rate: &'static str,
    pub loss: &'static str,
    pub smoothed_loss: &'static str,
    pub accuracy: &'static str,
    pub smoothed_accuracy: &'static str,
    pub validation_loss: &'static str,
    pub validation_accuracy: &'static str,
    /// The same in few cells.
    pub smoothed: &'static str,
    pub rate: &'static str,
    pub time_short: &'static str,
    pub accuracy_short: &'static str,
    pub validation_loss_short: &'static str,
    pub validation_accuracy_short: &'static str,
    /// The epoch whose validation is shown.
    pub validated: &'static str,
    pub hide: &'static str,
    /// Where the time of a step goes.
    pub step_time: &'static str,
    pub data: &'static str,
    pub forward: &'static str,
    pub backward: &'static str,
    pub optimizer: &'static str,
    /// The four in one line of 28 cells, in percent.
    pub parts: fn([u32; 4]) -> String,
}

pub(super) const ENGLISH: ChartWords = ChartWords {
    zoomed: |from, to| format!("steps {from} – {to}"),
    zoomed_newest: |steps| format!("the last {steps} steps"),
    all: "all",
    at_step: |step| format!("at step {step}"),
    epoch: "epoch",
    training_time: "time of training",
    learning_rate: "learning rate",
    loss: "loss",
    smoothed_loss: "  smoothed",
    accuracy: "accuracy",
    smoothed_accuracy: "  smoothed",
    validation_loss: "validation loss",
    validation_accuracy: "validation acc.",
    smoothed: "  smooth",
    rate: "rate",
    time_short: "time",
    accuracy_short: "accuracy",
    validation_loss_short: "val loss",
    validation_accuracy_short: "val acc",
    validated: "  after epoch",
    hide: "hide",
    step_time: "a step takes",
    data: "waiting for pictures",
    forward: "forward",
    backward: "backward",
    optimizer: "optimizer",
    parts: |[data, forward, backward, optimizer]| format!("wait {data} fwd {forward} bwd {backward} opt {optimizer}%"),
};

pub(super) const CHINESE: ChartWords = ChartWords {
    zoomed: |from, to| format!("第 {from} – {to} 步"),
    zoomed_newest: |steps| format!("最近 {steps} 步"),
    all: "全部",
    at_step: |step| format!("第 {step} 步"),
    epoch: "轮",
    training_time: "训练时间",
    learning_rate: "学习率",
    loss: "损失",
    smoothed_loss: "  平滑后",
    accuracy: "准确率",
    smoothed_accuracy: "  平滑后",
    validation_loss: "验证损失",
    validation_accuracy: "验证准确率",
    smoothed: "  平滑",
    rate: "学习率",
    time_short: "时间",
    accuracy_short: "准确率",
    validation_loss_short: "验证损失",
    validation_accuracy_short: "验证准确率",
    validated: "  所属轮次",
    hide: "隐藏",
    step_time: "每步用时",
    data: "等待图片",
    forward: "前向",
    backward: "反向",
    optimizer: "优化器",
    parts: |[data, forward, backward, optimizer]| format!("等 {data} 前 {forward} 反 {backward} 更 {optimizer} %"),
};
