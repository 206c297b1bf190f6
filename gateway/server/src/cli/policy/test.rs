//! `portcullis policy test`: cargo's runner for tests in wasm, and case files.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use portcullis_plugin_host::{Counting, Plugin, TestHost, TestLimits, TestProgram};
use portcullis_plugin_project::Purpose;
use portcullis_policy_testing::{
    CaseFile, CaseResult, Format, Options, list, run, write_cases, write_list, write_suite,
};

use super::coverage::{Coverage, Lines, OfSettings, Reached};
use super::source::PluginSource;
use super::{EXIT_FAILED, build};
use crate::cli::EXIT_USAGE;

#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// The program of tests that cargo built, then parts of the names of the tests to run.
    #[arg(value_name = "PROGRAM [FILTER]...")]
    arguments: Vec<String>,
    #[command(flatten)]
    source: PluginSource,
    /// A case file or a folder of them (JSON, TOML), in the place of a program; may be repeated.
    #[arg(long, value_name = "PATH")]
    cases: Vec<PathBuf>,
    /// Writes what was decided into the case files that expect something else.
    #[arg(long, requires = "cases")]
    update: bool,
    #[command(flatten)]
    coverage: Coverage,
    /// Lists the tests.
    #[arg(long)]
    list: bool,
    /// Compares names as a whole.
    #[arg(long)]
    exact: bool,
    /// Leaves tests out whose names contain this; may be repeated.
    #[arg(long, value_name = "FILTER")]
    skip: Vec<String>,
    /// Runs the ignored tests only.
    #[arg(long)]
    ignored: bool,
    /// Runs the ignored tests too.
    #[arg(long)]
    include_ignored: bool,
    /// How many tests run at once; one per core by default.
    #[arg(long, value_name = "N", default_value_t = 0)]
    test_threads: usize,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    format: Chosen,
    /// One letter for each test.
    #[arg(long, short)]
    quiet: bool,
    /// Shows what tests write as well when they pass.
    #[arg(long)]
    nocapture: bool,
    /// The same.
    #[arg(long)]
    show_output: bool,
    /// Has no effect: nothing is coloured.
    #[arg(long, value_name = "WHEN")]
    color: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Chosen {
    #[default]
    Pretty,
    Terse,
    Json,
    Junit,
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let passed = match (self.cases.is_empty(), self.arguments.split_first()) {
            (true, Some((program, filters))) => self.program(Path::new(program), filters)?,
            (false, None) => return self.case_files(),
            (false, Some(_)) => bail!("name a program of tests or --cases, not both"),
            (true, None) => bail!("nothing to test: name a program of tests, or case files with --cases"),
        };
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) })
    }

    fn format(&self) -> Format {
        match self.format {
            Chosen::Pretty if self.quiet => Format::Terse,
            Chosen::Pretty => Format::Pretty,
            Chosen::Terse => Format::Terse,
            Chosen::Json => Format::Json,
            Chosen::Junit => Format::Junit,
        }
    }

    fn program(&self, path: &Path, filters: &[String]) -> anyhow::Result<bool> {
        let bytes =
            std::fs::read(path).with_context(|| format!("reading the program of tests `{}`", path.display()))?;
        let (plugin, lines) = self.plugin()?;
        let host = TestHost::new(TestLimits::default())?;
        let program =
            TestProgram::load(&host, &bytes).with_context(|| format!("`{}` is no program of tests", path.display()))?;
        let options = Options {
            filters: filters.to_vec(),
            skip: self.skip.clone(),
            exact: self.exact,
            ignored: self.ignored,
            include_ignored: self.include_ignored,
            threads: self.test_threads,
        };
        let mut out = std::io::stdout().lock();
        if self.list {
            write_list(&mut out, self.format(), &list(&program, &plugin, &options)?)?;
            return Ok(true);
        }
        let suite = run(&program, &plugin, &options)?;
        if self.nocapture || self.show_output {
            for test in suite.tests.iter().filter(|test| !test.output.is_empty()) {
                writeln!(std::io::stderr(), "---- {} ----\n{}", test.name, test.output)?;
            }
        }
        write_suite(&mut out, self.format(), &plugin.name().replace('-', "_"), &suite)?;
        let evaluated = suite.tests.iter().flat_map(|test| &test.evaluations).map(|(_, evaluated)| evaluated);
        let reached = Reached { evaluated: evaluated.collect(), of_settings: None };
        Ok(self.report(&mut out, &plugin, &reached, lines.as_ref())? && suite.passed())
    }

    /// The plugin under test; with coverage, it takes note of its lines.
    fn plugin(&self) -> anyhow::Result<(Plugin, Option<Lines>)> {
        let coverage = self.coverage.is_wanted() && !self.list;
        let built = || build::component(if coverage { Purpose::Coverage } else { Purpose::Deployment });
        let path = self.source.plugin.clone().map_or_else(built, Ok)?;
        if coverage {
            let (plugin, lines) = self.coverage.load(&self.source, &path)?;
            return Ok((plugin, Some(lines)));
        }
        Ok((self.source.load_file(&path, Counting::Nothing)?, None))
    }

    /// Says what was reached, if that is wanted, where it does not mingle with what other programs read. False when it
    /// is too little.
    fn report(
        &self,
        out: &mut impl std::io::Write,
        plugin: &Plugin,
        reached: &Reached<'_>,
        lines: Option<&Lines>,
    ) -> anyhow::Result<bool> {
        let Some(lines) = lines else { return Ok(true) };
        match self.format() {
            Format::Pretty | Format::Terse => self.coverage.report(out, plugin, reached, lines),
            Format::Json | Format::Junit => self.coverage.report(&mut std::io::stderr(), plugin, reached, lines),
        }
    }

    /// What the cases evaluated, and what of that by the settings of the arguments.
    fn reached<'a>(&self, cases: &'a [CaseResult]) -> anyhow::Result<Reached<'a>> {
        let of = |wanted: &dyn Fn(&CaseResult) -> bool| {
            let cases = cases.iter().filter(|case| wanted(case));
            cases.filter_map(|case| case.evaluated.as_ref()).map(|(_, evaluated)| evaluated).collect()
        };
        let by_settings = |settings| OfSettings { settings, evaluated: of(&|case| !case.own_settings) };
        let of_settings = self.source.settings_text()?.map(by_settings);
        Ok(Reached { evaluated: of(&|_| true), of_settings })
    }

    fn case_files(&self) -> anyhow::Result<ExitCode> {
        let (plugin, lines) = self.plugin()?;
        let mut all = Vec::new();
        let mut mistakes = 0;
        for path in files(&self.cases)? {
            match self.one_file(&path, &plugin) {
                Ok(results) => all.extend(results),
                Err(error) => {
                    mistakes += 1;
                    writeln!(std::io::stderr(), "portcullis: {error:#}")?;
                }
            }
        }
        if mistakes > 0 {
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        let mut out = std::io::stdout().lock();
        if self.list {
            let names: Vec<String> = all.into_iter().map(|case| case.name).collect();
            write_list(&mut out, self.format(), &names)?;
            return Ok(ExitCode::SUCCESS);
        }
        write_cases(&mut out, self.format(), plugin.name(), &all)?;
        let reached = self.report(&mut out, &plugin, &self.reached(&all)?, lines.as_ref())?;
        let failed = !reached || (!self.update && all.iter().any(|case| case.problem.is_some()));
        Ok(if failed { ExitCode::from(EXIT_FAILED) } else { ExitCode::SUCCESS })
    }

    fn one_file(&self, path: &Path, plugin: &Plugin) -> anyhow::Result<Vec<CaseResult>> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("reading the case file `{shown}`"))?;
        let file = read_cases(path, &text)?;
        let mut results = file.run(plugin);
        if self.update
            && let Some(updated) = file.updated(&results).with_context(|| format!("{shown}"))?
        {
            std::fs::write(path, updated).with_context(|| format!("writing the case file `{shown}`"))?;
            let changed: Vec<&str> =
                results.iter().filter(|case| case.problem.is_some()).map(|case| case.name.as_str()).collect();
            writeln!(std::io::stderr(), "{shown}: updated {}", changed.join(", "))?;
            results = read_cases(path, &std::fs::read_to_string(path)?)?.run(plugin);
        }
        for case in &mut results {
            case.name = format!("{shown}: {}", case.name);
        }
        Ok(results)
    }
}

/// Reads a case file by its extension.
pub(super) fn read_cases(path: &Path, text: &str) -> anyhow::Result<CaseFile> {
    let toml = path.extension().is_some_and(|extension| extension == "toml");
    let read = if toml { CaseFile::from_toml(text) } else { CaseFile::from_json(text) };
    read.with_context(|| format!("the case file `{}`", path.display()))
}

/// The files that the arguments name, those of folders in the order of their names.
pub(super) fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let reading = || format!("reading the folder `{}`", path.display());
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).with_context(reading)? {
            let file = entry.with_context(reading)?.path();
            if file.extension().is_some_and(|extension| extension == "json" || extension == "toml") {
                found.push(file);
            }
        }
        if found.is_empty() {
            bail!("the folder `{}` has no case files (.json, .toml)", path.display());
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}
