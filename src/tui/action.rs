//! Everything that a person can do. Keys become these once, at the edge; all that follows speaks of actions.

/// What a key, a click or the command palette asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")] // their names in config.toml
pub enum Action {
    /// Starts a run if there is none, else pauses or resumes it.
    StartOrPause,
    /// Starts a run; stops the one under way.
    StartOrStop,
    /// Does one optimizer step while paused.
    Step,
    /// Saves a checkpoint.
    Save,
    /// Evaluates on the test pictures.
    Evaluate,
    /// Raises the learning rate.
    RateUp,
    /// Lowers the learning rate.
    RateDown,
    /// Goes on with the run that did not end.
    ResumeRun,
    /// Downloads the full data set.
    Download,
    /// Lets the average follow the steps more closely.
    SmoothLess,
    /// Lets the average follow the steps more slowly.
    SmoothMore,
    /// Draws the loss on a logarithmic scale, or back.
    LogScale,
    /// Counts steps, epochs or time on the axis of the curves.
    Axis,
    /// Shows half as much of the curves, twice as large.
    ZoomIn,
    /// Shows twice as much of the curves.
    ZoomOut,
    /// Shows all of the curves.
    ZoomAll,
    /// Shows what lies to the left of it.
    PanLeft,
    /// Shows what lies to the right of it.
    PanRight,
    /// Moves a line up.
    Up,
    /// Moves a line down.
    Down,
    /// Moves a page up.
    PageUp,
    /// Moves a page down.
    PageDown,
    /// Moves to the first.
    Top,
    /// Moves to the last.
    Bottom,
    /// Moves a column to the left.
    Left,
    /// Moves a column to the right.
    Right,
    /// Shows less or all of a list.
    Filter,
    /// Types a text to search for.
    Search,
    /// Goes to the next place that the search finds.
    NextMatch,
    /// Goes to the place before that the search finds.
    PreviousMatch,
    /// Shows the Train screen.
    ShowTrain,
    /// Tells the shares of a row, or counts.
    Percent,
    /// Shows the test instead of the validation, or back.
    OtherSplit,
    /// Shows the epoch before.
    EpochBefore,
    /// Shows the next epoch.
    EpochAfter,
    /// Orders a list by the next of what it can be ordered by.
    Order,
    /// Turns the order of a list round.
    ReverseOrder,
    /// Evaluates on the pictures that are shown, training and validation too.
    EvaluateShown,
    /// Shows the Layers screen.
    ShowLayers,
    /// Shows the Confusion screen.
    ShowConfusion,
    /// Shows the Pictures screen.
    ShowPictures,
    /// Shows the Config screen.
    ShowConfig,
    /// Takes the last change back.
    Undo,
    /// Sets what is built in.
    Default,
    /// Shows what would be written, and writes it.
    Write,
    /// Marks a run; two that are marked are set beside each other.
    Mark,
    /// Lays another run beneath the curves.
    LayOver,
    /// Deletes a run.
    DeleteRun,
    /// Shows the Runs screen.
    ShowRuns,
    /// Shows the Log screen.
    ShowLog,
    /// Shows the next screen.
    NextScreen,
    /// Shows the screen before.
    PreviousScreen,
    /// Shows or hides the help.
    Help,
    /// Opens the command palette.
    Palette,
    /// Takes what is offered.
    Confirm,
    /// Goes back, closes, cancels; never quits.
    Back,
    /// Copies what is chosen.
    Copy,
    /// Writes the screen to files.
    Screenshot,
    /// Draws everything anew.
    Redraw,
    /// Gives the terminal back to the shell for a while.
    Suspend,
    /// Leaves, asking first while a run is under way.
    Quit,
    /// Saves and leaves, unasked; the second time at once.
    LeaveNow,
}

/// What a click on a part of the frame does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    /// The same as the action's key.
    Action(Action),
    /// Does the command in this row of the palette.
    PaletteRow(usize),
    /// Chooses a cell of the matrix: true class, predicted class. Opens it when it is chosen already.
    Cell(usize, usize),
    /// Shows this validation of the run, counted from 0.
    Validation(usize),
    /// Shows the matrix of this epoch's validation.
    Epoch(u32),
    /// Reads this line of the log, by its place among all messages.
    Line(usize),
    /// Chooses this row of the net's table. Opens it when it is chosen already.
    Layer(usize),
    /// Orders the net's table by this column.
    LayerColumn(usize),
    /// Chooses this picture, counted among those that the filter lets through.
    Thumbnail(usize),
    /// Takes this row of a list of choices.
    Choice(usize),
    /// Chooses this setting, by its place in the table. Edits it when it is chosen already.
    Setting(usize),
    /// Takes this one of a setting's words.
    Word(usize),
    /// Does this with settings that others have changed as well.
    Clash(super::state::ClashChoice),
    /// Chooses this row of the table of runs. Opens it when it is chosen already.
    Run(usize),
    /// Orders the table of runs by this column.
    RunColumn(usize),
    /// Nothing: covers what lies beneath.
    Nothing,
}

/// What the mouse does over the charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// Moves with no button down.
    Moved,
    /// Its left button goes down.
    Pressed,
    /// Moves with the left button down.
    Dragged,
    /// The left button comes up.
    Released,
    /// The wheel is turned away from the hand.
    WheelUp,
    /// The wheel is turned towards the hand.
    WheelDown,
    /// The wheel is pushed to the left.
    WheelLeft,
    /// The wheel is pushed to the right.
    WheelRight,
}
