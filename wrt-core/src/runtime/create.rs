//! The making of an instance (specification section 4.5.4, *instantiation*).

use crate::arena::Arena;
use crate::error::{Error, Reason};
use crate::module::Module;
use crate::runtime::instance::InstanceConfig;
use crate::runtime::layout::InstanceHeader;

/// Makes an instance.
///
/// # Safety
/// What `config` names is lent for as long as the instance may be used.
pub(crate) unsafe fn create<'a>(
    arena: &mut Arena<'a>,
    module: Module<'a>,
    config: InstanceConfig<'_, 'a>,
) -> Result<*mut InstanceHeader, Error> {
    let _ = (arena, module, config);
    Err(Error::new(Reason::Internal))
}
