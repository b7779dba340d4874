//! The languages of templates: kubectl's JSONPath dialect and Go templates.

use crate::go::template::{GoTemplate, ItemByItem};
use crate::go::text::quote;
use crate::jsonpath::{self, Fields, Tree, Value};
use std::fmt::{self, Write};
use std::sync::Arc;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The template as typed.
    text: Arc<str>,
    engine: Engine,
}

/// A template in one of the languages.
#[derive(Clone, Debug, PartialEq)]
enum Engine {
    /// The template, and the fields that it can look at in the items of a List, if not everything.
    JsonPath(Arc<jsonpath::Template>, Option<Arc<Fields>>),
    Go(Arc<GoTemplate>),
}

impl Template {
    /// Parses a JSONPath template. With `json`, its results are written as JSON.
    ///
    /// # Errors
    /// kubectl's text for a mistake in it.
    pub fn jsonpath(text: &str, allow_missing_keys: bool, json: bool) -> Result<Self, String> {
        let template = jsonpath::Template::parse(text)
            .map_err(|error| format!("error parsing jsonpath {text}, {error}"))?
            .allow_missing_keys(allow_missing_keys)
            .json_output(json);
        let fields = Some(template.item_fields()).filter(|fields| !fields.are_all());
        Ok(Self {
            text: text.into(),
            engine: Engine::JsonPath(Arc::new(template), fields.map(Arc::new)),
        })
    }

    /// Parses a Go template.
    ///
    /// # Errors
    /// kubectl's text for a mistake in it.
    pub fn go(text: &str, allow_missing_keys: bool) -> Result<Self, String> {
        let template = GoTemplate::parse(text)?.allow_missing_keys(allow_missing_keys);
        Ok(Self {
            text: text.into(),
            engine: Engine::Go(Arc::new(template)),
        })
    }

    /// Returns the fields that the template can look at in the items of a List, if not everything.
    pub(crate) fn item_fields(&self) -> Option<&Fields> {
        match &self.engine {
            Engine::JsonPath(_, fields) => fields.as_deref(),
            Engine::Go(_) => None,
        }
    }

    /// Returns whether the template can be run over the items of a List one by one.
    pub(crate) fn is_per_item(&self) -> bool {
        match &self.engine {
            Engine::JsonPath(..) => false,
            Engine::Go(template) => template.is_per_item(),
        }
    }

    /// Begins to run the template over the items of a List one by one, if it [can be](Self::is_per_item).
    pub(crate) fn item_by_item<'r>(&'r self, output: &'r mut dyn Write) -> Option<ItemByItem<'r>> {
        match &self.engine {
            Engine::JsonPath(..) => None,
            Engine::Go(template) => template.item_by_item(output),
        }
    }

    /// Evaluates the template over an answer and writes its output. A failed template may have output, too.
    ///
    /// `found_room` is the memory for the values that a step of a JSONPath template finds. With a `dump_room`,
    /// kubectl's dump of a failed template and its object is added: to the output of a Go template, and to the error of
    /// a JSONPath template as far as there is room.
    ///
    /// # Errors
    /// kubectl's text for what went wrong.
    pub(crate) fn execute(
        &self,
        answer: &str,
        found_room: usize,
        dump_room: Option<&mut usize>,
        output: &mut dyn Write,
    ) -> Result<(), String> {
        let tree = Tree::of_valid(answer).map_err(|error| error.to_string())?;
        match &self.engine {
            Engine::JsonPath(template, _) => {
                let most = found_room / size_of::<Value<'_>>();
                template
                    .execute_within(most, &tree, output)
                    .map_err(|error| self.jsonpath_error(&error, &tree, dump_room))
            }
            Engine::Go(template) => {
                let tree = tree.with_whole_numbers();
                template.print(&tree, output).map_err(|error| {
                    if dump_room.is_some() {
                        // If this fails, so does all other output, and the writer keeps the error.
                        let _ = template.dump(&error, &tree, output);
                    }
                    template.failure(&error)
                })
            }
        }
    }

    fn jsonpath_error(
        &self,
        error: &jsonpath::Error,
        tree: &Tree<'_>,
        dump_room: Option<&mut usize>,
    ) -> String {
        let text = quote(&self.text);
        let mut said = format!("error executing jsonpath {text}: Error executing template: {error}.");
        if let Some(room) = dump_room {
            let mut object = Limited {
                text: String::new(),
                room: *room,
            };
            if write!(object, "{:#}", Value::from(tree.root())).is_err() {
                object.text.push('…');
            }
            *room = object.room;
            said.push_str(&format!(
                " Printing more information for debugging the template:\n\ttemplate was:\n\t\t{}\n\tobject given to \
                 jsonpath engine was:\n\t\t{}\n\n",
                self.text, object.text
            ));
        }
        said
    }
}

/// Text with a maximum length.
struct Limited {
    text: String,
    room: usize,
}

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.room = self.room.checked_sub(text.len()).ok_or(fmt::Error)?;
        self.text.push_str(text);
        Ok(())
    }
}

/// The JSON text of a cluster's answer: the object that was asked for by its name, or a `v1` List of all objects.
#[derive(Debug)]
pub(crate) struct AnswerText {
    text: String,
    is_single: bool,
    is_empty: bool,
}

const LIST_START: &str = r#"{"apiVersion":"v1","items":["#;
const LIST_END: &str = r#"],"kind":"List","metadata":{"resourceVersion":""}}"#;

impl AnswerText {
    /// Begins the text for objects of this length together, with a byte between them.
    pub(crate) fn new(is_single: bool, length: usize) -> Self {
        let mut text = String::with_capacity(length + LIST_START.len() + LIST_END.len());
        if !is_single {
            text.push_str(LIST_START);
        }
        Self {
            text,
            is_single,
            is_empty: true,
        }
    }

    pub(crate) fn push(&mut self, object: &str) {
        if !std::mem::take(&mut self.is_empty) {
            self.text.push(',');
        }
        self.text.push_str(object);
    }

    pub(crate) fn finish(mut self) -> String {
        if !self.is_single {
            self.text.push_str(LIST_END);
        }
        self.text
    }
}
