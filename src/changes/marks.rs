//! Marks: rows that we commit into our changelog table and see come back in the binlog.
//!
//! The server sends a transaction to binlog readers before the engine makes it visible, and engine commits happen in
//! binlog order. So when the commit of a mark has *returned*, everything before it in the log is visible; and when the
//! mark has been *seen* in the stream, everything before it in the log has been delivered. Only both together say:
//! what was delivered is visible.

use std::collections::BTreeSet;

/// A mark's number; they are begun in ascending order, and 0 stands before all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark(pub u64);

impl Mark {
    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What is known of the marks so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Marks {
    begun: Mark,
    last_returned: Mark,
    last_seen: Mark,
    fenced: Mark,
    /// Returned, and not yet seen in the stream.
    only_returned: BTreeSet<Mark>,
    /// Seen in the stream, and not yet returned. A mark whose session was lost stays here until a later one is fenced.
    only_seen: BTreeSet<Mark>,
}

impl Marks {
    pub(super) fn begin(&mut self) -> Mark {
        self.begun = self.begun.next();
        self.begun
    }

    pub(super) fn returned(&mut self, mark: Mark) {
        self.last_returned = self.last_returned.max(mark);
        if self.only_seen.contains(&mark) {
            self.fence(mark);
        } else if mark > self.fenced {
            self.only_returned.insert(mark);
        }
    }

    /// A mark that is not news (the stream went back and reads an old stretch again, or a statement of a lost session
    /// came late) is passed over: the keys behind which it stands now are not those it stood behind.
    pub(super) fn seen(&mut self, mark: Mark) {
        if mark <= self.last_seen || mark > self.begun {
            return;
        }
        self.last_seen = mark;
        if self.only_returned.contains(&mark) {
            self.fence(mark);
        } else {
            self.only_seen.insert(mark);
        }
    }

    fn fence(&mut self, mark: Mark) {
        self.fenced = self.fenced.max(mark);
        let fenced = self.fenced;
        self.only_returned.retain(|other| *other > fenced);
        self.only_seen.retain(|other| *other > fenced);
    }

    /// The last mark that was begun.
    pub(super) fn begun(&self) -> Mark {
        self.begun
    }

    /// The mark that will be begun next.
    pub(super) fn next(&self) -> Mark {
        self.begun.next()
    }

    pub(super) fn last_returned(&self) -> Mark {
        self.last_returned
    }

    /// The first mark that can still come by behind what has been delivered until now.
    pub(super) fn behind_stream(&self) -> Mark {
        self.last_seen.next()
    }

    /// The highest mark that has both returned and been seen.
    pub(super) fn fenced(&self) -> Mark {
        self.fenced
    }
}
