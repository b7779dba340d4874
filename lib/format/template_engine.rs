//! The languages of templates: kubectl's JSONPath dialect and Go templates.

use crate::go::template::GoTemplate;
use crate::go::text::quote;
use crate::jsonpath::{self, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A template that has been understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// As typed.
    text: Arc<str>,
    engine: Engine,
}

/// The languages of templates.
#[derive(Clone, Debug, PartialEq)]
enum Engine {
    JsonPath(Arc<jsonpath::Template>),
    Go(Arc<GoTemplate>),
}

/// A template that failed, in kubectl's words.
#[derive(Debug)]
pub(crate) struct Failure {
    /// In one line.
    pub(crate) error: String,
    /// What kubectl dumps behind that.
    pub(crate) on_stderr: String,
    /// What kubectl dumps behind the output.
    pub(crate) on_stdout: String,
}

impl From<String> for Failure {
    fn from(error: String) -> Self {
        Self {
            error,
            on_stderr: String::new(),
            on_stdout: String::new(),
        }
    }
}

impl Template {
    /// A template of kubectl's JSONPath dialect; with `json`, its results are written as JSON.
    ///
    /// # Errors
    /// kubectl's words for what is none.
    pub fn jsonpath(text: &str, allow_missing_keys: bool, json: bool) -> Result<Self, String> {
        let template = jsonpath::Template::parse(text)
            .map_err(|error| format!("error parsing jsonpath {text}, {error}"))?
            .allow_missing_keys(allow_missing_keys)
            .json_output(json);
        Ok(Self {
            text: text.into(),
            engine: Engine::JsonPath(Arc::new(template)),
        })
    }

    /// A Go template.
    ///
    /// # Errors
    /// kubectl's words for what is none.
    pub fn go(text: &str, allow_missing_keys: bool) -> Result<Self, String> {
        let template = GoTemplate::parse(text)?.allow_missing_keys(allow_missing_keys);
        Ok(Self {
            text: text.into(),
            engine: Engine::Go(Arc::new(template)),
        })
    }

    /// Appends what comes of it; that may be something though it failed.
    pub(crate) fn execute(&self, answer: &Answer<'_>, output: &mut String) -> Result<(), Failure> {
        match &self.engine {
            Engine::JsonPath(template) => {
                let value = answer.value().map_err(|error| Failure::from(error.to_string()))?;
                template.execute(&value, output).map_err(|error| {
                    let mut object = String::new();
                    value.print_source(&mut object);
                    let on_stderr = format!(
                        " Printing more information for debugging the template:\n\ttemplate was:\n\t\t{}\n\t\
                         object given to jsonpath engine was:\n\t\t{object}\n\n",
                        self.text
                    );
                    let text = quote(&self.text);
                    let error =
                        format!("error executing jsonpath {text}: Error executing template: {error}.");
                    Failure {
                        on_stderr,
                        ..Failure::from(error)
                    }
                })
            }
            Engine::Go(template) => template.print(&answer.json(), output).map_err(|failed| Failure {
                on_stdout: failed.dump,
                ..Failure::from(failed.error)
            }),
        }
    }
}

/// What a cluster answered.
pub(crate) struct Answer<'a> {
    /// Whether it is one object that was asked for by its name.
    pub(crate) single: bool,
    /// The objects, each as the API server wrote it.
    pub(crate) objects: Vec<&'a str>,
}

impl Answer<'_> {
    /// The same as JSON text.
    fn json(&self) -> Cow<'_, str> {
        if let ([object], true) = (self.objects.as_slice(), self.single) {
            return Cow::Borrowed(object);
        }
        Cow::Owned(format!(
            r#"{{"apiVersion":"v1","items":[{}],"kind":"List","metadata":{{"resourceVersion":""}}}}"#,
            self.objects.join(",")
        ))
    }

    /// As one value: the object, or a List of all.
    fn value(&self) -> Result<Value<'_>, serde_json::Error> {
        if let ([object], true) = (self.objects.as_slice(), self.single) {
            return Value::parse(object);
        }
        let items = self.objects.iter().map(|object| Value::parse(object));
        let members = [
            ("apiVersion", Value::from("v1")),
            ("items", Value::Array(items.collect::<Result<_, _>>()?)),
            ("kind", Value::from("List")),
            (
                "metadata",
                Value::Object(
                    [(Cow::Borrowed("resourceVersion"), Value::from(""))]
                        .into_iter()
                        .collect(),
                ),
            ),
        ];
        let members = members.map(|(key, value)| (Cow::Borrowed(key), value));
        Ok(Value::Object(members.into_iter().collect()))
    }
}
