//! A document that never becomes longer than a platform takes.

/// A document and what may still be added to it, in UTF-16 code units: the largest of the counts that platforms use.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    left: usize,
    kept: usize,
    /// Whether something of this part was left out and nobody said so yet.
    lacks: bool,
}

/// What a part needs to say what it left out and to close what it opened.
const CLOSING: usize = 500;

impl Page {
    pub(super) fn new(limit: usize) -> Page {
        Page { text: String::new(), left: limit, kept: 0, lacks: false }
    }

    /// Keeps so much for what comes behind the part that is written now, and lets that part use at most `most`.
    pub(super) fn begin(&mut self, kept: usize, most: usize) {
        self.kept = kept.max(self.left.saturating_sub(most)) + CLOSING;
    }

    /// Adds a whole block, unless that would leave too little for what comes behind it; [`Page::end`] says that then.
    pub(super) fn add(&mut self, block: &str) -> bool {
        let fits = self.within(block, self.kept);
        self.lacks |= !fits;
        fits
    }

    /// Adds what ends a part, for which there is room whatever else was added.
    pub(super) fn close(&mut self, block: &str) {
        self.within(block, self.kept.saturating_sub(CLOSING));
    }

    /// Ends a part: if something was left out, and nobody said so, `block` does.
    pub(super) fn end(&mut self, block: &str) {
        if self.lacks {
            self.close(block);
            self.lacks = false;
        }
    }

    /// Adds the blocks that there is room for, at most so many; gives how many of them are left out, which the caller says.
    pub(super) fn list(&mut self, blocks: impl ExactSizeIterator<Item = String>, most: usize) -> usize {
        let count = blocks.len();
        let added = blocks.take(most).take_while(|block| self.within(block, self.kept)).count();
        count - added
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn within(&mut self, block: &str, kept: usize) -> bool {
        let units = block.encode_utf16().count();
        let fits = self.left.checked_sub(kept).is_some_and(|room| units <= room);
        if fits {
            self.left -= units;
            self.text.push_str(block);
        }
        fits
    }
}
