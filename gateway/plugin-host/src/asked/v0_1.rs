//! Version 0.1 of the interfaces, for components that were built against it: each question is asked as 0.2 asks it.
//! All conversions between the two versions stand here, those of answers in `convert.rs` apart.

use portcullis_policy::Question;
use wasmtime::component::{HasSelf, Linker};

use super::text;
use crate::bindings::{self, directory, v0_1};
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

/// Adds the interfaces of `portcullis:policy@0.1`.
pub(super) fn add_to_linker(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    v0_1::request::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    v0_1::principal::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    v0_1::network::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    v0_1::directory::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    v0_1::clock::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    v0_1::settings::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)?;
    v0_1::log::add_to_linker::<_, HasSelf<Sandbox>>(linker, |sandbox| sandbox)
}

impl v0_1::request::Host for Sandbox {
    fn operation(&mut self) -> wasmtime::Result<String> {
        bindings::request::Host::operation(self)
    }

    fn operation_in(&mut self, names: Vec<String>) -> wasmtime::Result<bool> {
        bindings::request::Host::operation_in(self, names)
    }

    fn data_plane(&mut self) -> wasmtime::Result<bool> {
        bindings::request::Host::data_plane(self)
    }

    fn action(&mut self) -> wasmtime::Result<String> {
        bindings::request::Host::action(self)
    }

    /// Under 0.1 each request was about a vault. A plugin that has to know which, and is asked about one that is about
    /// none, cannot judge it.
    fn vault(&mut self) -> wasmtime::Result<String> {
        match self.ask(Question::Vault)? {
            portcullis_policy::Answer::Nothing => {
                Err(Stopped::nonsense("asked for the vault of a request that is about none"))
            }
            answer => text(&answer),
        }
    }

    fn object_kind(&mut self) -> wasmtime::Result<Option<String>> {
        bindings::request::Host::object_kind(self)
    }

    fn object_name(&mut self) -> wasmtime::Result<Option<String>> {
        bindings::request::Host::object_name(self)
    }

    fn object_version(&mut self) -> wasmtime::Result<Option<String>> {
        bindings::request::Host::object_version(self)
    }

    fn resource(&mut self) -> wasmtime::Result<String> {
        bindings::request::Host::resource(self)
    }

    fn within_scope(&mut self, scope: String) -> wasmtime::Result<bool> {
        bindings::request::Host::within_scope(self, scope)
    }
}

impl v0_1::principal::Host for Sandbox {
    fn id(&mut self) -> wasmtime::Result<String> {
        bindings::principal::Host::id(self)
    }

    fn is(&mut self, id: String) -> wasmtime::Result<bool> {
        bindings::principal::Host::is(self, id)
    }

    fn application(&mut self) -> wasmtime::Result<Option<String>> {
        bindings::principal::Host::application(self)
    }

    fn tenant(&mut self) -> wasmtime::Result<String> {
        bindings::principal::Host::tenant(self)
    }

    fn kind(&mut self) -> wasmtime::Result<String> {
        bindings::principal::Host::kind(self)
    }

    fn in_group(&mut self, id: String) -> wasmtime::Result<bool> {
        bindings::principal::Host::in_group(self, id)
    }
}

impl v0_1::network::Host for Sandbox {
    fn source(&mut self) -> wasmtime::Result<String> {
        bindings::network::Host::source(self)
    }

    fn source_in(&mut self, prefixes: Vec<String>) -> wasmtime::Result<bool> {
        bindings::network::Host::source_in(self, prefixes)
    }

    fn named_location(&mut self, name: String) -> wasmtime::Result<bool> {
        bindings::network::Host::named_location(self, name)
    }

    fn named_location_exists(&mut self, name: String) -> wasmtime::Result<bool> {
        bindings::network::Host::named_location_exists(self, name)
    }

    fn subnet(&mut self) -> wasmtime::Result<Option<String>> {
        bindings::network::Host::subnet(self)
    }

    fn tls_version(&mut self) -> wasmtime::Result<String> {
        bindings::network::Host::tls_version(self)
    }
}

impl v0_1::directory::Host for Sandbox {
    fn role_assignments(&mut self) -> wasmtime::Result<Vec<v0_1::directory::Assignment>> {
        let assignments = directory::Host::role_assignments(self)?;
        Ok(assignments.into_iter().map(v0_1::directory::Assignment::from).collect())
    }

    fn role_definition(&mut self, id: String) -> wasmtime::Result<Option<v0_1::directory::Role>> {
        Ok(directory::Host::role_definition(self, id)?.map(v0_1::directory::Role::from))
    }
}

impl v0_1::clock::Host for Sandbox {
    fn before(&mut self, time: i64) -> wasmtime::Result<bool> {
        bindings::clock::Host::before(self, time)
    }
}

impl v0_1::settings::Host for Sandbox {
    fn json(&mut self) -> wasmtime::Result<String> {
        bindings::settings::Host::json(self)
    }
}

impl v0_1::log::Host for Sandbox {
    fn write(&mut self, level: v0_1::log::Level, message: String) -> wasmtime::Result<()> {
        use bindings::log::Level;
        let level = match level {
            v0_1::log::Level::Debug => Level::Debug,
            v0_1::log::Level::Info => Level::Info,
            v0_1::log::Level::Warn => Level::Warn,
            v0_1::log::Level::Error => Level::Error,
        };
        bindings::log::Host::write(self, level, message)
    }
}

impl From<directory::Assignment> for v0_1::directory::Assignment {
    fn from(assignment: directory::Assignment) -> Self {
        let directory::Assignment { id, scope, role } = assignment;
        Self { id, scope, role }
    }
}

impl From<directory::Role> for v0_1::directory::Role {
    fn from(role: directory::Role) -> Self {
        let directory::Role { id, name, permissions } = role;
        Self { id, name, permissions: permissions.into_iter().map(v0_1::directory::Permissions::from).collect() }
    }
}

impl From<directory::Permissions> for v0_1::directory::Permissions {
    fn from(block: directory::Permissions) -> Self {
        let directory::Permissions { actions, not_actions, data_actions, not_data_actions } = block;
        Self { actions, not_actions, data_actions, not_data_actions }
    }
}
