//! One thing done once by one runtime in a process of its own, for tools that count what a process does.
//! Must not know any runtime.

use crate::{Runtime, Seat, Way, memory};

/// What [`once`] understands.
pub const HELP: &str = "\
  once cross RUNTIME WAY N       crosses N times in one way (empty, add, host, bare), and nothing else
  once run RUNTIME FILE N        runs the module in FILE and prints the seconds it took, and its result
  once load RUNTIME FILE N       validates and translates the module in FILE N times, and prints the least seconds
  once memory RUNTIME FILE N     runs the module in FILE and prints the bytes it took at most, and its result
                                 here N is the argument of the export `run`, or the word _start: a whole run of that
";

/// Does what the words after `once` say and returns what is to be printed.
pub fn once(runtimes: Vec<Box<dyn Runtime>>, words: &[String]) -> Result<String, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let seat = |name: &str| {
        let runtime = runtimes.into_iter().find(|runtime| runtime.name() == name);
        runtime.map(Seat::local).ok_or_else(|| format!("no runtime {name}"))
    };
    match words[..] {
        ["cross", name, way, times] => {
            let mut seat = seat(name)?;
            let way = Way::from_name(way).ok_or_else(|| format!("no way {way}"))?;
            let times = times.parse().map_err(|e| format!("{times}: {e}"))?;
            seat.prepare_crossings()?;
            let result = seat.cross(way, times)?.result;
            if result == i64::from(way.expected(times)) {
                Ok(result.to_string())
            } else {
                Err(format!("{result}, not {}", way.expected(times)))
            }
        }
        ["run", name, path, n] => {
            let work = n.parse()?;
            let mut seat = seat(name)?;
            seat.prepare(path, work)?;
            let timed = seat.run(work)?;
            Ok(format!("{} {}", timed.seconds, timed.result))
        }
        ["load", name, path, times] => {
            let mut seat = seat(name)?;
            let times: u32 = times.parse().map_err(|e| format!("{times}: {e}"))?;
            let mut least = f64::MAX;
            for _ in 0..times {
                least = least.min(seat.load(path).ok_or("it translates nothing before a call")??);
            }
            Ok(least.to_string())
        }
        ["memory", name, path, n] => {
            let (bytes, result) = memory::peak(&mut seat(name)?, path, n.parse()?)?;
            Ok(format!("{bytes} {result}"))
        }
        _ => Err(format!("`once` understands\n{HELP}")),
    }
}
