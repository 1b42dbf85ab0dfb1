//! Ways out of a directory that was granted: each of them is closed.
#![cfg(feature = "wasi")]

mod wasi_guest;

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Instant;
use wasi_guest::{End, Guest, OK, Place};
use wrt_host::wasi::{Access, Wasi};
use wrt_wasi::Errno;

const CREATE: u64 = 1;
const TRUNCATE: u64 = 8;
const READ: u64 = 2;
const WRITE: u64 = 64;

/// Tries a path in everything that takes one; none of it may go well.
fn nothing_reaches(g: &Guest, path: &str) {
    for (oflags, rights) in [(0, READ), (CREATE, WRITE), (TRUNCATE, WRITE), (2, READ)] {
        let opened = g.open(3, path, oflags, rights);
        assert!(opened.is_err(), "{path} is opened with {oflags}");
    }
    let names = [
        "path_create_directory",
        "path_filestat_get",
        "path_filestat_set_times",
        "path_readlink",
        "path_remove_directory",
        "path_unlink_file",
    ];
    for name in names {
        assert_ne!(g.at(name, path), OK, "{name} {path}");
    }
    for name in ["path_link", "path_rename"] {
        assert_ne!(g.two(name, path, "taken"), OK, "{name} from {path}");
        assert_ne!(g.two(name, "own", path), OK, "{name} to {path}");
    }
    assert_ne!(g.two("path_symlink", "own", path), OK, "a link at {path}");
}

fn check(paths: &[&str]) {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    for path in paths {
        nothing_reaches(&g, path);
    }
    assert!(place.is_untouched());
    // What is beneath is reached, so that the test would see it.
    let fd = g.open(3, "sub/../own", 0, READ).expect("its own file");
    assert_eq!(g.read(fd), Ok(b"own".to_vec()));
}

#[test]
fn wasi_4_dot_dot_does_not_escape() {
    check(&[
        "../secret",
        "sub/../../secret",
        "./../outside/secret",
        "sub/./../../outside",
        "..",
        "sub/../..",
        "../new",
    ]);
}

#[test]
fn wasi_4_dot_dot_that_comes_back_does_not_escape() {
    check(&["../granted/own", "sub/../../granted/sub/new"]);
}

#[test]
fn wasi_4_absolute_paths_do_not_escape() {
    check(&["/", "/etc/passwd", "//etc/passwd", "/proc/self/root/etc/passwd", "/tmp"]);
}

#[test]
fn wasi_4_proc_does_not_escape() {
    let place = Place::new();
    symlink("/proc/self/root", place.at("granted/root")).expect("a link");
    symlink("/proc/self/cwd", place.at("granted/cwd")).expect("a link");
    symlink("/proc/self/fd/0", place.at("granted/stdin")).expect("a link");
    let g = Guest::of(&place, Access::ReadWrite);
    for path in ["root/etc/passwd", "cwd/Cargo.toml", "root/", "cwd/"] {
        nothing_reaches(&g, path);
    }
    assert_eq!(g.open(3, "stdin", 0, READ), Err(End::Errno(Errno::Perm)));
}

#[test]
fn wasi_4_links_of_the_host_do_not_escape() {
    let place = Place::new();
    symlink("../secret", place.at("granted/up")).expect("a link");
    symlink(place.at("outside"), place.at("granted/abs")).expect("a link");
    symlink("sub/../../outside", place.at("granted/around")).expect("a link");
    symlink("up", place.at("granted/twice")).expect("a link");
    let g = Guest::of(&place, Access::ReadWrite);
    for path in ["abs/secret", "around/secret", "abs/new", "abs/", "around/.."] {
        nothing_reaches(&g, path);
    }
    for path in ["up", "twice", "abs", "around"] {
        assert_eq!(g.open(3, path, 0, READ), Err(End::Errno(Errno::Perm)), "{path}");
        assert!(g.open(3, path, CREATE | TRUNCATE, WRITE).is_err(), "{path}");
        assert_eq!(g.at("path_filestat_get", path), End::Errno(Errno::Perm), "{path}");
        assert_ne!(g.at("path_filestat_set_times", path), OK, "{path}");
    }
    // What an absolute link says is not told either.
    assert_eq!(g.at("path_readlink", "abs"), End::Errno(Errno::Perm));
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_links_of_the_guest_do_not_escape() {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    assert_eq!(g.two("path_symlink", "/etc/passwd", "abs"), End::Errno(Errno::Perm));
    assert_eq!(g.two("path_symlink", "..", "up"), OK, "only following it would lead out");
    assert_eq!(g.two("path_symlink", "up", "sub/over"), OK);
    for path in ["up/secret", "sub/../up/secret", "up/outside/new", "up/"] {
        nothing_reaches(&g, path);
    }
    assert_eq!(g.open(3, "up", 2, READ), Err(End::Errno(Errno::Perm)));
    // Moved into a directory, it would lead to another place, which is beneath.
    assert_eq!(g.two("path_rename", "up", "sub/up"), OK);
    let fd = g.open(3, "sub/up/own", 0, READ).expect("beneath");
    assert_eq!(g.read(fd), Ok(b"own".to_vec()));
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_links_in_a_circle_end() {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    assert_eq!(g.two("path_symlink", "b", "a"), OK);
    assert_eq!(g.two("path_symlink", "a", "b"), OK);
    assert_eq!(g.open(3, "a", 0, READ), Err(End::Errno(Errno::Loop)));
    assert_eq!(g.open(3, "a/x", CREATE, WRITE), Err(End::Errno(Errno::Loop)));
}

#[test]
fn wasi_4_hard_links_do_not_escape() {
    let place = Place::new();
    symlink("../secret", place.at("granted/up")).expect("a link");
    let g = Guest::of(&place, Access::ReadWrite);
    for (from, to) in [("../secret", "taken"), ("own", "../given"), ("sub/../../secret", "taken"), ("/etc/passwd", "p")]
    {
        assert_ne!(g.two("path_link", from, to), OK, "{from} to {to}");
    }
    // The link itself gets another name, and leads out under that one as little.
    assert_eq!(g.two("path_link", "up", "also"), OK);
    assert_eq!(g.open(3, "also", 0, READ), Err(End::Errno(Errno::Perm)));
    g.put(0x4000, b"up");
    g.put(0x8000, b"followed");
    assert_eq!(g.call("path_link", &[3, 1, 0x4000, 2, 3, 0x8000, 8]), End::Errno(Errno::Inval));
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_renaming_over_things_does_not_escape() {
    let place = Place::new();
    symlink("../outside", place.at("granted/out")).expect("a link");
    let g = Guest::of(&place, Access::ReadWrite);
    assert_ne!(g.two("path_rename", "own", "out/secret"), OK);
    assert_ne!(g.two("path_rename", "out/secret", "taken"), OK);
    assert_ne!(g.two("path_rename", "own", "../secret"), OK);
    assert_ne!(g.two("path_rename", ".", "../moved"), OK);
    // Over the link: the link goes, not what it leads to.
    assert_eq!(g.two("path_rename", "own", "out"), OK);
    assert!(place.is_untouched());
    assert_eq!(fs::read(place.at("granted/out")).expect("a file"), b"own");
}

#[test]
fn wasi_4_a_link_that_is_swapped_meanwhile_does_not_escape() {
    let place = Place::new();
    fs::write(place.at("granted/sub/secret"), "mine").expect("a file");
    fs::create_dir(place.at("granted/real")).expect("a directory");
    fs::write(place.at("granted/real/secret"), "mine").expect("a file");
    symlink("../outside", place.at("granted/evil")).expect("a link");
    let stop = AtomicBool::new(false);
    let (mut mine, mut others) = (0u32, 0u32);
    std::thread::scope(|scope| {
        // `swap` is a directory and a link to the outside in turn.
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = fs::rename(place.at("granted/real"), place.at("granted/swap"));
                let _ = fs::rename(place.at("granted/swap"), place.at("granted/real"));
                let _ = fs::rename(place.at("granted/evil"), place.at("granted/swap"));
                let _ = fs::rename(place.at("granted/swap"), place.at("granted/evil"));
            }
        });
        let g = Guest::of(&place, Access::ReadWrite);
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            match g.open(3, "swap/secret", 0, READ) {
                Ok(fd) => {
                    assert_eq!(g.read(fd), Ok(b"mine".to_vec()));
                    assert_eq!(g.call("fd_close", &[fd]), OK);
                    mine += 1;
                }
                Err(_) => others += 1,
            }
            let _ = g.open(3, "swap/made", CREATE, WRITE).map(|fd| g.call("fd_close", &[fd]));
            assert_ne!(g.two("path_rename", "swap/secret", "swap/../../secret"), OK);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(place.is_untouched());
    assert!(mine > 0 && others > 0, "{mine} and {others}: the race did not happen");
}

#[test]
fn wasi_4_a_directory_that_is_moved_away_does_not_escape() {
    let place = Place::new();
    fs::create_dir(place.at("granted/sub/deep")).expect("a directory");
    let g = Guest::of(&place, Access::ReadWrite);
    let deep = g.open(3, "sub/deep", 2, READ).expect("opens");
    // The host moves it out; `..` from there would be the outside.
    fs::rename(place.at("granted/sub/deep"), place.at("granted/deep")).expect("moves");
    for path in ["..", "../own", "../../secret"] {
        assert!(g.open(deep, path, 0, READ).is_err(), "{path} from a directory that was opened");
    }
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_a_granted_directory_is_the_one_that_was_opened() {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    fs::rename(place.granted(), place.at("before")).expect("moves");
    symlink(place.at("outside"), place.granted()).expect("a link");
    let fd = g.open(3, "own", 0, READ).expect("the directory that was granted");
    assert_eq!(g.read(fd), Ok(b"own".to_vec()));
    assert_eq!(g.open(3, "secret", 0, READ), Err(End::Errno(Errno::Noent)));
}

#[test]
fn wasi_4_slashes_at_the_end() {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    for path in ["own/", "own/.", "own/.."] {
        assert!(g.open(3, path, 0, READ).is_err(), "{path}");
        assert_ne!(g.at("path_unlink_file", path), OK, "{path}");
        assert_ne!(g.at("path_filestat_get", path), OK, "{path}");
        assert_ne!(g.two("path_rename", path, "new"), OK, "{path}");
        assert_ne!(g.two("path_rename", "own", "new/"), OK);
    }
    assert!(g.open(3, "new/", CREATE, WRITE).is_err());
    assert_eq!(g.at("path_create_directory", "dir/"), OK);
    assert_eq!(g.at("path_remove_directory", "dir"), OK);
}

#[test]
fn wasi_4_strange_names() {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    assert_eq!(g.open(3, "", 0, READ), Err(End::Errno(Errno::Noent)));
    assert_eq!(g.open(3, "own\0/../../secret", 0, READ), Err(End::Errno(Errno::Inval)));
    assert_eq!(g.open(3, &"n".repeat(256), CREATE, WRITE), Err(End::Errno(Errno::Nametoolong)));
    let long = "sub/../".repeat(700) + "own";
    assert!(g.open(3, &long, 0, READ).is_err_and(|end| end == End::Errno(Errno::Nametoolong)));
    for name in ["...", "..own", "a\\b", "own:x", " ", "ü", "a\nb"] {
        let fd = g.open(3, name, CREATE, WRITE).expect("a name like others");
        assert_eq!(g.call("fd_close", &[fd]), OK);
        assert!(place.granted().join(name).is_file());
    }
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_descriptors_that_are_used_again_keep_nothing() {
    let place = Place::new();
    let builder = Wasi::builder()
        .directory(&place.granted(), "/rw", Access::ReadWrite)
        .and_then(|b| b.directory(&place.at("outside"), "/ro", Access::ReadOnly))
        .expect("opens");
    let g = Guest::new(builder);
    let own = g.open(3, "own", 0, READ | WRITE).expect("opens");
    assert_eq!(g.call("fd_close", &[own]), OK);
    let secret = g.open(4, "secret", 0, READ).expect("may be read");
    assert_eq!(secret, own, "the same number");
    assert_eq!(g.write(secret, "x"), End::Errno(Errno::Badf));
    // The number of the directory that may be written, for the one that may not.
    assert_eq!(g.call("fd_renumber", &[4, 3]), OK);
    assert_eq!(g.open(3, "secret", 0, WRITE), Err(End::Errno(Errno::Perm)));
    assert_eq!(g.open(3, "new", CREATE, WRITE), Err(End::Errno(Errno::Perm)));
    assert!(place.is_untouched());
}

#[test]
fn wasi_4_closed_directories_stay_closed() {
    let place = Place::new();
    let g = Guest::of(&place, Access::ReadWrite);
    let sub = g.open(3, "sub", 2, READ).expect("opens");
    assert_eq!(g.call("fd_close", &[3]), OK);
    assert_eq!(g.open(3, "own", 0, READ), Err(End::Errno(Errno::Badf)));
    assert_eq!(g.call("fd_prestat_get", &[3, 0x100]), End::Errno(Errno::Badf));
    assert!(g.open(sub, "../own", 0, READ).is_err(), "what was above is gone");
}

#[test]
fn wasi_4_what_may_only_be_read_is_not_changed() {
    let place = Place::new();
    symlink("own", place.at("granted/link")).expect("a link");
    let g = Guest::of(&place, Access::ReadOnly);
    let perm = End::Errno(Errno::Perm);
    for (oflags, rights) in [(CREATE, READ), (TRUNCATE, READ), (0, WRITE), (0, READ | WRITE), (CREATE | 4, READ)] {
        assert_eq!(g.open(3, "own", oflags, rights), Err(perm));
        assert_eq!(g.open(3, "sub/new", oflags, rights), Err(perm));
    }
    for name in ["path_create_directory", "path_filestat_set_times", "path_remove_directory", "path_unlink_file"] {
        assert_eq!(g.at(name, "sub"), perm, "{name}");
    }
    for name in ["path_link", "path_rename", "path_symlink"] {
        assert_eq!(g.two(name, "own", "new"), perm, "{name}");
    }
    let fd = g.open(3, "own", 0, READ).expect("may be read");
    assert_eq!(g.call("fd_filestat_set_size", &[fd, 0]), perm);
    assert_eq!(g.call("fd_filestat_set_times", &[fd, 1, 2, 5]), perm);
    assert_eq!(g.call("fd_filestat_set_times", &[3, 1, 2, 5]), perm);
    assert_eq!(g.write(fd, "x"), End::Errno(Errno::Badf));
    let sub = g.open(3, "sub", 2, READ).expect("may be read");
    assert_eq!(g.open(sub, "new", CREATE, WRITE), Err(perm), "a directory beneath is as the one above");
    assert_eq!(g.read(fd), Ok(b"own".to_vec()));
    assert_eq!(fs::read_dir(place.granted()).expect("readable").count(), 3);
}
