//! The configuration: a TOML file under the environment, read into one struct and checked before anything is made.
//!
//! Every setting is one entry of [`SETTINGS`]: its name, what it means, and how it is read and shown. The file's
//! `[uploads] max_bytes`, the environment's `COMMONHOLD_UPLOADS_MAX_BYTES` and `config doc` all follow from it.

mod settings;

use std::net::SocketAddr;
use std::path::Path;

use commonhold_repo::{Settings, Texts};
use ipnet::IpNet;
use toml::{Table, Value};

pub(crate) use settings::SETTINGS;

/// Everything that an operator decides.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where probes and metrics are answered instead, if not beside everything else.
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Scheme, host and port by which clients know the server; from `listen` where absent.
    pub(crate) public_url: Option<String>,
    /// The same for files; `public_url` where absent.
    pub(crate) media_url: Option<String>,
    /// Proxies whose word on the client's address counts.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Where the catalogue is: `sqlite:` or `postgres://…`.
    pub(crate) database_url: String,
    /// Connections to PostgreSQL.
    pub(crate) database_connections: usize,
    /// Jobs that this process works on at a time.
    pub(crate) workers: usize,
    /// Where the bytes are: `disk:`.
    pub(crate) storage_url: String,
    /// What the use cases need. Its addresses are filled in by [`Config::settings`].
    pub(crate) settings: Settings,
}

/// One setting.
pub(crate) struct Setting {
    /// Section and key, as in `uploads.max_bytes`.
    pub(crate) name: &'static str,
    /// What it means.
    pub(crate) doc: &'static str,
    /// The form of its value.
    pub(crate) kind: Kind,
    /// The value, to be shown; `None` where there is none.
    pub(crate) get: fn(&Config) -> Option<Value>,
    /// Takes a value of the right form; says what is wrong with it.
    pub(crate) set: fn(&mut Config, Value) -> Result<(), String>,
}

/// The form of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number that isn't negative.
    Number,
    /// Text.
    Text,
    /// Several texts; in the environment with commas between them.
    Texts,
    /// Several whole numbers that aren't negative; in the environment with commas between them.
    Numbers,
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file can't be read.
    #[error("the configuration {file} can't be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file isn't TOML.
    #[error("the configuration {file}, line {line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Where it goes wrong, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A section or key that doesn't exist.
    #[error("{place}: there is no setting {name:?}; `commonhold config doc` lists them all")]
    Unknown {
        /// The file, or the environment.
        place: String,
        /// The name as it was written.
        name: String,
    },
    /// A value that doesn't do.
    #[error("{place}: {name} {problem}")]
    Value {
        /// The file, or the environment.
        place: String,
        /// The setting, or its variable.
        name: String,
        /// What is wrong with the value.
        problem: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin_listen: None,
            public_url: None,
            media_url: None,
            trusted_proxies: Vec::new(),
            database_url: "sqlite:".to_owned(),
            database_connections: 8,
            workers: 2,
            storage_url: "disk:".to_owned(),
            settings: Settings::default(),
        }
    }
}

impl Config {
    /// Reads the file, if one is named, and then what the environment says.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = file {
            let name = path.display().to_string();
            #[expect(clippy::disallowed_methods, reason = "a configuration is small, and the operator's own")]
            let bytes = std::fs::read(path)
                .map_err(|source| ConfigError::Unreadable { file: name.clone(), source })?;
            config.apply_file(&name, &String::from_utf8_lossy(&bytes))?;
        }
        let mut variables: Vec<(String, String)> = environment.collect();
        variables.sort_unstable();
        config.apply_environment(&variables)?;
        Ok(config)
    }

    fn apply_file(&mut self, file: &str, text: &str) -> Result<(), ConfigError> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
            file: file.to_owned(),
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            message: error.message().to_owned(),
        })?;
        let place = format!("the configuration {file}");
        for (section, value) in table {
            let unknown = |name: String| ConfigError::Unknown { place: place.clone(), name };
            let Value::Table(keys) = value else { return Err(unknown(section)) };
            self.apply_section(&place, &section, keys)?;
        }
        Ok(())
    }

    fn apply_section(&mut self, place: &str, section: &str, keys: Table) -> Result<(), ConfigError> {
        let is_section = |name: &str| {
            SETTINGS.iter().any(|s| s.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
        };
        if !is_section(section) {
            return Err(ConfigError::Unknown { place: place.to_owned(), name: section.to_owned() });
        }
        for (key, value) in keys {
            let name = format!("{section}.{key}");
            match (named(&name), value) {
                (Some(setting), value) => self.apply(place, &name, setting, value)?,
                (None, Value::Table(inner)) => self.apply_section(place, &name, inner)?,
                (None, _) => return Err(ConfigError::Unknown { place: place.to_owned(), name }),
            }
        }
        Ok(())
    }

    fn apply_environment(&mut self, variables: &[(String, String)]) -> Result<(), ConfigError> {
        for setting in SETTINGS {
            let variable = setting.variable();
            let Some((_, text)) = variables.iter().find(|(name, _)| *name == variable) else { continue };
            let value = setting.kind.read(text);
            self.apply("the environment", &variable, setting, value)?;
        }
        Ok(())
    }

    fn apply(&mut self, place: &str, name: &str, setting: &Setting, value: Value) -> Result<(), ConfigError> {
        let fits = setting.kind.fits(&value);
        let outcome = if fits { (setting.set)(self, value) } else { Err(setting.kind.wanted().to_owned()) };
        outcome.map_err(|problem| ConfigError::Value {
            place: place.to_owned(),
            name: name.to_owned(),
            problem,
        })
    }

    /// What the use cases need, for a server that listens on this address.
    pub(crate) fn settings(&self, listen: SocketAddr) -> Settings {
        let mut settings = self.settings.clone();
        settings.site.public_url = self.public_url.clone().unwrap_or_else(|| format!("http://{listen}"));
        settings.site.media_url = self.media_url.clone().unwrap_or_else(|| settings.site.public_url.clone());
        settings.texts = Texts(commonhold_api::message_text);
        settings
    }

    /// The configuration as a TOML file: with the meanings as comments, or with the values alone.
    pub(crate) fn toml(&self, documented: bool) -> String {
        let mut out = String::new();
        let mut section = "";
        for setting in SETTINGS {
            let (its_section, key) = setting.name.rsplit_once('.').unwrap_or(("", setting.name));
            if its_section != section {
                section = its_section;
                let gap = if out.is_empty() { "" } else { "\n" };
                out.push_str(&format!("{gap}[{section}]\n"));
            }
            if documented {
                out.push_str(&format!("# {}\n# Environment: {}\n", setting.doc, setting.variable()));
            }
            let line = match (setting.get)(self) {
                Some(value) => format!("{key} = {value}\n"),
                None => format!("# {key} =\n"),
            };
            out.push_str(&line);
        }
        out
    }
}

impl Setting {
    /// The environment variable that overrides the file.
    fn variable(&self) -> String {
        format!("COMMONHOLD_{}", self.name.to_uppercase().replace('.', "_"))
    }
}

impl Kind {
    /// The value that a variable's text stands for. What isn't of the kind stays text, and is refused as that.
    fn read(self, text: &str) -> Value {
        let as_text = || Value::String(text.to_owned());
        match self {
            Self::Bool => text.parse().map_or_else(|_| as_text(), Value::Boolean),
            Self::Number => text.parse().map_or_else(|_| as_text(), Value::Integer),
            Self::Text => as_text(),
            Self::Numbers => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                let items: Result<Vec<i64>, _> = items.map(str::parse).collect();
                items.map_or_else(
                    |_| as_text(),
                    |items| Value::Array(items.into_iter().map(Value::Integer).collect()),
                )
            }
            Self::Texts => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
            }
        }
    }

    fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Bool, Value::Boolean(_)) | (Self::Text, Value::String(_)) => true,
            (Self::Number, Value::Integer(number)) => *number >= 0,
            (Self::Texts, Value::Array(items)) => items.iter().all(Value::is_str),
            (Self::Numbers, Value::Array(items)) => {
                items.iter().all(|item| item.as_integer().is_some_and(|number| number >= 0))
            }
            _ => false,
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Bool => "has to be true or false",
            Self::Number => "has to be a whole number that is not negative",
            Self::Text => "has to be text",
            Self::Texts => "has to be a list of texts",
            Self::Numbers => "has to be a list of whole numbers that are not negative",
        }
    }
}

fn named(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        config.apply_file("c.toml", text)?;
        let variables: Vec<_> = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        config.apply_environment(&variables)?;
        Ok(config)
    }

    #[test]
    fn what_is_shown_can_be_read_back() {
        for documented in [false, true] {
            let shown = Config::default().toml(documented);
            assert_eq!(load(&shown, &[]).unwrap().toml(documented), shown);
        }
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let file = "[uploads]\nmax_bytes = 7\nextensions = [\"png\"]\n";
        let environment =
            [("COMMONHOLD_UPLOADS_MAX_BYTES", "9"), ("COMMONHOLD_UPLOADS_EXTENSIONS", "gif, JPG")];
        let config = load(file, &environment).unwrap();
        assert_eq!(config.settings.uploads.max_bytes, 9);
        assert_eq!(config.settings.uploads.extensions, ["gif", "jpg"]);
        assert_eq!(load(file, &[]).unwrap().settings.uploads.max_bytes, 7);
    }

    #[test]
    fn mistakes_are_named() {
        let problem =
            |text: &str, environment: &[(&str, &str)]| load(text, environment).unwrap_err().to_string();
        assert!(problem("[uploads]\nmax_byte = 5\n", &[]).contains("uploads.max_byte"));
        assert!(problem("[upload]\nmax_bytes = 5\n", &[]).contains("\"upload\""));
        assert!(problem("uploads = 5\n", &[]).contains("uploads"));
        assert!(problem("[uploads]\nmax_bytes = \"many\"\n", &[]).contains("uploads.max_bytes"));
        assert!(problem("[uploads]\nmax_bytes = -5\n", &[]).contains("uploads.max_bytes"));
        assert!(problem("\n[server\n", &[]).contains("line 2"));
        assert!(problem("[server]\nlisten = \"everywhere\"\n", &[]).contains("server.listen"));
        assert!(problem("[server]\npublic_url = \"example.org\"\n", &[]).contains("server.public_url"));
        assert!(problem("[shared_repository]\napi = \"http://a:b@c/w/api.php\"\n", &[]).contains("api.php"));
        assert!(problem("[shared_repository]\nname = \"local\"\n", &[]).contains("shared_repository.name"));
        assert!(problem("[thumbnails]\nsteps = [\"120\"]\n", &[]).contains("thumbnails.steps"));
        assert!(problem("[thumbnails]\nsteps = []\n", &[]).contains("thumbnails.steps"));
        assert!(problem("[thumbnails]\nmode = \"round\"\n", &[]).contains("thumbnails.mode"));
        assert!(problem("[thumbnails]\nrenditions = [\"gif\"]\n", &[]).contains("thumbnails.renditions"));
        assert!(problem("", &[("COMMONHOLD_THUMBNAILS_STEPS", "120,x")]).contains("THUMBNAILS_STEPS"));
        assert!(problem("[uploads.by_url]\ngroups = [\"sysops\"]\n", &[]).contains("\"sysops\""));
        assert!(problem("", &[("COMMONHOLD_UPLOADS_BY_URL_ALLOW_NETWORKS", "10")]).contains("\"10\""));
        assert!(
            problem("", &[("COMMONHOLD_UPLOADS_ENABLED", "maybe")]).contains("COMMONHOLD_UPLOADS_ENABLED")
        );
    }

    #[test]
    fn addresses_follow_the_listener_unless_told() {
        let listen: SocketAddr = "127.0.0.1:99".parse().unwrap();
        let site = Config::default().settings(listen).site;
        assert_eq!(
            (site.public_url.as_str(), site.media_url.as_str()),
            ("http://127.0.0.1:99", "http://127.0.0.1:99")
        );
        let told = load("[server]\npublic_url = \"https://files.example/\"\n", &[]).unwrap();
        assert_eq!(told.settings(listen).site.media_url, "https://files.example");
    }
}
