//! A worker process with runtimes in it, and the line protocol to it: one request line, one answer line.
//! Owns the pipe; must not know what is measured or why.

use crate::{Runtime, Seat, Timed, Way, Work};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The near end of a worker.
pub struct Process {
    pipe: RefCell<Pipe>,
    program: PathBuf,
}

struct Pipe {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the worker and asks it for the names of its runtimes.
    pub fn start(path: &Path) -> Result<(Self, Vec<String>), String> {
        let mut child = Command::new(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}", path.display()))?;
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().ok_or("the worker has no output")?);
        let process = Self { pipe: RefCell::new(Pipe { child, to, from }), program: path.to_owned() };
        let names = process.ask("names")?.split_whitespace().map(str::to_owned).collect();
        Ok((process, names))
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    fn ask(&self, request: &str) -> Result<String, String> {
        let mut pipe = self.pipe.borrow_mut();
        let to = pipe.to.as_mut().ok_or("the worker has ended")?;
        writeln!(to, "{request}").and_then(|()| to.flush()).map_err(|e| format!("worker: {e}"))?;
        let mut line = String::new();
        if pipe.from.read_line(&mut line).map_err(|e| format!("worker: {e}"))? == 0 {
            return Err("the worker ended".into());
        }
        let line = line.trim_end();
        match line.strip_prefix("ok") {
            Some(rest) => Ok(rest.trim_start().to_owned()),
            None => Err(line.strip_prefix("err ").unwrap_or(line).to_owned()),
        }
    }

    pub(crate) fn prepare(&self, name: &str, path: &str, work: Work) -> Result<(), String> {
        self.ask(&format!("prepare {name} {work} {path}")).map(drop)
    }

    pub(crate) fn release(&self, name: &str) -> Result<(), String> {
        self.ask(&format!("release {name}")).map(drop)
    }

    pub(crate) fn prepare_crossings(&self, name: &str) -> Result<(), String> {
        self.ask(&format!("crossings {name}")).map(drop)
    }

    pub(crate) fn cross(&self, name: &str, way: Way, times: i32) -> Result<Timed, String> {
        timed(&self.ask(&format!("cross {name} {} {times}", way.name()))?)
    }

    pub(crate) fn run(&self, name: &str, work: Work) -> Result<Timed, String> {
        timed(&self.ask(&format!("run {name} {work}"))?)
    }

    pub(crate) fn load(&self, name: &str, path: &str) -> Option<Result<f64, String>> {
        match self.ask(&format!("load {name} {path}")) {
            Ok(answer) if answer == "lazy" => None,
            Ok(answer) => Some(answer.parse().map_err(|e| format!("{answer}: {e}"))),
            Err(e) => Some(Err(e)),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let pipe = self.pipe.get_mut();
        // The worker ends at the end of its input.
        pipe.to = None;
        let _ = pipe.child.wait();
    }
}

/// An answer of seconds and a result.
fn timed(answer: &str) -> Result<Timed, String> {
    let (seconds, result) = answer.split_once(' ').ok_or("a malformed answer")?;
    let seconds = seconds.parse().map_err(|e| format!("{seconds}: {e}"))?;
    let result = result.parse().map_err(|e| format!("{result}: {e}"))?;
    Ok(Timed { seconds, result })
}

fn told(timed: Timed) -> String {
    format!("{:e} {}", timed.seconds, timed.result)
}

/// The far end: answers requests on standard input until it ends.
pub fn serve(runtimes: Vec<Box<dyn Runtime>>) {
    let mut seats: Vec<Seat> = runtimes.into_iter().map(Seat::local).collect();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let answer = match answer(&mut seats, &line) {
            Ok(text) => format!("ok {text}"),
            Err(text) => format!("err {}", text.replace('\n', "; ")),
        };
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn answer(seats: &mut [Seat], line: &str) -> Result<String, String> {
    let mut words = line.splitn(3, ' ');
    let verb = words.next().unwrap_or_default();
    if verb == "names" {
        return Ok(seats.iter().map(Seat::name).collect::<Vec<_>>().join(" "));
    }
    let name = words.next().ok_or("no runtime named")?;
    let rest = words.next().unwrap_or_default();
    let seat = seats.iter_mut().find(|seat| seat.name() == name).ok_or_else(|| format!("no runtime {name}"))?;
    match verb {
        "prepare" => {
            let (work, path) = rest.split_once(' ').ok_or("work and a path are wanted")?;
            seat.prepare(path, work.parse()?).map(|()| String::new())
        }
        "release" => seat.release().map(|()| String::new()),
        "run" => seat.run(rest.parse()?).map(told),
        "crossings" => seat.prepare_crossings().map(|()| String::new()),
        "cross" => {
            let (way, times) = rest.split_once(' ').ok_or("a way and a number are wanted")?;
            let way = Way::from_name(way).ok_or_else(|| format!("no way {way}"))?;
            seat.cross(way, times.parse().map_err(|e| format!("{times}: {e}"))?).map(told)
        }
        "load" => match seat.load(rest) {
            None => Ok("lazy".into()),
            Some(seconds) => seconds.map(|s| format!("{s:e}")),
        },
        _ => Err(format!("unknown request {verb}")),
    }
}
