//! Code that is added to a module: how values become one number, and how arguments are made from numbers. Both are
//! WebAssembly, so that no engine's own view of references and vectors is needed to compare them.
//!
//! Must not know any engine.

use crate::shape::Shape;
use wasm_encoder::{
    AbstractHeapType as Abs, BlockType, Catch, HeapType, Instruction as I, RefType, StorageType, ValType,
};
use wasmparser::CompositeInnerType;

/// Instructions in the making.
pub type Code = Vec<I<'static>>;

/// Types that are told apart at most, fields and elements that are looked at in each.
const TYPES: usize = 24;
const FIELDS: usize = 5;
const ELEMENTS: i32 = 3;
/// Tags whose exceptions are told apart.
const TAGS: usize = 6;
/// How deep references are followed.
const DEPTH: i32 = 2;

/// What the functions that see need to know.
pub struct Seeing<'s> {
    pub shape: &'s Shape,
    /// Whether there are structures and arrays, and whether there are exceptions.
    pub gc: bool,
    pub exceptions: bool,
    /// Index of the first of the functions that see.
    pub first: u32,
    /// Index of the first type that is added, and those types.
    pub first_type: u32,
    pub types: Vec<(Vec<ValType>, Vec<ValType>)>,
}

/// The kinds of references, by the root of their hierarchy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    Any,
    Func,
    Extern,
    Exn,
}

/// The locals of a function that sees: the number so far, and a vector.
#[derive(Clone, Copy)]
pub struct Locals {
    pub sum: u32,
    pub vector: u32,
}

/// Whether every engine's own interface shows and takes values of the type alike.
#[must_use]
pub fn is_simple(ty: wasmparser::ValType) -> bool {
    use wasmparser::{RefType, ValType};
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 | ValType::V128 => true,
        ValType::Ref(ty) => ty == RefType::FUNCREF || ty == RefType::EXTERNREF,
    }
}

/// The nullable reference to anything of a hierarchy.
const fn any_of(ty: Abs) -> ValType {
    ValType::Ref(RefType { nullable: true, heap_type: HeapType::Abstract { shared: false, ty } })
}

const fn heap(ty: Abs) -> HeapType {
    HeapType::Abstract { shared: false, ty }
}

impl Seeing<'_> {
    /// The function type with these parameters and results, added if need be.
    pub fn func_type(&mut self, params: Vec<ValType>, results: Vec<ValType>) -> u32 {
        let ty = (params, results);
        let at = self.types.iter().position(|t| *t == ty).unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        });
        self.first_type + at as u32
    }

    fn block_type(&mut self, results: &[ValType]) -> BlockType {
        match results {
            [] => BlockType::Empty,
            [one] => BlockType::Result(*one),
            many => BlockType::FunctionType(self.func_type(Vec::new(), many.to_vec())),
        }
    }

    fn root(&self, ty: HeapType) -> Root {
        match ty {
            HeapType::Abstract { ty, .. } => match ty {
                Abs::Func | Abs::NoFunc => Root::Func,
                Abs::Extern | Abs::NoExtern => Root::Extern,
                Abs::Exn | Abs::NoExn => Root::Exn,
                _ => Root::Any,
            },
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                if self.shape.func_type(index).is_some() {
                    Root::Func
                } else {
                    Root::Any
                }
            }
        }
    }

    /// What to add to a module so that its values can be seen: type, locals behind the parameters, and code of each
    /// function, in the order of their indices.
    pub fn functions(&mut self) -> Vec<(u32, Vec<ValType>, Code)> {
        let locals = vec![ValType::I64, ValType::V128];
        let none = vec![ValType::I64];
        let mut all = Vec::new();
        if self.gc {
            let ty = self.func_type(vec![any_of(Abs::Any), ValType::I32], vec![ValType::I64]);
            all.push((ty, if self.has_vectors() { locals.clone() } else { none.clone() }, self.see_any()));
            let ty = self.func_type(vec![any_of(Abs::Func)], vec![ValType::I64]);
            all.push((ty, none.clone(), self.see_func()));
        }
        if self.exceptions {
            let ty = self.func_type(vec![any_of(Abs::Exn)], vec![ValType::I64]);
            let code = self.see_exn();
            all.push((ty, if self.has_vectors() { locals } else { none }, code));
        }
        all
    }

    /// Whether the module has vectors, so that a local of that type is allowed.
    #[must_use]
    pub fn has_vectors(&self) -> bool {
        let is = |ty: &wasmparser::ValType| *ty == wasmparser::ValType::V128;
        let stored = |ty: &wasmparser::StorageType| *ty == wasmparser::StorageType::Val(wasmparser::ValType::V128);
        self.shape.globals.iter().any(|global| is(&global.content_type))
            || self.shape.types.iter().any(|ty| match &ty.composite_type.inner {
                CompositeInnerType::Func(ty) => ty.params().iter().chain(ty.results()).any(is),
                CompositeInnerType::Struct(ty) => ty.fields.iter().any(|field| stored(&field.element_type)),
                CompositeInnerType::Array(ty) => stored(&ty.0.element_type),
                CompositeInnerType::Cont(_) => false,
            })
    }

    /// Turns the value on the stack into an `i64`; `depth` puts on the stack how deep to follow it.
    pub fn number(&self, code: &mut Code, ty: ValType, locals: Locals, depth: &[I<'static>]) {
        match ty {
            ValType::I32 => code.push(I::I64ExtendI32U),
            ValType::I64 => {}
            ValType::F32 => code.extend([I::I32ReinterpretF32, I::I64ExtendI32U]),
            ValType::F64 => code.push(I::I64ReinterpretF64),
            ValType::V128 => code.extend([
                I::LocalTee(locals.vector),
                I::I64x2ExtractLane(0),
                I::LocalGet(locals.vector),
                I::I64x2ExtractLane(1),
                I::I64Const(13),
                I::I64Rotl,
                I::I64Xor,
            ]),
            ValType::Ref(ty) => match self.root(ty.heap_type) {
                Root::Any if self.gc => {
                    code.extend_from_slice(depth);
                    code.push(I::Call(self.first));
                }
                Root::Extern if self.gc => {
                    code.push(I::AnyConvertExtern);
                    code.extend_from_slice(depth);
                    code.push(I::Call(self.first));
                }
                Root::Func if self.gc => code.push(I::Call(self.first + 1)),
                Root::Exn if self.exceptions => code.push(I::Call(self.first + if self.gc { 2 } else { 0 })),
                _ => code.extend([I::RefIsNull, I::I64ExtendI32U]),
            },
        }
    }

    /// Folds the `i64` on the stack into the sum.
    pub fn mix(code: &mut Code, locals: Locals) {
        code.extend([
            I::LocalGet(locals.sum),
            I::I64Const(0x0100_0000_01b3),
            I::I64Mul,
            I::I64Add,
            I::I64Const(7),
            I::I64Rotl,
            I::LocalSet(locals.sum),
        ]);
    }

    /// Folds the values on the stack, the last of these types on top.
    pub fn fold(&self, code: &mut Code, types: &[ValType], locals: Locals) {
        for ty in types.iter().rev() {
            self.number(code, *ty, locals, &[I::I32Const(DEPTH)]);
            Self::mix(code, locals);
        }
    }

    fn return_if_null(code: &mut Code) {
        code.extend([I::LocalGet(0), I::RefIsNull, I::If(BlockType::Empty), I::I64Const(1), I::Return, I::End]);
    }

    fn test(code: &mut Code, ty: HeapType, locals: Locals) {
        code.extend([I::LocalGet(0), I::RefTestNonNull(ty), I::I64ExtendI32U]);
        Self::mix(code, locals);
    }

    fn see_any(&mut self) -> Code {
        let locals = Locals { sum: 2, vector: 3 };
        let mut code = Code::new();
        Self::return_if_null(&mut code);
        code.extend([
            I::LocalGet(0),
            I::RefTestNonNull(heap(Abs::I31)),
            I::If(BlockType::Empty),
            I::LocalGet(0),
            I::RefCastNonNull(heap(Abs::I31)),
            I::I31GetS,
            I::I64ExtendI32S,
            I::I64Const(3),
            I::I64Mul,
            I::Return,
            I::End,
        ]);
        for ty in [Abs::Eq, Abs::Struct, Abs::Array] {
            Self::test(&mut code, heap(ty), locals);
        }
        let types: Vec<u32> =
            (0..self.shape.types.len() as u32).filter(|ty| self.shape.func_type(*ty).is_none()).take(TYPES).collect();
        for ty in &types {
            Self::test(&mut code, HeapType::Concrete(*ty), locals);
        }
        code.extend([I::LocalGet(1), I::I32Eqz, I::If(BlockType::Empty), I::LocalGet(locals.sum), I::Return, I::End]);
        // Types are declared after those above them: the last that fits says most.
        for ty in types.iter().rev() {
            code.extend([I::LocalGet(0), I::RefTestNonNull(HeapType::Concrete(*ty)), I::If(BlockType::Empty)]);
            match self.shape.inner(*ty) {
                Some(CompositeInnerType::Struct(inner)) => {
                    for (field, field_type) in inner.fields.iter().enumerate().take(FIELDS) {
                        self.see_field(&mut code, *ty, field as u32, field_type.element_type, locals);
                    }
                }
                Some(CompositeInnerType::Array(inner)) => {
                    self.see_elements(&mut code, *ty, inner.0.element_type, locals);
                }
                _ => {}
            }
            code.extend([I::LocalGet(locals.sum), I::Return, I::End]);
        }
        code.push(I::LocalGet(locals.sum));
        code
    }

    fn see_field(&self, code: &mut Code, ty: u32, field: u32, of: wasmparser::StorageType, locals: Locals) {
        code.extend([I::LocalGet(0), I::RefCastNonNull(HeapType::Concrete(ty))]);
        let (struct_type_index, field_index) = (ty, field);
        code.push(match of {
            wasmparser::StorageType::I8 => I::StructGetS { struct_type_index, field_index },
            wasmparser::StorageType::I16 => I::StructGetU { struct_type_index, field_index },
            wasmparser::StorageType::Val(_) => I::StructGet { struct_type_index, field_index },
        });
        self.see_stored(code, of, locals);
    }

    fn see_elements(&self, code: &mut Code, ty: u32, of: wasmparser::StorageType, locals: Locals) {
        let array = [I::LocalGet(0), I::RefCastNonNull(HeapType::Concrete(ty))];
        code.extend_from_slice(&array);
        code.extend([I::ArrayLen, I::I64ExtendI32U]);
        Self::mix(code, locals);
        for at in 0..ELEMENTS {
            code.extend_from_slice(&array);
            code.extend([I::ArrayLen, I::I32Const(at), I::I32GtU, I::If(BlockType::Empty)]);
            code.extend_from_slice(&array);
            code.push(I::I32Const(at));
            code.push(match of {
                wasmparser::StorageType::I8 => I::ArrayGetU(ty),
                wasmparser::StorageType::I16 => I::ArrayGetS(ty),
                wasmparser::StorageType::Val(_) => I::ArrayGet(ty),
            });
            self.see_stored(code, of, locals);
            code.push(I::End);
        }
    }

    fn see_stored(&self, code: &mut Code, of: wasmparser::StorageType, locals: Locals) {
        let ty = match of {
            wasmparser::StorageType::Val(ty) => val_type(ty),
            _ => ValType::I32,
        };
        self.number(code, ty, locals, &[I::LocalGet(1), I::I32Const(1), I::I32Sub]);
        Self::mix(code, locals);
    }

    fn see_func(&mut self) -> Code {
        let locals = Locals { sum: 1, vector: 0 };
        let mut code = Code::new();
        Self::return_if_null(&mut code);
        let types = (0..self.shape.types.len() as u32).filter(|ty| self.shape.func_type(*ty).is_some());
        for ty in types.take(TYPES) {
            Self::test(&mut code, HeapType::Concrete(ty), locals);
        }
        code.extend([I::LocalGet(locals.sum), I::I64Const(5), I::I64Add]);
        code
    }

    /// Throws the exception again and looks at what is caught.
    fn see_exn(&mut self) -> Code {
        let locals = Locals { sum: 1, vector: 2 };
        let tags: Vec<Vec<ValType>> = self.shape.tags.iter().take(TAGS).map(|ty| self.params(*ty)).collect();
        let mut code = Code::new();
        Self::return_if_null(&mut code);
        code.push(I::Block(BlockType::Empty));
        for params in tags.iter().rev() {
            code.push(I::Block(self.block_type(params)));
        }
        let mut catches: Vec<Catch> = (0..tags.len() as u32).map(|tag| Catch::One { tag, label: tag }).collect();
        catches.push(Catch::All { label: tags.len() as u32 });
        code.extend([
            I::TryTable(BlockType::Empty, catches.into()),
            I::LocalGet(0),
            I::ThrowRef,
            I::End,
            I::Unreachable,
        ]);
        for (tag, params) in tags.iter().enumerate() {
            code.push(I::End);
            self.fold(&mut code, params, locals);
            code.extend([I::LocalGet(locals.sum), I::I64Const(11 + tag as i64), I::I64Add, I::Return]);
        }
        code.extend([I::End, I::I64Const(9)]);
        code
    }

    fn params(&self, ty: u32) -> Vec<ValType> {
        self.shape.func_type(ty).map_or_else(Vec::new, |ty| ty.params().iter().map(|ty| val_type(*ty)).collect())
    }

    /// Wraps code whose values are of these types so that an exception is seen instead of them. The code behind the
    /// wrapped finds the values on the stack.
    pub fn catching(&mut self, inner: Code, results: &[ValType], locals: Locals) -> Code {
        let mut code = vec![
            I::Block(BlockType::Result(any_of(Abs::Exn))),
            I::TryTable(self.block_type(results), vec![Catch::AllRef { label: 0 }].into()),
        ];
        code.extend(inner);
        code.push(I::End);
        self.fold(&mut code, results, locals);
        code.extend([I::LocalGet(locals.sum), I::Return, I::End]);
        self.number(&mut code, any_of(Abs::Exn), locals, &[]);
        code
    }

    /// Code that makes a value of this type from the numbers in parameters from `at` on; `None` when there is none to
    /// be had. [`numbers`] says how many parameters.
    #[must_use]
    pub fn make(&mut self, ty: ValType, at: u32) -> Option<Code> {
        Some(match ty {
            ValType::V128 => {
                vec![I::LocalGet(at), I::I64x2Splat, I::LocalGet(at + 1), I::I64x2ReplaceLane(1)]
            }
            ValType::Ref(ty) => match self.make_ref(ty.heap_type, at, 3) {
                Some(made) if ty.nullable => {
                    let mut code = vec![I::LocalGet(at), I::If(BlockType::Result(ValType::Ref(ty)))];
                    code.extend(made);
                    code.extend([I::Else, I::RefNull(ty.heap_type), I::End]);
                    code
                }
                Some(made) => made,
                None if ty.nullable => vec![I::RefNull(ty.heap_type)],
                None => return None,
            },
            _ => vec![I::LocalGet(at)],
        })
    }

    fn make_ref(&mut self, ty: HeapType, at: u32, depth: u32) -> Option<Code> {
        let shape = self.shape;
        match ty {
            HeapType::Abstract { ty, .. } => match ty {
                Abs::Any | Abs::Eq | Abs::I31 => Some(vec![I::LocalGet(at), I::RefI31]),
                Abs::Extern if self.gc => Some(vec![I::LocalGet(at), I::RefI31, I::ExternConvertAny]),
                Abs::Func => Some(vec![I::RefFunc(shape.exported_funcs().next()?)]),
                Abs::Struct | Abs::Array => (0..shape.types.len() as u32)
                    .filter(|index| match shape.inner(*index) {
                        Some(CompositeInnerType::Struct(_)) => ty == Abs::Struct,
                        Some(CompositeInnerType::Array(_)) => ty == Abs::Array,
                        _ => false,
                    })
                    .take(4)
                    .find_map(|index| self.make_ref(HeapType::Concrete(index), at, depth)),
                Abs::Exn => self.make_exn(at, depth),
                _ => None,
            },
            HeapType::Exact(_) => None,
            HeapType::Concrete(index) => match shape.inner(index)? {
                CompositeInnerType::Func(_) => {
                    let fits =
                        |func: &u32| shape.funcs.get(*func as usize).is_some_and(|ty| shape.is_below(*ty, index));
                    Some(vec![I::RefFunc(shape.exported_funcs().find(fits)?)])
                }
                CompositeInnerType::Struct(inner) => {
                    let depth = depth.checked_sub(1)?;
                    let mut code = Code::new();
                    for field in &inner.fields {
                        code.extend(self.make_stored(StorageType::try_from(field.element_type).ok()?, at, depth)?);
                    }
                    code.push(I::StructNew(index));
                    Some(code)
                }
                CompositeInnerType::Array(inner) => {
                    let depth = depth.checked_sub(1)?;
                    let mut code = self.make_stored(StorageType::try_from(inner.0.element_type).ok()?, at, depth)?;
                    code.extend([I::LocalGet(at), I::I32Const(3), I::I32And, I::ArrayNew(index)]);
                    Some(code)
                }
                CompositeInnerType::Cont(_) => None,
            },
        }
    }

    fn make_exn(&mut self, at: u32, depth: u32) -> Option<Code> {
        let depth = depth.checked_sub(1)?;
        for tag in 0..self.shape.tags.len().min(TAGS) {
            let ty = *self.shape.tags.get(tag)?;
            let params: Option<Vec<Code>> =
                self.params(ty).into_iter().map(|ty| self.make_stored(StorageType::Val(ty), at, depth)).collect();
            let Some(params) = params else { continue };
            let exn = ValType::Ref(RefType { nullable: false, heap_type: heap(Abs::Exn) });
            let mut code = vec![
                I::Block(BlockType::Result(exn)),
                I::TryTable(BlockType::Empty, vec![Catch::AllRef { label: 0 }].into()),
            ];
            code.extend(params.into_iter().flatten());
            code.extend([I::Throw(tag as u32), I::End, I::Unreachable, I::End]);
            return Some(code);
        }
        None
    }

    /// A value for a field, from the one number that there is.
    fn make_stored(&mut self, ty: StorageType, at: u32, depth: u32) -> Option<Code> {
        let StorageType::Val(ty) = ty else { return Some(vec![I::LocalGet(at)]) };
        Some(match ty {
            ValType::I32 => vec![I::LocalGet(at)],
            ValType::I64 => vec![I::LocalGet(at), I::I64ExtendI32S],
            ValType::F32 => vec![I::LocalGet(at), I::F32ConvertI32S],
            ValType::F64 => vec![I::LocalGet(at), I::F64ConvertI32S],
            ValType::V128 => vec![I::LocalGet(at), I::I32x4Splat],
            ValType::Ref(ty) => match self.make_ref(ty.heap_type, at, depth) {
                Some(code) => code,
                None if ty.nullable => vec![I::RefNull(ty.heap_type)],
                None => return None,
            },
        })
    }
}

/// The encoder's word for a parsed type.
///
/// # Panics
/// Never for types of a module that was read: those name other types by their index in the module.
#[must_use]
pub fn val_type(ty: wasmparser::ValType) -> ValType {
    ValType::try_from(ty).expect("a type that names others by their index")
}

/// The numbers from which an argument of this type is made.
#[must_use]
pub fn numbers(ty: ValType) -> Vec<ValType> {
    match ty {
        ValType::V128 => vec![ValType::I64; 2],
        ValType::Ref(_) => vec![ValType::I32],
        number => vec![number],
    }
}
