//! Generates the executor's operations from the one table.
fn main() {}
