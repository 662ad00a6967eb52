//! The Config screen: its heads and hints, what is wrong with a value, and the settings' meanings in each language.

use crate::config::{Field, Kind, Trouble};
use std::ops::Bound::{Excluded, Included, Unbounded};

/// Its texts.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct ConfigWords {
    pub setting: &'static str,
    pub value: &'static str,
    pub default: &'static str,
    pub from: &'static str,
    pub means: &'static str,
    pub allowed_head: &'static str,
    pub built_in: &'static str,
    pub not_written: &'static str,
    pub count_not_written: fn(usize) -> String,
    pub no_file: &'static str,
    pub is_made: &'static str,
    pub legend_differs: &'static str,
    pub edit: &'static str,
    pub undo: &'static str,
    pub to_default: &'static str,
    pub write: &'static str,
    pub search: &'static str,
    pub search_hint: &'static str,
    pub found: fn(usize) -> String,
    pub confirm: &'static str,
    pub cancel: &'static str,
    pub choose: &'static str,
    pub meaning: fn(&'static Field) -> &'static str,
    pub unit: fn(&'static Field) -> &'static str,
    pub allowed: fn(&'static Field) -> String,
    pub fault: fn(&'static Field, &Trouble) -> String,
    pub this_run: fn(&str) -> String,
    pub now: &'static str,
    pub next_step: &'static str,
    pub next_run: &'static str,
    pub next_start: &'static str,
    pub only_here: &'static str,
    pub nothing_to_undo: &'static str,
    pub nothing_to_write: &'static str,
    pub is_default: fn(&str) -> String,
    pub undone: fn(&str) -> String,
    pub changed: fn(&str, &str) -> String,
    pub written: fn(usize) -> String,
    pub merged: fn(&str) -> String,
    pub writes: &'static str,
    pub back: &'static str,
    pub clash: &'static str,
    pub clash_text: &'static str,
    pub ours: &'static str,
    pub theirs: &'static str,
    pub nothing: &'static str,
    pub write_ours: &'static str,
    pub take_theirs: &'static str,
    pub write_nothing: &'static str,
}

pub(super) const ENGLISH: ConfigWords = ConfigWords {
    setting: "setting",
    value: "value",
    default: "default",
    from: "from",
    means: "meaning",
    allowed_head: "allowed",
    built_in: "built-in",
    not_written: "not written yet",
    count_not_written: |count| format!("{count} not written"),
    no_file: "no file: what is changed here lasts until the program ends",
    is_made: "(is made when written)",
    legend_differs: "differs from the default",
    edit: "edit",
    undo: "undo",
    to_default: "default",
    write: "write",
    search: "search",
    search_hint: "part of a name or a meaning",
    found: |count| if count == 0 { "not found".into() } else { format!("{count} found") },
    confirm: "takes it",
    cancel: "leaves it as it was",
    choose: "chooses",
    meaning: |field| field.meaning,
    unit: |field| field.unit,
    allowed: Field::allowed,
    fault: |field, trouble| match trouble {
        Trouble::Range => format!("out of range: it must be {}", field.allowed()),
        Trouble::Type { .. } => format!("this is not {}", field.allowed()),
        Trouble::Word { nearest: None } | Trouble::Key { .. } => {
            format!("not a value of it: it must be {}", field.allowed())
        }
        Trouble::Word { nearest: Some(word) } => format!("did you mean {word}? It must be {}", field.allowed()),
    },
    this_run: |value| format!("this run: {value}"),
    now: "takes effect at once",
    next_step: "takes effect at once, in the run under way too, from its next step on",
    next_run: "takes effect from the next run on",
    next_start: "takes effect at the next start of the program",
    only_here: "on the Config screen (6)",
    nothing_to_undo: "nothing was changed here",
    nothing_to_write: "all of it is in the file already",
    is_default: |key| format!("{key} has its default already"),
    undone: |key| format!("{key} is as it was"),
    changed: |key, value| format!("{key} = {value}"),
    written: |count| match count {
        0 => "nothing was left to write".into(),
        1 => "1 setting written".into(),
        _ => format!("{count} settings written"),
    },
    merged: |keys| format!("; changed in the file meanwhile, and kept: {keys}"),
    writes: "writes it",
    back: "back",
    clash: "changed meanwhile",
    clash_text: "The file has other values now than when it was read, and these were changed here as well:",
    ours: "here",
    theirs: "file",
    nothing: "nothing",
    write_ours: "write what was set here",
    take_theirs: "keep what the file has, and use it",
    write_nothing: "write nothing",
};

pub(super) const CHINESE: ConfigWords = ConfigWords {
    setting: "设置",
    value: "值",
    default: "默认",
    from: "来源",
    means: "含义",
    allowed_head: "取值",
    built_in: "内置",
    not_written: "尚未写入",
    count_not_written: |count| format!("{count} 项尚未写入"),
    no_file: "没有配置文件：这里的改动只在本次运行期间有效",
    is_made: "（写入时新建）",
    legend_differs: "与默认值不同",
    edit: "编辑",
    undo: "撤销",
    to_default: "默认值",
    write: "写入",
    search: "搜索",
    search_hint: "名称或含义的一部分",
    found: |count| if count == 0 { "未找到".into() } else { format!("找到 {count} 项") },
    confirm: "确认",
    cancel: "放弃",
    choose: "选择",
    meaning: meaning_in_chinese,
    unit: |field| match field.unit {
        "fraction" => "比例",
        "pictures" => "张",
        "probability" => "概率",
        "epochs" => "轮",
        "threads" => "线程",
        "steps" => "步",
        "minutes" => "分钟",
        "files" => "个文件",
        other => other,
    },
    allowed: allowed_in_chinese,
    fault: |field, trouble| match trouble {
        Trouble::Range => format!("超出范围：应为{}", allowed_in_chinese(field)),
        Trouble::Type { .. } => format!("类型不对：应为{}", allowed_in_chinese(field)),
        Trouble::Word { nearest: None } | Trouble::Key { .. } => {
            format!("不是可用的值：应为{}", allowed_in_chinese(field))
        }
        Trouble::Word { nearest: Some(word) } => format!("是想写 {word} 吗？应为{}", allowed_in_chinese(field)),
    },
    this_run: |value| format!("本次训练：{value}"),
    now: "立即生效",
    next_step: "立即生效，正在进行的训练从下一步起也生效",
    next_run: "从下一次训练起生效",
    next_start: "下次启动程序时生效",
    only_here: "在设置页面（6）",
    nothing_to_undo: "这里没有可撤销的改动",
    nothing_to_write: "与文件没有差别",
    is_default: |key| format!("{key} 已是默认值"),
    undone: |key| format!("{key} 已恢复原值"),
    changed: |key, value| format!("{key} = {value}"),
    written: |count| match count {
        0 => "没有需要写入的内容".into(),
        _ => format!("已写入 {count} 项设置"),
    },
    merged: |keys| format!("；文件中期间改动的 {keys} 已保留"),
    writes: "写入",
    back: "返回",
    clash: "文件已被改动",
    clash_text: "读取之后文件中的值有了变化，而这些设置在这里也改过：",
    ours: "这里",
    theirs: "文件",
    nothing: "无",
    write_ours: "写入这里的值",
    take_theirs: "保留文件中的值并采用",
    write_nothing: "不写入",
};

fn meaning_in_chinese(field: &'static Field) -> &'static str {
    match field.key {
        "data.source" => "图片的来源",
        "data.validation_fraction" => "从训练文件中留作验证集的比例",
        "data.limit_train" => "只用这么多张图片训练；0 = 全部",
        "data.limit_validation" => "只用这么多张图片验证；0 = 全部",
        "model.variant" => "使用哪个网络",
        "model.dropout" => "训练时每个全连接单元被丢弃的概率",
        "training.epochs" => "遍历训练图片的轮数",
        "training.batch_size" => "每个优化步的图片数",
        "training.optimizer" => "梯度如何变为权重更新",
        "training.learning_rate" => "优化器的学习率（步长）",
        "training.beta1" => "Adam 一阶矩的衰减率",
        "training.beta2" => "Adam 二阶矩的衰减率",
        "training.epsilon" => "使 Adam 除以二阶矩时不出现无穷大",
        "training.weight_decay" => "权重的 L2 惩罚，加到梯度上；adamw 则直接从权重中减去",
        "training.momentum" => "sgd 保留上一次更新的比例",
        "training.gradient_clip" => "把全部梯度的总范数缩小到此值以内；0 = 从不",
        "training.seed" => "唯一的随机种子：划分、顺序、初始权重、dropout 都由它决定",
        "compute.device" => "网络在哪里计算",
        "compute.precision" => "用什么精度计算",
        "compute.threads" => "计算线程数；0 = 与核心数相同",
        "compute.evaluation_batch_size" => "验证和评估时一次处理的图片数",
        "checkpoint.every_epochs" => "每隔这么多轮保存 epoch-NNNN；0 = 从不",
        "checkpoint.every_steps" => "每隔这么多步保存 step-NNNNNNNN；0 = 从不",
        "checkpoint.every_minutes" => "每隔这么多分钟保存 last；0 = 从不",
        "checkpoint.keep" => "保留多少个 epoch- 和 step- 检查点",
        "checkpoint.best_metric" => "按什么选出最佳的一轮",
        "paths.data" => "存放 FashionMNIST/raw 的文件夹",
        "paths.runs" => "存放各次训练的文件夹",
        "paths.state" => "存放训练开始之前的日志",
        "ui.learning_rate_factor" => "按 + 时学习率乘以、按 - 时除以的倍数",
        "ui.theme" => "界面的配色",
        "ui.language" => "界面的语言",
        "ui.charset" => "界面的字符集",
        "ui.images" => "图片的显示方式",
        _ => field.meaning,
    }
}

fn allowed_in_chinese(field: &'static Field) -> String {
    match field.kind {
        Kind::Integer { min, max: i64::MAX } => format!("不小于 {min} 的整数（至 2^63 − 1）"),
        Kind::Integer { min, max } => format!("{min} 到 {max} 的整数"),
        Kind::Float { min, max } => {
            let from = match min {
                Included(min) => format!("不小于 {min}"),
                Excluded(min) => format!("大于 {min}"),
                Unbounded => String::new(),
            };
            let to = match max {
                Included(max) => format!("不大于 {max}"),
                Excluded(max) => format!("小于 {max}"),
                Unbounded => String::new(),
            };
            let both = if from.is_empty() || to.is_empty() { "" } else { "、" };
            format!("{from}{both}{to} 的数")
        }
        Kind::Choice(words) => format!("{} 之一", words.join("、")),
        Kind::FolderOr(words) => format!("{} 或一个文件夹", words.join("、")),
        Kind::Folder => "一个文件夹（空：系统默认位置）".to_owned(),
        Kind::Device => "auto、cpu、cuda 或 cuda:N".to_owned(),
        Kind::Keys => "一个键，或一组键".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FIELDS;

    #[test]
    fn every_setting_has_a_chinese_meaning_and_unit() {
        for field in FIELDS {
            let of = [meaning_in_chinese(field), (CHINESE.unit)(field)];
            assert!(of[0] != field.meaning, "{}", field.key);
            assert!(field.unit.is_empty() || of[1] != field.unit, "{}", field.key);
        }
    }
}
