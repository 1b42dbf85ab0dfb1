//! Linux against trees of files: made here as systems document them, written to a directory of their own,
//! and this machine's own.
//!
//! What is expected is computed from the tree by other means where there are any: the least of all numbers
//! that the tree's own limit files hold, for the groups that the process is in.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use wrt_platform::linux::{self, Files};
use wrt_platform::{Found, Offer};

/// Files below a directory that stands for the root.
struct Below(PathBuf);

impl Files for Below {
    type File = File;
    fn open(&mut self, path: &[u8]) -> Option<File> {
        let path = path.strip_prefix(b"/")?;
        File::open(self.0.join(std::ffi::OsStr::from_bytes(path))).ok()
    }
    fn read(&mut self, file: &mut File, buffer: &mut [u8]) -> Option<usize> {
        file.read(buffer).ok()
    }
}

/// A tree of files that is removed in the end.
struct Tree(PathBuf);

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max data size             unlimited            unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max address space         unlimited            unlimited            bytes     
";
const MEMINFO: &str = "MemTotal:       32000000 kB\nMemFree:         1000000 kB\nMemAvailable:   16777216 kB\n";
/// What `MEMINFO` says is available.
const AVAILABLE: u64 = 16 << 30;

impl Tree {
    /// A tree with these files, and no limits elsewhere unless the files say so.
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("wrt-platform-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let tree = Tree(root);
        for (path, text) in [("proc/self/limits", LIMITS), ("proc/meminfo", MEMINFO)].iter().chain(files) {
            tree.write(path, text.as_bytes());
        }
        tree
    }
    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, bytes).expect("a file");
    }
    fn discover(&self) -> Offer {
        linux::discover(&mut Below(self.0.clone()))
    }
    /// What is found, as number and source.
    fn memory(&self) -> (u64, &'static str) {
        let offer = self.discover();
        assert_eq!(offer.failed, 0, "{offer:?}");
        let found = offer.memory.expect("an offer");
        (found.bytes, found.from)
    }
}

/// The least number in files of these names in the directory and those above it, up to the root.
fn least(root: &Path, dir: &str, names: &[&str]) -> Option<u64> {
    let mut dir = Some(root.join(dir));
    let mut numbers = Vec::new();
    while let Some(at) = dir {
        numbers
            .extend(names.iter().filter_map(|name| fs::read_to_string(at.join(name)).ok()?.trim().parse::<u64>().ok()));
        dir = at.parent().filter(|up| up.starts_with(root)).map(Path::to_path_buf);
    }
    numbers.into_iter().min()
}

const UNIFIED: &str = "24 30 0:22 / /proc rw - proc proc rw\n\
    30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
const NAMES: [&str; 2] = ["memory.max", "memory.high"];

/// LIM-3: version 2, nested: the least of `memory.max` and `memory.high` of every group above.
#[test]
fn lim_3_linux_unified_every_ancestor_counts() {
    let leaf = "sys/fs/cgroup/a/b/c";
    for (numbers, at) in [([400u64, 300, 200], "c"), ([200, 300, 400], "a"), ([300, 200, 400], "b")] {
        for file in NAMES {
            let tree = Tree::new(
                &format!("unified-{at}-{file}"),
                &[("proc/self/cgroup", "0::/a/b/c\n"), ("proc/self/mountinfo", UNIFIED)],
            );
            for (dir, number) in ["a", "a/b", "a/b/c"].iter().zip(numbers) {
                for name in NAMES {
                    let text = if name == file { format!("{}\n", number << 20) } else { "max\n".into() };
                    tree.write(&format!("sys/fs/cgroup/{dir}/{name}"), text.as_bytes());
                }
            }
            let offer = tree.discover();
            let found = offer.memory.expect("an offer");
            assert_eq!(Some(found.bytes), least(&tree.0, leaf, &NAMES));
            assert_eq!(found.from, format!("cgroup v2 {file}"));
            assert!(found.at.to_string().ends_with(&format!("/{at}")), "{:?}", found.at);
            assert_eq!(offer.stack, Some(Found::new(8_388_608, "RLIMIT_STACK")));
        }
    }
}

/// LIM-3: a service of systemd: `MemoryMax=` of the slice is a limit of the group above the service's.
#[test]
fn lim_3_linux_systemd_limits_through_their_group() {
    let tree = Tree::new(
        "systemd",
        &[
            ("proc/self/cgroup", "0::/system.slice/wrtd.service\n"),
            ("proc/self/mountinfo", UNIFIED),
            ("sys/fs/cgroup/system.slice/memory.max", "2147483648\n"),
            ("sys/fs/cgroup/system.slice/memory.high", "max\n"),
            ("sys/fs/cgroup/system.slice/wrtd.service/memory.max", "max\n"),
            ("sys/fs/cgroup/system.slice/wrtd.service/memory.high", "1073741824\n"),
            ("sys/fs/cgroup/other.slice/memory.max", "4096\n"),
        ],
    );
    assert_eq!(tree.memory(), (1 << 30, "cgroup v2 memory.high"));
    tree.write("sys/fs/cgroup/system.slice/wrtd.service/memory.high", b"max\n");
    assert_eq!(tree.memory(), (2 << 30, "cgroup v2 memory.max"));
}

/// LIM-3: a pod of Kubernetes with version 2: seen from the node, the pod's limit is two groups above the
/// container's; inside, with a namespace of its own, the container's group is the root of the mount.
#[test]
fn lim_3_linux_kubernetes_unified() {
    let dir = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice";
    let scope = format!("{dir}/cri-containerd-7f.scope");
    let tree = Tree::new(
        "kubernetes-node",
        &[("proc/self/cgroup", &format!("0::/{scope}\n")), ("proc/self/mountinfo", UNIFIED)],
    );
    tree.write(&format!("sys/fs/cgroup/{dir}/memory.max"), b"536870912\n");
    tree.write(&format!("sys/fs/cgroup/{scope}/memory.max"), b"max\n");
    assert_eq!(tree.memory(), (512 << 20, "cgroup v2 memory.max"));
    let tree = Tree::new(
        "kubernetes-inside",
        &[
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", UNIFIED),
            ("sys/fs/cgroup/memory.max", "268435456\n"),
            ("sys/fs/cgroup/memory.high", "max\n"),
        ],
    );
    assert_eq!(tree.memory(), (256 << 20, "cgroup v2 memory.max"));
}

/// LIM-3: a mount whose root lies above the namespace (`/../..`), and a process outside it: what the mount
/// shows counts, and nothing outside it is looked for.
#[test]
fn lim_3_linux_namespaces_that_hide_the_group() {
    let cases = [
        ("/..", "0::/\n"),
        ("/../..", "0::/inner\n"),
        ("/", "0::/../elsewhere\n"),
        ("/docker/7f", "0::/docker/7f8\n"),
        ("/docker/7f", "0::/docker/7f\n"),
    ];
    for (at, (root, own)) in cases.into_iter().enumerate() {
        let mount = format!("30 23 0:26 {root} /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
        let tree = Tree::new(
            &format!("hidden-{at}"),
            &[
                ("proc/self/cgroup", own),
                ("proc/self/mountinfo", &mount),
                ("sys/fs/cgroup/memory.max", "1048576\n"),
                ("sys/fs/elsewhere/memory.max", "1\n"),
                ("sys/fs/cgroup8/memory.max", "1\n"),
            ],
        );
        assert_eq!(tree.memory(), (1 << 20, "cgroup v2 memory.max"), "{root} {own}");
    }
    // Below the root of the mount the rest of the path is followed.
    let mount = "30 23 0:26 /docker/7f /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
    let tree = Tree::new(
        "below",
        &[
            ("proc/self/cgroup", "0::/docker/7f/inner\n"),
            ("proc/self/mountinfo", mount),
            ("sys/fs/cgroup/memory.max", "1048576\n"),
            ("sys/fs/cgroup/inner/memory.max", "4096\n"),
        ],
    );
    assert_eq!(tree.memory(), (4_096, "cgroup v2 memory.max"));
}

const V1: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n\
    32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
    35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:12 master:3 - cgroup cgroup rw,memory\n";

/// LIM-3: version 1: `hierarchical_memory_limit` of the process's own group, which the kernel has brought
/// together already; nothing where it says "unlimited".
#[test]
fn lim_3_linux_v1_the_hierarchical_limit() {
    let tree = Tree::new(
        "v1",
        &[
            ("proc/self/cgroup", "9:name=systemd:/x\n5:cpu,cpuacct:/x\n4:memory:/docker/7f\n"),
            ("proc/self/mountinfo", V1),
            (
                "sys/fs/cgroup/memory/docker/7f/memory.stat",
                "cache 1\nhierarchical_memory_limit 134217728\nhierarchical_memsw_limit 1\n",
            ),
            ("sys/fs/cgroup/memory/docker/7f/memory.limit_in_bytes", "268435456\n"),
            ("sys/fs/cgroup/memory/x/memory.stat", "hierarchical_memory_limit 1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/docker/7f/memory.stat", "hierarchical_memory_limit 1\n"),
        ],
    );
    assert_eq!(tree.memory(), (128 << 20, "cgroup v1 hierarchical_memory_limit"));
    for unlimited in ["9223372036854771712", "9223372036854710272"] {
        let stat = format!("hierarchical_memory_limit {unlimited}\n");
        tree.write("sys/fs/cgroup/memory/docker/7f/memory.stat", stat.as_bytes());
        assert_eq!(tree.memory(), (AVAILABLE, "MemAvailable"), "{unlimited}");
        let offer = {
            let _ = fs::remove_file(tree.0.join("proc/meminfo"));
            tree.discover()
        };
        assert_eq!(offer.memory, None, "{unlimited} is no offer");
        tree.write("proc/meminfo", MEMINFO.as_bytes());
    }
}

/// LIM-3: version 1 without that line: the limits themselves, of every group that can be seen.
#[test]
fn lim_3_linux_v1_without_a_hierarchical_limit() {
    let tree = Tree::new(
        "v1-old",
        &[
            ("proc/self/cgroup", "4:memory:/a/b\n"),
            ("proc/self/mountinfo", V1),
            ("sys/fs/cgroup/memory/a/b/memory.stat", "cache 1\n"),
            ("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "33554432\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864\n"),
        ],
    );
    assert_eq!(tree.memory(), (32 << 20, "cgroup v1 memory.limit_in_bytes"));
    let expected = least(&tree.0, "sys/fs/cgroup/memory/a/b", &["memory.limit_in_bytes"]);
    assert_eq!(Some(tree.memory().0), expected);
    // A container that sees its own group at the root of the mount, under the node's path.
    let tree = Tree::new(
        "v1-inside",
        &[
            ("proc/self/cgroup", "4:memory:/kubepods/pod1/7f\n"),
            ("proc/self/mountinfo", V1),
            ("sys/fs/cgroup/memory/memory.stat", "hierarchical_memory_limit 16777216\n"),
        ],
    );
    assert_eq!(tree.memory(), (16 << 20, "cgroup v1 hierarchical_memory_limit"));
}

/// LIM-3: hybrid: memory in version 1, and version 2 mounted beside it without controllers; the least of
/// both where both say something.
#[test]
fn lim_3_linux_hybrid() {
    let mounts = format!("{V1}41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    let tree = Tree::new(
        "hybrid",
        &[
            ("proc/self/cgroup", "4:memory:/a\n0::/a\n"),
            ("proc/self/mountinfo", &mounts),
            ("sys/fs/cgroup/memory/a/memory.stat", "hierarchical_memory_limit 8388608\n"),
            ("sys/fs/cgroup/unified/a/cgroup.procs", "1\n"),
        ],
    );
    assert_eq!(tree.memory(), (8 << 20, "cgroup v1 hierarchical_memory_limit"));
    tree.write("sys/fs/cgroup/unified/a/memory.max", b"4194304\n");
    assert_eq!(tree.memory(), (4 << 20, "cgroup v2 memory.max"));
}

/// LIM-3: this machine's own tree as it was recorded once: hybrid, in a container of a virtual machine.
#[test]
fn lim_3_linux_a_recorded_tree() {
    let controllers = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"];
    let mut own = String::new();
    let mut mounts = String::from("31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n");
    for (at, name) in controllers.iter().enumerate() {
        let path = if *name == "memory" { "/process_api/397629091df1a6bd847bf5ee69e6fa59" } else { "/" };
        own += &format!("{}:{name}:{path}\n", at + 1);
        mounts +=
            &format!("{} 31 0:{} / /sys/fs/cgroup/{name} rw,relatime - cgroup cgroup rw,{name}\n", at + 32, at + 29);
    }
    own += "0::/\n";
    mounts += "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
    let group = "sys/fs/cgroup/memory/process_api/397629091df1a6bd847bf5ee69e6fa59";
    let tree = Tree::new("recorded", &[("proc/self/cgroup", &own), ("proc/self/mountinfo", &mounts)]);
    tree.write(&format!("{group}/memory.stat"), b"cache 0\nrss 4096\nhierarchical_memory_limit 9223372036854771712\n");
    tree.write(&format!("{group}/memory.limit_in_bytes"), b"9223372036854771712\n");
    assert_eq!(tree.memory(), (AVAILABLE, "MemAvailable"));
}

/// LIM-3: resource limits; the soft one holds.
#[test]
fn lim_3_linux_resource_limits() {
    for (name, from) in [("Max address space", "RLIMIT_AS"), ("Max data size", "RLIMIT_DATA")] {
        let line = |soft: &str| format!("{name:<26}{soft:<21}{:<21}bytes     \n", "unlimited");
        let limits = LIMITS.replace(&line("unlimited"), &line("1073741824"));
        assert_ne!(limits, LIMITS);
        let tree = Tree::new(from, &[("proc/self/limits", &limits)]);
        assert_eq!(tree.memory(), (1 << 30, from));
    }
    let tree = Tree::new("stack", &[("proc/self/limits", &LIMITS.replace("8388608  ", "unlimited"))]);
    assert_eq!(tree.discover().stack, None);
}

/// LIM-3: paths with spaces and backslashes as mountinfo writes them, long lines, long paths.
#[test]
fn lim_3_linux_odd_paths() {
    let long = format!("29 23 0:25 / /over rw - overlay overlay rw,lowerdir={}\n", "/layer".repeat(4_000));
    let mount = "30 23 0:26 / /sys/odd\\040name\\134x rw - cgroup2 none rw";
    let tree = Tree::new(
        "odd",
        &[
            ("proc/self/cgroup", "0::/a b/c:d\n"),
            // The last line has no end.
            ("proc/self/mountinfo", &format!("{long}{mount}")),
            ("sys/odd name\\x/a b/c:d/memory.max", "12288\n"),
            ("sys/odd name\\x/a b/memory.max", "max\n"),
        ],
    );
    assert_eq!(tree.memory(), (12_288, "cgroup v2 memory.max"));
    let deep = format!("0::{}\n", "/deep".repeat(900));
    let tree = Tree::new(
        "deep",
        &[("proc/self/cgroup", &deep), ("proc/self/mountinfo", UNIFIED), ("sys/fs/cgroup/memory.max", "8192\n")],
    );
    let offer = tree.discover();
    assert_eq!(offer.memory.map(|found| found.bytes), Some(8_192), "the mount is still looked at");
    assert_eq!(offer.failed, 1, "and it is told that the group was not");
}

/// LIM-3: extreme numbers: nothing at all is a limit; what is no number is told and limits nothing.
#[test]
fn lim_3_linux_extreme_numbers() {
    let files = [("proc/self/cgroup", "0::/a\n"), ("proc/self/mountinfo", UNIFIED)];
    for (text, bytes, failed) in [
        ("0\n", 0, 0),
        ("18446744073709551615\n", AVAILABLE, 0),
        ("18446744073709551616\n", AVAILABLE, 1),
        ("-1\n", AVAILABLE, 1),
        ("", AVAILABLE, 1),
        ("max", AVAILABLE, 0),
        ("maximum", AVAILABLE, 1),
    ] {
        let tree = Tree::new("extreme", &files);
        tree.write("sys/fs/cgroup/a/memory.max", text.as_bytes());
        let offer = tree.discover();
        assert_eq!((offer.memory.map(|found| found.bytes), offer.failed), (Some(bytes), failed), "{text:?}");
    }
}

/// LIM-3: files that are missing limit nothing; kernels without MemAvailable have MemFree.
#[test]
fn lim_3_linux_missing_files() {
    let tree = Tree::new("missing", &[("proc/meminfo", "MemTotal: 10 kB\nMemFree:       7 kB\nBuffers: 1 kB\n")]);
    assert_eq!(tree.memory(), (7 << 10, "MemFree"));
    fs::remove_dir_all(&tree.0).expect("the tree");
    assert_eq!(tree.discover(), Offer::NOTHING);
    let tree = Tree::new("no-numbers", &[("proc/meminfo", "MemTotal: 10 kB\n")]);
    assert_eq!(tree.discover().failed, 1);
    // A directory can be opened and not read.
    let tree = Tree::new("directory", &[("proc/self/cgroup/x", "")]);
    assert_eq!((tree.discover().failed, tree.discover().memory.map(|found| found.from)), (1, Some("MemAvailable")));
}

/// LIM-3: variables of the downward API are decimal numbers.
#[test]
fn lim_3_linux_kubernetes_downward_api() {
    assert_eq!(linux::downward_api(b"536870912"), Some(512 << 20));
    assert_eq!(linux::downward_api(b" 1\n"), Some(1));
    for wrong in ["", "512Mi", "1e9", "-1"] {
        assert_eq!(linux::downward_api(wrong.as_bytes()), None, "{wrong}");
    }
}

/// LIM-3: live: this very system answers, with no more than it has, and nothing of it is misunderstood.
#[cfg(target_os = "linux")]
#[test]
fn lim_3_linux_live() {
    let offer = linux::discover(&mut Below("/".into()));
    let found = offer.memory.expect("Linux says how much memory is available");
    let text = fs::read_to_string("/proc/meminfo").expect("/proc");
    let total =
        text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    assert!(found.bytes > 0 && found.bytes <= total.expect("MemTotal") << 10, "{found:?}");
    assert_eq!(offer.failed, 0);
}
