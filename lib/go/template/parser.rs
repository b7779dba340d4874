//! Parses the tokens of a template.
//!
//! Users see its errors, so their places and words are Go's (`text/template/parse`).

mod pipeline;
mod state;

pub(super) use state::Templates;

use super::lexer::{Token, Type};
use super::limits::NAME;
use super::node::{Body, Branch, Call, TemplateNode};
use crate::go::text::quote;
use state::TemplateParser;

/// Reads a template.
///
/// # Errors
/// Go's text for a mistake in it.
pub(super) fn parse(source: &str) -> Result<Templates, String> {
    let mut parser = TemplateParser::new(source);
    let (root, end) = parser.body(true)?;
    if end != Closing::Template {
        return parser.error(&format!("unexpected {}", end.text()));
    }
    parser.add(NAME.to_owned(), root)?;
    Ok(parser.templates)
}

/// The end of a body.
#[derive(Clone, Copy, PartialEq)]
enum Closing {
    End,
    Else,
    /// The end of the whole template.
    Template,
}

impl Closing {
    fn text(self) -> &'static str {
        match self {
            Closing::End => "{{end}}",
            Closing::Else => "{{else}}",
            Closing::Template => "EOF",
        }
    }
}

impl TemplateParser {
    fn add(&mut self, name: String, list: Body) -> Result<(), String> {
        let is_empty = |list: &Body| {
            list.iter()
                .all(|node| matches!(node, TemplateNode::Text(text) if text.trim().is_empty()))
        };
        match self.templates.get(&name) {
            Some(old) if !is_empty(old) => {
                if !is_empty(&list) {
                    let name = quote(&name);
                    return self.error(&format!("template: multiple definition of template {name}"));
                }
            }
            _ => {
                self.templates.insert(name, list);
            }
        }
        Ok(())
    }

    /// Reads text and actions up to the end of a body. Only the outermost body may define templates, and may end with
    /// the text.
    fn body(&mut self, outermost: bool) -> Result<(Body, Closing), String> {
        if !outermost {
            self.enter()?;
        }
        let mut list = Body::new();
        let end = loop {
            let token = self.next_word();
            match token.type_ {
                Type::Eof if outermost => break Closing::Template,
                Type::Eof => return self.error("unexpected EOF"),
                Type::Text => list.push(TemplateNode::Text(token.text)),
                Type::LeftDelim if outermost && self.peek_word().type_ == Type::Define => {
                    self.next_word();
                    self.definition()?;
                }
                Type::LeftDelim => {
                    self.action_line = token.line;
                    let end = self.action(&mut list)?;
                    self.action_line = 0;
                    if let Some(end) = end {
                        break end;
                    }
                }
                _ => return self.unexpected(&token, "input"),
            }
        };
        self.depth -= usize::from(!outermost);
        Ok((list, end))
    }

    fn definition(&mut self) -> Result<(), String> {
        let context = "define clause";
        let token = self.next_word();
        let name = self.template_name(&token, context)?;
        self.expect(Type::RightDelim, context)?;
        let list = self.named_body(context)?;
        self.add(name, list)
    }

    /// Reads the body of a `define` or a `block`, which has no variables from outside.
    fn named_body(&mut self, context: &str) -> Result<Body, String> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let action_line = std::mem::take(&mut self.action_line);
        let (list, end) = self.body(false)?;
        if end != Closing::End {
            return self.error(&format!("unexpected {} in {context}", end.text()));
        }
        self.variables = variables;
        self.range_depth = range_depth;
        self.action_line = action_line;
        Ok(list)
    }

    /// Reads an action after its opening braces, and adds it as a node unless it ends the body.
    fn action(&mut self, list: &mut Body) -> Result<Option<Closing>, String> {
        let token = self.next_word();
        list.push(match token.type_ {
            Type::If => TemplateNode::If(self.control("if")?),
            Type::With => TemplateNode::With(self.control("with")?),
            Type::Range => TemplateNode::Range(self.control("range")?),
            Type::Template => self.call()?,
            Type::Block => self.block()?,
            Type::Break => self.leave_range("{{break}}", TemplateNode::Break)?,
            Type::Continue => self.leave_range("{{continue}}", TemplateNode::Continue)?,
            Type::End => {
                self.expect(Type::RightDelim, "end")?;
                return Ok(Some(Closing::End));
            }
            Type::Else => {
                // The caller reads the rest of `{{else if …}}`.
                if !matches!(self.peek_word().type_, Type::If | Type::With) {
                    self.expect(Type::RightDelim, "else")?;
                }
                return Ok(Some(Closing::Else));
            }
            _ => {
                self.back();
                TemplateNode::Action(self.pipeline("command", Type::RightDelim)?)
            }
        });
        Ok(None)
    }

    fn leave_range(&mut self, text: &str, node: TemplateNode) -> Result<TemplateNode, String> {
        let token = self.next_word();
        if token.type_ != Type::RightDelim {
            return self.unexpected(&token, text);
        }
        if self.range_depth == 0 {
            return self.error(&format!("{text} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn control(&mut self, context: &str) -> Result<Branch, String> {
        let variables = self.variables.len();
        let pipe = self.pipeline(context, Type::RightDelim)?;
        let depth = usize::from(context == "range");
        self.range_depth += depth;
        let (list, end) = self.body(false)?;
        self.range_depth -= depth;
        let otherwise = match end {
            Closing::Else => Some(self.other_half(context)?),
            _ => None,
        };
        self.variables.truncate(variables);
        Ok(Branch {
            pipe,
            list,
            otherwise,
        })
    }

    /// Reads what follows an `else`. `{{else if …}}` is an `if` with the same end, and so is `{{else with …}}`.
    fn other_half(&mut self, context: &str) -> Result<Body, String> {
        let nested = match (context, self.peek()) {
            ("if", Type::If) => Some(TemplateNode::If as fn(Branch) -> TemplateNode),
            ("with", Type::With) => Some(TemplateNode::With as fn(Branch) -> TemplateNode),
            _ => None,
        };
        if let Some(nested) = nested {
            self.next();
            self.enter()?;
            let branch = self.control(context)?;
            self.depth -= 1;
            return Ok(vec![nested(branch)]);
        }
        let (list, end) = self.body(false)?;
        if end != Closing::End {
            return self.error(&format!("expected end; found {}", end.text()));
        }
        Ok(list)
    }

    fn block(&mut self) -> Result<TemplateNode, String> {
        let context = "block clause";
        let token = self.next_word();
        let name = self.template_name(&token, context)?;
        let pipe = self.pipeline(context, Type::RightDelim)?;
        let list = self.named_body(context)?;
        self.add(name.clone(), list)?;
        Ok(TemplateNode::Template(Call {
            position: token.position,
            name,
            pipe: Some(pipe),
        }))
    }

    fn call(&mut self) -> Result<TemplateNode, String> {
        let context = "template clause";
        let token = self.next_word();
        let name = self.template_name(&token, context)?;
        let mut pipe = None;
        if self.next_word().type_ != Type::RightDelim {
            self.back();
            pipe = Some(self.pipeline(context, Type::RightDelim)?);
        }
        Ok(TemplateNode::Template(Call {
            position: token.position,
            name,
            pipe,
        }))
    }

    fn template_name(&self, token: &Token, context: &str) -> Result<String, String> {
        match token.type_ {
            Type::String | Type::RawString => self.unquote(&token.text),
            _ => self.unexpected(token, context),
        }
    }
}
