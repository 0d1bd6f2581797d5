//! Which of many things belong together.

/// For each place its representative, the lowest place of its group. All begin alone.
pub(crate) struct Groups(Vec<u32>);

impl Groups {
    /// So many places, each a group of its own.
    pub(crate) fn of(count: usize) -> Groups {
        Groups((0u32..).take(count).collect())
    }

    /// The lowest place of the group.
    pub(crate) fn root(&mut self, mut of: u32) -> u32 {
        while self.0[of as usize] != of {
            let up = self.0[self.0[of as usize] as usize];
            self.0[of as usize] = up;
            of = up;
        }
        of
    }

    /// Makes one group of two.
    pub(crate) fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize] = a.min(b);
    }

    /// How many groups there are.
    pub(crate) fn count(&self) -> usize {
        (0u32..).zip(&self.0).filter(|(place, parent)| place == *parent).count()
    }
}
