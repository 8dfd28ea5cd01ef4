//! Checks of the module, and of the programs whose versions are reported.

use super::DoctorRequest;
use super::findings::{Findings, Found};
use super::state::Remembered;
use crate::code::Code;
use crate::sandbox::module::Module;
use crate::sandbox::{Limits, Sandbox};
use crate::store::consent::Consent;
use crate::versions;
use callback_collector::text::Text;
use callback_protocol::agent_api::CheckArea;
use std::time::Instant;

const AREA: CheckArea = CheckArea::Programs;

pub(super) fn check(request: &DoctorRequest<'_>, remembered: &Remembered, findings: &mut Findings) {
    module(request, remembered, findings);
    if request.root_error.is_some() {
        const NAMES: [&str; 5] =
            ["program-php", "program-python", "program-rrdtool", "program-netsnmp", "operating-system"];
        return findings.skip(AREA, &NAMES, "as root", "root does not run other programs");
    }
    let given = &request.config.versions;
    let found = versions::find(given, None, None);
    let mut add = |name, asked: &str, key: &str, given: Option<&String>, version: Option<Text<'_>>| {
        let subject = match given {
            Some(_) => format!("`versions.{key}` in the configuration"),
            None => asked.to_owned(),
        };
        findings.add(AREA, name, subject, version_found(key, given.is_some(), version));
    };
    add("program-php", "php -v", "php", given.php.as_ref(), found.php);
    add("program-python", "python3 --version", "python", given.python.as_ref(), found.python);
    add("program-rrdtool", "rrdtool --version", "rrdtool", given.rrdtool.as_ref(), found.rrdtool);
    add("program-netsnmp", "snmpget -V", "netsnmp", given.netsnmp.as_ref(), found.netsnmp);
    add("operating-system", "/etc/os-release", "os", given.os.as_ref(), found.os);
}

fn version_found(key: &str, is_configured: bool, version: Option<Text<'_>>) -> Found {
    match version {
        Some(version) => Found::ok(version.to_string()),
        None if is_configured => Found::ok("left out of the report, as configured"),
        None => Found::note(Code::VersionNotFound, "not found, so it is left out of the report")
            .remedy(format!("install it, set `versions.{key}`, or set that to \"\" to leave it out")),
    }
}

/// Whether the module is the expected one and can be compiled.
fn module(request: &DoctorRequest<'_>, remembered: &Remembered, findings: &mut Findings) {
    let subject = match &request.config.module {
        Some(file) => format!("{} (module.path in {})", file.path.display(), request.config_file.display()),
        None => "the embedded module".to_owned(),
    };
    let module = match Module::load(request.config) {
        Ok(module) => module,
        Err(error) => {
            findings.add(AREA, "module", &subject, Found::from(&error));
            return findings.skip(AREA, &["module-compile"], &subject, "there is no module");
        }
    };
    let found = match &remembered.consent {
        Some(Consent::On(given)) if given.module_sha256 != module.sha256 => {
            Found::warning(Code::ModuleChanged, format!("SHA-256 {}; it has changed since you opted in", module.sha256))
                .remedy("see `callback-agent module`, and accept it with: callback-agent enable")
        }
        _ => Found::ok(format!("SHA-256 {}", module.sha256)),
    };
    findings.add(AREA, "module", &subject, found);
    let start = Instant::now();
    // Without the state's cache: `doctor` writes nothing.
    let compiled =
        Sandbox::new(&module, None, Limits::default()).and_then(|sandbox| Ok(sandbox.instance()?.abi_version()));
    let found = match compiled {
        Ok(version) => {
            let seconds = start.elapsed().as_secs_f32();
            Found::ok(format!("compiled in {seconds:.1} s and loaded; interface version {version}"))
        }
        Err(error) => Found::from(&error),
    };
    findings.add(AREA, "module-compile", &subject, found);
}
