//! Journeys: a guest runs for a while on one target, stops, and goes on from its bytes on another.
//!
//! Owns the form of a leg and of the bytes that it ends with. A leg is modules as in a chunk, the exported function, its
//! argument, the fuel to spend (0: to the end), and whether bytes follow: those of instances, of four memories, of the
//! heap and of the task, each behind its length. They are written in the same order.

use crate::form::{Cursor, Flags, place};
use crate::guest::FILL;
use crate::{Broken, Lent, MEMORY, Out, Platform, Regions, Words, bytes_of, load, with_world};
use wrt_core::{Block, Value};

/// Lengths of what instances and task left in the scratch.
struct Left {
    instances: usize,
    task: usize,
}

/// Runs as many legs.
pub(crate) fn legs(platform: &mut Platform<'_>, lent: &mut Lent<'_>, count: u32) -> Result<(), Broken> {
    let mut out = Out { write: platform.write, chunk: 0, backend: 0, records: 0 };
    for number in 0..count {
        out.chunk = number;
        leg(platform.read, lent, &mut out)?;
    }
    let mut end = Words::default();
    end.add(out.records);
    out.record(crate::Tag::End, 0, &end);
    Ok(())
}

fn leg(read: &mut dyn FnMut(&mut [u8]) -> bool, lent: &mut Lent<'_>, out: &mut Out<'_>) -> Result<(), Broken> {
    let Lent { chunk, modules, regions } = lent;
    let mut length = [0; 4];
    let mut next = |into: &mut [u8]| if read(into) { Ok(()) } else { Err(Broken::Form) };
    next(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    let (body, scratch) = bytes_of(chunk).split_at_mut_checked(length).ok_or(Broken::Room)?;
    next(body)?;
    let mut cursor = Cursor::new(body);
    let (library, main) = load(&mut cursor, modules, out)?;
    let export = cursor.string()?;
    let argument = Value::from_i32(cursor.u32()? as i32);
    let fuel = cursor.u64()?;
    let copies = cursor.u32()? != 0;
    regions.dirty();
    if copies {
        each(regions, |region| {
            let mut length = [0; 4];
            next(&mut length)?;
            let length = u32::from_le_bytes(length) as usize;
            next(region.get_mut(..length).ok_or(Broken::Room)?)
        })?;
    }
    let left = with_world(library, main, regions, copies, |run| {
        if !copies {
            run.task.start(run.task.instance().export_func(export, None)?, &[argument])?;
        }
        let fuel = if fuel == 0 { u64::MAX } else { fuel };
        if run.go_on(fuel, Flags::BOTH, place(0, 0), out)? {
            return Ok(None);
        }
        let mut instances = 0;
        for instance in run.group.iter().flatten() {
            instances += instance.snapshot(scratch.get_mut(instances..).unwrap_or(&mut []))?;
        }
        let task = run.task.snapshot(scratch.get_mut(instances..).unwrap_or(&mut []))?;
        Ok(Some(Left { instances, task }))
    })?;
    let Some(left) = left else { return Ok(()) };
    let Some((instances, rest)) = scratch.split_at_checked(left.instances) else { return Err(Broken::Room) };
    let (mut at, task) = (0, rest.get(..left.task).unwrap_or(&[]));
    each(regions, |region| {
        // What was not used still has the byte that it was filled with.
        let used = region.iter().rposition(|byte| *byte != FILL).map_or(0, |last| last + 1);
        let bytes = match at {
            0 => instances,
            TASK => task,
            _ => region.get(..used).unwrap_or(&[]),
        };
        out.bytes(place(0, at), bytes);
        at += 1;
        Ok(())
    })
}

/// Place of the task's bytes among those of a leg.
const TASK: u32 = 6;

/// Calls `with` for the regions in the order of a leg's bytes.
fn each(regions: &mut Regions<'_>, mut with: impl FnMut(&mut [u8]) -> Result<(), Broken>) -> Result<(), Broken> {
    with(bytes_of(regions.instances))?;
    for memory in regions.memories.chunks_exact_mut(MEMORY / size_of::<Block>()) {
        with(bytes_of(memory))?;
    }
    with(bytes_of(regions.heap))?;
    with(bytes_of(regions.stack))
}
