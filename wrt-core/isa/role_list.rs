//! What operations do with the fields of their words, and with which: the one list of both, read by the build
//! (`roles.rs`) and by the check of images (`src/image/roles.rs`). Numbers are places in the list.

/// Hands the two lists to a macro, which makes types of them.
macro_rules! with_roles {
    ($numbered:ident) => {
        $numbered! {
            /// What is done; the number of a role goes with the kind.
            Role {
                /// Ends a list of roles.
                End
                /// So many slots from there on are read, or written.
                Read
                Write
                /// The lowest slots of the frame are written with a result, once its header is read.
                Result
                /// The end of an access of so many bytes: no less.
                AccessEnd
                /// The same, added to an address without a look at what is carried.
                FarEnd
                /// Indices of a memory, of a table of functions.
                Memory
                Table
                /// The binary logarithm of the page of the memory in field 3.
                PageLog2
                /// So many cells of a global of the instance's own, or of one that is imported.
                CellRead
                CellWrite
                ImportedRead
                ImportedWrite
                /// The further word with this number is that of a branch forwards, or back.
                Forward
                Back
                /// The entries of a branch table follow.
                Cases
                /// The slot of the frame's header.
                Header
                /// Where a callee's frame begins, or a host's arguments.
                Base
                /// The word of a function's first operation.
                Callee
                /// The index of an imported function, of a function type.
                Import
                Type
                /// The word behind the operation.
                Return
                /// Fuel that a call settles, that a return settles, that is charged in between.
                CallFuel
                ReturnFuel
                Charge
                /// Field 3 says how many slots are moved to a lower place in the frame: from field 2 to field 1.
                Move
                /// To the frame's front, when its header is read: field 3 slots from field 2 on.
                ReturnMove
                /// The same from field 1 on: as many as stand there.
                TailMove
                /// The door to the slow path.
                Slow
                /// A wait at a memory.
                Wait
                /// What follows in the code follows in time, too.
                Falls
                /// No image may hold it; 1 where it is this build of the engine that does not know it.
                Refused
            }
        }

        $numbered! {
            /// A field, or a part of a further word.
            At {
                /// Nowhere.
                None
                F1
                F2
                F3
                /// Fields 2 and 3 as one number.
                N23
                /// The first further word: whole, its lower and upper half, its lowest two fields.
                W1
                W1Low
                W1High
                W1F0
                W1F1
                /// The same of the second one.
                W2
                W2Low
                W2F0
                W2F1
            }
        }
    };
}
pub(crate) use with_roles;
