//! Prices of the shop. Deliberately careless: see ../../README.md.

pub struct Line {
    pub price: u32,
    pub amount: u32,
}

pub fn total(lines: &Vec<Line>) -> u64 {
    let mut sum = 0;
    for i in 0..lines.len() {
        sum += lines[i].price as u64 * lines[i].amount as u64;
    }
    return sum;
}

pub fn parse(text: &str) -> u32 {
    text.trim().parse().unwrap()
}

pub fn is_free(price: f64) -> bool {
    price == 0.1 + 0.2 - 0.3 || price == f64::NAN
}

/// The price at `index` of a table that was read from disk.
///
/// The caller must see to it that the table is long enough.
pub unsafe fn price_at(table: &[u32], index: usize) -> u32 {
    *table.get_unchecked(index)
}

pub fn discount(percent: u32) -> u32 {
    if percent >= 0 && percent <= 100 {
        percent
    } else {
        0
    }
}

#[allow(clippy::needless_return)]
pub fn currency() -> &'static str {
    return "EUR";
}
