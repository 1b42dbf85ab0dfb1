//! Where the programs and guests lie, and what a host must give them to run.
