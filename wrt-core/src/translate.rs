//! A stand-in for the body translator: finds the end of a body, checks and emits nothing.

use crate::binary::{Reader, Stop};
use crate::error::Reason;
use crate::module::build::{Build, CallEdge, EDGE_FRAME};
use crate::types::ValType;

pub(crate) struct Translator {
    func: u32,
    depth: u32,
    labels: u32,
    slots: u32,
    start: u32,
}

impl Translator {
    pub(crate) const fn new() -> Self {
        Translator { func: 0, depth: 0, labels: 0, slots: 0, start: 0 }
    }
    pub(crate) fn emit_prelude(&mut self, b: &mut Build) -> Result<(), Stop> {
        b.push_word(7)?;
        Ok(())
    }
    pub(crate) fn begin(&mut self, b: &mut Build, func: u32, body: u32) -> Result<(), Stop> {
        let mut e = b.func(func)?;
        e.body = body;
        b.set_func(func, e);
        self.func = func;
        self.depth = 1;
        self.labels = 0;
        self.slots = 0;
        self.start = b.push_word(0)?;
        Ok(())
    }
    pub(crate) fn locals(&mut self, b: &mut Build, count: u32, _ty: ValType) -> Result<(), Stop> {
        self.slots += count;
        b.set_scratch(self.slots as u64)?;
        Ok(())
    }
    pub(crate) fn locals_done(&mut self, _b: &mut Build) -> Result<(), Stop> {
        Ok(())
    }
    pub(crate) fn operators(&mut self, b: &mut Build, r: &mut Reader<'_>) -> Result<bool, Stop> {
        loop {
            let at = r.pos();
            let stop = match self.one(b, r) {
                Ok(true) => {
                    b.edge(CallEdge { caller: self.func, callee: EDGE_FRAME, base: self.slots })?;
                    let mut e = b.func(self.func)?;
                    e.code = (self.start - b.header.code.off) / 8;
                    e.words = (b.end() as u32 - self.start) / 8;
                    b.set_func(self.func, e);
                    return Ok(true);
                }
                Ok(false) => continue,
                Err(stop) => stop,
            };
            r.seek(at);
            return if stop == Stop::Short { Ok(false) } else { Err(stop) };
        }
    }
    fn one(&mut self, b: &mut Build, r: &mut Reader<'_>) -> Result<bool, Stop> {
        if self.labels != 0 {
            r.u32()?;
            self.labels -= 1;
            return Ok(false);
        }
        match r.byte()? {
            0x02..=0x04 => {
                r.s33()?;
                self.depth += 1;
            }
            0x0b => {
                self.depth -= 1;
                return Ok(self.depth == 0);
            }
            0x0e => self.labels = r.u32()?.saturating_add(1),
            0x10 | 0x12 => {
                let callee = r.u32()?;
                b.edge(CallEdge { caller: self.func, callee, base: 1 })?;
            }
            0x0c | 0x0d | 0x20..=0x26 | 0xd2 | 0x3f | 0x40 => {
                r.u32()?;
            }
            0xd0 => {
                r.s33()?;
            }
            0x11 | 0x13 => {
                r.u32()?;
                r.u32()?;
            }
            0x1c => {
                r.u32()?;
                r.byte()?;
            }
            0x28..=0x3e => {
                let align = r.u32()?;
                if align & 0x40 != 0 {
                    r.u32()?;
                }
                r.u64()?;
            }
            0x41 => {
                r.s32()?;
            }
            0x42 => {
                r.s64()?;
            }
            0x43 => {
                r.array::<4>()?;
            }
            0x44 => {
                r.array::<8>()?;
            }
            0xfc => match r.u32()? {
                0..=7 => {}
                8 | 10 | 12 | 14 => {
                    r.u32()?;
                    r.u32()?;
                }
                9 | 11 | 13 | 15..=17 => {
                    r.u32()?;
                }
                _ => return Err(Reason::IllegalOpcode.into()),
            },
            0x00 | 0x01 | 0x05 | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
            _ => return Err(Reason::IllegalOpcode.into()),
        }
        b.push_word(1)?;
        Ok(false)
    }
}
