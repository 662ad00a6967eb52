//! Numbers as people read them, the same everywhere.

/// `48000` as `48,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 epoch`, `1,500 steps`
pub fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// Seconds as `2:08`, `1:02:08` or `3 d 4 h`; `–` where they are not a number.
pub fn clock(seconds: f64) -> String {
    let whole = if seconds.is_finite() { seconds.max(0.0).round() as u64 } else { return "–".into() };
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        1..48 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

/// A fraction as `89.20 %`.
pub fn percent(fraction: f64) -> String {
    if fraction.is_finite() { format!("{:.2} %", fraction * 100.0) } else { "NaN".into() }
}

/// `1.9 GiB`
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (number as f64 / 1024.0, 0);
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A word as it has to be typed into a shell.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(["0", "999", "1,000", "58,299,082"].map(str::to_owned), [0, 999, 1000, 58_299_082].map(thousands));
        assert_eq!((counted(1, "epoch"), counted(1500, "step")), ("1 epoch".to_owned(), "1,500 steps".to_owned()));
        assert_eq!(["0:00", "2:08", "1:02:08"].map(str::to_owned), [0.4, 128.0, 3727.6].map(clock));
        assert_eq!(percent(0.892), "89.20 %");
    }

    #[test]
    fn commands_survive_a_shell() {
        assert_eq!(quoted("/runs/brave-fox/best.safetensors"), "/runs/brave-fox/best.safetensors");
        assert_eq!(quoted("/my runs/it's"), r"'/my runs/it'\''s'");
    }
}
