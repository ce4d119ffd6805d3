//! The arguments that say which methods are asked beside the engine.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::method::command::Command;
use crate::method::process::Groups;
use crate::method::{Panel, known};

#[derive(Debug, Args)]
pub(crate) struct Methods {
    /// Ask this method: a name, `engine` being the lab's own, or a command with a path such as `./mine`. Repeat for more.
    ///
    /// Without a name all the lab's own methods are asked. A command gets a copy of the evidence as its working folder and
    /// prints its answer as JSON.
    #[arg(long = "method", value_name = "NAME|COMMAND", value_parser = asked)]
    pub(crate) asked: Vec<Asked>,
    /// A command that takes longer is killed, and its answer is wrong.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) method_timeout: Duration,
    /// Where commands find programs.
    #[arg(long, env = "PATH", default_value = "/usr/bin:/bin", hide = true)]
    method_path: String,
}

/// One of the lab's own methods, or a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Named(String),
    Command(Arc<Command>),
}

impl Methods {
    /// Whether somebody is asked who needs other runs to learn from.
    pub(crate) fn learns(&self) -> bool {
        self.asked.iter().any(|asked| matches!(asked, Asked::Named(name) if name == score::learned::LEARNED))
    }

    /// Who is asked, each once.
    pub(crate) fn panel(&self) -> Panel {
        let mut panel = Panel {
            names: Vec::new(),
            commands: Vec::new(),
            limit: self.method_timeout,
            path: self.method_path.clone(),
            groups: Groups::default(),
        };
        for asked in &self.asked {
            match asked {
                Asked::Named(name) if !panel.names.contains(name) => panel.names.push(name.clone()),
                Asked::Command(command) if !panel.commands.contains(command) => {
                    panel.commands.push(Arc::clone(command));
                }
                Asked::Named(_) | Asked::Command(_) => {}
            }
        }
        panel
    }
}

/// A single word without a slash is a name; everything else is a command.
fn asked(text: &str) -> Result<Asked, String> {
    if known().any(|name| name == text) {
        return Ok(Asked::Named(text.to_owned()));
    }
    if is_command(text) {
        return Command::parse(text).map(|command| Asked::Command(Arc::new(command)));
    }
    Err(format!("expected one of {}, or a command with a path such as ./{text}", listed()))
}

/// The name of a method in results: one of the lab's own, or a command as it was given then.
pub(crate) fn named(text: &str) -> Result<String, String> {
    if known().any(|name| name == text) || is_command(text) {
        return Ok(text.trim().to_owned());
    }
    Err(format!("expected one of {}, or a command as it was given", listed()))
}

fn is_command(text: &str) -> bool {
    text.contains('/') || text.trim().contains(char::is_whitespace)
}

fn listed() -> String {
    known().collect::<Vec<_>>().join(", ")
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let sensible = seconds.filter(|limit| !limit.is_zero() && *limit <= Duration::from_secs(86_400));
    sensible.ok_or_else(|| "expected seconds, more than 0 and at most a day".to_owned())
}
