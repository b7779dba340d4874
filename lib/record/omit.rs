//! Fields that are left out where they say nothing.

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
pub(super) fn is_zero(position: &u32) -> bool {
    *position == 0
}
