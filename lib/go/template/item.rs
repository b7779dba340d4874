//! Values as they go through pipelines.

use crate::go::value::Value;

/// A value on its way through a pipeline. `None` is Go's invalid value: what a missing key gives, and what
/// a nil becomes once it has been through a pipeline.
pub(super) type Item = Option<Slot>;

/// A value, and whether Go would know no more of its type than `interface {}`.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) value: Value,
    pub(super) is_interface: bool,
}

impl Slot {
    /// A value of known type.
    pub(super) fn of(value: Value) -> Item {
        Some(Slot {
            value,
            is_interface: false,
        })
    }

    /// A member of a list or a map.
    pub(super) fn member(value: &Value) -> Item {
        Some(Slot {
            value: value.clone(),
            is_interface: true,
        })
    }

    /// Go's name of its type.
    pub(super) fn type_name(&self) -> &'static str {
        if self.is_interface {
            "interface {}"
        } else {
            self.value.type_name()
        }
    }
}

/// What an interface holds; nothing where it is nil.
pub(super) fn concrete(item: Item) -> Item {
    let slot = item?;
    (slot.value != Value::Nil).then_some(Slot {
        value: slot.value,
        is_interface: false,
    })
}

/// Whether a condition holds.
pub(super) fn is_true(item: &Item) -> bool {
    item.as_ref().is_some_and(|slot| slot.value.is_true())
}
