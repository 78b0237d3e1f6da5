//! A server's version, as far as it decides what we may do.

use std::fmt;

/// `major.minor.patch`, compared in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 9 of 9.7.4.
    pub major: u32,
    /// 7 of 9.7.4.
    pub minor: u32,
    /// 4 of 9.7.4.
    pub patch: u32,
}

impl Version {
    /// As version comments write it: 90704 for 9.7.4.
    pub fn number(&self) -> u32 {
        self.major * 10_000 + self.minor * 100 + self.patch
    }

    /// The oldest server that this tool changes tables on: the first that allows RENAME TABLE under LOCK TABLES.
    pub const OLDEST: Self = Self::new(8, 0, 13);

    /// A version from its parts.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The numbers at the beginning of `VERSION()`: `8.0.36-28-log` is 8.0.36. What is missing counts as 0.
    pub fn parse(text: &str) -> Self {
        let numbers = text
            .split(|char: char| !char.is_ascii_digit() && char != '.')
            .next()
            .unwrap_or_default();
        let mut parts = numbers.split('.').map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        Self {
            major: next(),
            minor: next(),
            patch: next(),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(Version::parse("9.7.4-2"), Version::new(9, 7, 4));
        assert_eq!(Version::parse("8.0.36-28-log"), Version::new(8, 0, 36));
        assert_eq!(
            Version::parse("10.11.6-MariaDB-0+deb12u1"),
            Version::new(10, 11, 6)
        );
        assert!(Version::parse("8.0.9") < Version::OLDEST && Version::parse("8.0.13") >= Version::OLDEST);
        assert_eq!(Version::parse(""), Version::new(0, 0, 0));
    }
}
