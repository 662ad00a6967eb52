//! The advice: what the numbers show, and what to try.

use crate::tui::advice::Advice;
use crate::tui::format::{number, share};

/// A text for each.
#[derive(Debug)]
pub struct AdviceWords {
    /// The panel's name.
    pub advice: &'static str,
    /// What the numbers show.
    pub what: fn(&Advice) -> String,
    /// What to try.
    pub remedy: fn(&Advice) -> String,
}

pub(super) const ENGLISH: AdviceWords = AdviceWords { advice: "advice", what: english, remedy: english_remedy };

fn english(advice: &Advice) -> String {
    match advice {
        Advice::Diverging { loss, gradient } => {
            format!("about to diverge: loss up to {}, gradient norm up to {}", number(*loss), number(*gradient))
        }
        Advice::Stuck { steps, loss, accuracy, chance, .. } => format!(
            "stuck at chance: loss {loss:.3} (ln 10 is {chance:.3}), accuracy {} for {steps} steps",
            share(*accuracy)
        ),
        Advice::Rising { lowest, now } => {
            format!("the rate is too high: the loss was {lowest:.3} and is {now:.3} now, means of 50 steps")
        }
        Advice::Slow { fall, steps } => {
            format!("the rate is too low: the loss fell by only {fall:.4} in {steps} steps")
        }
        Advice::OverFitting { epochs, from, to } => {
            format!("over-fitting: validation loss {from:.4} to {to:.4} in {epochs} epochs; training fell")
        }
        Advice::Dead { layer, share: dead } => {
            format!("{} of the units of {layer} are dead: they give 0 for every picture", share(*dead))
        }
        Advice::Starved { share: waits } => format!("{} of a step goes on waiting for pictures", share(*waits)),
        Advice::Inexact { what } => format!("not the same run to the bit as before the stop: {what}"),
    }
}

fn english_remedy(advice: &Advice) -> String {
    match advice {
        Advice::Diverging { .. } => {
            "lower the rate (-), or start again with a tenth of it or training.gradient_clip = 1"
        }
        Advice::Stuck { jumped: true, .. } => "start again with a tenth of the learning rate: it was thrown off early",
        Advice::Stuck { jumped: false, .. } => "raise the learning rate (+): it has not moved at all",
        Advice::Rising { .. } => "lower the rate (-), or go on from the best checkpoint",
        Advice::Slow { .. } => "raise the learning rate (+)",
        Advice::OverFitting { .. } => "stop (s), `best` keeps the best epoch; next time more pictures or dropout",
        Advice::Dead { .. } => "start again with a smaller learning rate (2 shows the layers)",
        Advice::Starved { .. } => "nothing else should use the processor; keep the data on a faster disk",
        Advice::Inexact { .. } => "go on as before with the same processor, threads and precision",
    }
    .into()
}

pub(super) const CHINESE: AdviceWords = AdviceWords { advice: "建议", what: chinese, remedy: chinese_remedy };

fn chinese(advice: &Advice) -> String {
    match advice {
        Advice::Diverging { loss, gradient } => {
            format!("即将发散：损失高达 {}，梯度范数高达 {}", number(*loss), number(*gradient))
        }
        Advice::Stuck { steps, loss, accuracy, chance, .. } => {
            format!("停在随机水平：{steps} 步以来损失为 {loss:.3}（ln 10 为 {chance:.3}），准确率 {}", share(*accuracy))
        }
        Advice::Rising { lowest, now } => format!("学习率过高：50 步平均损失曾为 {lowest:.3}，现为 {now:.3}"),
        Advice::Slow { fall, steps } => format!("学习率过低：{steps} 步中损失只下降了 {fall:.4}"),
        Advice::OverFitting { epochs, from, to } => {
            format!("过拟合：{epochs} 轮中训练损失下降，而验证损失从 {from:.4} 升到 {to:.4}")
        }
        Advice::Dead { layer, share: dead } => format!("{layer} 有 {} 的单元已死：对任何图片都输出 0", share(*dead)),
        Advice::Starved { share: waits } => format!("每步有 {} 的时间在等待图片", share(*waits)),
        Advice::Inexact { what } => format!("与停止前不再逐位相同：{what}"),
    }
}

fn chinese_remedy(advice: &Advice) -> String {
    match advice {
        Advice::Diverging { .. } => "降低学习率（-），或用十分之一的学习率、training.gradient_clip = 1 重新开始",
        Advice::Stuck { jumped: true, .. } => "用十分之一的学习率重新开始：一开始就被甩开了",
        Advice::Stuck { jumped: false, .. } => "提高学习率（+）：损失完全没有变化",
        Advice::Rising { .. } => "降低学习率（-），或从最佳检查点继续",
        Advice::Slow { .. } => "提高学习率（+）",
        Advice::OverFitting { .. } => "停止（s），best 保存着最佳轮；下次用更多图片或 dropout",
        Advice::Dead { .. } => "用更小的学习率重新开始（按 2 查看各层）",
        Advice::Starved { .. } => "关闭其他占用处理器的程序，把数据放在更快的磁盘上",
        Advice::Inexact { .. } => "用相同的处理器、线程数和精度才能完全一致",
    }
    .into()
}
