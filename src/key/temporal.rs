//! DATE, TIME, DATETIME and TIMESTAMP: the server's stored forms, from text and to parts.
//!
//! The stored forms (big-endian, an offset for what can be negative, the fraction in as few bytes as its digits need)
//! compare as bytes. Zero and incomplete dates are values like others.

use super::codec::{get_uint, put_uint};

/// A date and a time of day, any of whose parts may be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
    pub micros: u64,
}

/// A TIME: sign and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub negative: bool,
    pub hours: u64,
    pub minutes: u64,
    pub seconds: u64,
    pub micros: u64,
}

impl Moment {
    /// Reads `YYYY-MM-DD`, alone or with ` hh:mm:ss` and a fraction.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (date, time) = match text.split_once(' ') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let [year, month, day] = three(date, '-')?;
        let mut moment = Self {
            year,
            month,
            day,
            ..Self::default()
        };
        if let Some(time) = time {
            let (clock, micros) = split_fraction(time)?;
            [moment.hour, moment.minute, moment.second] = three(clock, ':')?;
            moment.micros = micros;
        }
        moment.possible().then_some(moment)
    }

    fn possible(&self) -> bool {
        self.year <= 9999
            && self.month <= 12
            && self.day <= 31
            && self.hour <= 23
            && self.minute <= 59
            && self.second <= 59
    }

    /// A day that the calendar has, which every `sql_mode` accepts.
    pub(super) fn on_calendar(&self) -> bool {
        (1..=month_days(self.year, self.month)).contains(&self.day)
    }

    /// `YYYYMMDD`, the number that the server takes for a date.
    pub(super) fn date_number(&self) -> u64 {
        (self.year * 100 + self.month) * 100 + self.day
    }

    /// `hhmmss`.
    pub(super) fn time_number(&self) -> u64 {
        (self.hour * 100 + self.minute) * 100 + self.second
    }

    /// A day with parts left zero that a number can name under every `sql_mode`.
    pub(super) fn incomplete(&self) -> bool {
        (self.month == 0 || self.day == 0) && self.micros == 0 && self.year >= 1000
    }

    /// DATE, three bytes.
    pub(super) fn put_date(&self, out: &mut Vec<u8>) {
        put_uint(out, self.year << 9 | self.month << 5 | self.day, 3);
    }

    /// The date in DATE's three bytes.
    pub(super) fn of_date(stored: &[u8]) -> Self {
        let packed = get_uint(stored);
        Self {
            year: packed >> 9,
            month: packed >> 5 & 15,
            day: packed & 31,
            ..Self::default()
        }
    }

    /// DATETIME(fsp), five bytes and the fraction.
    pub(super) fn put_datetime(&self, out: &mut Vec<u8>, fsp: usize) -> Option<()> {
        let days = (self.year * 13 + self.month) << 5 | self.day;
        let clock = self.hour << 12 | self.minute << 6 | self.second;
        put_uint(out, 0x80_0000_0000 | days << 17 | clock, 5);
        put_fraction(out, self.micros, fsp)
    }

    /// The moment in DATETIME's bytes.
    pub(super) fn of_datetime(stored: &[u8]) -> Option<Self> {
        let (whole, fraction) = stored.split_at_checked(5)?;
        let packed = get_uint(whole) & 0x7f_ffff_ffff;
        let (days, clock) = (packed >> 17, packed & 0x1_ffff);
        Some(Self {
            year: (days >> 5) / 13,
            month: (days >> 5) % 13,
            day: days & 31,
            hour: clock >> 12,
            minute: clock >> 6 & 63,
            second: clock & 63,
            micros: get_fraction(fraction),
        })
    }

    /// The moment, in UTC, in TIMESTAMP's bytes; second 0 is the zero date.
    pub(super) fn of_timestamp(stored: &[u8]) -> Option<Self> {
        let (whole, fraction) = stored.split_at_checked(4)?;
        let (seconds, micros) = (get_uint(whole), get_fraction(fraction));
        if seconds == 0 {
            return Some(Self {
                micros,
                ..Self::default()
            });
        }
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            micros,
        })
    }

    /// `YYYY-MM-DD`.
    pub(super) fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `YYYY-MM-DD hh:mm:ss` and the fraction's digits.
    pub(super) fn datetime(&self, fsp: usize) -> String {
        let fraction = fraction_text(self.micros, fsp);
        format!(
            "{} {:02}:{:02}:{:02}{fraction}",
            self.date(),
            self.hour,
            self.minute,
            self.second
        )
    }
}

impl Span {
    /// Reads `[-]hhh:mm:ss` with a fraction.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (clock, micros) = split_fraction(text)?;
        let [hours, minutes, seconds] = three(clock, ':')?;
        let possible = hours <= 838 && minutes <= 59 && seconds <= 59;
        possible.then_some(Self {
            negative,
            hours,
            minutes,
            seconds,
            micros,
        })
    }

    /// TIME(fsp), three bytes and the fraction.
    pub(super) fn put(&self, out: &mut Vec<u8>, fsp: usize) -> Option<()> {
        exact(self.micros, fsp)?;
        let size = (self.hours << 12 | self.minutes << 6 | self.seconds) << 24 | self.fraction_units(fsp);
        let signed = if self.negative {
            ZERO_TIME.wrapping_sub(size)
        } else {
            ZERO_TIME.wrapping_add(size)
        };
        // The fraction is a field of its own, as wide as its digits need, and takes part in the sign.
        put_uint(out, signed >> 24, 3);
        put_uint(out, signed, fsp.div_ceil(2));
        Some(())
    }

    /// The span in TIME's bytes.
    pub(super) fn of(stored: &[u8]) -> Option<Self> {
        let (whole, fraction) = stored.split_at_checked(3)?;
        let borrowed = fraction_carry(fraction.len());
        let mut signed = (get_uint(whole) << 24 | get_uint(fraction)).cast_signed() - ZERO_TIME.cast_signed();
        if signed < 0 && get_uint(fraction) > 0 {
            // The server kept only the low bytes of a negative fraction: put the high ones back.
            signed += borrowed.cast_signed();
        }
        let size = signed.unsigned_abs();
        let (clock, units) = (size >> 24, size & 0xff_ffff);
        let micros = units * unit(fraction.len());
        Some(Self {
            negative: signed < 0,
            hours: clock >> 12,
            minutes: clock >> 6 & 63,
            seconds: clock & 63,
            micros,
        })
    }

    fn fraction_units(&self, fsp: usize) -> u64 {
        self.micros / unit(fsp.div_ceil(2))
    }

    /// `[-]hh:mm:ss` and the fraction's digits.
    pub(super) fn text(&self, fsp: usize) -> String {
        let sign = if self.negative { "-" } else { "" };
        let fraction = fraction_text(self.micros, fsp);
        format!(
            "{sign}{:02}:{:02}:{:02}{fraction}",
            self.hours, self.minutes, self.seconds
        )
    }
}

/// TIME '00:00:00', in units of which a second has 2^24.
const ZERO_TIME: u64 = 0x80_0000 << 24;

/// The bits between a fraction of so many bytes and a full one of three.
fn fraction_carry(bytes: usize) -> u64 {
    0x100_0000 - 1_u64.checked_shl(8 * bytes as u32).unwrap_or(0).min(0x100_0000)
}

/// Microseconds in a unit of a fraction of so many bytes: two digits a byte.
fn unit(bytes: usize) -> u64 {
    match bytes {
        0 => 1_000_000,
        1 => 10_000,
        2 => 100,
        _ => 1,
    }
}

/// TIMESTAMP(fsp): Unix seconds and a fraction, from the text of UNIX_TIMESTAMP().
pub(super) fn put_timestamp(out: &mut Vec<u8>, text: &[u8], fsp: usize) -> Option<()> {
    let text = std::str::from_utf8(text).ok()?;
    let (seconds, micros) = split_fraction(text)?;
    put_uint(out, u64::from(u32::try_from(digits(seconds)?).ok()?), 4);
    put_fraction(out, micros, fsp)
}

/// `None` for a fraction with more digits than the column has.
fn put_fraction(out: &mut Vec<u8>, micros: u64, fsp: usize) -> Option<()> {
    exact(micros, fsp)?;
    let bytes = fsp.div_ceil(2);
    put_uint(out, micros / unit(bytes), bytes);
    Some(())
}

fn exact(micros: u64, fsp: usize) -> Option<()> {
    let grain = 10_u64.pow(6_u32.saturating_sub(u32::try_from(fsp).ok()?));
    micros.is_multiple_of(grain).then_some(())
}

fn get_fraction(field: &[u8]) -> u64 {
    get_uint(field) * unit(field.len())
}

/// `.` and the first `fsp` digits of six, nothing where there are none.
fn fraction_text(micros: u64, fsp: usize) -> String {
    if fsp == 0 {
        return String::new();
    }
    let mut text = format!(".{micros:06}");
    text.truncate(1 + fsp);
    text
}

/// What stands before the point, and the fraction after it in microseconds.
fn split_fraction(text: &str) -> Option<(&str, u64)> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return Some((text, 0));
    };
    let scale = 6_u32.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    Some((whole, digits(fraction)? * 10_u64.pow(scale)))
}

fn three(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut fields = text.split(separator).map(digits);
    let three = [fields.next()??, fields.next()??, fields.next()??];
    fields.next().is_none().then_some(three)
}

/// A short number of digits only (`parse` alone would take a sign).
fn digits(text: &str) -> Option<u64> {
    let only_digits = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok()).flatten()
}

/// The day so many days after 1970-01-01.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    while days >= year_days(year) {
        days -= year_days(year);
        year += 1;
    }
    let mut month = 1;
    while days >= month_days(year, month) && month < 12 {
        days -= month_days(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

fn year_days(year: u64) -> u64 {
    if leap(year) { 366 } else { 365 }
}

/// 0 for a month that is none.
fn month_days(year: u64, month: u64) -> u64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

fn leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}
