//! What the keys do: names of screens, headings and lines of the help, labels of the footer. The English of the help
//! stands in the key table itself.

use crate::tui::action::Action;
use crate::tui::keymap::{Binding, Group, OwnKeys, own_keys};
use crate::tui::state::Screen;
use strum::VariantArray;

/// A text for each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the English words say it")]
pub struct KeyWords {
    pub screen: fn(Screen) -> &'static str,
    pub group: fn(Group) -> &'static str,
    pub help: fn(&Binding) -> &'static str,
    pub own: fn(Screen, &OwnKeys) -> &'static str,
    pub resume: &'static str,
    pub pause: &'static str,
    pub stop: &'static str,
    pub start: &'static str,
    pub step: &'static str,
    pub save: &'static str,
    pub evaluate: &'static str,
    pub rate: &'static str,
    pub go_on: &'static str,
    pub download: &'static str,
    pub cancel: &'static str,
    pub back: &'static str,
    pub show_help: &'static str,
    pub commands: &'static str,
    pub leave: &'static str,
}

impl KeyWords {
    /// The name of a screen.
    pub fn screen(&self, screen: Screen) -> &'static str {
        (self.screen)(screen)
    }
}

pub(super) const ENGLISH: KeyWords = KeyWords {
    screen: |screen| match screen {
        Screen::Train => "Train",
        Screen::Layers => "Layers",
        Screen::Confusion => "Confusion",
        Screen::Pictures => "Pictures",
        Screen::Config => "Config",
        Screen::Runs => "Runs",
        Screen::Log => "Log",
    },
    group: |group| match group {
        Group::Run => "Run",
        Group::Own => "Own",
        Group::Screens => "Screens",
        Group::Program => "Program",
    },
    help: |binding| binding.help,
    own: |_, keys| keys.help,
    resume: "resume",
    pause: "pause",
    stop: "stop",
    start: "start",
    step: "step",
    save: "save",
    evaluate: "evaluate",
    rate: "rate",
    go_on: "go on",
    download: "download",
    cancel: "cancel",
    back: "back",
    show_help: "help",
    commands: "commands",
    leave: "leave",
};

pub(super) const CHINESE: KeyWords = KeyWords {
    screen: |screen| match screen {
        Screen::Train => "训练",
        Screen::Layers => "网络层",
        Screen::Confusion => "混淆矩阵",
        Screen::Pictures => "图片",
        Screen::Config => "设置",
        Screen::Runs => "运行",
        Screen::Log => "日志",
    },
    group: |group| match group {
        Group::Run => "训练控制",
        Group::Own => "本页",
        Group::Screens => "页面",
        Group::Program => "程序",
    },
    help: |binding| chinese_help(binding.action),
    own: |screen, keys| chinese_own(screen, keys).unwrap_or(keys.help),
    resume: "继续",
    pause: "暂停",
    stop: "停止",
    start: "开始",
    step: "单步",
    save: "保存",
    evaluate: "评估",
    rate: "学习率",
    go_on: "接着训练",
    download: "下载",
    cancel: "取消",
    back: "返回",
    show_help: "帮助",
    commands: "命令",
    leave: "退出",
};

const fn chinese_help(action: Action) -> &'static str {
    match action {
        Action::StartOrPause => "开始、暂停、继续",
        Action::StartOrStop => "开始训练、停止训练",
        Action::Step => "单步执行（暂停时）",
        Action::Save => "保存检查点",
        Action::Evaluate => "在测试集上评估",
        Action::RateUp => "提高学习率",
        Action::RateDown => "降低学习率",
        Action::ResumeRun => "接着上次的训练",
        Action::Download => "下载完整数据集",
        Action::SmoothLess => "减弱曲线平滑",
        Action::SmoothMore => "增强曲线平滑",
        Action::LogScale => "损失用对数坐标",
        Action::Axis => "横轴：步、轮、时间",
        Action::ZoomIn => "放大曲线",
        Action::ZoomOut => "缩小曲线",
        Action::ZoomAll => "显示全部曲线",
        Action::PanLeft => "曲线左移",
        Action::PanRight => "曲线右移",
        Action::Percent => "矩阵显示数量或百分比",
        Action::OtherSplit => "切换验证集、测试集、训练集",
        Action::EpochBefore => "上一轮",
        Action::EpochAfter => "下一轮",
        Action::Order => "换一种排序",
        Action::ReverseOrder => "反转顺序",
        Action::EvaluateShown => "评估所显示的集合",
        Action::Undo => "撤销上一次更改",
        Action::Default => "恢复默认值",
        Action::Write => "查看差异并写入",
        Action::LayOver => "叠加另一次运行",
        Action::Mark => "标记运行以作比较",
        Action::DeleteRun => "删除一次运行",
        Action::Up => "上移一行",
        Action::Down => "下移一行",
        Action::PageUp => "上移一页",
        Action::PageDown => "下移一页",
        Action::Top => "到开头",
        Action::Bottom => "到末尾",
        Action::Left => "左移一列",
        Action::Right => "右移一列",
        Action::Filter => "筛选",
        Action::Search => "搜索、跳转",
        Action::NextMatch => "下一处匹配",
        Action::PreviousMatch => "上一处匹配",
        Action::ShowTrain => "页面 1，训练",
        Action::ShowLayers => "页面 2，网络层",
        Action::ShowConfusion => "页面 3，混淆矩阵",
        Action::ShowPictures => "页面 4，图片",
        Action::ShowConfig => "页面 6，设置",
        Action::ShowRuns => "页面 7，运行",
        Action::ShowLog => "页面 8，日志",
        Action::NextScreen => "下一页面",
        Action::PreviousScreen => "上一页面",
        Action::Help => "显示帮助",
        Action::Palette => "查找命令",
        Action::Confirm => "打开、确认",
        Action::Back => "返回、关闭、取消",
        Action::Copy => "复制所选内容",
        Action::Screenshot => "屏幕存为文件",
        Action::Redraw => "重绘屏幕",
        Action::Suspend => "回到 shell",
        Action::Quit => "退出",
        Action::LeaveNow => "保存并退出",
    }
}

/// By the first of the actions.
const fn chinese_own(screen: Screen, keys: &OwnKeys) -> Option<&'static str> {
    let Some(action) = keys.actions.first() else { return None };
    Some(match (screen, *action) {
        (Screen::Train, Action::SmoothLess) => "减弱、增强平滑",
        (Screen::Train, Action::LogScale) => "损失用对数坐标",
        (Screen::Train, Action::Up) => "较早、较新的消息",
        (Screen::Train, Action::PageUp) => "消息翻页",
        (Screen::Train, Action::Top) => "最早、最新的消息",
        (Screen::Layers, Action::Up) => "上一层、下一层",
        (Screen::Layers, Action::Top) => "第一层、最后一层",
        (Screen::Layers, Action::Left) => "其他列",
        (Screen::Layers, Action::Confirm) => "打开该层",
        (Screen::Layers | Screen::Runs, Action::Order) => "换下一列排序",
        (Screen::Layers | Screen::Pictures | Screen::Runs, Action::ReverseOrder) => "反转顺序",
        (Screen::Confusion, Action::Up) => "真实类别",
        (Screen::Confusion, Action::Left) => "预测类别",
        (Screen::Confusion, Action::Top) => "第一个、最后一个真实类别",
        (Screen::Confusion, Action::Confirm) => "查看该格的图片",
        (Screen::Confusion, Action::Percent) => "数量或百分比",
        (Screen::Confusion, Action::OtherSplit) => "验证集或测试集",
        (Screen::Confusion, Action::EpochBefore) => "上一轮、下一轮",
        (Screen::Pictures, Action::Left) => "上一张、下一张图片",
        (Screen::Pictures, Action::Up) => "上移、下移一行",
        (_, Action::PageUp) => "上翻、下翻一页",
        (Screen::Pictures, Action::Top) => "第一张、最后一张图片",
        (Screen::Pictures, Action::Filter) => "筛选图片",
        (Screen::Pictures, Action::Order) => "按其他数值排序",
        (Screen::Pictures, Action::Search) => "跳到指定编号",
        (Screen::Pictures, Action::OtherSplit) => "测试集、验证集、训练集",
        (Screen::Pictures, Action::EvaluateShown) => "评估当前集合的全部图片",
        (Screen::Log, Action::Up) => "上一行、下一行",
        (Screen::Log, Action::Top) => "到最早一行",
        (Screen::Log, Action::Bottom) => "跟随最新",
        (Screen::Log, Action::Filter) => "只看某级别及以上",
        (Screen::Log | Screen::Config | Screen::Runs, Action::Search) => "搜索",
        (Screen::Log | Screen::Config | Screen::Runs, Action::NextMatch) => "下一处、上一处匹配",
        (Screen::Train, Action::Axis) => "横轴：步、轮、时间",
        (Screen::Train, Action::ZoomIn) => "放大、缩小",
        (Screen::Train, Action::ZoomAll) => "显示全部曲线",
        (Screen::Train, Action::PanLeft) => "左移、右移",
        (Screen::Train, Action::Left) => "读取曲线上的数值",
        (Screen::Train, Action::LayOver) => "移去叠加的运行",
        (Screen::Config, Action::Up) => "上一项、下一项",
        (Screen::Config, Action::Top) => "第一项、最后一项",
        (Screen::Config, Action::Confirm) => "编辑该项",
        (Screen::Config, Action::Undo) => "撤销上一次更改",
        (Screen::Config, Action::Default) => "恢复其默认值",
        (Screen::Config, Action::Write) => "查看差异并写入",
        (Screen::Runs, Action::Up) => "上一次、下一次运行",
        (Screen::Runs, Action::Top) => "第一次、最后一次运行",
        (Screen::Runs, Action::Confirm) => "打开该运行",
        (Screen::Runs, Action::ResumeRun) => "接着该运行训练",
        (Screen::Runs, Action::EvaluateShown) => "评估其最佳权重（测试集）",
        (Screen::Runs, Action::LayOver) => "叠加到曲线下方",
        (Screen::Runs, Action::Mark) => "标记，两次运行相比较",
        (Screen::Runs, Action::DeleteRun) => "删除，询问两次",
        (Screen::Runs, Action::Filter) => "按状态筛选",
        _ => return None,
    })
}

/// A screen's key without a Chinese text does not compile.
const _: () = {
    let mut screen = 0;
    while screen < Screen::VARIANTS.len() {
        let keys = own_keys(Screen::VARIANTS[screen]);
        let mut row = 0;
        while row < keys.len() {
            assert!(chinese_own(Screen::VARIANTS[screen], &keys[row]).is_some(), "a screen's key has no Chinese text");
            row += 1;
        }
        screen += 1;
    }
};
