//! Where the platform keeps a program's files, and where this one looks for its configuration.

use super::problems::ConfigError;
use directories::{BaseDirs, ProjectDirs};
use std::path::{Path, PathBuf};

/// The name of the configuration's file, wherever it is.
const FILE: &str = "config.toml";

/// The platform's own places for this user.
#[derive(Clone, Debug)]
pub struct Places {
    /// The user's own configuration; it need not exist.
    pub user_file: PathBuf,
    /// Holds `FashionMNIST/raw`.
    pub data: PathBuf,
    /// Holds a folder for each run.
    pub runs: PathBuf,
    /// Holds logs from before a run exists.
    pub state: PathBuf,
    /// What `~` stands for.
    pub home: PathBuf,
    /// Where `./config.toml` is looked for, and what a flag's relative path is relative to.
    pub working: PathBuf,
}

impl Places {
    /// Asks the platform (on Linux: the XDG variables, else HOME).
    pub fn find() -> Result<Self, ConfigError> {
        let project = ProjectDirs::from("", "", "alexnet-tui").ok_or(ConfigError::Homeless)?;
        let base = BaseDirs::new().ok_or(ConfigError::Homeless)?;
        let data = project.data_dir();
        Ok(Self {
            user_file: project.config_dir().join(FILE),
            runs: data.join("runs"),
            data: data.to_owned(),
            state: project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_owned(),
            home: base.home_dir().to_owned(),
            working: PathBuf::from("."),
        })
    }

    /// `./config.toml`; it need not exist.
    pub fn local_file(&self) -> PathBuf {
        self.working.join(FILE)
    }

    /// The file that edits go to: `named` (by `--config`), else `./config.toml` if there is one, else the user's own.
    pub fn file_in_force(&self, named: Option<&Path>) -> PathBuf {
        let file = match named {
            Some(file) => file.to_owned(),
            None if self.local_file().is_file() => self.local_file(),
            None => self.user_file.clone(),
        };
        std::path::absolute(&file).unwrap_or(file)
    }

    /// `path` as it is from everywhere: `~` is the home folder, and what is relative is so to `base`.
    pub(super) fn resolve(&self, path: &str, base: &Path) -> PathBuf {
        let path = match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.join(&rest[1..]),
            _ => base.join(path),
        };
        std::path::absolute(&path).unwrap_or(path)
    }
}
