//! The ways to put rows together that a user can choose instead of one row after the other.

use super::computation::Computation;
use super::field::Field;
use super::object_diff::IgnoredFields;

/// A strategy, as its flags say it.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// `--group-by`, `--fold`, and numbers of all rows
    Group(GroupSpec),
    /// `--top`
    Top(TopSpec),
    /// `--diff` and `--drift`
    Compare(CompareSpec),
}

/// The rows that are kept of all.
#[derive(Clone, Debug, PartialEq)]
pub struct TopSpec {
    /// How many rows are kept, of each group if there are any.
    pub count: usize,
    /// The value that they are ranked by.
    pub by: Field,
    /// True if the least value comes first: the earliest time is the greatest age.
    pub least_first: bool,
    /// The fields that make groups.
    pub groups: Vec<Field>,
}

impl TopSpec {
    /// Ranks by a column or a path. AGE is the age of the object, which its cell only says for people.
    ///
    /// # Errors
    /// The path is not valid.
    pub fn new(count: usize, by: &str, groups: Vec<Field>) -> Result<Self, String> {
        let is_age = by.trim().eq_ignore_ascii_case("AGE");
        let by = if is_age { ".metadata.creationTimestamp" } else { by };
        Ok(Self {
            count,
            by: Field::parse(by)?,
            least_first: is_age,
            groups,
        })
    }
}

/// The way that clusters are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompareSpec {
    /// The cluster that others are compared with; `None` for what most clusters have.
    pub reference: Option<String>,
    /// Headings of columns that are not compared.
    pub ignored_columns: Vec<String>,
    /// Fields that are not compared, where objects are.
    pub ignored_fields: IgnoredFields,
    /// True if the exit status says that there are differences.
    pub exit_code: bool,
}

/// The fields that rows are grouped by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupSpec {
    /// The fields, in the order in which they are printed.
    pub fields: Vec<Field>,
    /// True if rows are grouped by all their columns but CLUSTER and AGE, instead of by fields (`--fold`).
    pub by_all_columns: bool,
    /// True if it is not shown how many rows a group has (`--fold`).
    pub folded: bool,
    /// Numbers that are computed of each group.
    pub computed: Vec<Computation>,
}

impl Strategy {
    /// Returns the fields that it reads from rows.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        let (fields, computed, by): (&[Field], &[Computation], _) = match self {
            Strategy::Group(spec) => (&spec.fields, &spec.computed, None),
            Strategy::Top(spec) => (&spec.groups, &[], Some(&spec.by)),
            Strategy::Compare(_) => (&[], &[], None),
        };
        let computed = computed.iter().map(Computation::field);
        fields.iter().chain(computed).chain(by)
    }
}
