//! The screen as files: a picture that any browser shows, and its text.

use super::format;
use super::svg::{self, Ground};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files of one second, at the most.
const MOST: u32 = 100;

/// Writes what is in the buffer into a folder, as `NAME-TIME.svg` and `NAME-TIME.txt`. Returns the path of the picture.
pub fn write(
    buffer: &Buffer,
    ground: Ground,
    folder: &Path,
    name: &str,
    (now, zone): (SystemTime, TimeZone),
) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let time = Timestamp::try_from(now).map_err(io::Error::other)?.to_zoned(zone);
    let stem = format!("{}-{}", name.to_lowercase(), time.strftime("%Y%m%d-%H%M%S"));
    for number in 1..=MOST {
        let stem = if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
        let path = folder.join(format!("{stem}.svg"));
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        file.write_all(svg::of(buffer, ground).as_bytes())?;
        fs::write(folder.join(format!("{stem}.txt")), text(buffer))?;
        return Ok(path);
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// The characters alone, without what is empty at the ends of lines.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width.max(1))) {
        let mut line = String::new();
        // A wide character has the cell after it as well.
        let mut covered = 0;
        for cell in row {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = format::width(cell.symbol()).saturating_sub(1);
            line.push_str(cell.symbol());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
