//! RUN-1: what calls are charged depends on what the guest asks for, not on what there is or whether it is waited for.

mod harness;

use harness::{End, Guest, OK, TestHost};
use wrt_wasi::Errno;

/// Fuel of a call that ends so.
fn fuel(g: &Guest, name: &str, args: &[u64], end: End) -> u64 {
    assert_eq!(g.call(name, args), end, "{name} {args:?}");
    g.task.usage().fuel_used
}

#[test]
fn run_1_a_buffer_is_charged_by_its_size_not_by_what_comes() {
    let g = Guest::new(TestHost::new());
    let nothing = fuel(&g, "random_get", &[0, 0], OK);
    for (bytes, units) in [(1, 1), (8, 1), (9, 2), (60_000, 7_500)] {
        assert_eq!(fuel(&g, "random_get", &[0, bytes], OK), nothing + units, "{bytes} bytes");
    }
    // A vector counts for its own 8 bytes, and for the room that it gives.
    let file = g.create("f");
    let read = |len: u32| {
        g.vectors(0x200, &[(0x5000, len), (0x6000, 0)]);
        fuel(&g, "fd_read", &[file, 0x200, 2, 0x100], OK)
    };
    let (none, some) = (read(0), read(800));
    assert_eq!(some, none + 100);
    assert_eq!(g.u32(0x100), 0, "the file is empty");
    g.write(file, &"x".repeat(1000)).expect("written");
    assert_eq!(g.call("fd_seek", &[file, 0, 0, 0x100]), OK);
    assert_eq!((read(800), g.u32(0x100)), (some, 800), "the same fuel where there is something to read");
    // An error does not make it cheaper.
    g.vectors(0x200, &[(0x5000, 800), (0x6000, 0)]);
    assert_eq!(fuel(&g, "fd_read", &[99, 0x200, 2, 0x100], End::Errno(Errno::Badf)), some);
}

#[test]
fn run_1_waiting_is_charged_once() {
    let g = Guest::new(TestHost::new());
    g.world.borrow_mut().input_open = true;
    g.vectors(0x200, &[(0x5000, 800)]);
    assert_eq!(g.call("fd_read", &[0, 0x200, 1, 0x100]), End::Waits);
    for _ in 0..3 {
        assert_eq!(g.resume(), End::Waits);
    }
    g.world.borrow_mut().input.push_back(b"late".to_vec());
    assert_eq!(g.resume(), OK);
    let waited = g.task.usage().fuel_used;
    g.world.borrow_mut().input.push_back(b"at once".to_vec());
    assert_eq!(fuel(&g, "fd_read", &[0, 0x200, 1, 0x100], OK), waited);
    // A host that blocks tries the call again by itself.
    let g = Guest::new(TestHost::new());
    g.world.borrow_mut().blocks = true;
    let sleep = |g: &Guest, nanoseconds: u64| {
        let mut subscription = vec![0; 48];
        subscription[16] = 1;
        subscription[24..32].copy_from_slice(&nanoseconds.to_le_bytes());
        g.put(0x2000, &subscription);
        fuel(g, "poll_oneoff", &[0x2000, 0x3000, 1, 0x100], OK)
    };
    assert_eq!(sleep(&g, 5000), sleep(&g, 0));
    assert_eq!(g.world.borrow().waits.len(), 1, "the first one waited, the second did not");
}

#[test]
fn run_1_arguments_and_variables_are_charged_by_their_bytes() {
    let with = |texts: &[usize]| {
        let mut host = TestHost::new();
        host.vars = texts.iter().map(|&bytes| vec![b'v'; bytes]).collect();
        host.args = host.vars.clone();
        Guest::new(host)
    };
    // A text counts for 5 bytes beside its own: 8 units for 59 and 5, and 8 bytes are a unit.
    let (none, some) = (with(&[]), with(&[59, 59, 59]));
    for name in ["args_get", "environ_get"] {
        let nothing = fuel(&none, name, &[0x200, 0x400], OK);
        assert_eq!(fuel(&some, name, &[0x200, 0x400], OK), nothing + 24, "{name}");
    }
    for name in ["args_sizes_get", "environ_sizes_get"] {
        let nothing = fuel(&none, name, &[0x200, 0x204], OK);
        assert_eq!(fuel(&some, name, &[0x200, 0x204], OK), nothing + 2, "{name}");
    }
}
