//! Embedded files: what goes in comes out, and no section, however damaged, does harm.

use super::*;

/// SplitMix64: the same sections in every run.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// A tree of random files; the same paths and contents as a list.
fn random(rng: &mut Rng) -> (MemoryTree, Vec<(String, Vec<u8>)>) {
    let tree = MemoryTree::new(MemoryLimits::default());
    for _ in 0..rng.below(20) {
        let names = ["a", "b", "c.d", "ü", "a b"];
        let path: Vec<&str> = (0..=rng.below(4)).map(|_| names[rng.below(names.len())]).collect();
        let bytes: Vec<u8> = (0..rng.below(50)).map(|_| rng.below(256) as u8).collect();
        // What is beneath a file, or would take the place of a directory, is refused.
        let _ = tree.insert(&path.join("/"), bytes);
    }
    let said = tree.files().into_iter().map(|path| (path.clone(), tree.read(&path).expect("a file"))).collect();
    (tree, said)
}

fn found(module: Vec<u8>) -> Result<Option<EmbeddedFiles>, EmbedError> {
    EmbeddedFiles::find(&module.into())
}

/// A module whose section has these contents.
fn with_contents(contents: &[u8]) -> Vec<u8> {
    let mut section = leb(SECTION.len() as u32);
    section.extend(SECTION.bytes());
    section.extend(contents);
    [PREAMBLE, &[0], &leb(section.len() as u32), &section].concat()
}

/// Kind, path and data.
type Entry<'e> = (u32, &'e str, &'e [u8]);

/// The contents of a section with entries as they are given.
fn contents(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut out = [VERSION.to_le_bytes(), (entries.len() as u32).to_le_bytes()].concat();
    for (kind, path, data) in entries {
        for number in [*kind, path.len() as u32, data.len() as u32] {
            out.extend(number.to_le_bytes());
        }
        out.extend(path.bytes());
        out.extend(*data);
    }
    out
}

#[test]
fn wasi_1_embedded_files_are_those_that_were_put_there() {
    let mut rng = Rng(1);
    for _ in 0..200 {
        let (tree, said) = random(&mut rng);
        let module = embed(PREAMBLE, &tree).expect("fits");
        let files = found(module).expect("well formed").expect("embedded");
        let read = files.files().into_iter().map(|path| (path.clone(), files.read(&path).expect("a file")));
        assert_eq!(read.collect::<Vec<_>>(), said);
    }
}

#[test]
fn wasi_1_embedded_files_are_replaced_and_carried_by_images() {
    let (one, two) = (MemoryTree::new(MemoryLimits::default()), MemoryTree::new(MemoryLimits::default()));
    one.insert("one", "1").expect("a file");
    two.insert("two", "2").expect("a file");
    let text = wat::parse_str("(module (func (export \"f\")))").expect("a module");
    let first = embed(&text, &one).expect("fits");
    let second = embed(&first, &two).expect("fits");
    assert_eq!(found(second.clone()).expect("well formed").expect("embedded").files(), ["two"]);
    assert_eq!(second, embed(&text, &two).expect("fits"), "nothing is left of the first");
    // Twice the same section is refused, and replaced as one.
    let twice = [&first[..], &first[text.len()..]].concat();
    assert!(found(twice.clone()).is_err());
    assert_eq!(embed(&twice, &two).expect("fits"), second);
    assert!(found(text.clone()).expect("well formed").is_none());

    let budget = wrt_core::LoadBudget::default();
    let mut image = crate::OwnedModule::compile(&second, &budget).expect("compiles");
    assert!(embed(&image, &one).is_err(), "images are made again");
    let bytes = image.len();
    assert!(found(image.clone()).expect("well formed").is_none());
    assert_eq!(carry(&second, &mut image), Ok(image.len() - bytes));
    assert_eq!(found(image.clone()).expect("well formed").expect("embedded").files(), ["two"]);
    crate::OwnedModule::load(image, &budget).expect("what is behind an image does not harm it");
}

#[test]
fn wasi_4_malformed_embedded_files_are_refused_with_a_reason() {
    let refused: &[(&[Entry<'_>], &str)] = &[
        (&[(1, "/a", b"")], "absolute"),
        (&[(1, "../a", b"")], "`..`"),
        (&[(0, "a", b""), (1, "a/../b", b"")], "`..`"),
        (&[(1, ".", b"")], "`.`"),
        (&[(1, "", b"")], "empty name"),
        (&[(0, "a", b""), (1, "a//b", b"")], "empty name"),
        (&[(0, "a", b""), (1, "a/", b"")], "empty name"),
        (&[(1, "a\0", b"")], "byte 0"),
        (&[(1, "a", b""), (1, "a", b"")], "twice"),
        (&[(1, "b", b""), (1, "a", b"")], "order"),
        (&[(1, "a/b", b"")], "not embedded before"),
        (&[(1, "a", b""), (1, "a/b", b"")], "not embedded before"),
        (&[(2, "a", b"b"), (1, "a/b", b"")], "not embedded before"),
        (&[(0, "a", b"x")], "directory has data"),
        (&[(2, "a", b"")], "link is empty"),
        (&[(2, "a", b"\xff")], "link is not UTF-8"),
        (&[(2, "a", b"x\0")], "byte 0"),
        (&[(3, "a", b"")], "unknown kind"),
    ];
    for (entries, why) in refused {
        let error = found(with_contents(&contents(entries))).expect_err(why);
        assert!(error.why.contains(why), "{entries:?}: {error}");
    }
    let name = "n".repeat(256);
    assert!(found(with_contents(&contents(&[(1, &name, b"")]))).is_err());
    let good = contents(&[(0, "a", b""), (1, "a/b", b"bytes"), (2, "c", b"../../outside")]);
    assert!(found(with_contents(&good)).is_ok());
    for len in 0..good.len() {
        assert!(found(with_contents(&good[..len])).is_err(), "cut after {len} bytes");
    }
    assert!(found(with_contents(&[&good[..], b"x"].concat())).is_err(), "something behind the last entry");
    // Lengths that reach beyond the section, and counts beyond what is there.
    for at in [4, 12, 16] {
        for number in [u32::MAX, 1 << 31, 0x7fff_ffff, 1 << 16] {
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&number.to_le_bytes());
            assert!(found(with_contents(&bad)).is_err(), "{number} at {at}");
        }
    }
}

/// A section that is accepted is the one that its files are written as: so nothing in it overlaps, is hidden or is
/// there twice.
#[test]
fn wasi_4_mutated_embedded_files_are_refused_or_whole() {
    let mut rng = Rng(2);
    let mut accepted = 0;
    for _ in 0..100 {
        let (tree, _) = random(&mut rng);
        let module = embed(PREAMBLE, &tree).expect("fits");
        for _ in 0..100 {
            accepted += u32::from(mutated_is_whole(&mut rng, module.clone()));
        }
    }
    assert!(accepted > 100, "{accepted} were accepted");
}

/// Changes a module here and there; whether what came of it was accepted, and then it is whole.
fn mutated_is_whole(rng: &mut Rng, mut module: Vec<u8>) -> bool {
    for _ in 0..=rng.below(3) {
        let at = rng.below(module.len());
        match rng.below(5) {
            0 => module[at] = rng.below(256) as u8,
            1 => module[at] ^= 1 << rng.below(8),
            2 => module.truncate(at.max(1)),
            3 => module.insert(at, b"/.\0\x01\xff"[rng.below(5)]),
            _ => {
                let from = rng.below(module.len());
                let part = module[from..(from + rng.below(30)).min(module.len())].to_vec();
                module.splice(at..(at + part.len()).min(module.len()), part);
            }
        }
    }
    let module: Arc<[u8]> = module.into();
    let Ok(Some((_, range))) = section(&module) else { return false };
    let Ok(tree) = decode(&module, range.clone()) else { return false };
    assert_eq!(encode(&tree).expect("fits"), module[range.clone()]);
    for (path, ino) in all(&tree) {
        assert!(is_plain(&path), "{path}");
        if let Ok(Kind::File(Content::Lent(_, data))) = tree.node(ino).map(|node| &node.kind) {
            assert!(range.start <= data.start && data.end <= range.end, "{path} lies in the section");
        }
    }
    true
}
