//! Calls that cannot answer yet: they park the task, and are tried again.

mod harness;

use harness::{End, Guest, OK, TestHost};
use wrt_wasi::{Errno, Version};

/// A subscription to a clock.
fn clock(userdata: u64, id: u32, timeout: u64, absolute: bool) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[16..20].copy_from_slice(&id.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40] = u8::from(absolute);
    bytes
}

/// A subscription to a descriptor, to read (1) or to write (2).
fn descriptor(userdata: u64, tag: u8, fd: u32) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = tag;
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    bytes
}

struct Event {
    userdata: u64,
    error: u16,
    tag: u8,
    bytes: u64,
    flags: u16,
}

fn events(g: &Guest) -> Vec<Event> {
    let one = |k: u64| {
        let at = 0x3000 + 32 * k;
        let pair = g.get(at + 8, 3);
        let flags = g.get(at + 24, 2);
        Event {
            userdata: g.u64(at),
            error: u16::from_le_bytes([pair[0], pair[1]]),
            tag: pair[2],
            bytes: g.u64(at + 16),
            flags: u16::from_le_bytes([flags[0], flags[1]]),
        }
    };
    (0..g.u32(0x100).into()).map(one).collect()
}

fn poll(g: &Guest, subscriptions: &[Vec<u8>]) -> End {
    g.put(0x2000, &subscriptions.concat());
    g.call("poll_oneoff", &[0x2000, 0x3000, subscriptions.len() as u64, 0x100])
}

#[test]
fn wasi_1_reading_an_empty_stream_parks_the_task() {
    let g = Guest::new(TestHost::new());
    g.world.borrow_mut().input_open = true;
    assert_eq!(g.read(0, 10), Err(End::Waits));
    assert_eq!(g.world.borrow().waits, [(None, 1)]);
    assert_eq!(g.resume(), End::Waits);
    g.world.borrow_mut().input.push_back(b"late".to_vec());
    assert_eq!(g.resume(), OK);
    assert_eq!((g.u32(0x100), g.get(0x5000, 4)), (4, b"late".to_vec()));
    // Asked not to wait, it says so.
    assert_eq!(g.call("fd_fdstat_set_flags", &[0, 4]), OK);
    assert_eq!(g.read(0, 10), Err(End::Errno(Errno::Again)));
}

#[test]
fn wasi_1_sleeping_parks_the_task_until_the_time_has_come() {
    let g = Guest::new(TestHost::new());
    g.world.borrow_mut().time = 100;
    assert_eq!(poll(&g, &[clock(7, 1, 50, false), clock(8, 0, 1_000_180, true)]), End::Waits);
    assert_eq!(g.world.borrow().waits, [(Some(150), 0)]);
    g.world.borrow_mut().time = 149;
    assert_eq!(g.resume(), End::Waits, "a relative time counts from when the call was made");
    g.world.borrow_mut().time = 150;
    assert_eq!(g.resume(), OK);
    let found = events(&g);
    assert_eq!((found.len(), found[0].userdata, found[0].tag, found[0].error), (1, 7, 0, 0));
    g.world.borrow_mut().time = 200;
    assert_eq!(poll(&g, &[clock(7, 1, 50, false), clock(8, 0, 1_000_180, true)]), OK);
    assert_eq!(events(&g)[0].userdata, 8);
}

#[test]
fn wasi_1_a_host_that_blocks_answers_at_once() {
    let g = Guest::new(TestHost::new());
    g.world.borrow_mut().blocks = true;
    assert_eq!(poll(&g, &[clock(7, 1, 50, false)]), OK);
    assert_eq!(g.world.borrow().time, 50);
}

#[test]
fn wasi_1_polling_descriptors() {
    let g = Guest::new(TestHost::new());
    let fd = g.create("f") as u32;
    assert_eq!(g.write(fd.into(), "abc"), Ok(3));
    g.world.borrow_mut().input_open = true;
    let all = [
        descriptor(1, 1, 0),
        descriptor(2, 2, 1),
        descriptor(3, 1, fd),
        descriptor(4, 2, fd),
        descriptor(5, 1, 99),
        descriptor(6, 1, 3),
        clock(7, 3, 0, false),
    ];
    assert_eq!(poll(&g, &all), OK);
    let found = events(&g);
    let told: Vec<_> = found.iter().map(|e| (e.userdata, e.error, e.tag)).collect();
    let badf = Errno::Badf.number();
    assert_eq!(told, [(2, 0, 2), (3, 0, 1), (4, 0, 2), (5, badf, 1), (6, badf, 1), (7, Errno::Inval.number(), 0)]);
    assert_eq!((found[0].bytes, found[1].bytes, found[1].flags), (512, 0, 1), "the place is at the end: a hangup");
    assert_eq!(poll(&g, &[descriptor(1, 1, 0)]), End::Waits);
    assert_eq!(g.world.borrow().waits, [(None, 1)]);
    g.world.borrow_mut().input.push_back(vec![0; 9]);
    assert_eq!(g.resume(), OK);
    assert_eq!(events(&g)[0].bytes, 9);
}

#[test]
fn wasi_1_bad_polls() {
    let g = Guest::new(TestHost::new());
    assert_eq!(g.call("poll_oneoff", &[0x2000, 0x3000, 0, 0x100]), End::Errno(Errno::Inval));
    assert_eq!(poll(&g, &[descriptor(1, 3, 0)]), End::Errno(Errno::Inval));
    let fault = End::Trap(Errno::Fault as u64);
    g.put(0x2000, &clock(7, 1, 0, false));
    assert_eq!(g.call("poll_oneoff", &[0x2004, 0x3000, 1, 0x100]), fault);
    assert_eq!(g.call("poll_oneoff", &[0xfff0, 0x3000, 1, 0x100]), fault);
    assert_eq!(g.call("poll_oneoff", &[0x2000, 0xfff0, 1, 0x100]), fault);
    assert_eq!(g.call("poll_oneoff", &[0x2000, 0x3000, 0xffff_ffff, 0x100]), fault);
}

#[test]
fn wasi_1_sockets() {
    let g = Guest::new(TestHost::new());
    let listener = u64::from(g.wasi.add_socket(10).expect("a slot"));
    assert_eq!(g.call("sock_accept", &[listener, 4, 0x100]), OK);
    let fd = u64::from(g.u32(0x100));
    g.vectors(0x80, &[(0x5000, 10)]);
    assert_eq!(
        g.call("sock_recv", &[fd, 0x80, 1, 0, 0x100, 0x104]),
        End::Errno(Errno::Again),
        "it was asked not to wait"
    );
    assert_eq!(g.call("sock_recv", &[listener, 0x80, 1, 0, 0x100, 0x104]), End::Waits);
    g.world.borrow_mut().received.push_back(b"hi".to_vec());
    assert_eq!(g.resume(), OK);
    assert_eq!((g.u32(0x100), g.get(0x5000, 2)), (2, b"hi".to_vec()));
    g.world.borrow_mut().received.push_back(b"peek".to_vec());
    assert_eq!(g.call("sock_recv", &[fd, 0x80, 1, 1, 0x100, 0x104]), OK);
    assert_eq!(g.read(fd, 10), Ok(b"peek".to_vec()));
    assert_eq!(g.write(fd, "sent"), Ok(4));
    g.vectors(0x80, &[(0x4000, 4)]);
    assert_eq!(g.call("sock_send", &[fd, 0x80, 1, 0, 0x100]), OK);
    assert_eq!(g.world.borrow().sent, b"sentsent");
    assert_eq!(g.call("sock_send", &[fd, 0x80, 1, 1, 0x100]), End::Errno(Errno::Inval));
    assert_eq!(g.call("sock_shutdown", &[fd, 3]), OK);
    assert_eq!(g.call("sock_shutdown", &[fd, 4]), End::Trap(Errno::Inval as u64));
    for (name, args) in [
        ("sock_accept", vec![1, 0, 0x100]),
        ("sock_recv", vec![1, 0x80, 1, 0, 0x100, 0x104]),
        ("sock_send", vec![1, 0x80, 1, 0, 0x100]),
        ("sock_shutdown", vec![1, 1]),
    ] {
        assert_eq!(g.call(name, &args), End::Errno(Errno::Notsock), "{name}");
    }
    assert_eq!(g.call("sock_shutdown", &[50, 1]), End::Errno(Errno::Badf));
}

#[test]
fn wasi_1_a_full_table_takes_no_connection() {
    let g = Guest::with(TestHost::new(), Version::Preview1, 5);
    let listener = u64::from(g.wasi.add_socket(10).expect("a slot"));
    assert_eq!(g.call("sock_accept", &[listener, 0, 0x100]), End::Errno(Errno::Nfile));
    assert_eq!(g.wasi.add_socket(11), Err(Errno::Nfile));
}
