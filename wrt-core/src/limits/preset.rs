//! Presets: limits for a kind of platform, as proportions of the memory that it offers.
//!
//! Owns the numbers. Shares are whole percent rounded down; the runtime gets what they leave, so that they
//! are the total exactly.

use super::{Asil, DebugLevel, DebugRule, Inconsistent, Limits};

/// Shares of the total in percent; what is left is the runtime's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proportions {
    /// Linear memories.
    pub linear: u8,
    /// Components beside linear memory.
    pub components: u8,
    /// Debugging.
    pub debug: u8,
    /// The runtime, tasks' regions included; 100 less the others.
    pub runtime: u8,
    /// Given to nobody.
    pub reserve: u8,
}

/// A kind of platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// A container on Linux, for example with 512 MiB.
    LinuxContainer,
    /// QNX beside safety-relevant code, for example with 64 MiB. The higher the safety level, the
    /// smaller the part of the memory that is planned with ([`Preset::safety_factor`]).
    QnxSafety,
    /// A microcontroller, for example with 32 KiB.
    Embedded,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Preset; 3] = [Preset::LinuxContainer, Preset::QnxSafety, Preset::Embedded];

    /// The name in a configuration file and on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Preset::LinuxContainer => "linux-container",
            Preset::QnxSafety => "qnx-safety",
            Preset::Embedded => "embedded",
        }
    }
    /// The preset of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The memory in bytes that the preset assumes where nobody says how much there is.
    #[must_use]
    pub const fn typical_bytes(self) -> u64 {
        match self {
            Preset::LinuxContainer => 512 << 20,
            Preset::QnxSafety => 64 << 20,
            Preset::Embedded => 32 << 10,
        }
    }
    /// How the total is divided.
    #[must_use]
    pub const fn proportions(self) -> Proportions {
        match self {
            Preset::LinuxContainer => Proportions { linear: 68, components: 10, debug: 10, runtime: 8, reserve: 4 },
            Preset::QnxSafety => Proportions { linear: 50, components: 12, debug: 3, runtime: 12, reserve: 23 },
            Preset::Embedded => Proportions { linear: 62, components: 12, debug: 3, runtime: 12, reserve: 11 },
        }
    }
    /// The part of the offered memory, in tenths, that is planned with at a safety level.
    #[must_use]
    pub const fn safety_factor(self, level: Asil) -> u8 {
        match (self, level) {
            (Preset::QnxSafety, Asil::A) => 9,
            (Preset::QnxSafety, Asil::B) => 7,
            (Preset::QnxSafety, Asil::C) => 5,
            (Preset::QnxSafety, Asil::D) => 3,
            _ => 10,
        }
    }
    /// The most of the total, in percent, that debugging may be given by whatever source.
    #[must_use]
    pub const fn most_debug_percent(self) -> u8 {
        match self {
            Preset::Embedded => 5,
            Preset::LinuxContainer | Preset::QnxSafety => 100,
        }
    }

    /// The limits for a platform that offers `bytes` of memory, at a safety level.
    #[must_use]
    pub const fn limits(self, bytes: u64, level: Asil) -> Limits {
        // Tenths without a product that could leave 64 bits.
        let factor = self.safety_factor(level) as u64;
        let total = bytes / 10 * factor + bytes % 10 * factor / 10;
        self.limits_of(total, level)
    }

    /// The limits for a total that the safety factor has been applied to already, or is not to be.
    #[must_use]
    pub const fn limits_of(self, total: u64, level: Asil) -> Limits {
        let part = self.proportions();
        let counts = self.counts();
        let most = DebugRule::most_bytes(level);
        let debug = percent(total, part.debug);
        let limits = Limits {
            total_bytes: total,
            linear_bytes: percent(total, part.linear),
            component_overhead: percent(total, part.components),
            debug_overhead: if debug > most { most } else { debug },
            safety_reserve: part.reserve,
            asil: level,
            ..counts
        };
        let runtime = match limits.runtime_bytes() {
            Some(bytes) => bytes,
            None => 0,
        };
        // Four tasks, or fewer and the runtime's own needs.
        Limits { stack_bytes: runtime / 4, ..limits }.at_level(level)
    }

    /// Whether limits that began as this preset still follow it.
    ///
    /// # Errors
    /// [`Inconsistent::DebugOverhead`] where debugging was given more than
    /// [`Preset::most_debug_percent`]; those of [`Limits::check`].
    pub const fn check(self, limits: &Limits) -> Result<(), Inconsistent> {
        let most = percent(limits.total_bytes, self.most_debug_percent());
        if limits.debug_overhead > most {
            return Err(Inconsistent::DebugOverhead { need: limits.debug_overhead, most, level: limits.asil });
        }
        limits.check()
    }

    /// What does not depend on the size of the memory. Memory is left 0.
    const fn counts(self) -> Limits {
        let linux = Limits {
            total_bytes: 0,
            linear_bytes: 0,
            stack_bytes: 0,
            components: 256,
            instances: 1_024,
            component_types: 10_000,
            nesting: 16,
            resource_types: 1_024,
            instance_resources: 65_536,
            resources: 1_000_000,
            wit_bytes: 1 << 20,
            worlds: 256,
            interfaces: 1_024,
            imports: 10_000,
            exports: 10_000,
            cross_calls: 64,
            debug_sections: 32,
            dwarf_bytes: 64 << 20,
            symbols: 1_000_000,
            source_files: 100_000,
            breakpoints: 1_000,
            stack_trace: 256,
            memory_inspectors: 64,
            watches: 256,
            component_metadata: 64 << 20,
            function_metadata: 64 << 10,
            type_metadata: 64 << 10,
            source_breakpoints: 1_000,
            asil: Asil::Qm,
            debug_level: DebugLevel::Basic,
            safety_debug: false,
            component_overhead: 0,
            debug_overhead: 0,
            safety_reserve: 0,
        };
        match self {
            Preset::LinuxContainer => linux,
            Preset::QnxSafety => Limits {
                components: 16,
                instances: 64,
                component_types: 1_000,
                nesting: 4,
                resource_types: 64,
                instance_resources: 256,
                resources: 4_096,
                wit_bytes: 64 << 10,
                worlds: 16,
                interfaces: 64,
                imports: 500,
                exports: 500,
                cross_calls: 16,
                debug_sections: 16,
                dwarf_bytes: 1 << 20,
                symbols: 10_000,
                source_files: 1_000,
                breakpoints: 64,
                stack_trace: 64,
                memory_inspectors: 8,
                watches: 32,
                component_metadata: 256 << 10,
                function_metadata: 4 << 10,
                type_metadata: 4 << 10,
                source_breakpoints: 64,
                ..linux
            },
            Preset::Embedded => Limits {
                components: 4,
                instances: 8,
                component_types: 64,
                nesting: 2,
                resource_types: 8,
                instance_resources: 16,
                resources: 64,
                wit_bytes: 1 << 10,
                worlds: 4,
                interfaces: 16,
                imports: 64,
                exports: 64,
                cross_calls: 4,
                debug_sections: 8,
                dwarf_bytes: 64 << 10,
                symbols: 256,
                source_files: 32,
                breakpoints: 10,
                stack_trace: 16,
                memory_inspectors: 2,
                watches: 4,
                component_metadata: 4 << 10,
                function_metadata: 256,
                type_metadata: 256,
                source_breakpoints: 10,
                debug_level: DebugLevel::None,
                ..linux
            },
        }
    }
}

/// Whole percent of `total`, rounded down, without a product that could leave 64 bits.
const fn percent(total: u64, percent: u8) -> u64 {
    total / 100 * percent as u64 + total % 100 * percent as u64 / 100
}
