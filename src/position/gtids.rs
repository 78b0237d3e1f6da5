//! Sets of transactions, as `gtid_executed` writes them.

use std::collections::BTreeMap;
use std::fmt;

/// Transactions by their GTIDs. Numbers of one source are kept as ranges, so that a set stays as small as its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gtids {
    /// By source, `uuid` or `uuid:tag` in lower case: ranges `first..=last`, in order, none touching another.
    sources: BTreeMap<String, Vec<(u64, u64)>>,
}

impl Gtids {
    /// Reads `uuid:1-5:7,uuid:tag:1-3`; white space does not matter. The error says which part is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut set = Self::default();
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            set.read(part).ok_or_else(|| format!("{part:?} is no GTID set"))?;
        }
        Ok(set)
    }

    /// `uuid:1-5:7:tag:1-3`: what follows a tag belongs to it.
    fn read(&mut self, part: &str) -> Option<()> {
        let (uuid, rest) = part.split_once(':')?;
        let uuid = uuid.to_ascii_lowercase();
        let mut source = uuid.clone();
        for item in rest.split(':') {
            if item.starts_with(|c: char| c.is_ascii_digit()) {
                let (first, last) = item.split_once('-').unwrap_or((item, item));
                let (first, last) = (first.parse().ok()?, last.parse().ok()?);
                self.put(&source, first, last).then_some(())?;
            } else {
                source = format!("{uuid}:{}", item.to_ascii_lowercase());
            }
        }
        Some(())
    }

    /// One more transaction.
    pub fn add(&mut self, source: &str, number: u64) {
        self.put(source, number, number);
    }

    fn put(&mut self, source: &str, first: u64, last: u64) -> bool {
        if first == 0 || last < first {
            return false;
        }
        // Nearly always the next one of a source that is known.
        if let Some(end) = self.sources.get_mut(source).and_then(|ranges| ranges.last_mut())
            && end.1.checked_add(1) == Some(first)
        {
            end.1 = last;
            return true;
        }
        let ranges = self.sources.entry(source.to_owned()).or_default();
        let at = ranges.partition_point(|range| range.0 < first);
        ranges.insert(at, (first, last));
        *ranges = joined(ranges);
        true
    }

    /// The transactions of a source before `number` that are not in the set.
    pub fn missing_before(&self, source: &str, number: u64) -> Self {
        let mut missing = Self::default();
        let mut next = 1;
        let ranges = self.sources.get(source).map(Vec::as_slice).unwrap_or_default();
        for (first, last) in ranges.iter().take_while(|range| range.0 < number) {
            missing.put(source, next, first.saturating_sub(1));
            next = last.saturating_add(1);
        }
        missing.put(source, next, number.saturating_sub(1));
        missing
    }

    /// No transaction at all.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// One text a source: `uuid:1-5:7`.
    pub fn by_source(&self) -> impl Iterator<Item = String> {
        self.sources.iter().map(|(source, ranges)| {
            let ranges: Vec<String> = ranges.iter().copied().map(range).collect();
            format!("{source}:{}", ranges.join(":"))
        })
    }
}

fn range((first, last): (u64, u64)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// Ranges in order become ranges that do not touch.
fn joined(ranges: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges.iter().copied() {
        match joined.last_mut() {
            Some(end) if first <= end.1.saturating_add(1) => end.1 = end.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

impl fmt::Display for Gtids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.by_source().collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

    #[test]
    fn sets_are_read_and_written_alike() {
        for text in [
            String::new(),
            format!("{A}:1-5:7"),
            format!("{A}:1,{A}:blue:1-3:9"),
        ] {
            assert_eq!(Gtids::parse(&text).unwrap().to_string(), text);
        }
        let grouped = Gtids::parse(&format!("{}:1-3:blue:2,\n{A}:4", A.to_uppercase())).unwrap();
        assert_eq!(grouped.to_string(), format!("{A}:1-4,{A}:blue:2"));
        for wrong in ["x", &format!("{A}:5-3"), &format!("{A}:0"), &format!("{A}:1-x")] {
            assert!(Gtids::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_come_in_any_order() {
        let mut set = Gtids::default();
        for number in [5, 1, 2, 9, 4, 3, 5] {
            set.add(A, number);
        }
        assert_eq!(set.to_string(), format!("{A}:1-5:9"));
    }

    #[test]
    fn what_is_missing_before_a_number() {
        let set = Gtids::parse(&format!("{A}:2-5:7-9")).unwrap();
        let missing = |number| set.missing_before(A, number).to_string();
        assert_eq!(missing(1), "");
        assert_eq!(missing(4), format!("{A}:1"));
        assert_eq!(missing(9), format!("{A}:1:6"));
        assert_eq!(missing(12), format!("{A}:1:6:10-11"));
        assert!(
            Gtids::parse(&format!("{A}:1-9"))
                .unwrap()
                .missing_before(A, 10)
                .is_empty()
        );
    }
}
