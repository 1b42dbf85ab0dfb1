//! Pairs of operations that run as one, because they follow each other often.
//!
//! The words of both stay as they are: the first one's operation becomes that of the pair, the second one's is not
//! looked at any more. So any two operations can be a pair, if the first one always goes on with what follows it (or
//! branches), and the second one is never begun again where it stands, as calls are. The first one may be a pair
//! itself. Which pairs are worth it was counted in real programs (`tests/bench/pairs.py`); to add one, add a line.

use crate::forms::{Isa, Op};
use crate::fused_pairs::PAIRS;

/// What is in the operation field of a pair's second half, plus the words of the first half.
pub const SECOND: usize = 0xff00;

/// One pair: the numbers of both operations. Its own numbers are the next two, the second one for the second form of
/// `second`.
pub struct Pair {
    pub first: usize,
    pub second: usize,
}

pub fn fused(isa: &mut Isa) {
    isa.align();
    isa.fused = isa.ops.len();
    for (first, second) in PAIRS {
        let find = |name: &str| isa.ops.iter().position(|op| op.name == name);
        let Some(a) = find(first) else { panic!("there is no operation `{first}`") };
        let Some(b) = find(second) else { panic!("there is no operation `{second}`") };
        let Op { words, rest, body, .. } = &isa.ops[a];
        let (words, rest) = (*words, *rest);
        let before = body.strip_suffix("@next").expect("the first of a pair goes on").to_owned();
        assert!(!before.contains("@next") && !before.contains("@go"), "`{first}` leaves in another way");
        let again = ["@peak", "slow::step", "@exit(CALL", "@exit(TAIL", "@exit(WAIT", "@exit(THROW"];
        assert!(
            !again.iter().any(|way| isa.ops[b].body.contains(way)),
            "`{second}` may be begun again where it stands"
        );
        // Both forms of the second one, if it comes in two.
        let twin = [format!("{second}="), format!("{second} =")].contains(&isa.ops[b + 1].name);
        isa.pairs.push(Pair { first: a, second: b });
        for b in b..=b + twin as usize {
            let op = &isa.ops[b];
            isa.ops.push(Op {
                name: format!("{first} + {}", op.name),
                words: if op.words == 0 { 0 } else { words + op.words },
                rest: op.rest,
                body: format!("{before} ip = ip.add({rest}); {}", op.body),
                apart: false,
                proposal: "",
            });
        }
        isa.align();
    }
}
