//! A JSON object whose values are kept as text, in their order. It is used to change a record without parsing all of
//! it, and so without losing the fields that this release does not know.

use crate::record::Str;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// An object's fields in their order, each value as its JSON text.
#[derive(Clone, Debug, Default)]
pub struct JsonObject<'a>(Vec<(Str<'a>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for JsonObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = JsonObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<Str<'de>, &'de RawValue>()? {
                    fields.push((key, Cow::Borrowed(value.get())));
                }
                Ok(JsonObject(fields))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl<'a> JsonObject<'a> {
    /// Parses an object. If the text is not an object, there are no fields.
    pub fn parse(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Returns a field's value, or `None` if it is absent or null.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == key);
        found.map(|(_, value)| &**value).filter(|value| *value != "null")
    }

    /// Replaces a field's value, or adds the field at the end.
    pub fn set(&mut self, key: &'a str, json: impl Into<Cow<'a, str>>) {
        match self.0.iter_mut().find(|(name, _)| name.as_str() == key) {
            Some((_, value)) => *value = json.into(),
            None => self.0.push((Str::from(key), json.into())),
        }
    }

    /// Removes a field and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Cow<'a, str>> {
        let at = self.0.iter().position(|(name, _)| name.as_str() == key)?;
        Some(self.0.remove(at).1)
    }

    /// Removes the fields whose names fail the test. Returns true if there were any.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(name, _)| keep(name.as_str()));
        self.0.len() < before
    }

    /// Adds the fields of another object that are absent or null here. Returns true if there were any.
    pub fn fill_in(&mut self, other: &JsonObject<'a>) -> bool {
        let mut any = false;
        for (key, value) in &other.0 {
            if self.get(key).is_none() && **value != *"null" {
                any = true;
                match self.0.iter_mut().find(|(name, _)| name == key) {
                    Some((_, null)) => *null = value.clone(),
                    None => self.0.push((key.clone(), value.clone())),
                }
            }
        }
        any
    }

    /// Returns the object's JSON, on one line.
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        for (key, value) in &self.0 {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&json_string(key));
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// Returns a string as JSON.
pub fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::JsonObject;

    #[test]
    fn unknown_fields_order_and_spelling_are_kept() {
        let line = r#"{"kind":"Cluster","cluster":"a","n":12345678901234567890.10,"hub":null,"é\n":[1, 2]}"#;
        let mut fields = JsonObject::parse(line);
        assert_eq!(fields.to_json(), line);
        assert!(fields.fill_in(&JsonObject::parse(r#"{"hub":"h","n":1,"new":{}}"#)));
        assert!(!fields.fill_in(&JsonObject::parse(r#"{"hub":"i","other":null}"#)));
        assert_eq!(
            fields.to_json(),
            r#"{"kind":"Cluster","cluster":"a","n":12345678901234567890.10,"hub":"h","é\n":[1, 2],"new":{}}"#
        );
        fields.set("cluster", "\"b\"");
        assert_eq!(fields.get("cluster"), Some("\"b\""));
    }
}
