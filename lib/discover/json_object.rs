//! A record's fields as they stand in its line, in their order: for adding to a record without reading, and so
//! without losing, what this release does not know.

use crate::record::Str;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// An object's fields, each value as its JSON.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a>(Vec<(Str<'a>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<Str<'de>, &'de RawValue>()? {
                    fields.push((key, Cow::Borrowed(value.get())));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl<'a> Fields<'a> {
    /// Reads an object; one that is none has no fields.
    pub fn read(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// A field's value; `None` where it is absent or null.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == key);
        found.map(|(_, value)| &**value).filter(|value| *value != "null")
    }

    /// Puts a value in a field's place, or behind the others.
    pub fn set(&mut self, key: &'a str, json: impl Into<Cow<'a, str>>) {
        match self.0.iter_mut().find(|(name, _)| name.as_str() == key) {
            Some((_, value)) => *value = json.into(),
            None => self.0.push((Str::from(key), json.into())),
        }
    }

    /// Takes a field out; its value.
    pub fn remove(&mut self, key: &str) -> Option<Cow<'a, str>> {
        let at = self.0.iter().position(|(name, _)| name.as_str() == key)?;
        Some(self.0.remove(at).1)
    }

    /// Keeps only fields of certain names; `false` where that is all.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(name, _)| keep(name.as_str()));
        self.0.len() < before
    }

    /// Adds what another object has beside; `false` where that is nothing.
    pub fn fill_in(&mut self, other: &Fields<'a>) -> bool {
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

    /// The object's JSON, on one line.
    pub fn json(&self) -> String {
        let mut json = String::from("{");
        for (key, value) in &self.0 {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&quoted(key));
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// A string as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn what_is_not_known_and_how_it_is_spelled_stays() {
        let line = r#"{"kind":"Cluster","cluster":"a","n":12345678901234567890.10,"hub":null,"é\n":[1, 2]}"#;
        let mut fields = Fields::read(line);
        assert_eq!(fields.json(), line);
        assert!(fields.fill_in(&Fields::read(r#"{"hub":"h","n":1,"new":{}}"#)));
        assert!(!fields.fill_in(&Fields::read(r#"{"hub":"i","other":null}"#)));
        assert_eq!(
            fields.json(),
            r#"{"kind":"Cluster","cluster":"a","n":12345678901234567890.10,"hub":"h","é\n":[1, 2],"new":{}}"#
        );
        fields.set("cluster", "\"b\"");
        assert_eq!(fields.get("cluster"), Some("\"b\""));
    }
}
