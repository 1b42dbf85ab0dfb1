//! Nothing but the place where the mocks are built: each file of `c/` becomes a static library that the
//! test of the same name links, so that two systems' `getrlimit` do not meet.
