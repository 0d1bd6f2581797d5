//! Work for several threads. Where the system gives no thread (a limit on processes), the work is done all the same, by fewer.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder};

/// How many threads can work at a time.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Whether the system gives a thread, now.
pub(crate) fn is_possible() -> bool {
    Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok())
}

/// Runs `work` on this thread and on up to `others` more, until it has returned on all of them.
pub(crate) fn together(others: usize, work: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 0..others {
            if Builder::new().spawn_scoped(scope, &work).is_err() {
                break;
            }
        }
        work();
    });
}

/// What `work` makes of each item, in their order. Each item is begun as soon as a thread is free for it.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let others = items.len().saturating_sub(1);
    let waiting = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    together(others, || {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((place, item)) = next else { break };
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What both give: `aside` on a thread of its own, `here` on this one. Nothing of a thread that ended early.
pub(crate) fn both<A: Send, B>(aside: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (Option<A>, B) {
    let waiting = Mutex::new(Some(aside));
    let work = || {
        let work = waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        work.map(|work| work())
    };
    thread::scope(|scope| {
        let thread = Builder::new().spawn_scoped(scope, work);
        let here = here();
        match thread {
            Ok(thread) => (thread.join().ok().flatten(), here),
            Err(_) => (work(), here),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_has_its_result_in_its_place() {
        for count in [0, 1, 2, 50] {
            let doubled = each((0..count).collect(), |number: u32| 2 * number);
            assert_eq!(doubled, (0..count).map(|number| 2 * number).collect::<Vec<_>>());
        }
    }

    #[test]
    fn both_give_what_they_give() {
        assert_eq!(both(|| 1, || "here"), (Some(1), "here"));
    }
}
