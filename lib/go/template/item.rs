//! Values in pipelines.

use crate::go::value::Value;
use crate::json::TreeNode;

/// A value in a pipeline. `None` is Go's invalid value: the value of a missing key, and nil after it has been through a
/// pipeline.
pub(super) type Item<'t> = Option<Slot<'t>>;

/// A value, and whether its static type in Go is `interface {}`.
#[derive(Clone, Debug)]
pub(super) struct Slot<'t> {
    pub(super) value: Value<'t>,
    pub(super) is_interface: bool,
}

impl<'t> Slot<'t> {
    /// Creates a value of known type.
    pub(super) fn of(value: Value<'t>) -> Item<'t> {
        Some(Slot {
            value,
            is_interface: false,
        })
    }

    /// Creates the value of a member of a list or a map.
    pub(super) fn member(node: TreeNode<'t>) -> Item<'t> {
        Some(Slot {
            value: node.into(),
            is_interface: true,
        })
    }

    /// Returns Go's name of its type.
    pub(super) fn type_name(&self) -> &'static str {
        if self.is_interface {
            "interface {}"
        } else {
            self.value.type_name()
        }
    }
}

/// Returns the value in an interface, and `None` for nil.
pub(super) fn concrete(item: Item<'_>) -> Item<'_> {
    let slot = item?;
    (slot.value != Value::Nil).then_some(Slot {
        value: slot.value,
        is_interface: false,
    })
}

/// Returns whether a condition holds, which is when a value is not the zero of its type.
pub(super) fn is_true(item: &Item<'_>) -> bool {
    item.as_ref().is_some_and(|slot| match &slot.value {
        Value::Invalid | Value::Nil => false,
        Value::Bool(value) => *value,
        Value::Int(number) | Value::Int64(number) => *number != 0,
        Value::Byte(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => map.members().len() > 0,
    })
}
